use engine::store;
use serde_json::Value;
use std::collections::HashSet;

/// The longest name made of a text, in bytes (it is ASCII).
const LONGEST: usize = 48;

/// Names of cases: made of their words, so that they stay the same when others are put in before them, and each given
/// once.
#[derive(Debug, Default)]
pub(super) struct Ids(HashSet<String>);

impl Ids {
    /// A name for a case that is described by `words`; `content` tells it from others of the same words.
    pub fn give(&mut self, words: &str, content: &Value) -> String {
        let name = slug(words);
        if self.0.insert(name.clone()) {
            return name;
        }
        let hash: String = store::hash_of(content).chars().take(8).collect();
        let told_apart = std::iter::once(format!("{name}-{hash}")).chain((2..).map(|n| format!("{name}-{hash}-{n}")));
        for name in told_apart {
            if self.0.insert(name.clone()) {
                return name;
            }
        }
        unreachable!("there are always more numbers")
    }
}

/// A text's first words as the name of a case or a suite.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let room = LONGEST.saturating_sub(slug.len() + usize::from(!slug.is_empty()));
        if room < word.len() && !slug.is_empty() {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(word.chars().take(room).map(|c| c.to_ascii_lowercase()));
    }
    if slug.is_empty() { "case".to_string() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_of_words_and_each_is_given_once() {
        let mut ids = Ids::default();
        assert_eq!(ids.give("What is the refund policy?", &json!(1)), "what-is-the-refund-policy");
        let second = ids.give("What is the refund policy?!", &json!(2));
        assert!(second.starts_with("what-is-the-refund-policy-") && second.len() == 34, "{second}");
        assert_eq!(ids.give("What is the refund policy?", &json!(2)), format!("{second}-2"));
        assert_eq!(ids.give("日本語", &json!(3)), "case");
        assert_eq!(slug(&"x".repeat(100)).len(), LONGEST);
    }

    #[test]
    fn a_case_put_in_before_changes_no_other_name() {
        let of = |texts: &[&str]| {
            let mut ids = Ids::default();
            texts.iter().map(|text| ids.give(text, &json!(text))).collect::<Vec<_>>()
        };
        assert_eq!(of(&["a", "b"])[1], of(&["c", "a", "b"])[2]);
    }
}
