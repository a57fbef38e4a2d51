"""Expected values for src/compare, from SciPy and statsmodels.

python3 tests/oracle/statistics.py > tests/oracle/statistics.json

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0.
"""

import json
import os
import sys

import splitmix

# A script's own folder comes first on the path, and there this file would hide the standard library's `statistics`.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import numpy as np
import statsmodels.api as sm
from scipy import stats
from scipy.special import comb
from splitmix import detectable, supported
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(20)


def lumpy(n):
    """Differences as checks give them: many zeros, else steps of a half, a third or a quarter."""
    checks = rng.integers(1, 5, n)
    a, b = rng.binomial(checks, 0.4) / checks, rng.binomial(checks, 0.6) / checks
    return np.where(rng.random(n) < 0.4, 0.0, b - a)


def wilson():
    for confidence in (0.8, 0.95, 0.99):
        for passed, of in [(0, 1), (1, 1), (0, 15), (15, 15), (1, 2), (9, 38), (14, 38), (59, 60), (500, 1000)]:
            low, high = proportion_confint(passed, of, alpha=1 - confidence, method="wilson")
            yield dict(passed=passed, of=of, confidence=confidence, low=float(low), high=float(high))


def exact_mcnemar():
    for only_a, only_b in [(0, 0), (0, 1), (1, 0), (0, 6), (2, 9), (9, 2), (7, 7), (3, 30), (120, 80), (0, 500)]:
        p = mcnemar([[10, only_a], [only_b, 10]], exact=True).pvalue
        yield dict(only_a=only_a, only_b=only_b, p=float(p))


def holm():
    for p in [[0.01, 0.04, 0.03, 0.005], [0.5, 0.5], [0.9, 0.001, 0.6, 0.02, 0.02, 0.7], [1.0, 1.0, 0.04]]:
        yield dict(p=p, corrected=multipletests(p, method="holm")[1].tolist())


def sign_flip(sizes, resamples):
    for n in sizes:
        differences = lumpy(n)
        test = stats.permutation_test(
            (differences,), lambda x, axis: x.mean(axis=axis), permutation_type="samples",
            n_resamples=resamples, vectorized=True, batch=10_000, rng=np.random.default_rng(3))
        yield dict(differences=differences.tolist(), p=float(test.pvalue))


def t_quantile():
    for freedom in (1, 2, 5, 14, 59, 999):
        for p in (0.8, 0.9, 0.975, 0.995):
            yield dict(p=p, freedom=freedom, t=float(stats.t.ppf(p, freedom)))


def bootstrap():
    """SciPy's percentile interval, asked for at the widened level (Hesterberg 2015), or what so many cases support."""
    for n in (8, 15, 30, 60):
        differences = lumpy(n)
        tail = stats.norm.cdf(-stats.t.ppf(0.975, n - 1) * np.sqrt(n / (n - 1)))
        result = stats.bootstrap(
            (differences,), np.mean, method="percentile", confidence_level=1 - 2 * tail,
            n_resamples=200_000, batch=10_000, rng=np.random.default_rng(4))
        interval = result.confidence_interval
        low, high = supported(differences, np.ones(n), -1, 1)
        yield dict(differences=differences.tolist(), spread=float(result.standard_error),
                   low=float(min(interval.low, low)), high=float(max(interval.high, high)))


def power():
    for n in (6, 10, 15, 30, 60, 200):
        differences = lumpy(n)
        spread = differences.std(ddof=1)

        def least(cases):
            return detectable(cases, spread, 0.95)

        if least(n) <= 1:
            half = next(cases for cases in range(n, 8 * n) if least(cases) <= least(n) / 2)
            yield dict(differences=differences.tolist(), minimum_detectable=float(least(n)), cases_for_half=half)


def clopper_pearson():
    for confidence in (0.8, 0.95, 0.99):
        for seen, units in [(0, 1), (0, 8), (0, 400), (1, 2), (1, 8), (7, 8), (3, 60), (30, 60), (59, 60), (1, 2000), (900, 2000)]:
            high = stats.beta.ppf(0.5 + confidence / 2, seen + 1, units - seen)
            yield dict(seen=seen, units=units, confidence=confidence, high=float(high))


def supported_means():
    """Scores alike, nearly alike, lumpy and of different weights; points; and a scale without ends."""
    for n, confidence in [(1, 0.95), (2, 0.95), (8, 0.9), (20, 0.95), (60, 0.99)]:
        one = np.where(np.arange(n) == 0, 1.0, 0.0)
        loose = np.random.default_rng(n).normal(size=n)
        for values, weights, least, most, open_ in [
            (np.zeros(n), np.ones(n), -1, 1, False),
            (one, np.ones(n), -1, 1, False),
            (1.0 + np.arange(n) % 5, np.ones(n), 1, 5, False),
            (np.arange(n) % 4 / 4, 1.0 + np.arange(n) % 3, -1, 1, False),
            (loose, 1.0 + np.arange(n) % 2, -20, 20, True),
            (np.full(n, 0.3), np.ones(n), -20, 20, True),
        ]:
            low, high = supported(values, weights, least, most, open_, confidence)
            yield dict(values=values.tolist(), weights=weights.tolist(), least=least, most=most, open=open_,
                       confidence=confidence, low=float(low), high=float(high))


def cluster_error():
    """Standard error of a weighted mean of clustered differences: that of a regression on a constant."""
    for n, clusters, weighted in [(12, 12, False), (12, 5, False), (30, 11, True), (60, 20, True)]:
        differences = lumpy(n)
        cluster = rng.integers(0, clusters, n) if clusters < n else np.arange(n)
        weights = rng.integers(1, 4, n).astype(float) if weighted else np.ones(n)
        fit = sm.WLS(differences, np.ones(n), weights=weights).fit(cov_type="cluster", cov_kwds=dict(groups=cluster))
        yield dict(differences=differences.tolist(), clusters=cluster.tolist(), weights=weights.tolist(),
                   mean=float(fit.params[0]), error=float(fit.bse[0]))


def pass_at_k():
    for answers, passed, k in [(1, 0, 1), (1, 1, 1), (5, 2, 1), (5, 2, 3), (5, 2, 5), (10, 9, 2), (200, 17, 100)]:
        at = 1 - comb(answers - passed, k, exact=True) / comb(answers, k, exact=True)
        hat = comb(passed, k, exact=True) / comb(answers, k, exact=True)
        yield dict(answers=answers, passed=passed, k=k, at=at, hat=hat)


families = dict(
    wilson=wilson(),
    mcnemar=exact_mcnemar(),
    holm=holm(),
    sign_flip_exact=sign_flip((2, 3, 5, 8, 12), np.inf),
    sign_flip_sampled=sign_flip((40, 60, 100), 200_000),
    t_quantile=t_quantile(),
    bootstrap=bootstrap(),
    power=power(),
    pass_at_k=pass_at_k(),
    cluster_error=cluster_error(),
    clopper_pearson=clopper_pearson(),
    supported=supported_means(),
)
# One case a line: a change shows in a diff.
texts = [f'"{name}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]" for name, cases in families.items()]
print("{\n" + ",\n".join(texts) + "\n}")
