//! Where a person writes the examples of a plan: one page that shows a brief at a time, takes an example, and says what the
//! linter finds while it is written. [`serve`] shows it on this computer; every example that is kept is on the disk at once.

mod page;
mod serve;

pub use serve::serve;
