//! What generation asks of a model, whoever computes it: this processor ([`super::Decoder`]) or a device that candle
//! serves ([`super::Composite`]).

use std::ops::Range;
use std::path::Path;

use crate::error::Result;
use crate::files::Config;

/// The next rows of one sequence: `rows` tokens that follow what `cache` holds.
pub struct Span<'a, C, A> {
    /// How many of the tokens given are this sequence's.
    pub rows: usize,
    /// What it has read, to which the rows are added.
    pub cache: &'a mut C,
    /// What is added to the base for these rows.
    pub adapter: Option<&'a A>,
}

/// A way through the layers. Values between the calls are row-major and in main memory.
pub trait Forward: Send + Sync {
    /// The keys and values a sequence has seen. Cloning shares what is there.
    type Cache: Clone + Send;
    /// A trained addition to the base, ready for use; many can share one base.
    type Adapter: Send + Sync;

    /// The sizes of the model.
    fn config(&self) -> &Config;

    /// Loads the adapter in `folder`. Everything in it must fit the base: all misfits are reported at once, and an adapter
    /// that would change nothing is an error.
    fn adapter(&self, folder: &Path) -> Result<Self::Adapter>;

    /// An empty cache for a new sequence.
    fn cache(&self) -> Self::Cache;

    /// Forgets what lies behind the first `len` positions.
    fn truncate(&self, cache: &mut Self::Cache, len: usize) -> Result<()>;

    /// Memory that a cache of `positions` takes.
    fn cache_bytes(&self, positions: usize) -> usize;

    /// Runs `tokens`, which are the rows of `spans` one after another, and appends them to the spans' caches. Gives the
    /// normalised last hidden states, (tokens, hidden). A row's result depends only on its own sequence. A number that is
    /// not finite on the way to a row leaves one in that row.
    fn forward(&self, tokens: &[u32], spans: &mut [Span<'_, Self::Cache, Self::Adapter>]) -> Result<Vec<f32>>;

    /// Logits for rows of hidden states: (n, hidden) → (n, vocab).
    fn logits(&self, hidden: &[f32]) -> Result<Vec<f32>>;

    /// The likeliest next token after each row of hidden states, (n, hidden): the first of the largest logits, or `None`
    /// where a logit of the row is not finite.
    fn likeliest(&self, hidden: &[f32]) -> Result<Vec<Option<u32>>>;

    /// The log-probability (natural log) of `targets[i]` after row i of `hidden`, without ever holding the logits of
    /// more than a few rows. Not a number where a logit of the row is not finite.
    fn log_probs(&self, hidden: &[f32], targets: &[u32]) -> Result<Vec<f32>>;
}

/// Where one sequence's rows lie in the batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    pub start: usize,
    pub len: usize,
}

/// The rows of `spans`, which together are `tokens`.
pub(super) fn rows_of<C, A>(spans: &[Span<'_, C, A>], tokens: usize) -> Vec<Rows> {
    let mut start = 0;
    let mut next = |len| {
        start += len;
        Rows { start: start - len, len }
    };
    let rows = spans.iter().map(|span| next(span.rows)).collect();
    assert_eq!(start, tokens, "spans cover all tokens");
    rows
}

/// Neighbouring spans with the same adapter, as one range of rows.
pub(super) fn adapter_runs<'a, C, A>(spans: &[Span<'a, C, A>], rows: &[Rows]) -> Vec<(Range<usize>, &'a A)> {
    let mut runs: Vec<(Range<usize>, &'a A)> = Vec::new();
    for (span, rows) in spans.iter().zip(rows) {
        let Some(adapter) = span.adapter else { continue };
        match runs.last_mut() {
            Some((range, last)) if range.end == rows.start && std::ptr::eq(*last, adapter) => range.end += rows.len,
            _ => runs.push((rows.start..rows.start + rows.len, adapter)),
        }
    }
    runs
}
