//! Every figure and sentence of the table.

use crate::compare::{Against, Evidence, Finding, Group, Rate, Several};
use crate::report::view::{ASKED, Cell, Column, HEAD, Notice, Room, Row, Table, Tone, finding_words, half_title, none};
use crate::suite::Split;
use crate::words;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct SeveralView {
    pub title: String,
    pub subtitle: String,
    /// What was found of every version, those that moved first.
    pub headline: String,
    /// How it was corrected.
    pub sentence: String,
    pub notices: Vec<Notice>,
    /// Held-out first; a half without cases is left out.
    pub halves: Vec<Half>,
    pub links: Vec<Link>,
    pub methods: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Half {
    pub title: &'static str,
    pub table: Table,
    /// A sentence for each version.
    pub said: Vec<Said>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Said {
    pub tone: Tone,
    pub symbol: &'static str,
    pub words: String,
}

/// A version's own comparison with the baseline.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    pub label: String,
    pub place: String,
}

pub fn view(several: &Several, links: &[String]) -> SeveralView {
    let labels: Vec<&str> = several.versions.iter().map(|one| one.named.label.as_str()).collect();
    let halves = [Split::HeldOut, Split::Dev].into_iter().filter_map(|split| half(several, split));
    let link = |(label, place): (&&str, &String)| Link { label: (*label).to_string(), place: place.clone() };
    SeveralView {
        title: format!("{} → {}", several.baseline.label, labels.join(", ")),
        subtitle: format!("{} · {}", words::day(several.created), words::count(labels.len(), "comparison")),
        headline: headline(several),
        sentence: sentence(several),
        notices: notices(several),
        halves: halves.collect(),
        links: labels.iter().zip(links).map(link).collect(),
        methods: methods(several),
    }
}

/// "v3 is better than v1; too few cases to tell of v2".
fn headline(several: &Several) -> String {
    let before = &several.baseline.label;
    let named = |finding: Finding| -> Vec<&str> {
        let found = several.versions.iter().filter(|one| one.held_out.finding == finding);
        found.map(|one| one.named.label.as_str()).collect()
    };
    let part = |finding: Finding, say: fn(&str, &str, usize) -> String| {
        let names = named(finding);
        (!names.is_empty()).then(|| say(&words::list(&names), before, names.len()))
    };
    let parts = [
        part(Finding::Improved, |names, before, n| {
            format!("{names} {} better than {before}", words::either(n, "is", "are"))
        }),
        part(Finding::Regressed, |names, before, n| {
            format!("{names} {} worse than {before}", words::either(n, "is", "are"))
        }),
        part(Finding::NoDifference, |names, before, _| {
            format!("no evidence of a difference between {before} and {names}")
        }),
        part(Finding::TooFewCases, |names, before, _| format!("too few cases to tell {names} from {before}")),
    ];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let mut letters = text.chars();
    // A version's name stays as it is typed.
    match named(Finding::Improved).is_empty() && named(Finding::Regressed).is_empty() {
        true => letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default(),
        false => text,
    }
}

fn sentence(several: &Several) -> String {
    format!(
        "Each version is held against {} on the held-out cases, and the {} are corrected together: where all versions are \
         equally good, at most {} of such tables call any better or worse. The versions are not compared with each other.",
        several.baseline.label,
        words::count(several.versions.len(), "comparison"),
        words::percent_exact(1.0 - several.settings.confidence),
    )
}

/// What holds of every comparison stands once, and what holds of one behind its version's name.
fn notices(several: &Several) -> Vec<Notice> {
    let notice = |title: &'static str, of: fn(&Against) -> &Vec<String>| {
        let everywhere = |text: &String| several.versions.iter().all(|one| of(one).contains(text));
        let mut items: Vec<String> = Vec::new();
        for one in &several.versions {
            for text in of(one) {
                let item = if everywhere(text) { text.clone() } else { format!("{}: {text}", one.named.label) };
                if !items.contains(&item) {
                    items.push(item);
                }
            }
        }
        (title, items)
    };
    let versions = [&several.baseline].into_iter().chain(several.versions.iter().map(|one| &one.named));
    let notes = versions.flat_map(|named| named.notes.iter().map(move |note| format!("{}: {note}", named.label)));
    Notice::all([
        notice("Not strictly comparable", |one| &one.differences),
        notice("Before you rely on this", |one| &one.warnings),
        (ASKED, notes.collect()),
    ])
}

fn half(several: &Several, split: Split) -> Option<Half> {
    let of = |one: &Against| -> Group {
        match split {
            Split::HeldOut => one.held_out.clone(),
            Split::Dev => one.dev.clone(),
        }
    };
    let groups: Vec<(&str, Group)> = several.versions.iter().map(|one| (one.named.label.as_str(), of(one))).collect();
    let said = |(label, group): &(&str, Group)| {
        let tone = Tone::of(group.finding);
        let named = group.words.starts_with(&format!("{label} "));
        let words = if named { group.words.clone() } else { format!("{label}: {}", group.words) };
        Said { tone, symbol: tone.symbol(), words }
    };
    groups.iter().any(|(_, group)| group.cases > 0).then(|| Half {
        title: half_title(split),
        said: groups.iter().map(said).collect(),
        table: table(several, &groups),
    })
}

fn table(several: &Several, groups: &[(&str, Group)]) -> Table {
    let before = several.baseline.label.as_str();
    let all = |evidence| groups.iter().all(|(_, group)| group.evidence == evidence);
    let (verb, measure, short) = match (all(Evidence::Checks), all(Evidence::Likelihood)) {
        (true, _) => ("passes", "Difference in score", "score change"),
        (_, true) => ("prefers it", "Difference in margin", "margin change"),
        _ => ("passes", "Difference", "change"),
    };
    let columns = vec![
        Column::words("Version"),
        Column::figures("Cases").short("n"),
        Column::figures(format!("{before} {verb}")).short(words::clip(before, HEAD)),
        Column::figures(format!("Version {verb}")).short(verb),
        Column::figures(measure).short(short),
        Column::figures("Chance").on(Room::Page),
    ];
    let rows = groups.iter().map(|(label, group)| row(several, label, group)).collect();
    Table { finding: Some("Finding"), ..Table::new("", columns, rows) }
}

fn row(several: &Several, label: &str, group: &Group) -> Row {
    let tells = several.can_tell(group);
    let rate = |rate: &Rate| if tells { words::percent(rate.rate) } else { rate.count() };
    let difference = &group.score.difference;
    let tone = Tone::of(group.finding);
    Row::new(vec![
        Cell::new(label),
        Cell::new(group.cases.to_string()),
        Cell::new(rate(&group.rate.a)),
        Cell::new(rate(&group.rate.b)),
        match tells {
            true => Cell::new(words::signed(difference.mean)).range(difference.interval.signed_range()),
            false => Cell::new(none()),
        },
        Cell::new(if tells { words::chance(group.score.p_corrected) } else { none() }),
    ])
    .found(tone, tone.symbol(), finding_words(group.finding), &group.words)
}

fn methods(several: &Several) -> Vec<String> {
    let n = words::count(several.versions.len(), "comparison");
    vec![
        format!(
            "Intervals of a difference are {} each, so that those of a half hold all together at {} (Bonferroni for {n}).",
            words::percent_exact(several.interval_confidence),
            words::percent_exact(several.settings.confidence),
        ),
        "The chance figure is that of the version's own comparison, raised by Holm's method over all of them. A version \
         is called better or worse where it is small enough and the interval leaves out zero."
            .to_string(),
        "Categories, criteria, checks and cases stand in each version's own report, where they are corrected for what \
         that report looks at and not for the number of versions."
            .to_string(),
    ]
}
