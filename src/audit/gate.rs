//! What an audit must reach, and which suites do not.

use super::audited::{Audit, Standing, SuiteAudit};
use super::rate::Rate;
use super::wanted::Wanted;
use crate::words;

impl SuiteAudit {
    /// How many of its cases stand so.
    pub fn count(&self, standing: Standing) -> usize {
        self.cases.iter().filter(|case| case.standing == standing).count()
    }

    /// Cases of which a text that is written is judged: those that an audit is about.
    pub fn written(&self) -> usize {
        self.cases.len() - self.count(Standing::Weighed)
    }

    /// What it falls short in, in words; empty where it passes. A suite in which everything is weighed has nothing to
    /// fall short in; one whose answers are judged and of which nothing could be audited is unproven, and falls short.
    pub fn short(&self, wanted: &Wanted) -> Vec<String> {
        let least = |rate: &Rate, wanted: f64, what: &str, do_so: &str| match rate.rate {
            Some(share) if share < wanted => Some(format!(
                "{} of {} {do_so} ({}), {} wanted",
                words::thousands(rate.right),
                words::count(rate.of, what),
                words::percent_exact(share),
                words::percent_exact(wanted)
            )),
            _ => None,
        };
        if self.figures.sensitivity.of + self.figures.specificity.of == 0 && self.written() > 0 {
            return vec![format!("none of {} could be audited", words::count(self.written(), "case"))];
        }
        let sensitivity = least(&self.figures.sensitivity, wanted.sensitivity, "bad answer", "fail");
        let specificity = least(&self.figures.specificity, wanted.specificity, "good answer", "pass");
        sensitivity.into_iter().chain(specificity).collect()
    }
}

/// The suites that fall short of what is wanted, each with the words for it.
pub fn failing(audit: &Audit) -> Vec<(&str, String)> {
    let short = |suite| Some((suite, SuiteAudit::short(suite, &audit.wanted))).filter(|(_, short)| !short.is_empty());
    audit.suites.iter().filter_map(short).map(|(suite, short)| (suite.name.as_str(), short.join("; "))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::suite;
    use super::*;
    use crate::audit;

    fn failing_of(cases: &[&str], wanted: Wanted) -> Vec<String> {
        let audit = audit::audit(&[suite(cases)], &[], wanted, 0.95);
        failing(&audit).into_iter().map(|(suite, words)| format!("{suite}: {words}")).collect()
    }

    #[test]
    fn a_suite_falls_short_by_what_passes_and_by_what_fails() {
        let leaky = "{id: a, prompt: Say tram, reference: The tram., checks: [{type: icontains, value: tram}]}";
        let said = failing_of(&[leaky], Wanted::default());
        assert_eq!(said, ["s: 0 of 2 bad answers fail (0\u{a0}%), 95\u{a0}% wanted"]);
        assert!(failing_of(&[leaky], Wanted { sensitivity: 0.0, specificity: 1.0 }).is_empty());
        let broken = "{id: a, prompt: Say tram, reference: The tram., checks: [{type: contains, value: bus}]}";
        assert!(failing_of(&[broken], Wanted::default())[0].contains("of 2 good answers pass"));
    }

    #[test]
    fn nothing_audited_is_nothing_proven_unless_all_is_weighed() {
        let unaudited = "{id: a, prompt: p, checks: [{type: contains, value: x}]}";
        assert_eq!(failing_of(&[unaudited], Wanted::default()), ["s: none of 1 case could be audited"]);
        assert!(failing_of(&["{id: a, prompt: p, reference: r, choices: [r, s]}"], Wanted::default()).is_empty());
    }
}
