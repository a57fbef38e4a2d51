//! A badge for a README or a dashboard.

use crate::gate::Decision;
use crate::report::templates;
use crate::words;
use engine::error::Result;
use serde::Serialize;

/// Blank on either side of a text, in pixels.
const MARGIN: f64 = 7.0;

#[derive(Serialize)]
struct Badge {
    title: String,
    label: &'static str,
    said: String,
    /// White on either of them has a contrast above 4.5 to 1.
    colour: &'static str,
    left: String,
    right: String,
    whole: String,
    left_middle: String,
    right_middle: String,
}

/// An SVG that says `gate | ✓ v2` or `gate | ✗ v2: 2 of 6 rules`.
pub fn badge(decision: &Decision) -> Result<String> {
    let version = words::clip(&decision.candidate.label, 24);
    let (failing, all) = (decision.failing().len(), decision.rules.len());
    let (said, colour) = match decision.passed {
        true => (format!("✓ {version}"), "#1a7f37"),
        false => (format!("✗ {version}: {failing} of {}", words::count(all, "rule")), "#b42318"),
    };
    let label = "gate";
    let (left, right) = (width(label) + 2.0 * MARGIN, width(&said) + 2.0 * MARGIN);
    let pixels = |x: f64| format!("{x:.0}");
    templates::render(
        "badge.svg",
        &Badge {
            title: format!("{label}: {said}"),
            label,
            said,
            colour,
            left: pixels(left),
            right: pixels(right),
            whole: pixels(left + right),
            left_middle: pixels(left / 2.0),
            right_middle: pixels(left + right / 2.0),
        },
    )
}

/// About how wide a text is in Verdana at 11 pixels.
fn width(text: &str) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | '|' | '.' | ',' | ':' | ';' | '\'' | '!' | ' ' => 4.0,
        'f' | 't' | 'r' | '-' | '(' | ')' | '/' => 5.0,
        'm' | 'w' | 'M' | 'W' | '✓' | '✗' | '…' => 10.0,
        c if c.is_ascii_uppercase() => 8.0,
        c if c.is_ascii() => 7.0,
        _ => 11.0,
    };
    text.chars().map(of).sum::<f64>().ceil()
}
