use engine::chat::{Message, Role};

/// The conversation with the choices appended to the last user message, labelled, and what to answer. For endpoints that
/// cannot say how likely each of them is. Which choice an answer names is for [`crate::check`] to read.
pub(super) fn ask(messages: &[Message], choices: &[String]) -> Vec<Message> {
    let mut messages = messages.to_vec();
    let lines: Vec<String> =
        choices.iter().enumerate().map(|(i, text)| format!("{}. {text}", choice_label(i, choices.len()))).collect();
    let noun = if letters(choices.len()) { "letter" } else { "number" };
    let question = format!("\n\n{}\n\nAnswer with the {noun} only.", lines.join("\n"));
    match messages.iter_mut().rfind(|message| message.role == Role::User) {
        Some(message) => message.content.push_str(&question),
        None => messages.push(Message::new(Role::User, question.trim_start())),
    }
    messages
}

fn letters(choices: usize) -> bool {
    choices <= 26
}

/// What the choice at `index` of so many is called: A to Z, or numbers from 1 where there are more than 26.
pub fn choice_label(index: usize, choices: usize) -> String {
    match u8::try_from(index) {
        Ok(letter) if letters(choices) => char::from(b'A' + letter).to_string(),
        _ => (index + 1).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choices_are_appended_to_the_last_user_message() {
        let messages = [Message::new(Role::System, "s"), Message::new(Role::User, "Which one?")];
        let asked = ask(&messages, &["Retention rate", "Churn"].map(String::from));
        assert_eq!(asked[0], messages[0]);
        assert_eq!(asked[1].content, "Which one?\n\nA. Retention rate\nB. Churn\n\nAnswer with the letter only.");
    }

    #[test]
    fn more_than_26_choices_are_numbered() {
        let many: Vec<String> = (0..30).map(|i| format!("choice <{i}>")).collect();
        let asked = ask(&[], &many)[0].content.clone();
        assert!(asked.starts_with("1. choice <0>") && asked.ends_with("the number only."), "{asked}");
    }
}
