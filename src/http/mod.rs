//! A thin server for this computer alone.
//!
//! [`Server`] listens on the loopback address and answers only to the names this computer has for itself, so that no
//! page from elsewhere reaches it under a name of its own. [`Door`] lets in the one browser that came with the token of
//! this start. What is behind them is a plain function from [`Request`] to [`Response`]; nothing outside this module
//! knows that the server is asynchronous.

mod connection;
mod door;
mod message;
mod server;

#[cfg(test)]
mod tests;

pub use door::Door;
pub use message::{Method, Request, Response};
pub use server::Server;
