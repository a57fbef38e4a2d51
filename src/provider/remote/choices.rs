use engine::chat::{Message, Role};

/// The conversation with the choices appended to the last user message, labelled, and what to answer.
pub(super) fn ask(messages: &[Message], choices: &[String]) -> Vec<Message> {
    let mut messages = messages.to_vec();
    let lines: Vec<String> =
        choices.iter().enumerate().map(|(i, text)| format!("{}. {text}", label(i, choices))).collect();
    let noun = if letters(choices) { "letter" } else { "number" };
    let question = format!("\n\n{}\n\nAnswer with the {noun} only.", lines.join("\n"));
    match messages.iter_mut().rfind(|message| message.role == Role::User) {
        Some(message) => message.content.push_str(&question),
        None => messages.push(Message::new(Role::User, question.trim_start())),
    }
    messages
}

/// Which choice an answer names: by its label, else by its whole text, else as the only choice it quotes.
/// `None` when it names none, or leaves it open.
pub(super) fn pick<'a>(answer: &str, choices: &'a [String]) -> Option<&'a str> {
    let text = answer.trim().trim_start_matches(['*', '(', '[', '"', '\'', '`', ' ']);
    let after_word = ["answer is", "answer:", "answer"].into_iter().find_map(|word| {
        let at = text.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?.len();
        Some(text[at..].trim_start_matches([':', '*', '(', '[', '"', '\'', '`', ' ']))
    });
    let labelled = |text: &str| (0..choices.len()).find(|&i| starts_with_label(text, &label(i, choices)));
    if let Some(index) = labelled(after_word.unwrap_or(text)) {
        return choices.get(index).map(String::as_str);
    }
    let lower = text.to_lowercase();
    let plain = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let same = |choice: &&String| choice.to_lowercase().trim_matches(|c: char| !c.is_alphanumeric()) == plain;
    if let Some(choice) = choices.iter().find(same) {
        return Some(choice);
    }
    let mut quoted = choices.iter().filter(|choice| !choice.is_empty() && lower.contains(&choice.to_lowercase()));
    match (quoted.next(), quoted.next()) {
        (Some(choice), None) => Some(choice),
        _ => None,
    }
}

/// The label alone, or followed by punctuation: in "A product manager" the A is no label.
fn starts_with_label(text: &str, label: &str) -> bool {
    let Some(start) = text.get(..label.len()) else { return false };
    let next = text[label.len()..].chars().next();
    start.eq_ignore_ascii_case(label) && next.is_none_or(|c| ".):,*]\"'`\n\r".contains(c))
}

fn letters(choices: &[String]) -> bool {
    choices.len() <= 26
}

/// A to Z, or numbers from 1 where there are more than 26 choices.
fn label(index: usize, choices: &[String]) -> String {
    match u8::try_from(index) {
        Ok(letter) if letters(choices) => char::from(b'A' + letter).to_string(),
        _ => (index + 1).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> Vec<String> {
        ["Retention rate", "Churn", "A north star metric"].map(String::from).to_vec()
    }

    #[test]
    fn the_choices_are_appended_to_the_last_user_message() {
        let messages = [Message::new(Role::System, "s"), Message::new(Role::User, "Which one?")];
        let asked = ask(&messages, &choices());
        assert_eq!(asked[0], messages[0]);
        assert_eq!(
            asked[1].content,
            "Which one?\n\nA. Retention rate\nB. Churn\nC. A north star metric\n\nAnswer with the letter only."
        );
    }

    #[test]
    fn an_answer_is_mapped_back_to_its_choice() {
        let choices = choices();
        for answer in ["B", " b. ", "**B**", "(B)", "B) Churn", "Answer: B", "The churn.", "Churn", "answer is **B**."]
        {
            assert_eq!(pick(answer, &choices), Some("Churn"), "{answer}");
        }
        assert_eq!(pick("A north star metric", &choices), Some("A north star metric"));
        for answer in ["", "D", "A product manager decides", "Churn, or the retention rate", "é", "answeré"] {
            assert_eq!(pick(answer, &choices), None, "{answer}");
        }
    }

    #[test]
    fn more_than_26_choices_are_numbered() {
        let many: Vec<String> = (0..30).map(|i| format!("choice <{i}>")).collect();
        assert!(ask(&[], &many)[0].content.starts_with("1. choice <0>"));
        assert_eq!(pick("12", &many), Some("choice <11>"));
        assert_eq!(pick("1.", &many), Some("choice <0>"));
    }
}
