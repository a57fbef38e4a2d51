//! A month as a page to read: `improve/<yyyy-mm>/README.md`, which fills as the month goes.

use super::month::Month;
use super::step::Step;
use crate::words;
use std::fmt::Write;

/// Markdown. `waiting` is what a person has to do now, with the command that goes on.
pub fn page(month: &Month, waiting: Option<(&str, &str)>) -> String {
    let mut text = format!("# {}\n\nThe version in use when the month began: **{}**.\n\n", month.month, month.before);
    if let Some(round) = month.round {
        let _ = writeln!(text, "Round: {}.\n", round.name());
    }
    if let Some((what, next)) = waiting {
        let _ = writeln!(text, "**Now it is your turn.** {what}\n\n    {next}\n");
    }
    text += "| step | when | what came of it |\n|---|---|---|\n";
    for step in Step::ALL {
        let (when, said) = match month.steps.get(&step) {
            Some(done) => (done.at.strftime("%-d %B %Y").to_string(), done.said.clone()),
            None => ("–".to_string(), step.about().to_string()),
        };
        let _ = writeln!(text, "| {} | {when} | {} |", step.name(), said.replace('|', "\\|").replace('\n', " "));
    }
    if let Some(promised) = &month.promised {
        let kept = match month.decision.as_ref().and_then(|decision| decision.promise) {
            Some(true) => "Kept: better by a test for this alone.",
            Some(false) => "Not shown: its own test does not find it better.",
            None => "Not tested yet.",
        };
        let _ = writeln!(
            text,
            "\n## Promised before looking\n\nThe training was to make {} {} better. {kept}",
            promised.kind.name(),
            promised.name
        );
    }
    if let Some(decision) = &month.decision {
        let _ = writeln!(
            text,
            "\n## Decided\n\n{}.\n\n{}\n\nDecision {} of {} that these held-out cases may bear; each claim is made at {}.",
            decision.why,
            decision.found,
            decision.look,
            decision.may_bear,
            words::percent_exact(decision.confidence)
        );
    }
    if !month.candidates.is_empty() {
        text += "\n## Trainings\n\n| version | validation loss |\n|---|---|\n";
        for candidate in &month.candidates {
            let loss = candidate.validation_loss.map_or("under way".to_string(), |loss| format!("{loss:.3}"));
            let _ = writeln!(text, "| {} | {loss} |", candidate.name);
        }
    }
    text
}
