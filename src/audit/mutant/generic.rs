//! Fluent text of the right shape that says nothing.

use super::request::Request;
use crate::audit::facts::{self, Sort, replaced};
use crate::audit::kind::{Kind, Mutant};
use crate::check::quality::prose::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Every number, date and name as a general word, where two at least are the request's.
pub(super) fn told(request: &Request, gold: &str) -> Option<Mutant> {
    let mut places: Vec<(Range<usize>, String)> = Vec::new();
    for name in facts::names(&request.text, gold) {
        places.extend(facts::places(gold, &name).into_iter().map(|at| (at, "the team".to_string())));
    }
    places.extend(facts::dates(gold).into_iter().map(|span| (preposition(gold, span), "soon".to_string())));
    let known = facts::values(&request.text);
    let numbers = facts::numbers(gold);
    let stated = |number: &&facts::Number| known.contains(&gold[number.span.clone()].replace(',', ""));
    let own = numbers.iter().filter(stated).count() + places.len();
    if own < 2 {
        return None;
    }
    if request.rules_numbers(gold) {
        // "the 5th" would become "the someth".
        let whole = |number: &&facts::Number| !gold[number.span.end..].starts_with(char::is_alphabetic);
        places.extend(numbers.iter().filter(whole).map(|number| vague(gold, &number.span, number.sort)));
    }
    places.sort_by_key(|(at, _)| at.start);
    places.dedup_by(|later, earlier| later.0.start < earlier.0.end);
    let text = tidy(&replaced(gold, &places));
    Some(Mutant::new(Kind::Generic, format!("{} facts made general", places.len()), text))
}

/// A date with the preposition before it: "on 5 April" becomes "soon".
fn preposition(text: &str, span: Range<usize>) -> Range<usize> {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:on|by|until|from|since|to) $"));
    let start = BEFORE.find(&text[..span.start]).map_or(span.start, |found| found.start());
    start..span.end
}

/// A number with its sign or unit as a general amount.
fn vague(text: &str, span: &Range<usize>, sort: Sort) -> (Range<usize>, String) {
    static SIGN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"^(?:[ \u{a0}]?[%€$£]|[ \u{a0}](?:per ?cent|euros?|dollars?|pounds?|EUR|USD|GBP)\b)")
    });
    static CURRENCY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:[€$£¥]|\b(?:EUR|USD|GBP))[ \u{a0}]?$"));
    let start = CURRENCY.find(&text[..span.start]).map_or(span.start, |found| found.start());
    let end = span.end + SIGN.find(&text[span.end..]).map_or(0, |found| found.end());
    let words = match sort {
        Sort::Percent => "a good share",
        Sort::Money => "a fair amount",
        Sort::Time => "a suitable time",
        Sort::Plain => "some",
    };
    (start..end, words.to_string())
}

/// "the team the team" from a name of two words is one team.
fn tidy(text: &str) -> String {
    static TWICE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bthe team(?: the team)+\b"));
    TWICE.replace_all(text, "the team").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_become_general_words() {
        let request = Request::new("Tell Larkfield Estate: 640 clinics, £48 each, 31 % by 5 April, says Ben.");
        let mutant = told(&request, "Larkfield Estate has 640 clinics at £48, 31 % by 5 April. Ben knows.").unwrap();
        assert_eq!(mutant.text, "the team has some clinics at a fair amount, a good share soon. the team knows.");
        assert!(told(&request, "Ben knows.").is_none(), "one fact is too few");
        assert!(told(&request, "They know.").is_none());
    }
}
