//! Holm's correction: who looks at six categories finds something in one of them by chance.

/// Step-down corrected p-values in the order given: the smallest of m is multiplied by m, the next by m − 1 and so on,
/// each made no smaller than the one before and no greater than 1 (Holm, *Scand. J. Statist.* 6, 1979).
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut ranked: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    ranked.sort_by(|x, y| x.1.total_cmp(&y.1));
    let mut floor = 0.0f64;
    for (rank, (_, value)) in ranked.iter_mut().enumerate() {
        floor = floor.max((*value * (p.len() - rank) as f64).min(1.0));
        *value = floor;
    }
    ranked.sort_by_key(|(index, _)| *index);
    ranked.into_iter().map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, numbers};
    use super::*;

    #[test]
    fn agrees_with_statsmodels() {
        for case in cases("holm") {
            for (ours, theirs) in holm(&numbers(&case, "p")).iter().zip(numbers(&case, "corrected")) {
                close(*ours, theirs, 1e-9);
            }
        }
    }

    #[test]
    fn one_test_stays_as_it_is() {
        assert_eq!(holm(&[0.03]), [0.03]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
