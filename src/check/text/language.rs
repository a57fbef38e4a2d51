use crate::check::lexicon::{Lexicon, List};
use crate::check::structure::{Document, LineKind};
use crate::check::{Judge, Subject, Verdict};
use crate::words;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;
use whatlang::{Detector, Lang};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Language {
    /// ISO 639-1 code such as `en`.
    value: String,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

/// Below this many letters nothing can be told.
const FEWEST_LETTERS: usize = 20;

/// Languages that can be asked for.
#[rustfmt::skip]
const CODES: &[(&str, Lang)] = &[
    ("af", Lang::Afr), ("ar", Lang::Ara), ("be", Lang::Bel), ("bg", Lang::Bul), ("bn", Lang::Ben), ("ca", Lang::Cat),
    ("cs", Lang::Ces), ("cy", Lang::Cym), ("da", Lang::Dan), ("de", Lang::Deu), ("el", Lang::Ell), ("en", Lang::Eng),
    ("es", Lang::Spa), ("et", Lang::Est), ("fa", Lang::Pes), ("fi", Lang::Fin), ("fr", Lang::Fra), ("gu", Lang::Guj),
    ("he", Lang::Heb), ("hi", Lang::Hin), ("hr", Lang::Hrv), ("hu", Lang::Hun), ("hy", Lang::Hye), ("id", Lang::Ind),
    ("it", Lang::Ita), ("ja", Lang::Jpn), ("ka", Lang::Kat), ("km", Lang::Khm), ("kn", Lang::Kan), ("ko", Lang::Kor),
    ("lt", Lang::Lit), ("lv", Lang::Lav), ("mk", Lang::Mkd), ("ml", Lang::Mal), ("mr", Lang::Mar), ("my", Lang::Mya),
    ("nb", Lang::Nob), ("ne", Lang::Nep), ("nl", Lang::Nld), ("no", Lang::Nob), ("pa", Lang::Pan), ("pl", Lang::Pol),
    ("pt", Lang::Por), ("ro", Lang::Ron), ("ru", Lang::Rus), ("si", Lang::Sin), ("sk", Lang::Slk), ("sl", Lang::Slv),
    ("sr", Lang::Srp), ("sv", Lang::Swe), ("ta", Lang::Tam), ("te", Lang::Tel), ("th", Lang::Tha), ("tl", Lang::Tgl),
    ("tr", Lang::Tur), ("uk", Lang::Ukr), ("ur", Lang::Urd), ("uz", Lang::Uzb), ("vi", Lang::Vie), ("zh", Lang::Cmn),
];

/// Languages an answer is likely to slip into: the others of `CODES` only when asked for, since short texts full of
/// product names look like any small Latin-script language. Scripts of their own need no such care.
#[rustfmt::skip]
const LIKELY: &[Lang] = &[
    Lang::Eng, Lang::Deu, Lang::Fra, Lang::Spa, Lang::Ita, Lang::Por, Lang::Nld, Lang::Swe, Lang::Pol, Lang::Tur,
    Lang::Rus, Lang::Ukr, Lang::Cmn, Lang::Jpn, Lang::Kor, Lang::Ara, Lang::Hin, Lang::Ell, Lang::Heb, Lang::Tha,
];

/// Languages whose small words are known.
const SMALL_WORDS: [(Lang, List); 10] = [
    (Lang::Eng, List::English),
    (Lang::Deu, List::German),
    (Lang::Fra, List::French),
    (Lang::Spa, List::Spanish),
    (Lang::Ita, List::Italian),
    (Lang::Por, List::Portuguese),
    (Lang::Nld, List::Dutch),
    (Lang::Swe, List::Swedish),
    (Lang::Pol, List::Polish),
    (Lang::Tur, List::Turkish),
];

/// How often a language's small words stand in a text; `None` where none are known.
fn small_words(text: &str, lang: Lang, lexicon: &Lexicon) -> Option<usize> {
    let (_, list) = SMALL_WORDS.iter().find(|(l, _)| *l == lang)?;
    Some(text.unicode_words().filter(|word| lexicon.has(*list, &word.to_lowercase())).count())
}

impl Language {
    fn wanted(&self) -> Option<Lang> {
        let code = self.value.trim().to_lowercase();
        CODES.iter().find(|(c, _)| *c == code).map(|(_, lang)| *lang)
    }
}

impl Judge for Language {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let Some(wanted) = self.wanted() else {
            return Verdict::Error { reason: self.faults().unwrap_or_default() };
        };
        let document = Document::parse(subject.text());
        let prose = document.lines().iter().filter(|l| l.kind != LineKind::Code).map(|l| l.text.as_str());
        let prose = prose.collect::<Vec<_>>().join("\n");
        let letters = prose.chars().filter(|c| c.is_alphabetic()).count();
        if letters < FEWEST_LETTERS {
            let reason = format!("too short to tell the language ({})", words::count(letters, "letter"));
            return Verdict::Skipped { reason };
        }
        let mut allowed = LIKELY.to_vec();
        allowed.push(wanted);
        let Some(found) = Detector::with_allowlist(allowed).detect(&prose) else {
            return Verdict::Skipped { reason: "the language could not be told".to_string() };
        };
        if found.lang() == wanted {
            return Verdict::pass(format!("written in {}", wanted.eng_name()));
        }
        let (small_wanted, small_found) =
            (small_words(&prose, wanted, &self.lexicon), small_words(&prose, found.lang(), &self.lexicon));
        let outweighs = matches!((small_wanted, small_found), (Some(w), Some(f)) if w > f);
        if outweighs {
            return Verdict::pass(format!("written in {}", wanted.eng_name()));
        }
        let certain = found.is_reliable() && small_found.is_none_or(|f| f >= 2 && small_wanted != Some(f));
        let reason = format!("written in {}; wanted: {}", found.lang().eng_name(), wanted.eng_name());
        match certain {
            true => Verdict::fail(reason),
            false => Verdict::Skipped { reason: format!("perhaps {reason}; too unclear to count") },
        }
    }

    fn lists() -> &'static [List] {
        &[
            List::English,
            List::German,
            List::French,
            List::Spanish,
            List::Italian,
            List::Portuguese,
            List::Dutch,
            List::Swedish,
            List::Polish,
            List::Turkish,
        ]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        let codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        let fault = || format!("value “{}” is no known language code; use one of {}", self.value, codes.join(", "));
        self.wanted().is_none().then(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn tells_languages_apart() {
        let texts = [
            (
                "en",
                "We are moving the launch to April because the data migration turned out to be harder than planned.",
            ),
            ("de", "Wir verschieben den Start auf April, weil die Datenmigration schwieriger ist als geplant."),
            (
                "fr",
                "Nous reportons le lancement au mois d'avril, car la migration des données est plus difficile que prévu.",
            ),
            ("es", "Aplazamos el lanzamiento hasta abril porque la migración de datos es más difícil de lo previsto."),
            ("ja", "データ移行が予定より難しいため、発売を四月に延期することになりました。ご了承ください。"),
        ];
        for (code, _) in texts {
            let check = check::<Language>(&format!("value: {code}"));
            let (own, others): (Vec<_>, Vec<_>) = texts.iter().partition(|(c, _)| *c == code);
            let text = |list: Vec<&(&str, &'static str)>| list.iter().map(|(_, t)| *t).collect::<Vec<_>>();
            sorts(&check, &text(own), &text(others));
        }
    }

    #[test]
    fn product_english_is_english() {
        sorts(
            &check::<Language>("value: en"),
            &[
                "**As a** mobile app user\n**I want to** log into my account securely\n**So that** I can see my content",
                "- One-click video calling\n- Screen sharing\n- Recording for async review",
                "Success Metrics: NPS, retention, activation",
            ],
            &[],
        );
    }

    #[test]
    fn unclear_texts_are_skipped_and_bad_codes_are_faults() {
        assert!(matches!(judge(&check::<Language>("value: en"), "B. 42 %"), Verdict::Skipped { .. }));
        let nouns =
            "Advanced PM Tasks (10 examples each)\n5. **Go-to-Market**\n   - Launch plans\n   - Sales enablement";
        assert!(!matches!(judge(&check::<Language>("value: en"), nouns), Verdict::Fail { .. }));
        let jargon = "# Q2 OKRs\n\n## Objective: improve engagement\n\n- Baseline: 10,000 DAU\n- Target: 14,000 DAU";
        assert!(matches!(judge(&check::<Language>("value: en"), jargon), Verdict::Skipped { .. }));
        assert!(check::<Language>("value: english").faults().is_some_and(|f| f.contains("use one of af, ar")));
    }
}
