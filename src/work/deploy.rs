//! A proven file → another program.

use super::evaluate;
use super::event::{Event, Sink};
use super::sources::{Source, open, remote};
use crate::base;
use crate::deploy::{self, Deployed, Modelfile, Pieces, Target};
use crate::export::{self, Format, Opening, Outcome, Parity};
use crate::provider::{self, Answer, Local, Provider, Remote, Request, Task};
use crate::registry;
use crate::run::VersionRef;
use crate::workspace::Workspace;
use engine::chat::{Chat, Message, Role};
use engine::error::{Error, Kind, Result};
use engine::generate::{Json, Sampling};
use engine::{files, store};
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Questions that both are asked, and how many tokens each may answer.
const QUESTIONS: usize = 3;
const LONGEST: usize = 48;

/// A deployment, resolved.
#[derive(Debug, Clone)]
pub struct DeployOptions {
    pub model: String,
    pub to: Target,
    /// Of the exported file; the newest proven one where it is not said.
    pub file_type: Option<String>,
    /// Where the program's server is, in the place of its usual address.
    pub server: Option<String>,
}

/// What was done.
#[derive(Debug)]
pub struct Deployment {
    pub version: VersionRef,
    pub parity: Parity,
    /// Where the file is now; for Ollama its model's name.
    pub place: PathBuf,
    /// It was there before.
    pub already: bool,
    /// Ollama's file, and whether Ollama has taken it.
    pub modelfile: Option<(PathBuf, bool)>,
    /// System prompt and examples that must be set by hand.
    pub to_set: Vec<Message>,
    /// `None` where no server could be asked.
    pub probe: Option<Probe>,
}

/// The same questions to the file here and to the program that has it now.
#[derive(Debug)]
pub struct Probe {
    pub server: String,
    pub answers: Vec<[Answer; 2]>,
}

impl Probe {
    /// Questions that became as many tokens there as here.
    pub fn tokens_alike(&self) -> usize {
        self.answers.iter().filter(|[a, b]| a.prompt_tokens == b.prompt_tokens).count()
    }

    /// Questions with the very same answer.
    pub fn answers_alike(&self) -> usize {
        self.answers.iter().filter(|[a, b]| a.text.trim() == b.text.trim()).count()
    }

    /// Every prompt has the same length, and every answer begins alike: that much rounding leaves.
    pub fn is_alike(&self) -> bool {
        let begins = |text: &str| text.trim().chars().take(12).collect::<String>();
        let alike = |[a, b]: &[Answer; 2]| {
            (b.prompt_tokens == 0 || a.prompt_tokens == b.prompt_tokens) && begins(&a.text) == begins(&b.text)
        };
        self.answers.iter().all(alike)
    }
}

/// Puts the newest proven GGUF file of the version where the program finds it, and asks the program if it runs.
///
/// # Errors
/// No proven file, or a proof that failed; the file changed since; the program is not found; another file lies there.
pub fn deploy(workspace: &Workspace, options: &DeployOptions, sink: &dyn Sink) -> Result<Deployment> {
    let (mut versions, sources) = open(workspace, vec![registry::resolve(workspace, &options.model)?], sink)?;
    let version = versions.remove(0);
    let Source::Local { base, .. } = &sources[0] else {
        return Err(
            Error::usage(format!("{} is not on this computer", version.name)).hint("name a version of this workspace")
        );
    };
    let (folder, parity) = proven(workspace, &version, options, sink)?;
    let file = folder.join(&parity.file);
    let chat = base.open()?.chat;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (mut modelfile, mut to_set) = (None, Vec::new());
    let inside = parity.opening != Opening::Instructions;
    let (place, already) = match &options.to {
        Target::LmStudio => {
            let home = dirs::home_dir().ok_or_else(|| Error::missing("this system names no home folder"))?;
            let place = base::lm_studio_models(&home)?.join("pmtune").join(&stem).join(&parity.file);
            (place.clone(), !deploy::place(&file, &parity.sha256, &place)?)
        }
        Target::Folder(target) => {
            let place = target.join(&parity.file);
            let already = !deploy::place(&file, &parity.sha256, &place)?;
            copy_proof(&folder, target, &stem)?;
            (place, already)
        }
        Target::Ollama => {
            let name = stem.to_lowercase();
            let text = ollama_text(&version, &parity, &chat, &file, sink)?;
            store::replace(&folder.join("Modelfile"), text.as_bytes())?;
            modelfile = Some((folder.join("Modelfile"), deploy::create(&name, &folder)?));
            (PathBuf::from(name), false)
        }
    };
    if !inside && options.to != Target::Ollama {
        to_set = version.opening();
    }
    if modelfile.as_ref().is_none_or(|(_, created)| *created) {
        let (to, sha256) = (absolute(&options.to), parity.sha256.clone());
        let place = if options.to == Target::Ollama {
            place.clone()
        } else {
            std::path::absolute(&place).unwrap_or(place.clone())
        };
        let entry = Deployed { version: version.name.clone(), to, place, sha256, at: Timestamp::now() };
        deploy::add(workspace, entry)?;
    }
    let probe = probe(workspace, &version, &file, inside, &stem, options, sink)?;
    Ok(Deployment { version, parity, place, already, modelfile, to_set, probe })
}

/// Takes back every file of the version from there. Gives what was taken back.
///
/// # Errors
/// Nothing is deployed there; a file that is not the one that was placed.
pub fn undo(workspace: &Workspace, model: &str, to: &Target) -> Result<Vec<Deployed>> {
    let name = registry::resolve(workspace, model)?.name;
    let to = absolute(to);
    let mine: Vec<Deployed> =
        deploy::deployed(workspace)?.into_iter().filter(|entry| entry.version == name && entry.to == to).collect();
    if mine.is_empty() {
        return Err(Error::missing(format!("{name} is not deployed to {to}"))
            .hint("`pmtune models list` shows what is deployed where"));
    }
    for entry in &mine {
        match entry.to {
            Target::Ollama => drop(deploy::remove_model(&entry.place.display().to_string(), &workspace.root)?),
            _ => drop(deploy::take_back(&entry.place, &entry.sha256)?),
        }
        deploy::remove(workspace, entry)?;
    }
    Ok(mine)
}

/// The folder and the proof of the file that is meant, the file unchanged.
fn proven(
    workspace: &Workspace,
    version: &VersionRef,
    options: &DeployOptions,
    sink: &dyn Sink,
) -> Result<(PathBuf, Parity)> {
    let wanted = options.file_type.as_deref();
    let fits = |parity: &Parity| {
        (&parity.version, &parity.base, &parity.adapter) == (&version.name, &version.base, &version.adapter)
            && parity.kind == Format::Gguf
            && wanted.is_none_or(|wanted| parity.file_type.eq_ignore_ascii_case(wanted))
    };
    let found = export::proofs(workspace)?.into_iter().find(|(_, parity)| fits(parity));
    let again = format!("pmtune export {}", crate::words::shell(&options.model));
    let (folder, parity) = found.ok_or_else(|| {
        let of_type = wanted.map(|wanted| format!(" of type {wanted}")).unwrap_or_default();
        Error::missing(format!("no GGUF file{of_type} of {} as it is now was exported and proven", version.name))
            .hint(format!("export it first: {again}"))
    })?;
    match parity.outcome() {
        Outcome::Failed => {
            return Err(Error::new(Kind::Refused(100), parity.verdict())
                .hint(format!("see {}; try a more exact type", folder.join("parity.html").display())));
        }
        Outcome::NotShown => sink.tell(Event::Warning(parity.verdict())),
        Outcome::Passed => {}
    }
    let file = folder.join(&parity.file);
    if !file.is_file() {
        return Err(Error::missing(format!("{} is gone", file.display())).hint(format!("export it again: {again}")));
    }
    if store::hash_file(&file, |_| ())? != parity.sha256 {
        return Err(Error::input(format!("{} is not the file that was proven", file.display()))
            .hint(format!("remove {}, then: {again}", folder.display())));
    }
    Ok((folder, parity))
}

/// The proof goes along.
fn copy_proof(from: &Path, to: &Path, stem: &str) -> Result<()> {
    for (name, ending) in [("parity.json", "parity.json"), ("parity.html", "parity.html")] {
        let content = std::fs::read(from.join(name)).map_err(|e| Error::io("read", &from.join(name), e))?;
        store::replace(&to.join(format!("{stem}.{ending}")), &content)?;
    }
    Ok(())
}

fn absolute(to: &Target) -> Target {
    match to {
        Target::Folder(folder) => Target::Folder(std::path::absolute(folder).unwrap_or(folder.clone())),
        other => other.clone(),
    }
}

fn ollama_text(version: &VersionRef, parity: &Parity, chat: &Chat, file: &Path, sink: &dyn Sink) -> Result<String> {
    let pieces = Pieces::of(chat, chat.bos_token());
    if pieces.is_none() {
        let text = "the model's chat template cannot be told in Ollama's way, so Ollama is left to guess it; \
                    compare its answers with care";
        sink.tell(Event::Warning(text.to_string()));
    }
    if !version.sampling.json.is_off() {
        let text =
            "a Modelfile cannot say that answers must be JSON: send `format` or `response_format` with every question";
        sink.tell(Event::Warning(text.to_string()));
    }
    let stops: Vec<String> = chat.stop_ids().iter().map(|id| chat.token_text(*id)).collect();
    let (config, _) = files::open_weights(file)?;
    let modelfile = Modelfile {
        version: &version.name,
        file: &parity.file,
        pieces: pieces.as_ref(),
        system: version.system.as_deref(),
        examples: &version.examples,
        sampling: &version.sampling,
        context: config.context_length,
        stops: &stops,
    };
    Ok(modelfile.text())
}

/// Asks both, where a server of the program runs and knows the file.
fn probe(
    workspace: &Workspace,
    version: &VersionRef,
    file: &Path,
    inside: bool,
    stem: &str,
    options: &DeployOptions,
    sink: &dyn Sink,
) -> Result<Option<Probe>> {
    let (server, model) = match &options.to {
        Target::Folder(_) => return Ok(None),
        Target::LmStudio => {
            let server = options.server.clone().unwrap_or_else(|| "http://127.0.0.1:1234".to_string());
            let Some(model) = deploy::served_as(&server, stem) else { return Ok(None) };
            (server, model)
        }
        Target::Ollama => {
            let server = options.server.clone().unwrap_or_else(|| "http://127.0.0.1:11434".to_string());
            (server, stem.to_lowercase())
        }
    };
    let reference = format!("openai:{}/v1#{model}", server.trim_end_matches('/'));
    let there = Remote::parse(&reference, &remote(workspace, Some(1))?)?;
    let here = Local::new(files::open(file)?, &[None])?;
    // The models are compared, not how each program keeps a schema.
    let sampling = Sampling { max_tokens: LONGEST, temperature: 0.0, json: Json::Off, ..version.sampling.clone() };
    let mut requests = [Vec::new(), Vec::new()];
    for (id, question) in questions(workspace, sink).into_iter().enumerate() {
        let question = Message::new(Role::User, question);
        // Ollama has them from the Modelfile, where this program has them from the template or not at all.
        let ours: Vec<Message> =
            if inside { vec![question.clone()] } else { [version.opening(), vec![question.clone()]].concat() };
        let theirs = if options.to == Target::Ollama { vec![question] } else { ours.clone() };
        for (requests, messages) in requests.iter_mut().zip([ours, theirs]) {
            let task = Task::Write { weighed: Vec::new() };
            requests.push(Request { id, version: 0, messages, task, sampling: sampling.clone() });
        }
    }
    let [ours, theirs] = requests;
    let theirs = match answers(&there, theirs) {
        Ok(answers) => answers,
        Err(error) => {
            sink.tell(Event::Warning(format!("{} could not be asked: {}", options.to, error.message)));
            return Ok(None);
        }
    };
    let ours = answers(&here, ours)?;
    Ok(Some(Probe { server, answers: ours.into_iter().zip(theirs).map(|(a, b)| [a, b]).collect() }))
}

/// The shortest questions of the suites that are answered in writing.
fn questions(workspace: &Workspace, sink: &dyn Sink) -> Vec<String> {
    let suites = evaluate::suites(workspace, &[], sink).unwrap_or_default();
    let cases =
        suites.iter().flat_map(|suite| &suite.cases).filter(|case| case.choices.is_empty() && case.system.is_none());
    let mut prompts: Vec<String> = cases.map(|case| case.prompt.clone()).collect();
    prompts.sort_by_key(|prompt| (prompt.len(), prompt.clone()));
    prompts.dedup();
    prompts.truncate(QUESTIONS);
    if prompts.is_empty() {
        prompts.push("Write one user story about resetting a password.".to_string());
    }
    prompts
}

fn answers(provider: &dyn Provider, requests: Vec<Request>) -> Result<Vec<Answer>> {
    let mut found: Vec<Option<Result<Answer>>> = requests.iter().map(|_| None).collect();
    provider.answer(requests, &mut |event| {
        if let provider::Event::Done { id, answer } = event {
            found[id] = Some(answer);
        }
        ControlFlow::Continue(())
    })?;
    found
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|| Err(Error::network("a question was left unanswered"))))
        .collect()
}
