//! The `pmtune` program: everything is in the library; only this file exits.

mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    ExitCode::from(pmtune::cli::run(std::env::args_os()))
}
