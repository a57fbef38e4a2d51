//! What an unquoted word means, by the core schema of YAML 1.2 (section 10.3.2). `yes`, `no`, `on`, `off` are texts.

/// How a scalar stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes: may be a number, a truth value or nothing.
    Plain,
    /// In quotes or as a block: always a text.
    Quoted,
    /// Filled in from a template: a text, or a number where one is wanted.
    Rendered,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scalar {
    pub text: String,
    pub style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text,
}

impl Scalar {
    /// What the scalar is when nothing in particular is asked for.
    pub fn meaning(&self) -> Meaning {
        match self.style {
            Style::Plain => resolve(&self.text),
            Style::Quoted | Style::Rendered => Meaning::Text,
        }
    }

    /// What the scalar is where a number or truth value is wanted.
    pub fn wanted(&self) -> Meaning {
        match self.style {
            Style::Plain | Style::Rendered => resolve(&self.text),
            Style::Quoted => Meaning::Text,
        }
    }
}

fn resolve(text: &str) -> Meaning {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Meaning::Null,
        "true" | "True" | "TRUE" => return Meaning::Bool(true),
        "false" | "False" | "FALSE" => return Meaning::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Meaning::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Meaning::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Meaning::Float(f64::NEG_INFINITY),
        _ => {}
    }
    integer(text).or_else(|| float(text)).unwrap_or(Meaning::Text)
}

fn integer(text: &str) -> Option<Meaning> {
    let radix = |digits: &str, radix| {
        // `from_str_radix` takes a sign of its own.
        let first = digits.chars().next()?;
        first.is_digit(radix).then(|| u64::from_str_radix(digits, radix).ok())?.map(Meaning::Unsigned)
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().map(Meaning::Unsigned).or_else(|_| text.parse().map(Meaning::Signed)).ok()
}

fn float(text: &str) -> Option<Meaning> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Rust also reads `inf`, `nan` and `infinity`, which are texts in YAML.
    let starts = digits.strip_prefix('.').unwrap_or(digits).starts_with(|c: char| c.is_ascii_digit());
    starts.then(|| text.parse().ok())?.map(Meaning::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema() {
        let cases = [
            ("", Meaning::Null),
            ("~", Meaning::Null),
            ("true", Meaning::Bool(true)),
            ("yes", Meaning::Text),
            ("0", Meaning::Unsigned(0)),
            ("-3", Meaning::Signed(-3)),
            ("+12", Meaning::Unsigned(12)),
            ("0x1F", Meaning::Unsigned(31)),
            ("0o17", Meaning::Unsigned(15)),
            ("0x+1", Meaning::Text),
            ("1e3", Meaning::Float(1000.0)),
            (".5", Meaning::Float(0.5)),
            ("-0.5", Meaning::Float(-0.5)),
            ("18446744073709551616", Meaning::Float(18446744073709551616.0)),
            ("nan", Meaning::Text),
            ("infinity", Meaning::Text),
            ("1.2.3", Meaning::Text),
            ("2026-11-21", Meaning::Text),
            (".", Meaning::Text),
            ("-", Meaning::Text),
        ];
        for (text, meaning) in cases {
            assert_eq!(resolve(text), meaning, "{text:?}");
        }
        assert!(matches!(resolve(".nan"), Meaning::Float(x) if x.is_nan()));
    }
}
