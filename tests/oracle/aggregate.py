#!/usr/bin/env python3
"""Writes tests/support/aggregate_reference.hpp: statistics of small streams for the tests of aggregate/.

    python3 tests/oracle/aggregate.py > tests/support/aggregate_reference.hpp

Means and moments are computed exactly, in rational arithmetic on the doubles themselves, and rounded once; NumPy's and
SciPy's answers to the same questions are checked against them here, so that the definitions are theirs. What needs a
root or a logarithm comes from mpmath at 60 digits.
"""
from fractions import Fraction as F

import mpmath
import numpy as np
import scipy
import scipy.stats as stats

mpmath.mp.dps = 60
rng = np.random.default_rng(20250121)


def mp(q):
    return mpmath.mpf(q.numerator) / mpmath.mpf(q.denominator)


def reference(name, x, w=None):
    x = [float(v) for v in x]
    w = [1.0] * len(x) if w is None else [float(v) for v in w]
    qx, qw = [F(v) for v in x], [F(v) for v in w]
    weight = sum(qw)
    mean = sum(a * b for a, b in zip(qw, qx)) / weight
    m2, m3, m4 = (sum(a * (b - mean) ** k for a, b in zip(qw, qx)) for k in (2, 3, 4))
    out = {
        "sum": sum(a * b for a, b in zip(qw, qx)),
        "mean": mean,
        "population_variance": m2 / weight,
        "variance": m2 / (weight - 1) if weight != 1 else None,
    }
    out = {k: None if v is None else float(v) for k, v in out.items()}
    if m2:
        s = mpmath.sqrt(mp(m2 / weight))
        out["stddev"] = float(mpmath.sqrt(mp(m2 / (weight - 1))))
        out["skewness"] = float(mp(m3 / weight) / s**3)
        out["kurtosis"] = float(m4 / weight / (m2 / weight) ** 2 - 3)
    if min(x) > 0:
        out["geometric_mean"] = float(mpmath.exp(sum(mp(a) * mpmath.log(mp(b)) for a, b in zip(qw, qx)) / mp(weight)))
        out["harmonic_mean"] = float(weight / sum(a / b for a, b in zip(qw, qx)))
    # The definitions are NumPy's and SciPy's.
    a = np.array(x)
    v = np.array(w)
    near = lambda p, q, noise=0: abs(p - q) <= 1e-6 * max(abs(p), abs(q)) + noise
    noise = (1e-14 * np.abs(a).max()) ** 2  # of theirs
    assert abs(out["mean"] - np.average(a, weights=v)) <= 1e-14 * np.abs(a).max(), name
    assert near(out["population_variance"], np.cov(a, aweights=v, ddof=0), noise), name
    if set(w) == {1.0}:
        assert near(out["variance"], np.var(a, ddof=1), noise), name
        if m2 and name not in ("offset", "tiny"):  # SciPy takes these for constant
            assert abs(out["skewness"] - stats.skew(a)) < 1e-9 and abs(out["kurtosis"] - stats.kurtosis(a)) < 1e-9, name
    elif all(b == int(b) for b in w):
        assert near(out["variance"], np.cov(a, fweights=v.astype(int), ddof=1), noise), name
    if "geometric_mean" in out:
        assert near(out["geometric_mean"], stats.gmean(a, weights=v)), name
        assert near(out["harmonic_mean"], stats.hmean(a, weights=v)), name
    numbers = lambda values: ", ".join(repr(t) for t in values)
    fields = ("sum", "mean", "variance", "population_variance", "stddev", "skewness", "kurtosis", "geometric_mean",
              "harmonic_mean")
    print(f'    {{"{name}",\n     {{{numbers(x)}}},\n     {{{numbers(w)}}},')
    print("     " + ", ".join(repr(out[f]) if out.get(f) is not None else "none" for f in fields) + "},")


def pairs(name, x, y, w=None):
    x, y = [float(v) for v in x], [float(v) for v in y]
    w = [1.0] * len(x) if w is None else [float(v) for v in w]
    qx, qy, qw = [F(v) for v in x], [F(v) for v in y], [F(v) for v in w]
    weight = sum(qw)
    mx = sum(a * b for a, b in zip(qw, qx)) / weight
    my = sum(a * b for a, b in zip(qw, qy)) / weight
    xx = sum(a * (b - mx) ** 2 for a, b in zip(qw, qx))
    yy = sum(a * (b - my) ** 2 for a, b in zip(qw, qy))
    xy = sum(a * (b - mx) * (c - my) for a, b, c in zip(qw, qx, qy))
    slope = xy / xx
    r = mp(xy) / mpmath.sqrt(mp(xx) * mp(yy))
    if set(w) == {1.0}:
        fit = stats.linregress(x, y)
        for ours, theirs in ((slope, fit.slope), (my - slope * mx, fit.intercept), (r, fit.rvalue),
                             (xy / (weight - 1), np.cov(x, y)[0, 1])):
            assert abs(float(ours) - theirs) <= 1e-6 * max(1, abs(theirs)), name
    numbers = lambda values: ", ".join(repr(t) for t in values)
    print(f'    {{"{name}",\n     {{{numbers(x)}}},\n     {{{numbers(y)}}},\n     {{{numbers(w)}}},')
    print("     " + ", ".join(repr(float(v)) for v in (xy / (weight - 1), xy / weight, r, slope, my - slope * mx, r * r))
          + "},")


print(f"""#ifndef MILLRACE_TESTS_SUPPORT_AGGREGATE_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_AGGREGATE_REFERENCE_HPP

// Made by tests/oracle/aggregate.py with NumPy {np.__version__}, SciPy {scipy.__version__}, mpmath {mpmath.__version__}.
// Do not edit.

#include <limits>
#include <vector>

namespace reference {{

inline const double none = std::numeric_limits<double>::quiet_NaN();

struct stream {{
  const char* name;
  std::vector<double> x, w;
  double sum, mean, variance, population_variance, stddev, skewness, kurtosis, geometric_mean, harmonic_mean;
}};
struct pair_stream {{
  const char* name;
  std::vector<double> x, y, w;
  double covariance, population_covariance, correlation, slope, intercept, r_squared;
}};

inline const std::vector<stream> streams{{""")
reference("normal", rng.normal(size=40))
reference("log-normal", rng.lognormal(sigma=2, size=40))
reference("offset", 1e7 + 0.1 * rng.normal(size=40))
reference("tiny", 1e-60 * rng.random(size=30))
reference("large", 1e60 * rng.normal(size=30))
reference("cancelling", [1e16, 1.0, -1e16, 3.5, 1e8, -1e8, 2.25])
reference("constant", [0.1] * 20)
reference("ordered", range(1, 41))
reference("two", [3.0, 7.0])
reference("outlier", [1e9] + list(rng.normal(size=30)))
reference("repeated", rng.lognormal(size=20), rng.integers(1, 6, size=20))
reference("weighted", rng.lognormal(size=30), 0.05 + 10 * rng.random(size=30))
reference("weighted offset", 1e8 + rng.normal(size=30), 0.5 + 3 * rng.random(size=30))
print("};\n\ninline const std::vector<pair_stream> pair_streams{")
x = rng.normal(size=40)
pairs("linear", x, 3 * x - 2 + 0.5 * rng.normal(size=40))
pairs("unrelated", rng.normal(size=30), rng.lognormal(size=30))
pairs("offset", 1e6 + x, 1e7 - 2 * x + 0.1 * rng.normal(size=40))
pairs("perfect", range(20), [5 - 2 * i for i in range(20)])
pairs("weighted", rng.normal(size=25), rng.normal(size=25), 0.1 + rng.random(size=25))
print("};\n\n}  // namespace reference\n\n#endif  // MILLRACE_TESTS_SUPPORT_AGGREGATE_REFERENCE_HPP")
