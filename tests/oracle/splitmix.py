"""What the scripts beside this one share when they generate a thousand cases of something."""

import functools
import json

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.power import TTestPower

CASES = 1000
MASK = 2**64 - 1

# Resamples in the tests.
OURS = 2_000
# The share of a normal distribution beyond five standard errors, on one side.
TINY = 2.87e-7


class Random:
    """SplitMix64 (Steele, Lea & Flood 2014), seeded with the number of a case; src/compare/oracle.rs has the same."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def unit(self):
        return (self.next() >> 11) / 2**53


def ratings(r):
    """Answers (rows) by people (columns): points from 1 to 5 around the answer's own, three in ten missing."""
    people, answers = 2 + r.below(4), 3 + r.below(28)
    table = []
    for _ in range(answers):
        own, row = 1 + r.below(5), []
        for _ in range(people):
            missing, slip = r.below(10) < 3, r.below(3) - 1
            row.append(np.nan if missing else min(5, max(1, own + slip)))
        table.append(row)
    return np.array(table, float)


def widened_tail(n, confidence=0.95):
    """The percentile that a small sample asks for (Hesterberg 2015)."""
    return stats.norm.cdf(-stats.t.ppf(0.5 + confidence / 2, n - 1) * np.sqrt(n / (n - 1)))


def unseen_share(n, confidence=0.95):
    """The share of all that n draws may have missed: the Clopper-Pearson interval of 0 in n."""
    return stats.beta.ppf(0.5 + confidence / 2, 1, n)


def supported(values, weights, least, most, unbounded=False, confidence=0.95):
    """The means that so many units support: at every cut between two values the share above it may be what a
    Clopper-Pearson interval says, and a share beyond all values at the end of the scale. `unbounded` scales have no end:
    there the furthest value stands for it, unless all are equal."""

    def highest(values, most):
        # Equal but for rounding is equal.
        values, n = np.round(values, 11), len(values)
        mean = np.average(values, weights=weights)
        if unbounded and np.ptp(values) > 0:
            most = values.max()
        found = [mean + unseen_share(n, confidence) * (most - mean)]
        for cut in sorted(set(values))[1:]:
            up = values >= cut
            share = stats.beta.ppf(0.5 + confidence / 2, up.sum() + 1, n - up.sum())
            of_units = np.where(up, share / up.sum(), (1 - share) / (n - up.sum()))
            found.append(np.average(values, weights=of_units * weights))
        return max(found)

    values, weights = np.asarray(values, float), np.asarray(weights, float)
    return -highest(-values, -least), highest(values, most)


@functools.cache
def effect(n, confidence):
    """The effect in spreads that a two-sided paired t test finds four times in five."""

    def found(size):
        # SciPy's noncentral t is undefined far below its centre; there the wrong side adds nothing.
        both = TTestPower().power(size, n, 1 - confidence, alternative="two-sided")
        return TTestPower().power(size, n, (1 - confidence) / 2, alternative="larger") if np.isnan(both) else both

    return optimize.brentq(lambda size: found(size) - 0.8, 1 / np.sqrt(n), 8 / np.sqrt(n), xtol=1e-12)


def detectable(n, spread, confidence):
    """… or that leaves 0 out although a share q of the cases may have been missed: q / (1 - q) four times in five."""
    missed = unseen_share(n, confidence)
    return max(effect(n, confidence) * spread, missed / (1 - missed) + stats.t.ppf(0.8, n - 1) * spread / np.sqrt(n))


def hull(bounds, low, high):
    """What `ends` says of an interval that is made to hold `low` and `high` too. Where chance decides which of the two
    lies further out nothing is said of what to expect on average."""

    def lower(end, bound):
        least, about, most = end
        between = (least is None or least < bound) and bound < most
        return [x if x is None else min(x, bound) for x in (least, None if between else about, most)]

    def turned(end):
        return [x if x is None else -x for x in reversed(end)]

    return [lower(bounds[0], low), turned(lower(turned(bounds[1]), -high))]


def ends(resampled, tail, point):
    """Where both ends of a percentile interval from OURS resamples must lie: [least, about, most] of each.

    The k-th of B ordered draws lies at a share of the population that is distributed as Beta(k, B + 1 - k). An end is
    made of the k-th and the next, so the one's lower and the other's upper five standard errors (their exact shares of
    Beta, as these are far from normal near 0) bound it. That `resampled` are draws too makes the betas wider. `None` is
    no bound: beyond what so many draws show. Ends lie on their side of the point. Undefined draws are left out.
    """
    drawn = len(resampled)
    resampled = np.sort(resampled[~np.isnan(resampled)])
    ours = round(OURS * len(resampled) / drawn)
    shrink = 1 / (1 + ours / len(resampled))
    place = tail * (ours - 1)
    k = np.floor(place) + 1
    below = stats.beta.ppf(TINY, k * shrink, (ours + 1 - k) * shrink)
    above = stats.beta.isf(TINY, (k + 1) * shrink, (ours - k) * shrink)
    about = (place + 1) / (ours + 1)

    def from_below(values, point):
        least = np.quantile(values, below, method="lower") if below * len(values) >= 1 else None
        most = np.quantile(values, above, method="higher")
        return [x if x is None else min(x, point) for x in (least, np.quantile(values, about), most)]

    high = from_below(np.sort(-resampled), -point)
    return [from_below(resampled, point), [x if x is None else -x for x in reversed(high)]]


def hits(p, resamples):
    """Where a p from OURS resamples must lie when `p` came from `resamples`: five standard errors of both."""
    slack = 5 * np.sqrt(p * (1 - p) / resamples)
    low = stats.binom.ppf(TINY, OURS, max(p - slack, 0.0))
    high = stats.binom.isf(TINY, OURS, min(p + slack + 1 / resamples, 1.0))
    return [(max(low, 0) + 1) / (OURS + 1), (high + 1) / (OURS + 1)]


def rounded(value, places):
    if isinstance(value, dict):
        return {name: rounded(item, places) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [rounded(item, places) for item in value]
    return value if value is None or isinstance(value, (int, str)) else round(float(value), places)


def write(families):
    """A family a line, to ten places."""
    texts = [f'"{name}": {json.dumps(rounded(values, 10), separators=(",", ":"))}' for name, values in families.items()]
    print("{\n" + ",\n".join(texts) + "\n}")
