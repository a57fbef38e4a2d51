use super::dates::dates;
use super::fact::Telling;
use crate::check::Lexicon;
use crate::check::quality::prose::{line_sentences, pattern};
use crate::check::structure::{Document, Item, LineKind, Mark, Section, Table};
use regex::Regex;
use std::sync::LazyLock;

/// What makes a passage one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Sentence,
    /// A list item without those nested in it, or a line of code.
    Bullet,
    /// A row of a table.
    Row,
    /// A column of a table with its title.
    Column,
    /// A heading or label, or an item with items in it, and all that stands beneath.
    Labelled,
}

/// What a reader takes in at a glance.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    pub scope: Scope,
    /// The title of a labelled passage, the first cell of a row; else empty.
    pub head: String,
    /// One text or several lines; a labelled passage has its head first.
    pub lines: Vec<String>,
}

impl Passage {
    fn new(scope: Scope, head: &str, lines: Vec<String>) -> Self {
        Self { scope, head: head.to_string(), lines }
    }

    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// The number of a heading or line: "2. Budget" says nothing of 2.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*\d{1,2}(?:\.\d{1,2})*[.)]\s+"));
/// "5. April" at the beginning of a line, which Markdown takes for the fifth item of a list.
static DAY_FIRST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(\s*\d{1,2})\.(\s+\p{L}+)"));
static HAS_PERCENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)%|\b(?:percent|per cent|pct)\b"));
static HAS_MONEY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)[$€£]|\b(?:USD|EUR|GBP|dollars?|euros?|pounds?)\b"));
static BARE_FIGURE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[-+−]?\d[\d.,\s]*(?:\s?[kKmM])?$"));

/// An answer as a document in which "5. April" is a date.
fn read(answer: &str) -> Document {
    let kept = DAY_FIRST.replace_all(answer, |found: &regex::Captures<'_>| {
        let line = found[0].replace('\n', " ");
        let dated = dates(line.trim()).iter().any(|(_, d)| d.iter().any(|d| d.day.is_some()));
        if dated { format!("{}\\.{}", &found[1], &found[2]) } else { found[0].to_string() }
    });
    Document::parse(&kept)
}

/// The words of an answer, with the numbers of its headings left out and the units of tables put to their figures.
pub(crate) fn text_of(answer: &str) -> String {
    let document = read(answer);
    let mut lines: Vec<String> = plain_lines(&document).map(|(_, text)| text).collect();
    for table in document.tables() {
        lines.push(table.columns.join(" | "));
        lines.extend(rows(table).iter().map(|row| row.join(" | ")));
    }
    lines.join("\n")
}

/// Every line outside tables.
fn plain_lines(document: &Document) -> impl Iterator<Item = (LineKind, String)> {
    document.lines().iter().filter(|line| line.kind != LineKind::TableRow).map(|line| {
        let text = match line.kind {
            LineKind::Heading | LineKind::Text => unnumbered(&line.text),
            _ => line.text.clone(),
        };
        (line.kind, text)
    })
}

fn unnumbered(line: &str) -> String {
    let end = NUMBERED.find(line).map_or(0, |m| m.end());
    let dated = dates(line).iter().any(|(span, _)| span.start < end);
    if dated { line.to_string() } else { line[end..].to_string() }
}

/// Rows with the units of their column or first cell: in a column "Churn (%)" a bare 8 is 8 %.
fn rows(table: &Table) -> Vec<Vec<String>> {
    let unit = |title: &str| match (HAS_PERCENT.is_match(title), HAS_MONEY.find(title)) {
        (true, _) => Some(" %".to_string()),
        (_, Some(money)) => Some(format!(" {}", money.as_str())),
        _ => None,
    };
    let cells = |row: &Vec<String>| {
        let first = row.first().filter(|cell| cell.chars().any(char::is_alphabetic)).and_then(|cell| unit(cell));
        let cell = |(at, cell): (usize, &String)| {
            let unit = table.columns.get(at).and_then(|title| unit(title)).or_else(|| first.clone());
            match unit.filter(|_| at > 0 && BARE_FIGURE.is_match(cell.trim())) {
                Some(unit) => format!("{cell}{unit}"),
                None => cell.clone(),
            }
        };
        row.iter().enumerate().map(cell).collect()
    };
    table.rows.iter().map(cells).collect()
}

/// Every passage of an answer; passages overlap.
pub(crate) fn passages(answer: &str, lexicon: &Lexicon) -> Vec<Passage> {
    let document = read(answer);
    let mut found = Vec::new();
    for (kind, text) in plain_lines(&document) {
        match kind {
            LineKind::Code => found.push(Passage::new(Scope::Bullet, "", vec![text])),
            _ => found
                .extend(line_sentences(&text, lexicon).into_iter().map(|s| Passage::new(Scope::Sentence, "", vec![s]))),
        }
    }
    for table in document.tables() {
        let rows = rows(table);
        for row in &rows {
            let head = row.first().cloned().unwrap_or_default();
            found.push(Passage::new(Scope::Row, &head, vec![row.join(" | ")]));
        }
        for (at, title) in table.columns.iter().enumerate() {
            let cells = rows.iter().filter_map(|row| row.get(at)).cloned();
            let column = [title.clone()].into_iter().chain(cells).collect::<Vec<_>>().join(" | ");
            found.push(Passage::new(Scope::Column, title, vec![column]));
        }
    }
    for list in document.lists() {
        list.items.iter().for_each(|item| items(item, &mut found));
    }
    for section in document.sections() {
        found.extend(labelled(&document, section));
    }
    found.extend(blocks(&document));
    found
}

fn items(item: &Item, found: &mut Vec<Passage>) {
    found.push(Passage::new(Scope::Bullet, "", vec![item.text.replace('\n', " ")]));
    if !item.nested.is_empty() {
        let lines: Vec<String> = item.whole_text().lines().map(String::from).collect();
        found.push(Passage::new(Scope::Labelled, &item.text, lines));
    }
    item.nested.iter().flat_map(|list| &list.items).for_each(|nested| items(nested, found));
}

/// A section that no other title of weight divides.
fn labelled(document: &Document, section: &Section) -> Option<Passage> {
    let inside = |other: &&Section| {
        other.line > section.line && matches!(other.mark, Mark::Heading(_) | Mark::BoldLine) && !other.in_list
    };
    let lines = document.lines().get(section.range.clone()).unwrap_or_default();
    let divided =
        document.sections().iter().filter(inside).any(|other| lines.iter().any(|line| line.line == other.line));
    let has_table = lines.iter().any(|line| line.kind == LineKind::TableRow);
    if divided || has_table {
        return None;
    }
    let head = format!("{}: {}", section.title, section.lead);
    let beneath = lines.iter().map(|line| line.text.clone());
    Some(Passage::new(Scope::Labelled, &head, [head.clone()].into_iter().chain(beneath).collect()))
}

/// Lines that follow each other without a gap, each with a label: "Plan: Team", "Price: $29".
fn blocks(document: &Document) -> Vec<Passage> {
    let labels: Vec<&Section> = document.sections().iter().filter(|s| !s.lead.is_empty() && !s.in_list).collect();
    let mut found: Vec<(usize, Vec<String>)> = Vec::new();
    for section in labels {
        let line = format!("{}: {}", section.title, section.lead);
        match found.last_mut() {
            Some((last, lines)) if *last + 1 == section.line => {
                *last = section.line;
                lines.push(line);
            }
            _ => found.push((section.line, vec![line])),
        }
    }
    let blocks = found.into_iter().filter(|(_, lines)| lines.len() > 1);
    blocks.map(|(_, lines)| Passage::new(Scope::Labelled, &lines[0].clone(), lines)).collect()
}

impl Passage {
    pub fn telling(&self, tongues: &[super::spoken::Tongue]) -> Telling {
        Telling::of(&self.text(), tongues)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answer: &str, scope: Scope) -> Vec<String> {
        let all = passages(answer, &Lexicon::shipped());
        all.iter().filter(|p| p.scope == scope).map(|p| p.text()).collect()
    }

    #[test]
    fn what_is_read_at_a_glance() {
        let answer = "## 1. Plan\nAna leads. Ben tests.\n\n- **Checkout**\n  - Ana\n  - 5 April\n\n| Team | Churn (%) |\n|---|---|\n| A | 8 |\n";
        assert_eq!(of(answer, Scope::Sentence)[..3], ["Plan", "Ana leads.", "Ben tests."]);
        assert_eq!(of(answer, Scope::Row), ["A | 8 %"]);
        assert_eq!(of(answer, Scope::Column)[1], "Churn (%) | 8 %");
        assert_eq!(of(answer, Scope::Labelled), ["Checkout\nAna\n5 April", "Checkout: \nAna\n5 April"]);
    }

    #[test]
    fn a_day_first_is_no_list() {
        assert_eq!(text_of("5. April ist der Termin\n\n## 2. Budget"), "5. April ist der Termin\nBudget");
        assert_eq!(text_of("1. Anna\n2. Ben"), "Anna\nBen");
    }
}
