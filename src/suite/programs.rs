use super::Suite;
use crate::check::{Check, Permit};
use std::path::Path;

/// The programs that checks of these suites run, each as it is called, with the number of cases that call it; in the
/// order of the suites.
pub fn programs(suites: &[Suite]) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for case in suites.iter().flat_map(|suite| &suite.cases) {
        let mut calls: Vec<String> = case.checks.iter().filter_map(called).collect();
        calls.dedup();
        for call in calls {
            match found.iter_mut().find(|(known, _)| *known == call) {
                Some((_, cases)) => *cases += 1,
                None => found.push((call, 1)),
            }
        }
    }
    found
}

fn called(check: &Check) -> Option<String> {
    Some(check.judge.program()?.join(" "))
}

/// Lets the checks of these suites run their programs in the workspace whose root is `root`. To be called only where a
/// person has said so.
pub fn permit(suites: &[Suite], root: &Path) {
    for case in suites.iter().flat_map(|suite| &suite.cases) {
        for check in case.checks.iter().filter(|check| check.judge.program().is_some()) {
            check.judge.permit(Permit {
                folder: root.to_path_buf(),
                case: case.id.clone(),
                variables: case.vars.clone(),
            });
        }
    }
}
