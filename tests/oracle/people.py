"""Expected values for what src/review makes of a thousand generated tables of ratings.

python3 tests/oracle/people.py > tests/oracle/people.json

Only expected values are stored: src/review/oracle.rs draws the same tables from the same generator. The tables are
those of review.py, each with a check that passes some of the answers.
Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0, krippendorff 0.9.0; it takes about six minutes.
"""

import itertools
import os
import sys
import warnings

import splitmix

# `statistics.py` beside this file would hide the standard library's module of that name.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import krippendorff
import numpy as np
from scipy import stats
from splitmix import CASES, OURS, Random, ends, hits, hull, ratings, rounded, supported, unseen_share, widened_tail, write
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

THEIRS = 20_000

# Resamples without a correlation make SciPy speak up.
warnings.simplefilter("ignore")


def passes(r, table):
    """One answer in three fares with the check as its first rating says, the others by the toss of a coin."""
    drawn = [(r.below(3), r.below(2)) for _ in table]
    first = [next((points for points in row if not np.isnan(points)), 0) for row in table]
    return np.array([points >= 4 if third == 0 else coin == 1 for (third, coin), points in zip(drawn, first)])


def resample(values, statistic, seed, **options):
    found = stats.bootstrap(
        values, statistic, method="percentile", vectorized=True, n_resamples=THEIRS, batch=10_000,
        rng=np.random.default_rng(seed), **options)
    return found.bootstrap_distribution


def mean_interval(values, seed, least, most, unbounded=False):
    """Of a mean over cases; one case says nothing."""
    if len(values) < 2:
        return None
    bounds = ends(resample((values,), np.mean, seed), widened_tail(len(values)), values.mean())
    return hull(bounds, *supported(values, np.ones(len(values)), least, most, unbounded))


def alpha_of(table):
    """None where the package refuses (nothing to pair, one value only) or divides by zero."""
    try:
        value = krippendorff.alpha(reliability_data=table.T, level_of_measurement="ordinal")
    except ValueError:
        return np.nan
    return value


def alphas(table, drawn):
    """The package's α of many resamples at once: rows of `drawn` say how often each answer is in. A few are compared
    with the package itself."""
    values = np.arange(1, 6)
    counts = (table[:, :, None] == values).sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :] - np.eye(5) * counts[:, None, :]
    pairs = pairs / (counts.sum(axis=1) - 1)[:, None, None]
    alpha = of_coincidences(np.tensordot(drawn, pairs, axes=(1, 0)))
    for row, value in zip(drawn[:5], alpha):
        assert np.isclose(value, alpha_of(np.repeat(table, row, axis=0)), rtol=0, atol=1e-9, equal_nan=True)
    return alpha, pairs.sum(axis=0)


def of_coincidences(o):
    values, n_v = np.arange(1, 6), o.sum(axis=2)
    up_to = np.concatenate([np.zeros((len(o), 1)), n_v.cumsum(axis=1)], axis=1)
    low, high = np.minimum.outer(values, values) - 1, np.maximum.outer(values, values)
    ends_of = (n_v[:, :, None] + n_v[:, None, :]) / 2
    distance = np.where(np.eye(5) == 1, 0, (up_to[:, high] - up_to[:, low] - ends_of) ** 2)
    expected = (n_v[:, :, None] * n_v[:, None, :] * distance).sum(axis=(1, 2))
    return 1 - (n_v.sum(axis=1) - 1) * (o * distance).sum(axis=(1, 2)) / np.where(expected > 1e-9, expected, np.nan)


def missed_alphas(o, n):
    """α with the share that n answers may have missed, all with the same two values: two seen in one answer, or any in
    use where none that differ were, or none that are equal."""
    share, used = unseen_share(n), np.flatnonzero(o.sum(axis=1))
    possible = list(itertools.combinations_with_replacement(used, 2))
    for equal in (True, False):
        kind = [pair for pair in possible if (pair[0] == pair[1]) == equal]
        for one, other in [pair for pair in kind if o[pair] > 0] or kind:
            extra = np.zeros((5, 5))
            extra[one, other] += 0.5
            extra[other, one] += 0.5
            yield of_coincidences(((1 - share) * o + share * o.sum() * extra)[None])[0]


def missed_correlations(x, y):
    """The same of a correlation: the missed have the fewest or the most points, and pass or fail."""
    n, share = len(x), unseen_share(len(x))
    weights = np.append(np.full(n, (1 - share) / n), share)
    for corner in itertools.product((0.0, 1.0), (y.min(), y.max())):
        table = np.column_stack([np.append(x, corner[0]), np.append(y, corner[1])])
        yield DescrStatsW(table, weights=weights).corrcoef[0, 1]


def ends_if_defined(drawn, n, point, missed):
    """No interval where half of the resamples are undefined; "unsure" where it takes more than OURS to know."""
    share = np.mean(~np.isnan(drawn))
    if abs(share - 0.5) < 5 * np.sqrt(0.25 / OURS):
        return "unsure"
    missed = list(missed)
    return hull(ends(drawn, widened_tail(n), point), min(missed), max(missed)) if share > 0.5 else None


def alpha_interval(table, seed):
    table = table[(~np.isnan(table)).sum(axis=1) >= 2]
    n, point = len(table), alpha_of(table) if len(table) else np.nan
    if n < 2 or np.isnan(point):
        return None
    drawn, whole = alphas(table, np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=THEIRS))
    return ends_if_defined(drawn, n, point, missed_alphas(whole, n))


def offsets(table):
    """Everybody's points on shared answers less the mean of the others'."""
    for person in range(table.shape[1]):
        own, others = table[:, person], np.delete(table, person, axis=1)
        shared = ~np.isnan(own) & ~np.isnan(others).all(axis=1)
        yield own[shared] - np.nanmean(others[shared], axis=1)


def shares(passed, good):
    """Precision and recall of "passes" for "people give 4 or more", with Wilson's intervals."""
    both = int((passed & good).sum())
    for of in (int(passed.sum()), int(good.sum())):
        yield [both / of, *proportion_confint(both, of, alpha=0.05, method="wilson")] if of else None


def check(passed, points, seed):
    """Correlation's interval and its chance; precision and recall."""
    found = dict(shares=list(shares(passed, points >= 4 - 1e-9)), interval=None, chance=None)
    n, x, y = len(points), passed.astype(float), np.round(points, 12)
    if n < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return found
    test = stats.permutation_test(
        (y,), lambda y, axis: np.round(abs(((y - y.mean(axis=axis, keepdims=True)) * x).sum(axis=axis)), 9),
        permutation_type="pairings", alternative="greater", n_resamples=THEIRS, batch=10_000, vectorized=True,
        rng=np.random.default_rng(seed))
    found["chance"] = hits(test.pvalue, THEIRS)
    if min(passed.sum(), n - passed.sum()) >= 3:
        drawn = resample((x, y), lambda x, y, axis: stats.pearsonr(x, y, axis=axis).statistic, seed, paired=True)
        found["interval"] = ends_if_defined(drawn, n, stats.pearsonr(x, y).statistic, missed_correlations(x, y))
    return found


def figures(seed):
    r = Random(seed)
    table = ratings(r)
    passed = passes(r, table)
    rated = ~np.isnan(table).all(axis=1)
    points = np.nanmean(table[rated], axis=1)
    above = list(offsets(table))
    found = check(passed[rated], points, seed)
    return [
        points.mean() if len(points) else None,
        rounded(mean_interval(points, seed, 1, 5), 5),
        rounded(alpha_interval(table, seed), 5),
        [offset.mean() if len(offset) else None for offset in above],
        rounded(mean_interval(above[0], seed, -4, 4, unbounded=True), 5),
        found["shares"],
        rounded(found["interval"], 5),
        rounded(found["chance"], 5),
    ]


write(dict(people=[figures(seed) for seed in range(CASES)]))
