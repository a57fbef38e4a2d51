//! What a request demands of an answer's layout. An equivalent that breaks a demand is no equivalent.

use crate::check::quality::prose::pattern;
use regex::Regex;
use std::sync::LazyLock;

pub(super) struct Asks {
    /// In small letters.
    request: String,
}

impl Asks {
    pub fn of(system: Option<&str>, prompt: &str) -> Self {
        Self { request: format!("{}\n{prompt}", system.unwrap_or_default()).to_lowercase() }
    }

    /// Whether any of these words, or a word that begins with one, is in the request.
    pub fn names(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            let begins = |(at, _): (usize, &str)| !self.request[..at].ends_with(char::is_alphanumeric);
            self.request.match_indices(word).any(begins)
        })
    }

    /// A length counted in words: there, `61 percent` is longer than `61%`.
    pub fn counts_words(&self) -> bool {
        static COUNTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bwords?\b"));
        COUNTED.is_match(&self.request)
    }

    /// JSON as it is, with nothing around it.
    pub fn nothing_else(&self) -> bool {
        [
            "nothing else",
            "no other text",
            "no text before",
            "without text",
            "only the json",
            "just the json",
            "raw json",
        ]
        .iter()
        .any(|words| self.request.contains(words))
            || self.names(&["fence", "code block", "markdown"])
    }

    /// So many of something, or certain sections: whoever leaves half of them out has not answered. An upper bound asks
    /// for nothing.
    pub fn parts(&self) -> bool {
        static COUNT: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"(?x)(?<before>\S+\ +\S+\ +|\S+\ +|)
                \b(?:two|three|four|five|six|seven|eight|nine|ten|both|each|every|[2-9]|1[0-9])\ +
                (?:[a-z'-]+\ +){0,3}?
                (?:ideas?|bullets?|points?|steps?|criteri(?:a|on)|sections?|sentences?|paragraphs?|rows?|results?|risks?|
                reasons?|ways?|questions?|headings?|parts?|lines?|items?|columns?|plans?|interviews?|options?|assumptions?|
                stories|metrics?|keys?|examples?)\b",
            )
        });
        const BOUNDS: [&str; 9] = ["most", "than", "under", "within", "up to", "below", "maximum", "max", "or"];
        let counted = COUNT.captures_iter(&self.request).any(|found| {
            let before = found.name("before").map_or("", |part| part.as_str());
            !BOUNDS.iter().any(|bound| before.contains(bound))
        });
        counted || self.names(&["section", "heading", "headed", "table", "with the keys", "row", "column"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(prompt: &str) -> Asks {
        Asks::of(None, prompt)
    }

    #[test]
    fn demands_are_read_from_the_request() {
        assert!(asks("Use three Bullets").names(&["bullet"]));
        assert!(!asks("A comfortable chair").names(&["table"]), "not inside a word");
        assert!(asks("Stay under 90 words").counts_words());
        assert!(asks("Return one JSON object and nothing else").nothing_else());
        for prompt in [
            "Suggest 5 ways to improve onboarding",
            "exactly three acceptance criteria",
            "four bullets",
            "Use three headed sections",
            "One row per plan",
            "with the keys \"a\" and \"b\"",
        ] {
            assert!(asks(prompt).parts(), "{prompt}");
        }
        for prompt in ["Answer in at most three sentences", "Reply in up to 5 lines", "What should I answer Marek?"] {
            assert!(!asks(prompt).parts(), "{prompt}");
        }
    }
}
