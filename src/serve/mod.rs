//! `pmtune serve`: the versions of a workspace behind an OpenAI-compatible endpoint on this computer.
//!
//! A request comes in at the `entrance` (its name, its origin, its token), is read leniently (`fields`, `chat`,
//! `completion`), becomes a prompt of one version of the `catalogue` (`turns`), and joins the batch of that version's base
//! (`worker`: one thread for each base). What is written comes back through a channel and goes out whole (`whole`) or piece
//! by piece (`stream`); whoever hangs up drops the channel, and with it the answer. Prompt and sampling are the version's
//! wherever the request says nothing, so what is served is what was evaluated.
//!
//! A browser gets the `page`, which asks as any other client does and holds no secret. Where capture was asked for, a
//! thread of its own (`capture`) writes questions and answers into the inbox of the training data; else nothing is kept.

mod answer;
mod auto;
mod capture;
mod cards;
mod catalogue;
mod chat;
mod clients;
mod completion;
mod entrance;
mod fields;
mod page;
mod refusal;
mod routes;
mod server;
mod stream;
mod turns;
mod whole;
mod worker;

pub use catalogue::Catalogue;
pub use clients::{Client, settings};
pub use server::{Address, DEFAULT_PORT, DEFAULT_QUEUE, ServeOptions, serve};
