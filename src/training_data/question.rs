/// Instruction and input of a question, parted at its first blank line: [`Example::prompt`] the other way round.
///
/// [`Example::prompt`]: crate::training_data::Example::prompt
pub(super) fn parts(question: &str) -> (String, String) {
    match question.split_once("\n\n") {
        Some((instruction, input)) if !instruction.trim().is_empty() && !input.trim().is_empty() => {
            (instruction.to_string(), input.to_string())
        }
        _ => (question.to_string(), String::new()),
    }
}
