//! Who is asked what in a batch.

use crate::job::vllm;
use crate::registry;
use crate::run::VersionRef;
use crate::suite::{Case, Suite};
use crate::work::subject::Subject;
use engine::error::{Error, Result};

/// The versions by their names.
///
/// # Errors
/// There is none; `auto`.
pub(super) fn subject(versions: &[String]) -> Result<Subject> {
    if versions.iter().any(|name| name == registry::AUTO) {
        return Err(Error::usage("`auto` asks several versions in turn, and a batch names one on every line")
            .hint("name the versions"));
    }
    match versions {
        [] => Err(Error::usage("there is no version to ask").hint("name one")),
        [one] => Ok(Subject::One(one.clone())),
        several => Ok(Subject::Several(several.to_vec())),
    }
}

/// What a version is called on its lines. One without an adapter is the base with other words before the question.
pub(super) fn model(version: &VersionRef) -> &str {
    if version.adapter.is_some() { &version.name } else { vllm::BASE }
}

/// The cases that are answered in words, and the names of the others: a chat completion tells the likelihood of what was
/// written, never that of a text it is given, so a choice cannot be weighed honestly.
pub(super) fn in_words(suites: Vec<Suite>) -> (Vec<Suite>, Vec<String>) {
    let words = |case: &Case| case.choices.is_empty() && !case.only_weighed();
    let left_out = suites.iter().flat_map(|suite| &suite.cases).filter(|case| !words(case));
    let left_out = left_out.map(|case| case.id.clone()).collect();
    let kept = suites.into_iter().map(|mut suite| {
        suite.cases.retain(words);
        suite
    });
    (kept.filter(|suite| !suite.cases.is_empty()).collect(), left_out)
}
