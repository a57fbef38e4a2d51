//! A recipe's batch, divided among cards: examples a card takes at once × cards × rounds before a step.

use crate::words;
use engine::error::{Error, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    pub per_device: usize,
    pub processes: usize,
    /// Rounds whose gradients are added up before a step.
    pub accumulation: usize,
}

impl Steps {
    /// Divides `batch` examples a step among `processes`; each takes as many at once as it can, or `per_device`.
    ///
    /// # Errors
    /// It does not come out even, with what would.
    pub fn divide(batch: usize, processes: usize, per_device: Option<usize>) -> Result<Self> {
        if processes == 0 || !batch.is_multiple_of(processes) {
            let next = batch.div_ceil(processes.max(1)) * processes.max(1);
            return Err(Error::usage(format!(
                "{} a step cannot be divided among {}",
                words::count(batch, "example"),
                words::count(processes, "process")
            ))
            .hint(format!("use --processes {}, or --batch-size {next}, which is another recipe", divisors(batch))));
        }
        let each = batch / processes;
        let per_device = per_device.unwrap_or(each);
        if per_device == 0 || !each.is_multiple_of(per_device) {
            return Err(Error::usage(format!(
                "a process has {} of every step, which are not rounds of {per_device}",
                words::count(each, "example")
            ))
            .hint(format!("use --per-device {}", divisors(each))));
        }
        Ok(Self { per_device, processes, accumulation: each / per_device })
    }

    /// Examples a step.
    pub fn batch(self) -> usize {
        self.per_device * self.processes * self.accumulation
    }
}

/// `1, 2, 4 or 8`.
fn divisors(of: usize) -> String {
    let numbers: Vec<String> = (1..=of).filter(|n| of.is_multiple_of(*n)).map(|n| n.to_string()).collect();
    words::list(&numbers).replace(" and ", " or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_does_not_come_out_even_is_refused_with_what_would() {
        let said = Steps::divide(8, 3, None).unwrap_err().to_string();
        assert!(
            said.contains("8 examples") && said.contains("1, 2, 4 or 8") && said.contains("--batch-size 9"),
            "{said}"
        );
        let said = Steps::divide(8, 2, Some(3)).unwrap_err().to_string();
        assert!(said.contains("4 examples") && said.contains("--per-device 1, 2 or 4"), "{said}");
        assert!(Steps::divide(4, 0, None).is_err() && Steps::divide(4, 2, Some(0)).is_err());
        assert_eq!(Steps::divide(8, 2, Some(1)).unwrap(), Steps { per_device: 1, processes: 2, accumulation: 4 });
    }

    proptest! {
        #[test]
        fn a_step_has_the_recipes_batch_or_there_is_none(
            batch in 1..200usize, processes in 0..20usize, per_device in prop::option::of(0..20usize)
        ) {
            if let Ok(steps) = Steps::divide(batch, processes, per_device) {
                prop_assert_eq!(steps.batch(), batch);
                prop_assert!(steps.processes == processes && per_device.is_none_or(|n| n == steps.per_device));
            }
        }
    }
}
