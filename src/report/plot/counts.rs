//! Counts against what is recommended, and how lengths are spread.

use super::{AFTER, BAND, INK, LEFT, MUTED, Plot, RIGHT, SMALL, TEXT, draw, fill, line, text};
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

/// A bar for each row, all on one scale, over a pale one of the recommended length.
pub fn counts(title: &str, rows: &[CountRow]) -> Result<Plot> {
    const ROW: i32 = 76;
    let most = rows.iter().map(|row| row.count.max(row.recommended.unwrap_or(0))).max().unwrap_or(0).max(1);
    let x = |count: usize| LEFT + (f64::from(RIGHT - LEFT) * count as f64 / most as f64).round() as i32;
    let description: Vec<String> = rows.iter().map(|row| format!("{}: {}.", row.name, row.figures)).collect();
    draw(title, &description.join(" "), ROW * rows.len() as i32 + 12, |area| {
        for (i, row) in rows.iter().enumerate() {
            let y = ROW * i as i32;
            text(area, &words::clip(&row.name, 34), (LEFT, y + 26), TEXT, INK, HPos::Left)?;
            text(area, &row.figures, (RIGHT, y + 26), TEXT, INK, HPos::Right)?;
            fill(area, (LEFT, y + 48), (x(row.recommended.unwrap_or(0)), y + 64), BAND)?;
            fill(area, (LEFT, y + 48), (x(row.count), y + 64), AFTER)?;
        }
        Ok(())
    })
}

/// A column for each bin, named where there is room.
pub fn columns(title: &str, bins: &[(String, usize)]) -> Result<Plot> {
    const TOP: i32 = 40;
    const BOTTOM: i32 = 330;
    let most = bins.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let slot = (RIGHT - LEFT) / bins.len().max(1) as i32;
    let description: Vec<String> = bins.iter().map(|(name, count)| format!("{name}: {count}.")).collect();
    draw(title, &description.join(" "), BOTTOM + 60, |area| {
        for (bin, (name, count)) in bins.iter().enumerate() {
            let left = LEFT + slot * bin as i32;
            let middle = left + slot / 2;
            if *count > 0 {
                let height = (f64::from(BOTTOM - TOP) * *count as f64 / most as f64).round() as i32;
                fill(area, (left + 6, BOTTOM - height), (left + slot - 6, BOTTOM), AFTER)?;
                text(area, &count.to_string(), (middle, BOTTOM - height - 16), SMALL, INK, HPos::Center)?;
            }
            // The number a bin begins with is its name here.
            let begins = name.split(' ').next().unwrap_or_default();
            let begins = if bin + 1 == bins.len() { format!("{begins}+") } else { begins.to_string() };
            text(area, &begins, (middle, BOTTOM + 28), SMALL, MUTED, HPos::Center)?;
        }
        line(area, (LEFT, BOTTOM), (RIGHT, BOTTOM), MUTED, 2)
    })
}
