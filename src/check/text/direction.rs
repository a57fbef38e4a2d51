mod signals;

use super::wording::{quote, text_fault};
use crate::check::facts::{Atom, Passage, Scope, Tongue, atoms, find_all, passages};
use crate::check::lexicon::{Lexicon, List};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use signals::{Signal, signals};
use std::ops::Range;
use std::sync::Arc;

/// Which way something went, told in words (rose, fewer, unchanged) or by two figures ("from 8% to 5%"). The words are
/// English.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Direction {
    /// What rose, fell or stayed, as the answer should call it: `churn`, `open tickets`.
    subject: String,
    /// Which way it went.
    to: Way,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Way {
    /// It rose.
    Up,
    /// It fell.
    Down,
    /// It stayed.
    Flat,
}

impl Way {
    fn of(from: f64, to: f64) -> Self {
        match to.total_cmp(&from) {
            std::cmp::Ordering::Greater => Way::Up,
            std::cmp::Ordering::Less => Way::Down,
            std::cmp::Ordering::Equal => Way::Flat,
        }
    }

    fn told(self) -> &'static str {
        match self {
            Way::Up => "rose",
            Way::Down => "fell",
            Way::Flat => "stayed",
        }
    }
}

/// What a passage says of the subject.
struct Statement {
    way: Way,
    /// A plan or a guess, which counts only where nothing else is said: "to reduce churn".
    firm: bool,
}

impl Judge for Direction {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let wanted = atoms(&self.subject, Tongue::English);
        let (mut all, mut named) = (Vec::new(), false);
        let passages = passages(subject.text(), &self.lexicon);
        for text in sentences(&passages) {
            let told = atoms(&text, Tongue::English);
            let places = find_all(&wanted, &told);
            named |= !places.is_empty();
            let signals = signals(&told, &places, &self.lexicon);
            all.extend(places.iter().filter_map(|place| of_subject(&told, place, &signals)));
        }
        for passage in passages.iter().filter(|p| matches!(p.scope, Scope::Row | Scope::Column)) {
            all.extend(self.in_cells(&wanted, passage));
        }
        if all.is_empty() {
            for passage in passages.iter().filter(|p| p.scope == Scope::Labelled) {
                all.extend(self.beneath(&wanted, passage));
            }
        }
        let firm = all.iter().any(|s| s.firm);
        let ways: Vec<Way> = all.iter().filter(|s| s.firm == firm).map(|s| s.way).collect();
        let (right, wrong) = (ways.iter().filter(|w| **w == self.to).count(), ways.iter().find(|w| **w != self.to));
        let subject = quote(&self.subject);
        match (wrong, ways.first()) {
            (_, None) if named => Verdict::fail(format!("nothing says which way {subject} went")),
            (_, None) => Verdict::fail(format!("nothing is said of {subject}")),
            (None, _) => Verdict::pass(format!("{subject} {}", self.to.told())),
            (Some(_), Some(first)) if *first == self.to && 2 * right > ways.len() => {
                Verdict::pass(format!("{subject} {}", self.to.told()))
            }
            (Some(wrong), _) => {
                Verdict::fail(format!("the answer says that {subject} {}; wanted: {}", wrong.told(), self.to.told()))
            }
        }
    }

    fn lists() -> &'static [List] {
        &[List::Up, List::Down, List::Flat, List::NoDirection, List::Abbreviations]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        text_fault(&self.subject).map(|_| "`subject` is empty".to_string())
    }
}

impl Direction {
    /// A row or column of the subject: a word or an arrow, a signed change, or two figures in their order.
    fn in_cells(&self, wanted: &[Atom], passage: &Passage) -> Option<Statement> {
        if find_all(wanted, &atoms(&passage.head, Tongue::English)).is_empty() {
            return None;
        }
        let told = atoms(&passage.text(), Tongue::English);
        let places = find_all(wanted, &told);
        let word = signals(&told, &places, &self.lexicon).into_iter().find(|s| !s.figures).map(|s| s.way);
        let figures: Vec<_> = told.iter().filter_map(|atom| atom.amounts().next()).collect();
        let signed = figures.iter().find_map(|amount| amount.sign.map(signals::way_of));
        let pair = figures.windows(2).find(|p| p[0].measure == p[1].measure).map(|p| Way::of(p[0].value, p[1].value));
        word.or(signed).or(pair).map(|way| Statement { way, firm: true })
    }

    /// What stands under a label that names the subject.
    fn beneath(&self, wanted: &[Atom], passage: &Passage) -> Option<Statement> {
        if find_all(wanted, &atoms(&passage.head, Tongue::English)).is_empty() {
            return None;
        }
        let told = atoms(&passage.text(), Tongue::English);
        signals(&told, &find_all(wanted, &told), &self.lexicon).first().map(|s| Statement { way: s.way, firm: s.firm })
    }
}

/// Sentences, one that goes on about the last one's subject ("It fell …") joined to it.
fn sentences(passages: &[Passage]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for sentence in passages.iter().filter(|p| p.scope == Scope::Sentence).map(Passage::text) {
        let first = sentence.split_whitespace().next().unwrap_or_default().to_lowercase();
        match joined.last_mut() {
            Some(last) if matches!(first.as_str(), "it" | "they" | "this" | "that" | "it's" | "both") => {
                *last = format!("{}; {sentence}", last.trim_end_matches('.'));
            }
            _ => joined.push(sentence),
        }
    }
    joined
}

/// Words that begin a new clause.
const JOINTS: [&str; 20] = [
    "and", "while", "but", "whereas", "although", "though", "as", "because", "since", "when", "which", "despite",
    "after", "yet", "however", "so", "thanks", "with", "even", "before",
];
/// What may stand between the beginning of a clause and its verb when the clause goes on about the last one's subject.
const FILLERS: [&str; 35] = [
    "it", "this", "that", "they", "which", "has", "have", "had", "is", "was", "were", "are", "been", "be", "at", "to",
    "by", "now", "also", "then", "and", "but", "both", "only", "slightly", "sharply", "steadily", "just", "about",
    "however", "from", "all", "a", "the", "its",
];

/// What a sentence says of the subject that stands in one place: by an adjective right before it ("lower churn", "a drop
/// in churn"), by the first word after it in its clause, by one before it, or by a later clause that goes on about it.
fn of_subject(told: &[Atom], place: &Range<usize>, signals: &[Signal]) -> Option<Statement> {
    let statement = |signal: &Signal| Statement { way: signal.way, firm: signal.firm };
    let clause = clause(told, place);
    // Two figures may reach over a comma: "5%, previously 8%".
    let within = |signal: &&Signal| {
        clause.start <= signal.at.start
            && (signal.at.end <= clause.end || signal.figures && signal.at.start < clause.end)
    };
    let small =
        |at: usize| told[at].word().is_some_and(|w| matches!(w, "in" | "of" | "for" | "the" | "our" | "to" | "number"));
    let touches =
        |s: &&Signal| s.at.end <= place.start && place.start - s.at.end <= 3 && (s.at.end..place.start).all(small);
    let after: Vec<&Signal> = signals.iter().filter(within).filter(|s| s.at.start >= place.end).collect();
    // "Churn fell from 8% to 5%": figures are surer than the word.
    let figures = after.iter().find(|s| s.figures).copied();
    let before = signals.iter().filter(within).rfind(|s| s.at.end <= place.start);
    if let Some(found) = signals.iter().filter(within).rfind(touches).or(figures).or(after.first().copied()).or(before)
    {
        return Some(statement(found));
    }
    later(told, place, &clause, signals).map(statement)
}

/// The clause that a place stands in.
fn clause(told: &[Atom], place: &Range<usize>) -> Range<usize> {
    let opens = |at: usize| told[at].mark.is_some() || told[at].word().is_some_and(|word| JOINTS.contains(&word));
    let start = (0..=place.start).rev().find(|at| opens(*at)).unwrap_or(0);
    let end = (place.end..told.len()).find(|at| opens(*at)).unwrap_or(told.len());
    start..end
}

fn later<'s>(told: &[Atom], place: &Range<usize>, clause: &Range<usize>, signals: &'s [Signal]) -> Option<&'s Signal> {
    let found = signals.iter().find(|s| s.at.start >= clause.end)?;
    let next = told.get(clause.end)?;
    // "Churn: we saw it fall".
    let label = next.mark == Some(':') && place.start <= 2;
    // "Churn and refunds fell".
    let bare = clause.end == place.end && next.word() == Some("and") && place.start - clause.start <= 2;
    let filler = |atom: &Atom| {
        atom.amounts().next().is_some() || atom.is_date() || atom.word().is_some_and(|w| FILLERS.contains(&w))
    };
    let goes_on = told[clause.end..found.at.start].iter().all(filler);
    (label || bare || goes_on).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn the_subject_of_a_direction_counts() {
        sorts(
            &check::<Direction>("{subject: churn, to: down}"),
            &[
                "Churn fell to 5%.",
                "Churn is down from 8% to 5%, while revenue rose.",
                "Revenue rose and churn dropped.",
                "We saw lower churn and higher revenue.",
                "A drop in churn drove higher revenue.",
                "Churn went from 8 to 5 percent.",
                "Churn, at 8% in May, fell to 5%.",
                "Churn and refunds fell.",
                "Churn is our first concern. It halved in June.",
                "- **Churn:** 8% → 5%\n- **Revenue:** up 3%",
                "| Metric | May | June |\n|---|---|---|\n| Revenue | $1m | $2m |\n| Churn | 8% | 5% |",
                "| Metric | Now | Change |\n|---|---|---|\n| Churn | 5% | −3 pp |",
                "### Churn\nWe went from 8% to 5%.",
                "Churn fell. Next we want to increase churn reports.",
                "Churn is 5%, previously 8%.",
            ],
            &[
                "Churn rose to 8%.",
                "Revenue fell while churn rose.",
                "Revenue fell.",
                "Churn went from 5% to 8%.",
                "Churn did not fall.",
                "Churn is 5%.",
                "| Churn | 5% | 8% |\n|---|---|---|\n| Churn | 5% | 8% |",
                "",
            ],
        );
    }

    #[test]
    fn up_and_flat() {
        sorts(
            &check::<Direction>("{subject: revenue, to: up}"),
            &["Revenue grew by 4%.", "Revenue doubled, and churn fell.", "Costs fell; revenue, however, climbed."],
            &["Growth was hard, and revenue fell.", "We set up revenue reports.", "Revenue shrank after costs rose."],
        );
        sorts(
            &check::<Direction>("{subject: NPS, to: flat}"),
            &[
                "NPS stayed at 40.",
                "NPS was unchanged while churn fell.",
                "NPS did not change.",
                "NPS went from 40 to 40.",
            ],
            &["NPS rose to 44.", "Churn stayed at 5%, NPS rose."],
        );
        let verdict = judge(&check::<Direction>("{subject: NPS, to: flat}"), "NPS rose.");
        assert_eq!(verdict.reason(), "the answer says that “NPS” rose; wanted: stayed");
    }
}
