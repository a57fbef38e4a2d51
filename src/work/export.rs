//! A version → a file → its proof.

use super::compare::{self, Compared};
use super::evaluate::{self, EvaluateOptions};
use super::event::{Event, Exporting, Sink};
use super::sources::{Source, open};
use super::subject::{Stead, Subject};
use crate::compare::Outcomes;
use crate::export::{
    Format, Limits, OnCases, Opening, PARITY, Parcel, Parity, Prompts, ReadBack, Speech, exports, proofs, speech,
    strings,
};
use crate::provider::Local;
use crate::registry::{self, Origin};
use crate::report::ParityReport;
use crate::run::{self, Filter, Plan, VersionRef};
use crate::suite::{Case, Split, Suite};
use crate::workspace::Workspace;
use engine::chat::{Chat, Message, Role};
use engine::error::{Error, Kind, Result};
use engine::files::{self, export::FileType};
use engine::generate::Continuation;
use engine::store;
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// An export, resolved.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// As a person names it.
    pub model: String,
    pub format: Format,
    pub file_type: FileType,
    /// The folder of the file and its proof, in the place of one in the workspace's `exports/`.
    pub output: Option<PathBuf>,
    /// Prove it on these suites alone.
    pub suites: Vec<String>,
    /// Ask this program, `openai:URL#model`, which has the file loaded, rather than this one.
    pub through: Option<String>,
    /// Whether checks may run the programs they name.
    pub allow_commands: bool,
}

/// A file with its proof.
#[derive(Debug)]
pub struct Exported {
    pub parity: Parity,
    /// Where both lie.
    pub folder: PathBuf,
    /// The file was there already, whole, and was only proven.
    pub kept: bool,
    /// On the cases, if they could be asked.
    pub compared: Option<Compared>,
    /// The version's system prompt and worked examples, which a user of the file must set; empty where there is nothing to set.
    pub instructions: Vec<Message>,
}

/// Writes a version's file and proves it. A file that is there already and whole is proven again. The proof is written
/// last.
///
/// # Errors
/// An endpoint's version; another file of that name; a full disk; a file that is not what was meant to be written;
/// `Interrupted` when the sink stops it: a whole file stays, and the same call goes on from there.
pub fn export(workspace: &Workspace, options: &ExportOptions, sink: &dyn Sink) -> Result<Exported> {
    let version = registry::resolve(workspace, &options.model)?;
    let Origin::Local { base: base_name, .. } = &version.origin else {
        return Err(Error::usage(format!("{} is not on this computer", options.model))
            .hint("name a version of this workspace, `base`, or a model file"));
    };
    let base_name = base_name.to_string();
    let (mut versions, mut sources) = open(workspace, vec![version], sink)?;
    let (version, source) = (versions.remove(0), sources.remove(0));
    let Source::Local { base, adapter } = &source else {
        return Err(Error::usage(format!("{} is not on this computer", version.name)));
    };
    let (suites, split) = deciding(&evaluate::suites(workspace, &options.suites, sink)?, &options.suites)?;
    let chat = base.open()?.chat;
    let (opening, template) = Opening::choose(&chat, &version, &prompts(&version, &suites))?;
    let folder = options.output.clone().unwrap_or_else(|| default_folder(workspace, &version, options));
    let parcel = Parcel {
        version: &version,
        base: &base.path,
        base_name: &base_name,
        adapter: adapter.as_deref(),
        format: options.format,
        file_type: options.file_type,
        template: template.as_deref(),
        end: chat.lent_template().map(|_| chat.end_of_turn()),
        folder: &folder,
    };
    let before = read_before(&folder);
    let kept = parcel.path().exists();
    let (bytes, sha256) = if kept { known(&parcel)? } else { write(&parcel, sink)? };
    sink.tell(Event::Export(Exporting::Reading));
    let read_back = read_back(&parcel, &chat, &suites)?;
    let mut parity = Parity {
        format: crate::export::FORMAT,
        created: Timestamp::now(),
        pmtune: env!("CARGO_PKG_VERSION").to_string(),
        version: version.name.clone(),
        base: version.base.clone(),
        adapter: version.adapter.clone(),
        file: parcel.path().file_name().unwrap_or_default().to_string_lossy().into_owned(),
        kind: options.format,
        file_type: options.file_type.name().to_string(),
        bytes,
        sha256,
        opening,
        read_back,
        prompts: Prompts { of: 0, alike: 0 },
        speech: None,
        cases: Vec::new(),
    };
    if options.format != Format::LoraGguf {
        let spoken = spoken(&parcel, &source, &suites, opening, options.file_type, sink)?;
        (parity.prompts, parity.speech) = (spoken.0, Some(spoken.1));
    }
    // What other engines answered holds as long as the file is the same.
    parity.cases = before.filter(|old| old.sha256 == parity.sha256).map(|old| old.cases).unwrap_or_default();
    let compared = on_cases(workspace, options, &parcel, split, opening, sink)?;
    if let Some((engine, compared)) = &compared {
        let folder = compared.folder.file_name().unwrap_or_default().to_string_lossy();
        parity.cases.retain(|cases| cases.engine != *engine);
        parity.cases.push(OnCases::of(&compared.comparison, engine, &folder));
        parity.cases.sort_by_key(|cases| cases.engine != "pmtune");
    }
    write_proof(workspace, &folder, &parity)?;
    let instructions = if opening == Opening::Instructions { version.opening() } else { Vec::new() };
    Ok(Exported { parity, folder, kept, compared: compared.map(|(_, compared)| compared), instructions })
}

fn default_folder(workspace: &Workspace, version: &VersionRef, options: &ExportOptions) -> PathBuf {
    exports(workspace).join(crate::export::stem(&version.name, options.format, options.file_type))
}

/// The cases that the proof rests on, and their half: held-out ones, or all where the suites have none.
fn deciding(suites: &[Suite], wanted: &[String]) -> Result<(Vec<Suite>, Option<Split>)> {
    let select = |split| run::select(suites, &Filter { suites: wanted.to_vec(), split, ..Filter::default() });
    match select(Some(Split::HeldOut)) {
        Ok(held_out) => Ok((held_out, Some(Split::HeldOut))),
        Err(_) => Ok((select(None)?, None)),
    }
}

/// Each case's prompt as the version reads it, and as a program would send it that knows nothing of the version.
fn prompts(version: &VersionRef, suites: &[Suite]) -> Vec<(Vec<Message>, Vec<Message>)> {
    let plan = Plan::new(version.clone(), suites);
    let whole = plan.items.iter().map(|item| plan.request(item, 0, 0).messages);
    let sent = plan.items.iter().map(|item| sent(&plan.cases[item.case]));
    whole.zip(sent).collect()
}

fn sent(case: &Case) -> Vec<Message> {
    let system = case.system.iter().filter(|text| !text.is_empty()).map(|text| Message::new(Role::System, text));
    system.chain([Message::new(Role::User, &case.prompt)]).collect()
}

fn write(parcel: &Parcel<'_>, sink: &dyn Sink) -> Result<(u64, String)> {
    let written = parcel.write(&mut |progress| {
        sink.tell(Event::Export(Exporting::Bytes { done: progress.done_bytes, of: progress.total_bytes }));
        match sink.stopped() {
            true => Err(Error::new(Kind::Interrupted, "stopped while exporting; nothing was kept")),
            false => Ok(()),
        }
    })?;
    Ok((written.bytes, written.sha256))
}

/// Length and hash of what is there already.
fn known(parcel: &Parcel<'_>) -> Result<(u64, String)> {
    let path = match parcel.format {
        Format::Gguf | Format::LoraGguf => parcel.path(),
        Format::Hf => parcel.path().join("model.safetensors"),
    };
    let bytes = path.metadata().map_err(|e| Error::io("read", &path, e))?.len();
    Ok((bytes, store::hash_file(&path, |_| ())?))
}

fn read_back(parcel: &Parcel<'_>, chat: &Chat, suites: &[Suite]) -> Result<ReadBack> {
    let checked = parcel.verify().map_err(|error| match error.kind {
        Kind::Model => error.hint(format!(
            "what lies there is not what would be written now: remove {}, then export again",
            parcel.folder.display()
        )),
        _ => error,
    })?;
    let (mut texts, mut alike) = (Vec::new(), 0);
    if parcel.format != Format::LoraGguf {
        let cases = suites.iter().flat_map(|suite| &suite.cases);
        let own = cases.flat_map(|case| std::iter::once(case.prompt.as_str()).chain(case.weighed()));
        texts = strings(own);
        let file = files::open(&parcel.path())?.chat;
        for text in &texts {
            alike += usize::from(chat.encode(text)? == file.encode(text)?);
        }
    }
    Ok(ReadBack {
        tensors: checked.len(),
        worst: checked.iter().map(|tensor| f64::from(tensor.worst)).fold(0.0, f64::max),
        relative_error: checked.iter().map(|tensor| tensor.relative_error).fold(0.0, f64::max),
        strings: texts.len(),
        strings_alike: alike,
    })
}

/// Both in memory, over the same prompts and references.
fn spoken(
    parcel: &Parcel<'_>,
    source: &Source,
    suites: &[Suite],
    opening: Opening,
    file_type: FileType,
    sink: &dyn Sink,
) -> Result<(Prompts, Speech)> {
    let version = super::sources::engine(source)?;
    let file = Local::new(files::open(&parcel.path())?, &[None])?;
    let (ours, theirs) = (version.engine().chat(), file.engine().chat());
    let mut prompts = Prompts { of: 0, alike: 0 };
    for (whole, sent) in self::prompts(parcel.version, suites) {
        let set = if opening == Opening::Instructions { &whole } else { &sent };
        prompts.of += 1;
        prompts.alike += usize::from(ours.prompt_ids(&whole)? == theirs.prompt_ids(set)?);
    }
    let plan = Plan::new(parcel.version.clone(), suites);
    let mut texts = Vec::new();
    for item in &plan.items {
        let Some(reference) = &plan.cases[item.case].reference else { continue };
        let mut text = ours.answer_ids(reference)?;
        text.push(ours.end_of_turn());
        texts.push(Continuation { prompt: ours.prompt_ids(&plan.request(item, 0, 0).messages)?, text });
    }
    if texts.is_empty() {
        return Err(Error::input(
            "no case of these suites has a `reference:`, and without one the file cannot be proven",
        )
        .hint("write one into some cases: the answer a person would give"));
    }
    let measured = speech(&version.voice(0)?, &file.voice(0)?, &texts, Limits::of(file_type), &mut |done, of| {
        sink.tell(Event::Export(Exporting::Spoken { done, of }));
        if sink.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    Ok((prompts, measured?))
}

/// Asks the version and the file, or the program that has it loaded, the same cases. `None` for an adapter alone that
/// nothing was asked through.
fn on_cases(
    workspace: &Workspace,
    options: &ExportOptions,
    parcel: &Parcel<'_>,
    split: Option<Split>,
    opening: Opening,
    sink: &dyn Sink,
) -> Result<Option<(String, Compared)>> {
    let (engine, model) = match &options.through {
        Some(address) => (address.clone(), address.clone()),
        None if options.format == Format::LoraGguf => return Ok(None),
        None => ("pmtune".to_string(), path_as_typed(&parcel.path())),
    };
    let stead = Stead { version: options.model.clone(), model, opening_inside: opening == Opening::Template };
    let suites = options.suites.clone();
    let evaluation = EvaluateOptions {
        filter: Filter { suites, split, ..Filter::default() },
        allow_commands: options.allow_commands,
        ..EvaluateOptions::of(Subject::Exported(stead))
    };
    let runs = evaluate::evaluate(workspace, &evaluation, sink)?;
    let [a, b] = runs.as_slice() else { return Ok(None) };
    // The file stands for the version: that its template differs is what is to be tried.
    let compared = compare::compare(workspace, Outcomes { a: &a.run, b: &b.run }, true, sink)?;
    Ok(Some((engine, compared)))
}

/// A path that is not taken for a name.
fn path_as_typed(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(['/', '\\']) { text } else { format!("./{text}") }
}

fn read_before(folder: &Path) -> Option<Parity> {
    crate::export::read(&folder.join(PARITY)).ok()
}

fn write_proof(workspace: &Workspace, folder: &Path, parity: &Parity) -> Result<()> {
    let others = proofs(workspace)?.into_iter().map(|(_, proof)| proof);
    let mut all: Vec<Parity> = others.filter(|proof| proof.is_sibling(parity) && proof.file != parity.file).collect();
    all.push(parity.clone());
    let report = ParityReport::new(parity, &all)?;
    store::replace(&folder.join("parity.html"), report.html()?.as_bytes())?;
    store::replace(&folder.join("parity.md"), report.markdown()?.as_bytes())?;
    let mut json =
        serde_json::to_string_pretty(parity).map_err(|e| Error::input(format!("the proof cannot be written: {e}")))?;
    json.push('\n');
    store::replace(&folder.join(PARITY), json.as_bytes())
}
