//! A person writes the examples of a plan: each is looked at by the linter, and goes into the training data when they say so.

use super::add::suites;
use super::check::settings;
use crate::check::Lexicon;
use crate::gaps::{Item, PLAN_FILE, Plan, read_plan};
use crate::provider::{Event as Told, Request, Task};
use crate::registry;
use crate::run::VersionRef;
use crate::suite::{Split, Suite};
use crate::training_data::lint::{self, Options};
use crate::training_data::{self, DataSettings, Example, Place, Severity, contradictions, readable};
use crate::words;
use crate::work::event::Sink;
use crate::work::short_path::short_path;
use crate::work::sources::{Source, groups, open, remote};
use crate::workspace::Workspace;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::store::{self, Lines};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder below the training data, and in it a file for each task.
const FOLDER: &str = "written";
/// In it: hashes of the drafts that were given out, so that one is known after a restart.
const DRAFTS: &str = ".drafts";

/// What is to be written.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// The plan's file; that of the newest month where none is named.
    pub plan: Option<PathBuf>,
    /// Who drafts outputs, as `eval` names it: a version or an endpoint.
    pub draft: Option<String>,
}

/// An example as it stands in front of the person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sketch {
    /// The plan's item, from 0.
    pub item: usize,
    pub instruction: String,
    #[serde(default)]
    pub input: String,
    pub output: String,
}

/// What is to be said of a sketch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// It cannot be kept like this.
    pub grave: bool,
    pub text: String,
    pub remedy: String,
}

/// One item with how far it is.
#[derive(Debug, Clone, Serialize)]
pub struct Brief {
    #[serde(flatten)]
    pub item: Item,
    pub written: usize,
    /// Where its examples go.
    pub file: String,
}

/// A person at work on a plan.
pub struct Writing {
    plan: Plan,
    /// Where it stands, for telling.
    pub plan_file: PathBuf,
    /// Names the plan in what is written: its examples are found again by this.
    mark: String,
    training_data: PathBuf,
    settings: DataSettings,
    lexicon: Arc<Lexicon>,
    suites: Vec<Suite>,
    dev: Vec<Suite>,
    drafter: Option<Drafter>,
    /// Drafts that were given out, now or in an earlier session.
    drafts: BTreeSet<String>,
    /// The last example that was kept.
    last: Option<(PathBuf, String)>,
}

struct Drafter {
    version: VersionRef,
    source: Source,
    workspace: Workspace,
}

impl Writing {
    /// # Errors
    /// There is no plan, or it cannot be followed; suites or examples cannot be read; no such version.
    pub fn open(workspace: &Workspace, options: &WriteOptions, sink: &dyn Sink) -> Result<Self> {
        let plan_file = match &options.plan {
            Some(file) => file.clone(),
            None => newest(&workspace.root.join("improve"))?,
        };
        let plan = read_plan(&plan_file)?;
        if plan.items.is_empty() {
            return Err(Error::input(format!("{} asks for no examples", plan_file.display())));
        }
        let drafter = options.draft.as_deref().map(|name| Drafter::open(workspace, name, sink)).transpose()?;
        let suites = suites(workspace)?;
        let mut dev = suites.clone();
        dev.iter_mut().for_each(|suite| suite.cases.retain(|case| case.split == Split::Dev));
        Ok(Self {
            mark: format!("for plan {}", &store::hash_of(&plan)[..8]),
            plan,
            plan_file,
            training_data: workspace.training_data(),
            settings: settings(Some(workspace))?,
            lexicon: Lexicon::of_workspace(&workspace.root)?,
            suites,
            dev,
            drafter,
            drafts: known_drafts(&workspace.training_data().join(FOLDER).join(DRAFTS))?,
            last: None,
        })
    }

    /// Every item with what is written of it, in this session or before.
    ///
    /// # Errors
    /// The training data cannot be read.
    pub fn briefs(&self) -> Result<Vec<Brief>> {
        let examples = self.examples()?;
        let mine = |task: &str| {
            let of_task = |e: &&Example| e.tags.iter().any(|tag| tag == task);
            let source = |e: &&Example| e.source.as_deref().is_some_and(|source| source.contains(&self.mark));
            examples.iter().filter(of_task).filter(source).count()
        };
        let brief = |item: &Item| Brief {
            written: mine(&item.task),
            file: short_path(&self.file(&item.task)),
            item: item.clone(),
        };
        Ok(self.plan.items.iter().map(brief).collect())
    }

    /// Whether drafts can be had, and by whom.
    pub fn drafter(&self) -> Option<&str> {
        self.drafter.as_ref().map(|drafter| drafter.version.name.as_str())
    }

    /// What the linter says of it among the others, and the checks of dev cases of its kind. Held-out cases only keep it
    /// from giving one away.
    ///
    /// # Errors
    /// No such item; the training data cannot be read.
    pub fn judge(&self, sketch: &Sketch) -> Result<Vec<Remark>> {
        let task = &self.item(sketch)?.task;
        let mut remarks = Vec::new();
        for (name, text) in [("instruction", &sketch.instruction), ("output", &sketch.output)] {
            if text.trim().is_empty() {
                let (text, remedy) = (format!("there is no {name} yet"), "write one".to_string());
                remarks.push(Remark { grave: true, text, remedy });
            }
        }
        if !remarks.is_empty() {
            return Ok(remarks);
        }
        let example = self.example(sketch, None);
        // The file as it would be, in the place of the one that is.
        let (file, folder) =
            (self.file(task), tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), e))?);
        let trial = folder.path().join(file.file_name().unwrap_or_default());
        let before = if file.is_file() { store::read_text(&file)? } else { String::new() };
        let before = if before.is_empty() || before.ends_with('\n') { before } else { before + "\n" };
        let line = serde_json::to_string(&example).map_err(|e| Error::input(format!("it cannot be written: {e}")))?;
        let text = format!("{before}{line}\n");
        store::replace(&trial, text.as_bytes())?;
        let others = match self.training_data.is_dir() {
            true => training_data::files(std::slice::from_ref(&self.training_data))?,
            false => Vec::new(),
        };
        let paths: Vec<PathBuf> = others.into_iter().filter(|path| *path != file).chain([trial.clone()]).collect();
        let options = Options {
            settings: &self.settings,
            lexicon: &self.lexicon,
            suites: &self.suites,
            count_tokens: None,
            meanings: None,
            against_suites: false,
        };
        let number = text.lines().count();
        let found = lint::lint(&paths, &options, &|_| ())?.findings;
        remarks.extend(found.into_iter().filter(|f| f.file == trial && f.line == number).map(|finding| Remark {
            grave: finding.severity == Severity::Error,
            text: finding.message.replace(&trial.display().to_string(), &short_path(&file)),
            remedy: finding.remedy,
        }));
        let failing = contradictions(&[example], &self.dev, &self.lexicon).into_iter().map(|found| Remark {
            grave: false,
            text: format!("it fails `{}`, which dev cases of its kind ask: {}", found.check, found.reason),
            remedy: "mend it, unless the check is too strict here".to_string(),
        });
        remarks.extend(failing);
        Ok(remarks)
    }

    /// Appends it to its file: on the disk when this returns. `stands` is that the person read a draft and stands for it.
    ///
    /// # Errors
    /// A grave remark; a draft that nobody changed and nobody stands for; the disk fails. Nothing is written then.
    pub fn keep(&mut self, sketch: &Sketch, stands: bool) -> Result<Place> {
        if let Some(remark) = self.judge(sketch)?.into_iter().find(|remark| remark.grave) {
            return Err(Error::input(remark.text).hint(remark.remedy));
        }
        let drafted = self.drafts.contains(&draft_mark(&sketch.output));
        if drafted && !stands {
            return Err(Error::input("this is a draft as a model wrote it")
                .hint("change what is not right, or say that you read it and stand for it"));
        }
        let task = self.item(sketch)?.task.clone();
        // Whoever writes beside this one waits: both its id and its line are its own.
        let _held = self.lock()?;
        let examples = self.examples()?;
        let mut example = self.example(sketch, Some(drafted));
        example.id = Some(training_data::free_id(&slug(&task), &examples));
        let path = self.file(&task);
        let line = serde_json::to_string(&example).map_err(|e| Error::input(format!("it cannot be written: {e}")))?;
        let before = if path.is_file() { store::read_text(&path)? } else { String::new() };
        let joint = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let text = format!("{before}{joint}{line}\n");
        store::replace(&path, text.as_bytes())?;
        let number = text.lines().count();
        self.last = Some((path.clone(), line));
        Ok(Place { file: Arc::from(path.as_path()), line: number })
    }

    /// Takes the example back that was kept last, and gives it.
    ///
    /// # Errors
    /// None was kept since this began, or its file has changed.
    pub fn take_back(&mut self) -> Result<Sketch> {
        let (path, line) =
            self.last.clone().ok_or_else(|| Error::input("nothing was kept yet that could be taken back"))?;
        let _held = self.lock()?;
        let text = store::read_text(&path)?;
        let left = text.strip_suffix('\n').and_then(|text| text.strip_suffix(line.as_str()));
        let left = left.filter(|left| left.is_empty() || left.ends_with('\n')).ok_or_else(|| {
            Error::input(format!("{} has changed since; nothing was taken back", short_path(&path)))
                .hint("remove the line there")
        })?;
        match left.is_empty() {
            true => std::fs::remove_file(&path).map_err(|e| Error::io("remove", &path, e))?,
            false => store::replace(&path, left.as_bytes())?,
        }
        self.last = None;
        let example: Example =
            serde_json::from_str(&line).map_err(|e| Error::input(format!("it cannot be read back: {e}")))?;
        let item = self.plan.items.iter().position(|item| example.tags.contains(&item.task)).unwrap_or(0);
        Ok(Sketch { item, instruction: example.instruction, input: example.input, output: example.output })
    }

    /// An output by whoever drafts. The person is to read and change it.
    ///
    /// # Errors
    /// Nobody drafts here, there is no instruction, or the model fails.
    pub fn draft(&mut self, sketch: &Sketch) -> Result<String> {
        let drafter = self.drafter.as_ref().ok_or_else(|| {
            Error::usage("nobody drafts here").hint("start it with --draft v3, or --draft openai:http://…#model")
        })?;
        let example = self.example(sketch, None);
        if example.instruction.is_empty() {
            return Err(Error::input("there is no instruction yet").hint("write one, then ask for a draft"));
        }
        let text = drafter.answer(&example.prompt())?;
        let mark = draft_mark(&text);
        let _held = self.lock()?;
        let mut known = Lines::open(&self.folder().join(DRAFTS))?;
        known.append(&mark)?;
        known.flush()?;
        self.drafts.insert(mark);
        Ok(text)
    }

    fn folder(&self) -> PathBuf {
        self.training_data.join(FOLDER)
    }

    /// Makes the folder, and waits for whoever else writes in it.
    fn lock(&self) -> Result<File> {
        let folder = self.folder();
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
        let path = folder.join(".lock");
        let file = File::create(&path).map_err(|e| Error::io("create", &path, e))?;
        let _ = file.lock(); // some network file systems know no locks
        Ok(file)
    }

    fn item(&self, sketch: &Sketch) -> Result<&Item> {
        let of = self.plan.items.len();
        self.plan.items.get(sketch.item).ok_or_else(|| Error::input(format!("the plan has {of} items")))
    }

    fn file(&self, task: &str) -> PathBuf {
        self.folder().join(format!("{}.jsonl", slug(task)))
    }

    fn examples(&self) -> Result<Vec<Example>> {
        let all = match self.training_data.is_dir() {
            true => readable(std::slice::from_ref(&self.training_data))?.0,
            false => Vec::new(),
        };
        Ok(all.iter().flat_map(training_data::Conversation::exchanges).cloned().collect())
    }

    fn example(&self, sketch: &Sketch, drafted: Option<bool>) -> Example {
        let task = self.plan.items.get(sketch.item).map(|item| item.task.clone());
        let place = Place { file: Arc::from(Path::new("this example")), line: 1 };
        let by = match (self.drafter(), drafted) {
            (Some(by), Some(true)) => format!(", draft of {by} that a person stands for"),
            (Some(by), Some(false)) if !self.drafts.is_empty() => format!(", perhaps after a draft of {by}"),
            _ => String::new(),
        };
        Example {
            id: None,
            instruction: sketch.instruction.trim().to_string(),
            input: sketch.input.trim().to_string(),
            output: sketch.output.trim().to_string(),
            tags: task.into_iter().collect(),
            source: Some(format!("written {} {}{by}", words::day(Timestamp::now()), self.mark)),
            place,
        }
    }
}

impl Drafter {
    fn open(workspace: &Workspace, name: &str, sink: &dyn Sink) -> Result<Self> {
        let (versions, sources) = open(workspace, vec![registry::resolve(workspace, name)?], sink)?;
        let one = versions.into_iter().zip(sources).next();
        let (version, source) = one.ok_or_else(|| Error::usage(format!("{name} is no version")))?;
        Ok(Self { version, source, workspace: workspace.clone() })
    }

    fn answer(&self, prompt: &str) -> Result<String> {
        let groups = groups(std::slice::from_ref(&self.source), None, &remote(&self.workspace, None)?)?;
        let messages = [self.version.opening(), vec![Message::new(Role::User, prompt)]].concat();
        let (task, sampling) = (Task::Write { weighed: Vec::new() }, self.version.sampling.clone());
        let mut answer = Err(Error::model(format!("{} gave no draft", self.version.name)));
        for group in groups {
            let request = Request {
                id: 0,
                version: 0,
                messages: messages.clone(),
                task: task.clone(),
                sampling: sampling.clone(),
            };
            group.provider.answer(vec![request], &mut |event| {
                if let Told::Done { answer: given, .. } = event {
                    answer = given.map(|answer| answer.text);
                }
                ControlFlow::Continue(())
            })?;
        }
        answer
    }
}

/// A draft is known by a hash of its text.
fn draft_mark(text: &str) -> String {
    store::hash(text.trim().as_bytes())
}

fn known_drafts(file: &Path) -> Result<BTreeSet<String>> {
    if file.is_file() { Ok(store::read_lines::<String>(file)?.into_iter().collect()) } else { Ok(BTreeSet::new()) }
}

/// The plan of the newest month that has one.
fn newest(root: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let plans = entries.map(|entry| entry.path().join(PLAN_FILE)).filter(|file| file.is_file());
    plans.max().ok_or_else(|| {
        Error::missing("there is no plan of what to write")
            .hint("make one: pmtune improve, or pmtune gaps --json > plan.json and then --plan plan.json")
    })
}

/// A task as the name of a file, by which its examples are told apart from others.
fn slug(task: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = task.chars().map(letter).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "examples".to_string() } else { name.to_string() }
}
