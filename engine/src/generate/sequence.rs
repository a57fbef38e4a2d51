//! One member of the batch: what it still has to read, and what it does behind that.

use std::time::Instant;

use super::engine::not_finite;
use super::job::Outcome;
use super::writer::Writer;
use crate::error::Result;

pub(super) struct Sequence<C> {
    pub adapter: Option<usize>,
    pub cache: C,
    /// Tokens not fed yet; at least one.
    pub due: Vec<u32>,
    /// Tokens that `cache` holds, where the batch keeps them for later jobs; else nothing.
    pub read: Vec<u32>,
    pub role: Role,
    pub joined: Instant,
    /// Memory set aside for it.
    pub reserved: usize,
    /// A number on its way was not finite, or its answer cannot go on.
    pub broken: bool,
}

pub(super) enum Role {
    /// A prefix that several jobs share.
    Stem(usize),
    Write {
        id: usize,
        writer: Box<Writer>,
    },
    /// `from` is the first row fed from now on whose next token is to be scored.
    Score {
        id: usize,
        next: Vec<u32>,
        from: usize,
        log_probs: Vec<f32>,
    },
}

impl Role {
    /// Whether this is what becomes of the job `wanted`.
    pub fn is_job(&self, wanted: usize) -> bool {
        match self {
            Self::Stem(_) => false,
            Self::Write { id, .. } | Self::Score { id, .. } => *id == wanted,
        }
    }
}

impl<C> Sequence<C> {
    /// Whether nothing is left to feed.
    pub fn is_done(&self) -> bool {
        self.due.is_empty() || self.broken
    }

    /// How many of the due rows are fed in this step: the one of a sequence that is writing, and of one that still reads
    /// its prompt what `left` allows.
    pub fn share(&self, left: &mut usize) -> usize {
        match self.due.len() {
            1 => 1,
            due => {
                let rows = due.min(*left);
                *left -= rows;
                rows
            }
        }
    }
}

/// A sequence that is about to choose its next token.
pub(super) struct Writing<'s> {
    pub writer: &'s mut Writer,
    pub due: &'s mut Vec<u32>,
    pub broken: &'s mut bool,
}

impl Writing<'_> {
    pub fn go_on(&mut self, choose: impl FnOnce(&mut Writer) -> Result<Option<u32>>) {
        match choose(self.writer) {
            Ok(token) => self.due.extend(token),
            Err(fault) => {
                *self.broken = true;
                self.writer.fail(fault);
            }
        }
    }
}

/// What a finished member leaves behind.
pub(super) enum Left {
    Stem(usize),
    Job(usize, Result<Outcome>),
}

impl Role {
    /// `broken`: it could not be done to its end.
    pub fn left(self, broken: bool) -> Left {
        match self {
            Self::Stem(stem) => Left::Stem(stem),
            Self::Write { id, mut writer } if broken => Left::Job(id, Err(writer.fault().unwrap_or_else(not_finite))),
            Self::Score { id, .. } if broken => Left::Job(id, Err(not_finite())),
            Self::Write { id, writer } => Left::Job(id, Ok(writer.outcome())),
            Self::Score { id, log_probs, .. } => Left::Job(id, Ok(Outcome::Scored { log_probs })),
        }
    }
}
