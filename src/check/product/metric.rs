use super::fields::{Field, fields, is_blank};
use super::numbers::measures;
use crate::check::lexicon::{Lexicon, List};
use crate::check::quality::prose::{enumerate, pattern, sentences, words};
use crate::check::structure::Document;
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metric {
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

static EQUATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix) \p{L}[\p{L}\s()%-]*\s*=\s*[^=\n]*\p{L} | \p{L}\)?\s*[÷/×*]\s*\(?\s*\p{L}\p{L} | \bdivided\ by\b | \bratio\ of\b
        | \b(?:percentage|share|proportion|percent|number|count|sum|average|median|total|mean|%)\s+of\s+(?:\p{L}+\s+)+ (?:who|that|which|with|in|per|over|from|to|for|completed|made|without|ending)\b ",
    )
});
/// What counts as a formula where a label already says that it is one: an aggregate of something, or a difference.
static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:percentage|share|proportion|percent|number|count|sum|average|median|total|mean)\s+of\b.*\p{L}{3}|\p{L}\)?\s+[−–-]\s+\(?\p{L}",
    )
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:the\s+)?(?<name>\p{L}[\p{L}\s%-]{2,50}?)(?:\s*\([^)]*\))?\s*(?:=|\bis\s+(?:defined|the\s+(?:percentage|share|ratio|number|proportion)|calculated|measured)\b|\bmeasures\b)",
    )
});
static AIM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:target(?:s|ed)?|goal|aim(?:s|ing)?|reach|achieve|at\s+least|at\s+most|no\s+more\s+than|increase|reduce|raise|improve|lower|keep|from\s+\S+\s+to)\b|[≥≤<>]",
    )
});
static OFTEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:hourly|daily|weekly|bi-?weekly|fortnightly|monthly|quarterly|annually|yearly|real[\s-]time|(?:every|each|once\s+an?|per)\s+(?:other\s+)?(?:\d+\s+|two\s+|three\s+)?(?:hours?|days?|weeks?|months?|quarters?|years?|sprints?|release|mon\w*|fri\w*))\b",
    )
});
static LOOKED_AT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:measure[ds]?|measured|review(?:ed|s)?|track(?:ed|s)?|report(?:ed|s)?|updat(?:ed|es?)|check(?:ed|s)?|monitor(?:ed|s)?|calculated|computed|look(?:ed)?\s+at)\b",
    )
});

impl Judge for Metric {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let lexicon: &Lexicon = &self.lexicon;
        let (fields, sentences) = (fields(&document), sentences(&document, lexicon));
        let parts = [
            ("name", has_name(&document, &fields, &sentences, lexicon)),
            ("formula", has_formula(&fields, &sentences, lexicon)),
            ("target", has_target(&fields, &sentences, lexicon)),
            ("cadence", has_cadence(&fields, &sentences, lexicon)),
        ];
        let missing: Vec<&str> = parts.iter().filter(|(_, met)| !met).map(|(name, _)| *name).collect();
        let reason = match missing.as_slice() {
            [] => "name, formula, target and cadence are given".into(),
            _ => format!("missing: {}", enumerate(&missing)),
        };
        Verdict::part(parts.len() - missing.len(), parts.len(), reason)
    }

    fn lists() -> &'static [List] {
        &[
            List::MetricName,
            List::MetricFormula,
            List::MetricTarget,
            List::MetricCadence,
            List::Abbreviations,
            List::Joints,
            List::Measures,
        ]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }
}

fn values<'f>(fields: &'f [Field], labels: &'f [String]) -> impl Iterator<Item = &'f str> {
    fields
        .iter()
        .filter(|f| labels.iter().any(|label| label == f.label.trim()))
        .map(|f| f.value.as_str())
        .filter(|v| !is_blank(v))
}

fn has_name(document: &Document, fields: &[Field], sentences: &[String], lexicon: &Lexicon) -> bool {
    let generic = |title: &str| {
        let lower = title.to_lowercase();
        let labels = [List::MetricName, List::MetricFormula, List::MetricTarget, List::MetricCadence];
        labels.iter().any(|list| lexicon.has(*list, lower.trim()))
            || ["success", "the formula", "formula", "the metric", "metric", "it", "this"].contains(&lower.trim())
    };
    // A title such as "Metric: Search success rate" or "Search success rate".
    let titled = document.sections().first().is_some_and(|s| {
        let name = s.title.split_once(':').map_or(s.title.as_str(), |(_, name)| name);
        !generic(name) && words(name).count() <= 8 && !name.to_lowercase().contains("here")
    });
    let labelled = values(fields, &lexicon[List::MetricName])
        .any(|v| v.lines().next().is_some_and(|line| words(line).next().is_some()));
    let told = sentences
        .iter()
        .filter_map(|s| NAMED.captures(s))
        .any(|c| !generic(&c["name"]) && words(&c["name"]).count() <= 7);
    titled || labelled || told
}

fn has_formula(fields: &[Field], sentences: &[String], lexicon: &Lexicon) -> bool {
    values(fields, &lexicon[List::MetricFormula]).any(|v| EQUATION.is_match(v) || LABELLED.is_match(v))
        || sentences.iter().any(|s| EQUATION.is_match(s))
}

fn has_target(fields: &[Field], sentences: &[String], lexicon: &Lexicon) -> bool {
    values(fields, &lexicon[List::MetricTarget]).any(|v| !measures(v, lexicon).is_empty())
        || sentences.iter().any(|s| AIM.is_match(s) && !measures(s, lexicon).is_empty())
}

/// How often it is looked at; the "weekly" of "weekly active users" is no cadence.
fn has_cadence(fields: &[Field], sentences: &[String], lexicon: &Lexicon) -> bool {
    values(fields, &lexicon[List::MetricCadence]).any(|v| OFTEN.is_match(v))
        || sentences.iter().any(|s| LOOKED_AT.is_match(s) && OFTEN.is_match(s))
}

#[cfg(test)]
mod tests {
    use super::super::super::quality::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    #[test]
    fn complete_metrics_pass_however_they_are_written() {
        let judge: Metric = judge("{}");
        for text in [
            "**Metric:** Search success rate\n**Formula:** searches with a click / all searches\n**Target:** 60%\n**Cadence:** weekly",
            "**Name:** Setup time\n**Formula:** median of (time of first order − time of sign-up)\n**Target:** under 24 hours\n**Review:** weekly",
            "Metric name: Activation\nFormula: activated users ÷ signed-up users\nTarget: from 32% to 45%\nFrequency: every Monday",
            "| Metric | Formula | Target | Cadence |\n|---|---|---|---|\n| Activation rate | activated / signed up | 45% | monthly |",
            "| Field | Value |\n|---|---|\n| Name | Churn |\n| Formula | lost customers / customers at start |\n| Target | below 3% |\n| Cadence | Monthly |",
            "Search success rate is the percentage of searches that end in a click. We aim for at least 60% and review it every week.",
            "## Search success rate\n- Formula: clicks = searches with a click / searches\n- Target: 60 percent\n- Reviewed weekly",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn gaps_are_named() {
        let judge: Metric = judge("{}");
        for (text, why) in [
            ("**Metric:** Search success\n**Formula:** clicks / searches\n**Target:** 60%", "missing: cadence"),
            (
                "**Metric:** Weekly active users\n**Formula:** number of users with a session in 7 days\n**Target:** 500 users",
                "missing: cadence",
            ),
            (
                "**Metric:** Search success\n**Formula:** clicks / searches\n**Target:** higher\n**Cadence:** weekly",
                "missing: target",
            ),
            ("**Metric:** Search success\n**Formula:** TBD\n**Target:** 60%\n**Cadence:** weekly", "missing: formula"),
            (
                "**Metric:** [name]\n**Formula:** clicks / searches\n**Target:** 60%\n**Cadence:** weekly",
                "missing: name",
            ),
            ("A metric tells you how the search feature does.", "formula, target and cadence"),
            ("", "missing: name, formula, target and cadence"),
        ] {
            assert_fails(&judge, text, why);
        }
        assert_eq!(verdict(&judge, "**Metric:** Search\n**Formula:** a / bc\n").score(), Some(0.5));
    }
}
