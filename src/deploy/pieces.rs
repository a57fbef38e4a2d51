//! A chat template taken apart into what stands around each message, by trying it.

use engine::chat::{Chat, Message, Role};

/// What a template writes around the messages of a conversation. Only templates that treat every message of a role alike,
/// wherever it stands, come apart so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    pub system: [String; 2],
    /// Before a user's message; what follows it is the beginning of an answer.
    pub user: String,
    /// Between a user's message and the answer, and after the answer.
    pub assistant: [String; 2],
    /// The system message that the template writes where a conversation has none.
    pub default_system: Option<String>,
}

const SYSTEM: &str = "pmtune-probe-system";
const FIRST: &str = "pmtune-probe-first";
const ANSWER: &str = "pmtune-probe-answer";
const SECOND: &str = "pmtune-probe-second";

impl Pieces {
    /// `None` where the template does not come apart. What begins every conversation, `<s>` and its like, is left out where
    /// `beginning` names it: programs that read GGUF files add it themselves.
    pub fn of(chat: &Chat, beginning: &str) -> Option<Self> {
        let text = |messages: &[Message]| {
            let text = chat.render(messages, true).ok()?;
            Some(text.strip_prefix(beginning).map(str::to_string).unwrap_or(text))
        };
        let [system, first, answer, second] = [
            Message::new(Role::System, SYSTEM),
            Message::new(Role::User, FIRST),
            Message::new(Role::Assistant, ANSWER),
            Message::new(Role::User, SECOND),
        ];
        let whole = text(&[system.clone(), first.clone(), answer.clone(), second.clone()])?;
        let (before_system, rest) = whole.split_once(SYSTEM)?;
        let (to_first, rest) = rest.split_once(FIRST)?;
        let (to_answer, rest) = rest.split_once(ANSWER)?;
        let (to_second, to_next) = rest.split_once(SECOND)?;
        if to_answer != to_next {
            return None;
        }
        let alone = text(std::slice::from_ref(&first))?;
        let (to_alone, _) = alone.split_once(FIRST)?;
        let user = common_end(common_end(to_first, to_second), to_alone);
        let start = &to_alone[..to_alone.len() - user.len()];
        let after_system = &to_first[..to_first.len() - user.len()];
        let default_system = match start {
            "" => None,
            start => Some(start.strip_prefix(before_system)?.strip_suffix(after_system)?.to_string()),
        };
        let pieces = Self {
            system: [before_system.to_string(), after_system.to_string()],
            user: user.to_string(),
            assistant: [to_answer.to_string(), to_second[..to_second.len() - user.len()].to_string()],
            default_system,
        };
        let conversations = [
            vec![first.clone()],
            vec![system.clone(), first.clone()],
            vec![first.clone(), answer.clone(), second.clone()],
            vec![system, first.clone(), answer.clone(), second, answer, first],
        ];
        let right = |messages: &Vec<Message>| text(messages).as_deref() == Some(pieces.written(messages).as_str());
        conversations.iter().all(right).then_some(pieces)
    }

    /// A conversation up to where the answer begins, put together again.
    pub fn written(&self, messages: &[Message]) -> String {
        let mut out = String::new();
        if let Some(system) =
            self.default_system.as_ref().filter(|_| messages.first().is_none_or(|m| m.role != Role::System))
        {
            out += &[&self.system[0], system.as_str(), &self.system[1]].concat();
        }
        for message in messages {
            let content = message.content.as_str();
            out += &match message.role {
                Role::System => [&self.system[0], content, &self.system[1]].concat(),
                Role::User => [&self.user, content].concat(),
                Role::Assistant => [&self.assistant[0], content, &self.assistant[1]].concat(),
            };
        }
        out + &self.assistant[0]
    }
}

/// The longest end that both have.
fn common_end<'a>(a: &'a str, b: &str) -> &'a str {
    let same =
        a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum::<usize>();
    &a[a.len() - same..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn chat(template: &str) -> Chat {
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
        engine::files::open(&base).unwrap().chat.with_template(template).unwrap()
    }

    fn pieces(template: &str) -> Option<Pieces> {
        Pieces::of(&chat(template), "<s>")
    }

    const CHATML: &str = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    #[test]
    fn chatml_comes_apart() {
        let found = pieces(CHATML).unwrap();
        assert_eq!(found.system, ["<|im_start|>system\n", "<|im_end|>\n"]);
        assert_eq!(found.user, "<|im_start|>user\n");
        assert_eq!(found.assistant, ["<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>\n"]);
        assert_eq!(found.default_system, None);
    }

    #[test]
    fn a_system_message_of_the_templates_own_is_found() {
        let own = "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe kind.<|im_end|>\n' }}{% endif %}";
        let found = pieces(&format!("{own}{CHATML}")).unwrap();
        assert_eq!(found.default_system.as_deref(), Some("Be kind."));
        // A system message always comes first, so what ends it belongs to the user's message.
        assert_eq!(found.user, "<|im_end|>\n<|im_start|>user\n");
    }

    #[test]
    fn what_begins_every_conversation_is_left_to_the_program_that_reads_the_file() {
        let headers = "{{ '<s>' }}{% for m in messages %}{{ '[' + m['role'] + ']\n\n' + m['content'] + '[end]' }}{% endfor %}{% if add_generation_prompt %}{{ '[assistant]\n\n' }}{% endif %}";
        let found = pieces(headers).unwrap();
        assert_eq!(found.user, "[user]\n\n");
        assert_eq!(found.system, ["[system]\n\n", "[end]"]);
        assert_eq!(found.assistant, ["[end][assistant]\n\n", "[end]"]);
    }

    #[test]
    fn a_template_that_treats_the_first_message_otherwise_does_not_come_apart() {
        let numbered = "{% for m in messages %}{{ loop.index0 ~ ':' ~ m['role'] ~ ':' ~ m['content'] ~ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";
        assert_eq!(pieces(numbered), None);
        let folding = "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}{{ '[INST]' + m['content'] + '[/INST]' }}{% endfor %}";
        assert_eq!(pieces(folding), None);
    }
}
