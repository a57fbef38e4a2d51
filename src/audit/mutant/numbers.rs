//! Every number becomes another one.

use super::request::Request;
use crate::audit::facts::{self, Sort, replaced};
use crate::audit::kind::{Kind, Mutant};
use std::collections::BTreeMap;
use std::ops::Range;

/// All numbers changed, each value everywhere alike, into ones that neither the reference nor the request knows.
pub(super) fn changed(request: &Request, gold: &str) -> Option<Mutant> {
    let mut taken = facts::values(gold);
    taken.extend(facts::values(&request.text));
    let mut becomes: BTreeMap<String, String> = BTreeMap::new();
    let mut places: Vec<(Range<usize>, String)> = Vec::new();
    for number in facts::numbers(gold) {
        let text = &gold[number.span.clone()];
        let other = match becomes.get(text) {
            Some(known) => known.clone(),
            None => {
                let other = (1..100).map(|step| another(text, number.sort, step));
                let new = other.into_iter().flatten().find(|other| !taken.contains(&other.replace(',', "")))?;
                taken.insert(new.replace(',', ""));
                becomes.insert(text.to_string(), new.clone());
                new
            }
        };
        places.push((number.span, other));
    }
    let (from, to) = becomes.iter().next()?;
    Some(Mutant::new(Kind::Numbers, format!("{from} → {to}"), replaced(gold, &places)))
}

/// A number some steps further on, written as this one is: about a third more with each step.
fn another(text: &str, sort: Sort, step: u32) -> Option<String> {
    if sort == Sort::Time {
        let (hour, minutes) = text.split_once(':')?;
        let hour: u32 = hour.parse().ok()?;
        return Some(format!("{}:{minutes}", (hour + step) % 24));
    }
    let digits: String = text.chars().filter(|c| c.is_ascii_digit()).collect();
    let value: u64 = digits.parse().ok()?;
    let more = value + (value * u64::from(step)).div_ceil(3).max(u64::from(step));
    let mut digits = more.to_string();
    // 0.05 keeps its zeros.
    let width = text.chars().filter(|c| c.is_ascii_digit()).count();
    while digits.len() < width {
        digits.insert(0, '0');
    }
    // Separators stand where they stood, counted from the end.
    let mut out: Vec<char> = Vec::new();
    let mut left: Vec<char> = digits.chars().collect();
    for c in text.chars().rev() {
        out.push(if c.is_ascii_digit() { left.pop().unwrap_or('0') } else { c });
    }
    out.extend(left.into_iter().rev());
    Some(out.into_iter().rev().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_new_and_one_value_stays_one() {
        let request = Request::new("12 of 40 by 16:00, 16 left");
        let mutant = changed(&request, "1. We sold 12 of 40 by 16:00, so 12 it is, 1,200 at 0.05 %.").unwrap();
        assert_eq!(mutant.text, "1. We sold 20 of 54 by 17:00, so 20 it is, 1,600 at 0.07 %.");
        let (before, after) = (facts::values("12 40 16:00 1,200 0.05"), facts::values(&mutant.text));
        assert!(before.is_disjoint(&after.into_iter().filter(|v| v != "1").collect()), "{}", mutant.text);
    }

    #[test]
    fn numbers_keep_their_form() {
        for (text, other) in [("9", "12"), ("1,250", "1,667"), ("3.0", "4.0"), ("0", "1"), ("999", "1332")] {
            assert_eq!(another(text, Sort::Plain, 1).as_deref(), Some(other));
        }
        assert_eq!(another("23:30", Sort::Time, 1).as_deref(), Some("0:30"));
    }

    #[test]
    fn without_a_number_there_is_nothing_to_change() {
        assert!(changed(&Request::new("3"), "None on 5 April.").is_none());
    }
}
