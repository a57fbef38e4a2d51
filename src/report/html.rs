//! `report.html`: one file that needs nothing else and may do nothing else.

use super::extras::Extras;
use super::plot::{self, DifferenceRow, Plot, PointsRow, RateRow};
use super::templates;
use super::training::{self, Training, TrainingWords};
use super::view::{self, CaseView, ComparisonView, PeopleView, RunView, Sides};
use crate::compare::{Comparison, Group, Half, Outcomes};
use crate::review::{People, PeopleCompared};
use crate::run::Run;
use crate::suite::Split;
use crate::tally;
use engine::error::Result;
use minijinja::Value;
use serde::Serialize;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("templates/report.css");
const SCRIPT: &str = include_str!("templates/report.js");

/// What every page has, whatever it reports on.
#[derive(Serialize)]
struct Page<'a, T> {
    view: &'a T,
    cases: &'a [CaseView],
    categories: Vec<&'a str>,
    paired: bool,
    plots: Vec<Plot>,
    /// The losses of the versions that were trained here, drawn and in words.
    losses: Vec<Plot>,
    training: Vec<TrainingWords>,
    people: Option<PeopleView>,
    people_plots: Vec<Plot>,
    style: Value,
    script: Value,
    policy: String,
}

/// What people say, in words and drawn.
#[derive(Default)]
pub(super) struct Scores {
    view: Option<PeopleView>,
    plots: Vec<Plot>,
}

/// The report of a comparison as one self-contained HTML page. `a` and `b` are the runs the comparison was made from.
/// The same input gives the same bytes. Fails only when a plot or a template is broken.
pub fn comparison_html(c: &Comparison, a: &Run, b: &Run, extras: &Extras<PeopleCompared>) -> Result<String> {
    let sides = Sides::new(a, b);
    let view: ComparisonView = view::comparison(c, &sides);
    let mut cases = view::pair_cases(c, &sides);
    let mut scores = Scores::default();
    if let Some(people) = &extras.people {
        for (side, (label, of)) in [(&c.a.label, &people.a), (&c.b.label, &people.b)].into_iter().enumerate() {
            view::put_said(&mut cases, side, of.as_ref());
            scores.plots.extend(of.as_ref().map(|of| people_plot(label, of)).transpose()?.flatten());
        }
        scores.view = Some(view::people_of_comparison(c, people));
    }
    page("comparison.html", &view, &cases, true, comparison_plots(c)?, &extras.trainings, scores)
}

/// The report of one run as a self-contained HTML page; `confidence` is how sure its intervals are.
pub fn run_html(run: &Run, confidence: f64, extras: &Extras<People>) -> Result<String> {
    let view: RunView = view::run(run, confidence);
    let mut cases = view::run_cases(run);
    let mut scores = Scores::default();
    if let Some(people) = &extras.people {
        let name = &run.manifest.version.name;
        view::put_said(&mut cases, 0, Some(people));
        scores = Scores {
            view: Some(view::people_of_run(name, people)),
            plots: people_plot(name, people)?.into_iter().collect(),
        };
    }
    page("run.html", &view, &cases, false, run_plots(run, confidence)?, &extras.trainings, scores)
}

pub(super) fn page<T: Serialize>(
    template: &str,
    view: &T,
    cases: &[CaseView],
    paired: bool,
    plots: Vec<Plot>,
    trainings: &[Training],
    scores: Scores,
) -> Result<String> {
    let mut categories: Vec<&str> = cases.iter().map(|case| case.category.as_str()).collect();
    categories.sort_unstable();
    categories.dedup();
    let page = Page {
        view,
        cases,
        categories,
        paired,
        plots,
        losses: training::plots(trainings)?,
        training: training::words(trainings),
        people: scores.view,
        people_plots: scores.plots,
        style: Value::from_safe_string(STYLE.to_string()),
        script: Value::from_safe_string(SCRIPT.to_string()),
        policy: policy(),
    };
    templates::render(template, &page)
}

/// One version's criteria in people's eyes: the held-out half, or dev where only that was rated.
fn people_plot(label: &str, people: &People) -> Result<Option<Plot>> {
    let rated = [&people.held_out, &people.dev].into_iter().flatten().find(|half| !half.criteria.is_empty());
    let Some(half) = rated else { return Ok(None) };
    let row = |found: &crate::review::PeopleCriterion| PointsRow {
        name: found.criterion.name().to_string(),
        people: found.mean,
        automatic: found.automatic,
    };
    let rows: Vec<PointsRow> = half.criteria.iter().map(row).collect();
    plot::points(&format!("Points for {label}, {} cases", view::half_name(half.split)), &rows).map(Some)
}

/// The page may apply its own style and run its own script, known by their hashes, and nothing more: no request of any
/// kind, no form, no other base address.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(STYLE)),
        base64(&Sha256::digest(SCRIPT))
    )
}

/// Base 64 with padding (RFC 4648).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, i| bits << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let letter = char::from(ALPHABET[(bits >> (18 - 6 * i) & 63) as usize]);
            out.push(if i <= chunk.len() { letter } else { '=' });
        }
    }
    out
}

fn comparison_plots(c: &Comparison) -> Result<Vec<Plot>> {
    let labels = Outcomes { a: c.a.label.clone(), b: c.b.label.clone() };
    let half = if c.held_out.overall.cases > 0 { &c.held_out } else { &c.dev };
    if half.overall.cases == 0 {
        return Ok(Vec::new());
    }
    let name = view::half_name(half.split);
    let values: Vec<f64> =
        c.cases.iter().filter(|pair| pair.split == half.split).filter_map(|pair| Some(pair.b? - pair.a?)).collect();
    Ok(vec![
        plot::rates(&format!("Share of {name} cases passed"), &labels, &rate_rows(half))?,
        plot::differences(
            &format!("Difference in score, {name} cases"),
            &difference_rows(half),
            c.settings.negligible,
        )?,
        plot::distribution(&format!("How much each {name} case moved"), &values)?,
    ])
}

fn rate_rows(half: &Half) -> Vec<RateRow<'_>> {
    let overall =
        RateRow { name: "All cases".to_string(), before: Some(&half.overall.rate.a), after: &half.overall.rate.b };
    let categories = half.categories.iter().map(|group| RateRow {
        name: group.name.clone(),
        before: Some(&group.rate.a),
        after: &group.rate.b,
    });
    std::iter::once(overall).chain(categories).collect()
}

fn difference_rows(half: &Half) -> Vec<DifferenceRow> {
    let row = |name: &str, group: &Group| DifferenceRow {
        name: name.to_string(),
        mean: group.score.difference,
        finding: group.finding,
    };
    let categories = half.categories.iter().map(|group| row(&group.name, group));
    std::iter::once(row("All cases", &half.overall)).chain(categories).collect()
}

fn run_plots(run: &Run, confidence: f64) -> Result<Vec<Plot>> {
    let tallies = tally::cases(run);
    let labels = Outcomes { a: String::new(), b: run.manifest.version.name.clone() };
    let mut plots = Vec::new();
    for split in [Split::HeldOut, Split::Dev] {
        let cases: Vec<_> = tallies.iter().filter(|case| case.counts && case.split == split).collect();
        let mut categories: Vec<&str> = cases.iter().map(|case| case.category).collect();
        categories.sort_unstable();
        categories.dedup();
        let mut rates = vec![("All cases".to_string(), tally::rate(&cases, confidence))];
        for category in categories {
            let group: Vec<_> = cases.iter().copied().filter(|case| case.category == category).collect();
            rates.push((category.to_string(), tally::rate(&group, confidence)));
        }
        let judged = rates.iter().filter(|(_, rate)| rate.cases > 0);
        let rows: Vec<_> = judged.map(|(name, after)| RateRow { name: name.clone(), before: None, after }).collect();
        if !rows.is_empty() {
            plots.push(plot::rates(&format!("Share of {} cases passed", view::half_name(split)), &labels, &rows)?);
        }
    }
    Ok(plots)
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_gives_the_values_of_the_rfc() {
        for (text, code) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), code);
        }
    }
}
