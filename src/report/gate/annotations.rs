//! Workflow commands of GitHub Actions, which it shows beside the changed files and on top of a run.

use super::{Places, verdict};
use crate::gate::{Decision, Judged, Status};
use crate::report::clean;
use crate::suite::CasePlace;
use crate::words;
use std::path::Path;

/// Cases named in one annotation.
const CASES: usize = 5;

/// A line for every rule that failed, at the first of its cases, and one for every note. GitHub shows ten errors a step,
/// so rules are named, not every case of each.
pub fn annotations(decision: &Decision, places: &Places) -> String {
    let mut text = String::new();
    for rule in decision.failing() {
        let CasePlace { file, line } = places.of(rule.cases.first().map(|case| case.case.as_str()));
        text += &annotation("error", Some((&file, line)), &format!("Gate: {}", rule.name()), &message(rule));
    }
    for note in &decision.notes {
        text += &annotation("notice", None, "Gate", note);
    }
    if decision.passed {
        text += &annotation("notice", None, "Gate", &verdict(decision));
    }
    text
}

fn message(rule: &Judged) -> String {
    let cases: Vec<String> = rule.cases.iter().map(|case| format!("{} ({})", case.case, case.words)).collect();
    let cases = if cases.is_empty() { String::new() } else { format!("\n{}", words::list_at_most(&cases, CASES)) };
    let status = if rule.status == Status::Unjudged { "not judged: " } else { "" };
    format!("{status}{}{cases}", rule.words)
}

/// One workflow command: `error`, `warning` or `notice`, perhaps with the file and line it speaks of.
pub fn annotation(level: &str, place: Option<(&Path, usize)>, title: &str, message: &str) -> String {
    let place = place.map(|(file, line)| {
        let file = file.to_string_lossy().replace('\\', "/");
        format!("file={},line={line},", property(&file))
    });
    let message = data(&clean::visible(message));
    format!("::{level} {}title={}::{message}\n", place.unwrap_or_default(), property(&clean::visible(title)))
}

/// Escaped as GitHub's own toolkit does it (`@actions/core`, command.ts).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
