//! `reports/audit.json`: the newest audit of each suite.

use super::audited::{Audit, CaseAudit, FORMAT, SuiteAudit};
use super::figures::figures;
use crate::suite::{Case, Suite};
use crate::words;
use engine::error::{Error, Result};
use engine::store;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// In the folder of the reports.
pub const FILE: &str = "audit.json";

/// Suites named in the warning.
const NAMED: usize = 3;

/// Writes the audit in one step. What it does not speak of stays as it was: an audit of one suite says nothing of another.
/// Gives the path of the file.
///
/// # Errors
/// The file is of a newer pmtune; a disk that fails.
pub fn keep(reports: &Path, audit: &Audit) -> Result<PathBuf> {
    let path = reports.join(FILE);
    let before = read(&path)?;
    let mut all = audit.clone();
    let known: Vec<&str> = audit.suites.iter().map(|suite| suite.name.as_str()).collect();
    let asked: Vec<&str> = audit.unasked.iter().map(|unasked| unasked.version.as_str()).collect();
    if let Some(before) = before {
        all.suites.extend(before.suites.into_iter().filter(|suite| !known.contains(&suite.name.as_str())));
        all.unasked.extend(before.unasked.into_iter().filter(|unasked| !asked.contains(&unasked.version.as_str())));
    }
    all.suites.sort_by(|a, b| a.name.cmp(&b.name));
    all.all = figures(all.suites.iter().flat_map(|suite| &suite.cases), audit.confidence);
    let text =
        serde_json::to_string_pretty(&all).map_err(|e| Error::input(format!("the audit cannot be written: {e}")))?;
    store::replace(&path, (text + "\n").as_bytes())?;
    Ok(path)
}

/// The kept audit. One that cannot be read is as good as none: the next audit makes it anew.
///
/// # Errors
/// It is of a newer pmtune.
fn read(path: &Path) -> Result<Option<Audit>> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let Ok(bytes) = std::fs::read(path) else { return Ok(None) };
    match serde_json::from_slice::<Format>(&bytes) {
        Ok(Format { format }) if format > FORMAT => {
            Err(Error::input(format!("{} was written by a newer pmtune", path.display()))
                .hint("update pmtune, or remove the file and audit again"))
        }
        Ok(_) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(_) => Ok(None),
    }
}

/// One line for whoever relies on these suites: which of them were never audited, have changed since, or fell short.
/// `None` where all is well, or nothing that is written is judged.
pub fn warning(reports: &Path, suites: &[Suite]) -> Option<String> {
    // Of a newer format nothing can be said.
    let kept = read(&reports.join(FILE)).ok()?;
    let mut never: Vec<&str> = Vec::new();
    let mut partly: Vec<&str> = Vec::new();
    let mut changed: Vec<&str> = Vec::new();
    let mut short: Vec<&str> = Vec::new();
    for suite in suites.iter().filter(|suite| judges_written(suite)) {
        let audited = kept.iter().flat_map(|audit| &audit.suites).find(|audited| audited.name == suite.name);
        match audited {
            None => never.push(&suite.name),
            Some(audited) if is_partial(suite, audited) => partly.push(&suite.name),
            Some(audited) if is_changed(suite, audited) => changed.push(&suite.name),
            Some(audited) => {
                let wanted = kept.as_ref().map(|audit| audit.wanted).unwrap_or_default();
                if !audited.short(&wanted).is_empty() {
                    short.push(&suite.name);
                }
            }
        }
    }
    let told: Vec<String> = [
        (never, "never audited"),
        (partly, "audited in part"),
        (changed, "changed since the audit"),
        (short, "fell short in the audit"),
    ]
    .into_iter()
    .filter(|(names, _)| !names.is_empty())
    .map(|(names, what)| format!("{what}: {}", words::list_at_most(&names, NAMED)))
    .collect();
    (!told.is_empty()).then(|| {
        format!(
            "it is not proven that the checks tell good answers from bad ({}); `pmtune suite audit` shows it",
            told.join("; ")
        )
    })
}

/// Whether there is a case of which an answer is written and judged.
fn judges_written(suite: &Suite) -> bool {
    suite.cases.iter().any(|case| {
        case.choices.is_empty() && !case.only_weighed() && case.checks.iter().any(|check| check.weight > 0.0)
    })
}

/// Word lists and files that a suite refers to change what it judges by, though not its own file.
fn is_changed(suite: &Suite, audited: &SuiteAudit) -> bool {
    let known = by_id(audited);
    let other = |case: &Case| known.get(case.id.as_str()).is_some_and(|known| known.judge_hash != case.judge_hash);
    suite.hash != audited.hash || suite.cases.iter().any(other)
}

/// Only one half of the same file was audited.
fn is_partial(suite: &Suite, audited: &SuiteAudit) -> bool {
    let known = by_id(audited);
    suite.hash == audited.hash && suite.cases.iter().any(|case| !known.contains_key(case.id.as_str()))
}

fn by_id(audited: &SuiteAudit) -> BTreeMap<&str, &CaseAudit> {
    audited.cases.iter().map(|case| (case.case.as_str(), case)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::suite::audit;
    use super::super::testing;
    use super::super::wanted::Wanted;
    use super::*;

    const LEAKY: &str = "{id: a, prompt: Say tram, reference: The tram., checks: [{type: icontains, value: tram}]}";

    fn named(name: &str, cases: &[&str]) -> Suite {
        Suite { name: name.into(), ..testing::suite(cases) }
    }

    #[test]
    fn a_suite_is_warned_of_until_its_audit_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        let suites = [named("a", &[LEAKY]), named("b", &["{id: b, prompt: p, reference: r, choices: [r, s]}"])];
        let said = |suites: &[Suite]| warning(folder.path(), suites);
        assert_eq!(
            said(&suites).unwrap(),
            "it is not proven that the checks tell good answers from bad (never audited: a); `pmtune suite audit` shows it"
        );
        keep(folder.path(), &audit(&suites, &[], Wanted::default(), 0.95)).unwrap();
        assert!(said(&suites).unwrap().contains("(fell short in the audit: a)"));
        let lenient = Wanted { sensitivity: 0.0, specificity: 0.0 };
        keep(folder.path(), &audit(&suites, &[], lenient, 0.95)).unwrap();
        assert_eq!(said(&suites), None);
        let mut later = suites.clone();
        later[0].cases[0].judge_hash = "other".into();
        assert!(said(&later).unwrap().contains("(changed since the audit: a)"));
    }

    #[test]
    fn an_audit_of_one_suite_leaves_the_others() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", "b"] {
            keep(folder.path(), &audit(&[named(name, &[LEAKY])], &[], Wanted::default(), 0.95)).unwrap();
        }
        let kept = read(&folder.path().join(FILE)).unwrap().unwrap();
        assert_eq!(kept.suites.iter().map(|suite| suite.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(kept.all.sensitivity.of, 2 * kept.suites[0].figures.sensitivity.of);
    }

    #[test]
    fn a_newer_file_is_not_rewritten_and_a_torn_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let audit = audit(&[named("a", &[LEAKY])], &[], Wanted::default(), 0.95);
        std::fs::write(folder.path().join(FILE), "{\"format\": 9}").unwrap();
        assert!(keep(folder.path(), &audit).unwrap_err().message.contains("newer pmtune"));
        assert_eq!(warning(folder.path(), &[named("a", &[LEAKY])]), None);
        std::fs::write(folder.path().join(FILE), "{\"form").unwrap();
        keep(folder.path(), &audit).unwrap();
    }
}
