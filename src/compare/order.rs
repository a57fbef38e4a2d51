//! The order of asking where asking may stop early.

use engine::store;

/// Where a unit (a cluster, or a case of none) stands in the order of asking. It follows from its name and the seed
/// alone, so that the order is random as to what the units hold, and the same whenever it is asked for.
pub fn place(seed: u64, cluster: Option<&str>, case: &str) -> String {
    store::hash_of(&("order of asking", seed, cluster.is_some(), cluster.unwrap_or(case)))
}
