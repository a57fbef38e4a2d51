//! Several people's folders made into one.

use super::{Conversation, Example};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

/// One person's examples.
#[derive(Debug, Clone)]
pub struct Part {
    /// Told in `source`: the folder's name.
    pub name: String,
    pub folder: PathBuf,
    pub examples: Vec<Example>,
}

#[derive(Debug, Default)]
pub struct Merged {
    /// What each file of the new folder holds, by its path below the folder.
    pub files: BTreeMap<PathBuf, Vec<Conversation>>,
    /// Left out because another part says the same, word for word.
    pub exact: usize,
    /// Pairs that say nearly the same.
    pub near: Vec<Near>,
}

/// Two examples that say nearly the same; their `place` tells where each stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// The longer one.
    pub kept: Example,
    pub dropped: Example,
}

impl Merged {
    pub fn examples(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }
}

/// Joins `parts`: files of the same path below their folders become one, in the order of the parts.
///
/// Of examples that are word for word the same the first stays; of those that `near` pairs (indices into the examples it
/// is given) the one with the longer answer stays. `source` tells which part an example came from; ids that two parts
/// use get the part's name in front.
pub fn merge(parts: Vec<Part>, near: impl FnOnce(&[Example]) -> Vec<(usize, usize)>) -> Merged {
    let mut seen: HashSet<String> = HashSet::new();
    let mut ids: HashSet<String> = HashSet::new();
    let mut kept: Vec<(PathBuf, Example)> = Vec::new();
    let mut exact = 0;
    for part in parts {
        for example in part.examples {
            if !seen.insert(words(&example)) {
                exact += 1;
                continue;
            }
            let path = example.place.file.strip_prefix(&part.folder).unwrap_or(&example.place.file).to_path_buf();
            let mut example = Example { source: Some(source(&part.name, example.source.as_deref())), ..example };
            if let Some(id) = example.id.take() {
                let id = if ids.contains(&id) { format!("{}-{id}", part.name) } else { id };
                ids.insert(id.clone());
                example.id = Some(id);
            }
            kept.push((path, example));
        }
    }
    let examples: Vec<Example> = kept.iter().map(|(_, example)| example.clone()).collect();
    let near = settle(&examples, near(&examples));
    let dropped: HashSet<usize> = near.iter().map(|(_, dropped)| *dropped).collect();
    let mut files: BTreeMap<PathBuf, Vec<Conversation>> = BTreeMap::new();
    for (index, (path, example)) in kept.into_iter().enumerate() {
        if !dropped.contains(&index) {
            files.entry(path).or_default().push(example.into());
        }
    }
    let pair =
        |(kept, dropped): (usize, usize)| Near { kept: examples[kept].clone(), dropped: examples[dropped].clone() };
    Merged { files, exact, near: near.into_iter().map(pair).collect() }
}

/// Which of each pair stays. An example that lost to one is not weighed against others; where three resemble each other,
/// the longest of them stays.
fn settle(examples: &[Example], mut pairs: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let length = |index: usize| examples.get(index).map_or(0, |e| e.output.chars().count());
    pairs.retain(|(a, b)| a != b && *a.max(b) < examples.len());
    // Longest first, so that what stays is settled before what it displaces; then in order.
    let ordered = |(a, b): (usize, usize)| {
        if (length(b), std::cmp::Reverse(b)) > (length(a), std::cmp::Reverse(a)) { (b, a) } else { (a, b) }
    };
    let mut pairs: Vec<(usize, usize)> = pairs.into_iter().map(ordered).collect();
    pairs.sort_by_key(|&(kept, dropped)| (std::cmp::Reverse(length(kept)), kept, dropped));
    let mut gone: HashMap<usize, usize> = HashMap::new();
    for (kept, dropped) in pairs {
        if !gone.contains_key(&kept) {
            gone.entry(dropped).or_insert(kept);
        }
    }
    let mut settled: Vec<(usize, usize)> = gone.into_iter().map(|(dropped, kept)| (kept, dropped)).collect();
    settled.sort_by_key(|&(_, dropped)| dropped);
    settled
}

/// The words of an example, spacing aside.
fn words(example: &Example) -> String {
    let texts = [&example.instruction, &example.input, &example.output];
    texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).join("\n")
}

fn source(part: &str, source: Option<&str>) -> String {
    match source.map(str::trim) {
        None | Some("") => part.to_string(),
        Some(source) if source == part || source.starts_with(&format!("{part}: ")) => source.to_string(),
        Some(source) => format!("{part}: {source}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::example;
    use super::*;

    fn part(name: &str, examples: Vec<Example>) -> Part {
        Part { name: name.into(), folder: name.into(), examples }
    }

    #[test]
    fn files_of_one_path_become_one_and_sources_say_whose() {
        let mut noted = example("ana/prds/api", "q1", "a1");
        noted.source = Some("the March planning".into());
        let merged = merge(
            vec![
                part("ana", vec![noted, example("ana/prds/api", "q2", "a2")]),
                part("ben", vec![example("ben/prds/api", "q3", "a3"), example("ben/plans/x", "q4", "a4")]),
            ],
            |_| Vec::new(),
        );
        let told: Vec<(String, Vec<&str>)> = merged
            .files
            .iter()
            .map(|(path, all)| {
                (path.display().to_string(), all.iter().filter_map(|e| e.first().source.as_deref()).collect())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("plans/x.jsonl".to_string(), vec!["ben"]),
                ("prds/api.jsonl".to_string(), vec!["ana: the March planning", "ana", "ben"]),
            ]
        );
        assert_eq!((merged.examples(), merged.exact), (4, 0));
    }

    #[test]
    fn the_same_words_stay_once_and_ids_stay_unique() {
        let mut mine = example("ana/a/b", "q1", "a  1");
        mine.id = Some("b-01".into());
        let mut other = example("ben/a/b", "q2", "a2");
        other.id = Some("b-01".into());
        let merged =
            merge(vec![part("ana", vec![mine]), part("ben", vec![example("ben/c/d", "q1", "a 1"), other])], |_| {
                Vec::new()
            });
        let ids: Vec<&str> = merged.files.values().flatten().filter_map(|e| e.first().id.as_deref()).collect();
        assert_eq!((merged.exact, ids), (1, vec!["b-01", "ben-b-01"]));
    }

    #[test]
    fn of_near_duplicates_the_longest_stays_and_both_places_are_told() {
        let all = vec![
            example("ana/a/b", "q", "short"),
            example("ana/a/b", "q.", "the longest answer"),
            example("ana/a/b", "another", "x"),
            example("ana/a/b", "q!", "medium one"),
        ];
        let merged = merge(vec![part("ana", all)], |examples| {
            assert_eq!(examples.len(), 4);
            vec![(0, 3), (0, 1), (1, 3)]
        });
        let left: Vec<&str> = merged.files.values().flatten().map(|e| e.first().output.as_str()).collect();
        assert_eq!(left, ["the longest answer", "x"]);
        let pairs: Vec<(&str, &str)> =
            merged.near.iter().map(|n| (n.kept.output.as_str(), n.dropped.output.as_str())).collect();
        assert_eq!(pairs, [("the longest answer", "short"), ("the longest answer", "medium one")]);
        assert_eq!(merged.near[0].dropped.place.to_string(), "ana/a/b.jsonl:1");
    }
}
