//! Loose Markdown, as small models write it, put right line by line before the parser sees it.
//!
//! Only what CommonMark would read differently from a person is touched, and never inside a fenced code block:
//! - `• item` (also `‣ ◦ ▪ ● ·`) becomes a bullet;
//! - `a) item` is a numbered item, where a list of such letters begins with `a)`;
//! - `2. item` right under a paragraph starts a list (CommonMark lets only `1.` interrupt a paragraph);
//! - `[Owner]: Sam` stays text (CommonMark would take it for a link definition and drop it);
//! - an answer wrapped whole in a Markdown code fence is read as the Markdown inside it.

const BULLETS: [char; 6] = ['•', '‣', '◦', '▪', '●', '·'];

/// Text for the parser, with the line of the answer (from 1) that each of its lines came from.
pub(super) struct Mended {
    pub text: String,
    pub lines: Vec<usize>,
}

pub(super) fn mend(answer: &str) -> Mended {
    let lines: Vec<&str> = answer.lines().collect();
    let wrapper = whole_fence(&lines);
    let lettered =
        lines.iter().any(|line| letter_of(line) == Some(0)) && lines.iter().any(|line| letter_of(line) == Some(1));
    let mut out = Mended { text: String::with_capacity(answer.len() + 16), lines: Vec::with_capacity(lines.len()) };
    let mut fence: Option<(char, usize)> = None;
    let mut before = Before::Blank;
    for (i, line) in lines.iter().enumerate() {
        if wrapper.is_some_and(|(first, last)| i == first || i == last) {
            out.push("", i + 1);
            before = Before::Blank;
            continue;
        }
        if let Some(open) = fence {
            out.push(line, i + 1);
            if closes(line, open) {
                fence = None;
            }
            before = Before::Blank;
            continue;
        }
        if let Some((mark, length, _)) = fence_of(line) {
            fence = Some((mark, length));
            out.push(line, i + 1);
            continue;
        }
        let line = match letter_of(line).filter(|_| lettered) {
            Some(letter) => format!("{}) {}", letter + 1, &line.trim_start()[2..].trim_start()),
            None => mend_line(line),
        };
        let numbered = is_numbered(&line);
        if numbered && before == Before::Text {
            out.push("", i + 1);
        }
        before = match (line.trim().is_empty(), numbered || is_bullet(&line), before) {
            (true, ..) => Before::Blank,
            (_, true, _) | (_, _, Before::Item) => Before::Item,
            _ => Before::Text,
        };
        out.push(&line, i + 1);
    }
    out
}

/// What stands on the line above.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Blank,
    Item,
    Text,
}

impl Mended {
    fn push(&mut self, line: &str, number: usize) {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines.push(number);
    }

    /// The answer's line for a line of the mended text, both from 1.
    pub fn line(&self, mended: usize) -> usize {
        self.lines.get(mended.saturating_sub(1)).or(self.lines.last()).copied().unwrap_or(1)
    }
}

fn mend_line(line: &str) -> String {
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    if let Some(rest) = body.strip_prefix(BULLETS) {
        let rest = rest.trim_start();
        if !rest.is_empty() {
            return format!("{indent}- {rest}");
        }
    }
    match body.strip_prefix('[').and_then(|b| b.split_once("]:")) {
        Some((_, target)) if !target.contains("://") => format!("{indent}\\{body}"),
        _ => line.to_string(),
    }
}

/// The place in the alphabet of the letter before a bracket: 0 for `a) text`.
fn letter_of(line: &str) -> Option<usize> {
    let mut letters = line.trim_start().chars();
    let letter = letters.next().filter(char::is_ascii_lowercase)?;
    (letters.next() == Some(')') && letters.next() == Some(' ')).then_some(letter as usize - 'a' as usize)
}

fn is_bullet(line: &str) -> bool {
    let body = line.trim_start();
    ["- ", "* ", "+ "].iter().any(|mark| body.starts_with(mark))
}

/// `7. text` or `7) text`, with at most two digits: `2024. It was…` is a sentence.
fn is_numbered(line: &str) -> bool {
    let body = line.trim_start();
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &body[digits..];
    (1..=2).contains(&digits) && (rest.starts_with(". ") || rest.starts_with(") "))
}

/// The mark, length and info string of a line that opens (or closes) a fenced code block.
fn fence_of(line: &str) -> Option<(char, usize, &str)> {
    let body = line.trim();
    let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = body.chars().take_while(|&c| c == mark).count();
    let info = body[length..].trim();
    (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, length, info))
}

fn closes(line: &str, (mark, length): (char, usize)) -> bool {
    fence_of(line).is_some_and(|(m, l, info)| m == mark && l >= length && info.is_empty())
}

/// First and last line of a Markdown fence around the whole answer.
fn whole_fence(lines: &[&str]) -> Option<(usize, usize)> {
    let first = lines.iter().position(|l| !l.trim().is_empty())?;
    let last = lines.iter().rposition(|l| !l.trim().is_empty())?;
    let (_, _, info) = fence_of(lines.get(first)?)?;
    if !matches!(info.to_lowercase().as_str(), "markdown" | "md") || first == last {
        return None;
    }
    // Fences inside open with an info string and close without one; the outer fence must close on the last line only.
    let mut depth = 0usize;
    for (i, line) in lines.iter().enumerate().take(last + 1).skip(first) {
        match fence_of(line) {
            Some((_, _, info)) if !info.is_empty() => depth += 1,
            Some(_) => depth = depth.saturating_sub(1),
            None => continue,
        }
        if depth == 0 {
            return (i == last).then_some((first, last));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_loose_lines_right_and_remembers_where_they_stood() {
        let mended = mend("Key results:\n2. Grow\n• Keep\n[Owner]: Sam");
        assert_eq!(mended.text, "Key results:\n\n2. Grow\n- Keep\n\\[Owner]: Sam\n");
        assert_eq!(mended.lines, [1, 2, 2, 3, 4]);
        assert_eq!(mend("a) Grow\nb) Keep").text, "1) Grow\n2) Keep\n");
        assert_eq!(mend("i) Grow").text, "i) Grow\n");
    }

    #[test]
    fn leaves_code_links_and_years_alone() {
        for text in
            ["```\n• a\ntext\n2. b\n```\n", "[1]: https://example.com/a\n", "It grew until\n2024. Then it fell.\n"]
        {
            assert_eq!(mend(text).text, text);
        }
    }

    #[test]
    fn unwraps_an_answer_that_is_one_markdown_fence() {
        assert_eq!(mend("```markdown\n# Plan\n```").text, "\n# Plan\n\n");
        assert_eq!(mend("```md\n# Plan\n```json\n{}\n```\n```\n").text, "\n# Plan\n```json\n{}\n```\n\n");
        let two = "```markdown\n# Plan\n```\nThen:\n```js\nx\n```\n";
        assert_eq!(mend(two).text, two);
    }
}
