//! The data that was sent along, read back as this program would train on it: for measuring what another engine made of it.

use engine::chat::{Chat, Message, Role};
use engine::error::{Error, Result};
use engine::store;
use engine::train::{Place, Recipe, Sequence, fit};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: Vec<Message>,
    completion: Vec<Message>,
}

/// The sequences of a file of prompts and completions, those left out that are too long.
///
/// # Errors
/// A line that is none, with its place.
pub(super) fn sequences(file: &Path, chat: &Chat, recipe: &Recipe) -> Result<Vec<Sequence>> {
    let text = store::read_text(file)?;
    let mut all = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let place = Place { file: Arc::from(file), line: at + 1 };
        let fault = |what: String| Error::input(format!("{place}: {what}")).hint("write the job again");
        let Line { prompt, completion } = serde_json::from_str(line).map_err(|e| fault(e.to_string()))?;
        let answer = match completion.as_slice() {
            [one] if one.role == Role::Assistant => &one.content,
            _ => return Err(fault("its completion is not one answer".to_string())),
        };
        let mut tokens = chat.prompt_ids(&prompt)?;
        let mut supervised = vec![false; tokens.len()];
        tokens.extend(chat.answer_ids(answer)?);
        tokens.push(chat.end_of_turn());
        supervised.resize(tokens.len(), true);
        all.push(Sequence { tokens, supervised, place });
    }
    Ok(fit(all, recipe.context_length, recipe.too_long).0)
}
