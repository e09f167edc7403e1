#!/usr/bin/env python3
"""Writes tests/golden/deliver/bandits.txt: the probability that each arm is the best one, by adaptive quadrature.

    python3 tests/oracle/bandits.py     # SciPy 1.17.1

A line is "rates" and an arm's successes/trials each, under a uniform prior, or "means" and an arm's n/mean/variance each,
whose variance is weighed with that of all arms as `thompson` says; then "best" and the probabilities.
"""
import pathlib

from scipy import integrate, stats

PATH = pathlib.Path(__file__).parents[1] / "golden/deliver/bandits.txt"
RATES = [((0, 0), (0, 0)), ((3, 10), (5, 10)), ((30, 100), (50, 100), (45, 100)), ((0, 7), (0, 0), (2, 3), (900, 1000)),
         ((1200, 10000), (1300, 10000))]
MEANS = [((10, 1.0, 2.0), (12, 1.5, 3.0)), ((100, 5.0, 0.0), (50, 5.1, 4.0), (2, 4.0, 0.25)),
         ((7, -3.5, 1e-6), (9, -3.4995, 2e-6))]


def best(arms):
    """The integral of f_i times the product of the others' F, between each arm's far quantiles."""
    found = []
    for i, arm in enumerate(arms):
        def integrand(x):
            product = arm.pdf(x)
            for j, other in enumerate(arms):
                product *= other.cdf(x) if j != i else 1
            return product
        points = sorted({float(end) for one in arms for q in (1e-16, 1e-9, 1e-3, 0.05, 0.25, 0.5)
                         for end in (one.ppf(q), one.isf(q))})
        found.append(sum(integrate.quad(integrand, a, b, epsabs=1e-13, epsrel=1e-12, limit=500)[0]
                         for a, b in zip(points, points[1:])))
    return " ".join(f"{one:.15g}" for one in found)


lines = []
for arms in RATES:
    written = " ".join(f"{s}/{n}" for s, n in arms)
    lines.append(f"rates {written} best {best([stats.beta(1 + s, 1 + n - s) for s, n in arms])}\n")
for arms in MEANS:
    common = sum((n - 1) * v for n, m, v in arms) / sum(n - 1 for n, m, v in arms)
    normals = [stats.norm(m, (((n - 1) * v + 2 * common) / (n + 1) / n) ** 0.5) for n, m, v in arms]
    lines.append(f"means {' '.join(f'{n}/{m!r}/{v!r}' for n, m, v in arms)} best {best(normals)}\n")
PATH.write_text("".join(lines))
