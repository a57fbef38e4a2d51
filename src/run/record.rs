use super::{Engine, Part};
use crate::check::{Criterion, Verdict, is_symptom};
use crate::provider::Answer;
use crate::suite::{self, Split};
use crate::words;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::generate::Sampling;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The file format this program writes.
pub const FORMAT: u32 = 1;

/// `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file format; a newer one is never rewritten.
    pub format: u32,
    pub id: String,
    pub version: VersionRef,
    pub suites: Vec<SuiteRef>,
    /// Case ids of the run in order, with how many answers each gets.
    pub cases: Vec<(String, u32)>,
    pub started: Timestamp,
    /// Absent while the run is unfinished.
    pub finished: Option<Timestamp>,
    pub pmtune: String,
    /// What computed the answers; absent where this program did, on a processor, and for endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
    /// A part of a run that is made on several machines; `cases` are this part's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Part>,
    /// The shards it was merged from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_from: Vec<String>,
    /// The run whose answers were judged again, for `--rescore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescored_from: Option<String>,
    /// Asking could stop before every case was asked, and where it did; `cases` are those that were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What is worth knowing of how the answers were had, each in a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where asking in random order ended that could stop at any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Cases that could have been asked; those that were are the run's.
    pub of: usize,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The question was settled.
    Settled,
    /// What was left would hardly have settled it.
    Hopeless,
    /// Nothing was left.
    Asked,
}

impl Manifest {
    /// Whether it may stand for its version: it is finished, and no shard.
    pub fn is_evidence(&self) -> bool {
        self.finished.is_some() && self.shard.is_none()
    }

    /// # Errors
    /// It is a shard, of which nothing is decided.
    pub fn refuse_shard(&self) -> Result<()> {
        let Some(part) = &self.shard else { return Ok(()) };
        Err(Error::input(format!("run {} is {}, and a part decides nothing", self.id, part.shard.words()))
            .hint("merge it with the others first: pmtune runs merge RUN RUN, or the folder that holds them"))
    }
}

/// What was evaluated, complete enough to do it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VersionRef {
    /// `PM-General-v2`, `base`, `auto`, a file name, or `openai:URL#model`, with `label=` before it where one was given.
    pub name: String,
    /// SHA-256 of the base's weights; for an endpoint, its URL and model name.
    pub base: String,
    pub adapter: Option<String>,
    pub system: Option<String>,
    pub examples: Vec<Message>,
    /// After workspace and version, before suite and case.
    pub sampling: Sampling,
    /// Hash of the chat template; `None` for an endpoint.
    pub template: Option<String>,
    /// It thinks before it answers, which its chat template says too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub thinks: bool,
    /// What its base is; `None` for an endpoint, and in runs of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// Of `auto`, who answers in its place; it has no adapter, system prompt or examples of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed: Option<Routed>,
}

/// A base as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// `smollm2-135m-instruct`, or as it was named otherwise.
    pub name: String,
    /// Of its files on disk.
    pub bytes: u64,
}

/// Which version answers which case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Routed {
    /// SHA-256 of `models/routes.yaml`.
    pub routes: String,
    /// Hash of the training instructions that the cases were compared with.
    pub instructions: String,
    /// All that may be asked, over one base; first the one that answers where no route leads elsewhere.
    pub versions: Vec<VersionRef>,
    /// Case id to version name, as it was decided.
    pub cases: BTreeMap<String, String>,
}

impl Routed {
    /// `PM-v2 for 12 cases and PM-v1 for 1 case`, the one that answers most first.
    pub fn shares(&self) -> String {
        let of = |name: &str| self.cases.values().filter(|answering| *answering == name).count();
        let mut shares: Vec<(usize, &str)> =
            self.versions.iter().map(|member| (of(&member.name), member.name.as_str())).collect();
        shares.sort_by_key(|(cases, _)| std::cmp::Reverse(*cases));
        let asked = |(cases, name): &(usize, &str)| format!("{name} for {}", words::count(*cases, "case"));
        words::list(&shares.iter().map(asked).collect::<Vec<_>>())
    }
}

/// The same whatever its base is called: runs of before do not say.
impl PartialEq for VersionRef {
    fn eq(&self, other: &Self) -> bool {
        let Self { name, base, adapter, system, examples, sampling, template, thinks, weights: _, routed } = self;
        (name, base, adapter, system) == (&other.name, &other.base, &other.adapter, &other.system)
            && (examples, sampling, template) == (&other.examples, &other.sampling, &other.template)
            && (thinks, routed) == (&other.thinks, &other.routed)
    }
}

impl VersionRef {
    /// The versions whose answers these are: itself, or those that it is routed to.
    pub fn members(&self) -> &[VersionRef] {
        self.routed.as_ref().map_or(std::slice::from_ref(self), |routed| &routed.versions)
    }

    /// Which of [`members`](Self::members) answers a case; the first where that was never decided.
    pub fn member(&self, case: &str) -> usize {
        let named = self.routed.as_ref().and_then(|routed| routed.cases.get(case));
        named.and_then(|name| self.members().iter().position(|member| member.name == *name)).unwrap_or(0)
    }

    /// The version that answers a case.
    pub fn answering(&self, case: &str) -> &VersionRef {
        self.members().get(self.member(case)).unwrap_or(self)
    }

    /// What stands before a conversation: the system prompt and the worked examples.
    pub fn opening(&self) -> Vec<Message> {
        let system = self.system.iter().map(|text| Message::new(Role::System, text));
        system.chain(self.examples.iter().cloned()).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteRef {
    pub name: String,
    pub category: String,
    pub description: String,
    pub hash: String,
}

/// One line of `results.jsonl`: one answer to one case, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `<suite>/<case>`.
    pub case: String,
    /// 0 for the first answer to the case.
    pub repeat: u32,
    pub category: String,
    pub split: Split,
    pub weight: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The share of the case's answers that must pass for it to pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<f64>,
    pub prompt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Hash of all that decides the answer: base, adapter, messages, task, sampling, seed. Equal keys, equal answers.
    pub answer_key: String,
    /// Hash of all that decides the verdict on an answer.
    pub judge_hash: String,
    /// The version that answered, in a run of `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(flatten)]
    pub outcome: Outcome,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase", from = "Stored")]
pub enum Outcome {
    Judged {
        answer: Answer,
        verdicts: Vec<Judged>,
        /// Weighted mean of the check scores, in [0, 1].
        score: f64,
        passed: bool,
        /// The answer came from an earlier run.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reused: bool,
    },
    /// It was answered, and no check had a say: every one was skipped or only measures. It counts as neither passed nor
    /// failed, and is listed.
    Unscored {
        answer: Answer,
        verdicts: Vec<Judged>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reused: bool,
    },
    /// The case could not be answered; it counts as neither passed nor failed, and is listed.
    Error { message: String },
}

impl Outcome {
    /// The answer, where there is one.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Outcome::Judged { answer, .. } | Outcome::Unscored { answer, .. } => Some(answer),
            Outcome::Error { .. } => None,
        }
    }

    /// What the checks said; nothing where there is no answer.
    pub fn verdicts(&self) -> &[Judged] {
        match self {
            Outcome::Judged { verdicts, .. } | Outcome::Unscored { verdicts, .. } => verdicts,
            Outcome::Error { .. } => &[],
        }
    }
}

/// An outcome as lines hold it. Before there was `unscored`, an answer on which no check had a say was written down as
/// passed with score 1.
#[derive(Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
enum Stored {
    Judged {
        answer: Answer,
        verdicts: Vec<Judged>,
        score: f64,
        passed: bool,
        #[serde(default)]
        reused: bool,
    },
    Unscored {
        answer: Answer,
        verdicts: Vec<Judged>,
        #[serde(default)]
        reused: bool,
    },
    Error {
        message: String,
    },
}

impl From<Stored> for Outcome {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Judged { answer, verdicts, score, passed, reused } => {
                if verdicts.iter().any(|judged| suite::counts(judged.weight, &judged.verdict)) {
                    Outcome::Judged { answer, verdicts, score, passed, reused }
                } else {
                    Outcome::Unscored { answer, verdicts, reused }
                }
            }
            Stored::Unscored { answer, verdicts, reused } => Outcome::Unscored { answer, verdicts, reused },
            Stored::Error { message } => Outcome::Error { message },
        }
    }
}

/// One check's verdict in a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub check: String,
    pub criterion: Criterion,
    pub weight: f64,
    /// Could only fail the answer. Unknown in runs of before, where every check earned points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<bool>,
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Judged {
    /// Whether it earned no points; in runs of before, whether it sees symptoms only.
    pub fn is_guard(&self) -> bool {
        self.guard.unwrap_or_else(|| is_symptom(&self.check))
    }
}

/// A run read back from its folder.
#[derive(Debug, Clone)]
pub struct Run {
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// In the order of the manifest's cases, then by repeat.
    pub records: Vec<Record>,
}

impl Run {
    /// Whether any case was answered at all.
    pub fn is_answered(&self) -> bool {
        self.records.iter().any(|record| record.outcome.answer().is_some())
    }
}
