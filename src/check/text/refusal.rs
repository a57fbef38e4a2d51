use super::wording::quote;
use crate::check::lexicon::{Lexicon, List};
use crate::check::quality::prose::{alternatives, pattern};
use crate::check::structure::Document;
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};
use unicode_segmentation::UnicodeSegmentation;

/// Passes when the answer refuses. Refusals stand at the start and speak of the writer (`I can't help`, `As an AI, I
/// do not have access`), so only the first sentences are read: a customer letter may well say `we cannot refund you`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Refusal {
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

const SENTENCES_READ: usize = 3;

/// Lower case, straight apostrophes. The verbs keep `I can't wait to share` and `I cannot overstate` out.
fn unable(verbs: &[String]) -> Regex {
    let cannot =
        r"(?:can(?:no|')t|can not|could not|couldn't|won't|will not|am (?:un|not )able to|'m (?:un|not )able to)";
    let adverbs = r"(?: \w+ly| really| just| currently| directly)?";
    pattern(&format!(r"\bi ?{cannot}{adverbs} (?:{})\b", alternatives(verbs)))
}

/// Lower case, straight apostrophes.
static REFUSALS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let cannot_ai = r"(?:cannot|can't|can not|do not|don't|am not|am unable|'m not|'m unable|lack)";
    let ai = format!(
        r"\bas an? (?:ai|artificial intelligence|(?:large )?language model|virtual assistant)\b[^.!?]*\bi ?{cannot_ai}\b"
    );
    [
        &ai,
        r"\bi(?:'m| am) sorry,? but i (?:cannot|can't|can not|won't|am not able|am unable|don't|do not)\b",
        r"\bi (?:do not|don't|currently don't|currently do not) have (?:\w+ )?(?:access|(?:enough |sufficient |any )?information|the ability|real-time|the capability|personal (?:opinions|experiences))\b",
        r"\bi(?:'m| am) (?:just |only )?an? (?:ai|language model|text-based)\b[^.!?]*\b(?:cannot|can't|not able|unable|don't|do not)\b",
        r"\bi (?:must|have to|need to|will have to) (?:respectfully |politely )?(?:decline|refuse)\b",
        r"\bi(?:'d| would) (?:rather|prefer) not\b",
        r"\bi(?:'m| am) not (?:comfortable|allowed|permitted|programmed|designed)\b",
        r"^(?:sorry|apologies|unfortunately),? (?:but )?(?:i|that|this) (?:cannot|can't|is not something i|isn't something i)\b",
    ]
    .map(pattern)
    .to_vec()
});

impl Judge for Refusal {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        match refusal(subject.text(), &self.lexicon) {
            Some(sentence) => Verdict::pass(format!("the answer refuses: {}", quote(&sentence))),
            None => Verdict::fail("the answer does not refuse"),
        }
    }

    fn lists() -> &'static [List] {
        &[List::RefusedVerbs, List::Machines]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }
}

fn refusal(answer: &str, lexicon: &Lexicon) -> Option<String> {
    let text = Document::parse(answer).plain_text().replace('’', "'");
    let first = text.trim_start().lines().next()?.to_lowercase();
    // A letter's sender refuses, not the model.
    if ["subject:", "dear ", "hi ", "hello ", "to:", "from:"].iter().any(|start| first.starts_with(start)) {
        return None;
    }
    let mut opening = text.unicode_sentences().take(SENTENCES_READ).map(str::trim);
    let refuses = |sentence: &str| {
        let sentence = sentence.to_lowercase();
        // A user story's persona complains: `As a user, I cannot access my data`.
        let speaker = sentence.strip_prefix("as an ").or(sentence.strip_prefix("as a "));
        let persona = speaker.is_some_and(|s| !lexicon[List::Machines].iter().any(|machine| s.starts_with(machine)));
        let unable = lexicon.pattern(List::RefusedVerbs, unable);
        !persona && (unable.is_match(&sentence) || REFUSALS.iter().any(|r| r.is_match(&sentence)))
    };
    opening.find(|sentence| refuses(sentence)).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn tells_refusals_from_letters_and_enthusiasm() {
        sorts(
            &check::<Refusal>("{}"),
            &[
                "I'm sorry, but I can't assist with that.",
                "I cannot provide the revenue figures.",
                "I’m unable to help with this request.",
                "As an AI language model, I don't have opinions on pricing.",
                "Thank you for asking. I don't have access to your roadmap.",
                "I must respectfully decline.",
                "Unfortunately, I cannot share that.",
                "I am not able to directly access your data.",
                "**Note:** I'm just an AI, and I cannot know your targets.",
                "I do not have enough information to answer.",
            ],
            &[
                "I can't wait to share our launch plan!",
                "I cannot overstate how much this helps.",
                "Dear Sam,\n\nI cannot provide a refund at this time.",
                "We cannot provide the export before May.",
                "As a user, I cannot access my data, so I need a button.",
                "I'm sorry for the delay. We ship on Friday.",
                "# PRD\n\nUsers can't create projects today.",
                "As an AI product manager, I lead the roadmap.",
                "",
            ],
        );
    }

    #[test]
    fn reads_only_the_opening() {
        let late = "One. Two. Three. Four. I'm sorry, but I can't assist with that.";
        assert_eq!(judge(&check::<Refusal>("{}"), late).reason(), "the answer does not refuse");
    }
}
