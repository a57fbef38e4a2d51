//! A reviewer at the page: real keys in a real browser, and afterwards what stands in the book.

mod browser;
mod served;
mod file;
mod plain;
mod workspace;
