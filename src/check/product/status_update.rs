use super::fields::{is_blank, leaves};
use crate::check::facts::dates::says_when;
use crate::check::lexicon::{Lexicon, List, has_term, plain_lower, terms_in};
use crate::check::quality::prose::{alternatives, pattern, quote, sentences, words};
use crate::check::structure::{Document, LineKind, Section};
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StatusUpdate {
    /// Whether the next steps must name owners and dates: `true` in every step, `false` in none, `auto` in one step at
    /// least where the prompt gives or asks for owners or dates, since an answer should not invent them.
    #[serde(default)]
    owners: Wanted,
    /// Whether it must have a TL;DR: `auto` where the prompt asks for one.
    #[serde(default)]
    summary: Wanted,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "`auto`, `true` or `false` is wanted")]
enum Wanted {
    Always(bool),
    AsThePrompt(Auto),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Auto {
    Auto,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted::AsThePrompt(Auto::Auto)
    }
}

/// In how many next steps something must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Demand {
    Nowhere,
    Somewhere,
    Everywhere,
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
        | ^ \W* \p{{Lu}}\p{{L}}+ (?:\s\p{{Lu}}\p{{L}}+)? \s* (?: & | \+ | / | ,? \s and \s ) \s* \p{{Lu}}\p{{L}}+ (?:\s\p{{Lu}}\p{{L}}+)?
            \s* (?: : | [–—-]\s | \( | \s to \s | \s will \s | \s?\| )
        | [–—-]\s* \p{{Lu}}\p{{L}}+ (?:\s\p{{Lu}}\p{{L}}+)? \s* (?: $ | [,;(] )
        | \b by \s (?:the\s)? \p{{Lu}}\p{{L}}+ (?:\steam)? (?: $ | [,;.)] | \s by )
        ",
    ))
}
/// A title of someone: "Head of Data", "Release manager".
static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:VP|Head|Director|Chief|CEO|CTO|CFO|COO|CPO|CMO|PM|EM|TPM|QA)\b|(?i:\b(?:product|project|program|programme|engineering|design|support|sales|account|delivery|release|data|marketing|tech|qa|security|finance|legal|customer success|operations|ops|platform) (?:owner|manager|lead|head|director|team)s?\b)",
    )
});
/// "Ana to finish …", "Ana Lopez to finish …".
static ANA_TO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\W*(?<first>\p{Lu}\p{L}+)(?:\s\p{Lu}\p{L}*\.?)?\s+to\s+\p{Ll}"));
/// Capitalised words that no one is called: days, months and the labels of a date.
static NOBODY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:plan|continue|need|work|aim|try|start|begin|agree|commit|decide|prepare|expect)\b|\b(?:it|this|that|these|they|there|launch|release)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?|\b(?:due|date|deadline|by when|timeline|target|eta|when|status|tbd|tbc|we|the team|i|you|next|today|tomorrow|eod|q[1-4]|week|sprint)\b\s*:?|\[[^\]]*\]",
    )
});

/// An owner that the prompt gives or asks for: "with owners", "Ana leads the migration", "Ben will call them".
static GIVES_OWNERS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i:\b(?:owners?|owned by|assignees?|assigned to|responsible|accountable|dri|who does what|action items)\b)|@\p{L}+|\b(?P<name>\p{Lu}\p{Ll}+)(?:\s\p{Lu}\p{L}*\.?)?(?:\s\([^)]*\))?(?:\sand\s\p{Lu}\p{Ll}+)?\s(?:owns?|leads?|takes|handles|drives|runs|will|finishes|is (?:on|to|fixing|working|writing|testing|leading|handling|preparing))\b",
    )
});
/// A greeting or a line that only announces.
static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^\W*(?:hi|hello|hey|dear|team|subject|to|from|date|here(?:'|’)?s|here is|sure|certainly)\b")
});

impl Judge for StatusUpdate {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let untitled = Untitled::read(&document, &self.lexicon);
        let mut faults = vec![];
        for (name, titles) in PARTS {
            let opens =
                titles == List::Summary && (!self.wants_summary(subject.prompt) || opens_with_a_summary(&document));
            let told = untitled.as_ref().is_some_and(|parts| parts.has(titles));
            if !(opens || told || has_part(&document, &self.lexicon[titles])) {
                faults.push(format!("missing: {name}"));
            }
        }
        let mut steps = next_steps(&document, &self.lexicon);
        steps.extend(untitled.filter(|_| steps.is_empty()).and_then(|parts| parts.next));
        let all = PARTS.len() + 3;
        if steps.is_empty() {
            faults.push("missing: next steps".into());
            return Verdict::part(all - faults.len() - 2, all, faults.join("; "));
        }
        let (owners, dates) = self.demands(subject.prompt);
        faults.extend(lack("owner", owners, &steps, |step| has_owner(step, &self.lexicon)));
        faults.extend(lack("date", dates, &steps, says_when));
        if faults.is_empty() {
            return Verdict::pass("TL;DR, what changed, impact and next steps");
        }
        Verdict::part(all - faults.len(), all, faults.join("; "))
    }

    fn lists() -> &'static [List] {
        &[
            List::Summary,
            List::Changed,
            List::Impact,
            List::NextSteps,
            List::Teams,
            List::StepVerbs,
            List::NoNames,
            List::SaysChange,
            List::SaysImpact,
            List::SaysNext,
            List::Abbreviations,
        ]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }
}

/// An update in plain sentences.
struct Untitled {
    changed: bool,
    impact: bool,
    next: Option<String>,
}

impl Untitled {
    /// Of an answer without titles, lists and tables: sentences that say what changed, what it means and what comes next,
    /// each by its words and no sentence for two of them.
    fn read(document: &Document, lexicon: &Lexicon) -> Option<Self> {
        if !document.sections().is_empty() || !document.lists().is_empty() || !document.tables().is_empty() {
            return None;
        }
        let mut rest: Vec<String> = sentences(document, lexicon);
        let mut take = |list: List, from_end: bool| {
            let says = |s: &String| !terms_in(&plain_lower(s), &lexicon[list]).is_empty();
            let at = if from_end { rest.iter().rposition(says) } else { rest.iter().position(says) };
            at.map(|at| rest.remove(at))
        };
        let next = take(List::SaysNext, true);
        let changed = take(List::SaysChange, false).is_some();
        Some(Self { changed, impact: take(List::SaysImpact, false).is_some(), next })
    }

    fn has(&self, part: List) -> bool {
        match part {
            List::Changed => self.changed,
            List::Impact => self.impact,
            _ => false,
        }
    }
}

impl StatusUpdate {
    fn wants_summary(&self, prompt: &str) -> bool {
        const ASKS: [&str; 6] = ["tl;dr", "tldr", "bottom line", "headline", "one-line summary", "executive summary"];
        match self.summary {
            Wanted::Always(always) => always,
            Wanted::AsThePrompt(Auto::Auto) => ASKS.iter().any(|ask| has_term(&plain_lower(prompt), ask)),
        }
    }

    /// What is demanded of the next steps: owners, and dates.
    fn demands(&self, prompt: &str) -> (Demand, Demand) {
        let when = |given| if given { Demand::Somewhere } else { Demand::Nowhere };
        match self.owners {
            Wanted::Always(true) => (Demand::Everywhere, Demand::Everywhere),
            Wanted::Always(false) => (Demand::Nowhere, Demand::Nowhere),
            Wanted::AsThePrompt(Auto::Auto) => {
                let named = |found: regex::Captures<'_>| {
                    found.name("name").is_none_or(|name| {
                        let name = name.as_str().to_lowercase();
                        !self.lexicon.has(List::StepVerbs, &name) && !self.lexicon.has(List::NoNames, &name)
                    })
                };
                (when(GIVES_OWNERS.captures_iter(prompt).any(named)), when(says_when(prompt)))
            }
        }
    }
}

/// The fault of next steps without what is demanded of them.
fn lack(what: &str, demand: Demand, steps: &[String], has: impl Fn(&str) -> bool) -> Option<String> {
    let lacking: Vec<usize> = (0..steps.len()).filter(|at| !has(&steps[*at])).collect();
    let first = *lacking.first()?;
    match demand {
        Demand::Everywhere => {
            let more = if lacking.len() > 1 { format!(" and {} more", lacking.len() - 1) } else { String::new() };
            Some(format!("missing: {what} in next step {} ({}){more}", first + 1, quote(&steps[first])))
        }
        Demand::Somewhere if lacking.len() == steps.len() => {
            Some(format!("missing: any {what} in the next steps, though the prompt speaks of them"))
        }
        _ => None,
    }
}

fn has_part(document: &Document, titles: &[String]) -> bool {
    let titled = |s: &Section| titles.iter().any(|t| s.names(t)) && says_something(document, s);
    document.sections().iter().any(titled) || document.tabled(titles).is_some_and(|text| !is_blank(&text))
}

/// A first paragraph in bold that says the main thing.
fn opens_with_a_summary(document: &Document) -> bool {
    let line = document.lines().iter().find(|line| line.kind == LineKind::Text && !OPENING.is_match(&line.text));
    let same = |bold: &str, text: &str| bold.trim_end_matches('.') == text.trim_end_matches('.');
    line.is_some_and(|line| {
        words(&line.text).count() >= 5 && document.bold_spans().iter().any(|bold| same(&bold.text, &line.text))
    })
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
    let tabled = document.tabled(&lexicon[List::NextSteps]).unwrap_or_default();
    let steps = tabled.split(['\n', ';']).map(str::trim).filter(|s| words(s).count() >= 2 && !is_blank(s));
    steps.map(String::from).collect()
}

fn has_owner(step: &str, lexicon: &Lexicon) -> bool {
    let step = step.trim_start_matches(|c: char| !c.is_alphanumeric() && !"|@[(".contains(c));
    let step = if is_activity(step) { step.split_once(':').map_or(step, |(_, rest)| rest) } else { step };
    let ana_to =
        ANA_TO.captures(step).is_some_and(|found| !lexicon.has(List::StepVerbs, &found["first"].to_lowercase()));
    ana_to || ROLE.is_match(step) || lexicon.pattern(List::Teams, owner).is_match(&NOBODY.replace_all(step, ""))
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
    use super::super::super::quality::testing::{assert_fails, assert_passes, judge, verdict, verdict_on};
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
    fn owners_and_dates_are_wanted_where_the_prompt_has_them() {
        let auto: StatusUpdate = judge("{}");
        let bare = GOOD.replace("Ana: finish", "Finish").replace(" by March 22", "").replace("QA team: sign", "Sign");
        let bare = bare.replace(" (March 29)", "");
        assert_passes(&auto, &bare);
        for (prompt, passes) in [
            ("Write a status update. Checkout is two weeks late, the API slipped.", true),
            ("Ana leads the migration. Write a status update.", false),
            ("Write a status update with owners.", false),
            ("The launch moves to 5 April. Write a status update.", false),
        ] {
            assert_eq!(verdict_on(&auto, prompt, &bare).passed(), passes, "{prompt}");
            assert!(verdict_on(&auto, prompt, GOOD).passed(), "{prompt}");
        }
        let never: StatusUpdate = judge(r#"{"owners": false}"#);
        assert!(verdict_on(&never, "Ana leads until 5 April.", &bare).passed());
        assert!(serde_json::from_str::<StatusUpdate>(r#"{"owners": "some"}"#).is_err());
    }

    #[test]
    fn parts_have_many_names_and_forms() {
        let judge: StatusUpdate = judge(r#"{"owners": true}"#);
        for text in [
            "**Checkout is two weeks late because an API slipped.**\n\n**Where we are.** Tests run.\n\n**What it means.** Revenue moves to \
             June.\n\n**Coming up**\n- Ana & Ben: mock the API by Friday\n- Head of Support to tell customers by 5 May",
            "| Part | Update |\n|---|---|\n| TL;DR | Two weeks late |\n| Where we are | The API slipped |\n| What it means | Revenue \
             moves to June |\n| Coming up | Ana: mock the API by Friday; CTO to call the vendor on Monday |",
            "SHORT VERSION\nTwo weeks late.\n\nWHERE WE ARE\nThe API slipped.\n\nSO WHAT\nRevenue moves to June.\n\nUP NEXT\n- Product \
             manager: new plan by Friday",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn gaps_are_named() {
        let judge: StatusUpdate = judge(r#"{"owners": true, "summary": true}"#);
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
            (GOOD.split("**Next").next().unwrap_or_default().to_string(), "missing: next steps"),
            (
                "We're 2 weeks behind schedule on the checkout redesign due to API delays.".into(),
                "missing: TL;DR; missing: impact",
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
