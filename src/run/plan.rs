use super::question::{Question, part_hash};
use super::{Engine, Manifest, Part, Record, Shard, SuiteRef, VersionRef};
use crate::provider::{Request, Task};
use crate::suite::{Case, Suite};
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::generate::Sampling;
use engine::store;
use std::collections::{HashMap, HashSet};

/// Everything one version has to answer, in order. Pure: the same suites and version always give the same plan.
#[derive(Debug, Clone)]
pub struct Plan {
    pub version: VersionRef,
    pub suites: Vec<SuiteRef>,
    pub cases: Vec<Case>,
    /// In the order of the cases, then by repeat.
    pub items: Vec<Item>,
    /// What is to compute the answers, where it is not this program on a processor.
    pub engine: Option<Engine>,
    /// Where this is one of several machines' parts of a plan.
    pub part: Option<Part>,
}

/// One answer asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Index into the plan's cases.
    pub case: usize,
    /// 0 for the first answer to the case.
    pub repeat: u32,
    /// Hash of all that decides the answer. Equal keys, equal answers.
    pub answer_key: String,
}

impl Plan {
    /// Plans the cases of `suites` (all of them: filter first, with [`select`](super::select)).
    pub fn new(version: VersionRef, suites: &[Suite]) -> Self {
        let cases: Vec<Case> = suites.iter().flat_map(|suite| suite.cases.iter().cloned()).collect();
        let suites = suites
            .iter()
            .map(|suite| SuiteRef {
                name: suite.name.clone(),
                category: suite.category.clone(),
                description: suite.description.clone(),
                hash: suite.hash.clone(),
            })
            .collect();
        Self { version, suites, cases, items: Vec::new(), engine: None, part: None }.itemised()
    }

    fn itemised(mut self) -> Self {
        let (version, engine) = (&self.version, self.engine.as_ref());
        let cases = self.cases.iter().enumerate();
        self.items = cases.flat_map(|(index, case)| items(version, engine, index, case)).collect();
        self
    }

    /// The same, computed by another engine: its answers are others.
    pub fn on(self, engine: Option<Engine>) -> Self {
        if engine == self.engine { self } else { Self { engine, ..self }.itemised() }
    }

    /// One machine's part of this plan. It knows the whole by its cases and by a hash, so that parts which do not belong
    /// together are told apart.
    pub fn part(mut self, shard: Shard) -> Self {
        let whole = part_hash(self.items.iter().map(|item| self.question(item)));
        self.part = Some(Part { shard, plan: whole, cases: self.case_list() });
        self.cases.retain(|case| shard.holds(&case.id));
        self.itemised()
    }

    /// The plan of a stored run: its version and its cases, with today's suites. Sampling flags are not stored.
    ///
    /// # Errors
    /// Lists the cases that the suites no longer have.
    pub fn again(manifest: &Manifest, suites: &[Suite]) -> Result<Self> {
        let all = manifest.shard.as_ref().map_or(&manifest.cases, |part| &part.cases);
        let repeats: HashMap<&str, u32> = all.iter().map(|(id, n)| (id.as_str(), *n)).collect();
        let mut suites = suites.to_vec();
        for suite in &mut suites {
            suite.cases.retain(|case| repeats.contains_key(case.id.as_str()));
            for case in &mut suite.cases {
                case.repeat = repeats.get(case.id.as_str()).copied().unwrap_or(1);
            }
        }
        suites.retain(|suite| !suite.cases.is_empty());
        let plan = Self::new(manifest.version.clone(), &suites).on(manifest.engine.clone());
        let present: HashSet<&str> = plan.cases.iter().map(|case| case.id.as_str()).collect();
        let gone: Vec<&str> = all.iter().map(|(id, _)| id.as_str()).filter(|id| !present.contains(id)).collect();
        if gone.is_empty() {
            return Ok(match &manifest.shard {
                Some(part) => plan.part(part.shard),
                None => plan,
            });
        }
        Err(Error::input(format!("the suites no longer have these cases of run {}: {}", manifest.id, gone.join(", ")))
            .hint("restore the cases, or start a new run; answers that are still valid are reused"))
    }

    /// The question of one item. `id` is the caller's; `first` is the provider's number of the first of the version's
    /// [`members`](VersionRef::members).
    pub fn request(&self, item: &Item, id: usize, first: usize) -> Request {
        let case = &self.cases[item.case];
        let version = self.version.answering(&case.id);
        Request {
            id,
            version: first + self.version.member(&case.id),
            messages: messages(version, case),
            task: task(case),
            sampling: sampling(version, case, item.repeat),
        }
    }

    /// All of an item's record but what will come of it.
    fn question<'a>(&'a self, item: &'a Item) -> Question<'a> {
        let case = &self.cases[item.case];
        Question {
            case: &case.id,
            repeat: item.repeat,
            category: &case.category,
            split: case.split,
            weight: case.weight,
            cluster: &case.cluster,
            tags: &case.tags,
            require: case.require,
            prompt: &case.prompt,
            reference: &case.reference,
            answer_key: &item.answer_key,
            judge_hash: &case.judge_hash,
            version: self.version.routed.as_ref().map(|_| self.version.answering(&case.id).name.as_str()),
        }
    }

    /// Case ids in order, with how many answers each gets.
    pub fn case_list(&self) -> Vec<(String, u32)> {
        self.cases.iter().map(|case| (case.id.clone(), case.repeat.max(1))).collect()
    }
}

/// The key of a routed answer is that of the version's own, so each takes over what the other holds already.
fn items(version: &VersionRef, engine: Option<&Engine>, index: usize, case: &Case) -> Vec<Item> {
    let version = version.answering(&case.id);
    let messages = messages(version, case);
    let task = task(case);
    (0..case.repeat.max(1))
        .map(|repeat| {
            let sampling = sampling(version, case, repeat);
            let key = answer_key(version, &messages, &task, &sampling, repeat);
            // The same question, asked of another engine, has another answer.
            let answer_key = engine.map_or_else(|| key.clone(), |engine| store::hash_of(&(engine, &key)));
            Item { case: index, repeat, answer_key }
        })
        .collect()
}

/// The conversation of a case: system prompt, the version's examples, the prompt. A case's own system prompt takes the
/// place of the version's (an empty one means none): it belongs to the question, which is the same for every version.
fn messages(version: &VersionRef, case: &Case) -> Vec<Message> {
    let system = case.system.as_ref().or(version.system.as_ref()).filter(|text| !text.is_empty());
    let system = system.map(|text| Message::new(Role::System, text));
    let prompt = Message::new(Role::User, &case.prompt);
    system.into_iter().chain(version.examples.iter().cloned()).chain([prompt]).collect()
}

fn task(case: &Case) -> Task {
    let weighed = || case.weighed().into_iter().map(String::from).collect();
    if !case.choices.is_empty() {
        Task::Choose { choices: case.choices.clone() }
    } else if case.only_weighed() {
        Task::Weigh { texts: weighed() }
    } else {
        Task::Write { weighed: weighed() }
    }
}

/// The suite's and the case's sampling over the version's; every repeat has a seed of its own.
fn sampling(version: &VersionRef, case: &Case, repeat: u32) -> Sampling {
    let mut sampling = case.sampling.over(version.sampling.clone());
    sampling.seed = sampling.seed.wrapping_add(u64::from(repeat));
    sampling
}

/// The repeat is part of the key, so repeats never share an answer, greedy ones included.
fn answer_key(version: &VersionRef, messages: &[Message], task: &Task, sampling: &Sampling, repeat: u32) -> String {
    let (kind, texts) = match task {
        Task::Write { weighed } => ("write", weighed),
        Task::Weigh { texts } => ("weigh", texts),
        Task::Choose { choices } => ("choose", choices),
    };
    let model = (&version.base, &version.adapter, &version.template);
    store::hash_of(&(model, messages, kind, texts, sampling, repeat))
}

/// What remains: the indices of the items without a judged record of the same answer and the same checks. An item whose
/// answer failed with an error remains, so that resuming tries it again.
pub fn remaining(plan: &Plan, records: &[Record]) -> Vec<usize> {
    let judged: HashSet<(&str, u32, &str, &str)> = records
        .iter()
        .filter(|record| record.outcome.answer().is_some())
        .map(|record| (record.case.as_str(), record.repeat, record.answer_key.as_str(), record.judge_hash.as_str()))
        .collect();
    let done = |item: &Item| {
        let case = &plan.cases[item.case];
        judged.contains(&(case.id.as_str(), item.repeat, item.answer_key.as_str(), case.judge_hash.as_str()))
    };
    (0..plan.items.len()).filter(|&index| !done(&plan.items[index])).collect()
}

/// One record per case and repeat, in the order of `cases`: a later record takes the place of an earlier one, except
/// that an error never takes the place of a judged answer. Records of cases not in the list are left out.
pub(super) fn settle(cases: &[(String, u32)], records: Vec<Record>) -> Vec<Record> {
    let mut last: HashMap<(String, u32), Record> = HashMap::with_capacity(records.len());
    for record in records {
        let key = (record.case.clone(), record.repeat);
        let keep_old =
            record.outcome.answer().is_none() && last.get(&key).is_some_and(|old| old.outcome.answer().is_some());
        if !keep_old {
            last.insert(key, record);
        }
    }
    let keys = cases.iter().flat_map(|(case, repeats)| (0..*repeats).map(move |repeat| (case.clone(), repeat)));
    keys.filter_map(|key| last.remove(&key)).collect()
}
