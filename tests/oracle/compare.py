"""Expected values for the statistics of src/compare on a thousand generated cases each.

python3 tests/oracle/compare.py > tests/oracle/compare.json

Only expected values are stored: src/compare/generated.rs draws the same inputs from the same generator.
Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0; it takes about six minutes.
"""

import functools
import os
import sys

import splitmix

# `statistics.py` beside this file would hide the standard library's module of that name.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import numpy as np
import statsmodels.api as sm
from scipy import optimize, stats
from scipy.special import comb
from splitmix import CASES, Random, ends, hits, rounded, widened_tail, write
from statsmodels.stats.power import TTestPower

THEIRS = 50_000


def paired(r, n):
    """Scores of both versions as checks give them: steps of a half, a third or a quarter, two in five equal."""
    drift = r.below(4)
    a, b = [], []
    for _ in range(n):
        checks, tie, up = 1 + r.below(4), r.below(5) < 2, r.below(8) < drift
        first, second = r.below(checks + 1), r.below(checks + 1)
        a.append(first / checks)
        b.append(1.0 if up else a[-1] if tie else second / checks)
    return np.array(a), np.array(b)


def clustered(r):
    """Differences, and for two samples in three clusters and weights."""
    n, loose = 8 + r.below(53), r.below(3) == 0
    a, b = paired(r, n)
    sources = 4 + r.below(n - 4)
    drawn = [(r.below(sources), 1.0 + r.below(3)) for _ in range(n)]
    if loose:
        return b - a, np.arange(n), np.ones(n)
    return b - a, np.array([c for c, _ in drawn]), np.array([w for _, w in drawn])


def pass_at_k(r):
    answers = 1 + r.below(200)
    passed, k = r.below(answers + 1), 1 + r.below(answers)
    at = 1 - comb(answers - passed, k, exact=True) / comb(answers, k, exact=True)
    return [at, comb(passed, k, exact=True) / comb(answers, k, exact=True)]


def cluster_error(r):
    """Mean and standard error of weighted, clustered differences: those of a regression on a constant."""
    differences, cluster, weights = clustered(r)
    if len(set(cluster)) < 2:
        return None
    fit = sm.WLS(differences, np.ones(len(differences)), weights=weights).fit(
        cov_type="cluster", cov_kwds=dict(groups=cluster))
    return [fit.params[0], fit.bse[0]]


@functools.cache
def effect(n, confidence):
    """The effect in spreads that a two-sided paired t test finds four times in five, and the cases for half of it."""

    def found(size, cases):
        # SciPy's noncentral t is undefined far below its centre; there the wrong side adds nothing.
        both = TTestPower().power(size, cases, 1 - confidence, alternative="two-sided")
        return TTestPower().power(size, cases, (1 - confidence) / 2, alternative="larger") if np.isnan(both) else both

    size = optimize.brentq(lambda size: found(size, n) - 0.8, 1 / np.sqrt(n), 8 / np.sqrt(n), xtol=1e-12)
    half = optimize.brentq(lambda cases: found(size / 2, cases) - 0.8, n, 6.0 * n, xtol=1e-9)
    return size, float(np.ceil(half))


def power(r):
    n, confidence = 6 + r.below(195), [0.9, 0.95, 0.99][r.below(3)]
    a, b = paired(r, n)
    size, half = effect(n, confidence)
    spread = (b - a).std(ddof=1)
    return [size * spread, half] if spread > 1e-12 else None


def paired_interval(r, seed):
    """SciPy's bootstrap of the weighted mean difference, whole clusters drawn."""
    differences, cluster, weights = clustered(r)
    sums = np.array([(weights * differences)[cluster == c].sum() for c in sorted(set(cluster))])
    whole = np.array([weights[cluster == c].sum() for c in sorted(set(cluster))])
    found = stats.bootstrap(
        (sums, whole), lambda s, w, axis: s.sum(axis=axis) / w.sum(axis=axis), paired=True, vectorized=True,
        method="percentile", n_resamples=THEIRS, batch=10_000, rng=np.random.default_rng(seed))
    return ends(found.bootstrap_distribution, widened_tail(len(sums)), sums.sum() / whole.sum())


def sampled_sign_flip(r, seed):
    a, b = paired(r, 80 + r.below(41))
    # Rounded, so that equal sums are equal.
    test = stats.permutation_test(
        (b - a,), lambda x, axis: np.round(abs(x.mean(axis=axis)), 10), permutation_type="samples",
        alternative="greater", n_resamples=THEIRS, batch=10_000, vectorized=True, rng=np.random.default_rng(seed))
    return hits(test.pvalue, THEIRS)


exact = {f.__name__: [f(Random(seed)) for seed in range(CASES)] for f in (pass_at_k, cluster_error, power)}
resampled = {
    f.__name__: rounded([f(Random(seed), seed) for seed in range(CASES)], 6) for f in (paired_interval, sampled_sign_flip)
}
write(exact | resampled)
