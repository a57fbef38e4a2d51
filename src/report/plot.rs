//! Intervals and differences as drawings.
//!
//! plotters draws in a few marker colours; [`finish`] turns each into a CSS class, so one drawing serves light, dark
//! and print, and gives the drawing a title and a description for those who do not see it.

mod counts;
mod loss;
mod points;
mod timeline;

pub use counts::{CountRow, columns, counts};
pub use loss::{Scale, loss, loss_svg};
pub use points::{PointsRow, points};
pub use timeline::{Axis, Dot, Timeline, timeline};

use super::clean;
use crate::compare::{Finding, Interval, Mean, Outcomes, Rate};
use crate::words;
use engine::error::{Error, Result};
use minijinja::Value;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::Serialize;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Drawing units; about two to a pixel, since plotters places things on whole units.
const WIDTH: i32 = 960;
const LEFT: i32 = 16;
const RIGHT: i32 = WIDTH - 16;
/// A drawing is no narrower than 340 pixels on the page (`.plots svg` in `report.css`): there the smallest text has 11.
const TEXT: i32 = 28;
const SMALL: i32 = 26;

/// Marker colours, each standing for the CSS class of the same name.
const INK: RGBColor = RGBColor(1, 0, 0);
const MUTED: RGBColor = RGBColor(2, 0, 0);
const GRID: RGBColor = RGBColor(3, 0, 0);
const BEFORE: RGBColor = RGBColor(4, 0, 0);
const AFTER: RGBColor = RGBColor(5, 0, 0);
const BAND: RGBColor = RGBColor(6, 0, 0);
const WORSE: RGBColor = RGBColor(7, 0, 0);
const PAPER: RGBColor = RGBColor(8, 0, 0);
const CLASSES: [(RGBColor, &str); 8] = [
    (INK, "ink"),
    (MUTED, "muted"),
    (GRID, "grid"),
    (BEFORE, "before"),
    (AFTER, "after"),
    (BAND, "band"),
    (WORSE, "worse"),
    (PAPER, "paper"),
];

/// A drawing, ready to stand in a page.
#[derive(Debug, Clone, Serialize)]
pub struct Plot {
    pub title: String,
    pub svg: Value,
}

/// A row of [`rates`]: one group of cases under both versions, or under one.
pub struct RateRow<'a> {
    pub name: String,
    pub before: Option<&'a Rate>,
    pub after: &'a Rate,
}

/// A row of [`differences`]. Coloured by what was found, so that no interval looks surer than its test.
pub struct DifferenceRow {
    pub name: String,
    pub mean: Mean,
    pub finding: Finding,
}

/// Pass rates with their intervals, one row for each group. `labels` name the versions in the legend.
pub fn rates(title: &str, labels: &Outcomes<String>, rows: &[RateRow<'_>]) -> Result<Plot> {
    const ROW: i32 = 124;
    let paired = rows.iter().any(|row| row.before.is_some());
    let top = if paired { 60 } else { 10 };
    let bottom = top + ROW * rows.len() as i32;
    let x = |share: f64| LEFT + 20 + ((RIGHT - LEFT - 40) as f64 * share.clamp(0.0, 1.0)).round() as i32;
    draw(title, &describe_rates(labels, rows), bottom + 52, |area| {
        if paired {
            legend(area, labels)?;
        }
        for step in 0..=4 {
            let share = f64::from(step) / 4.0;
            line(area, (x(share), top), (x(share), bottom), GRID, 2)?;
            text(area, &words::percent(share), (x(share), bottom + 28), SMALL, MUTED, HPos::Center)?;
        }
        for (i, row) in rows.iter().enumerate() {
            let y = top + ROW * i as i32;
            let figures = match row.before {
                Some(before) => format!("{} → {}", words::percent(before.rate), words::percent(row.after.rate)),
                None => row.after.words(),
            };
            let name = format!("{} ({})", words::clip(&row.name, 34), row.after.cases);
            text(area, &name, (LEFT, y + 34), TEXT, INK, HPos::Left)?;
            text(area, &figures, (RIGHT, y + 34), TEXT, INK, HPos::Right)?;
            if let Some(before) = row.before {
                interval(area, &before.interval, before.rate, y + 72, BEFORE, x)?;
            }
            let below = if row.before.is_some() { 102 } else { 80 };
            interval(area, &row.after.interval, row.after.rate, y + below, AFTER, x)?;
        }
        Ok(())
    })
}

/// Paired differences in score with their intervals, the zero line and the band of differences too small to matter.
pub fn differences(title: &str, rows: &[DifferenceRow], negligible: f64) -> Result<Plot> {
    const TOP: i32 = 20;
    const ROW: i32 = 100;
    let bottom = TOP + ROW * rows.len() as i32;
    let reach = rows.iter().flat_map(|r| [r.mean.interval.low, r.mean.interval.high, r.mean.mean]).map(f64::abs);
    let reach = reach.chain([negligible * 2.0, 0.1]).fold(0.0, f64::max);
    let step = [0.05, 0.1, 0.2, 0.25, 0.5].into_iter().find(|s| reach / s <= 4.0).unwrap_or(0.5);
    let span = (reach / step).ceil() * step;
    let middle = (LEFT + RIGHT) / 2;
    let x = |value: f64| middle + (f64::from(RIGHT - LEFT - 90) / 2.0 * (value / span).clamp(-1.0, 1.0)).round() as i32;
    draw(title, &describe_differences(rows), bottom + 84, |area| {
        fill(area, (x(-negligible), TOP), (x(negligible), bottom), BAND)?;
        let ticks = (span / step).round() as i32;
        for tick in -ticks..=ticks {
            let value = f64::from(tick) * step;
            let (colour, width) = if tick == 0 { (INK, 3) } else { (GRID, 2) };
            line(area, (x(value), TOP), (x(value), bottom), colour, width)?;
            if tick == 0 || ticks <= 3 || tick % 2 == 0 {
                text(area, &words::signed(value), (x(value), bottom + 26), SMALL, MUTED, HPos::Center)?;
            }
        }
        text(area, "◀ worse", (LEFT, bottom + 60), SMALL, WORSE, HPos::Left)?;
        text(area, "better ▶", (RIGHT, bottom + 60), SMALL, AFTER, HPos::Right)?;
        for (i, DifferenceRow { name, mean, finding }) in rows.iter().enumerate() {
            let y = TOP + ROW * i as i32;
            let colour = match finding {
                Finding::Improved => AFTER,
                Finding::Regressed => WORSE,
                Finding::NoDifference | Finding::TooFewCases => BEFORE,
            };
            text(area, &words::clip(name, 34), (LEFT, y + 32), TEXT, INK, HPos::Left)?;
            text(area, &mean.as_difference(), (RIGHT, y + 32), TEXT, INK, HPos::Right)?;
            interval(area, &mean.interval, mean.mean, y + 72, colour, x)?;
        }
        Ok(())
    })
}

/// How the paired differences in score are spread over the cases: a column for every tenth from −1 to 1.
pub fn distribution(title: &str, values: &[f64]) -> Result<Plot> {
    const TOP: i32 = 40;
    const BOTTOM: i32 = 270;
    const BINS: usize = 21;
    let mut counts = [0usize; BINS];
    for value in values {
        counts[((value.clamp(-1.0, 1.0) + 1.0) * 10.0).round() as usize] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let slot = (RIGHT - LEFT) / BINS as i32;
    draw(title, &describe_distribution(values), BOTTOM + 84, |area| {
        for (bin, &count) in counts.iter().enumerate() {
            let left = LEFT + slot * bin as i32;
            let value = bin as f64 / 10.0 - 1.0;
            let colour = match bin.cmp(&(BINS / 2)) {
                std::cmp::Ordering::Less => WORSE,
                std::cmp::Ordering::Equal => BEFORE,
                std::cmp::Ordering::Greater => AFTER,
            };
            if count > 0 {
                let height = (f64::from(BOTTOM - TOP) * count as f64 / most as f64).round() as i32;
                fill(area, (left + 4, BOTTOM - height), (left + slot - 4, BOTTOM), colour)?;
                let at = (left + slot / 2, BOTTOM - height - 16);
                text(area, &count.to_string(), at, SMALL, INK, HPos::Center)?;
            }
            if bin % 5 == 0 {
                let at = (left + slot / 2, BOTTOM + 28);
                text(area, &words::signed(value), at, SMALL, MUTED, HPos::Center)?;
            }
        }
        line(area, (LEFT, BOTTOM), (RIGHT, BOTTOM), MUTED, 2)?;
        text(area, "◀ worse", (LEFT, BOTTOM + 62), SMALL, WORSE, HPos::Left)?;
        text(area, "better ▶", (RIGHT, BOTTOM + 62), SMALL, AFTER, HPos::Right)
    })
}

fn describe_rates(labels: &Outcomes<String>, rows: &[RateRow<'_>]) -> String {
    let each = rows.iter().map(|row| match row.before {
        Some(before) => {
            format!("{}: {} {}, {} {}.", row.name, labels.a, before.words(), labels.b, row.after.words())
        }
        None => format!("{}: {}.", row.name, row.after.words()),
    });
    each.collect::<Vec<_>>().join(" ")
}

fn describe_differences(rows: &[DifferenceRow]) -> String {
    rows.iter().map(|row| format!("{}: {}.", row.name, row.mean.as_difference())).collect::<Vec<_>>().join(" ")
}

fn describe_distribution(values: &[f64]) -> String {
    let up = values.iter().filter(|v| **v >= 0.05).count();
    let down = values.iter().filter(|v| **v <= -0.05).count();
    format!(
        "{} scored higher, {} lower, {} about the same.",
        words::count(up, "case"),
        words::count(down, "case"),
        words::count(values.len() - up - down, "case")
    )
}

fn legend(area: &Area<'_>, labels: &Outcomes<String>) -> Result<(), DrawError> {
    let (before, after) = (words::clip(&labels.a, 24), words::clip(&labels.b, 24));
    mark(area, (LEFT + 12, 20), BEFORE)?;
    text(area, &before, (LEFT + 32, 20), SMALL, MUTED, HPos::Left)?;
    mark(area, (WIDTH / 2 + 12, 20), AFTER)?;
    text(area, &after, (WIDTH / 2 + 32, 20), SMALL, MUTED, HPos::Left)
}

/// A line from low to high with end strokes and the point estimate on it.
fn interval(
    area: &Area<'_>,
    range: &Interval,
    point: f64,
    y: i32,
    colour: RGBColor,
    x: impl Fn(f64) -> i32,
) -> Result<(), DrawError> {
    let (low, high) = (x(range.low), x(range.high));
    line(area, (low, y), (high, y), colour, 6)?;
    line(area, (low, y - 8), (low, y + 8), colour, 4)?;
    line(area, (high, y - 8), (high, y + 8), colour, 4)?;
    mark(area, (x(point), y), colour)
}

/// A hollow ring for the version before, a full diamond for the one after: shape tells them apart where colour can't.
fn mark(area: &Area<'_>, (x, y): (i32, i32), colour: RGBColor) -> Result<(), DrawError> {
    if colour == BEFORE {
        area.draw(&Circle::new((x, y), 11, BEFORE.filled()))?;
        area.draw(&Circle::new((x, y), 6, PAPER.filled()))
    } else {
        area.draw(&Polygon::new(vec![(x - 13, y), (x, y - 13), (x + 13, y), (x, y + 13)], colour.filled()))
    }
}

fn line(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor, width: u32) -> Result<(), DrawError> {
    area.draw(&PathElement::new(vec![from, to], colour.stroke_width(width)))
}

fn fill(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<(), DrawError> {
    area.draw(&Rectangle::new([from, to], colour.filled()))
}

fn text(
    area: &Area<'_>,
    words: &str,
    at: (i32, i32),
    size: i32,
    colour: RGBColor,
    side: HPos,
) -> Result<(), DrawError> {
    let style = ("sans-serif", f64::from(size) * 1.24).into_font().color(&colour).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(clean::terminal(words), at, style))
}

type DrawError = DrawingAreaErrorKind<std::io::Error>;

fn draw(
    title: &str,
    description: &str,
    height: i32,
    paint: impl FnOnce(&Area<'_>) -> Result<(), DrawError>,
) -> Result<Plot> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
        paint(&area)
            .and_then(|()| area.present())
            .map_err(|e| Error::input(format!("the plot \"{title}\" could not be drawn: {e}")))?;
    }
    Ok(Plot { title: title.to_string(), svg: Value::from_safe_string(finish(&svg, title, description)) })
}

/// Gives the drawing its text alternative, and classes for colours.
fn finish(svg: &str, title: &str, description: &str) -> String {
    let mut out = svg.to_string();
    for (colour, class) in CLASSES {
        let marker = format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
        out = out.replace(&format!("fill=\"{marker}\""), &format!("class=\"fill-{class}\""));
        out = out.replace(&format!("stroke=\"{marker}\""), &format!("class=\"stroke-{class}\""));
    }
    out = out.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "").replace(" font-family=\"sans-serif\"", "");
    let start = out.find("viewBox").unwrap_or(0);
    let (title, description) = (clean::html(title), clean::html(description));
    let body = out[start..].replacen(
        ">\n",
        &format!(" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<desc>{description}</desc>\n"),
        1,
    );
    format!("<svg {body}")
}
