use super::Manifest;
use crate::suite::{Split, Suite};
use crate::words::count;
use std::collections::{BTreeMap, HashSet};

/// How much of the suites a run asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Cases of the suites that the run asked.
    pub asked: usize,
    /// Cases of the suites.
    pub of: usize,
    /// Each half of each suite was asked whole or not at all, as `--suite` and `--split` do.
    pub whole_parts: bool,
}

impl Extent {
    pub fn of(manifest: &Manifest, suites: &[Suite]) -> Self {
        let ran: HashSet<&str> = manifest.cases.iter().map(|(id, _)| id.as_str()).collect();
        // Cases asked, and all there are.
        let mut parts: BTreeMap<(&str, Split), (usize, usize)> = BTreeMap::new();
        for (suite, case) in suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case))) {
            let (asked, of) = parts.entry((suite.name.as_str(), case.split)).or_default();
            *asked += usize::from(ran.contains(case.id.as_str()));
            *of += 1;
        }
        Self {
            asked: parts.values().map(|(asked, _)| asked).sum(),
            of: parts.values().map(|(_, of)| of).sum(),
            whole_parts: parts.values().all(|(asked, of)| *asked == 0 || asked == of),
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
