//! A listener for tests.

use super::event::{Event, Sink};
use std::sync::Mutex;

/// Keeps what is said in sentences.
#[derive(Default)]
pub struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub fn warnings(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Sink for Heard {
    fn tell(&self, event: Event<'_>) {
        if let Event::Warning(text) = event {
            self.0.lock().unwrap().push(text);
        }
    }
}
