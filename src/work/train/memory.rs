//! What the computer has free, and how a training that does not fit is refused.

use crate::words;
use engine::error::Error;
use engine::train::{TooLarge, gigabytes};
use sysinfo::System;

/// Bytes that could be had now without swapping, within the limit of a container if there is one.
pub fn free() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    system.available_memory().min(limit)
}

/// Bytes that this computer has, within the limit of a container if there is one.
pub fn total() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    system.total_memory().min(limit)
}

/// What the founding guide advises when memory runs out, less what was tried already.
pub fn refusal(refused: &TooLarge) -> Error {
    let TooLarge { needed_bytes, free_bytes, longest_tokens, fitting_tokens } = refused;
    let context = match fitting_tokens {
        Some(tokens) => {
            format!(
                "--context-length {tokens} would fit (the longest example has {})",
                words::count(*longest_tokens, "token")
            )
        }
        None => "choose a smaller base with --base, or one in 4 bits".to_string(),
    };
    Error::input(format!(
        "this training does not fit into memory: it needs {} even with one example at a time, and {} is free",
        gigabytes(*needed_bytes),
        gigabytes(*free_bytes)
    ))
    .hint(format!("close other programs; {context}; a lower --rank saves a little"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_would_fit() {
        let refused = |fitting_tokens| TooLarge {
            needed_bytes: 2_100_000_000,
            free_bytes: 100_000_000,
            longest_tokens: 4000,
            fitting_tokens,
        };
        let said = refusal(&refused(Some(512))).to_string();
        assert!(said.contains("needs 2.1 GB") && said.contains("100 MB is free"), "{said}");
        assert!(said.contains("--context-length 512 would fit (the longest example has 4,000 tokens)"), "{said}");
        assert!(refusal(&refused(None)).to_string().contains("smaller base"));
    }
}
