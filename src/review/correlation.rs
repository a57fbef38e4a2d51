//! Do two measures rise and fall together?

use std::iter::Sum;
use std::ops::Add;

/// Sums over pairs, from which Pearson's correlation follows; those of two sets of pairs add up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Moments {
    pub fn of(x: f64, y: f64) -> Self {
        Self { n: 1.0, x, y, xx: x * x, yy: y * y, xy: x * y }
    }

    pub fn n(&self) -> f64 {
        self.n
    }

    /// As if every pair counted `weight` times.
    pub fn times(&self, weight: f64) -> Self {
        let [n, x, y, xx, yy, xy] = [self.n, self.x, self.y, self.xx, self.yy, self.xy].map(|sum| weight * sum);
        Self { n, x, y, xx, yy, xy }
    }

    /// Pearson's correlation. `None` with fewer than two pairs, or when either measure never changes. Meant for values
    /// of a size that points and ranks have: it subtracts squares.
    pub fn correlation(&self) -> Option<f64> {
        let (xx, yy) = (self.n * self.xx - self.x * self.x, self.n * self.yy - self.y * self.y);
        let xy = self.n * self.xy - self.x * self.y;
        (self.n > 1.0 && xx > 1e-9 && yy > 1e-9).then(|| (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
    }
}

impl Add for Moments {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            x: self.x + other.x,
            y: self.y + other.y,
            xx: self.xx + other.xx,
            yy: self.yy + other.yy,
            xy: self.xy + other.xy,
        }
    }
}

impl Sum for Moments {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// Spearman's rank correlation: Pearson's over ranks, ties sharing the mean of theirs (Spearman, *Am. J. Psychol.* 15,
/// 1904).
pub(super) fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let x = ranks(&pairs.iter().map(|(x, _)| *x).collect::<Vec<_>>());
    let y = ranks(&pairs.iter().map(|(_, y)| *y).collect::<Vec<_>>());
    x.into_iter().zip(y).map(|(x, y)| Moments::of(x, y)).sum::<Moments>().correlation()
}

/// Values that differ by rounding alone count as equal: means of thirds are compared here.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| (a.1 - b.1).abs() < 1e-9) {
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        for (place, _) in tied {
            ranks[*place] = rank;
        }
        before += tied.len();
    }
    ranks
}
