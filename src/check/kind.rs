use super::lexicon::{Lexicon, List};
use super::{Criterion, Permit, Subject, Verdict};
use crate::words;
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A pure judge: the same subject always gets the same verdict.
pub trait Judge: std::fmt::Debug + Send + Sync {
    fn judge(&self, subject: &Subject<'_>) -> Verdict;

    /// The word lists it goes by. They are part of what the check is: runs judged by other lists are not comparable.
    fn lists() -> &'static [List]
    where
        Self: Sized,
    {
        &[]
    }

    /// Goes by this workspace's word lists from now on.
    fn adopt(&mut self, _lexicon: Arc<Lexicon>) {}

    /// Whether it needs the sentence model on this computer.
    fn compares_meanings(&self) -> bool {
        false
    }

    /// The program it runs, with its arguments. Such a check starts nothing, and breaks, before [`permit`](Judge::permit).
    fn program(&self) -> Option<&[String]> {
        None
    }

    /// Lets it run its program for a case. To be called only where a person has said so.
    fn permit(&self, _permit: Permit) {}

    /// Finds faults that the types cannot express (a bad pattern, min above max). The text goes to the user.
    fn faults(&self) -> Option<String> {
        None
    }
}

/// Reads a check's own keys, leaving out those named, for a workspace with these word lists.
pub type Parse = fn(&Node, &[&str], &Arc<Lexicon>) -> Result<Arc<dyn Judge>>;

/// One kind of check: what `type:` may say.
pub struct Kind {
    pub name: &'static str,
    /// The criterion it speaks for unless the suite says otherwise.
    pub criterion: Criterion,
    /// One sentence for the reference page and the schema.
    pub about: &'static str,
    /// Raised whenever the same answer could get another verdict than before: runs judged by different versions of a
    /// check are not comparable.
    pub version: u32,
    /// Sees how an answer looks, never whether it serves its criterion: a nonsense answer that repeats one word may be
    /// of the right length, in English and free of hedging. So it is a guard, unless a suite says otherwise.
    pub symptom: bool,
    /// The word lists it goes by.
    pub lists: fn() -> &'static [List],
    pub parse: Parse,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Kind {
    pub const fn new<T>(name: &'static str, criterion: Criterion, version: u32, about: &'static str) -> Self
    where
        T: Judge + DeserializeOwned + JsonSchema + 'static,
    {
        let schema = |g: &mut SchemaGenerator| g.subschema_for::<T>();
        Self { name, criterion, about, version, symptom: false, lists: T::lists, parse: parse_as::<T>, schema }
    }

    /// The kind as one that sees symptoms only.
    pub const fn of_symptoms(self) -> Self {
        Self { symptom: true, ..self }
    }
}

fn parse_as<T: Judge + DeserializeOwned + 'static>(
    node: &Node,
    except: &[&str],
    lexicon: &Arc<Lexicon>,
) -> Result<Arc<dyn Judge>> {
    let mut judge: T = yaml::read(node, except)?;
    judge.adopt(lexicon.clone());
    match judge.faults() {
        Some(fault) => Err(node.get("value").unwrap_or(node).fault(fault)),
        None => Ok(Arc::new(judge)),
    }
}

/// Every kind of check, in the order of the reference page.
pub fn kinds() -> impl Iterator<Item = &'static Kind> + Clone {
    let families: &[&'static [Kind]] = &[
        super::text::KINDS,
        super::structure::KINDS,
        super::similarity::KINDS,
        super::quality::KINDS,
        super::product::KINDS,
        super::runtime::KINDS,
        super::own::KINDS,
    ];
    families.iter().copied().flatten()
}

/// Whether the check of this name, as records have it (`not-` in front or not), sees symptoms only and so is no evidence
/// for its criterion. A name that no kind has, from records of another version, counts as evidence.
pub fn is_symptom(name: &str) -> bool {
    named(kinds(), name).is_some_and(|(kind, _)| kind.symptom)
}

/// The kind that a check's `type` names, and whether `not-` turns it round.
pub(crate) fn named(kinds: impl Iterator<Item = &'static Kind> + Clone, name: &str) -> Option<(&'static Kind, bool)> {
    let of = |name: &str| kinds.clone().find(|kind| kind.name == name);
    of(name).map(|kind| (kind, false)).or_else(|| Some((of(name.strip_prefix("not-")?)?, true)))
}

/// A check as it stands in a case: a judge with its place in the score.
#[derive(Debug, Clone)]
pub struct Check {
    /// As written: `contains`, `not-contains`.
    pub name: String,
    pub negated: bool,
    /// Makes the score decide instead of the judge: pass at this score or above.
    pub threshold: Option<f64>,
    /// 0 only measures.
    pub weight: f64,
    /// Can only fail an answer, never earn it points.
    pub guard: bool,
    pub criterion: Criterion,
    pub version: u32,
    pub judge: Arc<dyn Judge>,
}

/// The keys every check has, whatever its kind.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Common {
    /// Which check; `not-` in front turns it round.
    #[serde(rename = "type")]
    pub kind: String,
    /// Pass at this score or above (0 to 1).
    #[serde(default)]
    #[schemars(range(min = 0, max = 1), extend("x-remedy" = "write 80 % as 0.8"))]
    pub threshold: Option<f64>,
    /// How much it counts in the case's score; 0 only measures.
    #[serde(default)]
    #[schemars(range(min = 0), extend("x-remedy" = "1 is usual, 2 counts twice, 0 only measures"))]
    pub weight: Option<f64>,
    /// Whether it can only fail the answer and never earns points. Checks of how an answer looks (its length, refusals,
    /// repetition) are guards unless this says `false`.
    #[serde(default)]
    pub guard: Option<bool>,
    /// The rubric criterion it speaks for.
    #[serde(default)]
    pub criterion: Option<Criterion>,
}

/// The keys of [`Common`].
const COMMON: [&str; 5] = ["type", "threshold", "weight", "guard", "criterion"];

/// Reads one check of a suite that goes by the shipped word lists.
pub fn parse(node: &Node) -> Result<Check> {
    parse_among(&kinds().collect::<Vec<_>>(), &Lexicon::shipped(), node)
}

/// Reads one check of one of these kinds, gathering every fault.
pub(crate) fn parse_among(kinds: &[&'static Kind], lexicon: &Arc<Lexicon>, node: &Node) -> Result<Check> {
    if !node.is_map() {
        let error = node.fault("a check is a mapping with a `type`");
        return Err(error.hint("write `- type: contains` and under it `value: …`"));
    }
    let own: Vec<&str> =
        node.entries().iter().map(|(key, _)| key.text.as_str()).filter(|k| !COMMON.contains(k)).collect();
    let common = yaml::read_bounded::<Common>(node, "", &own);
    // The kind is looked up even where a common key is wrong, so that faults of its own keys are told as well.
    let judged = match node.get("type").and_then(Node::as_str) {
        Some(name) => find(kinds, name, node).and_then(|(kind, negated)| {
            Ok((kind, negated, (kind.parse)(node, &COMMON, lexicon).map_err(|error| place(error, node))?))
        }),
        // `common` says so already.
        None => return Err(common.err().unwrap_or_else(|| node.fault("the key `type` is missing"))),
    };
    match (common, judged) {
        (Ok(common), Ok((kind, negated, judge))) => Ok(Check {
            name: common.kind,
            negated,
            threshold: common.threshold,
            weight: common.weight.unwrap_or(1.0),
            guard: common.guard.unwrap_or(kind.symptom),
            criterion: common.criterion.unwrap_or(kind.criterion),
            version: kind.version,
            judge,
        }),
        (Err(error), judged) => yaml::with_faults(Err(error), judged.err()),
        (Ok(_), Err(error)) => Err(error),
    }
}

/// The kind that is named, or the fault of naming none.
fn find(kinds: &[&'static Kind], name: &str, node: &Node) -> Result<(&'static Kind, bool)> {
    if let Some(found) = named(kinds.iter().copied(), name) {
        return Ok(found);
    }
    let (prefix, bare) = name.strip_prefix("not-").map_or(("", name), |bare| ("not-", bare));
    let error = node.get("type").unwrap_or(node).fault(format!("there is no check `{name}`"));
    let known = kinds.iter().map(|kind| kind.name);
    Err(error.hint(match yaml::closest(bare, known.clone()) {
        Some(kind) => format!("did you mean `{prefix}{kind}`?"),
        None => format!("the checks are {}", words::quoted_list(known)),
    }))
}

/// Gives every fault that has no place that of the check.
fn place(error: Error, node: &Node) -> Error {
    let placed = error.flatten().into_iter().map(|e| if e.place.is_some() { e } else { e.at(node.place()) });
    Error::gather(placed).unwrap_or_else(|| node.fault("this check cannot be read"))
}

impl Check {
    pub fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let verdict = self.judge.judge(subject);
        let verdict = if self.negated { verdict.negated() } else { verdict };
        match (self.threshold, verdict) {
            (Some(t), Verdict::Pass { score, reason } | Verdict::Fail { score, reason }) => {
                Verdict::graded(score, t, reason)
            }
            (_, verdict) => verdict,
        }
    }
}

/// A few checks for the tests of what reads checks.
#[cfg(test)]
pub(crate) mod sample {
    use super::*;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Contains {
        /// The text to find.
        value: String,
        #[serde(default)]
        ignore_case: bool,
    }

    impl Judge for Contains {
        fn judge(&self, subject: &Subject<'_>) -> Verdict {
            let found = match self.ignore_case {
                true => subject.text().to_lowercase().contains(&self.value.to_lowercase()),
                false => subject.text().contains(&self.value),
            };
            Verdict::when(found, format!("looked for `{}`", self.value))
        }

        fn faults(&self) -> Option<String> {
            self.value.is_empty().then(|| "the text to find is empty".to_string())
        }
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Words {
        min: Option<usize>,
        max: Option<usize>,
    }

    impl Judge for Words {
        fn judge(&self, subject: &Subject<'_>) -> Verdict {
            let words = subject.text().split_whitespace().count();
            Verdict::when(
                self.min.unwrap_or(0) <= words && words <= self.max.unwrap_or(words),
                format!("{words} words"),
            )
        }
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Choice {}

    impl Judge for Choice {
        fn judge(&self, subject: &Subject<'_>) -> Verdict {
            Verdict::when(subject.reference == Some(subject.text()), "the choice")
        }
    }

    const KINDS: &[Kind] = &[
        Kind::new::<Contains>("contains", Criterion::Accuracy, 1, "The answer contains the text."),
        Kind::new::<Words>("word-count", Criterion::Completeness, 2, "So many words."),
        Kind::new::<Choice>("choice", Criterion::Accuracy, 1, "The right choice was picked."),
    ];

    pub fn kinds() -> Vec<&'static Kind> {
        KINDS.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Answer, Stop};
    use std::path::Path;

    fn check(text: &str) -> Result<Check> {
        parse_among(&sample::kinds(), &Lexicon::shipped(), &yaml::parse(text, Path::new("s.yaml")).unwrap())
    }

    fn judge(check: &Check, text: &str) -> Verdict {
        let answer = Answer {
            text: text.into(),
            thoughts: String::new(),
            stop: Stop::End,
            prompt_tokens: 1,
            output_tokens: 1,
            seconds: 0.0,
            reference_nll: None,
            likelihoods: Vec::new(),
        };
        check.judge(&Subject { prompt: "p", reference: None, choices: &[], answer: &answer })
    }

    #[test]
    fn reads_a_check_with_its_defaults() {
        let check = check("type: contains\nvalue: 42\nignore-case: true\n").unwrap();
        assert_eq!(
            (check.weight, check.threshold, check.criterion, check.version),
            (1.0, None, Criterion::Accuracy, 1)
        );
        assert!(judge(&check, "answer: 42").passed() && !judge(&check, "43").passed());
    }

    #[test]
    fn not_turns_it_round_and_common_keys_win() {
        let check = check("type: not-word-count\nmax: 2\nweight: 0\ncriterion: tone\nthreshold: 0.5\n").unwrap();
        assert_eq!((check.name.as_str(), check.negated, check.weight), ("not-word-count", true, 0.0));
        assert_eq!((check.criterion, check.version, check.threshold), (Criterion::Tone, 2, Some(0.5)));
        assert!(judge(&check, "one two three").passed() && !judge(&check, "one two").passed());
    }

    #[test]
    fn symptoms_are_known_by_the_names_in_records() {
        for name in ["not-hedging", "hedging", "word-count", "not-refusal", "latency"] {
            assert!(is_symptom(name), "{name}");
        }
        for name in ["contains", "not-contains", "user-story", "not-gone-since", ""] {
            assert!(!is_symptom(name), "{name}");
        }
    }

    #[test]
    fn faults_of_checks() {
        let broken = [
            "type: contian\nvalue: x",
            "type: not-word-coutn\nmin: 1",
            "type: zzz",
            "value: x",
            "contains",
            "type: [contains]",
            "type: contains\ntreshold: 0.5\nweight: -1",
            "type: contains\nvalue: ''",
            "type: word-count\nmin: -1\nmax: many\nthreshold: 80\ncriterion: acuracy\nweight: .inf",
            "type: choice\nvalue: x",
        ];
        let report: Vec<String> =
            broken.iter().map(|text| check(text).map_or_else(|e| format!("{e}\n"), |c| format!("{c:?}"))).collect();
        insta::assert_snapshot!(report.join("\n"));
    }
}
