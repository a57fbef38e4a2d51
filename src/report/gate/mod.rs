//! A decision of the gate for everyone who reads one: the terminal, a pull request, and the formats of CI systems. One
//! file each; all of them say the same words.

mod annotations;
mod badge;
mod code_quality;
mod junit;
mod markdown;
mod table;

pub use annotations::{annotation, annotations};
pub use badge::badge;
pub use code_quality::code_quality;
pub use junit::junit;
pub use markdown::{MARKER, markdown};
pub use table::{failure, table};

use crate::gate::{Decision, GateHalf, Status};
use crate::suite::CasePlace;
use crate::words;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where what a gate speaks of is written, as a CI system names files: from the repository's root.
#[derive(Debug, Clone, Default)]
pub struct Places {
    pub cases: BTreeMap<String, CasePlace>,
    /// `pmtune.yaml`, where the rules stand.
    pub rules: PathBuf,
}

impl Places {
    /// Of a case, or of the rules where the case's place is unknown.
    fn of(&self, case: Option<&str>) -> CasePlace {
        let known = case.and_then(|case| self.cases.get(case)).cloned();
        known.unwrap_or_else(|| CasePlace { file: self.rules.clone(), line: 1 })
    }
}

fn symbol(status: Status) -> &'static str {
    match status {
        Status::Pass => "✓",
        Status::Fail => "✗",
        Status::Unjudged => "?",
    }
}

/// `v2 against v1, held-out cases`.
fn subject(decision: &Decision) -> String {
    let against = decision.baseline.as_ref().map(|b| format!(" against {}", b.label)).unwrap_or_default();
    let half = match decision.half {
        GateHalf::HeldOut => "held-out cases",
        GateHalf::Dev => "dev cases",
        GateHalf::All => "all cases",
    };
    format!("{}{against}, {half}", decision.candidate.label)
}

/// `The gate is passed`, `The gate failed on 2 of 6 rules`.
fn verdict(decision: &Decision) -> String {
    let rules = words::count(decision.rules.len(), "rule");
    match decision.failing().len() {
        0 => format!("The gate is passed, {rules}"),
        unjudged if decision.is_unjudged() => format!("The gate could not be judged on {unjudged} of {rules}"),
        failing => format!("The gate failed on {failing} of {rules}"),
    }
}

#[cfg(test)]
mod tests;
