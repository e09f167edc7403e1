#!/usr/bin/env python3
"""Writes tests/support/experiment_reference.hpp: what SciPy and NumPy find in an experiment of 900 units with many
requests each, for the tests of deliver/experiment.

    python3 tests/oracle/experiment.py > tests/support/experiment_reference.hpp

Requests are made of exact numbers (tests/unit/deliver/experiment/experiment.cpp makes the same); they are summed up per
unit here, by loops of Python's, and then tested per unit.
"""
import numpy as np
import scipy
from scipy import integrate, stats

UNITS, VARIANTS = 900, 3


def requests(u):
    """(bought, revenue, clicks, spent) of each request of a unit."""
    variant = u % VARIANTS
    for r in range(1 + u % 4):
        x = (u * 7919 + r * 104729) % 1009
        yield (1 if x < 60 + 40 * variant else 0, x / 8 + variant, 1 + x % 3, (x % 97) / 4 + before(u) + variant / 2)


def before(u):
    return ((u * 31337) % 997) / 16


bought, revenue, clicks, spent = (np.zeros(UNITS) for _ in range(4))
for u in range(UNITS):
    for b, r, c, s in requests(u):
        bought[u] = max(bought[u], b)
        revenue[u] += r
        clicks[u] += c
        spent[u] += s
pre = np.array([before(u) for u in range(UNITS)])
arm = np.arange(UNITS) % VARIANTS


def proportions(a, b):
    pooled = (a.sum() + b.sum()) / (len(a) + len(b))
    z = (a.mean() - b.mean()) / np.sqrt(pooled * (1 - pooled) * (1 / len(a) + 1 / len(b)))
    return a.mean() - b.mean(), 2 * stats.norm.sf(abs(z))


def ratios(a, b):
    def one(n, d):
        r = n.mean() / d.mean()
        return r, np.var(n - r * d, ddof=1) / d.mean() ** 2 / len(n)

    (ra, va), (rb, vb) = one(*a), one(*b)
    return ra - rb, 2 * stats.norm.sf(abs(ra - rb) / np.sqrt(va + vb))


def cuped(y, x, a, b):
    within = lambda v: np.concatenate([v[a] - v[a].mean(), v[b] - v[b].mean()])
    slope = within(x) @ within(y) / (within(x) @ within(x))
    rest = y - slope * x
    return rest[a].mean() - rest[b].mean(), stats.ttest_ind(rest[a], rest[b], equal_var=False).pvalue


def rows(chosen):
    found = []
    for metric in range(4):
        for v in range(1, VARIANTS):
            a, b = chosen & (arm == v), chosen & (arm == 0)
            found.append([
                lambda: proportions(bought[a], bought[b]),
                lambda: (revenue[a].mean() - revenue[b].mean(),
                         stats.ttest_ind(revenue[a], revenue[b], equal_var=False).pvalue),
                lambda: ratios((revenue[a], clicks[a]), (revenue[b], clicks[b])),
                lambda: cuped(spent, pre, a, b)][metric]())
    return found


def holm(p):
    order, adjusted, most = np.argsort(p, kind="stable"), np.zeros(len(p)), 0
    for rank, i in enumerate(order):
        most = max(most, min(1, p[i] * (len(p) - rank)))
        adjusted[i] = most
    return adjusted


def half_mixture(x, v, s):
    """log of the mean of exp((x t - t^2 / 2) / v) over t = |N(0, s)|, by quadrature."""
    density = lambda t: np.exp((x * t - t * t / 2) / v) * 2 * stats.norm.pdf(t, scale=np.sqrt(s))
    return np.log(integrate.quad(density, 0, 40 * np.sqrt(s), epsabs=0, epsrel=1e-13, limit=500)[0])


print(f"""#ifndef MILLRACE_TESTS_SUPPORT_EXPERIMENT_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_EXPERIMENT_REFERENCE_HPP

// Made by tests/oracle/experiment.py with NumPy {np.__version__}, SciPy {scipy.__version__}. Do not edit.

namespace experiment_reference {{
// clang-format off

// A comparison: its effect, p, and p corrected by Holm over all of the table.
struct row {{ double effect, p, adjusted; }};""")
# Findings are corrected as one family, those of segments as another: of each metric and variant the even units, then the
# odd ones.
overall = rows(np.ones(UNITS, bool))
parts = [rows(np.arange(UNITS) % 2 == k) for k in (0, 1)]
both = [each for pair in zip(*parts) for each in pair]
for name, table in (("findings", overall), ("segments", both)):
    adjusted = holm(np.array([p for _, p in table]))
    print(f"inline constexpr row {name}[] = {{")
    for (effect, p), q in zip(table, adjusted):
        print(f"    {{{float(effect)!r}, {float(p)!r}, {float(q)!r}}},")
    print("};")
print("// The evidence of an estimate that the mean is above 0: estimate, variance, spread, log e.")
print("inline constexpr double half_mixtures[][4] = {")
for x, v, s in ((0.5, 0.04, 0.3), (-0.5, 0.04, 0.3), (0, 1, 1), (3, 0.5, 2), (0.01, 1e-4, 2e-3), (-2, 0.5, 0.1)):
    print(f"    {{{x}, {v}, {s}, {float(half_mixture(x, v, s))!r}}},")
print("""};

// clang-format on
}  // namespace experiment_reference

#endif  // MILLRACE_TESTS_SUPPORT_EXPERIMENT_REFERENCE_HPP""")
