//! A small comparison made by hand: fourteen cases of two suites in both halves, with every sort of outcome.
//! Its figures are plausible, not computed: the report prints what it is given.

use super::{Extras, Training};
use crate::check::{Criterion, Verdict};
use crate::compare::*;
use crate::provider::{Answer, Likelihood, Stop};
use crate::review::{Flag, People, PeopleCompared, Rating, Reviewer, ReviewerKind, people_compared};
use crate::run::{Judged, Manifest, Outcome, Record, Run, SuiteRef, VersionRef};
use crate::suite::Split;
use engine::chat::{Message, Role};
use engine::generate::Sampling;
use engine::train::{Entry, LossKind};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Everything a hostile answer might try.
pub const HOSTILE: &str = "<script>alert(1)</script> <img src=x onerror=alert(2)> </style><style>*{color:red}</style> \
    [link](javascript:alert(3)) ![pic](https://evil.example/x.png) {{ 7*7 }} {% raw %} \u{1b}[31mred\u{1b}[0m \
    nul\0 \u{202e}reversed @octocat #123 https://evil.example | cell <!-- --> \" onmouseover=\"alert(4) `tick` ```\n\n\
    <details open ontoggle=alert(5)>\n\n<svg onload=alert(6)>\n\n</details></section></main>\n\n[ref]: data:text/html,x\n\n\
    <javascript:alert(7)> <https://evil.example/auto>";

pub struct Fixture {
    pub comparison: Comparison,
    pub a: Run,
    pub b: Run,
    /// The second version was trained, the first is a prompt.
    pub trainings: Vec<Training>,
    /// Nobody rated an answer, unless [`rated`] made the fixture.
    pub people: Option<PeopleCompared>,
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

/// What one side made of a case: the answer's text and its score; a case passes from 0.75.
type Told = Option<(&'static str, f64)>;

struct Plan {
    case: &'static str,
    category: &'static str,
    split: Split,
    prompt: &'static str,
    a: Told,
    b: Told,
}

const STORY: &str = "Write a user story for exporting a report as PDF.";
const LONG: &str = "## Export a report\n\n**As a** finance manager, **I want to** export the monthly report as PDF \
    **so that** I can send it to the board.\n\n### Acceptance criteria\n\n1. Given a report, when I choose *Export*, \
    then a PDF is saved.\n2. Tables keep their columns.\n\n| Field | Value |\n|---|---|\n| Priority | High |\n| \
    Estimate | 3 points |\n\n```json\n{\"format\": \"pdf\"}\n```\n";
const SHORT: &str = "## Export a report\n\nAs a user, I want to export the report so that I can use it.\n\n- Export \
    works\n- It is fast";

fn plans() -> Vec<Plan> {
    use Split::{Dev, HeldOut};
    let plan = |case, category, split, prompt, a, b| Plan { case, category, split, prompt, a, b };
    let (format, domain) = ("Format consistency", "Domain knowledge");
    vec![
        plan("format/user-story", format, HeldOut, STORY, Some((SHORT, 0.5)), Some((LONG, 1.0))),
        plan("format/prd-outline", format, HeldOut, "Outline a PRD.", Some((SHORT, 0.6)), Some((LONG, 0.9))),
        plan("format/status-update", format, HeldOut, "Write a status update.", Some((LONG, 1.0)), Some((LONG, 1.0))),
        plan("format/okr", format, HeldOut, "Write one OKR.", Some((LONG, 0.8)), Some((SHORT, 0.4))),
        plan(
            "domain/north-star",
            domain,
            HeldOut,
            "What is a north star metric?",
            Some((SHORT, 0.2)),
            Some((SHORT, 0.3)),
        ),
        plan("domain/hostile", domain, HeldOut, HOSTILE, Some((HOSTILE, 0.0)), Some((HOSTILE, 0.1))),
        plan(
            "domain/choice",
            domain,
            HeldOut,
            "Which metric measures retention?",
            Some(("NPS", 0.0)),
            Some(("DAU/MAU", 1.0)),
        ),
        plan("format/release-notes", format, Dev, "Write release notes.", Some((SHORT, 0.5)), Some((LONG, 1.0))),
        plan("format/table", format, Dev, "Make a table.", Some((SHORT, 0.5)), Some((LONG, 0.8))),
        plan("format/bug", format, Dev, "Write a bug report.", Some((LONG, 0.9)), Some((LONG, 0.9))),
        plan("domain/rice", domain, Dev, "Explain RICE.", Some((SHORT, 0.4)), Some((LONG, 0.8))),
        plan("domain/moscow", domain, Dev, "Explain MoSCoW.", Some((LONG, 0.9)), Some((SHORT, 0.5))),
        plan("domain/error", domain, Dev, "Explain everything.", None, Some((SHORT, 0.5))),
        plan("domain/empty", domain, Dev, "Say nothing.", Some(("", 0.0)), Some((SHORT, 0.2))),
    ]
}

pub fn fixture() -> Fixture {
    let plans = plans();
    let (a, b) = (run("PM-General-v1", "run-a", &plans, |p| p.a), run("PM-General-v2", "run-b", &plans, |p| p.b));
    let cases: Vec<CasePair> = plans.iter().map(pair).collect();
    let comparison = Comparison {
        format: 1,
        created: at(600),
        settings: Settings { seed: 7, negligible: 0.05, ..Settings::default() },
        a: side("v1", &a),
        b: side("v2", &b),
        suites: a.manifest.suites.clone(),
        differences: Vec::new(),
        warnings: vec!["1 case is left out because v1 could not answer it: domain/error".to_string()],
        held_out: half(Split::HeldOut, &plans, Finding::Improved),
        dev: half(Split::Dev, &plans, Finding::TooFewCases),
        flips: plans.iter().filter_map(flip).collect(),
        cases,
    };
    let losses = [2.4, 1.9, 1.6, 1.5, 1.3, 1.2, 1.1, 1.05, 0.95, 0.9, 0.85, 0.8];
    let trained = Training { label: "v2".to_string(), entries: training(&losses, &[2.3, 1.5, 1.2, 1.25]) };
    Fixture { comparison, a, b, trainings: vec![trained], people: None }
}

impl Fixture {
    /// What the report of the comparison shows besides.
    pub fn extras(&self) -> Extras<PeopleCompared> {
        Extras { trainings: self.trainings.clone(), people: self.people.clone() }
    }

    /// What the report of the second run alone shows besides.
    pub fn extras_b(&self) -> Extras<People> {
        Extras { trainings: self.trainings.clone(), people: self.people.clone().and_then(|people| people.b) }
    }

    /// Has two people and a judge model rate every answer; `name` and `comment` are the first one's.
    pub fn rate(&mut self, name: &str, comment: &str) {
        let people = [(name, ReviewerKind::Person), ("ben", ReviewerKind::Person), ("judge-1", ReviewerKind::Judge)];
        let rate = |run: &Run, newer: bool| -> BTreeMap<Reviewer, Vec<Rating>> {
            let by = |(i, (name, kind)): (usize, &(&str, ReviewerKind))| {
                let rating = |record| rating(record, i as u8, newer, if i == 0 { comment } else { "" });
                let reviewer = Reviewer { name: name.to_string(), kind: *kind };
                (reviewer, run.records.iter().filter_map(rating).collect())
            };
            people.iter().enumerate().map(by).collect()
        };
        let settings = Settings { resamples: 200, seed: 0, ..Settings::default() };
        self.people = people_compared(&self.a, &self.b, &rate(&self.a, false), &rate(&self.b, true), &settings);
    }
}

/// The fixture after its answers were rated.
pub fn rated() -> Fixture {
    let mut made = fixture();
    made.rate("ann", "Names no measure; ask for one | @ben");
    made
}

/// Points that follow the score, a little apart from reviewer to reviewer and from criterion to criterion.
fn rating(record: &Record, reviewer: u8, newer: bool, comment: &str) -> Option<Rating> {
    let Outcome::Judged { score, .. } = &record.outcome else { return None };
    let base = 1 + (score * 4.0).round() as u8;
    let points = |(i, criterion): (usize, Criterion)| (criterion, (base + reviewer + i as u8 % 2).clamp(2, 6) - 1);
    Some(Rating {
        case: record.case.clone(),
        repeat: 0,
        answer: String::new(),
        points: Criterion::ALL.into_iter().enumerate().map(points).collect(),
        comment: comment.to_string(),
        flags: [Flag::Unusable]
            .into_iter()
            .filter(|_| base == 1)
            .chain([Flag::Best].into_iter().filter(|_| newer && base > 3))
            .collect(),
        beside: Some(String::new()),
        done: true,
        reason: None,
        at: at(900),
    })
}

/// A log of so many steps with as many epochs as there are validations after the one before training.
pub fn training(losses: &[f64], validation: &[f64]) -> Vec<Entry> {
    let epochs = validation.len().saturating_sub(1).max(1);
    let last = |epoch: usize| epoch * losses.len() / epochs;
    let check = |epoch: usize| {
        let loss = *validation.get(epoch)?;
        Some(Entry { step: last(epoch), epoch, kind: LossKind::Validation, loss, tokens: 800, seconds: 2.0 })
    };
    let mut entries: Vec<Entry> = check(0).into_iter().collect();
    for epoch in 1..=epochs {
        for step in last(epoch - 1) + 1..=last(epoch) {
            let kind = LossKind::Train { learning_rate: 2e-4, gradient_norm: 1.0 };
            entries.push(Entry { step, epoch, kind, loss: losses[step - 1], tokens: 900, seconds: 4.0 });
        }
        entries.extend(check(epoch));
    }
    entries
}

/// The fixture's cases over and over, for looking at a large report.
pub fn large(copies: usize) -> Fixture {
    let mut made = fixture();
    let (pairs, flips) = (made.comparison.cases.clone(), made.comparison.flips.clone());
    let records = (made.a.records.clone(), made.b.records.clone());
    let asked = made.a.manifest.cases.clone();
    for copy in 1..copies {
        let rename = |case: &str| format!("{case}-{copy}");
        made.comparison.cases.extend(pairs.iter().cloned().map(|p| CasePair { case: rename(&p.case), ..p }));
        made.comparison.flips.extend(flips.iter().cloned().map(|f| Flip { case: rename(&f.case), ..f }));
        for run in [&mut made.a, &mut made.b] {
            run.manifest.cases.extend(asked.iter().map(|(case, repeat)| (rename(case), *repeat)));
        }
        made.a.records.extend(records.0.iter().cloned().map(|r| Record { case: rename(&r.case), ..r }));
        made.b.records.extend(records.1.iter().cloned().map(|r| Record { case: rename(&r.case), ..r }));
    }
    made
}

fn passes(told: Told) -> Option<bool> {
    told.map(|(_, score)| score >= 0.75)
}

fn pair(plan: &Plan) -> CasePair {
    let share = |told| passes(told).map(|p| f64::from(u8::from(p)));
    CasePair {
        case: plan.case.to_string(),
        split: plan.split,
        category: plan.category.to_string(),
        cluster: None,
        a: plan.a.map(|(_, score)| score),
        b: plan.b.map(|(_, score)| score),
        a_passed: share(plan.a),
        b_passed: share(plan.b),
        require: None,
    }
}

fn flip(plan: &Plan) -> Option<Flip> {
    let (a, b) = (passes(plan.a)?, passes(plan.b)?);
    (a != b).then(|| Flip {
        case: plan.case.to_string(),
        split: plan.split,
        category: plan.category.to_string(),
        improved: b,
        checks: vec!["user-story".to_string()],
    })
}

fn run(name: &str, id: &str, plans: &[Plan], told: impl Fn(&Plan) -> Told) -> Run {
    let suite = |name: &str, category: &str| SuiteRef {
        name: name.to_string(),
        category: category.to_string(),
        description: format!("The {name} suite"),
        hash: "ab".repeat(32),
    };
    let manifest = Manifest {
        format: 1,
        id: id.to_string(),
        version: VersionRef {
            name: name.to_string(),
            base: "cd".repeat(32),
            adapter: None,
            system: Some("You are a product manager.".to_string()),
            examples: vec![Message::new(Role::User, "Hello"), Message::new(Role::Assistant, "How can I help?")],
            sampling: Sampling::default(),
            template: Some("ef".repeat(32)),
            thinks: false,
            weights: None,
            routed: None,
        },
        suites: vec![suite("format", "Format consistency"), suite("domain", "Domain knowledge")],
        cases: plans.iter().map(|plan| (plan.case.to_string(), 1)).collect(),
        started: at(0),
        finished: Some(at(300)),
        pmtune: "0.1.0".to_string(),
        engine: None,
        shard: None,
        merged_from: Vec::new(),
        rescored_from: None,
        stopped: None,
        notes: Vec::new(),
    };
    let records = plans.iter().map(|plan| record(plan, told(plan))).collect();
    Run { folder: format!("reports/{id}").into(), manifest, records }
}

fn record(plan: &Plan, told: Told) -> Record {
    let outcome = match told {
        None => Outcome::Error { message: "the prompt has 9000 tokens, the context 8192".to_string() },
        Some((text, score)) => Outcome::Judged {
            answer: answer(plan.case, text),
            verdicts: verdicts(plan.case, score),
            score,
            passed: score >= 0.75,
            reused: plan.case == "format/bug",
        },
    };
    Record {
        case: plan.case.to_string(),
        repeat: 0,
        category: plan.category.to_string(),
        split: plan.split,
        weight: 1.0,
        cluster: None,
        tags: vec!["fixture".to_string()],
        require: None,
        prompt: plan.prompt.to_string(),
        reference: (plan.case == "domain/choice").then(|| "DAU/MAU".to_string()),
        answer_key: "k".to_string(),
        judge_hash: "j".to_string(),
        version: None,
        outcome,
        at: at(10),
    }
}

fn answer(case: &str, text: &str) -> Answer {
    let choice = |text: &str, log_prob| Likelihood { text: text.to_string(), log_prob, tokens: 2, unasked: None };
    let scored = case == "domain/choice";
    Answer {
        text: text.to_string(),
        thoughts: String::new(),
        stop: if scored {
            Stop::Scored
        } else if case == "format/table" {
            Stop::Length
        } else {
            Stop::End
        },
        prompt_tokens: 40,
        output_tokens: if scored { 0 } else { text.split_whitespace().count() },
        seconds: 1.25,
        reference_nll: None,
        likelihoods: match (scored, text) {
            (false, _) => Vec::new(),
            (true, "NPS") => vec![choice("NPS", -1.0), choice("DAU/MAU", -2.0), choice("CAC", -3.0)],
            (true, _) => vec![choice("NPS", -2.5), choice("DAU/MAU", -0.5), choice("CAC", -4.0)],
        },
    }
}

fn verdicts(case: &str, score: f64) -> Vec<Judged> {
    let judged = |check: &str, criterion, weight, verdict| Judged {
        check: check.to_string(),
        criterion,
        weight,
        guard: None,
        verdict,
    };
    let reason = if case == "domain/hostile" { HOSTILE } else { "persona, goal and benefit" };
    vec![
        judged("user-story", Criterion::Format, 2.0, Verdict::graded(score, 0.75, reason)),
        judged("word-count", Criterion::Completeness, 1.0, Verdict::pass("42 words")),
        judged("hedging", Criterion::Tone, 0.0, Verdict::fail("\"maybe\" twice")),
        judged("reference-nll", Criterion::Accuracy, 1.0, Verdict::Skipped { reason: "no reference".to_string() }),
    ]
}

fn side(label: &str, run: &Run) -> Side {
    Side {
        label: label.to_string(),
        run: run.manifest.clone(),
        seconds: 83.0,
        output_tokens: 4321,
        errors: usize::from(label == "v1"),
        unscored: 0,
    }
}

fn half(split: Split, plans: &[Plan], finding: Finding) -> Half {
    let cases: Vec<&Plan> = plans.iter().filter(|p| p.split == split && p.a.is_some() && p.b.is_some()).collect();
    let of = |category: &str| cases.iter().copied().filter(|p| p.category == category).collect::<Vec<_>>();
    let overall = group("all", &cases, finding);
    let test = |a: f64, b: f64| ScoreTest {
        a: mean(a, 0.4),
        b: mean(b, 0.4),
        difference: mean(b - a, 0.1),
        ..overall.score.clone()
    };
    let check = |a: usize, b: usize, p| CheckTest {
        a: Trial { passed: a, of: 14 },
        b: Trial { passed: b, of: 14 },
        only_a: a.saturating_sub(b),
        only_b: b.saturating_sub(a),
        p,
        p_corrected: p,
    };
    let better = |kind, name: &str| Mover { kind, name: name.to_string(), better: true };
    let category = (finding == Finding::Improved).then(|| better(MoverKind::Category, "Format consistency"));
    Half {
        split,
        primary: Evidence::Checks,
        likelihood: None,
        categories: vec![
            group("Domain knowledge", &of("Domain knowledge"), Finding::TooFewCases),
            group("Format consistency", &of("Format consistency"), finding),
        ],
        criteria: vec![(Criterion::Format, test(0.52, 0.8)), (Criterion::Completeness, test(0.73, 0.7))],
        checks: BTreeMap::from([
            ("user-story".to_string(), check(4, 11, 0.016)),
            ("word-count".to_string(), check(14, 14, 1.0)),
            ("hedging".to_string(), check(3, 2, 1.0)),
        ]),
        reference_nll: None,
        movers: category
            .into_iter()
            .chain([better(MoverKind::Criterion, "format"), better(MoverKind::Check, "user-story")])
            .collect(),
        luck: Some(Luck {
            swaps: 1000,
            headline: 39,
            passes: 2,
            categories: 4,
            evidence: 0,
            criteria: 6,
            checks: 1,
            anything: 43,
        }),
        overall,
    }
}

fn mean(mean: f64, half: f64) -> Mean {
    Mean { mean, interval: Interval { low: mean - half, high: mean + half } }
}

fn group(name: &str, cases: &[&Plan], finding: Finding) -> Group {
    let n = cases.len();
    let sum =
        |told: fn(&Plan) -> Told| cases.iter().filter_map(|p| told(p)).map(|(_, s)| s).sum::<f64>() / n.max(1) as f64;
    let passed = |told: fn(&Plan) -> Told| cases.iter().filter(|p| passes(told(p)) == Some(true)).count();
    let count = |wanted: (bool, bool)| {
        cases.iter().filter(|p| (passes(p.a) == Some(true), passes(p.b) == Some(true)) == wanted).count()
    };
    let rate = |passed: usize| {
        let rate = passed as f64 / n.max(1) as f64;
        let interval = Interval { low: (rate - 0.25).max(0.0), high: (rate + 0.25).min(1.0) };
        Rate { passed, cases: n, rate, interval, flaky: 0, pass_at_k: None, pass_hat_k: None, k: None }
    };
    let (a, b) = (sum(|p| p.a), sum(|p| p.b));
    let reach = if finding == Finding::Improved { (b - a).abs() * 0.8 } else { (b - a).abs() + 0.15 };
    Group {
        name: name.to_string(),
        evidence: Evidence::Checks,
        cases: n,
        clusters: n,
        rate: Outcomes { a: rate(passed(|p| p.a)), b: rate(passed(|p| p.b)) },
        pass: PassTest {
            both: count((true, true)),
            only_a: count((true, false)),
            only_b: count((false, true)),
            neither: count((false, false)),
            p: 0.375,
            p_corrected: 0.375,
        },
        score: ScoreTest {
            cases: n,
            a: mean(a, 0.1),
            b: mean(b, 0.1),
            difference: mean(b - a, reach),
            p: 0.02,
            p_corrected: 0.04,
            exact: true,
        },
        power: Power { minimum_detectable: Some(0.21), cases_for_half: Some(61) },
        finding,
        words: format!("v2 is better on {n} {name} cases: {:+.2} in score.", b - a),
    }
}
