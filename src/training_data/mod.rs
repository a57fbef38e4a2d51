//! Training data: folders of JSONL, `<category>/<topic>.jsonl`, one [`Example`] a line.
//!
//! Every line is read by one reader (`record`), whoever asks and whichever tool wrote it. [`conversations`] wants every
//! line right, reports all that are not, and says what it passed over; [`load`] does the same for single examples. The
//! linter ([`mod@lint`]) wants nothing: it takes what bytes it finds and lists every fault as a [`Finding`], broken lines
//! among them. [`leaks`] names training examples
//! that give away a suite's case. [`stats`] counts, [`split`] holds examples out, [`merge`] joins several people's
//! folders, [`convert`] reads and writes other tools' files, [`add`] keeps an answer of a run as an example. What
//! `pmtune serve` captured and what [`mod@import`] made of documents lies in an [`Inbox`], which none of these reads, until
//! [`approve`] makes examples of it.

mod add;
mod approve;
mod columns;
mod conversation;
pub mod convert;
mod example;
mod folder;
pub mod import;
mod inbox;
mod json;
mod kind;
mod leak;
mod line;
pub mod lint;
mod listing;
mod load;
mod meaning;
mod merge;
mod question;
mod quoted;
mod read;
mod recommended;
mod record;
mod section;
mod settings;
mod split;
mod stats;
#[cfg(test)]
pub(crate) mod testing;
mod turns;
mod vectors;
mod words;

pub use add::{Kept, Topic, add, free_id};
pub use approve::{Approval, Approved, approve};
pub use conversation::Conversation;
pub use engine::train::Place;
pub use example::Example;
pub use folder::{lines, write_files, write_folder};
pub use inbox::{Captured, Entry, Inbox, Origin, Thumb};
pub use kind::{Kind, kind_of, kinds};
pub use leak::{Known, Leak, Overlap, leaks};
pub use lint::{Contradiction, contradictions, most_bytes, near_duplicates};
pub use listing::{any_files, files};
pub use load::{Loaded, conversations, load, readable};
pub use meaning::instruction_to_read;
pub use merge::{Merged, Near, Part, merge};
pub use recommended::{RECOMMENDED, Recommended};
pub use settings::{DataSettings, Severity};
pub use split::{AT_LEAST, CategorySides, Sides, by_category, split};
pub use stats::{BIN_WORDS, CategoryCount, Count, Lengths, Stats, USUAL_WORDS, Variety, WINDOW, stats};
pub use vectors::{Meanings, Unkept, Vectors};
