//! Half of the parts that were asked for is missing.

use crate::audit::equivalent::json;
use crate::audit::kind::{Kind, Mutant};
use crate::audit::lines::{Line, lines, passages};
use crate::words;
use serde_json::Value;

/// Without the second half of its sections; where it has none, of its items, rows, lines or sentences.
pub(super) fn left_out(gold: &str) -> Option<Mutant> {
    if let Some(value) = json(gold) {
        let text = half_of(value)?;
        return Some(Mutant::new(Kind::Half, "without half of the keys", text));
    }
    let lines = lines(gold);
    let starts = |is: &dyn Fn(&Line<'_>) -> bool| -> Vec<usize> {
        lines.iter().enumerate().filter(|(_, line)| is(line)).map(|(at, _)| at).collect()
    };
    let sections = starts(&|line| matches!(line, Line::Heading(_) | Line::Title(_)));
    if sections.len() >= 2 {
        return Some(cut(gold, sections[sections.len().div_ceil(2)], lines.len(), &note(sections.len(), "section")));
    }
    let items = starts(&|line| {
        matches!(line, Line::Bullet { indent: "", .. } | Line::Numbered { indent: "", .. } | Line::Label { .. })
    });
    // The head of a table and the line beneath it are no rows.
    let rows: Vec<usize> = starts(&|line| matches!(line, Line::Row(_))).into_iter().skip(2).collect();
    for (found, what) in [(items, "item"), (rows, "row")] {
        if found.len() >= 2 {
            let last = found[found.len() - 1];
            return Some(cut(gold, found[found.len().div_ceil(2)], last + 1, &note(found.len(), what)));
        }
    }
    let passages = passages(gold);
    let keep = passages.get(passages.len().div_ceil(2)).filter(|_| passages.len() >= 2)?;
    Some(Mutant::new(Kind::Half, note(passages.len(), "sentence"), gold[..keep.start].trim_end()))
}

fn note(all: usize, what: &str) -> String {
    format!("without {} of {}", all / 2, words::count(all, what))
}

/// Without the lines from `from` to `to`, and what belongs to the last of them.
fn cut(gold: &str, from: usize, to: usize, note: &str) -> Mutant {
    let all: Vec<&str> = gold.lines().collect();
    let indented = all[to..].iter().take_while(|line| line.starts_with([' ', '\t'])).count();
    let kept: Vec<&str> = all[..from].iter().chain(&all[to + indented..]).copied().collect();
    Mutant::new(Kind::Half, note, kept.join("\n").trim_end())
}

fn half_of(value: Value) -> Option<String> {
    let half = match value {
        Value::Object(map) if map.len() >= 2 => {
            let keep = map.len().div_ceil(2);
            Value::Object(map.into_iter().take(keep).collect())
        }
        Value::Array(items) if items.len() >= 2 => {
            let keep = items.len().div_ceil(2);
            Value::Array(items.into_iter().take(keep).collect())
        }
        _ => return None,
    };
    serde_json::to_string_pretty(&half).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_says_how_much_is_missing() {
        assert_eq!(left_out("- a\n- b\n- c").unwrap().note, "without 1 of 3 items");
        assert_eq!(left("Keep:\n- a\nLeave out:\n- b"), "Keep:\n- a");
    }

    fn left(gold: &str) -> String {
        left_out(gold).unwrap().text
    }

    #[test]
    fn the_second_half_is_gone() {
        assert_eq!(left("## A\na\n\n## B\nb\n\n## C\nc"), "## A\na\n\n## B\nb");
        assert_eq!(left("Ideas:\n- a\n- b\n  more\n\nBye."), "Ideas:\n- a\n\nBye.");
        assert_eq!(left("| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"), "| A | B |\n|---|---|\n| 1 | 2 |");
        assert_eq!(left("One is so. Two is not. Three."), "One is so. Two is not.");
        assert_eq!(left("{\"a\": 1, \"b\": 2, \"c\": 3}"), "{\n  \"a\": 1,\n  \"b\": 2\n}");
        assert!(left_out("One sentence only.").is_none());
    }
}
