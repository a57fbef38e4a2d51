use super::prose::{enumerate, pattern};
use crate::check::lexicon::{Lexicon, List, plain_lower, terms_in};
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tone {
    /// The tone wanted.
    value: Wanted,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    /// Says that something presses: at least two cues from the list, and nothing that plays it down.
    Urgent,
    /// No slang, shouting, blame or emoticons.
    Professional,
}

/// A named day by which something must happen is a cue too.
static DUE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\bby\s+(?:(?:next\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{1,2}(?:st|nd|rd|th)?\s+\w+|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\s+\d|\d{4}-\d\d-\d\d|noon|\d{1,2}(?::\d\d)?\s*(?:am|pm))",
    )
});

static EMOTICON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"[\u{1F600}-\u{1F64F}\u{1F910}-\u{1F92F}\u{1F970}-\u{1F97A}🔥💩🎉🥳💪🙌]|(?:^|\s)[:;]-?[)DPp(](?:\s|$)")
});
static SHOUTING: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\p{Lu}{4,}(?: +\p{Lu}{2,}){2,}\b|!{2,}|\?!|\?{2,}"));

impl Judge for Tone {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        match self.value {
            Wanted::Urgent => urgent(subject.text(), &self.lexicon),
            Wanted::Professional => professional(subject.text(), &self.lexicon),
        }
    }

    fn lists() -> &'static [List] {
        &[List::Urgent, List::Calm, List::Informal]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }
}

fn urgent(text: &str, lexicon: &Lexicon) -> Verdict {
    let lower = plain_lower(text);
    let calm = terms_in(&lower, &lexicon[List::Calm]);
    if !calm.is_empty() {
        return Verdict::fail(format!("plays it down: {}", quoted(&calm)));
    }
    let mut cues: Vec<String> = terms_in(&lower, &lexicon[List::Urgent]).iter().map(|c| c.to_string()).collect();
    // A longer cue says all that the shorter one in it says: "by end of day" is one cue, not two.
    let all = cues.clone();
    cues.retain(|cue| !all.iter().any(|other| other.len() > cue.len() && other.contains(cue.as_str())));
    // "Two weeks behind schedule" too is one.
    if cues.iter().any(|cue| cue == "behind schedule") {
        cues.retain(|cue| !cue.ends_with(" behind"));
    }
    cues.extend(DUE.find(text).map(|due| due.as_str().to_lowercase()));
    match cues.len() {
        0 => Verdict::fail("nothing says that time presses or what is at stake"),
        1 => Verdict::graded(0.5, 1.0, format!("only one sign of urgency: {}", quoted(&cues))),
        _ => Verdict::pass(format!("urgent: {}", quoted(&cues[..cues.len().min(4)]))),
    }
}

fn professional(text: &str, lexicon: &Lexicon) -> Verdict {
    if text.trim().is_empty() {
        return Verdict::fail("the answer is empty");
    }
    let lower = plain_lower(text);
    let mut faults: Vec<String> =
        terms_in(&lower, &lexicon[List::Informal]).iter().map(|t| format!("\"{t}\"")).collect();
    faults.extend(EMOTICON.find(text).map(|e| format!("the emoticon {}", e.as_str().trim())));
    faults.extend(SHOUTING.find(text).map(|s| format!("shouting ({})", s.as_str())));
    let exclamations = text.matches('!').count();
    if exclamations > 3 {
        faults.push(format!("{exclamations} exclamation marks"));
    }
    if faults.is_empty() {
        return Verdict::pass("no slang, shouting or emoticons");
    }
    Verdict::graded((1.0 - 0.34 * faults.len() as f64).max(0.0), 1.0, format!("unprofessional: {}", enumerate(&faults)))
}

fn quoted<S: AsRef<str>>(terms: &[S]) -> String {
    enumerate(&terms.iter().map(|t| format!("\"{}\"", t.as_ref())).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_fails, assert_passes, judge};
    use super::*;

    #[test]
    fn urgent_texts_pass() {
        let judge: Tone = judge(r#"{"value": "urgent"}"#);
        assert_passes(
            &judge,
            "**Action required:** checkout is two weeks behind schedule; we need a decision by Friday.",
        );
        assert_passes(&judge, "The launch is at risk. Please escalate.");
        assert_passes(&judge, "We are blocked on the payment API. Please answer by 14 March.");
    }

    #[test]
    fn calm_texts_are_not_urgent() {
        let judge: Tone = judge(r#"{"value": "urgent"}"#);
        assert_fails(&judge, "The project is going well. We will keep you posted.", "nothing says");
        assert_fails(&judge, "The launch is delayed.", "only one sign of urgency: \"delayed\"");
        assert_fails(&judge, "We are behind schedule and blocked, but no rush.", "plays it down: \"no rush\"");
        assert_fails(&judge, "Reply by end of day.", "only one sign");
        assert_fails(&judge, "We are two weeks behind schedule.", "only one sign");
        assert_fails(&judge, "This is uncritical; the blockerless road is open.", "nothing says");
        assert_fails(&judge, "", "nothing says");
    }

    #[test]
    fn professional_texts_pass() {
        let judge: Tone = judge(r#"{"value": "professional"}"#);
        assert_passes(&judge, "Hi team,\n\nThe API is delayed. ✅ Design done. Thank you for your patience!");
        assert_passes(&judge, "## PRD: SSO\n\nMVP scope: SAML and OIDC (see GDPR, SOC2, HIPAA notes).");
        assert_passes(&judge, "Shell scripts run; hello, Guyana. HIPAA, GDPR, CCPA, SAML.");
    }

    #[test]
    fn slang_shouting_and_emoticons_are_not_professional() {
        let judge: Tone = judge(r#"{"value": "professional"}"#);
        assert_fails(&judge, "Hey guys, we screwed up lol", "\"lol\"");
        assert_fails(&judge, "We are late :)", "emoticon :)");
        assert_fails(&judge, "Shipped 😂", "emoticon");
        assert_fails(&judge, "THIS MUST SHIP NOW", "shouting");
        assert_fails(&judge, "Done!!", "shouting");
        assert_fails(&judge, "Great! Good! Nice! Fine!", "4 exclamation marks");
        assert_fails(&judge, "It’s not our bug, it’s their fault.", "their fault");
        assert_fails(&judge, "  ", "empty");
    }
}
