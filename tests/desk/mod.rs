//! A reviewer at the page: real keys in a real browser, and afterwards what stands in the book.

pub mod browser;
mod served;
mod file;
mod plain;
pub mod workspace;
