//! Everything that one list of findings looks at, corrected together: who tests forty things finds something by chance.

use super::holm::holm;

/// The share of the error allowed that the headline spends. It is what a comparison is made for, so it gets most; a test
/// of a single thing among forty needs hardly fewer cases when it is given the whole.
pub(super) const HEADLINE: f64 = 0.8;

/// Corrected p-values of a headline and of all that is looked at beside it: whatever of them is at most α is named, and
/// under two equal versions the chance that anything at all is named is at most α.
///
/// The headline spends [`HEADLINE`] of α, the others the rest by Holm's method; once the headline is decided, its share
/// passes on to them, so they are then held to Holm at α as if they stood alone. This is the simplest of the graphical
/// procedures that control the family-wise error whatever the tests have to do with each other (Bretz, Maurer, Brannath
/// & Posch, *A graphical approach to sequentially rejective multiple test procedures*, Statistics in Medicine 28, 2009;
/// Wiens & Dmitrienko, *The fallback procedure*, J. Biopharm. Stat. 15, 2005). A list without a headline is Holm's.
pub fn family(headline: Option<f64>, others: &[f64]) -> (Option<f64>, Vec<f64>) {
    let headline = headline.map(|p| (p / HEADLINE).min(1.0));
    let alone = holm(others);
    let Some(decided) = headline else { return (None, alone) };
    let others = alone.into_iter().map(|p| (p / (1.0 - HEADLINE)).min(p.max(decided))).collect();
    (headline, others)
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number, numbers};
    use super::*;

    /// The oracle walks the graph of the procedure at one level after another until a hypothesis is rejected.
    #[test]
    fn agrees_with_the_graphical_procedure() {
        for case in cases("family") {
            let (headline, others) = family(Some(number(&case, "headline")), &numbers(&case, "others"));
            close(headline.unwrap(), number(&case, "headline_corrected"), 1e-9);
            for (ours, theirs) in others.iter().zip(numbers(&case, "corrected")) {
                close(*ours, theirs, 1e-9);
            }
        }
    }

    #[test]
    fn a_decided_headline_hands_its_share_on() {
        let close = |found: (Option<f64>, Vec<f64>), headline: Option<f64>, others: &[f64]| {
            assert!(found.0.zip(headline).is_none_or(|(x, y)| (x - y).abs() < 1e-12), "{found:?}");
            assert!(found.1.iter().zip(others).all(|(x, y)| (x - y).abs() < 1e-12), "{found:?}");
        };
        close(family(Some(0.04), &[0.01, 0.5]), Some(0.05), &[0.05, 0.5]);
        close(family(Some(0.5), &[0.01, 0.5]), Some(0.625), &[0.1, 0.625]);
        close(family(None, &[0.01, 0.5]), None, &[0.02, 0.5]);
        assert_eq!(family(Some(1.0), &[]), (Some(1.0), Vec::new()));
    }
}
