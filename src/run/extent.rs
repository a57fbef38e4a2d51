use super::Manifest;
use crate::suite::Suite;
use crate::words::count;
use std::collections::HashSet;

/// How much of the suites a run asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Cases of the suites that the run asked.
    pub asked: usize,
    /// Cases of the suites.
    pub of: usize,
    /// Every suite was asked whole or not at all.
    pub whole_suites: bool,
}

impl Extent {
    pub fn of(manifest: &Manifest, suites: &[Suite]) -> Self {
        let ran: HashSet<&str> = manifest.cases.iter().map(|(id, _)| id.as_str()).collect();
        let asked = |suite: &Suite| suite.cases.iter().filter(|case| ran.contains(case.id.as_str())).count();
        let by_suite: Vec<(usize, usize)> = suites.iter().map(|suite| (asked(suite), suite.cases.len())).collect();
        Self {
            asked: by_suite.iter().map(|(asked, _)| asked).sum(),
            of: by_suite.iter().map(|(_, of)| of).sum(),
            whole_suites: by_suite.iter().all(|(asked, of)| *asked == 0 || asked == of),
        }
    }

    pub fn is_whole(self) -> bool {
        self.asked == self.of
    }

    /// `asked 1 of 63 cases`.
    pub fn words(self) -> String {
        format!("asked {} of {}", self.asked, count(self.of, "case"))
    }
}
