//! The format of an output, without its words: which titles it has and how they and its lists are written.

use crate::check::structure::{Document, Mark};
use std::collections::HashSet;

/// What an output's format is made of.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outline {
    /// In their order, each title once.
    pub titles: Vec<Title>,
    /// Mark of the outermost bullets, where there are any.
    pub bullet: Option<char>,
    /// `.` or `)` after the number of a numbered item.
    pub number: Option<char>,
    pub has_table: bool,
}

#[derive(Debug, PartialEq)]
pub(super) struct Title {
    /// For comparison: lower case, what follows a colon left out, no plural.
    pub key: String,
    /// As written.
    pub shown: String,
    pub style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Style {
    /// With its level.
    Heading(u8),
    Bold,
    Plain,
}

impl Style {
    /// A title in this style, as one would write it.
    pub fn write(self, title: &str) -> String {
        match self {
            Style::Heading(level) => format!("{} {title}", "#".repeat(level.into())),
            Style::Bold => format!("**{title}**"),
            Style::Plain => title.to_string(),
        }
    }
}

impl Outline {
    pub fn of(output: &str) -> Self {
        let document = Document::parse(output);
        let headings = document
            .headings()
            .iter()
            .map(|h| (h.line, h.text.as_str(), h.text.split(": ").next(), Style::Heading(h.level)));
        let bold = document.bold_spans().iter().map(|b| (b.line, b.text.as_str(), Some(b.text.as_str()), Style::Bold));
        let plain =
            document.sections().iter().filter(|s| matches!(s.mark, Mark::PlainLine | Mark::PlainLead) && !s.in_list);
        let plain = plain.map(|s| (s.line, s.title.as_str(), Some(s.title.as_str()), Style::Plain));
        let mut all: Vec<_> = headings.chain(bold).chain(plain).collect();
        all.sort_by_key(|(line, ..)| *line);
        let mut seen = HashSet::new();
        let titles = all.into_iter().filter_map(|(_, shown, title, style)| {
            let key = key(title.unwrap_or(shown));
            (!key.is_empty() && seen.insert(key.clone())).then(|| Title { key, shown: shown.trim().to_string(), style })
        });
        let titles = titles.collect();
        let (bullet, number) = marks(output);
        Self { titles, bullet, number, has_table: !document.tables().is_empty() }
    }

    pub fn title(&self, key: &str) -> Option<&Title> {
        self.titles.iter().find(|title| title.key == key)
    }

    /// How the format differs from another, in words; `None` where both are the same but for single titles.
    pub fn differs_from(&self, other: &Outline) -> Option<String> {
        let styles = |outline: &Outline| outline.titles.iter().map(|t| t.style).collect::<HashSet<_>>();
        let names = |outline: &Outline| match outline {
            o if o.titles.iter().any(|t| matches!(t.style, Style::Heading(_))) => "headings",
            o if o.titles.iter().any(|t| t.style == Style::Bold) => "bold labels",
            o if !o.titles.is_empty() => "plain labels",
            o if o.has_table => "a table",
            o if o.bullet.is_some() || o.number.is_some() => "a list",
            _ => "prose",
        };
        if names(self) != names(other) || styles(self).is_disjoint(&styles(other)) != self.titles.is_empty() {
            return Some(format!("{} here, {} there", names(self), names(other)));
        }
        let shared = self.titles.iter().filter(|t| other.title(&t.key).is_some()).count();
        if !self.titles.is_empty() && shared == 0 {
            let list = |o: &Outline| o.titles.iter().take(3).map(|t| t.shown.as_str()).collect::<Vec<_>>().join(", ");
            return Some(format!("{} here, {} there", list(self), list(other)));
        }
        (self.bullet != other.bullet || self.has_table != other.has_table)
            .then(|| "lists and tables differ".to_string())
    }
}

fn key(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(|word| {
        let word = word.to_lowercase();
        match word.as_str() {
            "an" => "a".to_string(),
            long if long.len() > 3 && !long.ends_with("ss") => long.strip_suffix('s').unwrap_or(long).to_string(),
            short => short.to_string(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The marks of the outermost bullets and numbers, outside code.
fn marks(output: &str) -> (Option<char>, Option<char>) {
    let (mut bullet, mut number, mut in_code) = (None, None, false);
    for line in output.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let mut chars = line.chars();
        match (chars.next(), chars.next()) {
            (Some(mark @ ('-' | '*' | '+' | '•' | '–' | '▪' | '●')), Some(' ')) => {
                bullet = bullet.or(Some(mark))
            }
            (Some(digit), _) if digit.is_ascii_digit() => {
                let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
                let mut rest = rest.chars();
                if let (Some(mark @ ('.' | ')')), Some(' ')) = (rest.next(), rest.next()) {
                    number = number.or(Some(mark));
                }
            }
            _ => {}
        }
    }
    (bullet, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_compared_by_what_does_not_vary() {
        let outline =
            Outline::of("# Q3 OKRs - Search\n\n### Key Result 1: Grow 5%\n- x\n\n**Next steps:**\n1) y\n\nOwner: Ida");
        let titles: Vec<_> = outline.titles.iter().map(|t| (t.key.as_str(), t.style)).collect();
        let wanted = [
            ("q3 okr search", Style::Heading(1)),
            ("key result 1", Style::Heading(3)),
            ("next step", Style::Bold),
            ("owner", Style::Plain),
        ];
        assert_eq!(titles, wanted);
        assert_eq!((outline.bullet, outline.number), (Some('-'), Some(')')));
    }

    #[test]
    fn formats_differ_or_do_not() {
        let differ = |a: &str, b: &str| Outline::of(a).differs_from(&Outline::of(b));
        assert_eq!(differ("# A\n\nx", "**A:** x").as_deref(), Some("headings here, bold labels there"));
        assert_eq!(differ("- a\n- b", "a and b").as_deref(), Some("a list here, prose there"));
        assert_eq!(differ("**Goal:** x\n\n**Risk:** y", "**Goal:** z\n\n**Risk:** w"), None);
        assert_eq!(differ("Some prose.", "Other prose."), None);
        assert!(differ("- a", "* a").is_some());
    }
}
