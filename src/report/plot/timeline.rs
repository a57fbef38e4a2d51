//! Values over time: one place for each run, intervals as bars, a dashed line where the ruler changed.

use super::{
    AFTER, Area, BAND, BEFORE, DrawError, GRID, INK, LEFT, MUTED, Plot, RIGHT, SMALL, draw, fill, line, mark, text,
};
use crate::words;
use engine::error::Result;
use plotters::element::{Circle, PathElement};
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

const AXIS: i32 = 108;
const TOP: i32 = 56;
const BOTTOM: i32 = 330;
const HEIGHT: i32 = 420;
/// Room that the labels under the axis need.
const NAME: i32 = 100;
const DATE: i32 = 150;

/// What the vertical axis shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// A share, in per cent.
    Share,
    /// A score from 0 to 1.
    Score,
    /// The rubric's 1 to 5, with its target of 4.
    Points,
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dot {
    /// The run, from 0.
    pub place: usize,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Dots of one chain are joined in their order; without one the dot stands apart, small and hollow.
    pub chain: Option<usize>,
}

/// A chart of one group of cases.
#[derive(Debug)]
pub struct Timeline<'a> {
    pub title: String,
    pub axis: Axis,
    /// Version and date of each run.
    pub runs: &'a [(String, String)],
    pub dots: Vec<Dot>,
    /// Before which run the ruler changed, and the number of the note that says how.
    pub marks: Vec<(usize, usize)>,
    /// For those who do not see it.
    pub description: String,
}

pub fn timeline(chart: &Timeline<'_>) -> Result<Plot> {
    let frame = Frame { axis: chart.axis, runs: chart.runs.len().max(1) };
    draw(&chart.title, &chart.description, HEIGHT, |area| {
        axes(area, &frame, chart.runs)?;
        chart.marks.iter().try_for_each(|(run, number)| change(area, &frame, *run, *number))?;
        for pair in joined(&chart.dots) {
            let at = pair.map(|dot| (frame.x(dot.place), frame.y(dot.value)));
            area.draw(&PathElement::new(at.to_vec(), AFTER.stroke_width(3)))?;
        }
        chart.dots.iter().try_for_each(|dot| value(area, &frame, dot))
    })
}

struct Frame {
    axis: Axis,
    runs: usize,
}

impl Frame {
    fn x(&self, place: usize) -> i32 {
        AXIS + (f64::from(RIGHT - AXIS) * (place as f64 + 0.5) / self.runs as f64).round() as i32
    }

    fn y(&self, value: f64) -> i32 {
        let (low, high) = self.range();
        BOTTOM - (f64::from(BOTTOM - TOP) * ((value - low) / (high - low)).clamp(0.0, 1.0)).round() as i32
    }

    fn range(&self) -> (f64, f64) {
        if self.axis == Axis::Points { (1.0, 5.0) } else { (0.0, 1.0) }
    }

    fn slot(&self) -> i32 {
        (RIGHT - AXIS) / self.runs as i32
    }
}

fn axes(area: &Area<'_>, frame: &Frame, runs: &[(String, String)]) -> Result<(), DrawError> {
    let (low, high) = frame.range();
    if frame.axis == Axis::Points {
        fill(area, (AXIS, frame.y(5.0)), (RIGHT, frame.y(4.0)), BAND)?;
    }
    for step in 0..=4 {
        let at = low + (high - low) * f64::from(step) / 4.0;
        let words = match frame.axis {
            Axis::Share => words::percent(at),
            Axis::Score => words::decimal(at),
            Axis::Points => format!("{at:.0}"),
        };
        line(area, (AXIS, frame.y(at)), (RIGHT, frame.y(at)), if step == 0 { MUTED } else { GRID }, 2)?;
        text(area, &words, (AXIS - 14, frame.y(at)), SMALL, MUTED, HPos::Right)?;
    }
    if frame.axis == Axis::Points {
        text(area, "target", (LEFT, frame.y(4.0) - 30), SMALL, MUTED, HPos::Left)?;
    }
    for (place, (version, date)) in runs.iter().enumerate() {
        // Of many runs only some have a label; the last one always does.
        let fits =
            |room: i32| (runs.len() - 1 - place).is_multiple_of((room.div_euclid(frame.slot().max(1)) + 1) as usize);
        if fits(NAME) {
            text(area, &words::clip(version, 6), (frame.x(place), BOTTOM + 28), SMALL, INK, HPos::Center)?;
        }
        if fits(DATE) {
            text(area, date, (frame.x(place), BOTTOM + 62), SMALL, MUTED, HPos::Center)?;
        }
    }
    Ok(())
}

/// A dashed line before the run, with its number on top.
fn change(area: &Area<'_>, frame: &Frame, run: usize, number: usize) -> Result<(), DrawError> {
    let x = frame.x(run) - frame.slot() / 2;
    let mut y = TOP - 12;
    while y < BOTTOM {
        line(area, (x, y), (x, (y + 10).min(BOTTOM)), INK, 2)?;
        y += 18;
    }
    text(area, &format!("[{number}]"), (x, TOP - 32), SMALL, INK, HPos::Center)
}

/// The neighbours that were measured with one ruler.
fn joined(dots: &[Dot]) -> Vec<[Dot; 2]> {
    let chained: Vec<Dot> = dots.iter().filter(|dot| dot.chain.is_some()).copied().collect();
    chained.windows(2).filter(|pair| pair[0].chain == pair[1].chain).map(|pair| [pair[0], pair[1]]).collect()
}

fn value(area: &Area<'_>, frame: &Frame, dot: &Dot) -> Result<(), DrawError> {
    let (x, y) = (frame.x(dot.place), frame.y(dot.value));
    let (colour, width) = if dot.chain.is_some() { (AFTER, 5) } else { (BEFORE, 2) };
    line(area, (x, frame.y(dot.high)), (x, frame.y(dot.low)), colour, width)?;
    for end in [dot.low, dot.high] {
        line(area, (x - 7, frame.y(end)), (x + 7, frame.y(end)), colour, width.min(4))?;
    }
    match dot.chain {
        Some(_) => mark(area, (x, y), AFTER),
        None => {
            area.draw(&Circle::new((x, y), 7, BEFORE.filled()))?;
            area.draw(&Circle::new((x, y), 4, super::PAPER.filled()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(place: usize, chain: Option<usize>) -> Dot {
        Dot { place, value: 0.5, low: 0.3, high: 0.7, chain }
    }

    #[test]
    fn nothing_is_joined_across_a_change() {
        let dots = [dot(0, Some(1)), dot(1, None), dot(2, Some(1)), dot(3, Some(2)), dot(4, Some(2)), dot(5, Some(3))];
        let pairs: Vec<_> = joined(&dots).iter().map(|pair| (pair[0].place, pair[1].place)).collect();
        assert_eq!(pairs, [(0, 2), (3, 4)]);
    }

    #[test]
    fn every_run_value_and_change_is_drawn_and_hostile_names_are_inert() {
        let runs = vec![("<b>v1</b>".to_string(), "03-01".to_string()), ("v2".to_string(), "04-01".to_string())];
        let chart = Timeline {
            title: "All".into(),
            axis: Axis::Points,
            runs: &runs,
            dots: vec![dot(0, Some(1)), dot(1, Some(2))],
            marks: vec![(1, 7)],
            description: "x".into(),
        };
        let svg = timeline(&chart).unwrap().svg.to_string();
        for part in ["[7]", "03-01", "04-01", "target", "v2"] {
            assert!(svg.contains(part), "{part}");
        }
        assert!(!svg.contains("<b>"));
    }
}
