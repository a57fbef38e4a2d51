//! The allocator of the program and of its benches.
//!
//! A training step or a batch of answers takes the same large buffers again and again. A general allocator gives them back
//! to the system, which clears every page anew: a fifth of a step. This one keeps what is free for a while.

use libmimalloc_sys::{mi_option_set, mi_option_t};
use std::ffi::c_long;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's header: after so many milliseconds free memory goes back to the system.
const PURGE_DELAY: mi_option_t = 15;
/// Longer than a step on a laptop takes.
const DELAY: c_long = 30_000;

/// To be called first.
#[allow(unsafe_code)]
pub fn keep_freed_memory() {
    // SAFETY: it sets a number that is read when memory is freed.
    unsafe { mi_option_set(PURGE_DELAY, DELAY) }
}

#[cfg(test)]
mod tests {
    /// The option's number is not in the crate: this is mimalloc's default for it and for no option beside it.
    #[test]
    #[allow(unsafe_code)]
    fn the_option_is_the_delay_and_is_set() {
        // SAFETY: it reads a number.
        let delay = || unsafe { libmimalloc_sys::mi_option_get(super::PURGE_DELAY) };
        assert_eq!(delay(), 1_000);
        super::keep_freed_memory();
        assert_eq!(delay(), super::DELAY);
    }
}
