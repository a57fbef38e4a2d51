//! How versions fared on a case before: one that none has ever passed, or that all have, tells no version from another.

use crate::run::Run;
use crate::suite::Case;
use crate::tally;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Over the finished runs that asked today's question and judged as today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    pub runs: usize,
    pub passed: usize,
}

/// What a case's past says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Never passed.
    Floor,
    /// Always passed.
    Ceiling,
    /// Some runs pass and some fail.
    Discriminates,
    /// Fewer than two runs.
    Unknown,
}

impl Past {
    pub fn spread(&self) -> Spread {
        match (self.runs, self.passed) {
            (0 | 1, _) => Spread::Unknown,
            (_, 0) => Spread::Floor,
            (runs, passed) if runs == passed => Spread::Ceiling,
            _ => Spread::Discriminates,
        }
    }
}

/// Whether a case passed, with its question and how it was judged.
struct Seen<'a> {
    prompt: &'a str,
    judge_hash: &'a str,
    passed: bool,
}

/// The finished runs, by case.
pub(super) struct Runs<'a> {
    by_case: BTreeMap<&'a str, Vec<Seen<'a>>>,
}

impl<'a> Runs<'a> {
    pub fn new(runs: &'a [Run]) -> Self {
        let mut by_case: BTreeMap<&str, Vec<Seen<'_>>> = BTreeMap::new();
        for run in runs.iter().filter(|run| run.manifest.finished.is_some()) {
            for case in tally::cases(run) {
                let Some((passed, record)) = case.passes().zip(case.records.last().copied()) else { continue };
                let seen = Seen { prompt: &record.prompt, judge_hash: &record.judge_hash, passed };
                by_case.entry(&record.case).or_default().push(seen);
            }
        }
        Self { by_case }
    }

    pub fn of(&self, case: &Case) -> Past {
        let seen = self.by_case.get(case.id.as_str()).into_iter().flatten();
        let alike = seen.filter(|seen| seen.prompt == case.prompt && seen.judge_hash == case.judge_hash);
        alike.fold(Past::default(), |past, seen| Past {
            runs: past.runs + 1,
            passed: past.passed + usize::from(seen.passed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_and_ceiling_need_two_runs() {
        let spread = |runs, passed| Past { runs, passed }.spread();
        assert_eq!([spread(0, 0), spread(1, 1), spread(1, 0)], [Spread::Unknown; 3]);
        assert_eq!((spread(2, 0), spread(2, 2), spread(3, 1)), (Spread::Floor, Spread::Ceiling, Spread::Discriminates));
    }
}
