//! What an example can be about, so that no two are about the same: who it is for, and what makes it hard.

use engine::store;

const COMPANIES: [&str; 24] = [
    "a chain of opticians that lends trial frames by post",
    "a cooperative that rents out orchard sprayers",
    "a city's lost-property office",
    "a maker of hiking maps with an offline app",
    "a swimming school with a waiting list",
    "a wholesaler of coffee machines and their spare parts",
    "a service that books sign-language interpreters",
    "a scooter insurer that sells by the week",
    "a county archive that scans parish registers",
    "a workshop that repairs organs and pianos",
    "a platform where farmers sell hay to riding stables",
    "an agency that places locum pharmacists",
    "a tour operator for night trains",
    "a laundry that serves small hotels",
    "a maker of payroll software for theatres",
    "a blood-donation service with mobile units",
    "a marketplace for second-hand lab equipment",
    "a ski area with timed lift slots",
    "a dairy that delivers in returnable glass",
    "a language school for nurses from abroad",
    "a card-payment terminal for market stalls",
    "a firm that inspects playgrounds",
    "a podcast host for local radio stations",
    "a dispatch tool for chimney sweeps",
];

const TURNS: [&str; 16] = [
    "one figure that a reader expects is missing",
    "two stakeholders want opposite things",
    "the date has moved twice already",
    "half of the users are over seventy",
    "it must work without a connection",
    "a competitor has just launched the same",
    "the budget was cut by a third",
    "a rule of the regulator applies from next quarter",
    "the only developer who knows it is on leave",
    "the trial went better than planned",
    "support tickets say something else than the survey",
    "it is for one large customer",
    "the team is new and the words must be simple",
    "the result is mixed and must be told plainly",
    "it has to fit on one screen of a phone",
    "three languages are needed from the start",
];

/// Every company once, each with something that makes it hard, in an order and with turns that `seed` decides.
pub(super) fn all(seed: &str) -> impl Iterator<Item = String> {
    let start = usize::from_str_radix(&store::hash(seed.as_bytes())[..8], 16).unwrap_or_default();
    // Steps that share no factor with the lengths visit everything.
    let at = move |i: usize, step: usize, len: usize| (start % len + i) * step % len;
    (0..COMPANIES.len())
        .map(move |i| format!("{}; {}", COMPANIES[at(i, 7, COMPANIES.len())], TURNS[at(i, 5, TURNS.len())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_company_comes_once_and_another_seed_gives_others() {
        for seed in ["", "PM-v1 2026-11", "PM-v1 2026-12"] {
            let companies: HashSet<String> = all(seed).filter_map(|s| Some(s.split_once(';')?.0.to_string())).collect();
            assert_eq!(companies.len(), COMPANIES.len());
        }
        assert_ne!(all("a").collect::<Vec<_>>(), all("b").collect::<Vec<_>>());
    }
}
