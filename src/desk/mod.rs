//! Where a reviewer sits: the page on which answers are scored.
//!
//! One page in two forms. [`serve`] shows it on this computer and puts every change into the reviewer's book at once;
//! [`sheet_page`] writes it as a file that needs nothing else, for a reviewer without pmtune, who sends the scores back.
//! Either knows a [`Sheet`](crate::review::Sheet) and so nothing that tells which version wrote an answer.

mod page;
mod serve;

pub use page::sheet_page;
pub use serve::serve;
