//! Terms in texts.

/// Typographic apostrophes and quotation marks made plain, lower case: what terms are looked for in.
pub(crate) fn plain_lower(text: &str) -> String {
    text.replace(['’', '‘', 'ʼ'], "'").to_lowercase()
}

/// How often `term` stands in `text` as whole words; both in lower case.
pub(crate) fn term_count(text: &str, term: &str) -> usize {
    if term.is_empty() {
        return 0;
    }
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(term)
        .filter(|(at, _)| apart(text[..*at].chars().next_back()) && apart(text[at + term.len()..].chars().next()))
        .count()
}

pub(crate) fn has_term(text: &str, term: &str) -> bool {
    term_count(text, term) > 0
}

/// The terms of a list that stand in `text` (lower case) as whole words.
pub(crate) fn terms_in<'l>(text: &str, terms: &'l [String]) -> Vec<&'l str> {
    terms.iter().map(String::as_str).filter(|term| has_term(text, term)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_whole_words() {
        assert_eq!(term_count("synergy, synergies and synergy", "synergy"), 2);
        assert!(!has_term("a leveraged buy-out", "leverage"));
        assert!(has_term("c++ and c#", "c++"));
    }
}
