use super::{Outcome, Run};
use crate::suite::{Case, Split, Suite};
use engine::error::{Error, Result};
use std::collections::BTreeSet;

/// Which cases to run. An empty list or `None` lets everything pass; a case must pass every part.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Suite names.
    pub suites: Vec<String>,
    /// Categories, of the case or of its suite.
    pub categories: Vec<String>,
    /// Patterns of case ids: part of the id, or a glob with `*` and `?` for the whole of it.
    pub ids: Vec<String>,
    /// A case with any of these tags passes.
    pub tags: Vec<String>,
    pub split: Option<Split>,
    /// Exactly these cases: see [`failing`].
    pub only: Option<BTreeSet<String>>,
    /// At most so many cases, the first ones.
    pub limit: Option<usize>,
}

/// The suites with only the cases that pass; suites without any are left out.
///
/// # Errors
/// A suite or category that does not exist, with the nearest one named; nothing passes.
pub fn select(suites: &[Suite], filter: &Filter) -> Result<Vec<Suite>> {
    let names = suites.iter().map(|suite| suite.name.as_str());
    let categories = suites.iter().flat_map(|suite| {
        std::iter::once(suite.category.as_str()).chain(suite.cases.iter().map(|case| case.category.as_str()))
    });
    let unknown = unknown("suite", &filter.suites, names).into_iter();
    if let Some(error) = Error::gather(unknown.chain(self::unknown("category", &filter.categories, categories))) {
        return Err(error);
    }
    let mut left = filter.limit.unwrap_or(usize::MAX);
    let mut selected = Vec::new();
    for suite in suites.iter().filter(|suite| listed(&filter.suites, &suite.name)) {
        let cases: Vec<Case> =
            suite.cases.iter().filter(|case| passes(filter, suite, case)).take(left).cloned().collect();
        left -= cases.len();
        if !cases.is_empty() {
            selected.push(Suite { cases, ..suite.clone() });
        }
    }
    if selected.is_empty() {
        return Err(Error::usage("no case is left to run").hint("loosen the filters, or look at the suites' case ids"));
    }
    Ok(selected)
}

/// Ids of the cases of which any answer failed or could not be had. What no check could score has not failed.
pub fn failing(run: &Run) -> BTreeSet<String> {
    let fine = |outcome: &Outcome| matches!(outcome, Outcome::Judged { passed: true, .. } | Outcome::Unscored { .. });
    let failed = run.records.iter().filter(|record| !fine(&record.outcome));
    failed.map(|record| record.case.clone()).collect()
}

fn listed(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|wanted| wanted == name)
}

fn passes(filter: &Filter, suite: &Suite, case: &Case) -> bool {
    let category = listed(&filter.categories, &case.category) || listed(&filter.categories, &suite.category);
    let id = filter.ids.is_empty() || filter.ids.iter().any(|pattern| matches(pattern, &case.id));
    let tag = filter.tags.is_empty() || case.tags.iter().any(|tag| filter.tags.contains(tag));
    let split = filter.split.is_none_or(|split| split == case.split);
    let only = filter.only.as_ref().is_none_or(|only| only.contains(&case.id));
    category && id && tag && split && only
}

/// Whether a pattern names a case: as a part of its id, or as a glob (`*`, `?`) for the whole of it.
pub fn matches(pattern: &str, id: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return id.contains(pattern);
    }
    glob(&pattern.chars().collect::<Vec<_>>(), &id.chars().collect::<Vec<_>>())
}

/// `*` stands for any characters, `?` for one. Backtracks to the last star only, so it takes at most
/// pattern × text steps.
fn glob(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// An error for every wanted name that does not exist.
fn unknown<'a>(noun: &str, wanted: &[String], known: impl Iterator<Item = &'a str> + Clone) -> Vec<Error> {
    let missing = wanted.iter().filter(|name| !known.clone().any(|k| k == name.as_str()));
    let error = |name: &String| {
        let error = Error::missing(format!("there is no {noun} {name}"));
        let nearest = known.clone().map(|k| (strsim::jaro_winkler(k, name), k)).max_by(|a, b| a.0.total_cmp(&b.0));
        match nearest {
            Some((similarity, near)) if similarity > 0.75 => error.hint(format!("did you mean {near}?")),
            _ => error.hint(format!(
                "known: {}",
                known.clone().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
            )),
        }
    };
    missing.map(error).collect()
}
