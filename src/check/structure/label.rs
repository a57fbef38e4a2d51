//! What names a section when no heading does: labels, bold or plain, on a line of their own or leading one.

use super::parts::Mark;
use super::titles::tidy;
use unicode_segmentation::UnicodeSegmentation;

/// One line of a paragraph, with the runs that are bold.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub runs: Vec<Run>,
}

#[derive(Debug, Clone)]
pub(super) struct Run {
    pub text: String,
    pub bold: bool,
}

impl Line {
    pub fn push(&mut self, text: &str, bold: bool) {
        match self.runs.last_mut() {
            Some(last) if last.bold == bold => last.text.push_str(text),
            _ => self.runs.push(Run { text: text.to_string(), bold }),
        }
    }

    pub fn text(&self) -> String {
        self.runs.iter().map(|r| r.text.as_str()).collect::<String>().trim().to_string()
    }
}

/// A label with what follows it on the same line.
#[derive(Debug, PartialEq)]
pub(super) struct Label {
    pub title: String,
    pub mark: Mark,
    pub lead: String,
}

/// Reads a line as a label, by these rules:
/// - bold alone, at most 12 words and no sentence (`**Impact**`, `✅ **Impact:**`), or plain in capitals (`NEXT STEPS`):
///   [`Mark::BoldLine`];
/// - bold followed by a colon or a dash, inside or outside the bold (`**Impact:** none`), or ending in a full stop after at
///   most 5 words (`**Impact.** None`): [`Mark::BoldLead`];
/// - plain, ending in a colon, at most 6 words (`Next steps:`): [`Mark::PlainLine`];
/// - plain, at most 4 capitalised words and a colon before more text (`Impact: none`): [`Mark::PlainLead`].
pub(super) fn label(line: &Line) -> Option<Label> {
    let is_ornament = |run: &Run| !run.bold && !run.text.chars().any(char::is_alphanumeric);
    let mut runs = line.runs.iter().skip_while(|run| is_ornament(run));
    match runs.next() {
        Some(first) if first.bold => {
            let rest: String = runs.map(|r| r.text.as_str()).collect();
            bold_label(first.text.trim(), rest.trim())
        }
        Some(_) => plain_label(&line.text()),
        None => None,
    }
}

fn bold_label(bold: &str, rest: &str) -> Option<Label> {
    let title = tidy(bold);
    if title.is_empty() || words(bold) > 12 {
        return None;
    }
    if !rest.chars().any(char::is_alphanumeric) {
        let sentence = bold.ends_with(['.', '!']);
        return (!sentence).then(|| Label { title, mark: Mark::BoldLine, lead: String::new() });
    }
    let lead = match (bold.ends_with(':'), rest.strip_prefix([':', '–', '—']).or(rest.strip_prefix("- "))) {
        (_, Some(lead)) => lead,
        (true, None) => rest,
        (false, None) if bold.ends_with(['.', '?']) && words(bold) <= 5 => rest,
        (false, None) => return None,
    };
    let title = title.trim_end_matches(['.', '?']).to_string();
    Some(Label { title, mark: Mark::BoldLead, lead: lead.trim().to_string() })
}

fn plain_label(text: &str) -> Option<Label> {
    if is_in_capitals(text) {
        return Some(Label { title: tidy(text), mark: Mark::BoldLine, lead: String::new() });
    }
    let starts_like_a_title = |s: &str| {
        s.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| !c.is_lowercase())
            && !s.contains(['.', '!', '?', ','].as_slice())
    };
    if let Some(title) = text.strip_suffix(':') {
        let title = tidy(title);
        let fits = !title.is_empty() && words(&title) <= 6 && starts_like_a_title(&title);
        return fits.then(|| Label { title, mark: Mark::PlainLine, lead: String::new() });
    }
    let (title, lead) = text.split_once(": ")?;
    let title = tidy(title);
    let fits = !title.is_empty() && words(&title) <= 4 && starts_like_a_title(&title);
    fits.then(|| Label { title, mark: Mark::PlainLead, lead: lead.trim().to_string() })
}

/// A plain numbered item that may be a title ("1. Problem" over a paragraph).
pub(super) fn bare(text: &str) -> Option<Label> {
    let fits = (1..=6).contains(&words(text))
        && text.chars().next().is_some_and(char::is_uppercase)
        && !text.contains(['.', '!', '?', ',', ';', ':', '\n']);
    fits.then(|| Label { title: tidy(text), mark: Mark::PlainLine, lead: String::new() })
}

/// Short ones are acronyms.
fn is_in_capitals(text: &str) -> bool {
    (1..=6).contains(&words(text))
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 5
        && !text.chars().any(char::is_lowercase)
        && !text.ends_with(['.', '!', '?'])
}

fn words(text: &str) -> usize {
    text.unicode_words().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(runs: &[(&str, bool)]) -> Line {
        let mut line = Line::default();
        runs.iter().for_each(|(text, bold)| line.push(text, *bold));
        line
    }

    fn read(runs: &[(&str, bool)]) -> Option<(String, Mark, String)> {
        label(&line(runs)).map(|l| (l.title, l.mark, l.lead))
    }

    fn is(title: &str, mark: Mark, lead: &str) -> Option<(String, Mark, String)> {
        Some((title.to_string(), mark, lead.to_string()))
    }

    #[test]
    fn bold_labels() {
        assert_eq!(read(&[("Impact:", true)]), is("Impact", Mark::BoldLine, ""));
        assert_eq!(read(&[("Impact", true), (":", false)]), is("Impact", Mark::BoldLine, ""));
        assert_eq!(read(&[("✅ ", false), ("2. Cart", true)]), is("Cart", Mark::BoldLine, ""));
        assert_eq!(read(&[("TL;DR:", true), (" It slips", false)]), is("TL;DR", Mark::BoldLead, "It slips"));
        assert_eq!(read(&[("Owner", true), (" – Sam", false)]), is("Owner", Mark::BoldLead, "Sam"));
        assert_eq!(read(&[("As a", true), (" shopper", false)]), None);
        assert_eq!(read(&[("Ship it now.", true)]), None);
        assert_eq!(read(&[("Impact.", true), (" None", false)]), is("Impact", Mark::BoldLead, "None"));
        assert_eq!(read(&[("NEXT STEPS", false)]), is("NEXT STEPS", Mark::BoldLine, ""));
    }

    #[test]
    fn plain_labels() {
        assert_eq!(read(&[("Next steps:", false)]), is("Next steps", Mark::PlainLine, ""));
        assert_eq!(read(&[("Impact: none", false)]), is("Impact", Mark::PlainLead, "none"));
        assert_eq!(read(&[("We meet at 10:30 today", false)]), None);
        assert_eq!(read(&[("he said that: yes", false)]), None);
        assert_eq!(read(&[("This is a very long way to say the thing:", false)]), None);
    }
}
