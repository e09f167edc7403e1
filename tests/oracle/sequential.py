#!/usr/bin/env python3
"""Reference values for tests/unit/stats/{group_sequential,confidence_sequence}.cpp: group sequential limits by SciPy's
multivariate normal integral, roots of the beta-binomial mixture by mpmath.

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


def mixture_roots(successes, n, level):
    """Where beta(s + 1/2, f + 1/2) / pi / (p^s (1 - p)^f) = 1 / (1 - level)."""
    mpmath.mp.dps = 50
    s, f = mpmath.mpf(successes), mpmath.mpf(n - successes)
    log_mixture = mpmath.log(mpmath.beta(s + 0.5, f + 0.5) / mpmath.pi) + mpmath.log(1 - mpmath.mpf(str(level)))

    def excess(p):
        return log_mixture - s * mpmath.log(p) - f * mpmath.log(1 - p)

    centre = s / n
    low = mpmath.findroot(excess, (centre / 1000, centre), solver="anderson") if s > 0 else 0
    high = mpmath.findroot(excess, (centre, 1 - (1 - centre) / 1000), solver="anderson") if f > 0 else 1
    return low, high


print("NumPy", np.__version__, "SciPy", scipy.__version__, "mpmath", mpmath.__version__)
for how in ("pocock", "obrien_fleming"):
    print(how, "two looks:", *(f"{x:.6f}" for x in limits(how, 0.05, [0.5, 1.0])))
    print(how, "three looks:", *(f"{x:.6f}" for x in limits(how, 0.05, [0.2, 0.7, 1.0])))
for successes, n, level in ((5, 10, 0.95), (1000, 10_000, 0.95), (3, 1_000_000, 0.99)):
    low, high = mixture_roots(successes, n, level)
    print(successes, n, level, mpmath.nstr(low, 17), mpmath.nstr(high, 17))
