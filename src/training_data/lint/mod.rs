//! The linter: faults of training data, each with file, line, what, why it matters and how to mend it.
//!
//! A rule is a small pure function in a file of its own, which also holds the rule's [`Code`]. Rules look at an example
//! (`length`, `secrets`, …), at a file (`encoding`, `drift`, `quotes`), or at all examples (`duplicates`, `near`);
//! [`lint`] runs them in parallel and lays the workspace's severities over theirs. [`fix`] applies the mends that
//! cannot change what a text says.

mod codes;
mod control;
mod disclosed;
mod drift;
mod duplicates;
mod encoding;
mod fails_check;
mod filler;
mod finding;
mod fix;
mod keys;
mod kind_drift;
mod leakage;
mod length;
mod mojibake;
mod near;
mod options;
mod outdated;
mod outline;
mod paraphrase;
mod personal;
mod placeholder;
mod prose;
mod quotes;
mod run;
mod secrets;
mod space;
mod ungrounded;
mod unread;

pub use codes::codes;
pub use disclosed::disclosed;
pub use fails_check::{Contradiction, contradictions};
pub use finding::{Code, Finding};
pub(super) use fix::mend_all;
pub use fix::{Fixed, fix};
pub(super) use length::about_tokens;
pub use length::most_bytes;
pub use near::near_duplicates;
pub use options::Options;
pub(super) use personal::StandIns;
pub use run::{Linted, Step, lint};
pub(super) use secrets::secret;
