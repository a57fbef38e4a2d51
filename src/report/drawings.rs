//! What a report draws.

use super::plot::{self, DifferenceRow, Plot, PointsRow, RateRow};
use super::view::{half_name, run_groups};
use crate::compare::{Comparison, Group, Half, Outcomes};
use crate::review::{People, PeopleCriterion};
use crate::suite::Split;
use crate::tally::CaseTally;
use engine::error::Result;

/// One version's criteria in people's eyes: the held-out half, or dev where only that was rated.
pub fn of_people(label: &str, people: &People) -> Result<Option<Plot>> {
    let rated = [&people.held_out, &people.dev].into_iter().flatten().find(|half| !half.criteria.is_empty());
    let Some(half) = rated else { return Ok(None) };
    let row = |found: &PeopleCriterion| PointsRow { name: found.criterion.name().to_string(), people: found.mean };
    let rows: Vec<PointsRow> = half.criteria.iter().map(row).collect();
    plot::points(&format!("Points for {label}, {} cases", half_name(half.split)), &rows).map(Some)
}

pub fn of_comparison(c: &Comparison) -> Result<Vec<Plot>> {
    let labels = Outcomes { a: c.a.label.clone(), b: c.b.label.clone() };
    let half = if c.held_out.cases() > 0 { &c.held_out } else { &c.dev };
    if half.overall.cases == 0 {
        // The pictures are of what was written.
        return Ok(Vec::new());
    }
    let name = half_name(half.split);
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

/// The rates of each half that was run.
pub fn of_run(label: &str, confidence: f64, tallies: &[CaseTally<'_>]) -> Result<Vec<Plot>> {
    let labels = Outcomes { a: String::new(), b: label.to_string() };
    let mut plots = Vec::new();
    for split in [Split::HeldOut, Split::Dev] {
        let groups = run_groups(tallies, split, confidence);
        let judged = groups.iter().filter(|group| group.rate.cases > 0);
        let rows: Vec<_> =
            judged.map(|group| RateRow { name: group.name.clone(), before: None, after: &group.rate }).collect();
        if !rows.is_empty() {
            plots.push(plot::rates(&format!("Share of {} cases passed", half_name(split)), &labels, &rows)?);
        }
    }
    Ok(plots)
}
