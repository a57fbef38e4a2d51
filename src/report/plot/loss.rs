//! The loss of a training, step by step.

use super::{
    AFTER, Area, BEFORE, DrawError, GRID, INK, LEFT, MUTED, Plot, RIGHT, SMALL, WIDTH, WORSE, draw, line, mark, text,
};
use crate::words;
use engine::error::Result;
use engine::train::{Curve, Entry, Point, course, loss_words};
use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBAColor};

const AXIS: i32 = 92;
const TOP: i32 = 104;
const BOTTOM: i32 = 436;
const HEIGHT: i32 = 512;

/// So many steps are drawn one by one; more of them as their range within a column of the drawing.
const SINGLE: usize = 400;

/// What a drawing that stands alone brings along; a page has all this in its own style.
const STYLE: &str = include_str!("../templates/loss.css");

/// Where the vertical axis ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    top: f64,
    /// Between two marks.
    tick: f64,
}

impl Scale {
    /// One axis for all `trainings`, so that drawings side by side compare. A few losses far above the rest (a first
    /// step on strange text, the end of a training that broke down) would press everything else flat: when the highest
    /// is over three times the ninth decile, the axis ends a little above that decile.
    pub fn of<'a>(trainings: impl IntoIterator<Item = &'a [Entry]>) -> Self {
        let losses = trainings.into_iter().flatten().map(|entry| entry.loss).filter(|loss| loss.is_finite());
        let mut losses: Vec<f64> = losses.collect();
        losses.sort_by(f64::total_cmp);
        let highest = losses.last().copied().unwrap_or(1.0);
        let decile = losses.get(losses.len().saturating_sub(1) * 9 / 10).copied().unwrap_or(1.0);
        let reach = if highest > 3.0 * decile && decile > 0.0 { 1.3 * decile } else { highest };
        let tick = nice(reach.max(0.01) / 4.0);
        Self { top: (reach.max(0.01) / tick).ceil() * tick, tick }
    }
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn nice(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0].into_iter().map(|n| n * power).find(|n| *n >= least * 0.999).unwrap_or(10.0 * power)
}

/// Where things lie.
struct Frame {
    scale: Scale,
    steps: usize,
}

impl Frame {
    fn x(&self, step: usize) -> i32 {
        AXIS + (f64::from(RIGHT - 32 - AXIS) * step as f64 / self.steps.max(1) as f64).round() as i32
    }

    fn y(&self, loss: f64) -> i32 {
        let share = (loss / self.scale.top).clamp(0.0, 1.0);
        BOTTOM - (f64::from(BOTTOM - TOP) * share).round() as i32
    }

    fn at(&self, point: &Point) -> (i32, i32) {
        (self.x(point.step), self.y(point.loss))
    }
}

/// Training loss of each step, faint; the same smoothed; validation with the best marked; borders of epochs.
pub fn loss(title: &str, entries: &[Entry], scale: Scale) -> Result<Plot> {
    let curve = Curve::of(entries);
    let frame = Frame { scale, steps: entries.iter().map(|entry| entry.step).max().unwrap_or(0) };
    let description = course(&curve).unwrap_or_else(|| "No step was logged.".to_string());
    draw(title, &description, HEIGHT, |area| {
        legend(area, &curve)?;
        axes(area, &frame, &curve.training)?;
        epochs(area, &frame, &curve.training)?;
        steps(area, &frame, &curve.training)?;
        for part in smoothed(&curve.training, frame.scale.top) {
            path(area, &frame, &part, BEFORE.stroke_width(5))?;
        }
        validation(area, &frame, &curve)?;
        off_scale(area, &frame, &curve)
    })
}

/// `loss.svg`: a drawing with its own colours, for light and dark.
pub fn loss_svg(entries: &[Entry]) -> Result<String> {
    let plot = loss("Loss of the training", entries, Scale::of([entries]))?;
    let svg = plot.svg.as_str().unwrap_or_default();
    let size = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" ");
    let style = format!(
        "</desc>\n<style>\n{STYLE}</style>\n<rect class=\"fill-paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>"
    );
    Ok(svg.replacen("<svg ", &size, 1).replacen("</desc>", &style, 1))
}

fn legend(area: &Area<'_>, curve: &Curve) -> Result<(), DrawError> {
    const Y: i32 = 20;
    area.draw(&Circle::new((LEFT + 10, Y), 6, faint().filled()))?;
    text(area, "training step", (LEFT + 30, Y), SMALL, MUTED, HPos::Left)?;
    line(area, (300, Y), (332, Y), BEFORE, 5)?;
    text(area, "smoothed", (344, Y), SMALL, MUTED, HPos::Left)?;
    if !curve.validation.is_empty() {
        mark(area, (506, Y), AFTER)?;
        text(area, "validation", (528, Y), SMALL, MUTED, HPos::Left)?;
    }
    if let Some(best) = curve.best() {
        area.draw(&Circle::new((706, Y), 14, INK.stroke_width(3)))?;
        text(area, &format!("best: {}", loss_words(best.loss)), (732, Y), SMALL, MUTED, HPos::Left)?;
    }
    Ok(())
}

fn faint() -> RGBAColor {
    BEFORE.mix(0.45)
}

fn axes(area: &Area<'_>, frame: &Frame, training: &[Point]) -> Result<(), DrawError> {
    let Scale { top, tick } = frame.scale;
    let whole = |decimals: &i32| (tick * 10f64.powi(*decimals)).fract().abs() < 1e-6;
    let decimals = (0..4).find(whole).unwrap_or(4) as usize;
    let figure = |loss: f64| if loss < 1e6 { format!("{loss:.decimals$}") } else { loss_words(loss) };
    for i in 0..=(top / tick).round() as usize {
        let loss = tick * i as f64;
        let (colour, width) = if i == 0 { (MUTED, 2) } else { (GRID, 2) };
        line(area, (AXIS, frame.y(loss)), (RIGHT, frame.y(loss)), colour, width)?;
        text(area, &figure(loss), (AXIS - 12, frame.y(loss)), SMALL, MUTED, HPos::Right)?;
    }
    text(area, "loss", (LEFT, TOP - 36), SMALL, MUTED, HPos::Left)?;
    let every = nice(frame.steps.max(1) as f64 / 6.0).ceil().max(1.0) as usize;
    for step in (0..=frame.steps).step_by(every) {
        let at = (frame.x(step), BOTTOM + 26);
        text(area, &words::thousands(step), at, SMALL, MUTED, HPos::Center)?;
    }
    let name = if epoch_room(training) >= NAMED { "step" } else { "step (above: epoch)" };
    text(area, name, (RIGHT, BOTTOM + 58), SMALL, MUTED, HPos::Right)
}

/// Epochs narrower than this are numbered only.
const NAMED: i32 = 130;

fn epoch_room(training: &[Point]) -> i32 {
    (RIGHT - AXIS) / training.last().map_or(1, |point| point.epoch.max(1)) as i32
}

/// A line where each epoch ends, and its number above; of many epochs only some are numbered.
fn epochs(area: &Area<'_>, frame: &Frame, training: &[Point]) -> Result<(), DrawError> {
    let room = epoch_room(training);
    let every = (44 / room.max(1)) as usize + 1;
    let mut start = 0;
    for part in training.chunk_by(|a, b| a.epoch == b.epoch) {
        let (epoch, end) = part.last().map_or((0, start), |point| (point.epoch, point.step));
        line(area, (frame.x(end), TOP - 8), (frame.x(end), BOTTOM), GRID, 2)?;
        if epoch.saturating_sub(1).is_multiple_of(every) {
            let name = if room >= NAMED { format!("epoch {epoch}") } else { epoch.to_string() };
            text(area, &name, ((frame.x(start) + frame.x(end)) / 2, TOP - 28), SMALL, MUTED, HPos::Center)?;
        }
        start = end;
    }
    Ok(())
}

fn steps(area: &Area<'_>, frame: &Frame, training: &[Point]) -> Result<(), DrawError> {
    let finite: Vec<&Point> = training.iter().filter(|point| point.loss.is_finite()).collect();
    if finite.len() <= SINGLE {
        return finite.iter().try_for_each(|point| area.draw(&Circle::new(frame.at(point), 5, faint().filled())));
    }
    for column in finite.chunk_by(|a, b| frame.x(a.step) / 2 == frame.x(b.step) / 2) {
        let heights = || column.iter().map(|point| frame.y(point.loss));
        let (Some(high), Some(low)) = (heights().min(), heights().max()) else { continue };
        let x = frame.x(column[0].step);
        area.draw(&PathElement::new(vec![(x, high - 1), (x, low + 1)], faint().stroke_width(2)))?;
    }
    Ok(())
}

/// The exponential moving average over a twentieth of the steps, from 3 to 50, corrected for its start at nothing
/// (Kingma & Ba 2015, section 3); in parts, broken where the loss is no number. A loss off the scale counts
/// as `top`, or a single one would bend the line for long.
fn smoothed(training: &[Point], top: f64) -> Vec<Vec<Point>> {
    let keep = 1.0 - 1.0 / (training.len() as f64 / 20.0).clamp(3.0, 50.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut parts = vec![Vec::new()];
    for point in training {
        if point.loss.is_finite() {
            sum = keep * sum + (1.0 - keep) * point.loss.min(top);
            weight = keep * weight + (1.0 - keep);
            parts.last_mut().into_iter().for_each(|part| part.push(Point { loss: sum / weight, ..*point }));
        } else {
            parts.push(Vec::new());
        }
    }
    // More points than columns would only make the file large.
    let every = training.len().div_ceil(SINGLE).max(1);
    for part in &mut parts {
        let last = part.len().saturating_sub(1);
        let mut i = 0;
        part.retain(|_| {
            i += 1;
            (i - 1) % every == 0 || i - 1 == last
        });
    }
    parts
}

fn path(
    area: &Area<'_>,
    frame: &Frame,
    points: &[Point],
    style: impl Into<plotters::style::ShapeStyle>,
) -> Result<(), DrawError> {
    let points: Vec<(i32, i32)> = points.iter().map(|point| frame.at(point)).collect();
    if points.len() < 2 { Ok(()) } else { area.draw(&PathElement::new(points, style)) }
}

/// The validations, with a ring around the best.
fn validation(area: &Area<'_>, frame: &Frame, curve: &Curve) -> Result<(), DrawError> {
    for part in curve.validation.split(|point| !point.loss.is_finite()) {
        path(area, frame, part, AFTER.stroke_width(4))?;
        part.iter().try_for_each(|point| mark(area, frame.at(point), AFTER))?;
    }
    let ring = |best: Point| area.draw(&Circle::new(frame.at(&best), 20, INK.stroke_width(3)));
    curve.best().map_or(Ok(()), ring)
}

/// What the axis cannot hold: arrows at its top with the highest figure in words, and a line where numbers end.
fn off_scale(area: &Area<'_>, frame: &Frame, curve: &Curve) -> Result<(), DrawError> {
    let all = || curve.training.iter().chain(&curve.validation);
    let above: Vec<&Point> = all().filter(|p| p.loss.is_finite() && p.loss > frame.scale.top).collect();
    let mut drawn = None;
    for x in above.iter().map(|point| frame.x(point.step)) {
        if drawn != Some(x / 12) {
            drawn = Some(x / 12);
            area.draw(&Polygon::new(vec![(x - 9, TOP + 8), (x, TOP - 8), (x + 9, TOP + 8)], WORSE.filled()))?;
        }
    }
    let mut notes = Vec::new();
    if let Some(highest) = above.iter().map(|point| point.loss).reduce(f64::max) {
        notes.push(format!("▲ off the scale: {}, up to {}", above.len(), loss_words(highest)));
    }
    if let Some(broken) = all().filter(|point| !point.loss.is_finite()).min_by_key(|point| point.step) {
        line(area, (frame.x(broken.step), TOP), (frame.x(broken.step), BOTTOM), WORSE, 4)?;
        notes.push(format!("┃ not a number at step {}", words::thousands(broken.step)));
    }
    text(area, &notes.join("   "), (AXIS, BOTTOM + 58), SMALL, WORSE, HPos::Left)
}

#[cfg(test)]
#[path = "loss_tests.rs"]
mod tests;
