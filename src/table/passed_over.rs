use crate::words;
use std::collections::BTreeMap;

/// Keys or columns that nothing reads, each with how many records have it.
#[derive(Debug, Default)]
pub struct PassedOver(BTreeMap<String, usize>);

impl PassedOver {
    pub fn add(&mut self, keys: impl IntoIterator<Item = String>) {
        keys.into_iter().for_each(|key| *self.0.entry(key).or_default() += 1);
    }

    /// In a sentence for the user, the commonest first; `None` where everything was read.
    pub fn sentence(&self) -> Option<String> {
        const MOST: usize = 8;
        let mut all: Vec<(&String, usize)> = self.0.iter().map(|(key, count)| (key, *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let more = all.len().saturating_sub(MOST);
        let shown = all.iter().take(MOST).map(|(key, count)| format!("`{}` ({})", clip(key), count_of(*count)));
        let more = (more > 0).then(|| format!("{more} more"));
        let names: Vec<String> = shown.chain(more).collect();
        (!names.is_empty()).then(|| format!("passed over, because nothing reads it: {}", names.join(", ")))
    }
}

fn count_of(records: usize) -> String {
    words::count(records, "record")
}

/// A key as far as it fits a message; it may be anything.
fn clip(key: &str) -> String {
    words::begin(&key.replace(char::is_control, "\u{fffd}"), 40)
}
