//! Every figure and sentence of an audit's report.

use super::parts::{AuditNote, AuditTable, row, share};
use super::unasked;
use crate::audit::{Audit, CaseAudit, CheckFigures, Kind, Rate, Spread, Standing, SuiteAudit, Trial, failing, mends};
use crate::report::view::Tone;
use crate::words;
use serde::Serialize;

/// Cases that a sentence names.
const NAMED: usize = 5;

#[derive(Debug, Clone, Serialize)]
pub struct AuditView {
    pub title: &'static str,
    pub headline: String,
    pub sentence: String,
    pub tone: Tone,
    pub tables: Vec<AuditTable>,
    pub mends: Vec<Mends>,
    /// How versions fared before, and what needs no question.
    pub notes: Vec<AuditNote>,
}

/// What to mend in one case.
#[derive(Debug, Clone, Serialize)]
pub struct Mends {
    pub case: String,
    pub items: Vec<(String, String)>,
    /// Texts that were judged wrongly: what they are, what each check said, and the text.
    pub texts: Vec<Wrong>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Wrong {
    pub kind: String,
    pub said: Vec<String>,
    pub text: String,
}

pub fn view(audit: &Audit) -> AuditView {
    let short = failing(audit);
    let all = &audit.all;
    let cases: Vec<&CaseAudit> = audit.suites.iter().flat_map(|suite| &suite.cases).collect();
    let audited = all.sensitivity.of + all.specificity.of > 0;
    let (tone, headline) = match (audited, short.is_empty()) {
        (_, false) => (
            Tone::Worse,
            format!(
                "{} of {} {} not tell good answers from bad well enough",
                short.len(),
                words::count(audit.suites.len(), "suite"),
                words::either(short.len(), "does", "do")
            ),
        ),
        (true, true) => (Tone::Better, "The suites tell good answers from bad".to_string()),
        (false, true) => (Tone::Unknown, "There is nothing to audit without a model".to_string()),
    };
    let mut notes = vec![past(&cases)];
    notes.push(unasked::note(&audit.unasked));
    notes.retain(|note| !note.lines.is_empty());
    let mut tables = vec![suites(audit, &short), kinds(audit), checks(audit)];
    tables.extend(unasked::table(&audit.unasked));
    tables.retain(|table| !table.rows.is_empty());
    AuditView {
        title: "Audit of the suites",
        headline,
        sentence: sentence(audit),
        tone,
        tables,
        mends: to_mend(&cases),
        notes,
    }
}

fn sentence(audit: &Audit) -> String {
    let wanted = |share: f64| words::percent_exact(share);
    format!(
        "Of {}, {} fail; of {}, {} pass. Wanted are {} and {}.",
        words::count(audit.all.sensitivity.of, "bad answer"),
        share(&audit.all.sensitivity),
        words::count(audit.all.specificity.of, "good answer"),
        share(&audit.all.specificity),
        wanted(audit.wanted.sensitivity),
        wanted(audit.wanted.specificity)
    )
}

/// `91 % (87 to 94) of 210`.
fn share_of(rate: &Rate) -> String {
    if rate.of == 0 { share(rate) } else { format!("{} of {}", share(rate), words::thousands(rate.of)) }
}

fn suites(audit: &Audit, short: &[(&str, String)]) -> AuditTable {
    let of = |suite: &SuiteAudit| {
        let figures = &suite.figures;
        let right = match figures.sensitivity.of + figures.specificity.of + suite.written() {
            0 => None,
            _ => Some(!short.iter().any(|(name, _)| *name == suite.name)),
        };
        let standings = Standing::ALL.into_iter().map(|standing| (standing, suite.count(standing)));
        let standings: Vec<String> =
            standings.filter(|(_, n)| *n > 0).map(|(standing, n)| format!("{n} {}", standing.name())).collect();
        row(
            right,
            vec![
                suite.name.clone(),
                share_of(&figures.sensitivity),
                share_of(&figures.specificity),
                standings.join(", "),
            ],
        )
    };
    AuditTable {
        title: "Suites",
        lead: "A case is sound when every good answer passes and every bad one fails; leaky when a bad one passes; too strict \
               when its reference fails in another notation or layout; broken when the reference itself fails. Only sound \
               cases say what they seem to say."
            .into(),
        heads: vec![("suite", false), ("bad that fail", true), ("good that pass", true), ("cases", false)],
        rows: audit.suites.iter().map(of).collect(),
    }
}

fn kinds(audit: &Audit) -> AuditTable {
    let of = |(kind, rate): &(Kind, Rate)| {
        let wanted = if kind.is_good() { audit.wanted.specificity } else { audit.wanted.sensitivity };
        let right = rate.rate.map(|rate| rate >= wanted);
        row(
            right,
            vec![
                kind.name().to_string(),
                if kind.is_good() { "pass" } else { "fail" }.to_string(),
                share(rate),
                words::count_of(rate.right, rate.of),
            ],
        )
    };
    AuditTable {
        title: "Kinds of answer",
        lead: "How many answers of each kind are judged as they should be, over all suites.".into(),
        heads: vec![("answer", false), ("should", false), ("do", true), ("count", true)],
        rows: audit.all.kinds.iter().map(of).collect(),
    }
}

fn checks(audit: &Audit) -> AuditTable {
    let mut all: Vec<&CheckFigures> = audit.all.checks.iter().collect();
    all.sort_by(|a, b| b.alone.cmp(&a.alone).then(b.caught.right.cmp(&a.caught.right)).then(a.check.cmp(&b.check)));
    let of = |check: &CheckFigures| {
        let strict = check.spared.rate.is_some_and(|rate| rate < audit.wanted.specificity);
        let right = if strict { Some(false) } else { (check.alone > 0).then_some(true) };
        row(right, vec![check.check.clone(), share(&check.caught), words::thousands(check.alone), share(&check.spared)])
    };
    AuditTable {
        title: "Checks",
        lead: "Of the bad answers to cases that have the check: how many it fails, how many of these no other check of the \
               case fails, and how many good answers it passes. A check that never catches anything alone (·) could go \
               without loss for these answers; guards such as not-truncated are there for answers of another kind."
            .into(),
        heads: vec![("check", false), ("bad it fails", true), ("alone", true), ("good it passes", true)],
        rows: all.into_iter().map(of).collect(),
    }
}

fn to_mend(cases: &[&CaseAudit]) -> Vec<Mends> {
    let of = |case: &&CaseAudit| {
        let items: Vec<(String, String)> = mends(case).into_iter().map(|mend| (mend.found, mend.remedy)).collect();
        let texts = case.trials.iter().filter(|trial| trial.is_wrong()).filter_map(wrong).collect();
        (!items.is_empty()).then(|| Mends { case: case.case.clone(), items, texts })
    };
    cases.iter().filter_map(of).collect()
}

fn wrong(trial: &Trial) -> Option<Wrong> {
    let note = if trial.note.is_empty() { String::new() } else { format!(" ({})", trial.note) };
    let said = trial.said.iter().map(|said| {
        format!("{} {}: {}", if said.passed { "✓" } else { "✗" }, said.check, words::clip(&said.reason, 200))
    });
    Some(Wrong {
        kind: format!("{}{note}, {}", trial.kind.name(), if trial.passed { "passes" } else { "fails" }),
        said: said.collect(),
        text: trial.text.clone()?,
    })
}

/// Floor and ceiling, by the runs made before.
fn past(cases: &[&CaseAudit]) -> AuditNote {
    let of = |spread: Spread| -> Vec<&str> {
        cases.iter().filter(|case| case.past.spread() == spread).map(|case| case.case.as_str()).collect()
    };
    let (floor, ceiling, both) = (of(Spread::Floor), of(Spread::Ceiling), of(Spread::Discriminates));
    let known = floor.len() + ceiling.len() + both.len();
    let mut lines = Vec::new();
    if known > 0 {
        lines.push(format!(
            "Of {} with two finished runs or more, {} some runs passed and others not: only these tell versions apart so far.",
            words::count(known, "case"),
            both.len()
        ));
        for (named, what) in [(floor, "Never passed"), (ceiling, "Always passed")] {
            if !named.is_empty() {
                let count = named.len();
                lines.push(format!("{what}, {}: {}.", words::count(count, "case"), words::list_at_most(&named, NAMED)));
            }
        }
    }
    AuditNote { title: "Past runs", lines }
}
