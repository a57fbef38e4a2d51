use super::amounts::{Amount, Measure};
use super::atoms::{Atom, Reading, atoms};
use super::spoken::Tongue;
use std::ops::Range;

/// A text read in each of some languages.
#[derive(Debug, Clone)]
pub(crate) struct Telling(Vec<(Tongue, Vec<Atom>)>);

impl Telling {
    pub fn of(text: &str, tongues: &[Tongue]) -> Self {
        Self(tongues.iter().map(|tongue| (*tongue, atoms(text, *tongue))).collect())
    }

    /// In every language it was read in.
    pub fn readings(&self) -> impl Iterator<Item = &[Atom]> {
        self.0.iter().map(|(_, atoms)| atoms.as_slice())
    }
}

/// Something to find in a text in whatever notation.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    /// As read in each language.
    forms: Vec<(Tongue, Vec<Atom>)>,
}

impl Fact {
    pub fn read(value: &str, tongues: &[Tongue]) -> Self {
        Self { forms: tongues.iter().map(|tongue| (*tongue, wanted(value, *tongue))).collect() }
    }

    pub fn is_in(&self, telling: &Telling) -> bool {
        self.forms.iter().any(|(tongue, form)| {
            telling.0.iter().any(|(told_in, told)| told_in == tongue && !find_all(form, told).is_empty())
        })
    }

    /// Whether a text names something else of the same sort: another date, another percentage.
    pub fn has_rival_in(&self, telling: &Telling) -> bool {
        let Some((_, form)) = self.forms.first() else { return false };
        let rival = |atom: &Atom| {
            form.iter().any(|wanted| {
                let date = wanted.is_date() && wanted.word().is_none() && atom.is_date() && atom.word().is_none();
                let amount = wanted
                    .amounts()
                    .any(|w| w.measure != Measure::Plain && atom.amounts().any(|a| a.measure == w.measure));
                (date || amount) && !same(wanted, atom)
            })
        };
        telling.readings().next().is_some_and(|told| told.iter().any(rival))
    }
}

/// What is wanted, without readings that nobody means who writes it down alone.
fn wanted(value: &str, tongue: Tongue) -> Vec<Atom> {
    let mut form = atoms(value.trim(), tongue);
    let dated = form.iter().any(Atom::is_date);
    // The day of the week may be left out where the date is given.
    form.retain(|atom| !(dated && atom.readings.iter().any(|r| matches!(r, Reading::Weekday(_)))));
    for atom in form.iter_mut().filter(|atom| atom.is_date()) {
        atom.readings.retain(|reading| matches!(reading, Reading::Date(_)));
    }
    form
}

/// Every place where the wanted atoms stand one after another.
pub(crate) fn find_all(wanted: &[Atom], told: &[Atom]) -> Vec<Range<usize>> {
    if wanted.is_empty() {
        return vec![];
    }
    (0..told.len()).filter_map(|from| Some(from..stands_at(wanted, told, from)?)).collect()
}

/// Where the wanted atoms end if they begin here. One word may stand between a figure and what it counts
/// ("12 working days").
fn stands_at(wanted: &[Atom], told: &[Atom], from: usize) -> Option<usize> {
    if let [only] = wanted
        && let Some(end) = share_at(only, told, from)
    {
        return Some(end);
    }
    let mut at = from;
    for (i, atom) in wanted.iter().enumerate() {
        let meets = |at: usize| told.get(at).is_some_and(|t| same(atom, t) || money_at(atom, told, at));
        let figure = |atom: &Atom| atom.amounts().next().is_some() || atom.is_date();
        let loose = i > 0 && (figure(atom) || figure(&wanted[i - 1]));
        let skips = told.get(at).is_some_and(|t| t.amounts().next().is_none() && !t.is_date());
        at = match (meets(at), loose && skips && meets(at + 1)) {
            (true, _) => at + 1,
            (false, true) => at + 2,
            (false, false) => return None,
        };
    }
    Some(at)
}

fn same(wanted: &Atom, told: &Atom) -> bool {
    wanted.readings.iter().any(|wanted| {
        told.readings.iter().any(|told| match (wanted, told) {
            (Reading::Date(wanted), Reading::Date(told)) => wanted.is_named_by(told),
            (Reading::Amount(wanted), Reading::Amount(told)) => same_amount(wanted, told),
            (Reading::Word(wanted), Reading::Word(told)) => same_word(wanted, told),
            (Reading::Weekday(wanted), Reading::Weekday(told)) => wanted == told,
            _ => false,
        })
    })
}

/// A plain number is told by one with a currency as well, but never by a percentage. Signs do not matter: "fell by 3 %"
/// tells of −3 %.
fn same_amount(wanted: &Amount, told: &Amount) -> bool {
    let measure = match wanted.measure {
        Measure::Plain => matches!(told.measure, Measure::Plain | Measure::Money(_)),
        measure => measure == told.measure,
    };
    measure && close(wanted.value, told.value)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

/// Equal but for a simple plural.
pub(super) fn same_word(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short == long {
        return true;
    }
    let ending = long.strip_prefix(short);
    let ies = || short.strip_suffix('y').is_some_and(|stem| long.strip_prefix(stem) == Some("ies"));
    let letters = short.chars().count() > 1 && short.chars().any(char::is_alphabetic);
    letters && (ending == Some("s") || ending == Some("es") || ies())
}

/// A share told as "1 in 4", "a quarter of", "half of".
fn share_at(wanted: &Atom, told: &[Atom], from: usize) -> Option<usize> {
    let percent = wanted.amounts().find(|a| a.measure == Measure::Percent)?.value;
    let word = |at: usize| told.get(at).and_then(Atom::word).unwrap_or_default();
    let plain = |at: usize| told.get(at)?.amounts().find(|a| a.measure == Measure::Plain).map(|a| a.value);
    let (share, end) = match (word(from), plain(from)) {
        ("half", _) if matches!(word(from + 1), "of" | "the" | "our" | "all") => (50.0, from + 1),
        ("quarter", _) if word(from + 1) == "of" => (25.0, from + 1),
        ("quarters", _) if word(from + 1) == "of" && from > 0 && plain(from - 1) == Some(3.0) => (75.0, from + 1),
        (_, Some(part)) => {
            let whole = if word(from + 1) == "out" && word(from + 2) == "of" { from + 3 } else { from + 2 };
            let joined = matches!(word(from + 1), "in" | "out" | "of");
            let all = plain(whole).filter(|all| joined && *all > part && *all <= 100.0)?;
            (100.0 * part / all, whole + 1)
        }
        _ => return None,
    };
    close(share, percent).then_some(end)
}

/// Money told without its currency: "a budget of 1.2 million", but not "1.2 million users".
fn money_at(wanted: &Atom, told: &[Atom], at: usize) -> bool {
    const JOINTS: [&str; 24] = [
        "to", "by", "from", "in", "and", "or", "at", "on", "per", "of", "for", "the", "with", "this", "next", "last",
        "as", "is", "was", "were", "over", "a", "until", "than",
    ];
    let Some(atom) = told.get(at) else { return false };
    let counted = told.get(at + 1).is_some_and(|next| {
        next.span.start <= atom.span.end + 1 && next.word().is_some_and(|word| !JOINTS.contains(&word))
    });
    let mut money = wanted.amounts().filter(|a| matches!(a.measure, Measure::Money(_)));
    let large = |a: &Amount| a.measure == Measure::Plain && (a.scaled || a.value >= 1000.0);
    !counted && money.any(|wanted| atom.amounts().any(|a| large(a) && close(a.value, wanted.value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: &str, text: &str) -> bool {
        let tongues = [Tongue::English];
        Fact::read(value, &tongues).is_in(&Telling::of(text, &tongues))
    }

    #[test]
    fn facts_are_found_in_any_notation() {
        for (value, texts) in [
            (
                "5 April",
                &["on April 5", "the 5th of April", "5.4.", "2026-04-05", "by the fifth of April 2026", "5. April"][..],
            ),
            ("5 April 2026", &["5 April", "April 5th, 2026", "05/04/2026"]),
            ("61%", &["61 % of them", "61 percent", "sixty-one per cent", "between 58 and 61%"]),
            ("1,200", &["1200", "1.200", "1 200 users", "1.2k", "twelve hundred", "$1,200"]),
            ("$1.2m", &["USD 1.2 million", "1,200,000 dollars", "a budget of 1.2 million."]),
            ("12 days", &["twelve days", "a 12-day delay", "12 working days", "12d"]),
            ("25%", &["1 in 4", "one out of four", "a quarter of the users"]),
            ("Maria Lopez", &["MARIA LOPEZ's team", "(Maria Lopez)"]),
            ("password reset", &["Password resets work", "password-reset"]),
            ("Friday 5 April", &["5 April"]),
            ("May", &["in May", "May 2026"]),
        ] {
            for text in texts {
                assert!(told(value, text), "{value}: {text}");
            }
        }
    }

    #[test]
    fn other_facts_are_not_taken_for_them() {
        for (value, texts) in [
            ("61%", &["61 customers", "6.1%", "v61", "610", "161%", "61 points", "61"][..]),
            ("61", &["61%", "161", "61.5", "6:10"]),
            ("5 April 2026", &["5 April 2025", "April 2026", "15 April 2026", "6 April"]),
            ("$1.2m", &["€1.2m", "1.2m users", "$12m"]),
            ("1,200", &["12,00", "12000", "1.2", "1,200%"]),
            ("12 days", &["12 weeks", "12 customers in 3 days"]),
            ("Ana", &["Banana", "Anna"]),
            ("Maria Lopez", &["Maria and Lopez", "Maria"]),
            ("May", &["we may go"]),
        ] {
            for text in texts {
                assert!(!told(value, text), "{value}: {text}");
            }
        }
    }

    #[test]
    fn rivals_are_of_the_same_sort() {
        let rival = |value: &str, text: &str| {
            Fact::read(value, &[Tongue::English]).has_rival_in(&Telling::of(text, &[Tongue::English]))
        };
        assert!(rival("5 April", "Ana: 6 April") && rival("5%", "8%"));
        assert!(!rival("5 April", "5 April, 8%") && !rival("Ana", "Ben"));
    }
}
