//! How likely given texts are, where the server tells the log-probabilities of a prompt.
//!
//! vLLM does, and what speaks its dialect: `prompt_logprobs` on a chat completion. A text is weighed as the answer that
//! ends the conversation. Three renderings of the server's own chat template say which tokens are the text's: the
//! conversation up to where an answer begins (`add_generation_prompt`), the same with the answer left open
//! (`continue_final_message`), and with the answer closed. The first must be the beginning of the others, token by token;
//! what the closed one has beyond the open one is how a turn ends, of which the first token is the model's to predict.

use super::client::Client;
use super::fault::Fault;
use super::json;
use super::reply::{Lack, answer};
use super::request;
use crate::provider::Likelihood;
use crate::provider::weighing::unasked;
use engine::chat::{Message, Role};
use engine::generate::Sampling;
use serde_json::{Value, json};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

/// What the endpoint was found to be able to do, once for a run.
#[derive(Default)]
pub(super) struct Scales {
    found: Mutex<Option<Ability>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Ability {
    None,
    /// The ids with which a turn ends; none where the server closes no turn.
    Weighs {
        end: Vec<u32>,
    },
}

/// A token of a prompt. The first one of a prompt has no log-probability, and then no id is told either.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Token {
    id: Option<u32>,
    log_prob: Option<f64>,
}

/// Where the last message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The model's turn begins.
    Begins,
    /// It has begun with the last message.
    Open,
    /// It has ended with the last message.
    Closed,
}

/// Why nothing is weighed.
enum Trouble {
    Fault(Fault),
    /// The server does not tell, in words.
    Untold(String),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault.refused {
            Some(_) if !fault.dead => Trouble::Untold(fault.error.message),
            _ => Trouble::Fault(fault),
        }
    }
}

impl Scales {
    /// Every text as the answer to `messages` and where the question is not told; nothing where the endpoint does not
    /// tell, which is noted once.
    pub(super) fn weigh(
        &self,
        client: &Client,
        messages: &[Message],
        texts: &[String],
        stop: &AtomicBool,
    ) -> Result<Option<Vec<Likelihood>>, Fault> {
        let Ability::Weighs { end } = self.ability(client, messages, stop)? else { return Ok(None) };
        match all(client, messages, texts, &end, stop) {
            Ok(weighed) => Ok(Some(weighed)),
            Err(Trouble::Fault(fault)) => Err(fault),
            Err(Trouble::Untold(reason)) => {
                client
                    .notes
                    .say(format!("some texts could not be weighed, and what rests on them is skipped: {reason}"));
                Ok(None)
            }
        }
    }

    /// Asks the endpoint at the first time; whoever comes meanwhile waits.
    fn ability(&self, client: &Client, messages: &[Message], stop: &AtomicBool) -> Result<Ability, Fault> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ability) = &*found {
            return Ok(ability.clone());
        }
        let ability = match probe(client, messages, stop) {
            Ok(ability) => ability,
            Err(Trouble::Fault(fault)) => return Err(fault),
            Err(Trouble::Untold(reason)) => {
                client.notes.say(format!(
                    "the endpoint does not tell how likely a given text is, so what rests on that is skipped and choices \
                     are asked for in words: {reason}"
                ));
                Ability::None
            }
        };
        Ok(found.insert(ability).clone())
    }
}

fn probe(client: &Client, messages: &[Message], stop: &AtomicBool) -> Result<Ability, Trouble> {
    let begins = tokens(client, messages, Turn::Begins, stop)?;
    let with = with(messages, "Yes");
    let open = tokens(client, &with, Turn::Open, stop)?;
    if rest(&begins, &open).is_none_or(|rest| rest.is_empty()) {
        return Err(Trouble::Untold(
            "with an answer behind it, the conversation does not begin with the same tokens".into(),
        ));
    }
    let closed = tokens(client, &with, Turn::Closed, stop)?;
    let end: Option<Vec<u32>> = rest(&open, &closed).and_then(|rest| rest.iter().map(|token| token.id).collect());
    let end = end.unwrap_or_default();
    if end.is_empty() {
        client.notes.say("the endpoint closes no turn, so texts were weighed without the token that ends it".into());
    }
    Ok(Ability::Weighs { end })
}

fn all(
    client: &Client,
    messages: &[Message],
    texts: &[String],
    end: &[u32],
    stop: &AtomicBool,
) -> Result<Vec<Likelihood>, Trouble> {
    let unasked = unasked(messages);
    let asked_prompt = tokens(client, messages, Turn::Begins, stop)?;
    let unasked_prompt = tokens(client, &unasked, Turn::Begins, stop)?;
    let one = |prompt: &[Token], messages: &[Message], text: &str| {
        let turn = if end.is_empty() { Turn::Open } else { Turn::Closed };
        let whole = tokens(client, &with(messages, text), turn, stop)?;
        sum(prompt, &whole, end).map_err(Trouble::Untold)
    };
    let likelihood = |text: &String| {
        let (log_prob, tokens) = one(&asked_prompt, messages, text)?;
        let (without, _) = one(&unasked_prompt, &unasked, text)?;
        Ok(Likelihood { text: text.clone(), log_prob, tokens, unasked: Some(without) })
    };
    texts.iter().map(likelihood).collect()
}

fn with(messages: &[Message], text: &str) -> Vec<Message> {
    messages.iter().cloned().chain([Message::new(Role::Assistant, text)]).collect()
}

/// Sum of the log-probabilities of what `whole` has beyond `prompt`, up to the first token of `end`, and their number.
fn sum(prompt: &[Token], whole: &[Token], end: &[u32]) -> Result<(f64, usize), String> {
    let rest = rest(prompt, whole).ok_or("the tokens of a question change with the answer behind it")?;
    // Whatever the template writes behind the token that ends the turn is not the model's.
    let tail = rest.len().saturating_sub(end.len());
    if !rest[tail..].iter().map(|token| token.id).eq(end.iter().map(|id| Some(*id))) {
        return Err("a text changes the way its turn ends".into());
    }
    let counted = &rest[..tail + end.len().min(1)];
    if counted.is_empty() {
        return Err("a text has no tokens".into());
    }
    let log_probs: Option<Vec<f64>> = counted.iter().map(|token| token.log_prob).collect();
    let log_probs = log_probs.ok_or("a token has no log-probability")?;
    Ok((log_probs.iter().sum(), log_probs.len()))
}

/// What `whole` has beyond `prompt`, where it begins with it.
fn rest<'t>(prompt: &[Token], whole: &'t [Token]) -> Option<&'t [Token]> {
    let (start, rest) = whole.split_at_checked(prompt.len())?;
    start.iter().map(|token| token.id).eq(prompt.iter().map(|token| token.id)).then_some(rest)
}

/// The tokens of a conversation as the server renders it.
fn tokens(client: &Client, messages: &[Message], turn: Turn, stop: &AtomicBool) -> Result<Vec<Token>, Trouble> {
    let body = |dialect: &request::Dialect| {
        let sampling = Sampling { max_tokens: 1, ..Sampling::default() };
        let mut body = request::body(&client.endpoint.model, messages, &sampling, dialect);
        // 0: only the token that stands there.
        body["prompt_logprobs"] = json!(0);
        body["add_generation_prompt"] = json!(turn == Turn::Begins);
        body["continue_final_message"] = json!(turn == Turn::Open);
        body
    };
    let (told, _) = client.ask(body, read, stop)?;
    told.map_err(Trouble::Untold)
}

/// Reads the log-probabilities of a prompt. An answer without them is an answer all the same: `Err` inside `Ok`.
fn read(body: &[u8]) -> Result<Result<Vec<Token>, String>, Lack> {
    let value = json::parse(&json::text(body)).unwrap_or_default();
    let places = ["/prompt_logprobs", "/choices/0/prompt_logprobs"];
    let told = places.iter().find_map(|place| value.pointer(place).and_then(Value::as_array));
    match told {
        Some(list) if list.len() > 1 => Ok(list.iter().enumerate().map(|(place, entry)| token(place, entry)).collect()),
        // Errors inside a success are told apart where answers are read.
        _ => answer(body).map(|_| Err("its answer holds no `prompt_logprobs`".to_string())),
    }
}

/// `{"9707": {"logprob": -1.25, "rank": 3}}`. Where likelier tokens stand beside, the one of the prompt has the highest
/// rank number.
fn token(place: usize, entry: &Value) -> Result<Token, String> {
    let Some(entry) = entry.as_object() else {
        return match place {
            0 => Ok(Token { id: None, log_prob: None }),
            _ => Err(format!("its `prompt_logprobs` say nothing of token {}", place + 1)),
        };
    };
    let rank = |value: &Value| value.get("rank").and_then(Value::as_u64);
    let (id, value) = match entry.len() {
        1 => entry.iter().next(),
        _ if entry.values().all(|value| rank(value).is_some()) => entry.iter().max_by_key(|(_, value)| rank(value)),
        _ => None,
    }
    .ok_or("its `prompt_logprobs` do not say which token is the prompt's")?;
    let id = id.parse().map_err(|_| "its `prompt_logprobs` name no token ids")?;
    let log_prob = value.get("logprob").unwrap_or(value).as_f64().filter(|log_prob| *log_prob <= 1e-3);
    Ok(Token { id: Some(id), log_prob })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(ids: &[u32]) -> Vec<Token> {
        let token = |(at, id): (usize, &u32)| Token {
            id: (at > 0).then_some(*id),
            log_prob: (at > 0).then_some(-0.5 * f64::from(*id)),
        };
        ids.iter().enumerate().map(token).collect()
    }

    #[test]
    fn only_the_text_and_the_token_that_ends_its_turn_count() {
        let prompt = sequence(&[1, 2, 3]);
        assert_eq!(sum(&prompt, &sequence(&[1, 2, 3, 4, 5, 8, 9]), &[8, 9]), Ok((-0.5 * 17.0, 3)));
        assert_eq!(sum(&prompt, &sequence(&[1, 2, 3, 4, 5]), &[]), Ok((-4.5, 2)));
        for (whole, end) in
            [(&[1, 2, 7, 4][..], &[][..]), (&[1, 2, 3, 4, 8], &[8, 9]), (&[1, 2, 3], &[]), (&[1, 2], &[])]
        {
            assert!(sum(&prompt, &sequence(whole), end).is_err(), "{whole:?}");
        }
        let mut unknown = sequence(&[1, 2, 3, 4]);
        unknown[3].log_prob = None;
        assert!(sum(&prompt, &unknown, &[]).is_err());
    }

    #[test]
    fn prompt_log_probabilities_are_read_and_doubted() {
        let read = |entry: Value| token(1, &entry).map(|token| (token.id, token.log_prob));
        assert_eq!(read(json!({ "7": { "logprob": -1.5, "rank": 3 } })), Ok((Some(7), Some(-1.5))));
        assert_eq!(read(json!({ "7": -1.5 })), Ok((Some(7), Some(-1.5))));
        let beside = json!({ "7": { "logprob": -1.5, "rank": 3 }, "9": { "logprob": -0.1, "rank": 1 } });
        assert_eq!(read(beside), Ok((Some(7), Some(-1.5))));
        assert_eq!(read(json!({ "7": { "logprob": null } })), Ok((Some(7), None)));
        assert_eq!(read(json!({ "7": { "logprob": 3.0 } })), Ok((Some(7), None)), "no probability is above 1");
        for bad in [json!({ "7": -1.0, "9": -2.0 }), json!({ "the": -1.0 }), json!({}), json!(null), json!([1])] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(token(0, &Value::Null).unwrap().id, None);
    }
}
