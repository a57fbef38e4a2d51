//! Ctrl-C asks for a clean end; a second one ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C only sets the flag that [`asked`] reads.
pub fn listen() {
    // A handler that is set already serves as well.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Whether Ctrl-C was pressed since the last look.
pub fn take() -> bool {
    ASKED.swap(false, Ordering::SeqCst)
}
