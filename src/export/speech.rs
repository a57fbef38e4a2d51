//! How alike a version and its file speak.

use super::limits::Limits;
use super::parity::Speech;
use engine::error::Result;
use engine::generate::{Continuation, Voice};
use engine::model::Forward;
use std::ops::ControlFlow;

/// References that are read to both; more tell hardly more.
const TEXTS: usize = 60;
/// Prompts that both answer, and the longest answer.
const ANSWERS: usize = 24;
const LONGEST: usize = 64;

/// Measures over the first so many of `texts`, prompts with their references as tokens. `told` hears how many of how many
/// steps are done.
///
/// # Errors
/// No text; one that fits neither; a number that is not finite; `Interrupted` where `told` breaks.
pub fn speech<M: Forward>(
    version: &Voice<'_, M>,
    file: &Voice<'_, M>,
    texts: &[Continuation],
    limits: Limits,
    told: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Speech> {
    let texts = &texts[..texts.len().min(TEXTS)];
    let prompts: Vec<Vec<u32>> = texts.iter().take(ANSWERS).map(|text| text.prompt.clone()).collect();
    let (mut done, of) = (0, texts.len() + 2 * prompts.len());
    let mut step = || {
        done += 1;
        told(done, of)
    };
    let agreement = version.agreement(file, texts, &mut step)?;
    let mut common = version.common_beginnings(file, &prompts, LONGEST, &mut step)?;
    let answers_alike = common.iter().filter(|(same, of)| same == of).count();
    common.sort_unstable();
    Ok(Speech {
        texts: texts.len(),
        positions: agreement.positions,
        mean_divergence: agreement.mean_divergence,
        divergence_99: agreement.divergence_99,
        same_top: agreement.same_top,
        answers: common.len(),
        answers_alike,
        common_tokens: common.get(common.len() / 2).map_or(0, |(same, _)| *same),
        longest: LONGEST,
        limits,
    })
}

/// A thousand texts to try a tokenizer on: the workspace's own, then what tokenizers trip over.
pub fn strings<'a>(own: impl Iterator<Item = &'a str>) -> Vec<String> {
    const ODD: [&str; 24] = [
        "",
        " ",
        "  ",
        "\n",
        "\n\n\n",
        "\t",
        "a  b   c",
        " leading",
        "trailing ",
        "1234567890",
        "3.14159e-10",
        "€1,234.56",
        "naïve café",
        "ﬁ ligature",
        "日本語テキスト",
        "مرحبا بالعالم",
        "नमस्ते",
        "👩‍👩‍👧‍👦 🇩🇪 👍🏽",
        "a\u{301}",
        "\u{200b}zero",
        "<|im_start|>",
        "<s>",
        "{{ x }}",
        "it's we'll I'M 'S",
    ];
    let mut out: Vec<String> = ODD.iter().map(ToString::to_string).collect();
    // Every text as it is, then its lines: short pieces begin and end in more ways.
    let own: Vec<&str> = own.collect();
    out.extend(own.iter().map(ToString::to_string));
    out.extend(own.iter().flat_map(|text| text.lines()).map(str::to_string));
    let mut seen = std::collections::HashSet::new();
    out.retain(|text| seen.insert(text.clone()));
    out.truncate(1000);
    out
}
