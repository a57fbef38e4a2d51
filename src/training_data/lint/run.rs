use super::options::Options;
use super::outline::Outline;
use super::quotes::Quotes;
use super::ungrounded::{self, Grounding};
use super::{Finding, control, drift, duplicates, encoding, filler, keys, leakage, length, mojibake, near};
use super::{fails_check, kind_drift, outdated, paraphrase, personal, placeholder, quotes, secrets, space, unread};
use crate::training_data::leak::leaks;
use crate::training_data::line::Broken;
use crate::training_data::listing::listing;
use crate::training_data::read::File;
use crate::training_data::record::{self, Record};
use crate::training_data::{DataSettings, Example, Place, Severity};
use engine::error::Result;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How far the linter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many lines will be read.
    Lines(usize),
    /// One line was looked at.
    Line,
    /// All were; now they are compared with one another and with the suites.
    Comparing,
    /// So many of the texts that the sentence model has not read yet are read; told where it takes long.
    Meanings { read: usize, of: usize },
}

/// What the linter found.
#[derive(Debug)]
pub struct Linted {
    pub files: usize,
    /// Lines that are examples, or conversations of several.
    pub examples: usize,
    /// In the order of the files and their lines.
    pub findings: Vec<Finding>,
}

/// One readable line with what is needed to compare it with others.
struct Looked {
    /// What opens it, by which lines are compared with one another.
    example: Example,
    /// Later exchanges, which mean nothing without those before them but may still give a case away.
    later: Vec<Example>,
    outline: Outline,
    quotes: Quotes,
}

/// Looks at every line of these folders and files.
///
/// Errors are for what cannot be read at all; faults of the data are findings.
pub fn lint(paths: &[PathBuf], options: &Options<'_>, progress: &(dyn Fn(Step) + Sync)) -> Result<Linted> {
    let listing = listing(paths)?;
    let paths = listing.files;
    let files: Vec<File> = paths.par_iter().map(|path| File::read(path)).collect::<Result<_>>()?;
    progress(Step::Lines(files.iter().map(|file| file.bytes.iter().filter(|&&b| b == b'\n').count()).sum()));
    let mut findings = unread::find(&listing.unread);
    let grounding = options.looks_for(ungrounded::CODES).then(|| Grounding::new(options.lexicon));
    let (mut examples, mut outlines, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for file in &files {
        findings.extend(encoding::find(file));
        if encoding::is_wide(&file.bytes) {
            continue;
        }
        let (looked, found) = look(file, options, grounding.as_ref(), progress);
        findings.extend(found);
        let from = examples.len();
        let mut marks = Vec::with_capacity(looked.len());
        for one in looked {
            examples.push(one.example);
            later.extend(one.later);
            outlines.push(one.outline);
            marks.push(one.quotes);
        }
        findings.extend(drift::find(&examples[from..], &outlines[from..]));
        findings.extend(quotes::find(&examples[from..], &marks));
    }
    progress(Step::Comparing);
    findings.extend(kind_drift::find(&examples, &outlines));
    let (found, repeats) = duplicates::find(&examples, &outlines);
    findings.extend(found);
    findings.extend(near::find(&examples, &repeats));
    let lines = examples.len();
    examples.extend(later);
    let leaks = leaks(&examples, options.suites);
    findings.extend(leakage::find(&leaks));
    if options.against_suites && options.looks_for(fails_check::CODES) {
        findings.extend(fails_check::find(&examples, options));
    }
    if let Some(meanings) = options.meanings.filter(|_| options.looks_for(paraphrase::CODES)) {
        let told = |read, of| progress(Step::Meanings { read, of });
        findings.extend(paraphrase::find(&examples, options.suites, &leaks, meanings, &told)?);
    }
    let findings = Severities(options.settings).apply(findings, &paths);
    Ok(Linted { files: files.len(), examples: lines, findings })
}

/// The lines of one file, in parallel.
fn look(
    file: &File,
    options: &Options<'_>,
    grounding: Option<&Grounding>,
    progress: &(dyn Fn(Step) + Sync),
) -> (Vec<Looked>, Vec<Finding>) {
    let lines: Vec<(Option<Looked>, Vec<Finding>)> = file
        .lines()
        .into_par_iter()
        .map(|line| {
            let place = Place { file: file.path.clone(), line: line.number };
            let read = record::read(line.bytes, place.clone());
            let looked = look_at(read, &place, options, grounding);
            progress(Step::Line);
            looked
        })
        .collect();
    let (mut all, mut findings) = (Vec::with_capacity(lines.len()), Vec::new());
    for (looked, found) in lines {
        all.extend(looked);
        findings.extend(found);
    }
    (all, findings)
}

fn look_at(
    read: Result<Record, Vec<Broken>>,
    place: &Place,
    options: &Options<'_>,
    grounding: Option<&Grounding>,
) -> (Option<Looked>, Vec<Finding>) {
    let Record { conversation, unread } = match read {
        Ok(record) => record,
        Err(faults) => return (None, faults.iter().map(|fault| keys::broken(place, fault)).collect()),
    };
    let mut found: Vec<Finding> = unread.iter().map(|key| keys::unknown(place, key)).collect();
    let mut exchanges: Vec<Example> = conversation.into_exchanges().collect();
    found.extend(length::find(&exchanges, options));
    let most = length::most_bytes(options.settings.max_tokens);
    for example in &mut exchanges {
        length::shorten(example, most);
        found.extend(look_at_texts(example, options, grounding));
    }
    let mut exchanges = exchanges.into_iter();
    let looked = exchanges.next().map(|example| {
        let (outline, quotes) = (Outline::of(&example.output), Quotes::of(&example.output));
        Looked { example, later: exchanges.collect(), outline, quotes }
    });
    (looked, found)
}

fn look_at_texts(example: &Example, options: &Options<'_>, grounding: Option<&Grounding>) -> Vec<Finding> {
    let mut found = mojibake::find(example);
    found.extend(control::find(example));
    found.extend(space::find(example));
    found.extend(placeholder::find(example, options.lexicon));
    found.extend(filler::find(example, options.lexicon));
    found.extend(outdated::find(example, options));
    found.extend(secrets::find(example));
    found.extend(personal::find(example));
    found.extend(grounding.map(|grounding| grounding.find(example)).unwrap_or_default());
    found
}

/// The workspace's severities, laid over those of the codes.
struct Severities<'a>(&'a DataSettings);

impl Severities<'_> {
    /// Findings with their severity, without those switched off, in the order of the files and their lines.
    fn apply(&self, findings: Vec<Finding>, paths: &[PathBuf]) -> Vec<Finding> {
        let order: std::collections::HashMap<Arc<Path>, usize> =
            paths.iter().enumerate().map(|(at, path)| (Arc::from(path.as_path()), at)).collect();
        let mut kept: Vec<Finding> = findings
            .into_iter()
            .map(|finding| match self.0.severity.get(finding.code) {
                Some(&severity) => Finding { severity, ..finding },
                None => finding,
            })
            .filter(|finding| finding.severity != Severity::Off)
            .collect();
        kept.sort_by_key(|f| (order.get(f.file.as_path()).copied(), f.line, std::cmp::Reverse(f.severity)));
        kept
    }
}
