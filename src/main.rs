//! The `pmtune` program: everything is in the library; only this file exits.

use std::process::ExitCode;

// Large temporaries otherwise fault in page by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(pmtune::cli::run(std::env::args_os()))
}
