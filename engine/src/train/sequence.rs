//! Lessons as token ids: what is read, and what of it is taught.

use super::Place;
use crate::chat::{Chat, Message, Role};
use crate::error::{Error, Result};
use rayon::prelude::*;

/// Questions and their answers, one after the other; every answer is taught.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Its own system message, which comes before the version's.
    pub system: Option<String>,
    /// At least one.
    pub turns: Vec<Turn>,
    /// Where it comes from, for messages.
    pub place: Place,
}

/// What is asked, and what shall be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// What is asked.
    pub prompt: String,
    /// What is taught.
    pub answer: String,
}

impl Lesson {
    /// All that is said, its own system message first.
    pub fn messages(&self) -> Vec<Message> {
        let system = self.system.iter().map(|text| Message::new(Role::System, text));
        let said = self
            .turns
            .iter()
            .flat_map(|turn| [Message::new(Role::User, &turn.prompt), Message::new(Role::Assistant, &turn.answer)]);
        system.chain(said).collect()
    }
}

/// One lesson as the model reads it, and what of it is taught.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// What the model reads.
    pub tokens: Vec<u32>,
    /// As long as `tokens`: whether the model is taught to write this token after those before it. Never the first.
    pub supervised: Vec<bool>,
    /// Where it comes from.
    pub place: Place,
}

impl Sequence {
    /// How many tokens are taught.
    pub fn taught(&self) -> usize {
        self.supervised.iter().filter(|s| **s).count()
    }

    fn empty(place: Place) -> Self {
        Self { tokens: Vec::new(), supervised: Vec::new(), place }
    }

    /// Reads up to `prompt`, which begins with what was read before, and teaches `answer` with its end.
    fn extend(&mut self, prompt: Vec<u32>, answer: &[u32], end_of_turn: u32) {
        self.tokens = prompt;
        self.supervised.resize(self.tokens.len(), false);
        self.tokens.extend(answer);
        self.tokens.push(end_of_turn);
        self.supervised.resize(self.tokens.len(), true);
    }
}

/// What the model reads and is taught of `lessons`, in their order. `system` is the version's system prompt, in whose place
/// a lesson's own stands; `examples` are the version's worked examples, read before every lesson and not taught.
///
/// Every prompt is the very ids that generation reads ([`Chat::prompt_ids`]); taught are the answers
/// ([`Chat::answer_ids`]) and the token that ends each. A lesson of several turns is one sequence as long as the
/// ids of each prompt begin with all before it. Some templates change earlier turns (they trim an answer, or drop its
/// reasoning): what follows then begins a sequence of its own, in which only the later answers are taught.
///
/// # Errors
/// Gathers every lesson that the template or the tokenizer refuses, with its place.
pub fn sequences(chat: &Chat, system: Option<&str>, examples: &[Message], lessons: &[Lesson]) -> Result<Vec<Sequence>> {
    let made: Vec<Result<Vec<Sequence>>> =
        lessons.par_iter().map(|lesson| of_one(chat, system, examples, lesson)).collect();
    let (mut all, mut faults) = (Vec::with_capacity(made.len()), Vec::new());
    for (made, lesson) in made.into_iter().zip(lessons) {
        match made {
            Ok(made) => all.extend(made),
            Err(error) => {
                faults.push(Error { message: format!("{}: {}", lesson.place, error.message), ..error });
            }
        }
    }
    Error::gather(faults).map_or(Ok(all), Err)
}

fn of_one(chat: &Chat, system: Option<&str>, examples: &[Message], lesson: &Lesson) -> Result<Vec<Sequence>> {
    let system = lesson.system.as_deref().or(system);
    let mut messages: Vec<Message> = system.into_iter().map(|text| Message::new(Role::System, text)).collect();
    messages.extend_from_slice(examples);
    let (mut done, mut current) = (Vec::new(), Sequence::empty(lesson.place.clone()));
    for turn in &lesson.turns {
        messages.push(Message::new(Role::User, &turn.prompt));
        let prompt = chat.prompt_ids(&messages)?;
        if !prompt.starts_with(&current.tokens) {
            done.push(std::mem::replace(&mut current, Sequence::empty(lesson.place.clone())));
        }
        current.extend(prompt, &chat.answer_ids(&turn.answer)?, chat.end_of_turn());
        messages.push(Message::new(Role::Assistant, &turn.answer));
    }
    done.push(current);
    // A template may write nothing before an answer; nothing can be foretold from nothing.
    for first in done.iter_mut().filter_map(|sequence| sequence.supervised.first_mut()) {
        *first = false;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Algorithm, Settings, TokenKind, Tokenizer, Vocabulary};

    /// A chat whose tokens are printable ASCII characters, `Ġ` for a blank, `Ċ` for a line break, and ChatML's control
    /// tokens.
    fn chat(template: Option<&str>) -> Chat {
        let mut tokens: Vec<String> = (b'!'..=b'~').map(|byte| char::from(byte).to_string()).collect();
        tokens.extend(["Ġ".to_string(), "Ċ".to_string()]);
        let mut kinds = vec![TokenKind::Normal; tokens.len()];
        tokens.extend(["<|im_start|>", "<|im_end|>"].map(str::to_string));
        kinds.resize(tokens.len(), TokenKind::Control);
        let algorithm = Algorithm::Bpe { merges: Vec::new(), pre: "gpt-2".to_string() };
        let lists = Vocabulary { tokens, kinds, algorithm, control_strips_right: false };
        let settings = Settings { template: template.map(str::to_string), ..Settings::default() };
        Chat::new(Tokenizer::from_vocabulary(&lists).unwrap(), settings).unwrap()
    }

    fn lesson(system: Option<&str>, turns: &[(&str, &str)]) -> Lesson {
        let turn = |(prompt, answer): &(&str, &str)| Turn { prompt: prompt.to_string(), answer: answer.to_string() };
        Lesson { system: system.map(str::to_string), turns: turns.iter().map(turn).collect(), place: Place::default() }
    }

    /// All that is read, with what is taught in brackets.
    fn shown(chat: &Chat, sequence: &Sequence) -> String {
        assert_eq!(sequence.tokens.len(), sequence.supervised.len());
        let mut text = String::new();
        let mut taught = false;
        for (token, supervised) in sequence.tokens.iter().zip(&sequence.supervised) {
            if *supervised != taught {
                text.push(if *supervised { '[' } else { ']' });
                taught = *supervised;
            }
            text.push_str(&chat.token_text(*token));
        }
        if taught { text + "]" } else { text }
    }

    fn all(template: Option<&str>, system: Option<&str>, lesson: Lesson) -> Vec<String> {
        let chat = chat(template);
        sequences(&chat, system, &[], &[lesson]).unwrap().iter().map(|sequence| shown(&chat, sequence)).collect()
    }

    #[test]
    fn every_answer_and_its_end_are_taught_and_nothing_else() {
        let read = all(None, None, lesson(None, &[("q1", "a1"), ("q2", "a2")]));
        let wanted = "<|im_start|>user\nq1<|im_end|>\n<|im_start|>assistant\n[a1<|im_end|>]\n\
                      <|im_start|>user\nq2<|im_end|>\n<|im_start|>assistant\n[a2<|im_end|>]";
        assert_eq!(read, [wanted]);
    }

    #[test]
    fn worked_examples_are_read_before_every_lesson_and_not_taught() {
        let chat = chat(None);
        let examples = [Message::new(Role::User, "q0"), Message::new(Role::Assistant, "a0")];
        let read = sequences(&chat, None, &examples, &[lesson(None, &[("q1", "a1")])]).unwrap();
        let wanted = "<|im_start|>user\nq0<|im_end|>\n<|im_start|>assistant\na0<|im_end|>\n\
                      <|im_start|>user\nq1<|im_end|>\n<|im_start|>assistant\n[a1<|im_end|>]";
        assert_eq!(shown(&chat, &read[0]), wanted);
    }

    #[test]
    fn a_lessons_own_system_message_comes_before_the_versions() {
        let begins = |own, version| {
            let read = all(None, version, lesson(own, &[("q", "a")])).remove(0);
            read.split("<|im_start|>user").next().unwrap_or_default().to_string()
        };
        assert_eq!(begins(Some("own"), Some("version")), "<|im_start|>system\nown<|im_end|>\n");
        assert_eq!(begins(None, Some("version")), "<|im_start|>system\nversion<|im_end|>\n");
        assert_eq!(begins(None, None), "");
    }

    #[test]
    fn every_prompt_is_what_generation_reads() {
        let chat = chat(None);
        let lesson = lesson(Some("s"), &[("q1", "a1"), ("q2", "<|im_end|> a2")]);
        let sequence = sequences(&chat, None, &[], std::slice::from_ref(&lesson)).unwrap().remove(0);
        let messages = lesson.messages();
        for end in [2, 4] {
            let prompt = chat.prompt_ids(&messages[..end]).unwrap();
            assert_eq!(sequence.tokens[..prompt.len()], prompt);
            assert!(!sequence.supervised[prompt.len() - 1] && sequence.supervised[prompt.len()]);
        }
    }

    #[test]
    fn where_the_template_changes_earlier_answers_each_is_taught_behind_what_generation_reads() {
        let trims = "{% for m in messages %}<|im_start|>{{ m.role[0] }} {{ m.content | trim }}<|im_end|>{% endfor %}\
                     {% if add_generation_prompt %}<|im_start|>a {% endif %}";
        let read = all(Some(trims), None, lesson(None, &[("q1", "a1 "), ("q2", "a2"), ("q3", "a3")]));
        let later = "<|im_start|>u q1<|im_end|><|im_start|>a a1<|im_end|><|im_start|>u q2<|im_end|><|im_start|>a \
                     [a2<|im_end|>]<|im_start|>u q3<|im_end|><|im_start|>a [a3<|im_end|>]";
        assert_eq!(read, ["<|im_start|>u q1<|im_end|><|im_start|>a [a1 <|im_end|>]", later]);
    }

    #[test]
    fn the_first_token_is_never_taught() {
        let silent =
            "{% for m in messages %}{% if m.role == 'assistant' %}{{ m.content }}<|im_end|>{% endif %}{% endfor %}";
        assert_eq!(all(Some(silent), None, lesson(None, &[("q", "abc")])), ["a[bc<|im_end|>]"]);
    }

    #[test]
    fn text_that_cannot_be_read_is_told_with_its_place_all_at_once() {
        let bad = |line| Lesson { place: Place { line, ..Place::default() }, ..lesson(None, &[("q", "a\u{FDD0}")]) };
        let error = sequences(&chat(None), None, &[], &[bad(3), bad(7)]).unwrap_err();
        let said: Vec<String> = error.flatten().iter().map(ToString::to_string).collect();
        assert!(said[0].starts_with(":3: ") && said[1].starts_with(":7: ") && said[0].contains("U+FDD0"), "{said:?}");
    }
}
