//! Ratings on disk: `reports/<run>/reviews/<reviewer>.jsonl`, append-only, a file for each reviewer so that nobody waits
//! for anybody.

use super::Rating;
use super::rating::answer_hash;
use crate::check::Criterion;
use crate::run::{Reports, Run};
use engine::error::{Error, Result};
use engine::store::{self, Lines};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FORMAT: u32 = 1;
const FOLDER: &str = "reviews";
/// The longest name of a person, in characters.
const LONGEST_NAME: usize = 60;

/// Who judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reviewer {
    pub name: String,
    #[serde(rename = "kind")]
    pub kind: ReviewerKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReviewerKind {
    Person,
    /// A model. Shown beside people, never counted as one.
    Judge,
}

/// A line of a book: who it belongs to comes first, then one rating a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
enum Line {
    Reviewer {
        format: u32,
        #[serde(flatten)]
        reviewer: Reviewer,
    },
    Rating(Rating),
}

/// One reviewer's ratings of one run's answers, open for writing and locked.
#[derive(Debug)]
pub struct Book {
    lines: Lines,
    /// By case and repeat.
    latest: BTreeMap<(String, u32), Rating>,
}

impl Book {
    /// Opens or starts the reviewer's book in a run's folder.
    ///
    /// # Errors
    /// Another process has it open; the file belongs to another reviewer, is newer than this program, or is damaged.
    pub fn open(run: &Path, reviewer: &Reviewer) -> Result<Self> {
        let folder = run.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
        let path = place(run, reviewer)?;
        // The lock first: nobody appends between reading and writing.
        let mut lines = Lines::open(&path)?;
        let latest = match read_own(&path, reviewer)? {
            None => {
                lines.append(&Line::Reviewer { format: FORMAT, reviewer: reviewer.clone() })?;
                BTreeMap::new()
            }
            Some(ratings) => ratings.into_iter().map(|rating| ((rating.case.clone(), rating.repeat), rating)).collect(),
        };
        Ok(Self { lines, latest })
    }

    /// What the reviewer last said of an answer.
    pub fn latest(&self, case: &str, repeat: u32) -> Option<&Rating> {
        self.latest.get(&(case.to_string(), repeat))
    }

    /// Appends a rating and brings it to disk, unless it says what the last one said.
    ///
    /// # Errors
    /// Points outside 1 to 5; "done" with a criterion missing; a changed mind without a reason.
    pub fn record(&mut self, rating: Rating) -> Result<()> {
        check(&rating.points, rating.done)?;
        let key = (rating.case.clone(), rating.repeat);
        if let Some(last) = self.latest.get(&key).filter(|last| last.answer == rating.answer) {
            if last.says_the_same(&rating) {
                return Ok(());
            }
            if last.done && rating.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
                return Err(
                    Error::input(format!("the rating of {} was done already", rating.case)).hint("say why it changes")
                );
            }
        }
        self.lines.append(&Line::Rating(rating.clone()))?;
        self.lines.flush()?;
        self.latest.insert(key, rating);
        Ok(())
    }
}

/// Whether such points can be recorded.
pub(super) fn check(points: &BTreeMap<Criterion, u8>, done: bool) -> Result<()> {
    if let Some((criterion, points)) = points.iter().find(|(_, points)| !(1..=5).contains(*points)) {
        return Err(Error::input(format!("{points} points for {criterion}")).hint("points run from 1 to 5"));
    }
    if done && points.len() < Criterion::ALL.len() {
        let missing: Vec<&str> = Criterion::ALL.iter().filter(|c| !points.contains_key(c)).map(|c| c.name()).collect();
        return Err(Error::input(format!("no points yet for {}", missing.join(", "))).hint("all five are needed"));
    }
    Ok(())
}

/// Whether the reviewer has a book in the run's folder or could start one.
///
/// # Errors
/// The name cannot be a reviewer's, or the file it leads to is another's.
pub(super) fn check_owner(run: &Path, reviewer: &Reviewer) -> Result<()> {
    let path = place(run, reviewer)?;
    if path.is_file() { read_own(&path, reviewer).map(|_| ()) } else { Ok(()) }
}

/// The reviewer's ratings in a book that must be theirs; `None` for a file without a whole line.
fn read_own(path: &Path, reviewer: &Reviewer) -> Result<Option<Vec<Rating>>> {
    match read(path)? {
        Some((owner, _)) if owner != *reviewer => {
            let message = format!("{} belongs to {}", path.display(), owner.name.escape_debug());
            Err(Error::input(message)
                .hint("capitals and signs do not tell two names apart; write it as before, or choose another name"))
        }
        found => Ok(found.map(|(_, ratings)| ratings)),
    }
}

/// The owner and every rating, oldest first; `None` for a file without a whole line.
fn read(path: &Path) -> Result<Option<(Reviewer, Vec<Rating>)>> {
    let broken = |what: &str| {
        Error::input(format!("{}: {what}", path.display()))
            .hint("restore the file; ratings are only ever appended to it")
    };
    let mut lines = store::read_lines::<Line>(path)?.into_iter();
    let reviewer = match lines.next() {
        None => return Ok(None),
        Some(Line::Reviewer { format, .. }) if format > FORMAT => {
            return Err(broken("written by a newer pmtune").hint("update pmtune"));
        }
        Some(Line::Reviewer { reviewer, .. }) => reviewer,
        Some(Line::Rating(_)) => return Err(broken("the first line does not say whose it is")),
    };
    let ratings = lines.map(|line| match line {
        Line::Rating(rating) => check(&rating.points, rating.done).map(|()| rating).map_err(|e| broken(&e.message)),
        Line::Reviewer { .. } => Err(broken("it says twice whose it is")),
    });
    Ok(Some((reviewer, ratings.collect::<Result<_>>()?)))
}

/// What every reviewer last said of each answer, done or not, in whichever run: by [`answer_hash`].
#[derive(Debug)]
pub struct Books(BTreeMap<Reviewer, BTreeMap<String, Rating>>);

impl Books {
    /// Reads every book of the workspace.
    pub fn read(reports: &Reports) -> Result<Self> {
        let mut found: BTreeMap<Reviewer, BTreeMap<String, Rating>> = BTreeMap::new();
        for path in books(reports.folder())? {
            let Some((reviewer, ratings)) = read(&path)? else { continue };
            let said = found.entry(reviewer).or_default();
            for rating in ratings {
                match said.get(&rating.answer) {
                    Some(known) if known.at > rating.at => {}
                    _ => _ = said.insert(rating.answer.clone(), rating),
                }
            }
        }
        Ok(Self(found))
    }

    /// Every done rating of the answers of `run`, by reviewer. A rating holds for an answer's text, so those given in
    /// other runs of the workspace count where the same answer stands in this one: after `--rescore`, or when answers
    /// are reused.
    pub fn of(&self, run: &Run) -> BTreeMap<Reviewer, Vec<Rating>> {
        let here: BTreeMap<String, (&str, u32)> = run
            .records
            .iter()
            .filter_map(|record| Some((answer_hash(record)?, (record.case.as_str(), record.repeat))))
            .collect();
        let placed = |(answer, rating): (&String, &Rating)| {
            let (case, repeat) = here.get(answer).filter(|_| rating.done)?;
            Some(Rating { case: case.to_string(), repeat: *repeat, ..rating.clone() })
        };
        let by = |(reviewer, said): (&Reviewer, &BTreeMap<String, Rating>)| {
            let ratings: Vec<Rating> = said.iter().filter_map(placed).collect();
            (!ratings.is_empty()).then(|| (reviewer.clone(), ratings))
        };
        self.0.iter().filter_map(by).collect()
    }

    /// What one reviewer last said, done or not.
    pub(super) fn by(mut self, reviewer: &Reviewer) -> BTreeMap<String, Rating> {
        self.0.remove(reviewer).unwrap_or_default()
    }
}

/// [`Books::of`] for a single run.
pub fn gather(reports: &Reports, run: &Run) -> Result<BTreeMap<Reviewer, Vec<Rating>>> {
    Ok(Books::read(reports)?.of(run))
}

/// The books of a run as others may have them, with their file names. Where `call` gives a reviewer another name, nothing
/// that they wrote is left either: it may name somebody else.
///
/// # Errors
/// A book is damaged.
pub fn retold(run: &Path, call: &mut dyn FnMut(&Reviewer) -> Option<String>) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = run.join(FOLDER);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    paths.sort();
    let mut told = Vec::new();
    for path in paths {
        let Some((mut reviewer, mut ratings)) = read(&path)? else { continue };
        if let Some(name) = call(&reviewer) {
            reviewer.name = name;
            for rating in &mut ratings {
                rating.comment.clear();
                rating.reason = None;
            }
        }
        let name = format!("{}.jsonl", slug(&reviewer)?);
        let lines =
            [Line::Reviewer { format: FORMAT, reviewer }].into_iter().chain(ratings.into_iter().map(Line::Rating));
        let mut bytes = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut bytes, &line)
                .map_err(|e| Error::input(format!("cannot write a rating: {e}")))?;
            bytes.push(b'\n');
        }
        told.push((name, bytes));
    }
    Ok(told)
}

/// How many ratings lie in a run's folder, whoever gave them.
pub fn ratings_in(run: &Path) -> Result<usize> {
    let folder = run.join(FOLDER);
    if !folder.is_dir() {
        return Ok(0);
    }
    let entries = std::fs::read_dir(&folder).map_err(|e| Error::io("read", &folder, e))?;
    let paths =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
    paths.map(|path| Ok(read(&path)?.map_or(0, |(_, ratings)| ratings.len()))).sum()
}

/// Every book of every run.
fn books(reports: &Path) -> Result<Vec<PathBuf>> {
    let list = |folder: &Path| -> Result<Vec<PathBuf>> {
        match std::fs::read_dir(folder) {
            Ok(entries) => Ok(entries.filter_map(|e| e.ok().map(|e| e.path())).collect()),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                Ok(Vec::new())
            }
            Err(e) => Err(Error::io("read", folder, e)),
        }
    };
    let mut books = Vec::new();
    for run in list(reports)? {
        books.extend(list(&run.join(FOLDER))?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "jsonl")));
    }
    books.sort();
    Ok(books)
}

fn place(run: &Path, reviewer: &Reviewer) -> Result<PathBuf> {
    Ok(run.join(FOLDER).join(format!("{}.jsonl", slug(reviewer)?)))
}

/// The file name of a reviewer: letters, digits and `-`; a judge's begins with `judge-`.
pub(super) fn slug(reviewer: &Reviewer) -> Result<String> {
    let name = reviewer.name.trim();
    let kept: String = name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let kept: String = kept.trim_matches('-').chars().take(LONGEST_NAME).collect();
    let long = reviewer.kind == ReviewerKind::Person && name.chars().nth(LONGEST_NAME).is_some();
    if kept.is_empty() || long || name.contains(char::is_control) {
        let start: String = name.chars().take(LONGEST_NAME).collect();
        return Err(Error::usage(format!("`{}` cannot be a reviewer's name", start.escape_debug()))
            .hint(format!("use letters or digits in one line, at most {LONGEST_NAME}, such as --reviewer ann")));
    }
    Ok(match reviewer.kind {
        ReviewerKind::Person => format!("by-{kept}"),
        ReviewerKind::Judge => format!("judge-{kept}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Criterion;
    use jiff::Timestamp;

    fn ann() -> Reviewer {
        Reviewer { name: "Ann".into(), kind: ReviewerKind::Person }
    }

    fn rating(case: &str, points: u8, second: i64) -> Rating {
        Rating {
            case: case.into(),
            repeat: 0,
            answer: format!("hash of {case}"),
            points: Criterion::ALL.map(|criterion| (criterion, points)).into(),
            comment: String::new(),
            flags: Default::default(),
            beside: None,
            done: true,
            reason: None,
            at: Timestamp::from_second(second).unwrap(),
        }
    }

    #[test]
    fn a_book_goes_on_where_it_ended_and_keeps_every_change() {
        let run = tempfile::tempdir().unwrap();
        let mut book = Book::open(run.path(), &ann()).unwrap();
        book.record(rating("s/a", 3, 1)).unwrap();
        book.record(rating("s/a", 3, 2)).unwrap();
        book.record(Rating { reason: Some("misread the dates".into()), ..rating("s/a", 2, 3) }).unwrap();
        drop(book);
        let book = Book::open(run.path(), &ann()).unwrap();
        assert_eq!(book.latest("s/a", 0).unwrap().points[&Criterion::Tone], 2);
        let (owner, ratings) = read(&run.path().join("reviews/by-ann.jsonl")).unwrap().unwrap();
        assert_eq!((owner, ratings.len()), (ann(), 2), "what says the same is not written again");
        assert_eq!(ratings[0].points[&Criterion::Tone], 3);
    }

    #[test]
    fn a_changed_mind_needs_a_reason_and_points_have_bounds() {
        let run = tempfile::tempdir().unwrap();
        let mut book = Book::open(run.path(), &ann()).unwrap();
        book.record(rating("s/a", 3, 1)).unwrap();
        assert!(book.record(rating("s/a", 4, 2)).unwrap_err().to_string().contains("say why"));
        let blank = Rating { reason: Some("  ".into()), ..rating("s/a", 4, 2) };
        assert!(book.record(blank).is_err());
        assert!(book.record(rating("s/b", 6, 2)).unwrap_err().to_string().contains("1 to 5"));
        let mut partial = rating("s/b", 3, 2);
        partial.points.remove(&Criterion::Tone);
        assert!(book.record(partial.clone()).is_err());
        book.record(Rating { done: false, ..partial }).unwrap();
        book.record(rating("s/b", 5, 3)).unwrap();
    }

    #[test]
    fn one_book_at_a_time_and_never_anothers() {
        let run = tempfile::tempdir().unwrap();
        let open = Book::open(run.path(), &ann()).unwrap();
        assert!(Book::open(run.path(), &ann()).unwrap_err().to_string().contains("another pmtune"));
        drop(open);
        let other = Reviewer { name: "ann!".into(), kind: ReviewerKind::Person };
        assert!(Book::open(run.path(), &other).unwrap_err().to_string().contains("belongs to Ann"));
        let judge = Reviewer { name: "Ann".into(), kind: ReviewerKind::Judge };
        Book::open(run.path(), &judge).unwrap();
        let nobody = Reviewer { name: " /.. ".into(), kind: ReviewerKind::Person };
        assert!(Book::open(run.path(), &nobody).is_err());
    }

    #[test]
    fn damaged_and_newer_books_are_refused() {
        let run = tempfile::tempdir().unwrap();
        let path = run.path().join("reviews/by-ann.jsonl");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Book::open(run.path(), &ann()).unwrap_err().to_string()
        };
        assert!(
            refused("{\"line\":\"reviewer\",\"format\":9,\"name\":\"Ann\",\"kind\":\"person\"}\n").contains("newer")
        );
        let line = serde_json::to_string(&Line::Rating(rating("s/a", 3, 1))).unwrap();
        assert!(refused(&format!("{line}\n")).contains("whose it is"));
        assert!(refused("x\n").contains("by-ann.jsonl:1"));
    }
}
