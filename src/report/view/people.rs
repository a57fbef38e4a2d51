//! What people say, in words and formatted figures. What checks say stands beside it in a column of its own.

use super::said::{flag_words, reviewer};
use super::table::{Cell, Column, HEAD, Room, Row, Table};
use super::tone::{Tone, half_name, half_title, none};
use crate::check::TARGET_SCORE;
use crate::compare::{Comparison, Finding, Interval, Mean, ScoreTest, fewest_units};
use crate::review::{
    Agreed, Agreement, Flag, Judge, JudgeCriterion, PairedHalf, People, PeopleCompared, PeopleCriterion, PeopleHalf,
    Prediction, Predicts, Preference, ReviewerKind, Said, Severity,
};
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
    pub table: Option<Table>,
    pub notes: Vec<String>,
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
    pub criteria: Option<Table>,
    pub notes: Vec<String>,
    pub reviewers: Option<Table>,
    /// How well each check predicts people.
    pub checks: Option<Table>,
    /// The checks that are poor guides to what people think, by name.
    pub useless: Option<String>,
    /// Those that judged too few of the rated answers to have a row, or all of them alike.
    pub untold: Option<String>,
    pub judges: Vec<JudgeView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct JudgeView {
    pub name: String,
    pub lead: String,
    pub criteria: Table,
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
        "{} gave {} from 1 to 5, without knowing which version wrote an answer. What checks say of the same \
         answers stands beside their points and is never mixed in.",
        words::count(people, "person"),
        words::count(ratings, "rating")
    )
}

fn paired(c: &Comparison, half: &PairedHalf) -> PairedView {
    let tone = Tone::of(half.finding);
    PairedView {
        half: half_name(half.split),
        title: half_title(half.split),
        tone,
        symbol: tone.symbol(),
        sentence: paired_sentence(c, half),
        table: paired_table(c, half).filled(),
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
        // So few that no outcome could be told from chance.
        Finding::TooFewCases if test.cases < fewest_units(c.settings.confidence) => {
            let missing = fewest_units(c.settings.confidence) - test.cases;
            let verb = if missing == 1 { "is" } else { "are" };
            let more = words::count(missing, &format!("more rated {place} case"));
            format!("{more} {verb} needed before anything can be said of {a} and {b}.")
        }
        Finding::TooFewCases => format!("Too few rated {place} cases to tell {a} and {b} apart: {figures}."),
    }
}

fn paired_table(c: &Comparison, half: &PairedHalf) -> Table {
    let (a, b) = (&c.a.label, &c.b.label);
    let (short_a, short_b) = words::clip_apart(a, b, HEAD);
    let columns = vec![
        Column::words("Criterion, points by people").short("points by people"),
        Column::figures("Cases").on(Room::Written),
        Column::figures(a).short(short_a),
        Column::figures(b).short(short_b),
        Column::figures("Difference"),
        Column::figures("Chance"),
    ];
    let overall = half.overall.iter().map(|test| paired_row("All criteria", test, c).strong(true));
    let criteria = half.criteria.iter().map(|(criterion, test)| paired_row(criterion.name(), test, c));
    Table::new("", columns, overall.chain(criteria).collect())
}

fn paired_row(name: &str, test: &ScoreTest, c: &Comparison) -> Row {
    let range = test.difference.interval;
    let direction = test.direction(&c.settings);
    Row::new(vec![
        Cell::new(name),
        Cell::new(test.cases.to_string()),
        Cell::new(words::decimal(test.a.mean)),
        Cell::new(words::decimal(test.b.mean)).target(test.b.mean >= TARGET_SCORE),
        Cell::new(words::signed(test.difference.mean)).range(range.signed_range()).tone(Tone::of_direction(direction)),
        Cell::new(words::chance(test.p_corrected)),
    ])
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
            words::either(half.unpaired, "is", "are")
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
        title: half_title(half.split),
        lead: half_lead(half),
        criteria: criteria(half).filled(),
        notes: notes(half),
        reviewers: reviewers(half).filled(),
        checks: checks(half).filled(),
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

fn criteria(half: &PeopleHalf) -> Table {
    let columns = vec![
        Column::words("Criterion").short("1 to 5"),
        Column::figures("People"),
        Column::figures("Answers at 4+").on(Room::Written),
        Column::figures("Checks passed, same answers").short("checks"),
        Column::figures("Agreement α"),
    ];
    Table::new("Criteria from 1 to 5, target 4", columns, half.criteria.iter().map(criterion_row).collect())
}

fn criterion_row(found: &PeopleCriterion) -> Row {
    let agreed = match found.agreement.agreed() {
        Agreed::Good => "good",
        Agreed::Tentative => "rough",
        Agreed::Poor => "poor",
        Agreed::Unknown => "unknown",
    };
    Row::new(vec![
        Cell::new(found.criterion.name()).range(found.cases.to_string()),
        Cell::new(words::decimal(found.mean.mean)).range(found.mean.interval.range()).target(found.reaches_target),
        Cell::new(words::count_of(found.good.passed, found.good.of)),
        Cell::new(found.automatic.map_or_else(none, words::percent)),
        Cell::new(found.agreement.alpha.map_or_else(none, words::decimal)).range(alpha_range(&found.agreement)).mark(
            agreed,
            agreed,
            agreed == "good",
        ),
    ])
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

fn reviewers(half: &PeopleHalf) -> Table {
    let columns = vec![
        Column::words("Reviewer"),
        Column::figures("Answers").on(Room::Written),
        Column::figures("Shared"),
        Column::figures("Offset").short("against others"),
        Column::words("In words"),
    ];
    let row = |found: &Severity| {
        let offset = Cell::new(found.offset.map_or_else(none, |offset| words::signed(offset.mean)));
        Row::new(vec![
            Cell::new(&found.reviewer),
            Cell::new(found.answers.to_string()),
            Cell::new(found.shared.to_string()),
            offset.range(found.offset.map(|offset| offset.interval.signed_range()).unwrap_or_default()),
            Cell::new(found.words()),
        ])
    };
    let caption = "Reviewers: points above (+) or below (−) the others on shared answers";
    Table::new(caption, columns, half.reviewers.iter().map(row).collect())
}

fn checks(half: &PeopleHalf) -> Table {
    let columns = vec![
        Column::words("Check, and what it speaks for"),
        Column::figures("Answers"),
        Column::figures("Correlation"),
        Column::figures("Chance"),
        Column::figures("Of those that pass, 4+"),
        Column::figures("Of those at 4+, pass"),
    ];
    let rows = half.checks.iter().filter(|check| check.interval.is_some()).map(prediction).collect();
    Table { finding: Some("Finding"), ..Table::new("", columns, rows) }
}

fn prediction(found: &Prediction) -> Row {
    let share = |share: &Option<Mean>, of: usize| match share {
        None => none(),
        Some(share) => {
            format!("{} ({}\u{a0}%)", words::count_of(found.own.both, of), share.interval.percent_range())
        }
    };
    let tone = match found.predicts {
        Predicts::Yes => Tone::Better,
        Predicts::No => Tone::Worse,
        Predicts::TooFew => Tone::Unknown,
    };
    Row::new(vec![
        Cell::code(&found.check).range(found.criterion.name()),
        Cell::new(found.answers.to_string()),
        Cell::new(found.correlation.map_or_else(none, words::signed))
            .range(found.interval.as_ref().map(Interval::signed_range).unwrap_or_default()),
        Cell::new(found.p_corrected.map_or_else(none, words::chance)),
        Cell::new(share(&found.own.precision, found.own.passed)),
        Cell::new(share(&found.own.recall, found.own.good)),
    ])
    .found(tone, "", found.predicts.words(), "")
}

fn useless(checks: &[Prediction]) -> Option<String> {
    let names: Vec<String> = checks.iter().filter(|c| c.predicts == Predicts::No).map(|c| c.check.clone()).collect();
    let verb = words::either(names.len(), "is a poor guide", "are poor guides");
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
    let columns = vec![
        Column::words("Criterion").short("1 to 5"),
        Column::figures("Points").short("judge"),
        Column::figures("Above people"),
        Column::figures("Ranks as people").on(Room::Written),
        Column::figures("α with people"),
        Column::figures("α of people alone").on(Room::Page),
    ];
    JudgeView {
        name: found.name.clone(),
        lead: format!("{} scored; {shared}.", words::count(found.answers, "answer")),
        criteria: Table::new("", columns, found.criteria.iter().map(judge_row).collect()),
    }
}

fn judge_row(found: &JudgeCriterion) -> Row {
    let alpha = |agreement: &Agreement| {
        Cell::new(agreement.alpha.map_or_else(none, words::decimal)).range(alpha_range(agreement))
    };
    let offset = found.offset.as_ref();
    Row::new(vec![
        Cell::new(found.criterion.name()),
        Cell::new(words::decimal(found.mean.mean)).range(found.mean.interval.range()),
        Cell::new(offset.map_or_else(none, |offset| words::signed(offset.mean)))
            .range(offset.map(|offset| offset.interval.signed_range()).unwrap_or_default()),
        Cell::new(found.spearman.map_or_else(none, words::signed)),
        alpha(&found.agreement),
        alpha(&found.people),
    ])
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
