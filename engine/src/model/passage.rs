//! Passages to train on, laid flat: one after another, never padded.

use super::forward::Rows;
use crate::error::Result;
use crate::files::Config;

/// Tokens of one sequence, and which of them the model is taught to write.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    /// All of them, ids in order.
    pub tokens: &'a [u32],
    /// As long as `tokens`. The first token follows nothing and cannot be taught.
    pub supervised: &'a [bool],
}

/// Passages laid flat.
pub(super) struct Flat {
    pub tokens: Vec<u32>,
    pub spans: Vec<Rows>,
    pub positions: Vec<usize>,
    /// Rows whose next token is taught, and that token.
    pub taught: Vec<(usize, u32)>,
}

impl Flat {
    /// Nothing behind the last taught token of a passage bears on the loss, nor does that token as an input.
    pub fn new(passages: &[Passage<'_>]) -> Self {
        let (mut tokens, mut spans, mut positions, mut taught) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Passage { tokens: all, supervised } in passages {
            let len = supervised.iter().rposition(|s| *s).unwrap_or(0);
            let start = tokens.len();
            if len > 0 {
                spans.push(Rows { start, len });
            }
            tokens.extend(&all[..len]);
            positions.extend(0..len);
            taught.extend((0..len).filter(|&i| supervised[i + 1]).map(|i| (start + i, all[i + 1])));
        }
        Self { tokens, spans, positions, taught }
    }

    /// The taught tokens, in order.
    pub fn targets(&self, config: &Config) -> Result<Vec<u32>> {
        config.check_tokens(self.taught.iter().map(|(_, token)| token))?;
        Ok(self.taught.iter().map(|(_, token)| *token).collect())
    }
}
