#!/usr/bin/env python3
"""Reference values for tests/unit/stats/{group_sequential,confidence_sequence,sequential_sample_ratio}.cpp: group
sequential limits by SciPy's multivariate normal integral, roots of the beta-binomial mixture and e-values of sample
ratios by mpmath.

    python3 tests/oracle/sequential.py
"""
import math

import mpmath
import numpy as np
import scipy
from scipy import optimize, stats


def spent(how, alpha, t):
    if how == "pocock":
        return alpha * math.log(1 + (math.e - 1) * t)
    if how.startswith("power"):
        return alpha * t ** float(how.split()[1])
    return 2 * stats.norm.sf(stats.norm.isf(alpha / 2) / math.sqrt(t))


def limits(how, alpha, shares):
    """Two-sided: each side spends alpha / 2."""
    found = []
    for k, t in enumerate(shares):
        target = 1 - 2 * spent(how, alpha / 2, t)
        ahead = np.array(shares[: k + 1])
        covariance = np.sqrt(np.minimum.outer(ahead, ahead) / np.maximum.outer(ahead, ahead))

        def inside(limit):
            box = np.array(found + [limit])
            return stats.multivariate_normal(cov=covariance, allow_singular=True).cdf(box, lower_limit=-box) - target

        found.append(optimize.brentq(inside, 0.5, 8, xtol=1e-9))
    return found


def refined(how, alpha, shares):
    """The same by Gauss-Legendre integration of the density of those that did not cross: to 1e-10."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    found, place, mass, before = [], np.zeros(1), np.ones(1), 0.0
    last = 0.0
    for t in shares:
        target = spent(how, alpha / 2, t)
        sd = math.sqrt(t - before)

        def crossing(limit):
            return np.sum(mass * stats.norm.sf((limit * math.sqrt(t) - place) / sd)) - (target - last)

        limit = optimize.brentq(crossing, 0.5, 9, xtol=1e-12)
        edge = limit * math.sqrt(t)
        ahead = edge * nodes
        mass = edge * weights * (stats.norm.pdf((ahead[:, None] - place[None, :]) / sd) / sd @ mass)
        place, before, last = ahead, t, target
        found.append(limit)
    return found


def mixture_roots(successes, n, level):
    """Where beta(s + 1/2, f + 1/2) / pi / (p^s (1 - p)^f) = 1 / (1 - level)."""
    mpmath.mp.dps = 50
    s, f = mpmath.mpf(successes), mpmath.mpf(n - successes)
    log_mixture = mpmath.log(mpmath.beta(s + 0.5, f + 0.5) / mpmath.pi) + mpmath.log(1 - mpmath.mpf(str(level)))

    def excess(p):
        return log_mixture - s * mpmath.log(p) - f * mpmath.log(1 - p)

    centre = s / n
    reach = 12 * mpmath.sqrt(centre * (1 - centre) / n)
    below, above = max(centre - reach, centre / 1000), min(centre + reach, 1 - (1 - centre) / 1000)
    low = mpmath.findroot(excess, (below, centre), solver="anderson", maxsteps=200) if s > 0 else 0
    high = mpmath.findroot(excess, (centre, above), solver="anderson", maxsteps=200) if f > 0 else 1
    return low, high


def log_e(counts, weights, concentration):
    """Of multinomial counts: Lindon and Malek's e-value, from gamma functions of 60 digits."""
    mpmath.mp.dps = 60
    total = mpmath.fsum(weights)
    n = mpmath.fsum(counts)
    c = mpmath.mpf(concentration)
    found = mpmath.loggamma(c) - mpmath.loggamma(c + n)
    for count, weight in zip(counts, weights):
        share = mpmath.mpf(weight) / total
        found += mpmath.loggamma(c * share + count) - mpmath.loggamma(c * share) - count * mpmath.log(share)
    return found


print("NumPy", np.__version__, "SciPy", scipy.__version__, "mpmath", mpmath.__version__)
for how in ("pocock", "obrien_fleming", "power 1", "power 2", "power 3"):
    print(how, "two looks:", *(f"{x:.6f}" for x in limits(how, 0.05, [0.5, 1.0])))
    print(how, "three looks:", *(f"{x:.6f}" for x in limits(how, 0.05, [0.2, 0.7, 1.0])))
    print(how, "refined:", *(f"{x:.9f}" for x in refined(how, 0.05, [0.2, 0.7, 1.0])))
print("power 2 at fifths, one side of two:", *(f"{x:.9f}" for x in refined("power 2", 0.01, [0.2, 0.4, 0.6, 0.8, 1.0])))
for successes, n, level in ((5, 10, 0.95), (1000, 10_000, 0.95), (3, 1_000_000, 0.99), (10**14, 10**15, 0.95)):
    low, high = mixture_roots(successes, n, level)
    print(successes, n, level, mpmath.nstr(low, 17), mpmath.nstr(high, 17))
for counts, weights, concentration in (
    ([9e17, 3e17], [3, 1], 1000), ([1e16, 1e16 + 4e8], [1, 1], 1000), ([5e15, 3e15, 2e15], [5, 3, 2], 100),
    ([9e13, 3e13], [3, 1], 1000), ([50_000, 52_000], [1, 1], 1000), ([10, 0], [1, 1], 0.001), ([3, 1], [1, 1], 1e12),
    ([7e17, 2e17 + 1e9, 1e17], [0.7, 0.2, 0.1], 1000),
):
    print(counts, weights, concentration, mpmath.nstr(log_e(counts, weights, concentration), 17))
