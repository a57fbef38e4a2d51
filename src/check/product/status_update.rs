use super::fields::{is_blank, leaves};
use crate::check::facts::dates::says_when;
use crate::check::lexicon::{Lexicon, List};
use crate::check::quality::prose::{alternatives, pattern, quote, words};
use crate::check::structure::{Document, Section};
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StatusUpdate {
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

const PARTS: [(&str, List); 3] = [("TL;DR", List::Summary), ("what changed", List::Changed), ("impact", List::Impact)];

/// Someone who does it: "Owner: Ana", "@ana", "(Ana, 5 May)", "Ana will …", "Ana to …", "Design team: …", "— Ana".
fn owner(teams: &[String]) -> Regex {
    let teams = alternatives(teams).replace(' ', r"\s");
    pattern(&format!(
        r"(?x)
        (?i: \b(?:owner|owned\ by|assigned\ to|assignee|responsible|lead|led\ by|dri|who) \b \s* [:=|-]? \s* ) @?\p{{Lu}}
        | @\p{{L}}+
        | [(\[|] \s* \p{{Lu}}\p{{L}}+ (?:\s\p{{Lu}}\p{{L}}*\.?)? \s* (?:[,;)\]|/–—-])
        | \b \p{{Lu}}\p{{L}}+ \s (?:will|is\ to|shall|owns|leads|has\ to|and\s\p{{Lu}}\p{{L}}+\s(?:will|to)) \s+ \p{{Ll}}
        | (?i: \b(?:{teams})
            (?:\s(?:team|lead|manager))? ) \s* (?: : | \s[–—-]\s | \s(?:will|to)\s | [,;)\]] | $ )
        | ^ \W* \p{{Lu}}\p{{L}}+ (?:\s\p{{Lu}}\p{{L}}+)? \s* (?: : | \s[–—-]\s ) \s* \p{{L}}
        | [–—-]\s* \p{{Lu}}\p{{L}}+ (?:\s\p{{Lu}}\p{{L}}+)? \s* (?: $ | [,;(] )
        | \b by \s (?:the\s)? \p{{Lu}}\p{{L}}+ (?:\steam)? (?: $ | [,;.)] | \s by )
        ",
    ))
}
/// "Ana to finish …", "Ana Lopez to finish …".
static ANA_TO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\W*(?<first>\p{Lu}\p{L}+)(?:\s\p{Lu}\p{L}*\.?)?\s+to\s+\p{Ll}"));
/// Capitalised words that no one is called: days, months and the labels of a date.
static NOBODY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:plan|continue|need|work|aim|try|start|begin|agree|commit|decide|prepare|expect)\b|\b(?:it|this|that|these|they|there|launch|release)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?|\b(?:due|date|deadline|by when|timeline|target|eta|when|status|tbd|tbc|we|the team|i|you|next|today|tomorrow|eod|q[1-4]|week|sprint)\b\s*:?|\[[^\]]*\]",
    )
});

impl Judge for StatusUpdate {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let mut faults = vec![];
        for (name, titles) in PARTS {
            let titles = &self.lexicon[titles];
            if !document.sections().iter().any(|s| titles.iter().any(|t| s.names(t)) && says_something(&document, s)) {
                faults.push(format!("missing: {name}"));
            }
        }
        let steps = next_steps(&document, &self.lexicon);
        let all = PARTS.len() + 3;
        if steps.is_empty() {
            faults.push("missing: next steps, with owners and dates".into());
            return Verdict::part(all - faults.len() - 2, all, faults.join("; "));
        }
        let owned = |step: &str| has_owner(step, &self.lexicon);
        for (what, has) in [("owner", &owned as &dyn Fn(&str) -> bool), ("date", &says_when)] {
            let lacking: Vec<usize> = (0..steps.len()).filter(|at| !has(&steps[*at])).collect();
            if let Some(first) = lacking.first() {
                let more = if lacking.len() > 1 { format!(" and {} more", lacking.len() - 1) } else { String::new() };
                faults.push(format!("missing: {what} in next step {} ({}){more}", first + 1, quote(&steps[*first])));
            }
        }
        if faults.is_empty() {
            return Verdict::pass("TL;DR, what changed, impact, and next steps with owners and dates");
        }
        Verdict::part(all - faults.len(), all, faults.join("; "))
    }

    fn lists() -> &'static [List] {
        &[List::Summary, List::Changed, List::Impact, List::NextSteps, List::Teams, List::StepVerbs]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }
}

fn says_something(document: &Document, section: &Section) -> bool {
    let text = document.text_of(section);
    !is_blank(&text) && words(&text).next().is_some()
}

/// Items, rows or lines of the first section of next steps that has any.
fn next_steps(document: &Document, lexicon: &Lexicon) -> Vec<String> {
    for title in &lexicon[List::NextSteps] {
        for section in document.sections().iter().filter(|s| s.names(title)) {
            let items = leaves(document.lists_in(section)).into_iter().map(|i| i.text.clone());
            let rows =
                document.tables_in(section).flat_map(|t| t.rows.iter().map(|row| format!("| {} |", row.join(" | "))));
            let mut steps: Vec<String> = items.chain(rows).collect();
            if steps.is_empty() {
                steps = document.own_text_of(section).lines().map(String::from).collect();
            }
            steps.retain(|s| words(s).count() >= 2 && !is_blank(s));
            if !steps.is_empty() {
                return steps;
            }
        }
    }
    vec![]
}

fn has_owner(step: &str, lexicon: &Lexicon) -> bool {
    let step = step.trim_start_matches(|c: char| !c.is_alphanumeric() && !"|@[(".contains(c));
    let step = if is_activity(step) { step.split_once(':').map_or(step, |(_, rest)| rest) } else { step };
    let ana_to =
        ANA_TO.captures(step).is_some_and(|found| !lexicon.has(List::StepVerbs, &found["first"].to_lowercase()));
    ana_to || lexicon.pattern(List::Teams, owner).is_match(&NOBODY.replace_all(step, ""))
}

/// "Testing: done by Friday" names the work, not who does it; "Engineering: …" names a team.
fn is_activity(step: &str) -> bool {
    let label = step.split_once(':').map_or("", |(label, _)| label);
    let last = label.split_whitespace().next_back().unwrap_or_default().to_lowercase();
    let team = ["engineering", "marketing"].contains(&last.as_str());
    !team && ["ing", "tion", "ment", "sis", "view"].iter().any(|end| last.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::super::super::quality::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    const GOOD: &str = "**TL;DR:** Launch moves from March 15 to April 5.\n\n**What changed:** The migration is harder than planned.\n\n\
        **Impact:** No other project is affected.\n\n**Next steps:**\n- Ana: finish the migration tests by March 22\n- QA team: sign off \
        (March 29)";

    #[test]
    fn complete_updates_pass_however_they_are_written() {
        let judge: StatusUpdate = judge("{}");
        for text in [
            GOOD,
            "## Summary\nCheckout is two weeks late.\n## What happened\nThe API slipped.\n## Impact\nRevenue moves to June.\n## Action Items\n\n\
             | Action | Owner | Due |\n|---|---|---|\n| Mock the API | Ben | 12 May |\n| Tell sales | Carla | Friday |",
            "TL;DR: two weeks late.\n\nWhat changed: the API slipped.\n\nImpact: the launch moves to June.\n\nNext steps:\n1. Ben will mock \
             the API by Friday\n2. Talk to sales (Carla, 12 May)\n3. Eva Lind to brief the board by Monday",
            "TL;DR: late.\n\nProgress: design is done.\n\nRisks: revenue slips to June.\n\nNext steps:\n- Mock the API. Owner: Ben. Due: 2025-05-12",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn gaps_are_named() {
        let judge: StatusUpdate = judge("{}");
        for (text, why) in [
            (GOOD.replace("Ana: f", "F"), "missing: owner in next step 1 (\"Finish the migration tests by March 22\")"),
            (GOOD.replace(" by March 22", ""), "missing: date in next step 1"),
            (GOOD.replace("**TL;DR:**", ""), "missing: TL;DR"),
            (GOOD.replace("**Impact:** No other project is affected.", ""), "missing: impact"),
            (GOOD.replace("Ana: f", "We will f"), "missing: owner"),
            (GOOD.replace("Ana: f", "[Name]: f"), "missing: owner"),
            (GOOD.replace("Ana: f", "Plan to f"), "missing: owner"),
            (GOOD.replace("Ana: f", "Testing: f"), "missing: owner"),
            (GOOD.replace("Ana: f", "This will f"), "missing: owner"),
            (GOOD.replace("Ana: finish", "Move Stripe to sandbox, finish"), "missing: owner"),
            (GOOD.split("**Next").next().unwrap_or_default().to_string(), "missing: next steps, with owners and dates"),
            (
                "We're 2 weeks behind schedule on the checkout redesign due to API delays.".into(),
                "missing: TL;DR; missing: what changed",
            ),
            (String::new(), "missing: TL;DR"),
        ] {
            assert_fails(&judge, &text, why);
        }
        assert_eq!(verdict(&judge, "").score(), Some(0.0));
        let half = verdict(&judge, &GOOD.replace("Ana: f", "F")).score();
        assert!(half.is_some_and(|s| (s - 5.0 / 6.0).abs() < 1e-9));
    }
}
