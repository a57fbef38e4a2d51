use super::agreement::Agreed;
use super::prediction::Predicts;
use super::{Flag, People, PeopleCompared, Rating, Reviewer, ReviewerKind, people, people_compared};
use crate::check::{Criterion, Verdict};
use crate::compare::{Finding, Settings};
use crate::provider::{Answer, Stop};
use crate::run::{Judged, Manifest, Outcome, Record, Run, VersionRef};
use crate::suite::Split;
use engine::generate::Sampling;
use std::collections::BTreeMap;

pub(super) type Ratings = BTreeMap<Reviewer, Vec<Rating>>;

pub(super) fn quick() -> Settings {
    Settings { resamples: 1000, ..Settings::default() }
}

/// A run of held-out cases `s/000`, … whose checks say what `passes` does of the case's number: one for format, one
/// for tone that always passes.
pub(super) fn run(name: &str, cases: usize, passes: impl Fn(usize) -> bool) -> Run {
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    let record = |i: usize| {
        let judged = |check: &str, criterion, passed| Judged {
            check: check.to_string(),
            criterion,
            weight: 1.0,
            guard: None,
            verdict: Verdict::when(passed, "as asked"),
        };
        let answer = Answer {
            text: format!("{name} on {i}"),
            thoughts: String::new(),
            stop: Stop::End,
            prompt_tokens: 5,
            output_tokens: 7,
            seconds: 0.5,
            reference_nll: None,
            likelihoods: Vec::new(),
        };
        Record {
            case: format!("s/{i:03}"),
            repeat: 0,
            category: "format".to_string(),
            split: Split::HeldOut,
            weight: 1.0,
            cluster: None,
            require: None,
            tags: Vec::new(),
            prompt: format!("Answer {i}"),
            reference: None,
            answer_key: format!("{name}{i}"),
            judge_hash: "checks".to_string(),
            version: None,
            outcome: Outcome::Judged {
                answer,
                verdicts: vec![
                    judged("sections", Criterion::Format, passes(i)),
                    judged("polite", Criterion::Tone, true),
                ],
                score: 1.0,
                passed: true,
                reused: false,
            },
            at,
        }
    };
    let version = VersionRef {
        name: name.to_string(),
        base: "base".to_string(),
        adapter: None,
        system: None,
        examples: Vec::new(),
        sampling: Sampling::default(),
        template: None,
        thinks: false,
        weights: None,
        routed: None,
    };
    Run {
        folder: "reports/x".into(),
        manifest: Manifest {
            format: 1,
            id: format!("run-{name}"),
            version,
            suites: Vec::new(),
            cases: (0..cases).map(|i| (format!("s/{i:03}"), 1)).collect(),
            started: at,
            finished: Some(at),
            pmtune: "0.1.0".to_string(),
            engine: None,
            shard: None,
            merged_from: Vec::new(),
            rescored_from: None,
            stopped: None,
            notes: Vec::new(),
        },
        records: (0..cases).map(record).collect(),
    }
}

pub(super) fn person(name: &str) -> Reviewer {
    Reviewer { name: name.to_string(), kind: ReviewerKind::Person }
}

/// The same points on all criteria.
pub(super) fn rating(case: usize, points: u8) -> Rating {
    Rating {
        case: format!("s/{case:03}"),
        repeat: 0,
        answer: format!("{case} {points}"),
        points: Criterion::ALL.into_iter().map(|criterion| (criterion, points)).collect(),
        comment: String::new(),
        flags: Default::default(),
        beside: None,
        done: true,
        reason: None,
        at: "2026-01-02T03:04:05Z".parse().unwrap(),
    }
}

/// Each reviewer's points on the cases 0, 1, …; `None` leaves one out.
pub(super) fn ratings(all: &[(&str, &[Option<u8>])]) -> Ratings {
    let given = |points: &[Option<u8>]| {
        points.iter().enumerate().filter_map(|(case, points)| Some(rating(case, (*points)?))).collect()
    };
    all.iter().map(|(name, points)| (person(name), given(points))).collect()
}

fn points(all: &[u8]) -> Vec<Option<u8>> {
    all.iter().map(|p| Some(*p)).collect()
}

fn of(run: &Run, ratings: &Ratings) -> People {
    people(run, ratings, &quick()).unwrap()
}

#[test]
fn nobody_rated_nothing_to_say() {
    let run = run("v1", 3, |_| true);
    assert_eq!(people(&run, &Ratings::new(), &quick()), None);
    let elsewhere = Ratings::from([(person("ann"), vec![rating(7, 3)])]);
    assert_eq!(people(&run, &elsewhere, &quick()), None);
}

#[test]
fn means_go_over_people_first_then_over_cases() {
    // Case 0: 2 and 4 make 3; case 1: 5. Over all three ratings it would be 3.67.
    let people = of(&run("v1", 3, |_| true), &ratings(&[("ann", &points(&[2, 5])), ("ben", &points(&[4]))]));
    let half = people.held_out.unwrap();
    assert_eq!((people.people, half.people, half.answers, half.cases, half.shared), (2, 2, 2, 2, 1));
    assert_eq!(people.dev, None);
    let format = &half.criteria[1];
    assert_eq!((format.criterion, format.mean.mean, format.cases), (Criterion::Format, 4.0, 2));
    assert!(format.reaches_target);
    assert_eq!((format.good.passed, format.good.of), (1, 2));
    assert_eq!(half.overall.unwrap().mean, 4.0);
    assert_eq!(format.automatic, Some(1.0));
    assert_eq!(half.criteria[0].automatic, None, "no check speaks for accuracy");
}

#[test]
fn ratings_that_are_not_done_and_cases_that_count_for_nothing_stay_out() {
    let mut run = run("v1", 3, |_| true);
    run.records[1].weight = 0.0;
    run.records[2].split = Split::Dev;
    let mut all = ratings(&[("ann", &points(&[3, 1, 5])), ("ben", &points(&[1]))]);
    all.get_mut(&person("ben")).unwrap()[0].done = false;
    let people = of(&run, &all);
    assert_eq!(people.people, 1);
    assert_eq!(people.said.len(), 3, "a case of weight 0 is still shown");
    assert_eq!(people.held_out.unwrap().overall.unwrap().mean, 3.0);
    assert_eq!(people.dev.unwrap().overall.unwrap().mean, 5.0);
}

#[test]
fn a_judge_model_is_beside_people_and_never_among_them() {
    let run = run("v1", 20, |_| true);
    let base: Vec<u8> = (0..20).map(|i| 2 + i % 3).collect();
    let milder: Vec<u8> = base.iter().map(|p| p + 1).collect();
    let alone = of(&run, &ratings(&[("ann", &points(&base)), ("ben", &points(&base))]));
    let mut both = ratings(&[("ann", &points(&base)), ("ben", &points(&base))]);
    let judge = Reviewer { name: "gpt".to_string(), kind: ReviewerKind::Judge };
    both.insert(judge.clone(), milder.iter().enumerate().map(|(i, p)| rating(i, *p)).collect());
    let with_judge = of(&run, &both);
    let (without, with) = (alone.held_out.unwrap(), with_judge.held_out.unwrap());
    assert_eq!(with.criteria, without.criteria);
    assert_eq!((with_judge.people, &with.reviewers, &with.checks), (2, &without.reviewers, &without.checks));
    let [gpt] = &with.judges[..] else { panic!("one judge") };
    let format = &gpt.criteria[1];
    assert_eq!((gpt.answers, gpt.shared), (20, 20));
    assert!((format.offset.unwrap().mean - 1.0).abs() < 1e-12);
    assert!((format.spearman.unwrap() - 1.0).abs() < 1e-12, "it ranks as people do");
    assert_eq!(format.people.alpha, Some(1.0));
    assert!(format.agreement.alpha.unwrap() < 0.9, "it gives other points: {:?}", format.agreement);
    // A judge alone leaves people's figures empty.
    both.retain(|reviewer, _| *reviewer == judge);
    let only = of(&run, &both);
    assert_eq!((only.people, only.held_out.unwrap().overall), (0, None));
}

#[test]
fn severity_rests_on_shared_answers_alone() {
    let run = run("v1", 30, |_| true);
    // Ann gives one point less than Ben wherever both rated; what Ben alone rated is much lower and must not count.
    let ann: Vec<Option<u8>> = (0..20).map(|i| Some(2 + i % 3)).collect();
    let ben: Vec<Option<u8>> = (0..30).map(|i| Some(if i < 20 { 3 + i % 3 } else { 1 })).collect();
    let half = of(&run, &ratings(&[("ann", &ann), ("ben", &ben)])).held_out.unwrap();
    let [first, second] = &half.reviewers[..] else { panic!("two reviewers") };
    assert_eq!((first.reviewer.as_str(), first.shared, first.answers), ("ann", 20, 20));
    assert_eq!((second.reviewer.as_str(), second.shared, second.answers), ("ben", 20, 30));
    assert!((first.offset.unwrap().mean + 1.0).abs() < 1e-12);
    assert!((second.offset.unwrap().mean - 1.0).abs() < 1e-12);
    assert_eq!((first.words(), second.words()), ("more severe than the others", "milder than the others"));
    let lone = of(&run, &ratings(&[("ann", &ann[..3])])).held_out.unwrap();
    assert_eq!(lone.reviewers[0].offset, None);
    assert_eq!(lone.criteria[0].agreement.agreed(), Agreed::Unknown);
}

#[test]
fn a_check_that_knows_what_people_think_is_told_from_one_that_does_not() {
    let given: Vec<u8> =
        (0..60).map(|i| if i % 2 == 0 { 4 + u8::from(i % 4 == 0) } else { 2 + u8::from(i % 3 == 0) }).collect();
    let all = ratings(&[("ann", &points(&given))]);
    let checks = |passes: fn(usize) -> bool| of(&run("v1", 60, passes), &all).held_out.unwrap().checks;
    let knows = &checks(|i| i % 2 == 0)[0];
    assert_eq!((knows.check.as_str(), knows.predicts), ("sections", Predicts::Yes));
    assert_eq!((knows.own.both, knows.own.passed, knows.own.good), (30, 30, 30));
    assert_eq!(knows.own.precision.unwrap().mean, 1.0);
    assert!(knows.correlation.unwrap() > 0.8 && knows.interval.unwrap().low > 0.5);
    // Passes on half of the good and half of the bad ones.
    let ignorant = &checks(|i| i / 2 % 2 == 0)[0];
    assert_eq!(ignorant.predicts, Predicts::No, "{ignorant:?}");
    let opposite = &checks(|i| i % 2 == 1)[0];
    assert_eq!(opposite.predicts, Predicts::No);
    assert!(opposite.correlation.unwrap() < -0.8);
    // What always passes has no correlation, and is not called useless for it.
    let polite = checks(|i| i % 2 == 0).into_iter().find(|c| c.check == "polite").unwrap();
    assert_eq!((polite.correlation, polite.p, polite.predicts), (None, None, Predicts::TooFew));
    assert_eq!(polite.own.recall.unwrap().mean, 1.0);
}

#[test]
fn several_checks_are_corrected_together() {
    let given: Vec<u8> = (0..40).map(|i| 2 + (i % 4) as u8).collect();
    let mut run = run("v1", 40, |i| i % 4 > 1 || i % 9 == 0);
    for (i, record) in run.records.iter_mut().enumerate() {
        let Outcome::Judged { verdicts, .. } = &mut record.outcome else { panic!("judged") };
        verdicts[1].verdict = Verdict::when(i % 3 == 0, "by chance");
    }
    let checks = of(&run, &ratings(&[("ann", &points(&given))])).held_out.unwrap().checks;
    let [sections, polite] = &checks[..] else { panic!("two checks") };
    assert_eq!(sections.p_corrected, sections.p.map(|p| 2.0 * p), "the smaller of two");
    assert_eq!(polite.p_corrected, polite.p, "the greater");
}

fn compared(a: &Ratings, b: &Ratings, cases: usize) -> PeopleCompared {
    people_compared(&run("v1", cases, |_| true), &run("v2", cases, |_| true), a, b, &quick()).unwrap()
}

#[test]
fn severity_drops_out_of_the_difference() {
    // Ann is severe, Ben mild; each rates half of the cases, both versions, and gives v2 one point more.
    let split = |ann: u8, ben: u8| {
        let of = |points: u8, low: usize| (0..20).map(move |i| (i / 10 == low).then_some(points)).collect::<Vec<_>>();
        ratings(&[("ann", &of(ann, 0)), ("ben", &of(ben, 1))])
    };
    let found = compared(&split(1, 3), &split(2, 4), 20).held_out.unwrap();
    let overall = found.overall.unwrap();
    assert_eq!((overall.difference.mean, overall.cases, found.people, found.unpaired), (1.0, 20, 2, 0));
    assert_eq!(found.finding, Finding::Improved);
    assert_eq!(found.criteria.len(), 5);
    assert!((found.criteria[0].1.p_corrected - 5.0 * found.criteria[0].1.p).abs() < 1e-12);
}

#[test]
fn a_case_rated_by_different_people_tells_nothing_of_the_difference() {
    let a = ratings(&[("ann", &points(&[1, 1, 1]))]);
    let b = ratings(&[("ben", &points(&[5, 5, 5])), ("ann", &points(&[1]))]);
    let found = compared(&a, &b, 3);
    let half = found.held_out.unwrap();
    assert_eq!(half.unpaired, 2);
    assert_eq!(half.overall.unwrap().difference.mean, 0.0, "Ann sees none on the case she rated twice");
    assert_eq!(found.b.unwrap().held_out.unwrap().overall.unwrap().mean, (3.0 + 5.0 + 5.0) / 3.0);
    let apart = compared(&a, &ratings(&[("ben", &points(&[5, 5, 5]))]), 3).held_out.unwrap();
    assert_eq!((apart.overall, apart.finding, apart.unpaired), (None, Finding::TooFewCases, 3));
    let one = people_compared(&run("v1", 3, |_| true), &run("v2", 3, |_| true), &a, &Ratings::new(), &quick()).unwrap();
    assert!(one.a.is_some() && one.b.is_none() && one.held_out.is_none());
}

#[test]
fn preferences_count_cases_and_only_pairs_shown_together() {
    let same = points(&[3; 10]);
    let (mut a, mut b) = (ratings(&[("ann", &same), ("ben", &same)]), ratings(&[("ann", &same), ("ben", &same)]));
    let mut mark = |side: usize, name: &str, case: usize| {
        let book = if side == 0 { &mut a } else { &mut b };
        book.get_mut(&person(name)).unwrap()[case].flags.insert(Flag::Best);
    };
    // Cases 0 to 5: both prefer v2; case 6: Ann v1; case 7: they are divided; 8: neither.
    (0..6).for_each(|case| ["ann", "ben"].into_iter().for_each(|name| mark(1, name, case)));
    mark(0, "ann", 6);
    mark(0, "ann", 7);
    mark(1, "ben", 7);
    mark(1, "ann", 9);
    for (book, other) in [(&mut a, "v2"), (&mut b, "v1")] {
        for rating in book.values_mut().flatten() {
            let own = if other == "v2" { "v1" } else { "v2" };
            rating.answer = format!("{} of {own}", rating.case);
            // Case 9 was last seen beside another version's answer.
            let other = if rating.case == "s/009" { "v3" } else { other };
            rating.beside = Some(format!("{} of {other}", rating.case));
        }
    }
    let found = compared(&a, &b, 10).held_out.unwrap().preference.unwrap();
    assert_eq!((found.cases, found.a, found.b, found.neither), (9, 1, 6, 2));
    assert!((found.p - 0.125).abs() < 1e-12);
}

#[test]
fn figures_survive_json() {
    let a = ratings(&[("ann", &points(&[1, 2, 5])), ("ben", &points(&[1, 3, 4]))]);
    let found = compared(&a, &a, 3);
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<PeopleCompared>(&text).unwrap(), found);
}
