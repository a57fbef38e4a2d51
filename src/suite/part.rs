//! A suite's file in two: what stays, and what is taken out, each as it was written.

use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// Both files. The part that was taken out has the head of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    pub left: String,
    pub taken: String,
    /// The cases of `taken` alone, to be put behind those of a file that has the head already.
    pub cases: String,
}

/// Takes the cases of these ids (as written, without the suite's name) out of a suite's text. Lines go as they are, so
/// comments and layout stay; a comment straight above a case goes with it.
///
/// # Errors
/// The cases are not written below each other, or one of them has no id.
pub fn part(text: &str, file: &Path, ids: &BTreeSet<&str>) -> Result<Parted> {
    let node = yaml::parse(text, file)?;
    let cases = node.get("cases").or_else(|| node.get("tests"));
    let items = cases.and_then(Node::items).unwrap_or_default();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut starts = Vec::new();
    for item in items {
        starts.push(start(item, &lines).ok_or_else(|| {
            item.fault("this case does not begin on a line of its own, so it cannot be taken out")
                .hint("write the cases of this suite below each other, each behind `- `")
        })?);
    }
    if starts.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(Error::input(format!("{} has two cases on one line", file.display()))
            .hint("write the cases of this suite below each other, each behind `- `"));
    }
    let Some(first) = starts.first().copied() else {
        return Err(Error::input(format!("{} has no cases", file.display())));
    };
    let end = end(&node, first, lines.len());
    let (mut left, mut taken) = (lines[..first].concat(), String::new());
    for (at, item) in items.iter().enumerate() {
        let until = starts.get(at + 1).copied().unwrap_or(end);
        let id = item.get("id").and_then(Node::as_str);
        let id =
            id.ok_or_else(|| item.fault("this case has no `id`").hint("give it one, so that it stays the same case"))?;
        let goes = ids.contains(id);
        if goes { &mut taken } else { &mut left }.extend(lines[starts[at]..until].iter().copied());
    }
    if !taken.ends_with('\n') {
        taken.push('\n');
    }
    let (head, tail) = (lines[..first].concat(), lines[end..].concat());
    Ok(Parted { left: left + &tail, taken: format!("{head}{taken}{tail}"), cases: taken })
}

/// The line, from 0, on which a case begins: that of its `- `, or of the comments straight above it.
fn start(case: &Node, lines: &[&str]) -> Option<usize> {
    let place = case.place();
    let mut at = place.line.checked_sub(1)?;
    let before: String = lines.get(at)?.chars().take(place.column.saturating_sub(1)).collect();
    if before.trim() != "-" {
        at = (0..at).rev().find(|at| !lines[*at].trim().is_empty()).filter(|at| lines[*at].trim() == "-")?;
    }
    while at > 0 && lines[at - 1].trim_start().starts_with('#') {
        at -= 1;
    }
    Some(at)
}

/// The line, from 0, behind the last case: where the next key of the file stands.
fn end(file: &Node, first: usize, lines: usize) -> usize {
    let keys = file.entries().iter().map(|(key, _)| key.place().line - 1);
    keys.filter(|line| *line >= first).min().unwrap_or(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::load_str;
    use proptest::prelude::*;

    const TEXT: &str = "category: c # the head\ndefaults: {split: held-out}\ncases:\n  # of pears\n  - id: a\n    prompt: |\n      \
                        One\n\n      - id: no case\n  - {id: b, prompt: two}\n\n  -\n    id: c\n    prompt: three\ndescription: Ends\n";

    #[test]
    fn what_stays_and_what_goes_keep_their_lines() {
        let Parted { left, taken, cases } = part(TEXT, Path::new("s.yaml"), &BTreeSet::from(["a", "c"])).unwrap();
        assert_eq!(
            left,
            "category: c # the head\ndefaults: {split: held-out}\ncases:\n  - {id: b, prompt: two}\n\ndescription: Ends\n"
        );
        assert!(cases.starts_with("  # of pears\n  - id: a\n") && cases.ends_with("    prompt: three\n"), "{cases}");
        let ids = |text: &str| load_str("s", text).unwrap().cases.into_iter().map(|case| case.id).collect::<Vec<_>>();
        assert_eq!((ids(&left), ids(&taken)), (vec!["s/b".to_string()], vec!["s/a".to_string(), "s/c".to_string()]));
    }

    #[test]
    fn cases_that_cannot_be_cut_out_are_refused_with_their_line() {
        let refused = |text: &str| part(text, Path::new("s.yaml"), &BTreeSet::from(["a"])).unwrap_err().to_string();
        let flow = refused("category: c\ncases: [{id: a, prompt: p}, {id: b, prompt: q}]\n");
        assert!(flow.contains("line of its own") && flow.contains("s.yaml:2"), "{flow}");
        assert!(refused("category: c\ncases:\n  - prompt: p\n").contains("has no `id`"));
        assert!(refused("category: c\ncases:\n").contains("no cases"));
    }

    proptest! {
        #[test]
        fn every_case_is_in_one_of_both_files(goes in prop::collection::vec(any::<bool>(), 1..8), blank in any::<bool>()) {
            let gap = if blank { "\n" } else { "" };
            let cases: String = (0..goes.len()).map(|i| format!("- id: c{i}\n  prompt: p{i}\n{gap}")).collect();
            let text = format!("category: c\ncases:\n{cases}");
            let names: Vec<String> = (0..goes.len()).map(|i| format!("c{i}")).collect();
            let ids: BTreeSet<&str> = names.iter().zip(&goes).filter(|(_, goes)| **goes).map(|(id, _)| id.as_str()).collect();
            let parted = part(&text, Path::new("s.yaml"), &ids).unwrap();
            let count = |text: &str| text.matches("- id: ").count();
            prop_assert_eq!((count(&parted.taken), count(&parted.left)), (ids.len(), goes.len() - ids.len()));
            prop_assert_eq!(parted.left.len() + parted.cases.len(), text.len() + usize::from(ids.is_empty()));
        }
    }
}
