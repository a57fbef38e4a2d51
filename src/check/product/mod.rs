//! Checks of what a product manager hands in: user stories, acceptance criteria, OKRs, PRDs, status updates, metrics,
//! prioritised lists, and whether an answer's figures come from the prompt.
//!
//! They are composite: the score is the share of parts met, and the reason names what is missing. They read answers as
//! small models write them (loose Markdown, plain text, labels with or without bold, tables), but judge the content as
//! a sceptical product lead would: an empty persona, a key result without a baseline or "works well" does not count.

mod acceptance_criteria;
mod derived;
mod fields;
mod grounded_numbers;
mod metric;
mod names;
pub(crate) mod numbers;
mod okr;
mod okr_outline;
mod prd;
mod prioritised_list;
mod status_update;
mod user_story;

use super::{Criterion, Kind};

pub const KINDS: &[Kind] = &[
    Kind::new::<user_story::UserStory>(
        "user-story",
        Criterion::Format,
        2,
        "Passes when every user story says who wants it (As a), what (I want) and why (so that).",
    ),
    Kind::new::<acceptance_criteria::AcceptanceCriteria>(
        "acceptance-criteria",
        Criterion::Completeness,
        2,
        "Passes when there are enough acceptance criteria and each can be tested.",
    ),
    Kind::new::<okr::Okr>(
        "okr",
        Criterion::Completeness,
        2,
        "Passes when objectives carry no number and every key result has a baseline, a target and a unit.",
    ),
    Kind::new::<prd::Prd>(
        "prd",
        Criterion::Completeness,
        2,
        "Passes when a requirements document has its sections, none of them empty, and measurable success metrics.",
    ),
    Kind::new::<status_update::StatusUpdate>(
        "status-update",
        Criterion::Completeness,
        2,
        "Passes when a status update says what changed, what that means and what comes next; a TL;DR, owners and dates where the \
         prompt has them.",
    ),
    Kind::new::<metric::Metric>(
        "metric",
        Criterion::Completeness,
        2,
        "Passes when a metric is defined by name, formula, target and cadence.",
    ),
    Kind::new::<prioritised_list::PrioritisedList>(
        "prioritised-list",
        Criterion::Completeness,
        2,
        "Passes when a numbered list gives a rationale of its own for each item.",
    ),
    Kind::new::<grounded_numbers::GroundedNumbers>(
        "grounded-numbers",
        Criterion::Accuracy,
        2,
        "Passes when every number, date and proper name comes from the prompt, follows from it, or is marked as assumed.",
    ),
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_judge_of_product_takes_any_text() {
        crate::check::quality::testing::fuzz(
            super::KINDS,
            &[
                ("user-story", "{}"),
                ("acceptance-criteria", "min: 1"),
                ("acceptance-criteria", "style: given-when-then"),
                ("okr", "objectives: 1"),
                ("prd", "{}"),
                ("status-update", "{}"),
                ("metric", "{}"),
                ("prioritised-list", "items: 2"),
                ("grounded-numbers", "allow: [Jira, 7]"),
            ],
        );
    }
}
