//! Small drawings of what [`super::growth`] measured: time above, memory below, a column for each varied size.
//!
//! plotters draws in marker colours that become CSS classes, so that one drawing serves light and dark.

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::prelude::{Color, DrawingArea, DrawingAreaErrorKind, IntoDrawingArea, IntoFont, RGBColor, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// One varied size.
pub struct Column {
    pub name: &'static str,
    pub marks: Vec<Mark>,
}

/// A step with that size at `value`.
pub struct Mark {
    pub value: usize,
    pub seconds: f64,
    pub bytes: Option<u64>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Drawing units, two to a pixel, since plotters places things on whole units.
const WIDTH: i32 = 1680;
const HEIGHT: i32 = 960;
const LEFT: i32 = 92;
const GAP: i32 = 44;
const RIGHT: i32 = WIDTH - 28;
const TOPS: [i32; 2] = [150, 560];
const PANEL_HEIGHT: i32 = 270;
const TEXT: f64 = 30.0;
/// About the width of a digit.
const DIGIT: i32 = 15;

const INK: RGBColor = RGBColor(1, 0, 0);
const MUTED: RGBColor = RGBColor(2, 0, 0);
const GRID: RGBColor = RGBColor(3, 0, 0);
const TIME: RGBColor = RGBColor(4, 0, 0);
const MEMORY: RGBColor = RGBColor(5, 0, 0);
const PAPER: RGBColor = RGBColor(6, 0, 0);
const CLASSES: [(RGBColor, &str); 6] =
    [(INK, "ink"), (MUTED, "muted"), (GRID, "grid"), (TIME, "time"), (MEMORY, "memory"), (PAPER, "paper")];

const STYLE: &str = "\
svg { --paper: #ffffff; --ink: #1f2328; --muted: #626a73; --grid: #e3e1dc; --time: #0b65a8; --memory: #b1480a;
  font-family: system-ui, -apple-system, \"Segoe UI\", Roboto, \"Helvetica Neue\", \"Noto Sans\", sans-serif; }
@media screen and (prefers-color-scheme: dark) {
  svg { --paper: #1c2026; --ink: #e6e8eb; --muted: #9aa3ad; --grid: #313842; --time: #6cb8f5; --memory: #f59a5c; }
}
";

/// One row of panels, all on one vertical axis.
struct Row {
    name: &'static str,
    top: i32,
    colour: RGBColor,
    of: fn(&Mark) -> Option<f64>,
}

/// A linear axis from nothing to `end`.
struct Axis {
    end: f64,
    tick: f64,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let most = values.fold(0.0, f64::max).max(1e-3);
        let power = 10f64.powf((most / 4.0).log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
        let tick = steps.into_iter().map(|n| n * power).find(|tick| most <= 4.001 * tick).unwrap_or(most);
        Self { end: (most / tick - 1e-3).ceil() * tick, tick }
    }

    fn share(&self, value: f64) -> f64 {
        value / self.end
    }

    /// Each tick with its figure.
    fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let whole = |decimals: &usize| {
            let scaled = self.tick * 10f64.powi(*decimals as i32);
            (scaled - scaled.round()).abs() < 1e-6
        };
        let decimals = (0..6).find(whole).unwrap_or(6);
        (0..=(self.end / self.tick).round() as usize).map(move |i| {
            let value = i as f64 * self.tick;
            (value, format!("{value:.decimals$}"))
        })
    }
}

/// The whole drawing as SVG.
pub fn draw(columns: &[Column]) -> String {
    let gigabytes = |mark: &Mark| mark.bytes.map(|bytes| bytes as f64 / 1e9);
    let rows = [
        Row { name: "Seconds per step", top: TOPS[0], colour: TIME, of: |mark| Some(mark.seconds) },
        Row { name: "Peak memory, GB", top: TOPS[1], colour: MEMORY, of: gigabytes },
    ];
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH as u32, HEIGHT as u32)).into_drawing_area();
        paint(&area, columns, &rows).and_then(|()| area.present()).expect("a drawing");
    }
    finish(svg)
}

fn paint(area: &Area<'_>, columns: &[Column], rows: &[Row]) -> Drawn {
    area.draw(&Rectangle::new([(0, 0), (WIDTH, HEIGHT)], PAPER.filled()))?;
    let note = "One size varied at a time; the others stay at 4 sequences of 256 tokens, rank 16 and all layers";
    text(area, note, (28, 40), MUTED, HPos::Left)?;
    for row in rows {
        let axis = Axis::of(columns.iter().flat_map(|column| &column.marks).filter_map(row.of));
        text(area, row.name, (28, row.top - 44), INK, HPos::Left)?;
        for (value, figure) in axis.ticks() {
            text(area, &figure, (LEFT - 14, height(row, &axis, value)), MUTED, HPos::Right)?;
        }
        for (index, column) in columns.iter().enumerate() {
            panel(area, row, &axis, column, bounds(index, columns.len()))?;
        }
    }
    let below = TOPS[1] + PANEL_HEIGHT + 82;
    columns.iter().enumerate().try_for_each(|(index, column)| {
        let (left, right) = bounds(index, columns.len());
        text(area, column.name, ((left + right) / 2, below), INK, HPos::Center)
    })
}

/// Left and right end of a column's panels.
fn bounds(index: usize, count: usize) -> (i32, i32) {
    let (index, count) = (index as i32, count as i32);
    let width = (RIGHT - LEFT - GAP * (count - 1)) / count;
    let left = LEFT + index * (width + GAP);
    (left, left + width)
}

fn height(row: &Row, axis: &Axis, value: f64) -> i32 {
    row.top + PANEL_HEIGHT - (f64::from(PANEL_HEIGHT) * axis.share(value)).round() as i32
}

fn panel(area: &Area<'_>, row: &Row, axis: &Axis, column: &Column, (left, right): (i32, i32)) -> Drawn {
    for (value, _) in axis.ticks() {
        let (y, colour) = (height(row, axis, value), if value == 0.0 { MUTED } else { GRID });
        area.draw(&PathElement::new(vec![(left, y), (right, y)], colour.stroke_width(2)))?;
    }
    // Both axes are linear and begin at nothing: growth in proportion is a line through the corner.
    let widest = column.marks.iter().map(|mark| mark.value).max().unwrap_or(1).max(1);
    let across = |value: usize| left + (f64::from(right - left - 24) * value as f64 / widest as f64).round() as i32;
    let mut free = left - GAP;
    for mark in &column.marks {
        let (x, bottom) = (across(mark.value), row.top + PANEL_HEIGHT);
        area.draw(&PathElement::new(vec![(x, bottom), (x, bottom + 8)], MUTED.stroke_width(2)))?;
        let figure = mark.value.to_string();
        // Half of what it takes, with a little room beside it; a figure that would touch the last one is left out.
        let half = (figure.len() as i32 * DIGIT + DIGIT) / 2;
        if x - half >= free {
            text(area, &figure, (x, bottom + 32), MUTED, HPos::Center)?;
            free = x + half;
        }
    }
    let at = |mark: &Mark| (row.of)(mark).map(|value| (across(mark.value), height(row, axis, value)));
    let points: Vec<(i32, i32)> = column.marks.iter().filter_map(at).collect();
    if points.len() > 1 {
        area.draw(&PathElement::new(points.clone(), row.colour.stroke_width(4)))?;
    }
    points.into_iter().try_for_each(|point| area.draw(&Circle::new(point, 9, row.colour.filled())))
}

fn text(area: &Area<'_>, words: &str, at: (i32, i32), colour: RGBColor, side: HPos) -> Drawn {
    let style = ("sans-serif", TEXT).into_font().color(&colour).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(words.to_string(), at, style))
}

/// Classes for marker colours, the style that gives them their colours, and words for those who do not see it.
fn finish(mut svg: String) -> String {
    let mut style = STYLE.to_string();
    for (colour, class) in CLASSES {
        let marker = format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
        svg = svg.replace(&format!("fill=\"{marker}\""), &format!("class=\"fill-{class}\""));
        svg = svg.replace(&format!("stroke=\"{marker}\""), &format!("class=\"stroke-{class}\""));
        style += &format!(".fill-{class} {{ fill: var(--{class}); }} .stroke-{class} {{ stroke: var(--{class}); }}\n");
    }
    svg = svg.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "").replace(" font-family=\"sans-serif\"", "");
    let head = "<title>How the time and memory of a training step grow</title>";
    svg.replacen(">\n", &format!(" role=\"img\">\n{head}\n<style>\n{style}</style>\n"), 1)
}
