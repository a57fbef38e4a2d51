//! People's points on the rubric's scale.

use super::{AFTER, GRID, INK, LEFT, MUTED, Plot, RIGHT, SMALL, TEXT, draw, interval, legend, line, text};
use crate::check::TARGET_SCORE;
use crate::compare::{Mean, Outcomes};
use crate::words;
use engine::error::Result;
use plotters::style::text_anchor::HPos;

/// A row of [`points`]: one criterion.
pub struct PointsRow {
    pub name: String,
    pub people: Mean,
}

/// People's mean with its interval, from 1 to 5, with a line at the target.
pub fn points(title: &str, rows: &[PointsRow]) -> Result<Plot> {
    const TOP: i32 = 60;
    const ROW: i32 = 100;
    let bottom = TOP + ROW * rows.len() as i32;
    let labels = Outcomes { a: String::new(), b: "people".to_string() };
    let x = |points: f64| {
        LEFT + 20 + (f64::from(RIGHT - LEFT - 40) * ((points - 1.0) / 4.0).clamp(0.0, 1.0)).round() as i32
    };
    draw(title, &describe(rows), bottom + 52, |area| {
        legend(area, &labels)?;
        for tick in 1..=5 {
            let value = f64::from(tick);
            let target = value == TARGET_SCORE;
            let (colour, width) = if target { (INK, 3) } else { (GRID, 2) };
            line(area, (x(value), TOP), (x(value), bottom), colour, width)?;
            let name = if target { format!("{tick} target") } else { tick.to_string() };
            text(area, &name, (x(value), bottom + 28), SMALL, MUTED, HPos::Center)?;
        }
        for (i, row) in rows.iter().enumerate() {
            let y = TOP + ROW * i as i32;
            text(area, &row.name, (LEFT, y + 30), TEXT, INK, HPos::Left)?;
            // Left of the target line, which would run through them at the right.
            text(area, &figures(row), (LEFT + 210, y + 30), TEXT, INK, HPos::Left)?;
            interval(area, &row.people.interval, row.people.mean, y + 70, AFTER, x)?;
        }
        Ok(())
    })
}

fn figures(row: &PointsRow) -> String {
    format!("{} ({})", words::decimal(row.people.mean), row.people.interval.range())
}

fn describe(rows: &[PointsRow]) -> String {
    let each = rows.iter().map(|row| format!("{}: people {}.", row.name, figures(row)));
    each.collect::<Vec<_>>().join(" ")
}
