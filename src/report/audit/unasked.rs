//! What a version makes of cases without their question.

use super::parts::{AuditNote, AuditRow, AuditTable, row, share};
use crate::audit::{Rate, Unasked};
use crate::words;

const NAMED: usize = 8;

/// A row for each version that was asked.
pub fn table(asked: &[Unasked]) -> Option<AuditTable> {
    let of = |unasked: &Unasked| {
        // Better than guessing only where the whole interval is.
        let guessed = unasked.unasked.rate.map(|_| unasked.unasked.interval.low <= unasked.chance);
        let cells = vec![
            unasked.version.clone(),
            share(&unasked.asked),
            share(&unasked.unasked),
            bare(&unasked.longest),
            bare(&unasked.shortest),
            words::percent(unasked.chance),
        ];
        row(guessed, cells)
    };
    let rows: Vec<AuditRow> = asked.iter().filter(|unasked| !unasked.cases.is_empty()).map(of).collect();
    (!rows.is_empty()).then(|| AuditTable {
        title: "Without the question",
        lead: "Cases in which texts are weighed: how often the right one is preferred with its question and without, how \
               often it is the longest or the shortest, and what guessing would reach. Likelihoods do not depend on the \
               order of the texts, so nothing is tried in another order."
            .into(),
        heads: vec![
            ("version", false),
            ("asked", true),
            ("not asked", true),
            ("longest", true),
            ("shortest", true),
            ("guessed", true),
        ],
        rows,
    })
}

fn bare(rate: &Rate) -> String {
    rate.rate.map_or("–".to_string(), words::percent)
}

/// The cases that carry nothing.
pub fn note(asked: &[Unasked]) -> AuditNote {
    let line = |unasked: &Unasked| {
        let cases = unasked.empty();
        (!cases.is_empty()).then(|| {
            format!(
                "{} prefers the right text without the question in {}: {}. Where a base does, the case carries nothing: make \
                 its wrong texts as likely by themselves, of like length and wording.",
                unasked.version,
                words::count_of(cases.len(), unasked.unasked.of),
                words::list_at_most(&cases, NAMED)
            )
        })
    };
    AuditNote { title: "Solved without the question", lines: asked.iter().filter_map(line).collect() }
}
