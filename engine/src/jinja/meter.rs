use super::fault::{Fault, Kind, Res};
use super::limits::{MOST_BYTES, MOST_DEPTH};
use std::cell::Cell;

/// What one place in a list costs, with what lies behind it.
const ITEM_BYTES: usize = 64;

/// What one rendering goes by and what it has left.
pub(super) struct Meter {
    /// Whether everything undefined is an error, as with `StrictUndefined`.
    pub strict: bool,
    bytes_left: Cell<usize>,
    steps_left: Cell<u64>,
    depth: Cell<usize>,
}

impl Meter {
    pub fn new(steps: u64, strict: bool) -> Self {
        let (bytes_left, steps_left) = (Cell::new(MOST_BYTES), Cell::new(steps));
        Self { strict, bytes_left, steps_left, depth: Cell::new(0) }
    }

    /// To be called before anything of this size is made or read through.
    pub fn bytes(&self, bytes: usize) -> Res<()> {
        let left = self.bytes_left.get().checked_sub(bytes).ok_or_else(Fault::too_large)?;
        self.bytes_left.set(left);
        Ok(())
    }

    /// To be called before a list of this length is made or read through.
    pub fn items(&self, items: usize) -> Res<()> {
        self.bytes(items.saturating_mul(ITEM_BYTES))
    }

    /// To be called before a text is written `times` times.
    pub fn times(&self, bytes: usize, times: usize) -> Res<()> {
        self.bytes(bytes.saturating_mul(times))
    }

    /// Appends to a text that is being made.
    pub fn push(&self, out: &mut String, text: &str) -> Res<()> {
        self.bytes(text.len())?;
        out.push_str(text);
        Ok(())
    }

    /// To be called with every statement and expression.
    pub fn step(&self) -> Res<()> {
        let left = self.steps_left.get().checked_sub(1);
        self.steps_left.set(left.ok_or_else(|| Fault::new(Kind::Endless, "it does not come to an end"))?);
        Ok(())
    }

    /// Does one level of nesting.
    pub fn deeper<T>(&self, work: impl FnOnce() -> Res<T>) -> Res<T> {
        if self.depth.get() >= MOST_DEPTH {
            return Err(Fault::too_deep());
        }
        self.depth.set(self.depth.get() + 1);
        let done = work();
        self.depth.set(self.depth.get() - 1);
        done
    }
}
