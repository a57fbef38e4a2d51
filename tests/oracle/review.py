"""Expected values for the statistics of src/review and src/compare on a thousand generated cases each.

python3 tests/oracle/review.py > tests/oracle/review.json

Only expected values are stored, to twelve significant digits: src/review/oracle.rs draws the same inputs from the same
generator, SplitMix64 (Steele, Lea & Flood 2014), seeded with the number of the case. `null` is an undefined value.

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0, krippendorff 0.9.0; it takes about a minute.
"""

import json
import os
import sys
import warnings

import splitmix

# `statistics.py` beside this file would hide the standard library's module of that name.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import krippendorff
import numpy as np
from scipy import stats
from splitmix import CASES, Random, ratings
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint


def alpha_of(table):
    """None where the package refuses (nothing to pair, one value only) or divides by zero."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = krippendorff.alpha(reliability_data=table.T, level_of_measurement="ordinal")
        except ValueError:
            return None
    return None if np.isnan(value) else value


def check_and_points(r):
    n = 3 + r.below(58)
    drawn = [(r.below(2), r.below(17), r.below(3)) for _ in range(n)]
    # One answer in three has the points that its check would lead one to expect.
    points = [(12 + 4 * passed if third == 0 else 4 + quarter) / 4 for passed, quarter, third in drawn]
    return np.array([passed for passed, _, _ in drawn]), np.array(points, float)


def point_biserial(r):
    passed, points = check_and_points(r)
    if len(set(passed)) < 2 or len(set(points)) < 2:
        return None
    return stats.pointbiserialr(passed, points).statistic


def spearman(r):
    n = 3 + r.below(58)
    drawn = [(r.below(9), r.below(9), r.below(2)) for _ in range(n)]
    x = [(2 + a) / 2 for a, _, _ in drawn]
    y = [(2 + (a if same else b)) / 2 for a, b, same in drawn]
    return None if len(set(x)) < 2 or len(set(y)) < 2 else stats.spearmanr(x, y).statistic


def holm(r):
    p = [r.unit() for _ in range(1 + r.below(6))]
    # Small ones, and ties.
    p = [round(x * 50) / 1000 if r.below(2) == 0 else x for x in p]
    return list(multipletests(p, method="holm")[1])


def wilson(r):
    of = 1 + r.below(300)
    passed, confidence = r.below(of + 1), [0.8, 0.9, 0.95, 0.99][r.below(4)]
    return list(proportion_confint(passed, of, alpha=1 - confidence, method="wilson"))


def exact_mcnemar(r):
    return mcnemar([[10, r.below(60)], [r.below(60), 10]], exact=True).pvalue


def sign_test(r):
    a, b = r.below(40), r.below(40)
    return stats.binomtest(a, a + b, 0.5).pvalue if a + b else 1.0


def sign_flip(r):
    differences = np.array([(r.below(17) - 8) / 4 for _ in range(2 + r.below(9))])
    test = stats.permutation_test(
        (differences,), lambda x, axis: x.mean(axis=axis), permutation_type="samples", n_resamples=np.inf, vectorized=True)
    return test.pvalue


def digits(value):
    if isinstance(value, dict):
        return {name: digits(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [digits(item) for item in value]
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.12g}")


def alpha(r):
    return alpha_of(ratings(r))


families = {
    f.__name__: [f(Random(seed)) for seed in range(CASES)]
    for f in (alpha, point_biserial, spearman, holm, wilson, exact_mcnemar, sign_test, sign_flip)
}
texts = [f'"{name}": {json.dumps(digits(values), separators=(",", ":"))}' for name, values in families.items()]
print("{\n" + ",\n".join(texts) + "\n}")
