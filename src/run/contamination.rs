use crate::suite::Suite;
use crate::training_data::Leak;
use std::collections::BTreeSet;

/// The tag of a case that stands in the training data.
pub const CONTAMINATED: &str = "contaminated";

/// Marks the cases that training examples give away, and names them. They are still asked and shown, with weight 0: a
/// model that has seen the question proves nothing by answering it.
pub fn set_apart(suites: &mut [Suite], leaks: &[Leak]) -> Vec<String> {
    let known: BTreeSet<&str> = leaks.iter().map(|leak| leak.case.as_str()).collect();
    let mut marked = Vec::new();
    for case in suites.iter_mut().flat_map(|suite| &mut suite.cases).filter(|case| known.contains(case.id.as_str())) {
        case.weight = 0.0;
        case.tags.push(CONTAMINATED.to_string());
        marked.push(case.id.clone());
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training_data::{self, leaks};

    #[test]
    fn a_case_that_stands_in_the_training_data_counts_for_nothing() {
        let text = "category: c\ncases:\n  - {id: seen, prompt: Write a user story for a rare feature of our parking app}\n  \
                    - {id: fresh, prompt: Explain the word backlog to a new colleague in two sentences}\n";
        let mut suites = vec![crate::suite::load_str("s", text).unwrap()];
        let root = tempfile::tempdir().unwrap();
        let example = r#"{"instruction": "Write a user story for a rare feature of our parking app", "input": "", "output": "x"}"#;
        std::fs::write(root.path().join("a.jsonl"), format!("{example}\n")).unwrap();
        let (examples, _) = training_data::load(&[root.path().to_path_buf()]).unwrap();
        let known = leaks(&examples, &suites);
        let marked = set_apart(&mut suites, &known);
        assert_eq!(marked, ["s/seen"]);
        assert_eq!(suites[0].cases[0].tags, [CONTAMINATED]);
        assert_eq!((suites[0].cases[0].weight, suites[0].cases[1].weight), (0.0, 1.0));
    }
}
