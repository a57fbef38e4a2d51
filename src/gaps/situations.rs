//! What an example can be about, so that no two are about the same: who it is for, and what makes it hard.

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

/// Some situations, other ones for every `seed`. The first of them come in an order that visits every company before one
/// comes again.
pub fn some(count: usize, seed: u64) -> impl Iterator<Item = String> {
    // Steps that share no factor with the lengths visit everything.
    let at = move |i: usize, step: usize, len: usize| (seed as usize % len + i) * step % len;
    (0..count).map(move |i| {
        let company = COMPANIES[at(i, 7, COMPANIES.len())];
        format!("{company}; {}", TURNS[at(i, 5, TURNS.len())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_company_comes_before_one_comes_again() {
        for seed in [0, 1, 99, u64::MAX] {
            let all: HashSet<String> = some(24, seed).map(|s| s.split(';').next().unwrap().to_string()).collect();
            assert_eq!(all.len(), 24);
        }
        assert_ne!(some(3, 1).collect::<Vec<_>>(), some(3, 2).collect::<Vec<_>>());
    }
}
