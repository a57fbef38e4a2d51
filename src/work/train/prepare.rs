//! From files to what a training needs to know before any weight is loaded.

use super::explain;
use super::request::Request;
use super::section::TrainSection;
use crate::base::Base;
use crate::registry::{self, DataFile, FewShot, Manifest};
use crate::suite;
use crate::training_data::{self, Conversation, Example, split};
use crate::words;
use crate::work::data::unsearched;
use crate::work::event::{Event, Sink, ensure_base};
use crate::work::short_path::short_path;
use crate::workspace::Workspace;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::files::Source;
use engine::store;
use engine::train::{self, Facts, Recipe, Sequence, Sizes};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// Everything that is known before loading.
pub struct Prepared {
    pub base: Base,
    pub source: Source,
    pub sizes: Sizes,
    pub parent: Option<Manifest>,
    pub training: Side,
    pub held_out: Side,
    pub recipe: Recipe,
}

/// What is trained on, or held out.
pub struct Side {
    pub sequences: Vec<Sequence>,
    /// Whence the sequences come.
    pub lessons: Vec<train::Lesson>,
    pub files: Vec<DataFile>,
    /// Examples that are left: as many as there are sequences.
    pub examples: usize,
    /// Others, which were too long.
    pub left_out: usize,
}

/// Reads base and data. `recipe` is that of a checkpoint, or is made of flags, file and defaults.
pub fn prepare(workspace: &Workspace, request: &Request, recipe: Option<&Recipe>, sink: &dyn Sink) -> Result<Prepared> {
    let parent = request.from.as_deref().map(|name| registry::find(workspace, name)).transpose()?;
    let (base, source) = open_base(workspace, request, parent.as_ref(), sink)?;
    let sizes = Sizes::of(&source.config, source.weights.as_ref())?;
    let (training, held_out) = read(request, sink)?;
    warn_of_leaks(workspace, &training, sink);
    let facts = |examples| Facts {
        examples,
        parameters: sizes.parameters as usize,
        context_length: source.config.context_length,
    };
    let numbers = TrainSection::of(workspace)?.numbers;
    let resolve = |examples| match recipe {
        Some(recipe) => Ok(recipe.clone()),
        None => explain::recipe(&request.flags, &numbers, &facts(examples)),
    };
    let recipe = resolve(training.len())?;
    sizes.check_targets(&recipe)?;
    let side = |conversations: &[Conversation]| side(workspace, &source, request, &recipe, conversations, sink);
    let (training, held_out) = (side(&training)?, side(&held_out)?);
    if training.sequences.is_empty() {
        return Err(Error::input("no example is left to train on: all are longer than the context")
            .hint("raise --context-length, or shorten the examples"));
    }
    // What is too long for the context is not counted in what the recipe goes by.
    let recipe = resolve(training.examples)?;
    Ok(Prepared { base, source, sizes, parent, training, held_out, recipe })
}

/// The base, pulled if need be, and for a training that goes on the one its adapter was made on.
fn open_base(
    workspace: &Workspace,
    request: &Request,
    parent: Option<&Manifest>,
    sink: &dyn Sink,
) -> Result<(Base, Source)> {
    let base = ensure_base(&registry::base_name(workspace, &request.base, false)?, sink)?;
    if let Some(parent) = parent
        && parent.base.sha256.as_ref().is_some_and(|expected| *expected != base.sha256)
    {
        return Err(Error::model(format!("{} was made on other weights than {}", parent.name, base.path.display()))
            .hint("pull the base it was made on; an adapter means nothing on another"));
    }
    let base = Base { template: request.template, ..base };
    let source = base.open()?;
    // A base that cannot hold a conversation is told once, not for every example.
    source.chat.prompt_ids(&[Message::new(Role::User, "Hello")])?;
    Ok((base, source))
}

/// What is trained on, and what is held out.
fn read(request: &Request, sink: &dyn Sink) -> Result<(Vec<Conversation>, Vec<Conversation>)> {
    let load = |paths: &[PathBuf]| -> Result<Vec<Conversation>> {
        let shown: Vec<PathBuf> = paths.iter().map(|path| PathBuf::from(short_path(path))).collect();
        let loaded = training_data::conversations(&shown)?;
        loaded.passed_over.into_iter().for_each(|text| sink.tell(Event::Warning(text)));
        Ok(loaded.conversations)
    };
    let all = load(&request.data)?;
    if let Some(paths) = &request.held_out {
        let held_out = load(paths)?;
        let count = all.len();
        let training: Vec<Conversation> = all.into_iter().filter(|one| !stands_in(&held_out, one)).collect();
        if training.len() < count {
            let held = count - training.len();
            let are = words::either(held, "is", "are");
            sink.tell(Event::Note(format!("{} {are} not trained on", words::count(held, "validation example"))));
        }
        if training.is_empty() {
            return Err(Error::input("every example is kept for validation").hint("name other data with --data"));
        }
        return Ok((training, held_out));
    }
    let firsts: Vec<&Example> = all.iter().map(Conversation::first).collect();
    let sides = split(&firsts);
    if sides.training.is_empty() {
        let are = words::either(all.len(), "is", "are");
        let few = format!("{} {are} too few to train on", words::count(all.len(), "example"));
        return Err(Error::input(few).hint(format!(
            "{} are always kept for validation; write 20 or more, or name others with --validation",
            training_data::AT_LEAST
        )));
    }
    let chosen = |side: &[usize]| -> Vec<Conversation> { side.iter().filter_map(|i| all.get(*i).cloned()).collect() };
    Ok((chosen(&sides.training), chosen(&sides.held_out)))
}

fn stands_in(held_out: &[Conversation], one: &Conversation) -> bool {
    let question = one.first().prompt();
    held_out.iter().any(|other| other.first().prompt() == question)
}

/// A version that was trained on a case's answer cannot be tested with it.
fn warn_of_leaks(workspace: &Workspace, training: &[Conversation], sink: &dyn Sink) {
    let warn = |text: String| sink.tell(Event::Warning(text));
    // A workspace may have training data before it has suites.
    let Ok(files) = workspace.suite_files() else { return };
    let suites = match suite::load_some(&workspace.root, &files) {
        Ok(read) => {
            read.broken.iter().for_each(|broken| warn(unsearched(broken)));
            read.suites
        }
        Err(_) => {
            let what = "the word lists have mistakes, so leakage was not looked for; see `pmtune validate`";
            return warn(what.to_string());
        }
    };
    let examples: Vec<Example> = training.iter().flat_map(|c| c.exchanges().cloned()).collect();
    let mut cases: Vec<String> = training_data::leaks(&examples, &suites).into_iter().map(|leak| leak.case).collect();
    cases.sort();
    cases.dedup();
    if !cases.is_empty() {
        warn(format!(
            "the training data gives away {} of the suites' cases, which will count for nothing: {}; \
             `pmtune data check` shows where",
            cases.len(),
            cases.join(", ")
        ));
    }
}

fn side(
    workspace: &Workspace,
    source: &Source,
    request: &Request,
    recipe: &Recipe,
    conversations: &[Conversation],
    sink: &dyn Sink,
) -> Result<Side> {
    let most = training_data::most_bytes(recipe.context_length);
    let bytes = |lesson: &train::Lesson| lesson.messages().iter().map(|message| message.content.len()).sum::<usize>();
    let (lessons, vast): (Vec<train::Lesson>, Vec<_>) =
        conversations.iter().map(Conversation::lesson).partition(|lesson| bytes(lesson) <= most);
    for lesson in &vast {
        let (place, size) = (&lesson.place, words::count(bytes(lesson), "byte"));
        let context = words::count(recipe.context_length, "token");
        sink.tell(Event::Warning(format!("{place}: {size}, more than {context} can hold: left out")));
    }
    let examples: Vec<Message> = request.examples.iter().flat_map(FewShot::messages).collect();
    let all = train::sequences(&source.chat, request.system.as_deref(), &examples, &lessons)?;
    let (sequences, cuts) = train::fit(all, recipe.context_length, recipe.too_long);
    cuts.iter().for_each(|cut| sink.tell(Event::Warning(cut.to_string())));
    let cut = cuts.iter().filter(|cut| !matches!(cut.fate, train::Fate::Truncated(_))).count();
    let files = files(workspace, &sequences)?;
    let kept: HashSet<&train::Place> = sequences.iter().map(|sequence| &sequence.place).collect();
    let lessons = lessons.into_iter().filter(|lesson| kept.contains(&lesson.place)).collect();
    Ok(Side { files, lessons, examples: sequences.len(), sequences, left_out: vast.len() + cut })
}

/// The files that examples are trained on from, with how many of them.
fn files(workspace: &Workspace, sequences: &[Sequence]) -> Result<Vec<DataFile>> {
    let mut counts: BTreeMap<&Path, usize> = BTreeMap::new();
    for sequence in sequences {
        *counts.entry(&sequence.place.file).or_default() += 1;
    }
    let root = workspace.root.canonicalize().unwrap_or_else(|_| workspace.root.clone());
    let record = |(path, examples): (&Path, usize)| {
        let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        // Written with slashes everywhere, so that a manifest reads the same on every system.
        let inside = full.strip_prefix(&root).unwrap_or(&full).display().to_string().replace('\\', "/");
        Ok(DataFile { path: inside, examples, sha256: store::hash_file(&full, |_| ())? })
    };
    counts.into_iter().map(record).collect()
}
