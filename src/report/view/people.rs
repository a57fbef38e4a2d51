//! What people say, in words and formatted figures. Automatic scores stand beside them in a column of their own.

use super::comparison::{Tone, half_name};
use crate::check::TARGET_SCORE;
use crate::compare::{Comparison, Finding, Interval, Mean, ScoreTest};
use crate::review::{
    Agreed, Agreement, Flag, Judge, JudgeCriterion, PairedHalf, People, PeopleCompared, PeopleCriterion, PeopleHalf,
    Prediction, Predicts, Preference, ReviewerKind, Said, Severity,
};
use crate::suite::Split;
use crate::words;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct PeopleView {
    pub lead: String,
    /// Of a comparison: the differences that people see, held-out first.
    pub paired: Vec<PairedView>,
    /// One version, or both.
    pub versions: Vec<PeopleVersion>,
    pub flagged: Vec<FlaggedView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PairedView {
    pub half: &'static str,
    pub title: &'static str,
    pub tone: Tone,
    pub symbol: &'static str,
    pub sentence: String,
    /// Overall first, then the criteria.
    pub rows: Vec<PairedRow>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PairedRow {
    pub name: String,
    pub overall: bool,
    pub cases: usize,
    pub a: String,
    pub b: String,
    /// The newer version reaches the target.
    pub target: bool,
    pub difference: String,
    pub range: String,
    pub chance: String,
    pub tone: Tone,
}

#[derive(Debug, Clone, Serialize)]
pub struct PeopleVersion {
    pub label: String,
    pub halves: Vec<PeopleHalfView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PeopleHalfView {
    pub half: &'static str,
    pub title: &'static str,
    /// How many people read how many answers.
    pub lead: String,
    pub rows: Vec<PeopleRow>,
    pub notes: Vec<String>,
    pub reviewers: Vec<SeverityRow>,
    pub checks: Vec<PredictionRow>,
    /// The checks that are poor guides to what people think, by name.
    pub useless: Option<String>,
    /// Those that judged too few of the rated answers to have a row, or all of them alike.
    pub untold: Option<String>,
    pub judges: Vec<JudgeView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PeopleRow {
    pub name: String,
    pub cases: usize,
    pub mean: String,
    pub range: String,
    pub target: bool,
    /// Answers at 4 or more.
    pub good: String,
    pub automatic: String,
    pub alpha: String,
    pub alpha_range: String,
    pub agreed: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct SeverityRow {
    pub name: String,
    pub answers: usize,
    pub shared: usize,
    pub offset: String,
    pub range: String,
    pub words: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct PredictionRow {
    pub name: String,
    pub criterion: String,
    pub answers: usize,
    pub correlation: String,
    pub range: String,
    pub chance: String,
    pub precision: String,
    pub recall: String,
    pub words: &'static str,
    pub tone: Tone,
}

#[derive(Debug, Clone, Serialize)]
pub struct JudgeView {
    pub name: String,
    pub lead: String,
    pub rows: Vec<JudgeRow>,
}

#[derive(Debug, Clone, Serialize)]
pub struct JudgeRow {
    pub name: String,
    pub mean: String,
    pub range: String,
    pub offset: String,
    pub spearman: String,
    pub alpha: String,
    pub people: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct FlaggedView {
    pub case: String,
    pub half: &'static str,
    /// Of a comparison, the version that gave the answer.
    pub version: Option<String>,
    /// By whom it was flagged as what, and why.
    pub words: String,
}

pub fn people_of_run(label: &str, people: &People) -> PeopleView {
    PeopleView {
        lead: lead(people.people, &people.said),
        paired: Vec::new(),
        versions: vec![version(label, people)],
        flagged: flagged(&people.said, None),
    }
}

pub fn people_of_comparison(c: &Comparison, people: &PeopleCompared) -> PeopleView {
    let sides = [(&c.a.label, &people.a), (&c.b.label, &people.b)];
    let known: Vec<(&String, &People)> = sides.into_iter().filter_map(|(l, p)| Some((l, p.as_ref()?))).collect();
    let said: Vec<Said> = known.iter().flat_map(|(_, p)| p.said.clone()).collect();
    let mut names: Vec<&str> =
        said.iter().filter(|s| s.reviewer.kind == ReviewerKind::Person).map(|s| s.reviewer.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    PeopleView {
        lead: lead(names.len(), &said),
        paired: [&people.held_out, &people.dev].into_iter().flatten().map(|half| paired(c, half)).collect(),
        versions: known.iter().map(|(label, people)| version(label, people)).collect(),
        flagged: known.iter().flat_map(|(label, people)| flagged(&people.said, Some(label))).collect(),
    }
}

fn lead(people: usize, said: &[Said]) -> String {
    let ratings = said.iter().filter(|s| s.reviewer.kind == ReviewerKind::Person).count();
    if people == 0 {
        return "No person has rated these answers yet; a judge model has, and is no person.".to_string();
    }
    format!(
        "{} gave {} from 1 to 5, without knowing which version wrote an answer. Automatic scores stand beside theirs \
         and are never mixed in.",
        words::count(people, "person"),
        words::count(ratings, "rating")
    )
}

fn title(split: Split) -> &'static str {
    match split {
        Split::HeldOut => "Held-out cases",
        Split::Dev => "Dev cases",
    }
}

fn paired(c: &Comparison, half: &PairedHalf) -> PairedView {
    let tone = Tone::of(half.finding);
    let overall = half.overall.iter().map(|test| paired_row("All criteria", true, test, c));
    let criteria = half.criteria.iter().map(|(criterion, test)| paired_row(criterion.name(), false, test, c));
    PairedView {
        half: half_name(half.split),
        title: title(half.split),
        tone,
        symbol: tone.symbol(),
        sentence: paired_sentence(c, half),
        rows: overall.chain(criteria).collect(),
        notes: paired_notes(c, half),
    }
}

fn paired_sentence(c: &Comparison, half: &PairedHalf) -> String {
    let (a, b, place) = (&c.a.label, &c.b.label, half_name(half.split));
    let Some(test) = &half.overall else {
        return format!("No person rated both answers of a {place} case, so people's scores tell no difference.");
    };
    let figures = format!(
        "{} points ({} interval {}), {}",
        words::signed(test.difference.mean),
        words::percent_exact(c.settings.confidence),
        test.difference.interval.signed_range(),
        words::count(test.cases, "case")
    );
    match half.finding {
        Finding::Improved => format!("People score {b} higher than {a} on the {place} cases: {figures}."),
        Finding::Regressed => format!("People score {b} lower than {a} on the {place} cases: {figures}."),
        Finding::NoDifference => {
            format!("No evidence that people see a difference between {a} and {b} on the {place} cases: {figures}.")
        }
        Finding::TooFewCases => format!("Too few rated {place} cases to tell {a} and {b} apart: {figures}."),
    }
}

fn paired_row(name: &str, overall: bool, test: &ScoreTest, c: &Comparison) -> PairedRow {
    let range = test.difference.interval;
    PairedRow {
        name: name.to_string(),
        overall,
        cases: test.cases,
        a: words::decimal(test.a.mean),
        b: words::decimal(test.b.mean),
        target: test.b.mean >= TARGET_SCORE,
        difference: words::signed(test.difference.mean),
        range: range.signed_range(),
        chance: words::chance(test.p_corrected),
        tone: match test.direction(&c.settings) {
            Some(true) => Tone::Better,
            Some(false) => Tone::Worse,
            None => Tone::Unknown,
        },
    }
}

fn paired_notes(c: &Comparison, half: &PairedHalf) -> Vec<String> {
    let mut notes = Vec::new();
    if half.overall.is_some() {
        notes.push(format!(
            "Each of {} is compared with themselves first, so who is severe and who is mild makes no difference.",
            words::count(half.people, "person")
        ));
    }
    if half.unpaired > 0 {
        notes.push(format!(
            "{} had both answers rated, but by different people, and {} left out of the difference.",
            words::count(half.unpaired, "case"),
            if half.unpaired == 1 { "is" } else { "are" }
        ));
    }
    notes.extend(half.preference.as_ref().map(|preference| preferred(c, preference)));
    notes
}

fn preferred(c: &Comparison, preference: &Preference) -> String {
    format!(
        "Shown side by side: {} is called the better answer in {}, {} in {}, neither in {}; chance alone gives so \
         uneven a split with probability {} (sign test).",
        c.b.label,
        words::count(preference.b, "case"),
        c.a.label,
        preference.a,
        preference.neither,
        words::chance(preference.p)
    )
}

fn version(label: &str, people: &People) -> PeopleVersion {
    PeopleVersion {
        label: label.to_string(),
        halves: [&people.held_out, &people.dev].into_iter().flatten().map(half).collect(),
    }
}

fn half(half: &PeopleHalf) -> PeopleHalfView {
    PeopleHalfView {
        half: half_name(half.split),
        title: title(half.split),
        lead: half_lead(half),
        rows: half.criteria.iter().map(row).collect(),
        notes: notes(half),
        reviewers: half.reviewers.iter().map(severity).collect(),
        checks: half.checks.iter().filter(|check| check.interval.is_some()).map(prediction).collect(),
        useless: useless(&half.checks),
        untold: untold(&half.checks),
        judges: half.judges.iter().map(judge).collect(),
    }
}

fn half_lead(half: &PeopleHalf) -> String {
    if half.people == 0 {
        return "No person has rated these answers.".to_string();
    }
    let overall = half.overall.map(|mean| {
        format!(
            " Mean over all criteria: {} (interval {} to {}).",
            words::decimal(mean.mean),
            words::decimal(mean.interval.low),
            words::decimal(mean.interval.high)
        )
    });
    format!(
        "{} rated {} of {}; {} by two people or more.{}",
        words::count(half.people, "person"),
        words::count(half.answers, "answer"),
        words::count(half.cases, "case"),
        words::thousands(half.shared),
        overall.unwrap_or_default()
    )
}

fn row(found: &PeopleCriterion) -> PeopleRow {
    PeopleRow {
        name: found.criterion.name().to_string(),
        cases: found.cases,
        mean: words::decimal(found.mean.mean),
        range: found.mean.interval.range(),
        target: found.reaches_target,
        good: words::count_of(found.good.passed, found.good.of),
        automatic: found.automatic.map_or_else(none, words::decimal),
        alpha: found.agreement.alpha.map_or_else(none, words::decimal),
        alpha_range: alpha_range(&found.agreement),
        agreed: match found.agreement.agreed() {
            Agreed::Good => "good",
            Agreed::Tentative => "rough",
            Agreed::Poor => "poor",
            Agreed::Unknown => "unknown",
        },
    }
}

fn none() -> String {
    "–".to_string()
}

fn alpha_range(agreement: &Agreement) -> String {
    agreement.interval.as_ref().map(Interval::range).unwrap_or_default()
}

/// One sentence for each degree of agreement, and one for the flags.
fn notes(half: &PeopleHalf) -> Vec<String> {
    let mut notes = Vec::new();
    for agreed in [Agreed::Good, Agreed::Tentative, Agreed::Poor, Agreed::Unknown] {
        let names: Vec<String> = half
            .criteria
            .iter()
            .filter(|c| c.agreement.agreed() == agreed)
            .map(|c| c.criterion.name().to_string())
            .collect();
        if !names.is_empty() {
            notes.push(format!("Agreement (Krippendorff's α) on {}: {}.", words::list(&names), agreed.words()));
        }
    }
    if half.factual_errors + half.unusable > 0 {
        notes.push(format!(
            "Flagged: {} with a factual error, {} unusable.",
            words::count(half.factual_errors, "answer"),
            half.unusable
        ));
    }
    notes
}

fn severity(found: &Severity) -> SeverityRow {
    SeverityRow {
        name: found.reviewer.clone(),
        answers: found.answers,
        shared: found.shared,
        offset: found.offset.map_or_else(none, |offset| words::signed(offset.mean)),
        range: found.offset.map(|offset| offset.interval.signed_range()).unwrap_or_default(),
        words: found.words(),
    }
}

fn prediction(found: &Prediction) -> PredictionRow {
    let share = |share: &Option<Mean>, of: usize| match share {
        None => none(),
        Some(share) => {
            format!("{} ({}\u{a0}%)", words::count_of(found.own.both, of), share.interval.percent_range())
        }
    };
    PredictionRow {
        name: found.check.clone(),
        criterion: found.criterion.name().to_string(),
        answers: found.answers,
        correlation: found.correlation.map_or_else(none, words::signed),
        range: found.interval.as_ref().map(Interval::signed_range).unwrap_or_default(),
        chance: found.p_corrected.map_or_else(none, words::chance),
        precision: share(&found.own.precision, found.own.passed),
        recall: share(&found.own.recall, found.own.good),
        words: found.predicts.words(),
        tone: match found.predicts {
            Predicts::Yes => Tone::Better,
            Predicts::No => Tone::Worse,
            Predicts::TooFew => Tone::Unknown,
        },
    }
}

fn useless(checks: &[Prediction]) -> Option<String> {
    let names: Vec<String> = checks.iter().filter(|c| c.predicts == Predicts::No).map(|c| c.check.clone()).collect();
    let verb = if names.len() == 1 { "is a poor guide" } else { "are poor guides" };
    (!names.is_empty())
        .then(|| format!("{} {verb} to what people think of an answer here.", words::list_at_most(&names, 8)))
}

fn untold(checks: &[Prediction]) -> Option<String> {
    let names: Vec<String> = checks.iter().filter(|c| c.interval.is_none()).map(|c| c.check.clone()).collect();
    (!names.is_empty()).then(|| {
        format!("Too few rated answers, or too few that pass or fail, to tell of: {}.", words::list_at_most(&names, 12))
    })
}

fn judge(found: &Judge) -> JudgeView {
    let shared = match found.shared {
        0 => "people rated none of them, so nothing is known of its agreement with people".to_string(),
        n => format!("its agreement with people rests on the {} that people rated too", words::thousands(n)),
    };
    JudgeView {
        name: found.name.clone(),
        lead: format!("{} scored; {shared}.", words::count(found.answers, "answer")),
        rows: found.criteria.iter().map(judge_row).collect(),
    }
}

fn judge_row(found: &JudgeCriterion) -> JudgeRow {
    let alpha = |agreement: &Agreement| match (agreement.alpha, alpha_range(agreement)) {
        (None, _) => none(),
        (Some(alpha), range) if range.is_empty() => words::decimal(alpha),
        (Some(alpha), range) => format!("{} ({range})", words::decimal(alpha)),
    };
    JudgeRow {
        name: found.criterion.name().to_string(),
        mean: words::decimal(found.mean.mean),
        range: found.mean.interval.range(),
        offset: found.offset.as_ref().map_or_else(none, Mean::as_difference),
        spearman: found.spearman.map_or_else(none, words::signed),
        alpha: alpha(&found.agreement),
        people: alpha(&found.people),
    }
}

/// Answers called wrong or unusable, each once. "Best of the pair" is counted elsewhere.
fn flagged(said: &[Said], version: Option<&str>) -> Vec<FlaggedView> {
    let by_one = |said: &Said| {
        let flags = flag_words(said.flags.iter().copied().filter(|flag| *flag != Flag::Best));
        let comment = words::clip(&said.comment, 120);
        let why = if comment.is_empty() { String::new() } else { format!(": {comment}") };
        (!flags.is_empty()).then(|| format!("{} by {}{why}", flags.join(" and "), reviewer(said)))
    };
    let of_answer = |said: &[Said]| {
        let (first, each) = (said.first()?, said.iter().filter_map(by_one).collect::<Vec<_>>());
        (!each.is_empty()).then(|| FlaggedView {
            case: first.case.clone(),
            half: half_name(first.split),
            version: version.map(str::to_string),
            words: each.join("; "),
        })
    };
    said.chunk_by(|x, y| (&x.case, x.repeat) == (&y.case, y.repeat)).filter_map(of_answer).collect()
}

/// The name, and that it is a model where it is one.
pub fn reviewer(said: &Said) -> String {
    match said.reviewer.kind {
        ReviewerKind::Person => said.reviewer.name.clone(),
        ReviewerKind::Judge => format!("{} (judge model, not a person)", said.reviewer.name),
    }
}

pub fn flag_words(flags: impl Iterator<Item = Flag>) -> Vec<&'static str> {
    let word = |flag| match flag {
        Flag::FactualError => "factual error",
        Flag::Unusable => "unusable",
        Flag::Best => "best of the pair",
    };
    flags.map(word).collect()
}
