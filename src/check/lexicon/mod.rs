//! The word lists that checks go by: text files in `src/check/words` that need no programmer to change, and that a
//! workspace adds to or takes from with files of the same names in its folder `words`.
//!
//! A list is known by its [`List`], so a wrong name does not compile. A [`Lexicon`] holds all lists as one workspace has
//! them; it is handed to the checks when a suite is read. The lists that a check goes by are part of what the check is:
//! [`Lexicon::fingerprint`] makes runs judged by different lists tell themselves apart.

mod entries;
mod find;
mod list;
mod words;

pub(crate) use find::{has_term, plain_lower, term_count, terms_in};
pub use list::{List, lists};
pub use words::Lexicon;

#[cfg(test)]
mod tests;
