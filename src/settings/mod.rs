//! `pmtune.yaml` as a whole: every room's section of it in one table.
//!
//! A room reads its own section where it needs it. Here all of them are read when a workspace is opened, so that every
//! fault of the file is told at once and before anything is done; and the JSON Schema of the file is put together from
//! theirs.

mod open;
mod schema;
mod table;

pub use open::{check, open};
pub use schema::schema;
