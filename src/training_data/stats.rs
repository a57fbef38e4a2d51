//! What a dataset holds: counts against the guide's recommendation, lengths, variety. Pure; `report` draws it.

use super::{Example, Recommended};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Words in a row among which [`Variety::distinct_words`] counts.
pub const WINDOW: usize = 500;

/// Output lengths that suit most documents, in words.
pub const USUAL_WORDS: std::ops::RangeInclusive<usize> = 80..=350;

/// Width of a bin of [`Lengths::bins`], in words.
pub const BIN_WORDS: usize = 50;

/// The last bin holds everything longer.
const BINS: usize = 10;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    pub examples: usize,
    /// The recommended categories in the guide's order, then any others by name.
    pub categories: Vec<CategoryCount>,
    pub lengths: Lengths,
    pub variety: Variety,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryCount {
    pub total: Count,
    pub topics: Vec<Count>,
}

impl CategoryCount {
    /// How many more to write: one topic's plenty does not make up for another's want.
    pub fn missing(&self) -> usize {
        self.total.missing().max(self.topics.iter().map(Count::missing).sum())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    pub name: String,
    pub count: usize,
    /// How many the guide asks for, where it says so.
    pub recommended: Option<usize>,
}

impl Count {
    /// How many more to write.
    pub fn missing(&self) -> usize {
        self.recommended.unwrap_or(0).saturating_sub(self.count)
    }
}

/// Lengths of the outputs, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Lengths {
    pub shortest: usize,
    /// A quarter of the outputs is shorter.
    pub quarter: usize,
    pub median: usize,
    /// Three quarters are shorter.
    pub three_quarters: usize,
    pub longest: usize,
    /// How many outputs lie within [`USUAL_WORDS`].
    pub usual: usize,
    /// Counts by [`BIN_WORDS`]: 0 to 49, 50 to 99, …; the last takes everything longer.
    pub bins: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Variety {
    /// Different instructions, case and spacing aside.
    pub instructions: usize,
    /// The first four words that begin the most instructions, and how many they begin.
    pub commonest_opening: Option<(String, usize)>,
    /// Tags with the number of examples that carry them, most frequent first.
    pub tags: Vec<(String, usize)>,
    pub untagged: usize,
    /// Mean number of different words among [`WINDOW`] in a row: the moving-average type-token ratio (Covington and
    /// McFall 2010) times the window, which unlike the plain ratio does not fall as a dataset grows. `None` for
    /// datasets shorter than one window.
    pub distinct_words: Option<f64>,
}

/// Describes `examples`. Categories of `recommended` without an example are listed with 0.
pub fn stats(examples: &[Example], recommended: &[Recommended]) -> Stats {
    Stats {
        examples: examples.len(),
        categories: categories(examples, recommended),
        lengths: lengths(examples),
        variety: variety(examples),
    }
}

fn categories(examples: &[Example], recommended: &[Recommended]) -> Vec<CategoryCount> {
    let mut found: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for example in examples {
        *found.entry(example.category().to_string()).or_default().entry(example.topic().to_string()).or_default() += 1;
    }
    let mut names: Vec<&str> = Vec::new();
    for name in recommended.iter().map(|r| r.category).chain(found.keys().map(String::as_str)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let none = BTreeMap::new();
    names.into_iter().map(|name| category(name, found.get(name).unwrap_or(&none), recommended)).collect()
}

fn category(name: &str, found: &BTreeMap<String, usize>, recommended: &[Recommended]) -> CategoryCount {
    let mine: Vec<&Recommended> = recommended.iter().filter(|r| r.category == name).collect();
    let mut topics: Vec<Count> = Vec::new();
    for r in &mine {
        if let Some(topic) = r.topic {
            let count = found.get(topic).copied().unwrap_or(0);
            topics.push(Count { name: topic.to_string(), count, recommended: Some(r.count) });
        }
    }
    for (topic, &count) in found {
        if !topics.iter().any(|t| t.name == *topic) {
            topics.push(Count { name: topic.clone(), count, recommended: None });
        }
    }
    let wanted: usize = mine.iter().map(|r| r.count).sum();
    let total = Count {
        name: name.to_string(),
        count: found.values().sum(),
        recommended: (!mine.is_empty()).then_some(wanted),
    };
    CategoryCount { total, topics }
}

fn lengths(examples: &[Example]) -> Lengths {
    let mut words: Vec<usize> = examples.iter().map(|e| e.output.split_whitespace().count()).collect();
    words.sort_unstable();
    let mut bins = vec![0; BINS];
    for count in &words {
        bins[(count / BIN_WORDS).min(BINS - 1)] += 1;
    }
    // The nearest-rank quantile: always a length that really occurs.
    let quantile = |share: f64| {
        let rank = (share * words.len() as f64).ceil() as usize;
        words.get(rank.max(1) - 1).copied().unwrap_or(0)
    };
    Lengths {
        shortest: words.first().copied().unwrap_or(0),
        quarter: quantile(0.25),
        median: quantile(0.5),
        three_quarters: quantile(0.75),
        longest: words.last().copied().unwrap_or(0),
        usual: words.iter().filter(|count| USUAL_WORDS.contains(count)).count(),
        bins,
    }
}

fn variety(examples: &[Example]) -> Variety {
    let mut instructions = HashSet::new();
    let mut openings: HashMap<String, usize> = HashMap::new();
    let mut tags: HashMap<&str, usize> = HashMap::new();
    for example in examples {
        let words: Vec<String> = example.instruction.split_whitespace().map(str::to_lowercase).collect();
        *openings.entry(words.iter().take(4).cloned().collect::<Vec<_>>().join(" ")).or_default() += 1;
        instructions.insert(words.join(" "));
        let own: HashSet<&str> = example.tags.iter().map(String::as_str).collect();
        own.into_iter().for_each(|tag| *tags.entry(tag).or_default() += 1);
    }
    let mut tags: Vec<(String, usize)> = tags.into_iter().map(|(tag, count)| (tag.to_string(), count)).collect();
    tags.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Variety {
        instructions: instructions.len(),
        // Equal counts are settled by the alphabet, so that the same data always gives the same words.
        commonest_opening: openings.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0))),
        tags,
        untagged: examples.iter().filter(|example| example.tags.is_empty()).count(),
        distinct_words: distinct_words(examples.iter().map(|example| example.output.as_str())),
    }
}

fn distinct_words<'a>(texts: impl Iterator<Item = &'a str>) -> Option<f64> {
    let words: Vec<String> = texts
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .map(str::to_lowercase)
        .collect();
    if words.len() < WINDOW {
        return None;
    }
    let mut inside: HashMap<&str, usize> = HashMap::new();
    let mut sum = 0;
    for (end, word) in words.iter().enumerate() {
        *inside.entry(word).or_default() += 1;
        if let Some(left) = end.checked_sub(WINDOW).map(|start| words[start].as_str())
            && let Some(count) = inside.get_mut(left)
        {
            *count -= 1;
            if *count == 0 {
                inside.remove(left);
            }
        }
        if end + 1 >= WINDOW {
            sum += inside.len();
        }
    }
    Some(sum as f64 / (words.len() - WINDOW + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::super::RECOMMENDED;
    use super::super::testing::example;
    use super::*;

    #[test]
    fn counts_stand_against_the_guide_and_other_folders_come_last() {
        let mut examples = vec![example("planning/roadmaps", "a", "b"); 12];
        examples.extend(vec![example("notes/mine", "a", "b"); 2]);
        let stats = stats(&examples, RECOMMENDED);
        let names: Vec<&str> = stats.categories.iter().map(|c| c.total.name.as_str()).collect();
        assert_eq!(names[..3], ["user-stories", "prds", "communications"]);
        assert_eq!(names.last(), Some(&"notes"));
        let of = |name: &str| stats.categories.iter().find(|c| c.total.name == name).unwrap();
        assert_eq!((of("planning").total.count, of("planning").total.recommended), (12, Some(20)));
        assert_eq!(of("planning").total.missing(), 8);
        assert_eq!((of("prds").total.count, of("prds").total.recommended), (0, Some(50)));
        assert_eq!(of("prds").topics.len(), 3);
        assert_eq!((of("notes").total.recommended, of("notes").total.missing()), (None, 0));
    }

    #[test]
    fn the_recommended_numbers_are_the_guides() {
        assert_eq!(RECOMMENDED.iter().map(|r| r.count).sum::<usize>(), 245);
    }

    #[test]
    fn lengths_are_nearest_rank_quantiles_of_words() {
        let examples: Vec<Example> =
            [10, 80, 100, 350, 900].map(|n| example("a/b", "a", &vec!["word"; n].join(" "))).to_vec();
        let lengths = stats(&examples, &[]).lengths;
        assert_eq!((lengths.shortest, lengths.quarter, lengths.median), (10, 80, 100));
        assert_eq!((lengths.three_quarters, lengths.longest, lengths.usual), (350, 900, 3));
        assert_eq!(lengths.bins, [1, 1, 1, 0, 0, 0, 0, 1, 0, 1]);
        assert_eq!(stats(&[], &[]).lengths.longest, 0);
    }

    #[test]
    fn variety_counts_instructions_openings_and_tags() {
        let mut examples = vec![
            example("a/b", "Write a user  story for x", "o"),
            example("a/b", "write a user story for X", "o"),
            example("a/b", "Plan the sprint", "o"),
        ];
        examples[0].tags = vec!["retail".into(), "retail".into(), "formal".into()];
        examples[1].tags = vec!["retail".into()];
        let variety = stats(&examples, &[]).variety;
        assert_eq!(variety.instructions, 2);
        assert_eq!(variety.commonest_opening, Some(("write a user story".into(), 2)));
        assert_eq!(variety.tags, [("retail".to_string(), 2), ("formal".to_string(), 1)]);
        assert_eq!((variety.untagged, variety.distinct_words), (1, None));
    }

    #[test]
    fn distinct_words_is_the_moving_average() {
        // 500 different words, then 500 times the same: the windows hold 500, 500, 499, …, 1 different ones.
        let words: Vec<String> = (0..500).map(|n| format!("w{n}")).chain(vec!["x".to_string(); 500]).collect();
        let sum: usize = 500 + (1..=500).map(|same| 500 - same + 1).sum::<usize>();
        let mean = distinct_words([words.join(" ").as_str()].into_iter()).unwrap();
        assert!((mean - sum as f64 / 501.0).abs() < 1e-9, "{mean}");
    }
}
