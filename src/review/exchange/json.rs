//! The scores that the page saves: JSON.

use super::{Exported, Judgement, clip, strange_answers};
use crate::check::Criterion;
use crate::review::{Draft, Flag};
use engine::error::{Error, Result};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const FORMAT: u32 = 1;

#[derive(Deserialize)]
struct Head {
    format: u32,
    sheet: String,
    reviewer: String,
}

#[derive(Deserialize)]
struct Body {
    ratings: Vec<Sent>,
}

/// A [`Draft`] with its time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    answer: String,
    #[serde(default)]
    points: BTreeMap<Criterion, u8>,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    flags: BTreeSet<Flag>,
    /// Whether the reviewer went on from it; what counts is that all points are there.
    #[serde(default, rename = "done")]
    _done: bool,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    at: Option<Timestamp>,
}

pub(super) fn read(
    text: &str,
    file: &Path,
    find: impl Fn(&str) -> Result<Exported>,
) -> Result<(Exported, Vec<Judgement>)> {
    let name = file.display();
    let broken = |e: serde_json::Error| {
        Error::input(format!("{name}:{}:{}: these are no scores: {}", e.line(), e.column(), clip(&e.to_string())))
            .hint("send the file again as the page saved it")
    };
    let head: Head = serde_json::from_str(text).map_err(broken)?;
    if head.format > FORMAT {
        return Err(Error::input(format!("{name} was written by a newer pmtune")).hint("update pmtune"));
    }
    let exported = find(&head.sheet)?;
    if head.reviewer != exported.sheet.reviewer {
        let message = format!("{name}: the sheet is that of {}", exported.sheet.reviewer);
        return Err(Error::input(message).hint("each reviewer fills the sheet that was exported for them"));
    }
    let body: Body = serde_json::from_str(text).map_err(broken)?;
    let judgement = |sent: Sent| Judgement {
        place: format!("{name}: answer {}", clip(&sent.answer)),
        at: sent.at,
        draft: Draft {
            done: sent.points.len() == Criterion::ALL.len(),
            answer: sent.answer,
            points: sent.points,
            comment: sent.comment,
            flags: sent.flags,
            reason: sent.reason,
        },
    };
    let judgements: Vec<Judgement> = body.ratings.into_iter().map(judgement).collect();
    match Error::gather(strange_answers(&exported.sheet, &judgements)) {
        Some(fault) => Err(fault),
        None => Ok((exported, judgements)),
    }
}
