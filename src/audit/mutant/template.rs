//! The form of the answer with nothing in it.

use crate::audit::equivalent::json;
use crate::audit::kind::{Kind, Mutant};
use crate::audit::lines::{Line, lines, written};
use serde_json::Value;

const BLANK: &str = "[…]";

/// Titles, labels, bullets and table heads with `[…]` in the place of what they say; and titles and labels alone. Only
/// where the reference has such a form.
pub(super) fn emptied(gold: &str) -> Vec<Mutant> {
    if let Some(value) = json(gold) {
        let text = serde_json::to_string_pretty(&blank(&value)).unwrap_or_default();
        return vec![Mutant::new(Kind::Template, "every value is […]", text)];
    }
    let lines = lines(gold);
    let marks = lines.iter().filter(|line| !matches!(line, Line::Blank | Line::Text(_) | Line::Code(_))).count();
    if marks < 2 {
        return Vec::new();
    }
    let titled = lines.iter().filter(|l| matches!(l, Line::Heading(_) | Line::Title(_) | Line::Label { .. })).count();
    let mut all = vec![Mutant::new(Kind::Template, "[…] in every place", form(&lines, gold, BLANK))];
    if titled >= 2 {
        all.push(Mutant::new(Kind::Template, "titles and labels alone", bare(&lines, gold)));
    }
    all
}

fn form(lines: &[Line<'_>], gold: &str, blank: &str) -> String {
    let mut rows = 0;
    let mut out: Vec<String> = Vec::new();
    for (line, as_it_is) in lines.iter().zip(gold.lines()) {
        rows = if matches!(line, Line::Row(_)) { rows + 1 } else { 0 };
        let text = match line {
            Line::Label { label, bold, .. } => written(&Line::Label { label, rest: blank, bold: *bold }),
            Line::Bullet { indent, mark, rest } => format!("{indent}{mark} {}", labelled(rest, blank)),
            Line::Numbered { indent, number, mark, rest } => {
                format!("{indent}{number}{mark} {}", labelled(rest, blank))
            }
            Line::Row(row) if rows > 2 => {
                let cells = row.trim().trim_matches('|').split('|').count();
                format!("|{}", format!(" {blank} |").repeat(cells))
            }
            Line::Row(row) => (*row).to_string(),
            Line::Text(_) | Line::Code(_) => blank.to_string(),
            Line::Blank | Line::Heading(_) | Line::Title(_) => as_it_is.to_string(),
        };
        // Several lines of text become one blank.
        if !(text == blank && out.last() == Some(&text)) {
            out.push(text);
        }
    }
    out.join("\n")
}

/// `**Owner:** […]` for a bullet that begins with a label of up to four words.
fn labelled(rest: &str, blank: &str) -> String {
    let label = rest.split_once(": ").map(|(label, _)| label);
    match label.filter(|label| label.split_whitespace().count() <= 4) {
        Some(label) if label.starts_with("**") => format!("{label}:** {blank}"),
        Some(label) => format!("{label}: {blank}"),
        None => blank.to_string(),
    }
}

fn bare(lines: &[Line<'_>], gold: &str) -> String {
    let kept = lines.iter().zip(gold.lines()).filter_map(|(line, as_it_is)| match line {
        Line::Heading(_) | Line::Title(_) => Some(as_it_is.to_string()),
        Line::Label { label, bold: true, .. } => Some(format!("**{label}:**")),
        Line::Label { label, .. } => Some(format!("{label}:")),
        _ => None,
    });
    kept.collect::<Vec<_>>().join("\n\n")
}

fn blank(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), blank(value))).collect()),
        Value::Array(items) => Value::Array(items.iter().map(blank).collect()),
        Value::Number(_) => Value::from(0),
        Value::String(_) => Value::from(BLANK),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(gold: &str) -> Vec<String> {
        emptied(gold).into_iter().map(|m| m.text).collect()
    }

    #[test]
    fn forms_are_emptied() {
        assert_eq!(
            made("**Goal**\nSell.\nMore.\n\n## Owner\n- Ines: all\n- Ben"),
            ["**Goal**\n[…]\n\n## Owner\n- Ines: […]\n- […]", "**Goal**\n\n## Owner"]
        );
        assert_eq!(made("Name: NPS\n**Target:** 40"), ["Name: […]\n**Target:** […]", "Name:\n\n**Target:**"]);
        assert_eq!(made("| A | B |\n|---|---|\n| 1 | 2 |"), ["| A | B |\n|---|---|\n| […] | […] |"]);
        assert_eq!(made("{\"a\": \"x\", \"b\": 3}"), ["{\n  \"a\": \"[…]\",\n  \"b\": 0\n}"]);
    }

    #[test]
    fn prose_has_no_form() {
        assert!(made("Sales rose. We are glad.").is_empty());
    }
}
