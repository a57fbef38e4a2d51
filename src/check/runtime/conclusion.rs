//! Which choice a written answer names.
//!
//! Models asked for a letter answer in sentences, think first, and change their minds. So what an answer concludes comes
//! before what it mentions, and of several conclusions the last holds. Where nothing is concluded, the answer must
//! mention one choice and no other: an answer that leaves it open names none, for taking the first would pass answers
//! that end on another.

use crate::check::quality::prose::pattern;
use crate::provider::choice_label;
use regex::Regex;
use std::sync::LazyLock;

/// The choice that an answer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// By its place in the list.
    One(usize),
    Nothing,
    /// So many, and no conclusion.
    Several(usize),
}

/// Words behind which a conclusion stands: "the answer is", "Answer:", "it's", "I'd go with".
static LEADS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?xi)
        \b (?: (?:answer|choice|option|pick|selection|solution|antwort|respuesta|réponse) \s*
             (?: \( [^()]{0,30} \) \s* )? (?: (?:is|would\ be|must\ be|should\ be|has\ to\ be|ist|es|est) \b | :+ | = | -+>? | – | — | → )+
           | (?:it|that|this) (?: ['’]s | \s (?:is|must\ be|has\ to\ be|should\ be) ) \b
           | (?:choose|chose|pick|select|go(?:ing)?\ (?:with|for)|settle\ on) \b
        )"#,
    )
});

/// What may stand between such words and the choice.
static FILLER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?xi)^ (?: [\s:=\-–—]+ | (?:clearly|definitely|probably|most\ likely|likely|therefore|thus|indeed|actually|then|the|my|final|correct|right|best|letter|option|choice|number|answer) \b [\s:]* )*"#,
    )
});

/// What turns the choice behind it down.
static NOT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(?:not|neither|never|isn['’]t|no longer|rather than)\b\s*"));

/// Words before a choice that a statement consists of else: "So B", "Actually, B", "Option B".
static STARTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)^ (?: (?:so|therefore|thus|hence|then|finally|the|my|final|correct|right|best|letter|option|choice|number|answer|correction
            |actually|wait|no|nope|hmm|rather|sorry|instead|on\ second\ thought|i\ mean|but|or\ rather|make\ that|yes|sure|okay|ok) \b [\s,:;.…–—-]* )*",
    )
});

/// Of those, the words that take back what was said before.
static TAKES_BACK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:actually|wait|no|nope|hmm|rather|sorry|instead|second thought|i mean|make that|correction|final|therefore|so|thus|hence)\b",
    )
});

/// Of those, the words after which a choice is the answer, whatever was said before.
static SAYS_SO: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"{}|(?i)\b(?:answer|choice)\b", TAKES_BACK.as_str())));

/// What makes the choice before it the answer.
static TAILS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)^ [\s,]* (?: (?:is|would\ be|must\ be|seems|remains) \s (?:the\ |a\ |clearly\ |definitely\ |therefore\ |most\ |more\ |my\ |actually\ )*
               (?:correct|right|best|better|answer|accurate|appropriate|suitable|choice|pick|true) \b
            | (?:fits|matches|works|is|describes) [\w\s]{0,20}? \b (?:best|better) \b | makes\ (?:the\ most|more)\ sense \b
            | [-–—]?\s* (?:because|since) \b )",
    )
});

/// What takes such a tail back: "B is right at first sight".
static DOUBT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^[^.;!?]{0,20}?\b(?:at first|on first|first sight|first glance|only if|tempting|seemingly)\b")
});

/// Statements about what might be, which conclude nothing.
static MIGHT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:if|whether|unless|why|suppose|assuming|at first|first i|i first|might think|may think|could argue)\b",
    )
});

static THOUGHTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?is)^.*(?:</(?:think|thinking|thought|reasoning|reflection)>|<\|channel\|>final(?:<\|message\|>)?)")
});
static UNFINISHED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?is)^\s*<(?:think|thinking|thought|reasoning|reflection)>.*$"));
static ANSWER_TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)<(/?)(?:answer|choice|final_answer|final)>"));
static STYLED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\(?:text|textbf|mathrm|mathbf|rm|bf)\s*\{([^{}]*)\}"));
static BOXED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$*\\boxed\s*\{([^{}]*)\}\$*"));

/// No answer to a question of choice is longer; what stands further in front concludes nothing.
const LONGEST_BYTES: usize = 16 << 10;

/// How often a statement may take itself back.
const TURNS: usize = 8;

/// Reads which of `choices` a written answer names, as they were asked: by label, or by their own texts.
pub(super) fn named(answer: &str, choices: &[String]) -> Named {
    let reader = Reader::new(choices);
    let text = plain(answer);
    if let Some(choice) = reader.whole(&text) {
        return Named::One(choice);
    }
    reader.concluded(&text).unwrap_or_else(|| reader.mentioned(&text))
}

/// The text without thoughts and marks of style.
fn plain(answer: &str) -> String {
    let mut from = answer.len().saturating_sub(LONGEST_BYTES);
    while !answer.is_char_boundary(from) {
        from += 1;
    }
    let text = THOUGHTS.replace(&answer[from..], "");
    let text = UNFINISHED.replace(&text, "");
    let text = STYLED.replace_all(&text, "$1");
    let text = BOXED.replace_all(&text, "\nAnswer: $1\n");
    let text = ANSWER_TAG.replace_all(&text, |found: &regex::Captures<'_>| {
        if found[1].is_empty() { "\nAnswer: " } else { "\n" }.to_string()
    });
    style_free(&text)
}

fn style_free(text: &str) -> String {
    text.chars().filter(|c| !"*`\"“”„«»#{}".contains(*c)).collect::<String>().trim().to_string()
}

struct Reader {
    labels: Vec<String>,
    /// In lower case and without marks of style.
    texts: Vec<String>,
}

/// Choices that stand together ("B or C"), and how much of the text they take.
struct Group {
    choices: Vec<usize>,
    bytes: usize,
}

/// Where a statement ends on a choice.
struct Conclusion {
    choices: Vec<usize>,
    /// Said in words, and not just put there.
    strong: bool,
}

impl Reader {
    fn new(choices: &[String]) -> Self {
        let labels = (0..choices.len()).map(|i| choice_label(i, choices.len())).collect();
        Self { labels, texts: choices.iter().map(|text| style_free(&text.trim().to_lowercase())).collect() }
    }

    /// The choice that the whole text is: a label, or a choice's own words.
    fn whole(&self, text: &str) -> Option<usize> {
        let bare = bare(text);
        let label = self.labels.iter().position(|label| label.eq_ignore_ascii_case(bare));
        let lower = text.to_lowercase();
        label.or_else(|| self.texts.iter().position(|choice| *choice == lower.trim() || bare_eq(choice, &lower)))
    }

    /// What the answer concludes; `None` where it concludes nothing.
    fn concluded(&self, text: &str) -> Option<Named> {
        let statements = statements(text);
        let mut found: Vec<Conclusion> = Vec::new();
        for statement in &statements {
            if let Some(put) = self.put(statement, TURNS) {
                found.push(put);
            } else if !statement.ends_with('?') {
                found.extend(self.said(statement));
            }
        }
        let strong = found.iter().rposition(|conclusion| conclusion.strong);
        let deciding = match strong {
            Some(at) => {
                // A bare letter at the very end contradicts what was said before it.
                let after = found[at + 1..].last().filter(|_| self.put_alone(statements.last().copied()));
                let mut all = found[at].choices.clone();
                all.extend(after.into_iter().flat_map(|conclusion| conclusion.choices.iter().copied()));
                all
            }
            None => found.iter().flat_map(|conclusion| conclusion.choices.iter().copied()).collect(),
        };
        (!found.is_empty()).then(|| Named::of(deciding))
    }

    fn put_alone(&self, statement: Option<&str>) -> bool {
        statement.is_some_and(|statement| self.labels.iter().any(|label| label.eq_ignore_ascii_case(bare(statement))))
    }

    /// A statement that consists of choices: "B", "Option B", "Actually, B", "B) Churn", "B or C", "A, no, B".
    fn put(&self, statement: &str, turns: usize) -> Option<Conclusion> {
        let start = STARTS.find(statement).map_or(0, |found| found.end());
        let (said, rest) = statement.split_at(start);
        // A question concludes nothing.
        let strong = !rest.ends_with('?') && SAYS_SO.is_match(said);
        if let Some(choice) = self.whole(rest) {
            return Some(Conclusion { choices: vec![choice], strong });
        }
        let group = self.group(rest, !said.is_empty())?;
        let after = rest[group.bytes..].trim_start_matches([' ', ')', ']', '.', ':', ',', '-', '–', '—', ';', '(']);
        if bare(after).is_empty() {
            return Some(Conclusion { choices: group.choices, strong });
        }
        // The label and its own text, or another's: then it is open.
        if let Some(choice) = self.whole(after.trim_end_matches(['?', '!', '.', ')'])) {
            let choices = group.choices.into_iter().chain([choice]).collect();
            return Some(Conclusion { choices, strong });
        }
        // "A, no, B"
        let more = STARTS.find(after).filter(|found| turns > 0 && TAKES_BACK.is_match(found.as_str()))?;
        let later = self.put(&after[more.end()..], turns - 1)?;
        Some(Conclusion { strong: true, ..later })
    }

    /// What a sentence concludes, the last of it.
    fn said(&self, sentence: &str) -> Option<Conclusion> {
        let mut latest: Option<(usize, Vec<usize>)> = None;
        let mut keep = |at: usize, choices: Vec<usize>| {
            if latest.as_ref().is_none_or(|(before, _)| at >= *before) {
                latest = Some((at, choices));
            }
        };
        for lead in LEADS.find_iter(sentence) {
            if MIGHT.is_match(clause(&sentence[..lead.start()])) {
                continue;
            }
            if let Some((at, choices)) = self.behind(sentence, lead.end()) {
                keep(at, choices);
            }
        }
        for at in word_starts(sentence) {
            let Some(group) = self.group(&sentence[at..], false) else { continue };
            let after = sentence[at + group.bytes..].trim_start_matches([')', ']', '.', ':']);
            if let Some(tail) = TAILS.find(after)
                && !DOUBT.is_match(&after[tail.end()..])
                && !MIGHT.is_match(clause(&sentence[..at]))
                && !turned_down(&sentence[..at])
            {
                keep(at, group.choices);
            }
        }
        latest.map(|(_, choices)| Conclusion { choices, strong: true })
    }

    /// The choices behind words that lead up to them, and where they stand.
    fn behind(&self, sentence: &str, lead: usize) -> Option<(usize, Vec<usize>)> {
        let filler = |at: usize| at + FILLER.find(&sentence[at..]).map_or(0, |found| found.end());
        // A choice may itself begin with a word such as "The".
        let here = lead + (sentence[lead..].len() - sentence[lead..].trim_start_matches([' ', ':', '-', '=']).len());
        if let Some((choice, _)) = self.text_at(&sentence[here..]) {
            return Some((here, vec![choice]));
        }
        let at = filler(lead);
        let rest = &sentence[at..];
        if let Some(not) = NOT.find(rest) {
            // "The answer is not A but B"
            let turned = self.group(&rest[not.end()..], true)?;
            let after = at + not.end() + turned.bytes;
            let but = ["but rather", "but", "rather", "instead"];
            let tail = sentence[after..].trim_start_matches([' ', ',', ';', ')', '.']);
            let tail_at = sentence.len() - tail.len();
            let word = but.iter().find(|word| tail.to_lowercase().starts_with(*word))?;
            let next = filler(tail_at + word.len());
            return self.group(&sentence[next..], true).map(|group| (next, group.choices));
        }
        if let Some(group) = self.group(rest, true) {
            return Some((at, group.choices));
        }
        // A letter that is none of the labels, or a word for none of them, is a conclusion too.
        let word: String = rest.chars().skip_while(|c| "([".contains(*c)).take_while(|c| c.is_alphanumeric()).collect();
        let strange = word.len() == 1 && word.chars().all(|c| c.is_ascii_uppercase());
        (strange && !article(rest, &word)
            || ["none", "neither", "both", "all", "unclear", "unknown"].contains(&word.to_lowercase().as_str()))
        .then_some((at, Vec::new()))
    }

    /// Choices that stand together here. `led` says that words lead up to them, where a small letter is a label too.
    fn group(&self, text: &str, led: bool) -> Option<Group> {
        let (first, mut bytes) = self.one(text, led)?;
        let mut choices = vec![first];
        while let Some(found) = AND.find(&text[bytes..]) {
            let Some((next, more)) = self.one(&text[bytes + found.end()..], led) else { break };
            choices.push(next);
            bytes += found.end() + more;
        }
        Some(Group { choices, bytes })
    }

    /// One choice by its text or its label, and how many bytes it takes.
    fn one(&self, text: &str, led: bool) -> Option<(usize, usize)> {
        self.text_at(text).or_else(|| self.label_at(text, led))
    }

    /// The longest choice whose text stands here as whole words.
    fn text_at(&self, text: &str) -> Option<(usize, usize)> {
        let here = self.texts.iter().enumerate().filter(|(_, choice)| !choice.is_empty());
        let fits = here.filter_map(|(place, choice)| {
            let bytes = start_of(text, choice)?;
            let apart = text[bytes..].chars().next().is_none_or(|c| !c.is_alphanumeric());
            apart.then_some((place, bytes))
        });
        fits.max_by_key(|(_, bytes)| *bytes)
    }

    /// A label here: "B", "(B)", "B)", "b)", and "b" where words lead up to it.
    fn label_at(&self, text: &str, led: bool) -> Option<(usize, usize)> {
        let inner = text.trim_start_matches(['(', '[', '\'', '‘']);
        let opened = text.len() - inner.len();
        let end = inner.find(|c: char| !c.is_alphanumeric()).unwrap_or(inner.len());
        let (word, rest) = inner.split_at(end);
        let place = self.labels.iter().position(|label| label.eq_ignore_ascii_case(word))?;
        let closed = rest.starts_with([')', ']', ':']) || (rest.starts_with('.') && opened == 0);
        let small = word.chars().any(|c| c.is_ascii_lowercase());
        // Numbers are labels only where something says so.
        let unsure = small || word.chars().all(|c| c.is_ascii_digit());
        // "A's", "B-tree", "A/B test": letters inside of words.
        let inside = rest
            .chars()
            .next()
            .is_some_and(|c| "'’-&_+".contains(c) && rest[c.len_utf8()..].starts_with(char::is_alphanumeric))
            || AB_TEST.is_match(inner);
        if inside || article(inner, word) || (unsure && !led && !closed) {
            return None;
        }
        let shut = if opened > 0 { rest.starts_with([')', ']', '\'', '’']) as usize } else { 0 };
        Some((place, opened + end + shut))
    }

    /// What is mentioned anywhere, where nothing is concluded.
    fn mentioned(&self, text: &str) -> Named {
        let mut found = Vec::new();
        let mut reached = 0;
        for at in word_starts(text) {
            if at < reached {
                continue;
            }
            let Some(group) = self.group(&text[at..], false) else { continue };
            reached = at + group.bytes;
            if !turned_down(&text[..at]) {
                found.extend(group.choices);
            }
        }
        Named::of(found)
    }
}

impl Named {
    fn of(mut choices: Vec<usize>) -> Self {
        choices.sort_unstable();
        choices.dedup();
        match choices[..] {
            [] => Self::Nothing,
            [one] => Self::One(one),
            _ => Self::Several(choices.len()),
        }
    }
}

/// What joins choices to a group.
static AND: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^[\s)\]]*(?:(?:,|/|\||&|\+|;)\s*(?:or|and)?|or|and|and/or|as well as)[\s(\[]+|^/"));
static AB_TEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^[ab]/[ab][ -](?:test|experiment|split)"));
static TURNED_DOWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\bnot|n['’]t(?: be)?|\bneither|\bnor|\bthan|\bunlike|\binstead of|\brather than)\s+(?:the\s+|an?\s+|option\s+)?[(\[]?$",
    )
});

/// Whether the words before a choice turn it down.
fn turned_down(before: &str) -> bool {
    let mut from = before.len().saturating_sub(40);
    while !before.is_char_boundary(from) {
        from += 1;
    }
    TURNED_DOWN.is_match(&before[from..])
}

/// Whether a letter is a word of English here: "A product manager", "I think".
fn article(text: &str, word: &str) -> bool {
    let next = text[word.len()..].strip_prefix(' ').unwrap_or_default();
    let following: String = next.chars().take_while(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let joins = [
        "is", "or", "and", "because", "since", "as", "but", "not", "would", "fits", "seems", "looks", "makes",
        "matches",
    ];
    match word {
        "A" | "a" => !following.is_empty() && !joins.contains(&following.as_str()),
        "I" => {
            !following.is_empty() && !["is", "or", "and", "because", "since"].contains(&following.as_str())
                || text[1..].starts_with(['\'', '’'])
        }
        _ => false,
    }
}

/// Byte offsets at which words start; an opening bracket belongs to its word.
fn word_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut before = ' ';
    text.char_indices().filter_map(move |(at, c)| {
        let starts =
            (c.is_alphanumeric() || "([".contains(c)) && !before.is_alphanumeric() && !"'’-_/([".contains(before);
        before = c;
        starts.then_some(at)
    })
}

/// The statements of a text: its lines, and their sentences.
fn statements(text: &str) -> Vec<&str> {
    let sentences = text.lines().flat_map(|line| {
        let mut start = 0;
        let mut all = Vec::new();
        for found in END.find_iter(line) {
            all.push(&line[start..found.end()]);
            start = found.end();
        }
        all.push(&line[start..]);
        all
    });
    sentences.map(str::trim).filter(|statement| statement.chars().any(char::is_alphanumeric)).collect()
}

static END: LazyLock<Regex> = LazyLock::new(|| pattern(r"[.!?;…]+[)\]]*(?:\s+|$)"));

/// The part of a sentence behind its last comma or colon.
fn clause(before: &str) -> &str {
    before.rsplit([',', ';', ':', '—', '–']).next().unwrap_or(before)
}

/// The text without what stands around its words.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric() && c != '%')
}

fn bare_eq(choice: &str, text: &str) -> bool {
    !bare(choice).is_empty() && bare(choice) == bare(text)
}

/// How many bytes of `text` are `wanted` (in lower case), if it begins with it.
fn start_of(text: &str, wanted: &str) -> Option<usize> {
    let mut left = wanted.chars();
    let mut next = left.next()?;
    for (at, c) in text.char_indices() {
        for small in c.to_lowercase() {
            if small != next {
                return None;
            }
            match left.next() {
                Some(c) => next = c,
                None => return Some(at + c.len_utf8()),
            }
        }
    }
    None
}
