#!/usr/bin/env python3
"""Run lengths of CUSUM and EWMA charts by another method than the library's: a Markov chain on a grid (Brook, Evans 1972),
at two sizes, extrapolated; and the level of the two-sample Kolmogorov-Smirnov test by SciPy. The figures stand in
tests/unit/detect/{cusum,ewma,kswin}.cpp.

    python3 tests/oracle/run_length.py
"""
import numpy as np
import scipy
from scipy.special import ndtr
from scipy.stats._stats_py import _attempt_exact_2kssamp


def cusum(k, h, states):
    """Midpoints of a grid over [0, h] with an atom at zero."""
    width = 2 * h / (2 * states - 1)
    middles = width * np.arange(states)
    upper = middles[None, :] + width / 2 - middles[:, None] + k
    chain = ndtr(upper) - ndtr(upper - width)
    chain[:, 0] = ndtr(upper[:, 0])
    return np.linalg.solve(np.eye(states) - chain, np.ones(states))[0]


def ewma(weight, limit, states):
    width = 2 * limit / states
    middles = -limit + width * (np.arange(states) + 0.5)
    upper = (middles[None, :] + width / 2 - (1 - weight) * middles[:, None]) / weight
    chain = ndtr(upper) - ndtr(upper - width / weight)
    return np.linalg.solve(np.eye(states) - chain, np.ones(states))[states // 2]


def extrapolated(run, size):
    """The error falls with the square of the width."""
    a, b = run(size), run(2 * size)
    return b + (b - a) / 3


print("NumPy", np.__version__, "SciPy", scipy.__version__)
for k, h in ((0.5, 4), (0.5, 5), (0.25, 8), (0.1, 12)):
    print(f"cusum k={k} h={h}: {extrapolated(lambda n: cusum(k, h, n), 1000):.4f}")
for weight in (0.05, 0.1, 0.25, 0.5):
    limit = 3 * np.sqrt(weight / (2 - weight))
    print(f"ewma weight={weight} L=3: {extrapolated(lambda n: ewma(weight, limit, n), 1001):.4f}")
for d, n, m in ((12, 24, 8), (16, 24, 8)):
    print(f"ks P(D >= {d}/24), sizes {n}, {m}: {_attempt_exact_2kssamp(n, m, 8, d / 24, 'two-sided')[2]!r}")
