//! Titles, tidied and compared by their words.

/// A title without its number, ornaments (emoji, bullets) and closing colon: `✅ 1. Impact:` is `Impact`.
pub(super) fn tidy(title: &str) -> String {
    let is_ornament = |c: char| !c.is_alphanumeric() && !matches!(c, '(' | '[' | '"' | '“' | '\'' | '$' | '<');
    let title = title.trim().trim_start_matches(is_ornament);
    let title = title.trim_end().trim_end_matches(':').trim_end();
    let number = title.len() - title.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let (digits, rest) = title.split_at(number);
    let rest = rest.strip_prefix(')').unwrap_or(rest);
    let numbered = digits.ends_with('.') || digits.contains('.') || title[number..].starts_with(')');
    let rest = if !digits.is_empty() && numbered && rest.starts_with(' ') { rest } else { title };
    rest.trim().to_string()
}

/// Words of a title for comparison: lower case, `non-goals` and `non goals` alike, `&` as `and`, `an` as `a`,
/// plurals as singulars.
fn title_words(title: &str) -> Vec<String> {
    let title = title.to_lowercase().replace('’', "'").replace('&', " and ").replace("non-", "non ");
    let title = title.replace("tl;dr", "tldr");
    let mut words: Vec<String> = Vec::new();
    for word in title.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()) {
        let word = if word == "an" { "a" } else { word };
        let stem = if word.chars().count() > 3 && !word.ends_with("ss") {
            word.strip_suffix('s').unwrap_or(word)
        } else {
            word
        };
        match words.last_mut() {
            Some(last) if last == "non" => last.push_str(stem),
            _ => words.push(stem.to_string()),
        }
    }
    words
}

/// Whether a title names what is wanted: the wanted words stand in it one after another.
/// `User impact` names `Impact`; `Non-Goals` does not name `Goals`.
pub(super) fn title_names(title: &str, wanted: &str) -> bool {
    let (title, wanted) = (title_words(title), title_words(wanted));
    !wanted.is_empty() && title.windows(wanted.len()).any(|w| w == wanted)
}

/// Whether a title begins with the wanted words.
pub(super) fn title_starts(title: &str, wanted: &str) -> bool {
    let wanted = title_words(wanted);
    !wanted.is_empty() && title_words(title).starts_with(&wanted)
}

/// Whether a title is what is wanted, nothing more.
pub(super) fn title_is(title: &str, wanted: &str) -> bool {
    let wanted = title_words(wanted);
    !wanted.is_empty() && title_words(title) == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_compare_by_their_words() {
        assert!(title_names("User Impact", "impact"));
        assert!(title_names("1. Success Metrics & KPIs", "success metric"));
        assert!(title_names("Nongoals", "non-goals") && title_names("Non goals", "Non-Goals"));
        assert!(!title_names("Non-Goals", "goals"));
        assert!(title_names("TL;DR", "TLDR"));
        assert!(!title_names("Impactful", "impact"));
        assert!(title_is("Next Steps", "next step") && !title_is("Here are the next steps", "next steps"));
    }

    #[test]
    fn a_title_loses_its_number_but_not_its_year() {
        assert_eq!(tidy("2.1 Goals:"), "Goals");
        assert_eq!(tidy("3) Goals"), "Goals");
        assert_eq!(tidy("2024 plan"), "2024 plan");
        assert_eq!(tidy("🎯 Goals"), "Goals");
    }
}
