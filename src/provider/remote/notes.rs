use std::collections::BTreeSet;
use std::mem::take;
use std::sync::{Mutex, PoisonError};

/// What is worth knowing about an endpoint, each thing once however many workers find it out.
#[derive(Default)]
pub(super) struct Notes {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    said: BTreeSet<String>,
    fresh: Vec<String>,
}

impl Notes {
    pub(super) fn say(&self, note: String) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.said.insert(note.clone()) {
            inner.fresh.push(note);
        }
    }

    /// Those that nobody has taken.
    pub(super) fn fresh(&self) -> Vec<String> {
        take(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner).fresh)
    }
}
