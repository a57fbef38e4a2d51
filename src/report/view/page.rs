use super::measured::MeasuredView;
use super::table::Table;
use super::tone::Tone;
use serde::Serialize;

/// A run or a comparison in words and formatted figures: what every form of its report says.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// Evaluation or Comparison.
    pub kind: &'static str,
    pub title: String,
    /// Date, number of cases, suites.
    pub subtitle: String,
    pub verdict: VerdictView,
    pub facts: Vec<Fact>,
    pub notices: Vec<Notice>,
    pub better: Vec<Movement>,
    pub worse: Vec<Movement>,
    /// What `better` and `worse` leave out, when both are empty.
    pub nothing: Option<String>,
    /// Title of `lists`.
    pub named: &'static str,
    pub lists: Vec<ListView>,
    /// A few answers side by side, for a form that does not show every case.
    pub excerpts: Vec<Excerpt>,
    /// Held-out first.
    pub halves: Vec<HalfView>,
    pub measured: MeasuredView,
}

/// The first thing read.
#[derive(Debug, Clone, Serialize)]
pub struct VerdictView {
    /// Absent where nothing is compared.
    pub tone: Option<Tone>,
    pub symbol: &'static str,
    /// improved · regressed · no evidence of a difference · too few cases to tell; empty where nothing is compared.
    pub words: &'static str,
    pub headline: String,
    /// The headline with the verdict before it where the headline does not say as much itself.
    pub title: String,
    pub sentence: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub detail: String,
}

impl Fact {
    pub fn new(label: impl Into<String>, value: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), detail: detail.into() }
    }
}

/// What to beware of.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    pub title: &'static str,
    pub items: Vec<String>,
}

/// Above what is worth knowing of how an endpoint's answers were had.
pub const ASKED: &str = "How it was asked";

impl Notice {
    /// Those that have anything to say.
    pub fn all(notices: impl IntoIterator<Item = (&'static str, Vec<String>)>) -> Vec<Self> {
        let filled = notices.into_iter().filter(|(_, items)| !items.is_empty());
        filled.map(|(title, items)| Self { title, items }).collect()
    }
}

/// Something by name that got better or worse on the held-out half.
#[derive(Debug, Clone, Serialize)]
pub struct Movement {
    /// category, criterion or check.
    pub kind: &'static str,
    pub name: String,
    pub detail: String,
}

/// Cases by name.
#[derive(Debug, Clone, Serialize)]
pub struct ListView {
    pub title: &'static str,
    pub tone: Tone,
    pub symbol: &'static str,
    pub items: Vec<Item>,
    /// What stands there when there is none.
    pub empty: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// Where the page shows the case.
    pub anchor: String,
    pub case: String,
    pub half: &'static str,
    /// The checks that failed, or that changed sides.
    pub checks: Vec<String>,
    /// Why an answer fails, and which where there are two.
    pub reason: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Excerpt {
    pub case: String,
    /// Version, and the beginning of its answer.
    pub answers: Vec<(String, String)>,
}

#[derive(Debug, Clone, Serialize)]
pub struct HalfView {
    pub half: &'static str,
    pub title: &'static str,
    /// What the half is there for.
    pub lead: &'static str,
    /// The half in one line.
    pub summary: String,
    pub cases: usize,
    /// The kinds of evidence side by side, where there are several.
    pub evidence: Option<Table>,
    /// What was written: overall first, then categories.
    pub groups: Option<Table>,
    /// The same of what was weighed.
    pub knowledge: Option<Table>,
    /// What so many cases can show.
    pub power: Option<String>,
    /// Sentences below the table: McNemar, clusters, repeats, likelihood.
    pub notes: Vec<String>,
    pub criteria: Option<Table>,
    /// The criteria that no check measures.
    pub unmeasured: Option<String>,
    pub checks: Option<Table>,
}
