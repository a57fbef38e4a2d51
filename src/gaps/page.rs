//! The counts and the plan as Markdown.

use super::find::{Gaps, Lost, Symptom};
use super::plan::Plan;
use crate::tally::Trial;
use crate::words;
use std::fmt::Write;

/// Rows of each table.
const MOST: usize = 8;

/// What fails, why, and what to write; the plan last.
pub fn markdown(gaps: &Gaps, plan: &Plan) -> String {
    let mut text = format!(
        "# Gaps of {}\n\n{} lose {} of their score. Held-out cases have no part in this.\n",
        gaps.version,
        words::count(gaps.cases, "dev case"),
        words::percent(gaps.lost)
    );
    table(&mut text, "Where", "task", &gaps.tasks);
    table(&mut text, "By category", "category", &gaps.categories);
    if let Some(Trial { passed, of }) = gaps.forgetting {
        let _ = writeln!(
            text,
            "\nAgainst forgetting: {passed} of {of} dev cases of general sense pass. They are not planned for."
        );
    }
    if !gaps.criteria.is_empty() {
        text += "\n## By criterion\n\n| criterion | checks that pass |\n|---|---|\n";
        for (criterion, Trial { passed, of }) in &gaps.criteria {
            let _ = writeln!(text, "| {} | {passed} of {of} |", criterion.name());
        }
    }
    if !gaps.checks.is_empty() {
        text += "\n## What fails\n\n| check | passes | so sure | what it shows | most often said |\n|---|---|---|---|---|\n";
        for failing in gaps.checks.iter().take(MOST) {
            let said = failing.reasons.first().map_or("", |(reason, _)| reason.as_str());
            let _ = writeln!(
                text,
                "| {} | {} of {} | {} % | {} | {} |",
                failing.check,
                failing.trial.passed,
                failing.trial.of,
                words::percent_range(failing.interval.low, failing.interval.high),
                failing.symptom.map_or("–", Symptom::name),
                cell(said)
            );
        }
    }
    text += "\n## What to write\n";
    if plan.items.is_empty() {
        text += "\nNothing: no dev case loses score by a check.\n";
    }
    for (number, item) in plan.items.iter().enumerate() {
        let _ = writeln!(text, "\n{}. **{}** for {}", number + 1, words::count(item.count, "example"), item.task);
        for lesson in &item.include {
            let _ = writeln!(text, "   - with {lesson}");
        }
        let checks: Vec<&str> = item.checks.iter().map(String::as_str).collect();
        let _ = writeln!(text, "   - to make pass: {}", words::list(&checks));
        item.advice().into_iter().for_each(|advice| _ = writeln!(text, "   - {advice}"));
        let _ = writeln!(text, "   - for instance about {}", item.situations.join(", or about "));
    }
    text
}

fn table(text: &mut String, title: &str, head: &str, groups: &[Lost]) {
    let _ =
        writeln!(text, "\n## {title}\n\n| {head} | of what is lost | cases that pass | so sure |\n|---|---|---|---|");
    for group in groups.iter().take(MOST) {
        let _ = writeln!(
            text,
            "| {} | {} | {} of {} | {} % |",
            cell(&group.name),
            words::percent(group.share),
            group.passed.passed,
            group.passed.of,
            words::percent_range(group.interval.low, group.interval.high)
        );
    }
}

/// On one line, without what would end a cell; what checks say may quote an answer.
fn cell(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    words::clip(&line, 80).replace('|', "\\|").replace('<', "&lt;")
}
