//! What rose falls, what is first comes last.

use crate::audit::facts::replaced;
use crate::audit::kind::{Kind, Mutant};
use crate::check::quality::prose::pattern;
use regex::Regex;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Pairs that reverse what a sentence says wherever they stand. Words with other senses (`up`, `more`, `after`) are looked
/// for with what gives them this one: [`TURNS`].
const PAIRS: &[(&str, &str)] = &[
    ("rose", "fell"),
    ("risen", "fallen"),
    ("rises", "falls"),
    ("rising", "falling"),
    ("increase", "decrease"),
    ("increases", "decreases"),
    ("increased", "decreased"),
    ("increasing", "decreasing"),
    ("grew", "shrank"),
    ("higher", "lower"),
    ("highest", "lowest"),
    ("above", "below"),
    ("improved", "worsened"),
    ("improves", "worsens"),
    ("better", "worse"),
    ("best", "worst"),
    ("faster", "slower"),
    ("cheaper", "dearer"),
    ("cheapest", "dearest"),
    ("larger", "smaller"),
    ("earlier than", "later than"),
    ("or earlier", "or later"),
    ("ahead of", "behind"),
    ("raise", "reduce"),
    ("raises", "reduces"),
    ("raised", "reduced"),
    ("at most", "at least"),
    ("more than", "fewer than"),
];
/// The other way only: the second word alone has senses that reverse nothing.
const ONE_WAY: &[(&str, &str)] = &[
    ("dropped", "rose"),
    ("growth", "decline"),
    ("improvement", "decline"),
    ("gained", "lost"),
    ("gains", "loses"),
    ("went down", "went up"),
    ("went up", "went down"),
    ("down from", "up from"),
    ("up from", "down from"),
    ("down by", "up by"),
    ("up by", "down by"),
    ("less than", "more than"),
    ("within", "outside of"),
    ("delayed", "brought forward"),
    ("cannot", "can"),
    ("can't", "can"),
    ("won't", "will"),
    ("isn't", "is"),
    ("doesn't", "does"),
    ("didn't", "did"),
    ("unchanged", "changed"),
    ("fewer", "more"),
];

static TURNS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let both = PAIRS.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]);
    // The first word of a pair comes before what a later pair makes of it.
    let mut turns = HashMap::new();
    for (from, to) in ONE_WAY.iter().copied().chain(both) {
        turns.entry(from.to_string()).or_insert_with(|| to.to_string());
    }
    turns
});

static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    let mut all: Vec<&str> = TURNS.keys().map(String::as_str).collect();
    // The longest first: "more than" before a word of it.
    all.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    pattern(&format!(r"(?i)\b(?:{})\b", all.join("|")))
});
/// Only before a number: "see above" says nothing of a direction.
const BEFORE_NUMBERS: [&str; 3] = ["above", "below", "within"];

static YES_NO: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?<word>Yes|No)[,.:;!]"));

/// Every such word turned round, and a leading yes or no.
pub(super) fn reversed(gold: &str) -> Option<Mutant> {
    let mut places: Vec<(Range<usize>, String)> = Vec::new();
    if let Some(found) = YES_NO.captures(gold).and_then(|found| found.name("word")) {
        places.push((found.range(), if found.as_str() == "Yes" { "No" } else { "Yes" }.to_string()));
    }
    for found in WORDS.find_iter(gold) {
        let compound = gold[..found.start()].ends_with('-') || gold[found.end()..].starts_with('-');
        let word = found.as_str().to_lowercase();
        let number =
            gold[found.end()..].trim_start_matches([' ', '£', '$', '€']).starts_with(|c: char| c.is_ascii_digit());
        let other_sense = compound || BEFORE_NUMBERS.contains(&word.as_str()) && !number;
        let Some(turned) = TURNS.get(&word).filter(|_| !other_sense) else { continue };
        places.push((found.range(), like(found.as_str(), turned)));
    }
    let (first, to) = places.first()?;
    let note = format!("{} → {to}", &gold[first.clone()]);
    Some(Mutant::new(Kind::Direction, note, replaced(gold, &places)))
}

/// With a capital where the other had one.
fn like(model: &str, word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) if model.starts_with(char::is_uppercase) => first.to_uppercase().chain(letters).collect(),
        _ => word.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_reversed() {
        for (text, turned) in [
            ("Sales rose, costs fell.", "Sales fell, costs rose."),
            ("Higher in May, down from June", "Lower in May, up from June"),
            ("Yes, 3 more than in March.", "No, 3 fewer than in March."),
            ("No, it is at least 5.", "Yes, it is at most 5."),
            ("We can't ship; below 40", "We can ship; above 40"),
            ("Fewer than 3 pay", "More than 3 pay"),
        ] {
            assert_eq!(reversed(text).unwrap().text, turned);
        }
    }

    #[test]
    fn words_with_other_senses_are_left_alone() {
        for text in [
            "Up to 5 users sign up",
            "No-shows and sign-ups need one more look",
            "After the open-air party",
            "You can decline; I tell you later",
        ] {
            assert!(reversed(text).is_none(), "{text}: {:?}", reversed(text));
        }
    }
}
