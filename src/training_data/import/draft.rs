//! Documents as drafts of examples, without what must not be learnt.

use super::document::{Document, Passed, Why};
use super::known::Known;
use crate::suite::{Split, Suite};
use crate::training_data::inbox::MOST_ENTRY_BYTES;
use crate::training_data::kind::kind_in;
use crate::training_data::lint::{StandIns, about_tokens, most_bytes, secret};
use crate::training_data::quoted::Sentences;
use crate::training_data::{Example, Kind, Place, kinds, leaks};
use crate::words::{count, list};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// What is asked for in the examples.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Of which kind all documents are.
    pub kind: Option<&'static Kind>,
    /// Instead of the instruction that a kind has.
    pub instruction: Option<String>,
    /// `data.max-tokens`.
    pub max_tokens: usize,
}

/// An example that waits to be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    #[serde(rename = "document")]
    pub at: String,
    pub instruction: String,
    pub input: String,
    pub output: String,
    /// What was replaced and left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Draft {
    /// The whole question.
    pub fn prompt(&self) -> String {
        self.example(0).prompt()
    }

    fn example(&self, line: usize) -> Example {
        let place = Place { file: Arc::from(Path::new(&self.at)), line };
        let (instruction, input, output) = (self.instruction.clone(), self.input.clone(), self.output.clone());
        Example { id: None, instruction, input, output, tags: Vec::new(), source: None, place }
    }
}

/// Drafts, and the documents of which none is made.
#[derive(Debug, Default)]
pub struct Drafts {
    pub drafts: Vec<Draft>,
    pub passed: Vec<Passed>,
}

/// A draft of each document; those with a secret, with what a case of `suites` tests, or that are known are passed over.
pub fn drafts(documents: Vec<Document>, asked: &Asked, suites: &[Suite], known: &mut Known) -> Drafts {
    let mut made = Drafts::default();
    for document in documents {
        match draft(document, asked) {
            Ok(draft) => made.drafts.push(draft),
            Err(passed) => made.passed.push(passed),
        }
    }
    let tested = tested(&made.drafts, suites);
    let all = std::mem::take(&mut made.drafts);
    for (draft, tested) in all.into_iter().zip(tested) {
        if let Some(reason) = tested {
            let remedy = "leave it out, or retire the case first: a model trained on it could not be tested with it";
            made.passed.push(Passed::new(&draft.at, Why::Refused, reason, remedy));
        } else if let Some((reason, remedy)) = known.twin(&draft.at, &draft.prompt(), &draft.output) {
            made.passed.push(Passed::new(&draft.at, Why::Known, reason, remedy));
        } else {
            made.drafts.push(draft);
        }
    }
    made
}

fn draft(document: Document, asked: &Asked) -> Result<Draft, Passed> {
    let Document { at, is_row, title, context, text, lost } = document;
    let told = context.iter().map(|(label, value)| format!("{label}: {value}"));
    let whole = std::iter::once(title.clone()).chain(told.clone()).chain([text.clone()]).collect::<Vec<_>>().join("\n");
    if let Some((what, _)) = secret(&whole) {
        let remedy = "remove it from the document, and revoke it if it was ever real";
        return Err(Passed::new(&at, Why::Refused, format!("it holds what looks like {what}"), remedy));
    }
    let mut stand_ins = StandIns::default();
    let title = stand_ins.replace(&title);
    let told: Vec<String> = told.map(|line| stand_ins.replace(&line)).collect();
    let output = stand_ins.replace(&text);
    let by_type = || context.iter().any(|(label, value)| label == "Type" && is_story(value));
    let named = || if is_row { by_type().then(|| of_tag("user-story")).flatten() } else { kind_of_title(&title) };
    let request = match (&asked.instruction, asked.kind.or_else(named)) {
        (Some(instruction), _) => Some(instruction.clone()),
        (None, kind) => kind.map(|kind| kind.request.to_string()),
    };
    let (instruction, lead) = match request {
        Some(request) => (request, Some(format!("Title: {title}"))),
        None if is_row => (format!("Write the description of \"{title}\"."), None),
        None => (format!("Write the document \"{title}\"."), None),
    };
    let input = lead.into_iter().chain(told).collect::<Vec<_>>().join("\n");
    let notes = replaced(&stand_ins).into_iter().chain(lost.sentence()).collect();
    let draft = Draft { at, instruction, input, output, notes };
    too_long(&draft, asked.max_tokens).map_or(Ok(draft), Err)
}

fn is_story(kind: &str) -> bool {
    ["story", "user story"].contains(&kind.to_lowercase().as_str())
}

fn of_tag(tag: &str) -> Option<&'static Kind> {
    kinds().find(|kind| kind.tag == tag)
}

/// What a document is called after; a document about tables is no table.
fn kind_of_title(title: &str) -> Option<&'static Kind> {
    kind_in(title).filter(|kind| !["json", "table"].contains(&kind.tag))
}

fn replaced(stand_ins: &StandIns) -> Option<String> {
    let (mails, phones) = stand_ins.counts();
    let parts = [(mails, "e-mail address"), (phones, "phone number")];
    let parts: Vec<String> =
        parts.into_iter().filter(|(found, _)| *found > 0).map(|(found, noun)| count(found, noun)).collect();
    (!parts.is_empty()).then(|| format!("replaced by stand-ins: {}", list(&parts)))
}

/// What cannot be trained on whole, or takes more than the inbox keeps.
fn too_long(draft: &Draft, max_tokens: usize) -> Option<Passed> {
    let text = format!("{}\n{}", draft.prompt(), draft.output);
    let tokens = about_tokens(text.split_whitespace().count());
    let reason = if text.len() > most_bytes(max_tokens).min(MOST_ENTRY_BYTES / 4) {
        format!("it is too long: it has {}", count(text.len(), "byte"))
    } else if tokens > max_tokens {
        format!("it is too long: about {}, and {max_tokens} fit", count(tokens, "token"))
    } else {
        return None;
    };
    let remedy = "split it at its headings; `data.max-tokens` in pmtune.yaml sets the limit";
    Some(Passed::new(&draft.at, Why::Unfit, reason, remedy))
}

/// For each draft, what of it stands in a case. Of a held-out case no more is told than its file.
fn tested(drafts: &[Draft], suites: &[Suite]) -> Vec<Option<String>> {
    let examples: Vec<Example> = drafts.iter().enumerate().map(|(at, draft)| draft.example(at)).collect();
    let mut tested: Vec<Option<String>> = vec![None; drafts.len()];
    let cases = || suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)));
    let tell = |id: &str, what: &str, excerpt: &str| {
        let (suite, case) = cases().find(|(_, case)| case.id == id)?;
        let file = suite.path.display();
        Some(match case.split {
            Split::HeldOut => format!("{what} a held-out case of {file}"),
            Split::Dev => format!("{what} the case {id} of {file}: \"{excerpt}\""),
        })
    };
    for leak in leaks(&examples, suites) {
        if let Some(place) = tested.get_mut(leak.example.line).filter(|place| place.is_none()) {
            *place = tell(&leak.case, "it gives away", &leak.excerpt);
        }
    }
    let sentences = Sentences::new(suites);
    for (place, draft) in tested.iter_mut().zip(drafts).filter(|(place, _)| place.is_none()) {
        let text = format!("{}\n{}", draft.prompt(), draft.output);
        *place = sentences.find(&text).and_then(|(id, sentence)| tell(id, "a sentence of it stands in", &sentence));
    }
    tested
}
