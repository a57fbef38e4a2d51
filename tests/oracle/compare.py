"""Expected values for the statistics of src/compare on a thousand generated cases each.

python3 tests/oracle/compare.py > tests/oracle/compare.json

Only expected values are stored: src/compare/generated.rs draws the same inputs from the same generator.
Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0; it takes about six minutes.
"""

import os
import sys

import splitmix

# `statistics.py` beside this file would hide the standard library's module of that name.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import numpy as np
import statsmodels.api as sm
from scipy import stats
from scipy.special import comb
from splitmix import CASES, Random, detectable, ends, hits, hull, rounded, supported, widened_tail, write

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


def power(r):
    n, confidence = 6 + r.below(195), [0.9, 0.95, 0.99][r.below(3)]
    a, b = paired(r, n)
    spread = (b - a).std(ddof=1)
    least = detectable(n, spread, confidence) if spread > 1e-12 else 2
    if least > 1:
        return None
    low, high = n, 8 * n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if detectable(middle, spread, confidence) <= least / 2 else (middle, high)
    return [least, high]


def paired_interval(r, seed):
    """SciPy's bootstrap of the weighted mean difference, whole clusters drawn."""
    differences, cluster, weights = clustered(r)
    sums = np.array([(weights * differences)[cluster == c].sum() for c in sorted(set(cluster))])
    whole = np.array([weights[cluster == c].sum() for c in sorted(set(cluster))])
    found = stats.bootstrap(
        (sums, whole), lambda s, w, axis: s.sum(axis=axis) / w.sum(axis=axis), paired=True, vectorized=True,
        method="percentile", n_resamples=THEIRS, batch=10_000, rng=np.random.default_rng(seed))
    bounds = ends(found.bootstrap_distribution, widened_tail(len(sums)), sums.sum() / whole.sum())
    return hull(bounds, *supported(sums / whole, whole, -1, 1))


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
