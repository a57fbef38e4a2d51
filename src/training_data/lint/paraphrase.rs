//! Examples that give a suite's case away in other words, by the sentence model.
//!
//! What an example asks (instruction and input, and the instruction alone) is held against what cases ask; each sentence
//! of its output, and the output as a whole, against what cases would hear: reference, distractors and choices. Reading
//! a sentence is what costs, so one that shares too few rare words with every answer of a case is not read.

use super::{Code, Finding};
use crate::check::quality::prose::{pattern, quote};
use crate::suite::{Case, Split, Suite};
use crate::training_data::Severity::Warning;
use crate::training_data::leak::Leak;
use crate::training_data::meaning::{NEAR, Near, Words, compare, rest_is_near, to_read};
use crate::training_data::{Example, Meanings};
use engine::embed::cosine;
use engine::error::Result;
use rayon::prelude::*;
use regex::Regex;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code = Code::new(
    "paraphrase",
    Warning,
    "The example asks or answers in other words what a suite's case does; found with the sentence model, once pulled.",
);

/// Shorter texts mean too little to be told apart.
const FEWEST_WORDS: usize = 4;
/// A shorter answer of a case means nothing without its question.
const SHORT: usize = 8;
/// From so many words on, an answer of a case is compared with whole outputs too.
const LONG: usize = 20;
/// Share of the weight of its rare words that a sentence must have in common with a case's answer to be read.
const SHARED: f64 = 0.2;

/// Ends of sentences, and whatever marks a line's beginning.
static ENDS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\n+|[.!?]["”)]?\s+"#));
static MARKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:\s*(?:[-•#>|]+|\d+[.)])\s*)+|[*`|_]+"));

/// A text of a case.
struct Part<'a> {
    case: &'a str,
    what: What,
    shown: &'a str,
    /// Then it is not quoted: whoever writes examples must not read the exam.
    held_out: bool,
    text: String,
    words: Words,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Prompt,
    Reference,
    Distractor,
    Choice,
}

/// A text of an example.
struct Piece<'a> {
    example: usize,
    /// What it is compared with: what cases ask, their answers, or their long answers.
    against: Against,
    shown: &'a str,
    text: String,
    words: Words,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    Prompts,
    Answers,
    LongAnswers,
}

/// What is still open after a first look: a piece and a part that are near, with what only one of them says.
struct Open {
    piece: usize,
    part: usize,
    cosine: f64,
    rests: Option<(String, String)>,
}

/// Pairs of an example and a case that `leaks` does not name already. `told` as in [`Meanings`].
pub(super) fn find(
    examples: &[Example],
    suites: &[Suite],
    leaks: &[Leak],
    meanings: &dyn Meanings,
    told: &dyn Fn(usize, usize),
) -> Result<Vec<Finding>> {
    let parts: Vec<Part<'_>> = suites.iter().flat_map(|suite| &suite.cases).flat_map(parts).collect();
    let pieces: Vec<Vec<Piece<'_>>> = examples.par_iter().enumerate().map(|(at, e)| pieces(at, e)).collect();
    let mut pieces: Vec<Piece<'_>> = pieces.into_iter().flatten().collect();
    Rare::new(&pieces, &parts, examples.len()).keep(&mut pieces, &parts);
    let texts: Vec<&str> =
        parts.iter().map(|part| part.text.as_str()).chain(pieces.iter().map(|piece| piece.text.as_str())).collect();
    let vectors = meanings.vectors(&texts, told)?;
    let (theirs, mine) = vectors.split_at(parts.len().min(vectors.len()));
    let open = near(&pieces, mine, &parts, theirs);
    let same = decided(open, meanings, told)?;
    Ok(findings(&same, &pieces, &parts, examples, leaks))
}

fn parts(case: &Case) -> impl Iterator<Item = Part<'_>> {
    let reference = case.reference.iter().map(|text| (What::Reference, text));
    let distractors = case.distractors.iter().map(|distractor| (What::Distractor, &distractor.text));
    let choices = case.choices.iter().filter(|choice| case.reference.as_ref() != Some(choice));
    let answers = reference.chain(distractors).chain(choices.map(|choice| (What::Choice, choice)));
    let all = std::iter::once((What::Prompt, &case.prompt)).chain(answers);
    all.filter(|(what, text)| *what != What::Prompt || is_long_enough(text)).map(|(what, shown)| {
        let alone = what == What::Prompt || shown.split_whitespace().count() >= SHORT;
        let text = if alone { to_read(shown) } else { to_read(&format!("{} {shown}", case.prompt)) };
        Part { case: &case.id, what, shown, held_out: case.split == Split::HeldOut, words: Words::of(&text), text }
    })
}

fn pieces(at: usize, example: &Example) -> Vec<Piece<'_>> {
    let piece = |against, shown, text: &str| {
        let text = to_read(text);
        Piece { example: at, against, shown, words: Words::of(&text), text }
    };
    let mut pieces = vec![piece(Against::Prompts, example.instruction.as_str(), &example.prompt())];
    if !example.input.trim().is_empty() && is_long_enough(&example.instruction) {
        pieces.push(piece(Against::Prompts, &example.instruction, &example.instruction));
    }
    let sentences = ENDS.split(&example.output).filter(|sentence| is_long_enough(sentence));
    pieces.extend(sentences.map(|s| piece(Against::Answers, s, MARKS.replace_all(s, "").trim())));
    if example.output.split_whitespace().count() >= LONG / 2 {
        pieces.push(piece(Against::LongAnswers, &example.output, MARKS.replace_all(&example.output, "").trim()));
    }
    pieces
}

fn is_long_enough(text: &str) -> bool {
    text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count() >= FEWEST_WORDS
}

impl Against {
    fn takes(self, part: &Part<'_>) -> bool {
        match self {
            Self::Prompts => part.what == What::Prompt,
            Self::Answers => part.what != What::Prompt,
            Self::LongAnswers => part.what != What::Prompt && part.text.split_whitespace().count() >= LONG,
        }
    }
}

/// How rare words are among the examples.
struct Rare {
    weights: HashMap<String, f64>,
}

impl Rare {
    fn new(pieces: &[Piece<'_>], parts: &[Part<'_>], examples: usize) -> Self {
        let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
        for piece in pieces {
            for topic in piece.words.topics() {
                let (count, last) = counts.entry(topic).or_insert((0, usize::MAX));
                if *last != piece.example {
                    (*count, *last) = (*count + 1, piece.example);
                }
            }
        }
        for topic in parts.iter().flat_map(|part| part.words.topics()) {
            counts.entry(topic).or_default();
        }
        let weight = |count: usize| (examples as f64 / (1.0 + count as f64)).ln().max(0.0) + 0.2;
        Self { weights: counts.into_iter().map(|(word, (count, _))| (word.to_string(), weight(count))).collect() }
    }

    fn weight<'a>(&self, topics: impl IntoIterator<Item = &'a str>) -> f64 {
        topics.into_iter().filter_map(|topic| self.weights.get(topic)).sum()
    }

    /// Leaves out the pieces of outputs that have too little in common with every part they would be compared with.
    fn keep(&self, pieces: &mut Vec<Piece<'_>>, parts: &[Part<'_>]) {
        let topics: Vec<(HashSet<&str>, f64)> = parts
            .iter()
            .map(|part| part.words.topics().collect::<HashSet<_>>())
            .map(|topics| (topics.clone(), self.weight(topics)))
            .collect();
        let has_a_chance: Vec<bool> = pieces
            .par_iter()
            .map(|piece| {
                let mine: HashSet<&str> = piece.words.topics().collect();
                let weight = self.weight(mine.iter().copied());
                let likely = |(theirs, other): &(HashSet<&str>, f64)| {
                    let shared = self.weight(theirs.iter().filter(|topic| mine.contains(*topic)).copied());
                    shared >= SHARED * weight.min(*other) && shared > 0.0
                };
                let compared = parts.iter().zip(&topics).filter(|(part, _)| piece.against.takes(part));
                piece.against == Against::Prompts || compared.map(|(_, topics)| topics).any(likely)
            })
            .collect();
        let mut kept = has_a_chance.into_iter();
        pieces.retain(|_| kept.next().unwrap_or_default());
    }
}

fn near(pieces: &[Piece<'_>], mine: &[Vec<f32>], parts: &[Part<'_>], theirs: &[Vec<f32>]) -> Vec<Open> {
    let found = pieces.par_iter().zip(mine).enumerate().flat_map_iter(|(at, (piece, vector))| {
        let compared = parts.iter().zip(theirs).enumerate().filter(|(_, (part, _))| piece.against.takes(part));
        compared.filter_map(move |(part_at, (part, other))| {
            let cosine = cosine(vector, other);
            let rests = match (cosine >= NEAR).then(|| compare(cosine, &piece.words, &part.words))? {
                Near::Apart => return None,
                Near::Same => None,
                Near::Depends(mine, theirs) => Some((mine, theirs)),
            };
            Some(Open { piece: at, part: part_at, cosine, rests })
        })
    });
    found.collect()
}

/// Those that say the same.
fn decided(mut open: Vec<Open>, meanings: &dyn Meanings, told: &dyn Fn(usize, usize)) -> Result<Vec<Open>> {
    let rests: Vec<&str> = open.iter().filter_map(|o| o.rests.as_ref()).flat_map(|(a, b)| [a.as_str(), b]).collect();
    let vectors = meanings.vectors(&rests, told)?;
    let near: Vec<bool> = vectors.chunks(2).map(|pair| matches!(pair, [a, b] if rest_is_near(cosine(a, b)))).collect();
    let mut near = near.into_iter();
    open.retain(|one| one.rests.is_none() || near.next().unwrap_or_default());
    Ok(open)
}

/// The nearest pair of each example and case.
fn findings(
    same: &[Open],
    pieces: &[Piece<'_>],
    parts: &[Part<'_>],
    examples: &[Example],
    leaks: &[Leak],
) -> Vec<Finding> {
    let mut best: BTreeMap<(usize, &str), &Open> = BTreeMap::new();
    for one in same {
        let kept = best.entry((pieces[one.piece].example, parts[one.part].case)).or_insert(one);
        if one.cosine > kept.cosine {
            *kept = one;
        }
    }
    let told: HashSet<(&crate::training_data::Place, &str)> =
        leaks.iter().map(|leak| (&leak.example, leak.case.as_str())).collect();
    let new = best.into_iter().filter(|((example, case), _)| !told.contains(&(&examples[*example].place, *case)));
    new.map(|((example, case), one)| {
        let (piece, part) = (&pieces[one.piece], &parts[one.part]);
        let how = match part.what {
            What::Prompt => format!("asks in other words what the case {case} asks"),
            What::Reference => format!("says in other words the reference of the case {case}"),
            What::Distractor => format!("says in other words a distractor of the case {case}"),
            What::Choice => format!("says in other words a choice of the case {case}"),
        };
        let there = if part.held_out { String::new() } else { format!(", {} there", quote(part.shown)) };
        let message = format!("{how}: {} here{there}", quote(piece.shown));
        let remedy = "write an example about something else, or retire the case from its suite";
        Finding::new(&CODE, &examples[example].place, message, remedy)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite;
    use crate::training_data::testing::example;

    /// A toy model: texts as counts of their words, a few of which it knows to mean the same.
    struct Toy;

    impl Meanings for Toy {
        fn vectors(&self, texts: &[&str], _told: &dyn Fn(usize, usize)) -> Result<Vec<Vec<f32>>> {
            let vector = |text: &&str| {
                let mut vector = vec![0.0f32; 64];
                for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 3) {
                    let word = match word {
                        "purchasers" => "customers",
                        "depart" => "leave",
                        known => known,
                    };
                    vector[word.bytes().map(usize::from).sum::<usize>() % 64] += 1.0;
                }
                let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
                vector.iter().map(|x| x / length).collect()
            };
            Ok(texts.iter().map(vector).collect())
        }
    }

    fn found(instruction: &str, output: &str) -> Vec<String> {
        let text = "category: x\ncases:\n  - id: churn\n    prompt: Explain why customers leave a parcel service\n    \
                    reference: Customers leave because nobody answers the letters they write\n";
        found_in(text, instruction, output)
    }

    fn found_in(text: &str, instruction: &str, output: &str) -> Vec<String> {
        let suites = [suite::load_str("s", text).unwrap()];
        let examples = [example("a", instruction, output), example("a", "Other words entirely here", "Nothing of it")];
        let leaks = crate::training_data::leaks(&examples, &suites);
        let found = find(&examples, &suites, &leaks, &Toy, &|_, _| ()).unwrap();
        found.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn the_same_in_other_words_is_found_in_prompts_and_in_sentences() {
        let asked = found("Explain why purchasers depart from a parcel service", "I do not know, sorry.");
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(
            asked[0].starts_with("asks in other words what the case s/churn asks: \"Explain why purch"),
            "{asked:?}"
        );
        let said =
            found("Tell me a story", "Well.\n\n- **Purchasers** depart because nobody answers the letters they write.");
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("says in other words the reference of the case s/churn"), "{said:?}");
    }

    #[test]
    fn a_held_out_case_is_named_and_not_quoted() {
        let text = "category: x\ncases:\n  - id: churn\n    prompt: Explain why customers leave a parcel service\n";
        let asked =
            |text: &str| found_in(text, "Explain why purchasers depart from a parcel service", "Sorry.").remove(0);
        assert!(asked(text).contains("customers leave"));
        let held_out = asked(&text.replace("    prompt", "    split: held-out\n    prompt"));
        assert!(held_out.contains("s/churn") && !held_out.contains("customers"), "{held_out}");
    }

    #[test]
    fn another_fact_and_what_is_told_as_a_leak_already_are_left_alone() {
        assert!(found("Explain why customers praise a parcel service", "I do not know, sorry.").is_empty());
        assert!(found("Explain why customers leave a parcel service!", "I do not know, sorry.").is_empty());
    }
}
