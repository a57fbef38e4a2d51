use super::{Book, Books, Flag, Item, Key, Origin, Rating, Reviewer, Sheet, book};
use crate::check::Criterion;
use crate::run::Reports;
use engine::error::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The longest comment, in characters.
const LONGEST_COMMENT: usize = 10_000;

/// A reviewer at work on a sheet. Whatever asks them (page, terminal, a sheet sent back) hands in [`Draft`]s; each is in
/// the reviewer's book, and on disk, when [`Session::rate`] returns.
#[derive(Debug)]
pub struct Session {
    sheet: Sheet,
    key: Key,
    /// The reviewer's, one for each of the key's runs.
    books: Vec<Book>,
    /// The latest rating of each answer that has one.
    said: BTreeMap<String, Rating>,
}

/// What a reviewer says of an answer for now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The answer's id in the sheet, such as `7a`.
    pub answer: String,
    #[serde(default)]
    pub points: BTreeMap<Criterion, u8>,
    #[serde(default)]
    pub comment: String,
    #[serde(default)]
    pub flags: BTreeSet<Flag>,
    /// Every criterion has its points and the reviewer goes on.
    #[serde(default)]
    pub done: bool,
    /// Why a rating that was done changes; needed then, and ignored otherwise.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What is recorded of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    pub answer: String,
    pub points: BTreeMap<Criterion, u8>,
    pub comment: String,
    pub flags: BTreeSet<Flag>,
    pub done: bool,
    /// Absent while nothing was said of it.
    pub at: Option<Timestamp>,
}

/// Answers done, of all answers of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub done: usize,
    pub of: usize,
}

impl Session {
    /// Opens the reviewer's books of the key's runs and finds what they said of these answers before, in any run.
    ///
    /// # Errors
    /// The key belongs to another sheet; a run is gone; the same reviewer is at work in another process.
    pub fn open(reports: &Reports, sheet: Sheet, key: Key, reviewer: &Reviewer) -> Result<Self> {
        let strange = |what: &str| Error::input(format!("sheet {}: {what}", sheet.id)).hint("export the sheet again");
        if key.id != sheet.id {
            return Err(strange("the key is that of another sheet"));
        }
        if sheet.answers().any(|(_, a)| key.origins.get(&a.id).is_none_or(|o| o.run >= key.runs.len())) {
            return Err(strange("the key lacks some of its answers"));
        }
        let folders = key.runs.iter().map(|id| Ok(reports.load(id)?.folder)).collect::<Result<Vec<_>>>()?;
        // The locks first: nobody writes between reading and going on.
        let books = folders.iter().map(|folder| Book::open(folder, reviewer)).collect::<Result<Vec<_>>>()?;
        let known = Books::read(reports)?.by(reviewer);
        let said = |(id, origin): (&String, &Origin)| Some((id.clone(), known.get(&origin.answer)?.clone()));
        let said = key.origins.iter().filter_map(said).collect();
        let mut session = Self { sheet, key, books, said };
        session.settle()?;
        Ok(session)
    }

    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// What is recorded, for every answer of the sheet in order.
    pub fn state(&self) -> Vec<Saved> {
        self.sheet.answers().map(|(_, answer)| self.saved(&answer.id)).collect()
    }

    pub fn progress(&self) -> Progress {
        let state = self.state();
        Progress { done: state.iter().filter(|saved| saved.done).count(), of: state.len() }
    }

    /// Records what the reviewer says now. Of a pair one answer is best at most, so the flag on one takes it off the other.
    ///
    /// # Errors
    /// No such answer; points outside 1 to 5; done with a criterion missing; a comment that is too long; a rating that
    /// was done changes without a reason; the disk refuses.
    pub fn rate(&mut self, draft: &Draft) -> Result<Saved> {
        self.rate_at(draft, Timestamp::now())
    }

    /// The same for a judgement made at another time; recorded as later than what it replaces.
    pub(super) fn rate_at(&mut self, draft: &Draft, at: Timestamp) -> Result<Saved> {
        let origin = self.origin(&draft.answer)?.clone();
        self.check(draft)?;
        let partner = self.partner(&draft.answer);
        let before = self.said.get(&draft.answer);
        let mut rating = Rating {
            case: origin.case,
            repeat: origin.repeat,
            answer: origin.answer,
            points: draft.points.clone(),
            comment: draft.comment.clone(),
            flags: draft.flags.clone(),
            beside: self.beside(&draft.answer),
            done: draft.done,
            reason: None,
            at: before.map_or(at, |rating| after(rating.at, at)),
        };
        if let Some(before) = before {
            if partner.is_none() && before.beside.is_some() {
                // Shown alone, nobody can say which of two is best; what was said of the pair stays.
                rating.beside.clone_from(&before.beside);
                rating.flags.extend(before.flags.get(&Flag::Best));
            }
            if before.says_the_same(&rating) {
                return Ok(self.saved(&draft.answer));
            }
            rating.reason = self.reason(draft, before)?;
        }
        let best = rating.flags.contains(&Flag::Best);
        self.record(&draft.answer, origin.run, rating)?;
        // Should the program end here, both are best in the book, and the later one counts.
        if let Some(partner) = partner.filter(|_| best) {
            self.not_best(&partner)?;
        }
        Ok(self.saved(&draft.answer))
    }

    /// Whether the draft could be recorded.
    pub(super) fn check(&self, draft: &Draft) -> Result<()> {
        let texts = [("comment", Some(&draft.comment)), ("reason", draft.reason.as_ref())];
        let long = |text: &&String| text.chars().count() > LONGEST_COMMENT;
        if let Some((what, _)) = texts.into_iter().find(|(_, text)| text.as_ref().is_some_and(long)) {
            return Err(Error::input(format!("the {what} has more than {LONGEST_COMMENT} characters"))
                .hint("shorten it; the beginning is kept as it was last saved"));
        }
        if draft.flags.contains(&Flag::Best) && self.partner(&draft.answer).is_none() {
            return Err(Error::input(format!("answer {} stands alone and cannot be the better one", draft.answer))
                .hint("take the flag `best` off"));
        }
        book::check(&draft.points, draft.done)
    }

    /// Why the rating changes: needed once it was done.
    fn reason(&self, draft: &Draft, before: &Rating) -> Result<Option<String>> {
        if !before.done {
            return Ok(None);
        }
        let given = draft.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        match given {
            Some(reason) => Ok(Some(reason.to_string())),
            None if !self.saved(&draft.answer).done => Ok(Some("read beside another answer".to_string())),
            None => Err(Error::input(format!("answer {} was done already", draft.answer)).hint("say why it changes")),
        }
    }

    fn record(&mut self, answer: &str, run: usize, mut rating: Rating) -> Result<()> {
        let book = self.books.get_mut(run).ok_or_else(|| Error::input(format!("answer {answer} belongs to no run")))?;
        let here = book.latest(&rating.case, rating.repeat);
        if rating.reason.is_none() && here.is_some_and(|last| last.done && last.answer == rating.answer) {
            // Done in this book, and begun anew since in that of another run.
            rating.reason = Some("begun anew in another run".to_string());
        }
        book.record(rating.clone())?;
        self.said.insert(answer.to_string(), rating);
        Ok(())
    }

    fn not_best(&mut self, answer: &str) -> Result<()> {
        let Some(mut rating) = self.best(answer).cloned() else { return Ok(()) };
        rating.flags.remove(&Flag::Best);
        rating.reason = rating.done.then(|| "the other answer is the better one".to_string());
        rating.at = after(rating.at, Timestamp::now());
        let run = self.origin(answer)?.run;
        self.record(answer, run, rating)
    }

    /// Of a pair flagged best twice, which only a kill between two lines leaves behind, the later flag stays.
    fn settle(&mut self) -> Result<()> {
        let overtaken = |item: &Item| {
            let [a, b] = item.answers.as_slice() else { return None };
            let (at_a, at_b) = (self.best(&a.id)?.at, self.best(&b.id)?.at);
            Some(if at_a < at_b { a.id.clone() } else { b.id.clone() })
        };
        let overtaken: Vec<String> = self.sheet.items.iter().filter_map(overtaken).collect();
        overtaken.iter().try_for_each(|id| self.not_best(id))
    }

    fn origin(&self, answer: &str) -> Result<&Origin> {
        self.key.origins.get(answer).ok_or_else(|| {
            Error::input(format!("the sheet has no answer {answer}")).hint("reload the page, or export the sheet again")
        })
    }

    /// The answer shown beside this one.
    fn partner(&self, answer: &str) -> Option<String> {
        let item = self.sheet.items.iter().find(|item| item.answers.iter().any(|a| a.id == answer))?;
        item.answers.iter().map(|a| &a.id).find(|id| *id != answer).cloned()
    }

    /// What is said of the answer, where that calls it the better one of the pair it stands in here.
    fn best(&self, answer: &str) -> Option<&Rating> {
        let beside = self.beside(answer)?;
        let rating = self.said.get(answer)?;
        (rating.flags.contains(&Flag::Best) && rating.beside.as_deref() == Some(&beside)).then_some(rating)
    }

    /// The hash of the answer shown beside this one.
    fn beside(&self, answer: &str) -> Option<String> {
        self.partner(answer).and_then(|id| Some(self.key.origins.get(&id)?.answer.clone()))
    }

    fn saved(&self, answer: &str) -> Saved {
        let Some(rating) = self.said.get(answer) else {
            let answer = answer.to_string();
            return Saved {
                answer,
                points: BTreeMap::new(),
                comment: String::new(),
                flags: BTreeSet::new(),
                done: false,
                at: None,
            };
        };
        let beside = self.beside(answer);
        let same_pair = beside.is_some() && beside == rating.beside;
        let mut flags = rating.flags.clone();
        if !same_pair {
            flags.remove(&Flag::Best);
        }
        Saved {
            answer: answer.to_string(),
            points: rating.points.clone(),
            comment: rating.comment.clone(),
            flags,
            // Judged alone or in another pair, now beside this one: the reviewer looks again and says which is better.
            done: rating.done && (same_pair || beside.is_none()),
            at: Some(rating.at),
        }
    }
}

/// `at`, or a moment after `before` where a clock was set back: the latest rating is the one said last.
fn after(before: Timestamp, at: Timestamp) -> Timestamp {
    let next = before.checked_add(SignedDuration::from_nanos(1)).unwrap_or(before);
    at.max(next)
}

#[cfg(test)]
mod tests;
