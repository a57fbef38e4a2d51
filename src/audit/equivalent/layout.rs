//! Bullets, labels, titles and tables, laid out otherwise.

use crate::audit::asks::Asks;
use crate::audit::kind::{Kind, Mutant};
use crate::audit::lines::{Line, lines, written};

/// Words by which a request names the lists it wants.
const LISTS: [&str; 5] = ["bullet", "list", "dash", "hyphen", "number"];
/// Words by which a request says that the order is the answer, or wants numbers.
const ORDER: [&str; 6] = ["number", "rank", "step", "order", "priorit", "1."];
/// Words by which a request rules how a labelled line looks.
const LABELS: [&str; 9] =
    ["bold", "plain", "pattern", "label", "starting with", "begin with", "beginning with", "start with", "single line"];
const HEADINGS: [&str; 5] = ["heading", "headed", "headline", "bold", "plain"];

pub(super) fn equivalents(asks: &Asks, gold: &str) -> Vec<Mutant> {
    let lines = lines(gold);
    let mut all = Vec::new();
    let mut add = |kind, note, write: &dyn Fn(&Line<'_>, usize) -> Option<String>| {
        all.push(Mutant::new(kind, note, rewritten(&lines, gold, write)));
    };
    if !asks.names(&["dash", "hyphen", "asterisk"]) {
        add(Kind::Bullets, "- ↔ *", &|line, _| match line {
            Line::Bullet { indent, mark: '-', rest } => Some(format!("{indent}* {rest}")),
            Line::Bullet { indent, rest, .. } => Some(format!("{indent}- {rest}")),
            _ => None,
        });
    }
    if !asks.names(&LISTS) {
        add(Kind::Bullets, "- → 1.", &|line, nth| match line {
            Line::Bullet { indent: "", rest, .. } => Some(format!("{nth}. {rest}")),
            _ => None,
        });
    }
    if !asks.names(&["1."]) {
        add(Kind::Bullets, "1. ↔ 1)", &|line, _| match line {
            Line::Numbered { indent, number, mark, rest } => {
                Some(format!("{indent}{number}{} {rest}", if *mark == '.' { ')' } else { '.' }))
            }
            _ => None,
        });
    }
    if !asks.names(&ORDER) {
        add(Kind::Bullets, "1. → -", &|line, _| match line {
            Line::Numbered { indent, rest, .. } => Some(format!("{indent}- {rest}")),
            _ => None,
        });
    }
    labels(asks, &lines, gold, &mut all);
    if !asks.names(&["table", "row", "column"]) {
        all.extend(as_bullets(gold).map(|text| Mutant::new(Kind::Table, "table → bullets", text)));
    }
    all
}

/// `**Owner:** Ines` ↔ `Owner: Ines`; titles with and without marks.
fn labels(asks: &Asks, lines: &[Line<'_>], gold: &str, all: &mut Vec<Mutant>) {
    let subject = |label: &str| matches!(label, "Subject" | "Re" | "To" | "From");
    // One line with a colon alone may be a sentence.
    let labelled = lines.iter().filter(|line| matches!(line, Line::Label { .. })).count();
    if labelled >= 2 && !asks.names(&LABELS) {
        let text = rewritten(lines, gold, &|line, _| match line {
            Line::Label { label, rest, bold } if !subject(label) => {
                Some(written(&Line::Label { label, rest, bold: !bold }))
            }
            _ => None,
        });
        all.push(Mutant::new(Kind::Labels, "**Label:** ↔ Label:", text));
        if !asks.names(&HEADINGS) && !asks.names(&["line", "sentence", "paragraph", "section"]) {
            let text = rewritten(lines, gold, &|line, _| match line {
                Line::Label { label, rest, .. } if !subject(label) => Some(format!("## {label}\n{rest}")),
                _ => None,
            });
            all.push(Mutant::new(Kind::Labels, "Label: → ## Label", text));
        }
    }
    // One free line alone may be a greeting or a closing.
    let titles = lines.iter().filter(|line| matches!(line, Line::Title(_))).count();
    if titles >= 2 && !asks.names(&["bold", "plain"]) {
        let marked = |mark: &'static str, end: &'static str| {
            rewritten(lines, gold, &|line, _| match line {
                Line::Title(title) => Some(format!("{mark}{title}{end}")),
                _ => None,
            })
        };
        all.push(Mutant::new(Kind::Titles, "Title → ## Title", marked("## ", "")));
        all.push(Mutant::new(Kind::Titles, "Title → **Title**", marked("**", "**")));
    }
    if !asks.names(&HEADINGS) {
        let text = rewritten(lines, gold, &|line, _| match line {
            Line::Heading(title) => Some(format!("**{title}**")),
            _ => None,
        });
        all.push(Mutant::new(Kind::Titles, "## Title → **Title**", text));
    }
}

/// The text with those lines written anew for which `write` has something; it is told the how manieth bullet in a row a
/// line is. Line ends at the end stay.
fn rewritten(lines: &[Line<'_>], gold: &str, write: &dyn Fn(&Line<'_>, usize) -> Option<String>) -> String {
    let mut nth = 0;
    let mut out = Vec::with_capacity(lines.len());
    for (line, as_it_is) in lines.iter().zip(gold.lines()) {
        nth = match line {
            Line::Bullet { indent: "", .. } => nth + 1,
            // What is indented belongs to the bullet above.
            Line::Bullet { .. } => nth,
            Line::Text(text) if text.starts_with([' ', '\t']) => nth,
            _ => 0,
        };
        out.push(write(line, nth).unwrap_or_else(|| as_it_is.to_string()));
    }
    out.join("\n")
}

/// Each row of every table as a bullet: the first cell, then the others with their heads.
fn as_bullets(gold: &str) -> Option<String> {
    let mut out: Vec<String> = Vec::new();
    let mut head: Vec<&str> = Vec::new();
    let mut any = false;
    for (line, text) in lines(gold).iter().zip(gold.lines()) {
        let Line::Row(row) = line else {
            head.clear();
            out.push(text.to_string());
            continue;
        };
        let cells: Vec<&str> = row.trim().trim_matches('|').split('|').map(str::trim).collect();
        if head.is_empty() {
            head = cells;
        } else if !cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':'))) {
            // A row with more or fewer cells than the head is not simple.
            let [first, rest @ ..] = &cells[..] else { return None };
            if cells.len() != head.len() {
                return None;
            }
            let told: Vec<String> = head[1..].iter().zip(rest).map(|(head, cell)| format!("{head}: {cell}")).collect();
            out.push(format!("- {first}: {}", told.join("; ")));
            any = true;
        }
    }
    any.then(|| out.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(prompt: &str, gold: &str) -> Vec<String> {
        let all = equivalents(&Asks::of(None, prompt), gold);
        all.into_iter().filter(|m| m.text != gold).map(|m| m.text).collect()
    }

    #[test]
    fn bullets_get_other_marks_unless_asked_for() {
        assert_eq!(
            made("Tell me", "Two:\n- a\n  - b\n- c\n\n- d"),
            ["Two:\n* a\n  * b\n* c\n\n* d", "Two:\n1. a\n  - b\n2. c\n\n1. d"]
        );
        assert_eq!(made("Use bullets", "- a"), ["* a"]);
        assert!(made("Start each with a dash, in a list", "- a").is_empty());
        assert_eq!(made("Tell me", "1. a\n2. b"), ["1) a\n2) b", "- a\n- b"]);
        assert_eq!(made("Rank these", "1. a\n2. b"), ["1) a\n2) b"]);
    }

    #[test]
    fn labels_are_bold_plain_or_headings() {
        assert_eq!(
            made("Tell me", "**Owner:** Ines\nDue: May"),
            ["Owner: Ines\n**Due:** May", "## Owner\nInes\n## Due\nMay"]
        );
        assert_eq!(made("One line each", "Owner: Ines\nDue: May"), ["**Owner:** Ines\n**Due:** May"]);
        assert!(made("Two labelled lines", "Owner: Ines\nDue: May").is_empty());
        assert!(made("Write an email", "Subject: Delay\nTo: all").is_empty());
    }

    #[test]
    fn titles_are_marked_in_several_ways() {
        assert_eq!(
            made("Notes", "Present\nRuth\n\nOpen\nNothing."),
            ["## Present\nRuth\n\n## Open\nNothing.", "**Present**\nRuth\n\n**Open**\nNothing."]
        );
        assert_eq!(made("Notes", "## Done\nAll."), ["**Done**\nAll."]);
        assert!(made("Use headings", "## Done\nAll.").is_empty());
    }

    #[test]
    fn a_table_becomes_bullets_unless_asked_for() {
        let table = "| Plan | Price |\n| --- | :-: |\n| Solo | £19 |\n| Caravan | £59 |";
        assert_eq!(made("Compare them", table), ["- Solo: Price: £19\n- Caravan: Price: £59"]);
        assert!(made("Make a table", table).is_empty());
    }

    #[test]
    fn code_stays_as_it_is() {
        assert!(made("Tell me", "```\n- a\n1. b\n```").is_empty());
    }
}
