//! A workspace: a folder with `pmtune.yaml` that owns `suites/`, `training-data/`, `models/` and `reports/`.
//!
//! Every path inside a workspace is made here, and nowhere else. `init` writes a new workspace that runs at once.
//!
//! `pmtune.yaml` is parsed here and kept as a tree. A room below reads its own [`Section`] of it with
//! [`Workspace::section`]; `settings` knows them all, and opens a workspace only when every one of them is right.

mod config;
mod folder;
mod init;
mod section;

pub use config::Config;
pub use folder::{FILE, Workspace, models, parse, root, suite_files};
pub use init::init;
pub use section::Section;
