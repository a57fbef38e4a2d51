//! `parity.json`: the proof that an exported file is still the model that was evaluated.

use super::format::Format;
use super::limits::Limits;
use super::opening::Opening;
use super::step::{Outcome, Step};
use crate::compare::{Comparison, Evidence, Finding, Group};
use crate::tally::Interval;
use crate::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The file format this program writes.
pub const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parity {
    pub format: u32,
    pub created: Timestamp,
    pub pmtune: String,
    /// The version, and hashes of what it is made of, as its runs record them.
    pub version: String,
    pub base: String,
    pub adapter: Option<String>,
    /// The exported file or folder, beside this one.
    pub file: String,
    pub kind: Format,
    pub file_type: String,
    pub bytes: u64,
    /// Of the file, or of a folder's weights.
    pub sha256: String,
    pub opening: Opening,
    pub read_back: ReadBack,
    pub prompts: Prompts,
    /// An adapter alone is not spoken with here.
    pub speech: Option<Speech>,
    /// On the suites, by each engine that was asked.
    pub cases: Vec<OnCases>,
}

/// The file read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadBack {
    pub tensors: usize,
    /// The largest error of any weight, as a share of what its type allows.
    pub worst: f64,
    /// The largest relative error of any tensor.
    pub relative_error: f64,
    /// Texts that were turned into tokens by the base's tokenizer and by the file's, and how many alike.
    pub strings: usize,
    pub strings_alike: usize,
}

/// Prompts as the version reads them and as the file makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompts {
    pub of: usize,
    pub alike: usize,
}

/// Both over the same texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Speech {
    /// References that were read to both, and their tokens.
    pub texts: usize,
    pub positions: usize,
    /// In nats.
    pub mean_divergence: f64,
    pub divergence_99: f64,
    pub same_top: f64,
    /// Likeliest answers of both; how many are the same to the end or to the longest length looked at, and how many
    /// tokens the middle one of them has in common.
    pub answers: usize,
    pub answers_alike: usize,
    pub common_tokens: usize,
    pub longest: usize,
    pub limits: Limits,
}

/// The suites' cases, asked of the version and of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnCases {
    /// `pmtune`, or the address that was asked.
    pub engine: String,
    /// The runs of the version and of the file.
    pub runs: [String; 2],
    /// The folder of the comparison, in the reports.
    pub comparison: String,
    pub evidence: Vec<Judged>,
}

/// One kind of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub evidence: Evidence,
    /// The kind that decides, named before anybody looked.
    pub decides: bool,
    pub cases: usize,
    /// Version and file.
    pub means: [f64; 2],
    pub difference: f64,
    pub interval: Interval,
    /// A loss up to this is of no consequence.
    pub negligible: f64,
    pub outcome: Outcome,
}

impl OnCases {
    /// What a comparison of the version's run (first) with the file's says. The file is no worse where the whole interval
    /// of the difference lies above −`negligible` (non-inferiority: Piaggio et al., JAMA 308, 2012).
    pub fn of(comparison: &Comparison, engine: &str, folder: &str) -> Self {
        let half = if comparison.held_out.cases() > 0 { &comparison.held_out } else { &comparison.dev };
        let decides = half.headline().evidence;
        let evidence = half.evidence().map(|group| {
            let negligible = comparison.settings.negligible_for(group.evidence);
            judged(group, group.evidence == decides, negligible)
        });
        Self {
            engine: engine.to_string(),
            runs: [comparison.a.run.id.clone(), comparison.b.run.id.clone()],
            comparison: folder.to_string(),
            evidence: evidence.collect(),
        }
    }

    fn steps(&self) -> impl Iterator<Item = Step> {
        let engine = self.engine.clone();
        self.evidence.iter().map(move |judged| {
            let name = match engine.as_str() {
                "pmtune" => judged.evidence.name().to_string(),
                other => format!("{} through {other}", judged.evidence.name()),
            };
            Step { name, outcome: judged.counted(), words: judged.words() }
        })
    }
}

fn judged(group: &Group, decides: bool, negligible: f64) -> Judged {
    let test = &group.score;
    let interval = test.difference.interval;
    let outcome = match group.finding {
        _ if group.cases > 0 && interval.low > -negligible => Outcome::Passed,
        Finding::Regressed => Outcome::Failed,
        _ => Outcome::NotShown,
    };
    Judged {
        evidence: group.evidence,
        decides,
        cases: group.cases,
        means: [test.a.mean, test.b.mean],
        difference: test.difference.mean,
        interval,
        negligible,
        outcome,
    }
}

impl Judged {
    /// What does not decide can break a proof, but need not make one.
    fn counted(&self) -> Outcome {
        match self.outcome {
            Outcome::NotShown if !self.decides => Outcome::Passed,
            outcome => outcome,
        }
    }

    fn words(&self) -> String {
        let Self { cases, difference, interval, negligible, .. } = self;
        let unit = if self.evidence == Evidence::Likelihood { " nats a token in margin" } else { " in score" };
        let change = words::signed_to(*difference, 3);
        let (low, high) = (words::signed_to(interval.low, 3), words::signed_to(interval.high, 3));
        let said = match (self.outcome, self.decides) {
            (Outcome::Passed, _) => format!("no loss beyond the {negligible} that counts as negligible"),
            (Outcome::NotShown, true) => {
                format!("that a loss stays within the negligible {negligible} is not shown; more cases would tell")
            }
            (Outcome::NotShown, false) => {
                format!(
                    "neither a loss nor its absence within the negligible {negligible} is shown; it does not decide"
                )
            }
            (Outcome::Failed, _) => "the file is worse".to_string(),
        };
        format!("{change}{unit} ({low} to {high}) over {}: {said}", words::count(*cases, "case"))
    }
}

impl Speech {
    fn step(&self) -> Step {
        let within = self.mean_divergence <= self.limits.mean_divergence && self.same_top >= self.limits.same_top;
        Step {
            name: "speech".to_string(),
            outcome: if within { Outcome::Passed } else { Outcome::Failed },
            words: format!(
                "over {} tokens of {} the next-token odds differ by {} nats on average (at most {}; 99 in 100 within \
                 {}), the likeliest token is the same in {} (at least {}); {} of {} likeliest answers are alike to the \
                 {}th token, the middle one for {}",
                words::thousands(self.positions),
                words::count(self.texts, "reference"),
                significant(self.mean_divergence),
                self.limits.mean_divergence,
                significant(self.divergence_99),
                words::percent_exact(self.same_top),
                words::percent_exact(self.limits.same_top),
                self.answers_alike,
                self.answers,
                self.longest,
                self.common_tokens
            ),
        }
    }
}

/// Two figures that mean something.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_string();
    }
    let places = (1.0 - value.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    words::decimal_to(value, places)
}

impl Parity {
    /// Every step in order.
    pub fn steps(&self) -> Vec<Step> {
        let ReadBack { tensors, worst, relative_error, strings, strings_alike } = &self.read_back;
        let share = words::percent(*worst);
        let weights = match tensors {
            0 => "the adapter's numbers as they were".to_string(),
            n => format!(
                "{} within their types' bounds (the worst weight at {share} of its bound, the worst tensor off by {})",
                words::count(*n, "tensor"),
                words::percent_exact(*relative_error)
            ),
        };
        let alike = if strings_alike == strings { Outcome::Passed } else { Outcome::Failed };
        let texts = format!("{strings_alike} of {} give the same tokens", words::count(*strings, "text"));
        let read_back = Step {
            name: "read back".to_string(),
            outcome: alike,
            words: if *strings == 0 { weights } else { format!("{weights}; {texts}") },
        };
        let Prompts { of, alike } = self.prompts;
        let prompts = (of > 0).then(|| Step {
            name: "prompts".to_string(),
            outcome: if of == alike { Outcome::Passed } else { Outcome::Failed },
            words: format!("{alike} of {} are the very tokens that the version reads", words::count(of, "prompt")),
        });
        let speech = self.speech.iter().map(Speech::step);
        let cases = self.cases.iter().flat_map(OnCases::steps);
        [read_back].into_iter().chain(prompts).chain(speech).chain(cases).collect()
    }

    /// The worst of its steps. A file that was not asked the cases is not proven.
    pub fn outcome(&self) -> Outcome {
        let worst = self.steps().into_iter().map(|step| step.outcome).max().unwrap_or(Outcome::NotShown);
        if self.cases.is_empty() { worst.max(Outcome::NotShown) } else { worst }
    }

    /// On the cases, in this program.
    pub fn here(&self) -> Option<&OnCases> {
        self.cases.iter().find(|cases| cases.engine == "pmtune")
    }

    /// Whether both are of the same model.
    pub fn is_sibling(&self, other: &Self) -> bool {
        (&self.version, &self.base, &self.adapter) == (&other.version, &other.base, &other.adapter)
    }

    /// The verdict as a sentence.
    pub fn verdict(&self) -> String {
        let Self { file, version, .. } = self;
        match self.outcome() {
            Outcome::Passed => format!("{file} is still the {version} that was evaluated."),
            Outcome::NotShown if self.cases.is_empty() => {
                format!("Whether {file} still answers as {version} was not tried on the cases.")
            }
            Outcome::NotShown => {
                format!("Nothing speaks against {file}, but that it answers as well as {version} is not shown.")
            }
            Outcome::Failed => format!("{file} is not the {version} that was evaluated."),
        }
    }
}
