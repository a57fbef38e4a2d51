/// Told how a pull goes; the command line draws it.
pub trait Progress: Send + Sync {
    /// What happens next, in words.
    fn say(&self, what: &str);
    /// Bytes so far, and in all where that is known.
    fn bytes(&self, done: u64, total: Option<u64>);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn say(&self, _what: &str) {}
    fn bytes(&self, _done: u64, _total: Option<u64>) {}
}
