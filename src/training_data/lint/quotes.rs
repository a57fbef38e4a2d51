//! Typographic and straight quotation marks mixed.

use super::prose::without_code;
use super::{Code, Finding};
use crate::training_data::Example;
use crate::training_data::Severity::Warning;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code =
    Code::new("mixed-quotes", Warning, "Straight and typographic quotes mixed; the model would mix them at random.");

/// Fewer examples with quotes show no custom.
const FEWEST: usize = 5;

/// How many quotes and apostrophes of each sort an output has.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quotes {
    straight: usize,
    curly: usize,
}

impl Quotes {
    pub fn of(output: &str) -> Self {
        let text = without_code(output);
        let mut quotes = Self::default();
        let mut before = ' ';
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            let inside_word = before.is_alphabetic() && rest.peek().is_some_and(|n| n.is_alphabetic());
            match c {
                '“' | '”' | '‘' => quotes.curly += 1,
                '’' if inside_word => quotes.curly += 1,
                // `15"` is a screen's size, and feet and minutes are no quotes either.
                '"' if !before.is_ascii_digit() => quotes.straight += 1,
                '\'' if inside_word => quotes.straight += 1,
                _ => {}
            }
            before = c;
        }
        quotes
    }
}

/// Findings among the examples of one file.
pub(super) fn find(examples: &[Example], quotes: &[Quotes]) -> Vec<Finding> {
    let straight = quotes.iter().filter(|q| q.straight > 0 && q.curly == 0).count();
    let curly = quotes.iter().filter(|q| q.curly > 0 && q.straight == 0).count();
    let is_custom = |n: usize| straight + curly >= FEWEST && n * 5 >= (straight + curly) * 4;
    let remedy = "use one sort throughout; straight ones are easiest to type";
    let mut found = Vec::new();
    for (example, quotes) in examples.iter().zip(quotes) {
        let message = match quotes {
            Quotes { straight, curly } if *straight > 0 && *curly > 0 => {
                format!("`output` mixes {straight} straight and {curly} typographic quotes")
            }
            Quotes { curly: 1.., .. } if is_custom(straight) => {
                "`output` has typographic quotes, the other examples of the file straight ones".to_string()
            }
            Quotes { straight: 1.., .. } if is_custom(curly) => {
                "`output` has straight quotes, the other examples of the file typographic ones".to_string()
            }
            _ => continue,
        };
        found.push(Finding::new(&CODE, &example.place, message, remedy));
    }
    found
}
