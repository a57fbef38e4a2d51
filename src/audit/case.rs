//! One case judges every text that can be made of its reference.

use super::asks::Asks;
use super::audited::{CaseAudit, Said, Standing, Trial};
use super::equivalent::equivalents;
use super::kind::{Kind, Mutant};
use super::mutant::{Others, mutants};
use super::past::Past;
use crate::check::{Check, Subject, Verdict};
use crate::provider::{Answer, Stop};
use crate::suite::{self, Case};

pub(super) fn audit(case: &Case, others: &Others<'_>, past: Past) -> CaseAudit {
    let counted = case.checks.iter().any(|check| check.weight > 0.0);
    let (standing, trials) = if !case.choices.is_empty() || case.only_weighed() && counted {
        (Standing::Weighed, Vec::new())
    } else if !counted {
        (Standing::NoChecks, Vec::new())
    } else if let Some(gold) = &case.reference {
        let trials = trials(case, gold, others);
        (standing(&trials), trials)
    } else {
        (Standing::NoReference, Vec::new())
    };
    CaseAudit {
        case: case.id.clone(),
        category: case.category.clone(),
        split: case.split,
        judge_hash: case.judge_hash.clone(),
        standing,
        trials,
        past,
    }
}

fn trials(case: &Case, gold: &str, others: &Others<'_>) -> Vec<Trial> {
    let asks = Asks::of(case.system.as_deref(), &case.prompt);
    let texts = equivalents(&asks, gold).into_iter().chain(mutants(case, &asks, gold, others));
    texts.map(|text| trial(case, text)).collect()
}

fn standing(trials: &[Trial]) -> Standing {
    let wrong = |is: &dyn Fn(Kind) -> bool| trials.iter().any(|trial| trial.is_wrong() && is(trial.kind));
    if wrong(&|kind| kind == Kind::Reference) {
        Standing::Broken
    } else if wrong(&|kind| !kind.is_good()) {
        Standing::Leaky
    } else if wrong(&|_| true) {
        Standing::Strict
    } else {
        Standing::Sound
    }
}

/// The case's verdict on a text, as if a version had written it and ended by itself. Where no check has a say, the text
/// has not passed: a good one fails, and so does a bad one, for nothing was proven either way.
fn trial(case: &Case, mutant: Mutant) -> Trial {
    let Mutant { kind, note, text } = mutant;
    let answer = answer(&case.prompt, &text);
    let subject =
        Subject { prompt: &case.prompt, reference: case.reference.as_deref(), choices: &case.choices, answer: &answer };
    let verdicts: Vec<Verdict> = case.checks.iter().map(|check| check.judge(&subject)).collect();
    let passed = suite::score(case, &verdicts).is_some_and(|(_, passed)| passed);
    let wrong = passed != kind.is_good();
    let said = |(check, verdict): (&Check, Verdict)| {
        suite::counts(check.weight, &verdict).then(|| Said {
            check: check.name.clone(),
            passed: verdict.passed(),
            reason: if wrong { verdict.reason().to_string() } else { String::new() },
        })
    };
    let said = case.checks.iter().zip(verdicts).filter_map(said).collect();
    Trial { kind, note, passed, said, text: wrong.then_some(text) }
}

/// Tokens are guessed at four characters each, which is near for English.
fn answer(prompt: &str, text: &str) -> Answer {
    let tokens = |text: &str| text.chars().count().div_ceil(4);
    Answer {
        text: text.to_string(),
        thoughts: String::new(),
        stop: Stop::End,
        prompt_tokens: tokens(prompt),
        output_tokens: tokens(text),
        seconds: 0.0,
        reference_nll: None,
        likelihoods: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{audited, case};
    use super::*;

    fn standing_of(yaml: &str) -> Standing {
        audited(yaml).standing
    }

    #[test]
    fn a_case_is_sound_leaky_strict_or_broken() {
        let head = "{id: a, prompt: 'How many of 40 trams have validators on 5 April? And did it rise?', reference: '12 of 40 trams, on 5 April; it rose.', ";
        let checks = |checks: &str| format!("{head} checks: [{checks}]}}");
        assert_eq!(
            standing_of(&checks("{type: regex, value: '^12 of 40 .*(5 Apr|Apr\\w* 5).*rose'}")),
            Standing::Sound
        );
        assert_eq!(standing_of(&checks("{type: icontains, value: tram}")), Standing::Leaky);
        assert_eq!(
            standing_of(&checks("{type: equals, value: '12 of 40 trams, on 5 April; it rose.'}")),
            Standing::Strict
        );
        assert_eq!(standing_of(&checks("{type: contains, value: forty}")), Standing::Broken);
    }

    #[test]
    fn what_cannot_be_audited_says_why() {
        assert_eq!(standing_of("{id: a, prompt: p, checks: [{type: contains, value: x}]}"), Standing::NoReference);
        assert_eq!(standing_of("{id: a, prompt: p, reference: r}"), Standing::NoChecks);
        assert_eq!(standing_of("{id: a, prompt: p, reference: r, choices: [r, s]}"), Standing::Weighed);
        let weighed = "{id: a, prompt: p, reference: r, distractors: [{text: s, why: w}]}";
        assert_eq!(standing_of(weighed), Standing::Weighed);
    }

    #[test]
    fn a_wrong_trial_keeps_its_text_and_reasons() {
        let audited = audited(
            "{id: a, prompt: 'Greet us, 3 times', reference: 'hi hi hi', checks: [{type: contains, value: hi}]}",
        );
        let echo = audited.trials.iter().find(|trial| trial.kind == Kind::Echo).unwrap();
        assert!(!echo.is_wrong() && echo.text.is_none(), "`hi` stands in no echo: {echo:?}");
        let case = case("{id: a, prompt: 'Say hi', reference: Hi, checks: [{type: icontains, value: hi}]}");
        let echo = trial(&case, Mutant::new(Kind::Echo, "", "Say hi"));
        assert!(echo.is_wrong() && echo.text.is_some() && !echo.said[0].reason.is_empty());
    }
}
