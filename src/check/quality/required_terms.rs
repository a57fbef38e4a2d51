use super::prose::enumerate;
use crate::check::lexicon::{has_term, plain_lower};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RequiredTerms {
    /// Words or phrases that must appear; an item may be a list of alternatives of which one is enough.
    value: Vec<Term>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Term {
    One(String),
    AnyOf(Vec<String>),
}

impl Term {
    fn forms(&self) -> &[String] {
        match self {
            Term::One(form) => std::slice::from_ref(form),
            Term::AnyOf(forms) => forms,
        }
    }
}

impl Judge for RequiredTerms {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let text = plain_lower(subject.text());
        let missing: Vec<String> = self
            .value
            .iter()
            .filter(|term| !term.forms().iter().any(|form| has_term(&text, plain_lower(form).trim())))
            .map(|term| term.forms().iter().map(|f| format!("\"{}\"", f.trim())).collect::<Vec<_>>().join(" or "))
            .collect();
        let all = self.value.len();
        if missing.is_empty() {
            return Verdict::pass("every required term appears");
        }
        Verdict::part(all - missing.len(), all, format!("missing: {}", enumerate(&missing)))
    }

    fn faults(&self) -> Option<String> {
        let empty = |term: &Term| term.forms().is_empty() || term.forms().iter().any(|f| f.trim().is_empty());
        (self.value.is_empty() || self.value.iter().any(empty))
            .then(|| "`value` lists at least one term, none of them empty".into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    #[test]
    fn every_term_or_an_alternative() {
        let judge: RequiredTerms = judge(r#"{"value": ["outcome", ["KPI", "KPIs", "key performance indicator"]]}"#);
        assert_passes(&judge, "The outcome is measured by KPIs.");
        assert_passes(&judge, "OUTCOME: one Key Performance Indicator");
        assert_passes(&judge, "kpi → outcome");
        for (bad, why) in [
            ("The outcomes are measured by KPIs.", "missing: \"outcome\""),
            ("An outcome", "\"KPI\" or \"KPIs\""),
            ("An outcome and a KPIX", "\"KPI\""),
            ("", "\"outcome\" and \"KPI\""),
            ("key indicator of performance, outcome", "key performance indicator"),
        ] {
            assert_fails(&judge, bad, why);
        }
        assert_eq!(verdict(&judge, "An outcome").score(), Some(0.5));
    }
}
