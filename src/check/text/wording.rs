//! Words for reasons, and the min/max of every counting check.

use crate::check::Verdict;
use crate::words;
use unicode_segmentation::UnicodeSegmentation;

const QUOTED_CHARACTERS: usize = 80;

/// A short quotation on one line: `“We ship on …”`.
pub(crate) fn quote(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut graphemes = text.graphemes(true);
    let mut short: String = graphemes.by_ref().take(QUOTED_CHARACTERS).collect();
    if graphemes.next().is_some() {
        short.push('…');
    }
    format!("“{short}”")
}

/// `A, B, C`, at most eight of them.
pub(crate) fn listing<S: AsRef<str>>(names: &[S]) -> String {
    words::few(names, 8)
}

/// Whether a count lies between `min` and `max`, both included.
pub(crate) fn within(count: usize, min: Option<usize>, max: Option<usize>, noun: &str, place: &str) -> Verdict {
    let found = format!("{}{place}", words::count(count, noun));
    let wanted = match (min, max) {
        (Some(min), Some(max)) if min == max => format!("exactly {min}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "any number".to_string(),
    };
    let passed = min.is_none_or(|min| count >= min) && max.is_none_or(|max| count <= max);
    Verdict::when(passed, format!("{found}; wanted: {wanted}"))
}

/// The fault of a `min`/`max` pair that can never pass or says nothing.
pub(crate) fn range_fault(min: Option<usize>, max: Option<usize>) -> Option<String> {
    match (min, max) {
        (None, None) => Some("give min, max or both".to_string()),
        (Some(min), Some(max)) if min > max => Some(format!("min ({min}) is above max ({max}); no answer could pass")),
        _ => None,
    }
}

/// The fault of a list that is empty or has an empty text in it.
pub(crate) fn list_fault<S: AsRef<str>>(value: &[S]) -> Option<String> {
    if value.is_empty() {
        return Some("value is an empty list; give at least one text".to_string());
    }
    value.iter().find_map(|v| text_fault(v.as_ref()))
}

/// The fault of a text that every answer would match.
pub(crate) fn text_fault(value: &str) -> Option<String> {
    value.trim().is_empty().then(|| "value has an empty text, which every answer matches".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stay_short_and_on_one_line() {
        assert_eq!(quote("We\n ship"), "“We ship”");
        let long = quote(&"word ".repeat(100));
        assert!(long.ends_with("…”") && long.chars().count() <= 83, "{long}");
        assert_eq!(listing(&["a"; 10]), "a, a, a, a, a, a, a, a and 2 more");
    }

    #[test]
    fn ranges() {
        let judge = |n, min, max| within(n, min, max, "word", "");
        assert!(judge(3, Some(3), Some(3)).passed() && judge(0, None, Some(0)).passed());
        assert!(!judge(2, Some(3), None).passed() && !judge(4, None, Some(3)).passed());
        assert_eq!(judge(4, Some(1), Some(3)).reason(), "4 words; wanted: 1 to 3");
        assert!(range_fault(None, None).is_some() && range_fault(Some(4), Some(3)).is_some());
        assert_eq!(range_fault(Some(3), Some(3)), None);
        assert!(list_fault::<&str>(&[]).is_some() && list_fault(&["a", " "]).is_some() && list_fault(&["a"]).is_none());
    }
}
