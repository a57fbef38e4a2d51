//! Two facts change places between sentences, bullets or rows.

use super::request::Request;
use crate::audit::facts::{self, Number, replaced};
use crate::audit::kind::{Kind, Mutant};
use crate::audit::lines::passages;
use std::collections::BTreeSet;
use std::ops::Range;

/// Two different numbers of one sort, of which one at least is the request's; the first such pair.
pub(super) fn numbers(request: &Request, gold: &str) -> Option<Mutant> {
    let known = facts::values(&request.text);
    let value = |number: &Number| gold[number.span.clone()].replace(',', "");
    let all = facts::numbers(gold);
    let pair = pair(
        gold,
        &all,
        |number| &number.span,
        |a, b| a.sort == b.sort && (known.contains(&value(a)) || known.contains(&value(b))),
    )?;
    Some(swapped(Kind::SwappedNumbers, gold, &pair.0.span, &pair.1.span))
}

/// The first two different dates that stand in two passages.
pub(super) fn dates(gold: &str) -> Option<Mutant> {
    let all = facts::dates(gold);
    let (a, b) = pair(gold, &all, |span| span, |_, _| true)?;
    Some(swapped(Kind::SwappedDates, gold, a, b))
}

/// The first two items in different passages that differ and fit each other.
fn pair<'a, T>(
    gold: &str,
    all: &'a [T],
    span: impl Fn(&T) -> &Range<usize>,
    fit: impl Fn(&T, &T) -> bool,
) -> Option<(&'a T, &'a T)> {
    let passages = passages(gold);
    let home = |item: &T| passages.iter().position(|passage| passage.contains(&span(item).start));
    let text = |item: &T| &gold[span(item).clone()];
    let fits = |a: &T, b: &T| text(a) != text(b) && home(a) != home(b) && fit(a, b);
    all.iter().enumerate().find_map(|(i, a)| Some((a, all[i + 1..].iter().find(|b| fits(a, b))?)))
}

fn swapped(kind: Kind, gold: &str, a: &Range<usize>, b: &Range<usize>) -> Mutant {
    let (first, second) = (gold[a.clone()].to_string(), gold[b.clone()].to_string());
    let note = format!("{first} ↔ {second}");
    Mutant::new(kind, note, replaced(gold, &[(a.clone(), second), (b.clone(), first)]))
}

/// Two names of the request, wherever they stand. Where both stand in the same passages, nothing might change.
pub(super) fn names(request: &Request, gold: &str) -> Option<Mutant> {
    let passages = passages(gold);
    let homes = |name: &str| -> BTreeSet<usize> {
        let places = facts::places(gold, name).into_iter();
        places.filter_map(|place| passages.iter().position(|passage| passage.contains(&place.start))).collect()
    };
    let names = facts::names(&request.text, gold);
    let homes: Vec<(&String, BTreeSet<usize>)> = names.iter().map(|name| (name, homes(name))).collect();
    // Words of one longer name stand together and are no two names.
    let apart = |a: &BTreeSet<usize>, b: &BTreeSet<usize>| a.is_disjoint(b);
    let (a, b) = homes
        .iter()
        .enumerate()
        .find_map(|(i, (a, in_a))| Some((*a, homes[i + 1..].iter().find(|(_, in_b)| apart(in_a, in_b))?.0)))?;
    let mut places: Vec<(Range<usize>, String)> =
        facts::places(gold, a).into_iter().map(|at| (at, b.clone())).collect();
    places.extend(facts::places(gold, b).into_iter().map(|at| (at, a.clone())));
    places.sort_by_key(|(at, _)| at.start);
    Some(Mutant::new(Kind::SwappedNames, format!("{a} ↔ {b}"), replaced(gold, &places)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Request {
        Request::new(text)
    }

    #[test]
    fn numbers_of_one_sort_change_rows() {
        let gold = "- Solo costs £19, 5 vehicles.\n- Caravan costs £59, 20 vehicles.";
        let mutant = numbers(&request("Solo £19, Caravan £59"), gold).unwrap();
        assert_eq!(mutant.text, "- Solo costs £59, 5 vehicles.\n- Caravan costs £19, 20 vehicles.");
        assert_eq!(mutant.note, "19 ↔ 59");
        assert!(numbers(&request("19"), "It costs £19 and 59 %.\nNothing else.").is_none(), "two sorts, one sentence");
        assert!(numbers(&request("nothing"), gold).is_none(), "none is the request's");
    }

    #[test]
    fn dates_change_sentences() {
        let mutant = dates("Live on 24 June. The test is on 12 June.").unwrap();
        assert_eq!(mutant.text, "Live on 12 June. The test is on 24 June.");
        assert!(dates("From 3 June to 24 June.").is_none());
        assert!(dates("On 3 June. Again: 3 June.").is_none());
    }

    #[test]
    fn names_change_everywhere() {
        let request = request("Ask Priya and Tom about it, says Larkfield Estate.");
        let mutant = names(&request, "Priya sells. Tom reviews; Tom agrees.").unwrap();
        assert_eq!(mutant.text, "Tom sells. Priya reviews; Priya agrees.");
        assert!(names(&request, "Priya and Tom agree.").is_none());
        assert!(names(&request, "It is for Larkfield Estate.").is_none(), "one name of two words");
    }
}
