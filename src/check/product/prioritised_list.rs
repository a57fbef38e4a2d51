use crate::check::quality::prose::{join, pattern, quote, words};
use crate::check::structure::{Document, LineKind, Table};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrioritisedList {
    /// The fewest items.
    #[serde(default)]
    min: Option<usize>,
    /// The most items.
    #[serde(default)]
    max: Option<usize>,
    /// Exactly this many items.
    #[serde(default)]
    items: Option<usize>,
}

#[derive(Debug, PartialEq)]
struct Item {
    title: String,
    /// All that is said besides the title.
    rationale: String,
}

/// Words that a rationale takes when nothing like "because" introduces it.
const RATIONALE_WORDS: usize = 4;

static BECAUSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:because|since|so that|due to|in order to|as it|as this|as they|given that|which (?:will )?(?:\p{L}+s|help|reduce|increase)|to (?:reduce|increase|improve|avoid|unblock|keep|win|meet|help|prevent|support|enable)|rationale|reason|why|impact|value)\b",
    )
});
/// "1. SSO: reason", "SSO – reason", "SSO (reason)".
static SPLIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s*(?::|\s[–—-]\s|\s?—\s?|\(|\.\s|\n)\s*"));
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\W*(?:(?:priority|rank|p)\s*)?#?\d{1,2}[.):]\s*(?<title>\S.*)$"));

impl Judge for PrioritisedList {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let items = [numbered_list(&document), numbered_headings(&document), ranked_table(&document)]
            .into_iter()
            .max_by_key(Vec::len)
            .unwrap_or_default();
        if items.is_empty() {
            let listed = document.lists().iter().any(|l| !l.ordered);
            let reason =
                if listed { "the list is not numbered, so nothing says what comes first" } else { "no numbered list" };
            return Verdict::fail(reason);
        }
        let mut faults = vec![];
        let enough = self.enough(items.len());
        faults.extend(enough.clone().err());
        let mut met = usize::from(enough.is_ok());
        for (at, item) in items.iter().enumerate() {
            match fault(item, &items[..at]) {
                None => met += 1,
                Some(fault) => faults.push(format!("{fault} in item {} ({})", at + 1, quote(&item.title))),
            }
        }
        if faults.is_empty() {
            return Verdict::pass(format!("{}, each with a rationale", count(items.len(), "item")));
        }
        Verdict::part(met, items.len() + 1, join(&faults))
    }

    fn faults(&self) -> Option<String> {
        match (self.min, self.max, self.items) {
            (Some(min), Some(max), _) if min > max => Some(format!("`min` ({min}) is above `max` ({max})")),
            (min, max, Some(_)) if min.or(max).is_some() => Some("say either `items` or `min` and `max`".into()),
            _ => None,
        }
    }
}

impl PrioritisedList {
    fn enough(&self, found: usize) -> Result<(), String> {
        let told = count(found, "item");
        match (self.items, self.min, self.max) {
            (Some(wanted), _, _) if found != wanted => Err(format!("{told}, {wanted} wanted")),
            (_, Some(min), _) if found < min => Err(format!("{told}, at least {min} wanted")),
            (_, _, Some(max)) if found > max => Err(format!("{told}, at most {max} allowed")),
            _ => Ok(()),
        }
    }
}

fn fault(item: &Item, before: &[Item]) -> Option<String> {
    let said = words(&item.rationale).count();
    if said < RATIONALE_WORDS && !(said >= 2 && BECAUSE.is_match(&item.rationale)) {
        return Some("no rationale".into());
    }
    let key = |text: &str| words(text).map(str::to_lowercase).collect::<Vec<_>>();
    let same = before.iter().position(|b| key(&b.rationale) == key(&item.rationale))?;
    Some(format!("the rationale of item {} again", same + 1))
}

fn item(title_line: &str, beneath: &str) -> Item {
    let (title, rest) = match (SPLIT.find(title_line), BECAUSE.find(title_line)) {
        (Some(split), Some(why)) if why.start() < split.start() && why.start() > 0 => title_line.split_at(why.start()),
        (Some(split), _) => (&title_line[..split.start()], &title_line[split.end()..]),
        (None, Some(why)) if why.start() > 0 => title_line.split_at(why.start()),
        _ => (title_line, ""),
    };
    Item { title: title.trim().to_string(), rationale: format!("{rest} {beneath}").trim().to_string() }
}

/// The longest numbered list. Lists that paragraphs interrupt (`1. A`, text, `2. B`) are read as one.
fn numbered_list(document: &Document) -> Vec<Item> {
    let mut runs: Vec<Vec<(usize, String, String)>> = vec![];
    let mut next = 0;
    for list in document.lists().iter().filter(|l| l.ordered) {
        let goes_on = list.start == next && next > 1;
        if !goes_on {
            runs.push(vec![]);
        }
        next = list.start.saturating_add(list.items.len());
        if let Some(run) = runs.last_mut() {
            run.extend(list.items.iter().map(|i| {
                let beneath = i.nested.iter().flat_map(|l| &l.items).map(|n| n.whole_text()).collect::<Vec<_>>();
                (i.line, i.text.clone(), beneath.join("\n"))
            }));
        }
    }
    let Some(run) = runs.into_iter().max_by_key(Vec::len) else { return vec![] };
    let ends: Vec<usize> = run.iter().skip(1).map(|i| i.0).chain([usize::MAX]).collect();
    let between = |from: usize, to: usize| {
        let after = document.lines().iter().filter(|l| l.line > from && l.line < to);
        after.take_while(|l| l.kind != LineKind::Heading).map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n")
    };
    let last = run.len().saturating_sub(1);
    run.iter()
        .zip(ends)
        .enumerate()
        // What follows the last item may be a closing remark.
        .map(|(at, ((line, text, nested), end))| {
            let beneath = if at == last { nested.clone() } else { between(*line, end) };
            let first = text.lines().next().unwrap_or_default();
            let more = text.lines().skip(1).collect::<Vec<_>>().join("\n");
            let beneath = if beneath.contains(&more) { beneath } else { format!("{more}\n{beneath}") };
            item(first, &beneath)
        })
        .collect()
}

/// `### 1. SSO` with its rationale beneath.
fn numbered_headings(document: &Document) -> Vec<Item> {
    let numbered = document.headings().iter().filter_map(|h| Some((h.line, NUMBERED.captures(&h.text)?)));
    numbered
        .map(|(line, found)| {
            let beneath = document.lines().iter().filter(|l| l.line > line).take_while(|l| l.kind != LineKind::Heading);
            item(&found["title"], &beneath.map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

/// A table with a column of ranks.
fn ranked_table(document: &Document) -> Vec<Item> {
    let names = ["rank", "priority", "#", "no.", "order"];
    let rank_of = |t: &Table| t.columns.iter().position(|c| names.contains(&c.to_lowercase().trim()));
    let found = document.tables().iter().filter_map(|t| Some((t, rank_of(t)?))).max_by_key(|(t, _)| t.rows.len());
    let Some((table, rank)) = found else { return vec![] };
    let cells = |row: &[String]| {
        let mut cells = row.iter().enumerate().filter(|(at, _)| *at != rank).map(|(_, cell)| cell.clone());
        Item { title: cells.next().unwrap_or_default(), rationale: cells.collect::<Vec<_>>().join(" ") }
    };
    table.rows.iter().map(|row| cells(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::quality::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    #[test]
    fn numbered_items_with_reasons_pass() {
        let judge: PrioritisedList = judge(r#"{"items": 3}"#);
        for text in [
            "1. **SSO**: three enterprise deals wait for it.\n2. **CSV export**: the top support request.\n3. **Dark mode**: asked for, blocks nobody.",
            "1. SSO because deals wait for it\n2. CSV export since support asks daily\n3. Dark mode to improve night use",
            "1. SSO\n   - Rationale: unblocks three deals\n2. CSV export\n   - Rationale: top support request\n3. Dark mode\n   - Rationale: nice to have only",
            "### 1. SSO\nThree enterprise deals wait for it.\n\n### 2. CSV export\nIt is the top support request.\n\n### 3. Dark mode\nNobody is blocked without it.",
            "| Rank | Feature | Rationale |\n|---|---|---|\n| 1 | SSO | three deals wait for it |\n| 2 | CSV | the top support request |\n| 3 | Dark mode | nobody is blocked by it |",
            "1. SSO\n\nThree enterprise deals wait for it.\n\n2. CSV export\n\nIt is the top support request.\n\n3. Dark mode – nobody is blocked without it.",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn bare_or_copied_lists_fail() {
        let judge: PrioritisedList = judge(r#"{"min": 3, "max": 4}"#);
        for (text, why) in [
            ("1. SSO\n2. CSV export\n3. Dark mode", "no rationale in item 1 (\"SSO\")"),
            ("- SSO: three deals wait for it\n- CSV: top request of support", "not numbered"),
            ("1. SSO: three deals wait for it\n2. CSV: top request of support", "2 items, at least 3 wanted"),
            (
                "1. SSO: users want this feature a lot\n2. CSV: users want this feature a lot\n3. App: our sales team needs it",
                "the rationale of item 1 again in item 2",
            ),
            (
                "1. SSO: three deals wait for it\n2. CSV: good\n3. App: our sales team needs it",
                "no rationale in item 2 (\"CSV\")",
            ),
            ("SSO comes first, because deals wait.", "no numbered list"),
            ("", "no numbered list"),
        ] {
            assert_fails(&judge, text, why);
        }
        let one_short = "1. SSO: three deals wait for it\n2. CSV: good\n3. App: our sales team needs it";
        assert_eq!(verdict(&judge, one_short).score(), Some(0.75));
    }

    #[test]
    fn limits_must_make_sense() {
        for wrong in [r#"{"min": 3, "max": 2}"#, r#"{"min": 3, "items": 3}"#] {
            assert!(serde_json::from_str::<PrioritisedList>(wrong).expect("parses").faults().is_some());
        }
    }
}
