//! How many there are of something.

/// Nouns whose plural does not follow the rule.
const IRREGULAR: [(&str, &str); 3] = [("person", "people"), ("criterion", "criteria"), ("epoch", "epochs")];

/// `1 case`, `3 cases`, `12,000 tokens`, `2 people`. `noun` is one of them: its plural is made here.
pub fn count(n: usize, noun: &str) -> String {
    format!("{} {}", thousands(n), self::noun(n, noun))
}

/// The noun alone, for so many: `case` for 1, else `cases`. Of several words the last one changes: `earlier run`.
pub fn noun(n: usize, noun: &str) -> String {
    if n == 1 { noun.to_string() } else { plural(noun) }
}

/// What fits 1, else what fits any other number: `either(n, "is", "are")`.
pub fn either<'a>(n: usize, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}

fn plural(noun: &str) -> String {
    let start = noun.rfind(' ').map_or(0, |at| at + 1);
    let (before, last) = noun.split_at(start);
    if let Some((_, many)) = IRREGULAR.into_iter().find(|(one, _)| *one == last) {
        return format!("{before}{many}");
    }
    let hisses = ["s", "x", "ch", "sh"].into_iter().any(|end| last.ends_with(end));
    match last.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{before}{stem}ies"),
        _ if hisses => format!("{before}{last}es"),
        _ => format!("{before}{last}s"),
    }
}

/// `14 of 38`.
pub fn count_of(part: usize, of: usize) -> String {
    format!("{} of {}", thousands(part), thousands(of))
}

/// `10,000`.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_thing_is_never_many() {
        for (noun, many) in [
            ("case", "cases"),
            ("category", "categories"),
            ("day", "days"),
            ("pass", "passes"),
            ("batch", "batches"),
            ("epoch", "epochs"),
            ("person", "people"),
            ("criterion", "criteria"),
            ("earlier run", "earlier runs"),
            ("acceptance criterion", "acceptance criteria"),
        ] {
            assert_eq!(count(1, noun), format!("1 {noun}"));
            assert_eq!(count(0, noun), format!("0 {many}"));
            assert_eq!(count(1200, noun), format!("1,200 {many}"));
        }
        assert_eq!((either(1, "is", "are"), either(0, "is", "are")), ("is", "are"));
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!((thousands(999).as_str(), thousands(1234567).as_str()), ("999", "1,234,567"));
        assert_eq!(count_of(14, 1038), "14 of 1,038");
    }
}
