//! Overlap with the cases of the suites, pair by pair.

use super::{Code, Finding};
use crate::training_data::Severity::Error;
use crate::training_data::leak::{Leak, Overlap};

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code =
    Code::new("leak", Error, "The example gives a suite's case away; a version trained on it has seen the test.");

pub(super) fn find(leaks: &[Leak]) -> Vec<Finding> {
    let found = leaks.iter().map(|leak| {
        let how = match leak.overlap {
            Overlap::SamePrompt => "asks just what",
            Overlap::SharedRun => "shares 13 or more words in a row with",
            Overlap::NearPrompt => "asks nearly what",
            Overlap::NearReference => "answers nearly as the reference of",
        };
        let asks = if matches!(leak.overlap, Overlap::SamePrompt | Overlap::NearPrompt) { " asks" } else { "" };
        let message = format!("{how} the case {}{asks}: \"{}\"", leak.case, leak.excerpt);
        let remedy = "write an example about something else, or retire the case from its suite";
        Finding::new(&CODE, &leak.example, message, remedy)
    });
    found.collect()
}
