use super::wording::{list_fault, listing, quote};
use crate::check::facts::{Fact, Passage, Scope, Telling, passages, tongues};
use crate::check::lexicon::{Lexicon, List};
use crate::check::quality::prose::pattern;
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

/// Facts that belong together must stand together: an owner and a date that were swapped between rows are all there, and
/// still wrong.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Together {
    /// What must stand in one row, bullet, sentence or labelled item, each found in any notation as `mentions` does.
    values: Vec<String>,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

impl Judge for Together {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let tongues = tongues(subject.text());
        let facts: Vec<Fact> = self.values.iter().map(|value| Fact::read(value, &tongues)).collect();
        let mut best: Vec<bool> = vec![false; facts.len()];
        for passage in passages(subject.text(), &self.lexicon) {
            let told = passage.telling(&tongues);
            let here: Vec<bool> = facts.iter().map(|fact| fact.is_in(&told)).collect();
            let of_one = |lines: &[Telling]| is_of_one(&passage, &facts, lines, &tongues);
            if here.iter().all(|h| *h) {
                let lines: Vec<Telling> = passage.lines.iter().map(|line| Telling::of(line, &tongues)).collect();
                if of_one(&lines) {
                    let first = passage.lines.first().map(String::as_str).unwrap_or_default();
                    return Verdict::pass(format!("together in {}", quote(first)));
                }
            } else if here.iter().filter(|h| **h).count() > best.iter().filter(|h| **h).count() {
                best = here;
            }
        }
        let quoted: Vec<String> = self.values.iter().map(|value| quote(value)).collect();
        let apart: Vec<&String> =
            quoted.iter().zip(&best).filter(|(_, here)| !**here).map(|(value, _)| value).collect();
        let reason = match apart.len() == quoted.len() {
            true => format!("nowhere: {}", listing(&quoted)),
            false => format!("not in one row, bullet or sentence: {}; apart: {}", listing(&quoted), listing(&apart)),
        };
        Verdict::part(best.iter().filter(|h| **h).count().min(facts.len().saturating_sub(1)), facts.len(), reason)
    }

    fn lists() -> &'static [List] {
        &[List::Abbreviations]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        let few = self.values.len() == 1;
        few.then(|| "`values` needs two or more, which belong together".into()).or_else(|| list_fault(&self.values))
    }
}

/// What parts the items of a list on one line.
static LISTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s[·•]\s"));

/// Whether a passage is about one thing. A sentence, a bullet and a row are; what stands under a label is when one of the
/// values names the label and no line gives a value a partner of the wrong kind: under "Launch", "Ana: 6 April" says that
/// 5 April is not hers.
fn is_of_one(passage: &Passage, facts: &[Fact], lines: &[Telling], tongues: &[crate::check::facts::Tongue]) -> bool {
    if passage.scope != Scope::Labelled || passage.lines.len() < 2 {
        // "Free (500) · Plus (5,000)" is a list on one line.
        let text = passage.text();
        let items: Vec<Telling> = LISTED.split(&text).map(|item| Telling::of(item, tongues)).collect();
        let whole = |item: &Telling| facts.iter().all(|fact| fact.is_in(item));
        return items.len() < 2 || items.iter().any(whole);
    }
    let head = Telling::of(&passage.head, tongues);
    let beneath = || lines.iter().skip(1);
    let contradicted = |fact: &Fact| {
        beneath()
            .any(|line| fact.is_in(line) && facts.iter().any(|other| !other.is_in(line) && other.has_rival_in(line)))
    };
    facts.iter().any(|fact| fact.is_in(&head)) && !facts.iter().any(contradicted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn facts_stand_in_one_place() {
        sorts(
            &check::<Together>("values: [Ana, Checkout, 5 April]"),
            &[
                "Ana ships checkout on April 5th. Ben ships search on 6 April.",
                "| Owner | Work | Due |\n|---|---|---|\n| Ben | Search | 6 April |\n| Ana | Checkout | 2026-04-05 |",
                "| | Checkout | Search |\n|---|---|---|\n| Owner | Ana | Ben |\n| Due | 5.4. | 6.4. |",
                "- Search: Ben, 6 April\n- Checkout: Ana. It is due on 5 April.",
                "### Checkout\n- Owner: Ana\n- Due: 5 April\n\n### Search\n- Owner: Ben\n- Due: 6 April",
                "**Checkout**\nOwner: Ana\nDue: 5 April\n\n**Search**\nOwner: Ben\nDue: 6 April",
                "Work: Checkout\nOwner: Ana\nDue: 5 April\n\nWork: Search\nOwner: Ben\nDue: 6 April",
                "1. Checkout\n   - Ana\n   - 5 April\n2. Search\n   - Ben\n   - 6 April",
            ],
            &[
                "Ana ships checkout on 6 April. Ben ships search on 5 April.",
                "| Owner | Work | Due |\n|---|---|---|\n| Ben | Search | 5 April |\n| Ana | Checkout | 6 April |",
                "- Search: Ben, 5 April\n- Checkout: Ana, 6 April",
                "### Checkout\n- Owner: Ana\n- Due: 6 April\n\n### Search\n- Owner: Ben\n- Due: 5 April",
                "Checkout: Ana, 6 April · Search: Ben, 5 April",
                "## Checkout dates\n- Ana: 6 April\n- Ben: 5 April",
                "",
            ],
        );
    }

    #[test]
    fn what_stands_apart_is_named() {
        let verdict = judge(&check::<Together>("values: [Ana, 5 April]"), "- Ana: 6 April\n- Ben: 5 April");
        assert_eq!(verdict.reason(), "not in one row, bullet or sentence: “Ana”, “5 April”; apart: “5 April”");
        assert_eq!(verdict.score(), Some(0.5));
        assert!(check::<Together>("values: [Ana]").faults().is_some());
    }
}
