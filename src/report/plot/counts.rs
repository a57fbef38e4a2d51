//! Counts against what is recommended, and how lengths are spread.

use super::{AFTER, BAND, GRID, INK, LEFT, MUTED, Plot, RIGHT, SMALL, TEXT, draw, fill, line, text};
use crate::words;
use engine::error::Result;
use plotters::style::text_anchor::HPos;

/// A row of [`counts`].
pub struct CountRow {
    pub name: String,
    pub count: usize,
    pub recommended: Option<usize>,
    /// As told beside the bar.
    pub figures: String,
}

/// A bar for each row. Where numbers are recommended, a whole bar is the recommended number, and what has none has no bar;
/// else a whole bar is all there is. So a full bar never only means "more than the others".
pub fn counts(title: &str, rows: &[CountRow]) -> Result<Plot> {
    const ROW: i32 = 76;
    let total: usize = rows.iter().map(|row| row.count).sum();
    let judged = rows.iter().any(|row| row.recommended.is_some());
    let whole = |row: &CountRow| if judged { row.recommended } else { Some(total) };
    let x = |share: f64| LEFT + (f64::from(RIGHT - LEFT) * share.min(1.0)).round() as i32;
    let description: Vec<String> = rows.iter().map(|row| format!("{}: {}.", row.name, row.figures)).collect();
    draw(title, &description.join(" "), ROW * rows.len() as i32 + 12, |area| {
        for (i, row) in rows.iter().enumerate() {
            let y = ROW * i as i32;
            text(area, &words::clip(&row.name, 34), (LEFT, y + 26), TEXT, INK, HPos::Left)?;
            text(area, &row.figures, (RIGHT, y + 26), TEXT, INK, HPos::Right)?;
            if let Some(whole) = whole(row).filter(|whole| *whole > 0) {
                fill(area, (LEFT, y + 48), (RIGHT, y + 64), BAND)?;
                fill(area, (LEFT, y + 48), (x(row.count as f64 / whole as f64), y + 64), AFTER)?;
            }
        }
        Ok(())
    })
}

/// A column for each bin, named where there is room; its height is its share of all, on an axis that says so.
pub fn columns(title: &str, bins: &[(String, usize)]) -> Result<Plot> {
    const AXIS: i32 = 108;
    const TOP: i32 = 48;
    const BOTTOM: i32 = 330;
    let total = bins.iter().map(|(_, count)| *count).sum::<usize>().max(1) as f64;
    let most = bins.iter().map(|(_, count)| *count as f64 / total).fold(0.0, f64::max);
    let top = [0.1, 0.2, 0.4, 0.6, 0.8].into_iter().find(|top| most <= *top).unwrap_or(1.0);
    let y = |share: f64| BOTTOM - (f64::from(BOTTOM - TOP) * share / top).round() as i32;
    let slot = (RIGHT - AXIS) / bins.len().max(1) as i32;
    let description: Vec<String> = bins.iter().map(|(name, count)| format!("{name}: {count}.")).collect();
    draw(title, &description.join(" "), BOTTOM + 60, |area| {
        for step in 0..=2 {
            let share = top * f64::from(step) / 2.0;
            line(area, (AXIS, y(share)), (RIGHT, y(share)), if step == 0 { MUTED } else { GRID }, 2)?;
            text(area, &words::percent(share), (AXIS - 14, y(share)), SMALL, MUTED, HPos::Right)?;
        }
        for (bin, (name, count)) in bins.iter().enumerate() {
            let left = AXIS + slot * bin as i32;
            let middle = left + slot / 2;
            if *count > 0 {
                let high = y(*count as f64 / total);
                fill(area, (left + 6, high), (left + slot - 6, BOTTOM), AFTER)?;
                text(area, &count.to_string(), (middle, high - 18), SMALL, INK, HPos::Center)?;
            }
            // The number a bin begins with is its name here.
            let begins = name.split(' ').next().unwrap_or_default();
            let begins = if bin + 1 == bins.len() { format!("{begins}+") } else { begins.to_string() };
            text(area, &begins, (middle, BOTTOM + 28), SMALL, MUTED, HPos::Center)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Widths of the bars that stand for what is there, in drawing units.
    fn bars(rows: &[(usize, Option<usize>)]) -> Vec<i32> {
        let row = |(count, recommended): &(usize, Option<usize>)| CountRow {
            name: "n".into(),
            count: *count,
            recommended: *recommended,
            figures: String::new(),
        };
        let svg = counts("t", &rows.iter().map(row).collect::<Vec<_>>()).unwrap().svg.to_string();
        let width =
            regex::Regex::new("<rect x=\"16\" y=\"[0-9]+\" width=\"([0-9]+)\" height=\"[0-9]+\" class=\"fill-after\"");
        width.unwrap().captures_iter(&svg).map(|found| found[1].parse().unwrap()).collect()
    }

    #[test]
    fn a_full_bar_is_all_there_is_or_what_is_recommended() {
        let whole = RIGHT - LEFT;
        assert_eq!(bars(&[(30, None), (10, None)]), [whole * 3 / 4, whole / 4]);
        assert_eq!(bars(&[(10, Some(20)), (30, Some(20)), (5, None)]), [whole / 2, whole]);
    }
}
