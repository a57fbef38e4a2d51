//! One model's way of talking: tokenizer, template and the tokens that end an answer.

use super::guard::{self, MARK};
use super::lent::LentTemplate;
use super::opening::opened;
use super::template::Template;
use super::thinking;
use super::trie;
use super::{Message, Role, Streaming, Tokenizer};
use crate::error::{Error, Result};
use crate::store;
use llguidance::toktrie::TokEnv;
use std::sync::OnceLock;

/// Control tokens that end an assistant's turn in some model line, whatever else its file declares. `<|assistant|>` is
/// among Phi-3's declared stops: a model that opens another turn has finished this one.
const TURN_ENDS: [&str; 9] = [
    "<|im_end|>",
    "<|end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end_of_turn|>",
    "<end_of_turn>",
    "<|assistant|>",
];

/// What a model's files say beside the vocabulary.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The Jinja source. Without one, that is lent whose tokens the vocabulary has.
    pub template: Option<String>,
    /// Text of the token a conversation begins with, for templates that write it.
    pub bos_token: String,
    /// What a template calls `eos_token`.
    pub eos_token: String,
    /// Whether the model thinks before it answers, where its template has a switch for it; not unless asked.
    pub thinks: Option<bool>,
    /// Declared ends (`eos_token_id`, `eot_token_id`, generation_config.json), most specific first.
    pub stop_ids: Vec<u32>,
}

/// Tokenizer, chat template and stop ids of one model.
pub struct Chat {
    tokenizer: Tokenizer,
    template: Option<Template>,
    template_source: Option<String>,
    /// Which template it is, where the model brings none.
    lent: Option<LentTemplate>,
    settings: Settings,
    template_hash: String,
    /// The template has no place for a system message: it goes before the first user message.
    folds_system: bool,
    stop_ids: Vec<u32>,
    end_of_turn: u32,
    /// A prompt ends where thoughts have begun.
    thoughts_begun: bool,
    trie: OnceLock<Option<TokEnv>>,
}

impl Chat {
    /// Errors when the template does not compile or no token ends an answer.
    pub fn new(tokenizer: Tokenizer, settings: Settings) -> Result<Self> {
        let evident = if settings.template.is_none() { LentTemplate::evident(&tokenizer) } else { None };
        Self::with(tokenizer, settings, evident)
    }

    fn with(tokenizer: Tokenizer, settings: Settings, lent: Option<LentTemplate>) -> Result<Self> {
        let source = settings.template.clone().or_else(|| lent.map(|template| template.source().to_string()));
        let source = source.map(|text| thinking::switched(&text, settings.thinks));
        let settings = Settings { thinks: source.as_deref().map(thinking::is_on), ..settings };
        let template_hash = source.as_deref().map(|text| store::hash(text.as_bytes())).unwrap_or_default();
        let compiled =
            source.as_deref().map(|text| Template::new(text, settings.bos_token.clone(), settings.eos_token.clone()));
        let template = compiled.transpose()?;
        let size = tokenizer.id_count();
        let end = lent.and_then(|template| template.end(&tokenizer, &settings.eos_token));
        let declared = settings.stop_ids.iter().copied().filter(|id| (*id as usize) < size);
        let mut stop_ids: Vec<u32> = end.into_iter().chain(declared).collect();
        let known = TURN_ENDS.iter().filter(|text| tokenizer.control().iter().any(|token| token == *text));
        stop_ids.extend(known.filter_map(|text| tokenizer.id(text)));
        let mut seen = std::collections::HashSet::new();
        stop_ids.retain(|id| seen.insert(*id));
        let declared = stop_ids.first().copied().ok_or_else(|| {
            Error::model("the model's files name no token that ends an answer")
                .hint("`tokenizer.ggml.eos_token_id` (or `eos_token_id` in generation_config.json) is missing; download the model again")
        })?;
        let mut chat = Self {
            tokenizer,
            template,
            template_source: source,
            lent,
            settings,
            template_hash,
            folds_system: false,
            stop_ids,
            end_of_turn: declared,
            thoughts_begun: false,
            trie: OnceLock::new(),
        };
        chat.folds_system = chat.lacks_system_role();
        chat.end_of_turn = chat.written_end().unwrap_or(declared);
        let question = [Message::new(Role::User, "question")];
        chat.thoughts_begun = chat.render_marked(&question, true).is_ok_and(|prompt| thinking::begun(&prompt));
        Ok(chat)
    }

    /// The Jinja source that is used, be it the model's own or one that is lent.
    pub fn template(&self) -> Option<&str> {
        self.template_source.as_deref()
    }

    /// The template that is lent to a model that brings none.
    pub fn lent_template(&self) -> Option<LentTemplate> {
        self.lent
    }

    /// The same with this template, for a model that brings none.
    ///
    /// # Errors
    /// It brings one; or its tokenizer lacks tokens that the template writes.
    pub fn lend(&self, template: LentTemplate) -> Result<Self> {
        if self.settings.template.is_some() {
            let message =
                format!("the base has a chat template of its own, so `{}` cannot take its place", template.name());
            return Err(Error::model(message).hint("leave the template away"));
        }
        if template.end(&self.tokenizer, &self.settings.eos_token).is_none() {
            let message = format!("the base's tokenizer lacks what the template `{}` writes", template.name());
            return Err(Error::model(message).hint(format!("templates that fit it: {}", self.fitting().join(", "))));
        }
        Self::with(self.tokenizer.clone(), self.settings.clone(), Some(template))
    }

    /// The names of the templates that may be lent to it.
    fn fitting(&self) -> Vec<&'static str> {
        let fits = |template: &LentTemplate| template.end(&self.tokenizer, &self.settings.eos_token).is_some();
        LentTemplate::ALL.into_iter().filter(fits).map(LentTemplate::name).collect()
    }

    /// The same tokenizer with another template.
    ///
    /// # Errors
    /// As [`Chat::new`].
    pub fn with_template(&self, source: &str) -> Result<Self> {
        let settings = Settings { template: Some(source.to_string()), ..self.settings.clone() };
        Self::new(self.tokenizer.clone(), settings)
    }

    /// The same, but that the model thinks before it answers.
    ///
    /// # Errors
    /// Its template has no switch for that.
    pub fn thinking(&self) -> Result<Self> {
        if !self.template().is_some_and(thinking::has_switch) {
            return Err(Error::model("the base's chat template has no switch for thoughts")
                .hint("take `thinking` away, or use a base that has one, such as Qwen3"));
        }
        Self::with(self.tokenizer.clone(), Settings { thinks: Some(true), ..self.settings.clone() }, self.lent)
    }

    /// The thoughts at the beginning of what the model wrote, and the answer behind them.
    pub fn apart<'a>(&self, text: &'a str) -> (&'a str, &'a str) {
        thinking::apart(text, self.thoughts_begun)
    }

    /// A template that puts `system` and `examples` before every conversation, but `system` only before one without a
    /// system message of its own. `None` where there is no template to begin with.
    pub fn opening_with(&self, system: Option<&str>, examples: &[Message]) -> Option<String> {
        Some(opened(thinking::bare(self.template()?), self.folds_system, system, examples))
    }

    /// The tokenizer as a `tokenizer.json`.
    pub fn tokenizer_json(&self) -> Result<String> {
        self.tokenizer.to_json()
    }

    /// Ids of `text`, in which control tokens are recognised; nothing is added.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        self.tokenizer.encode(text)
    }

    /// Text of `ids`; control tokens are left out, broken UTF-8 becomes U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.tokenizer.decode(ids)
    }

    /// Turns the ids of an answer into text while they come.
    pub fn decoder(&self) -> Streaming {
        self.tokenizer.streaming()
    }

    /// The conversation as the model reads it. A template without a system role gets the system message before the
    /// first user message, an empty line between.
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        Ok(self.render_marked(messages, add_generation_prompt)?.replace(MARK, ""))
    }

    /// Ids of the conversation up to where the assistant's answer begins.
    pub fn prompt_ids(&self, messages: &[Message]) -> Result<Vec<u32>> {
        self.encode(&self.render_marked(messages, true)?)
    }

    /// Ids of an answer as the model would write it, without the end-of-turn token. Look-alikes of control tokens in it
    /// are plain text.
    pub fn answer_ids(&self, text: &str) -> Result<Vec<u32>> {
        self.tokenizer.encode_plain(text)
    }

    /// Tokens that end an answer.
    pub fn stop_ids(&self) -> &[u32] {
        &self.stop_ids
    }

    /// The bytes of every id as a trie, with the ids that end an answer; made at the first use.
    ///
    /// # Errors
    /// A word of this tokenizer has no bytes of its own.
    pub(crate) fn trie(&self) -> Result<&TokEnv> {
        let made = self.trie.get_or_init(|| Some(trie::build(&self.tokenizer.all_bytes()?, &self.stop_ids)));
        made.as_ref().ok_or_else(|| {
            Error::model(
                "answers of this model cannot be held to JSON: its tokenizer writes words otherwise beside others",
            )
            .hint("leave `json` out of `sampling`, or use a model with a byte-level or SentencePiece tokenizer")
        })
    }

    /// The token the template writes after an answer; training teaches it.
    pub fn end_of_turn(&self) -> u32 {
        self.end_of_turn
    }

    /// The token that a conversation begins with, for templates that write it; empty where there is none.
    pub fn bos_token(&self) -> &str {
        &self.settings.bos_token
    }

    /// SHA-256 of the template's source in hex, empty when there is none.
    pub fn template_hash(&self) -> &str {
        &self.template_hash
    }

    /// One more than the highest id; the embedding must have as many rows.
    pub fn id_count(&self) -> usize {
        self.tokenizer.id_count()
    }

    /// The first word whose id is `vocab` or more, tokens that were added to the vocabulary aside.
    pub(crate) fn word_from(&self, vocab: usize) -> Option<(u32, String)> {
        self.tokenizer.word_from(vocab)
    }

    /// Refuses tokens for which a model of `vocab` embeddings has none.
    pub(crate) fn check_tokens<'a>(&self, vocab: usize, tokens: impl IntoIterator<Item = &'a u32>) -> Result<()> {
        let Some(&id) = tokens.into_iter().find(|&&token| token as usize >= vocab) else { return Ok(()) };
        let message = format!(
            "the text holds the token {:?} (number {id}), but the model has embeddings for {vocab} tokens only",
            self.tokenizer.token_text(id)
        );
        Err(Error::model(message).hint(
            "the token was added to the tokenizer and never taught: take it out of the chat template or out of \
             tokenizer.json, or resize the model's embeddings where it was trained",
        ))
    }

    /// One token for the eye; bytes that are no whole character as `\xE4`.
    pub fn token_text(&self, id: u32) -> String {
        self.tokenizer.token_text(id)
    }

    fn render_marked(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let template = self.template.as_ref().ok_or_else(|| {
            Error::model("the model's files hold no chat template").hint(format!(
                "it is probably a base that was only taught to go on with texts. Train a version on it with `pmtune train \
                 --template NAME` ({}), or use an instruct model",
                self.fitting().join(", ")
            ))
        })?;
        let mut marked = Vec::with_capacity(messages.len());
        for message in messages {
            marked.push(Message::new(message.role, guard::mark(&message.content, self.tokenizer.control())?));
        }
        if self.folds_system {
            marked = folded(marked);
        }
        template.render(&marked, add_generation_prompt)
    }

    /// Whether a system message makes the template fail or is dropped by it.
    fn lacks_system_role(&self) -> bool {
        const PROBE: &str = "pmtune-system-probe";
        let user = Message::new(Role::User, "question");
        let alone = self.render_marked(std::slice::from_ref(&user), true);
        let with_system = self.render_marked(&[Message::new(Role::System, PROBE), user], true);
        alone.is_ok() && !with_system.is_ok_and(|text| text.contains(PROBE))
    }

    /// The stop token the template writes right after an assistant's message.
    fn written_end(&self) -> Option<u32> {
        const PROBE: &str = "pmtune-answer-probe";
        let messages = [Message::new(Role::User, "question"), Message::new(Role::Assistant, PROBE)];
        let text = self.render_marked(&messages, false).ok()?;
        let (_, after) = text.rsplit_once(PROBE)?;
        let ids = self.encode(after).ok()?;
        ids.into_iter().find(|id| self.stop_ids.contains(id))
    }
}

/// Puts every system message before the next user message.
fn folded(messages: Vec<Message>) -> Vec<Message> {
    let mut system = String::new();
    let mut out = Vec::with_capacity(messages.len());
    for message in messages {
        match message.role {
            Role::System => {
                system.push_str(&message.content);
                system.push_str("\n\n");
            }
            Role::User => out.push(Message::new(Role::User, std::mem::take(&mut system) + &message.content)),
            Role::Assistant => out.push(message),
        }
    }
    if !system.is_empty() {
        out.push(Message::new(Role::User, system.trim_end()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Algorithm, TokenKind, Vocabulary};

    /// Bytes of ASCII letters and the given control tokens; no merges.
    fn tokenizer(control: &[&str]) -> Tokenizer {
        let mut tokens: Vec<String> = (b'!'..=b'~').map(|byte| char::from(byte).to_string()).collect();
        tokens.extend(["Ġ".to_string(), "Ċ".to_string()]);
        let mut kinds = vec![TokenKind::Normal; tokens.len()];
        tokens.extend(control.iter().map(ToString::to_string));
        kinds.resize(tokens.len(), TokenKind::Control);
        let algorithm = Algorithm::Bpe { merges: Vec::new(), pre: "gpt-2".to_string() };
        let lists = Vocabulary { tokens, kinds, algorithm, control_strips_right: false };
        Tokenizer::from_vocabulary(&lists).unwrap()
    }

    fn chat(template: Option<&str>) -> Chat {
        let settings = Settings { template: template.map(str::to_string), ..Settings::default() };
        Chat::new(tokenizer(&["<|im_start|>", "<|im_end|>", "<|endoftext|>"]), settings).unwrap()
    }

    fn conversation() -> [Message; 2] {
        [Message::new(Role::System, "Be brief."), Message::new(Role::User, "Hi")]
    }

    #[test]
    fn a_template_that_refuses_or_drops_the_system_message_gets_it_with_the_first_user_message() {
        let refuses = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}";
        let drops =
            "{% for m in messages %}{% if m.role != 'system' %}[{{ m.role }}]{{ m.content }}{% endif %}{% endfor %}";
        for template in [refuses, drops] {
            assert_eq!(chat(Some(template)).render(&conversation(), true).unwrap(), "[user]Be brief.\n\nHi");
        }
        let keeps = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
        assert_eq!(chat(Some(keeps)).render(&conversation(), true).unwrap(), "[system]Be brief.[user]Hi");
    }

    #[test]
    fn a_template_can_bring_the_beginning_of_every_conversation_along() {
        let refuses = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}";
        let keeps = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
        let system = "Say \"yes\" \\ no\n{{ messages }} {% raw %} é";
        let examples = [Message::new(Role::User, "a"), Message::new(Role::Assistant, "b")];
        for (template, system, examples) in [
            (keeps, Some(system), &examples[..]),
            (keeps, Some(system), &[]),
            (keeps, None, &examples[..]),
            (refuses, Some(system), &examples[..]),
            (refuses, Some(system), &[]),
            (refuses, None, &examples[..]),
        ] {
            let plain = chat(Some(template));
            let opened = plain.with_template(&plain.opening_with(system, examples).unwrap()).unwrap();
            let first = |own: Option<&str>| {
                let system = own.or(system).map(|text| Message::new(Role::System, text));
                system.into_iter().chain(examples.iter().cloned())
            };
            let question =
                [Message::new(Role::User, "Hi"), Message::new(Role::Assistant, "x"), Message::new(Role::User, "y")];
            for own in [None, Some("Mine.")] {
                let wanted: Vec<Message> = first(own).chain(question.clone()).collect();
                let asked: Vec<Message> =
                    own.map(|text| Message::new(Role::System, text)).into_iter().chain(question.clone()).collect();
                assert_eq!(
                    opened.render(&asked, true).unwrap(),
                    plain.render(&wanted, true).unwrap(),
                    "{template} {own:?}"
                );
            }
        }
    }

    #[test]
    fn without_a_template_chatml_is_used_where_its_tokens_are() {
        let wanted = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
        assert_eq!(chat(None).render(&conversation(), true).unwrap(), wanted);
        let other = Chat::new(tokenizer(&["<|endoftext|>"]), Settings::default()).unwrap();
        let error = other.render(&conversation(), true).unwrap_err();
        assert!(error.to_string().contains("no chat template"), "{error}");
    }

    #[test]
    fn a_model_that_can_think_answers_at_once_unless_asked_and_says_so_in_its_template() {
        let source = "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}[answer]\
                      {% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}{% endif %}";
        let off = chat(Some(source));
        let hi = [Message::new(Role::User, "Hi")];
        assert_eq!(off.render(&hi, true).unwrap(), "Hi[answer]<think></think>");
        let on = off.thinking().unwrap();
        assert_eq!(on.render(&hi, true).unwrap(), "Hi[answer]");
        assert_ne!(off.template_hash(), on.template_hash());
        // What is written into a file is read back as it was, with an opening of one's own as well.
        for chat in [&off, &on] {
            let again = self::chat(chat.template());
            assert_eq!(again.render(&hi, true).unwrap(), chat.render(&hi, true).unwrap());
            let opened = again.with_template(&again.opening_with(Some("S"), &[]).unwrap()).unwrap();
            let read = self::chat(opened.template()).render(&hi, true).unwrap();
            assert_eq!(read, format!("S{}", chat.render(&hi, true).unwrap()));
        }
        let begun = chat(Some("{{ messages[0].content }}<think>\n"));
        assert_eq!(begun.apart("hm"), ("hm", ""));
        assert!(begun.thinking().is_err());
    }

    #[test]
    fn a_template_is_lent_to_a_model_that_brings_none_where_its_tokens_are() {
        let turns: [(LentTemplate, &[&str], &str); 4] = [
            (
                LentTemplate::Chatml,
                &["<|im_start|>", "<|im_end|>"],
                "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
            ),
            (
                LentTemplate::Gemma,
                &["<start_of_turn>", "<end_of_turn>"],
                "<eos><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\n",
            ),
            (
                LentTemplate::Llama3,
                &["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
                "<eos><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user\
                 <|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
            ),
            (LentTemplate::Alpaca, &[], "<eos>Be brief.\n\n### Instruction:\nHi\n\n### Response:\n"),
        ];
        for (template, tokens, wanted) in turns {
            let all: Vec<&str> = tokens.iter().copied().chain(["<eos>"]).collect();
            let marks = Settings { bos_token: "<eos>".into(), eos_token: "<eos>".into(), ..Settings::default() };
            let eos = tokenizer(&all).id("<eos>").unwrap();
            let bare = Chat::new(tokenizer(&all), Settings { stop_ids: vec![eos], ..marks }).unwrap();
            let evident = (template != LentTemplate::Alpaca).then_some(template);
            assert_eq!(bare.lent_template(), evident);
            let lent = bare.lend(template).unwrap();
            assert_eq!(lent.render(&conversation(), true).unwrap(), wanted);
            // A base that was never taught to talk knows no other end.
            assert_eq!(lent.token_text(lent.end_of_turn()), "<eos>", "{template:?}");
            assert_eq!(lent.token_text(lent.stop_ids()[0]), "<eos>");
            let answered = [&conversation()[..], &[Message::new(Role::Assistant, "Yes")]].concat();
            let rendered = lent.render(&answered, false).unwrap();
            assert!(rendered.starts_with(&format!("{wanted}Yes<eos>")), "{rendered}");
            for other in LentTemplate::ALL.into_iter().filter(|other| ![template, LentTemplate::Alpaca].contains(other))
            {
                let said = bare.lend(other).err().map(|e| e.to_string()).unwrap_or_default();
                assert!(said.contains("alpaca") && said.contains(template.name()), "{said}");
            }
            let own = bare.with_template("{{ messages }}").unwrap();
            assert!(own.lent_template().is_none() && own.lend(template).is_err());
        }
    }

    #[test]
    fn the_end_of_turn_is_what_the_template_writes_after_an_answer() {
        let chat = chat(Some("{% for m in messages %}{{ m.content }}\n<|endoftext|>{% endfor %}"));
        assert_eq!(chat.token_text(chat.end_of_turn()), "<|endoftext|>");
        assert_eq!(chat.stop_ids().len(), 2);
    }

    #[test]
    fn a_model_without_any_end_is_refused() {
        let error = Chat::new(tokenizer(&[]), Settings::default()).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("no token that ends an answer"), "{error}");
    }

    #[test]
    fn an_unknown_word_rule_is_named_with_the_way_out() {
        let algorithm = Algorithm::Bpe { merges: Vec::new(), pre: "tekken".to_string() };
        let lists = Vocabulary { tokens: vec!["a".into()], kinds: vec![], algorithm, control_strips_right: false };
        let error = Tokenizer::from_vocabulary(&lists).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("tekken") && error.contains("smollm") && error.contains("tokenizer.json"), "{error}");
    }

    #[test]
    fn lists_that_do_not_fit_each_other_are_refused() {
        let bpe = |merge: &str| Algorithm::Bpe { merges: vec![merge.to_string()], pre: "gpt-2".to_string() };
        let pieces = Algorithm::SentencePiece { scores: vec![0.0; 3], add_space_prefix: true };
        for algorithm in [bpe("aa bb"), bpe("a x"), bpe("a"), bpe("a b c"), pieces] {
            let lists = Vocabulary {
                tokens: vec!["a".into(), "b".into(), "aa".into(), "bb".into()],
                kinds: vec![],
                algorithm,
                control_strips_right: false,
            };
            assert!(Tokenizer::from_vocabulary(&lists).is_err(), "{lists:?}");
        }
    }
}
