use crate::audit::facts;
use crate::suite::Case;

/// What a case says to the model: its facts are what an answer must get right.
pub(super) struct Request {
    pub text: String,
}

impl Request {
    pub fn of(case: &Case) -> Self {
        Self::new(&format!("{}\n{}", case.system.as_deref().unwrap_or_default(), case.prompt))
    }

    pub fn new(text: &str) -> Self {
        Self { text: text.to_string() }
    }

    /// Whether the numbers of the reference are copied or worked out from those of the request.
    pub fn rules_numbers(&self, gold: &str) -> bool {
        let mine = facts::values(&self.text);
        let stated = facts::numbers(gold).into_iter().map(|number| gold[number.span].replace(',', ""));
        mine.len() >= 3 || stated.into_iter().any(|value| mine.contains(&value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_the_reference_made_up_are_left_alone() {
        assert!(!Request::new("Suggest 5 ways").rules_numbers("Show 3 or 4 steps"));
        assert!(Request::new("40 trams").rules_numbers("12 of 40"));
        assert!(Request::new("March: 820 studios, 41 cancelled, 60 joined").rules_numbers("5.0 %"), "worked out");
    }
}
