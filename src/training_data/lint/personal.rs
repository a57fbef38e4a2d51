//! E-mail addresses and phone numbers of people.

use super::finding::texts;
use super::{Code, Finding};
use crate::check::quality::prose::pattern;
use crate::training_data::Example;
use crate::training_data::Severity::Error;
use regex::{Match, Regex};
use std::sync::LazyLock;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code =
    Code::new("personal-data", Error, "An e-mail address or phone number; a model may repeat what it was trained on.");

static MAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9._%+-]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})"));
/// International with `+`, American with area code, national with a leading 0.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\+\d{1,3}[ ./-]?(?:\(\d{1,4}\)[ ./-]?)?\d{1,5}(?:[ ./-]?\d{2,5}){1,4}|\(\d{3}\) ?\d{3}[-. ]\d{4}\b|\b\d{3}[-.]\d{3}[-.]\d{4}\b|\b0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5}\b",
    )
});
/// Domains that belong to no one (RFC 2606).
const RESERVED: [&str; 7] =
    ["example.com", "example.org", "example.net", ".example", ".test", ".invalid", ".localhost"];
/// Numbers kept free for fiction (the North American numbering plan's 555-01XX, Ofcom's drama numbers).
const FICTION: [&str; 4] = ["555-01", "7946 0", "1632 960", "7700 900"];

pub(super) fn find(example: &Example) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, text) in texts(example) {
        let mut report = |what: &str, shown: &str, remedy: &str| {
            let message = format!("`{key}` holds {what}: {shown}");
            found.push(Finding::new(&CODE, &example.place, message, remedy));
        };
        if let Some(mail) = mail(text) {
            report("an e-mail address", mail, "remove it, or use one at example.com");
        }
        if let Some(phone) = phone(text) {
            report("what looks like a phone number", phone, "remove it");
        }
    }
    found
}

pub(super) fn mail(text: &str) -> Option<&str> {
    mails(text).next().map(|m| m.as_str())
}

/// Addresses of people: those at reserved domains are nobody's.
fn mails(text: &str) -> impl Iterator<Item = Match<'_>> {
    let all = MAIL.captures_iter(if text.contains('@') { text } else { "" });
    let all = all.filter_map(|c| Some((c.get(0)?, c.get(1)?.as_str().to_lowercase())));
    let reserved =
        |domain: &str| RESERVED.iter().any(|end| domain == end.trim_start_matches('.') || domain.ends_with(end));
    all.filter(move |(_, domain)| !reserved(domain)).map(|(whole, _)| whole)
}

pub(super) fn phone(text: &str) -> Option<&str> {
    phones(text).next().map(|m| m.as_str())
}

fn phones(text: &str) -> impl Iterator<Item = Match<'_>> {
    let enough = text.bytes().filter(u8::is_ascii_digit).count() >= 8;
    PHONE.find_iter(if enough { text } else { "" }).filter(move |m| {
        let shown = m.as_str();
        let digits = shown.bytes().filter(u8::is_ascii_digit).count();
        let part_of_more = text[..m.start()].ends_with(|c: char| c.is_alphanumeric() || "-.+$€£".contains(c))
            || goes_on(&text[m.end()..]);
        (9..=15).contains(&digits)
            && !part_of_more
            && !FICTION.iter().any(|f| shown.contains(f))
            && !is_thousands(shown)
    })
}

/// Stand-ins for the personal data of one document: everywhere the same for the same address or number, readable as text,
/// and nobody's.
#[derive(Debug, Default)]
pub struct StandIns {
    mails: Vec<String>,
    phones: Vec<String>,
}

/// Before the `@` of addresses that stand in for real ones.
const NAMES: [&str; 8] = ["alex", "sam", "kim", "robin", "jo", "charlie", "noor", "toni"];

impl StandIns {
    /// The text with every address and number of a person replaced.
    pub fn replace(&mut self, text: &str) -> String {
        let text = replaced(text, mails(text), |mail| {
            let at = place(&mut self.mails, mail.to_lowercase());
            let name = NAMES.get(at % NAMES.len()).unwrap_or(&"alex");
            let more = if at < NAMES.len() { String::new() } else { (at / NAMES.len() + 1).to_string() };
            format!("{name}{more}@example.com")
        });
        replaced(&text, phones(&text), |phone| {
            let at = place(&mut self.phones, phone.chars().filter(char::is_ascii_digit).collect());
            // Of Ofcom's drama numbers for London, 020 7946 0000 to 0999.
            format!("+44 20 7946 0{:03}", at % 1000)
        })
    }

    /// How many addresses and numbers were replaced, each counted once.
    pub fn counts(&self) -> (usize, usize) {
        (self.mails.len(), self.phones.len())
    }
}

/// Where a value stands in the list, to which a new one is added.
fn place(known: &mut Vec<String>, value: String) -> usize {
    known.iter().position(|one| *one == value).unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    })
}

fn replaced<'t>(
    text: &str,
    found: impl Iterator<Item = Match<'t>>,
    mut stand_in: impl FnMut(&str) -> String,
) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for found in found {
        out.push_str(&text[from..found.start()]);
        out.push_str(&stand_in(found.as_str()));
        from = found.end();
    }
    out.push_str(&text[from..]);
    out
}

/// Whether what follows belongs to the number: `100-200-3000-1` is an order's.
fn goes_on(rest: &str) -> bool {
    let rest = rest.strip_prefix(['-', '.', '/']).unwrap_or(rest);
    rest.starts_with(|c: char| c.is_alphanumeric() || c == '%')
}

/// `+1 234 567 890` is a large number rather than a phone's.
fn is_thousands(shown: &str) -> bool {
    match shown.trim_start_matches('+').split(' ').collect::<Vec<_>>().as_slice() {
        [] | [_] => false,
        [first, rest @ ..] => !first.starts_with('0') && rest.iter().all(|group| group.len() == 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_told_from_other_numbers() {
        for text in
            ["call +49 170 1234567 now", "(415) 732-9910", "ring 415-732-9910", "Tel. 030 4412 8876", "+1-415-732-9910"]
        {
            assert!(phone(text).is_some(), "{text}");
        }
        for text in [
            "2026-03-14 to 2026-04-01, 10:30-11:45",
            "from 1 250 000 to 1 400 000 visits",
            "+1 234 567 890 events",
            "call 202-555-0143",
            "ticket 4417-220-99318",
            "0.125 0.250 0.375 0.500",
            "EUR 120.000.000 and 14.5%, order 100-200-3000-1",
        ] {
            assert_eq!(phone(text), None, "{text}");
        }
    }

    #[test]
    fn stand_ins_are_the_same_for_the_same_person_and_nobodys() {
        let mut stand_ins = StandIns::default();
        let text = "Ask jo.park@harbourmail.io or +49 170 1234567; then Jo.Park@harbourmail.io, (415) 732-9910.";
        let said = stand_ins.replace(text);
        let wanted = "Ask alex@example.com or +44 20 7946 0000; then alex@example.com, +44 20 7946 0001.";
        assert_eq!((said.as_str(), stand_ins.counts()), (wanted, (1, 2)));
        assert_eq!(stand_ins.replace(wanted), wanted, "what is nobody's stays");
        let many: String = (0..20).map(|n| format!("p{n}@harbourmail.io ")).collect();
        let said = StandIns::default().replace(&many);
        let different: std::collections::HashSet<_> = said.split_whitespace().collect();
        assert_eq!((different.len(), mail(&said)), (20, None));
    }

    #[test]
    fn addresses_that_belong_to_no_one_are_left_alone() {
        assert_eq!(mail("write to jo.park@harbourmail.io today"), Some("jo.park@harbourmail.io"));
        assert_eq!(mail("write to jo@example.com, a@b.example or @handle"), None);
    }
}
