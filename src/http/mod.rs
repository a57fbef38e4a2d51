//! A thin server for this computer.
//!
//! [`Server`] listens on the loopback address unless told otherwise. Its [`Names`] are those it is asked for by, so that no
//! page from elsewhere reaches it under a name of its own. A page is served by a plain function from [`Request`] to
//! [`Response`] ([`Server::serve`]) behind a [`Door`], which lets in the one browser that came with the token of this start.
//! An interface for programs brings its own routes ([`Server::run`]), which may stream. Who stalls is hung up on.

mod connection;
mod door;
mod message;
mod names;
mod secret;
mod server;

#[cfg(test)]
mod tests;

pub use door::Door;
pub use message::{Method, Request, Response};
pub use names::Names;
pub use secret::Secret;
pub use server::Server;
