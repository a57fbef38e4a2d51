use super::fields::is_blank;
use crate::check::lexicon::{Lexicon, List};
use crate::check::quality::prose::{enumerate, words};
use crate::check::structure::Document;
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Prd {
    /// Sections wanted, each a name or a list of names of which one is enough. When left out: problem, success metrics,
    /// requirements and non-goals, under their usual names.
    #[serde(default)]
    #[schemars(with = "Vec<Names>")]
    value: Option<Vec<Names>>,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Names {
    One(String),
    AnyOf(Vec<String>),
}

impl Names {
    fn all(&self) -> &[String] {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::AnyOf(names) => names,
        }
    }
}

/// Words that a section must have to say anything.
const SECTION_WORDS: usize = 3;

/// The sections of a requirements document when no others are asked for.
const USUAL: [List; 4] = [List::PrdProblem, List::PrdMetrics, List::PrdRequirements, List::PrdNonGoals];

impl Judge for Prd {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let wanted: Vec<&[String]> = match &self.value {
            Some(sections) => sections.iter().map(Names::all).collect(),
            None => USUAL.iter().map(|list| &self.lexicon[*list]).collect(),
        };
        let (mut missing, mut empty) = (vec![], vec![]);
        for names in &wanted {
            let label = names.first().map(|n| n.to_lowercase()).unwrap_or_default();
            let texts = texts(&document, names);
            let filled = |text: &String| !is_blank(text) && words(text).count() >= SECTION_WORDS;
            match texts.is_empty() {
                true => missing.push(label),
                false if !texts.iter().any(filled) => empty.push(label),
                false => {}
            }
        }
        let metrics = texts(&document, &self.lexicon[List::PrdMetrics]);
        let measurable = metrics.iter().any(|text| !super::numbers::measures(text, &self.lexicon).is_empty());
        let mut faults = vec![];
        for (what, labels) in [("missing", &missing), ("empty", &empty)] {
            if !labels.is_empty() {
                faults.push(format!("{what}: {}", enumerate(labels)));
            }
        }
        if !measurable {
            faults.push("no number in the success metrics, so nobody can tell whether they are met".into());
        }
        let (all, lacking) = (wanted.len() + 1, missing.len() + empty.len() + usize::from(!measurable));
        if faults.is_empty() {
            return Verdict::pass(format!("{} filled, success metrics measurable", count(all - 1, "section")));
        }
        Verdict::part(all - lacking, all, faults.join("; "))
    }

    fn lists() -> &'static [List] {
        &[List::PrdProblem, List::PrdMetrics, List::PrdRequirements, List::PrdNonGoals, List::Joints, List::Measures]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        let empty = |names: &Names| names.all().is_empty() || names.all().iter().any(|n| n.trim().is_empty());
        self.value
            .as_ref()
            .is_some_and(|sections| sections.is_empty() || sections.iter().any(empty))
            .then(|| "`value` lists at least one section, none of them empty".into())
    }
}

/// What stands under these names, in sections and in tables.
fn texts(document: &Document, names: &[String]) -> Vec<String> {
    let named = document.sections().iter().filter(|section| names.iter().any(|name| section.names(name)));
    named.map(|section| document.text_of(section)).chain(document.tabled(names)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::quality::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    const GOOD: &str = "# PRD: Dark mode\n\n## Problem\nNight users report eye strain in 140 tickets a month.\n\n## Success Metrics\n- 30% of \
        users switch it on within 60 days\n\n## Requirements\n1. A switch in settings\n2. Follow the system theme\n\n## Non-Goals\n- Custom \
        colours are left for later";

    #[test]
    fn complete_documents_pass() {
        let judge: Prd = judge("{}");
        assert_passes(&judge, GOOD);
        assert_passes(
            &judge,
            "**Problem Statement:** Teams lose files when they switch devices.\n\n**Features:** Sync, share and restore any file.\n\n\
             **KPIs:** retention grows from 40% to 50%\n\n**Out of Scope:** video files and live editing",
        );
        assert_passes(
            &judge,
            "Background:\nSupport answers the same question daily.\n\nRequirements:\n- A help page with search\n\nSuccess criteria:\n- 20% \
             fewer tickets\n\nOut of scope:\n- A chat bot on the page",
        );
        assert_passes(&judge, &GOOD.replace("## Non-Goals", "## What we will not build"));
        assert_passes(&judge, &GOOD.replace("## Success Metrics", "## How we will know it worked"));
        assert_passes(
            &judge,
            "| Section | |\n|---|---|\n| Problem | Teams lose files when they switch. |\n| What we will build | Sync, share and restore files. |\n\
             | KPIs | retention from 40% to 50% |\n| What we won’t build | video files and live editing |",
        );
        assert_passes(
            &judge,
            "1. Problem\n\nTeams lose files when they switch.\n\n2. Requirements\n\nSync, share and restore any file.\n\n3. Metrics\n\n\
             Retention grows from 40% to 50%.\n\n4. Out of scope\n\nVideo files and live editing.",
        );
    }

    #[test]
    fn gaps_are_named() {
        let judge: Prd = judge("{}");
        for (text, why) in [
            (GOOD.replace("## Non-Goals\n- Custom colours are left for later", ""), "missing: non-goals"),
            (
                GOOD.replace("30% of users switch it on within 60 days", "Users love the feature a lot"),
                "no number in the success metrics",
            ),
            (GOOD.replace("Night users report eye strain in 140 tickets a month.", ""), "empty: problem"),
            (GOOD.replace("- Custom colours are left for later", "TBD"), "empty: non-goals"),
            (GOOD.replace("## Non-Goals", "## Goals"), "missing: non-goals"),
            (
                "Dark mode is a game with a dark mode.".into(),
                "missing: problem, success metrics, requirements and non-goals",
            ),
            (String::new(), "missing: problem"),
        ] {
            assert_fails(&judge, &text, why);
        }
        assert_eq!(verdict(&judge, &GOOD.replace("## Non-Goals", "## Goals")).score(), Some(0.8));
    }

    #[test]
    fn sections_can_be_chosen() {
        let judge: Prd = judge(r#"{"value": ["Risks", ["Rollout", "Launch plan"], "Metrics"]}"#);
        assert_passes(
            &judge,
            "## Risks\nThe vendor may fail us.\n## Launch plan\nBeta, then everyone else.\n## Metrics\n5% churn at most",
        );
        assert_fails(&judge, GOOD, "missing: risks and rollout");
        assert!(serde_json::from_str::<Prd>(r#"{"value": []}"#).unwrap().faults().is_some());
    }
}
