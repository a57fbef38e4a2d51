//! Numbers in digits with what makes them percentages, points or money, in the notations of English, German, French and
//! Spanish: `1,200`, `1.200`, `1 200`, `1.2k`, `1,2 Mio. Euro`, `61 %`, `61 per cent`.

use super::units;
use crate::check::quality::prose::pattern;
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Plain,
    Percent,
    /// Percentage points.
    Points,
    Money(Currency),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Currency {
    Dollar,
    Euro,
    Pound,
    Franc,
    Yen,
}

/// A number as one reader takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Amount {
    pub value: f64,
    pub measure: Measure,
    /// Written with a sign: `-3`, `+5 %`.
    pub sign: Option<Sign>,
    /// It says a thousand or more in a word or letter of its own: `1.2k`, `3 million`.
    pub scaled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
}

/// An amount in a text.
pub(super) struct Found {
    pub span: Range<usize>,
    pub readings: Vec<Amount>,
    /// The unit that touches it: `day` for `30d`.
    pub unit: Option<(Range<usize>, &'static str)>,
}

const CURRENCIES: [(Currency, &str); 5] = [
    (Currency::Dollar, r"US\$|\$|USD\b|US[-\ ]?Dollars?\b|dollars?\b|dólar(?:es)?\b|bucks\b"),
    (Currency::Euro, r"€|EUR\b|euros?\b"),
    (Currency::Pound, r"£|GBP\b|pounds?(?:\ sterling)?\b|livres?\ sterling\b|libras?\b|Pfund\b"),
    (Currency::Franc, r"CHF\b|Franken\b"),
    (Currency::Yen, r"¥|JPY\b|yen\b"),
];

static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    let currency = CURRENCIES.map(|(_, names)| names).join("|");
    pattern(&format!(
        r"(?xi)
        (?<before>(?:{currency})\s?)?
        (?<sign>[-+−–])?
        (?<inside>(?:US\$|[$€£¥])\s?)?
        (?<digits>
            (?<comma>[0-9]{{1,3}}(?:,[0-9]{{2,3}})*,[0-9]{{3}}(?:\.[0-9]+)?)
          | (?<dot>[0-9]{{1,3}}(?:\.[0-9]{{3}})+(?:,[0-9]+)?)
          | (?<space>[0-9]{{1,3}}(?:[\ \u{{a0}}\u{{202f}}\u{{2009}}'][0-9]{{3}})+(?:[.,][0-9]+)?)
          | (?<plain>[0-9]+(?:[.,][0-9]+)?)
        )
        (?<scale>
            [\s-]?(?:thousand|tausend|tsd\.?|mille|mil\ millones|mil|millions?|millionen|millón|millones|mio\.?|mln\.?|mn
              |billions?|bn|milliarden|milliards?|mrd\.?)(?:\b|\s|$)
          | \s?(?:k|m|bn?)(?:\b|[€$£]) | \s?M€
        )?
        (?<unit>
            \s?(?:%|-)?\s?-?(?:percentage[-\ ]points?|prozentpunkte?n?|points?\ de\ pourcentage|puntos?\ porcentual(?:es)?|ppts?|pps?|p\.p\.|pts?\ de\ %)(?:\b|\s|$)
          | \s?%(?:[-\ ]points?\b)?
          | [\s-]?(?:percent|per\ cent|pct|prozent|pour\ cent|por\ ciento|pourcent)\b
          | [\s-]?(?:d['’]|de\ )?(?:{currency})
        )?"
    ))
});

/// Labels whose number only counts: "Step 3".
static LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:step|section|figure|table|slide|page|chapter|appendix)\s*$"));
static CLOCK: LazyLock<Regex> = LazyLock::new(|| pattern(r"^:\d\d"));

/// Every amount of a text in order.
pub(super) fn amounts(text: &str) -> Vec<Found> {
    AMOUNT.captures_iter(text).filter_map(|found| amount(text, &found)).collect()
}

fn amount(text: &str, found: &Captures<'_>) -> Option<Found> {
    let (whole, digits) = (found.get(0)?, found.name("digits")?);
    let first = found.name("before").or(found.name("inside")).map_or(digits.start(), |m| m.start().min(digits.start()));
    let mut before = text[..first.min(found.name("sign").map_or(first, |m| m.start()))].chars().rev();
    let (last, earlier) = (before.next(), before.next());
    let signed = found.name("sign").map(|m| m.as_str());
    let glued = |c: char| c.is_alphanumeric() || c == '_';
    // `v61`, `B-61`, `6.1`, `10:61`.
    let in_name = last.is_some_and(glued) && (signed.is_none() || last.is_some_and(char::is_alphabetic))
        || last == Some('-') && earlier.is_some_and(char::is_alphabetic)
        || matches!(last, Some('.' | ',' | ':')) && earlier.is_some_and(|c| c.is_ascii_digit());
    let after = &text[whole.end()..];
    let mut following = after.chars();
    let (next, second) = (following.next(), following.next());
    let goes_on = matches!(next, Some('.' | ',')) && second.is_some_and(|c| c.is_ascii_digit())
        || CLOCK.is_match(after)
        || next == Some('_');
    if in_name && found.name("before").is_none() || goes_on || LABEL.is_match(&text[..first]) {
        return None;
    }
    let bare = found.name("scale").is_none() && found.name("unit").is_none();
    let mut unit = None;
    if next.is_some_and(char::is_alphanumeric) {
        let word: String = after.chars().take_while(|c| c.is_alphanumeric()).collect();
        let lower = word.to_lowercase();
        // `3D` and `2FA` are names, `30d` is a measure.
        let lone = word.len() == 1;
        let known = units::unit(if lone { &word } else { &lower }).filter(|_| bare)?;
        unit = Some((whole.end()..whole.end() + word.len(), known));
    }
    // A dash between two figures is a range, not a sign.
    let is_sign = !last.is_some_and(|c| c.is_ascii_digit() || c == '%');
    let sign = signed.filter(|_| is_sign).map(|s| if s == "+" { Sign::Plus } else { Sign::Minus });
    let measure = measure(found);
    let (factor, scaled) = scale(found);
    let readings = values(found).into_iter().map(|v| Amount { value: v * factor, measure, sign, scaled }).collect();
    let start = if sign.is_some() { whole.start() } else { first };
    Some(Found { span: start..whole.end(), readings, unit })
}

/// The numbers that digits may stand for.
fn values(found: &Captures<'_>) -> Vec<f64> {
    let text = |name: &str| found.name(name).map(|m| m.as_str());
    let number = |text: String| text.parse::<f64>().ok();
    let all = if let Some(t) = text("comma") {
        // `0,125` has no thousands.
        let decimal = t.starts_with('0').then(|| number(t.replace(',', ".")));
        vec![decimal.unwrap_or_else(|| number(t.replace(',', "")))]
    } else if let Some(t) = text("dot") {
        let thousands = number(t.replace('.', "").replace(',', ".")).filter(|_| !t.starts_with('0'));
        vec![thousands, number(t.to_string())]
    } else if let Some(t) = text("space") {
        let digits = t.replace(|c: char| !c.is_ascii_digit() && c != '.' && c != ',', "");
        vec![number(digits.replace(',', "."))]
    } else {
        vec![text("plain").and_then(|t| number(t.replace(',', ".")))]
    };
    all.into_iter().flatten().collect()
}

fn measure(found: &Captures<'_>) -> Measure {
    static NAMES: LazyLock<[(Currency, Regex); 5]> =
        LazyLock::new(|| CURRENCIES.map(|(currency, names)| (currency, pattern(&format!(r"(?xi)(?:{names})")))));
    let text = |name: &str| found.name(name).map_or("", |m| m.as_str());
    let unit = text("unit").to_lowercase();
    if ["point", "punkt", "punto", "pp", "p.p", "pts"].iter().any(|name| unit.contains(name)) {
        return Measure::Points;
    }
    if ["%", "cent", "pct", "prozent", "ciento"].iter().any(|name| unit.contains(name)) {
        return Measure::Percent;
    }
    let named = format!("{} {} {} {unit}", text("before"), text("inside"), text("scale"));
    NAMES
        .iter()
        .find(|(_, names)| names.is_match(&named))
        .map_or(Measure::Plain, |(currency, _)| Measure::Money(*currency))
}

fn scale(found: &Captures<'_>) -> (f64, bool) {
    let Some(scale) = found.name("scale") else { return (1.0, false) };
    let word: String = scale.as_str().to_lowercase().chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    let factor = match word.trim() {
        "k" | "thousand" | "tausend" | "tsd" | "mille" | "mil" => 1e3,
        "b" | "bn" | "billion" | "billions" | "mil millones" => 1e9,
        word if word.starts_with("milliard") || word == "mrd" => 1e9,
        _ => 1e6,
    };
    (factor, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Vec<(f64, Measure)> {
        let found = amounts(text);
        assert_eq!(found.len(), 1, "{text}");
        found[0].readings.iter().map(|a| (a.value, a.measure)).collect()
    }

    #[test]
    fn one_number_in_many_notations() {
        for text in ["1,200", "1200", "1 200", "1'200", "1\u{202f}200", "1.2k", "1.2 thousand", "1,2 Tsd.", "1200.0"] {
            assert_eq!(only(text), [(1200.0, Measure::Plain)], "{text}");
        }
        assert_eq!(only("1.200"), [(1200.0, Measure::Plain), (1.2, Measure::Plain)]);
        let dollars = (1.2e6, Measure::Money(Currency::Dollar));
        for text in
            ["$1.2m", "$1.2M", "USD 1.2 million", "1,200,000 dollars", "1.2m USD", "US$1.2 million", "1,2 Mio. Dollar"]
        {
            assert_eq!(only(text), [dollars], "{text}");
        }
        for text in
            ["61%", "61 %", "61 percent", "61 per cent", "61 Prozent", "61 pour cent", "61 por ciento", "61 pct"]
        {
            assert_eq!(only(text), [(61.0, Measure::Percent)], "{text}");
        }
        for text in ["3 percentage points", "3pp", "3 %-points", "3 Prozentpunkte", "-3 pts de %"] {
            assert_eq!(only(text)[0].1, Measure::Points, "{text}");
        }
        for text in ["1,2 M€", "1.2 millions d'euros", "1,2 millones de euros", "€1.2m"] {
            assert_eq!(only(text), [(1.2e6, Measure::Money(Currency::Euro))], "{text}");
        }
    }

    #[test]
    fn digits_in_names_times_and_versions_are_no_amounts() {
        for text in ["v61", "B2B", "UTF-8", "2.6.1", "10:30", "3D", "Step 3", "x_61", "SOC2"] {
            assert!(amounts(text).is_empty(), "{text}");
        }
        let lengths: Vec<_> = amounts("30d, 4h").iter().filter_map(|f| f.unit.as_ref().map(|u| u.1)).collect();
        assert_eq!(lengths, ["day", "hour"]);
    }

    #[test]
    fn signs_are_no_ranges() {
        let sign = |text: &str| amounts(text).last().and_then(|f| f.readings[0].sign);
        assert_eq!(sign("churn −3 %"), Some(Sign::Minus));
        assert_eq!(sign("+12%"), Some(Sign::Plus));
        assert_eq!(sign("3-5%"), None);
    }
}
