#!/usr/bin/env python3
"""Writes the reference values of the tests of stats/ into tests/golden/stats.

    python3 tests/oracle/stats.py distributions        (minutes)

Tails come from mpmath: the positive series of the incomplete beta and gamma functions, summed in as many digits as
the smaller tail needs, so that nothing but the rounding of the last digit to a double is left. Every argument is the
exact double that the tests pass. Each row is checked against SciPy where SciPy still has digits.
"""
import math
import pathlib
import sys
from fractions import Fraction

import mpmath as mp
import numpy as np
import scipy
import scipy.special
import scipy.stats

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/stats"
SMALLEST = mp.mpf("1e-300")


def positive_series(x, top, bottom):
    """sum over j of prod over i < j of x (top + i) / (bottom + i), or of x / (bottom + i) where top is None.

    Fractions in, fixed point inside: a million terms of 400 digits in a second or two.
    """
    bits = int(mp.mp.prec) + 64
    common = bottom.denominator if top is None else bottom.denominator * top.denominator
    up = None if top is None else int(top * common)
    down = int(bottom * common)
    numerator = x.numerator * (common if top is None else 1)
    total = term = 1 << bits
    j = 0
    while True:
        before = term
        if top is None:
            term = term * numerator // (x.denominator * (down + j * common))
        else:
            term = term * (numerator * (up + j * common)) // (x.denominator * (down + j * common))
        total += term
        j += 1
        if term == 0 or (term < before and term.bit_length() < 32):
            return mp.mpf(total) / mp.mpf(1 << bits)


def gamma_tails(a, x):
    a, x = Fraction(a), Fraction(x)
    series = positive_series(x, None, a + 1)
    a, x = (mp.mpf(v.numerator) / v.denominator for v in (a, x))
    lower = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1)) * series
    return lower, 1 - lower


def beta_series(a, b, x, y):
    series = positive_series(x, a + b, a + 1)
    a, b, x, y = (mp.mpf(v.numerator) / v.denominator for v in (a, b, x, y))
    return mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b)) * series


def beta_tails(a, b, x, y):
    """The series of the side that needs fewer terms; the other tail by subtraction, in enough digits."""
    def terms(a, b, x, y):
        x, y = mp.mpf(x.numerator) / x.denominator, mp.mpf(y.numerator) / y.denominator
        return max(0, (float(a + b) * x - float(a)) / y) + 900 / (y if x > 0.5 else -mp.log(x))
    if terms(a, b, x, y) <= terms(b, a, y, x):
        lower = beta_series(a, b, x, y)
        return lower, 1 - lower
    upper = beta_series(b, a, y, x)
    return 1 - upper, upper


def precisely(tails, *arguments):
    """With digits for a difference of 1e-330 where the tails are that far apart."""
    for digits in (60, 400):
        with mp.workdps(digits):
            lower, upper = tails(*arguments)
            if min(lower, upper) > mp.mpf(10) ** (-digits + 30):
                break
    return lower, upper


def t_tails(df, t):
    if t == 0:
        return mp.mpf(1) / 2, mp.mpf(1) / 2
    df, square = Fraction(df), Fraction(t)**2
    inner, outer = beta_tails(Fraction(1, 2), df / 2, square / (df + square), df / (df + square))
    tails = (outer / 2, (1 + inner) / 2)
    return tails if t < 0 else tails[::-1]


def f_tails(df1, df2, f):
    df1, df2, f = Fraction(df1), Fraction(df2), Fraction(f)
    return beta_tails(df1 / 2, df2 / 2, df1 * f / (df1 * f + df2), df2 / (df1 * f + df2))


def beta_at(a, b, x):
    return beta_tails(Fraction(a), Fraction(b), Fraction(x), 1 - Fraction(x))


def binomial_tails(n, p, k):
    upper, lower = beta_at(k + 1, n - k, p)
    return lower, upper


def poisson_tails(mean, k):
    return gamma_tails(k + 1, mean)[::-1]


def normal_tails(x):
    return mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2, mp.erfc(mp.mpf(x) / mp.sqrt(2)) / 2


Z = [-37, -30, -20, -10, -5, -2, -1, -0.3, -0.01, 0, 0.02, 0.5, 1.5, 3, 6, 12, 25, 36.5]
FEW = [-37, -5, -0.3, 0.5, 6, 36.5]  # where a row costs a million terms


def deviations(*shapes):
    return FEW if min(shapes) > 1e5 else Z


def within_reach(a, b, x, y):
    """Whether a tail of Beta(a, b) may be above 1e-300: further out the series has needless millions of bits."""
    return a * math.log(a / (a + b) / x) + b * math.log(b / (a + b) / y) < 1500


def arguments():
    """(name, parameters, x) over the grid."""
    for x in [-38, -37.5, -30, -12.3, -5, -2, -1, -0.1, -1e-9, 0, 0.3, 1, 1.96, 3, 6, 8.3, 15, 26.1, 33, 37.04]:
        yield "normal", (), x
    for shape in [1e-10, 1e-3, 0.05, 0.5, 0.99, 1, 2.5, 10, 19.9, 20, 35.5, 100, 1e3, 1e5, 1e7, 5e8]:
        if shape < 30:
            for x in [1e-200, 1e-20, 1e-5, 0.01, 0.3, 0.99, 1.01, 2.2, 5.5, 13, 30, 66, 150, 400, 680]:
                yield "gamma", (shape,), x
        if shape >= 10:
            for z in deviations(shape):
                root = 1 - 1 / (9 * shape) + z / (3 * shape**0.5)
                if root > 0:
                    yield "gamma", (shape,), shape * root**3
    for df in [0.1, 1, 2, 7, 1e9]:
        for x in [df * r for r in ((0.99999, 1, 1.0001) if df > 1e5 else (1e-30, 0.001, 0.5, 0.9999, 1, 1.5, 10, 300))]:
            yield "chi_squared", (df,), x
    for df in [0.1, 0.5, 1, 2, 3, 4.7, 10, 30, 100, 1e3, 1e5, 1e7, 1e9]:
        for t in [-37.5, -3, -0.1, 0, 1e-10, 0.01, 0.5, 1, 1.96, 5, 10, 20, 36, 60, 1e4, 1e10, 1e100, 1e150]:
            if abs(t) < 40 or df < 1e5:
                yield "student_t", (df,), t
    for df1, df2 in [(0.1, 0.1), (0.1, 1e9), (1, 1), (1, 30), (2, 2), (3, 1e6), (5, 12), (40, 60), (200, 0.5), (1e3, 1e5),
                     (1e5, 10), (1e9, 3), (1e6, 1e6), (1e9, 1e9)]:
        width = df1 * df2 / (df1 + df2) / 2
        for z in deviations(df1, df2):
            odds = df1 / df2 * float(mp.exp(z / width**0.5)) if abs(z / width**0.5) < 200 else 0
            if odds > 0 and within_reach(df1 / 2, df2 / 2, odds / (1 + odds), 1 / (1 + odds)):
                yield "fisher_f", (df1, df2), float(mp.exp(z / width**0.5))
    for a, b in [(1e-10, 1e-10), (1e-10, 3), (1e-3, 1e6), (0.05, 0.05), (0.5, 0.5), (0.3, 40), (1, 1), (1, 1e9), (2, 3), (1.5, 200),
                 (19, 21), (45, 55), (300, 5000), (4591.5, 0.95), (1e5, 1e5), (1e7, 30), (1e6, 3e6), (1e9, 1e9)]:
        for x in [1e-250, 1e-12, 0.001, 0.5, 0.999]:
            if within_reach(a, b, x, 1 - x):
                yield "beta", (a, b), x
        width = a * b / (a + b)
        for z in deviations(a, b):
            odds = a / b * float(mp.exp(z / width**0.5)) if abs(z / width**0.5) < 300 else 0
            if 1e-290 < odds < 1e14 and within_reach(a, b, odds / (1 + odds), 1 / (1 + odds)):
                yield "beta", (a, b), odds / (1 + odds)
    for n, p in [(1, 0.3), (5, 1e-8), (20, 0.5), (100, 0.01), (1000, 0.999), (10**4, 0.3), (10**6, 0.5), (10**6, 1e-5), (10**9, 0.2)]:
        for z in deviations(n * p):
            k = round(n * p + z * (n * p * (1 - p)) ** 0.5)
            if 0 <= k < n:
                yield "binomial", (n, p), k
    for mean in [1e-5, 0.1, 1, 10, 25.5, 1e3, 1e6]:
        for z in deviations(mean):
            k = round(mean + z * mean**0.5)
            if k >= 0:
                yield "poisson", (mean,), k
        for k in [0, 1, 3, 20, 100]:
            yield "poisson", (mean,), k


REFERENCE = {
    "normal": normal_tails, "gamma": gamma_tails, "chi_squared": lambda df, x: gamma_tails(Fraction(df) / 2, Fraction(x) / 2),
    "student_t": t_tails, "fisher_f": f_tails, "beta": beta_at, "binomial": binomial_tails, "poisson": poisson_tails}
SCIPY = {"normal": scipy.stats.norm, "gamma": scipy.stats.gamma, "chi_squared": scipy.stats.chi2, "student_t": scipy.stats.t,
         "fisher_f": scipy.stats.f, "beta": scipy.stats.beta, "binomial": scipy.stats.binom, "poisson": scipy.stats.poisson}


def rounded(value):
    return repr(float(value)) if value >= SMALLEST else "0"


def distributions(out):
    print(f"# Made by tests/oracle/stats.py with mpmath {mp.__version__}; checked against SciPy {scipy.__version__}.\n"
          "# distribution, its parameters, x, cdf, sf (0: below 1e-300)", file=out)
    seen = set()
    for name, parameters, x in arguments():
        if (name, parameters, x) in seen:
            continue
        seen.add((name, parameters, x))
        lower, upper = precisely(REFERENCE[name], *parameters, x)
        for ours, theirs in ((lower, SCIPY[name].cdf(x, *parameters)), (upper, SCIPY[name].sf(x, *parameters))):
            if ours > 1e-10 and 1e-5 < min((*parameters, 1)) and max((*parameters, 1)) < 1e8 and abs(theirs / ours - 1) > 1e-7:
                print(f"{name} {parameters} {x}: {mp.nstr(ours, 17)}, SciPy {theirs!r}", file=sys.stderr)
        if min(lower, upper) < SMALLEST and name in ("binomial", "poisson"):
            continue
        print(name, *map(repr, parameters), repr(x), rounded(lower), rounded(upper), file=out, flush=True)


def header(out, words):
    print(f"# Made by tests/oracle/stats.py with mpmath {mp.__version__}, SciPy {scipy.__version__}.\n# {words}", file=out)


def one_sided(n, d):
    """Birnbaum and Tingey's sum in exact fractions."""
    d = Fraction(d)
    total = (1 - d)**n
    for j in range(1, n):
        below = 1 - d - Fraction(j, n)
        if below <= 0:
            break
        total += d * math.comb(n, j) * below**(n - j) * (d + Fraction(j, n))**(j - 1)
    return total


def two_sided(n, d):
    """Durbin's matrix, after Marsaglia, Tsang and Wang 2003, in 80 digits."""
    with mp.workdps(80):
        d = mp.mpf(d)
        k = int(mp.floor(n * d)) + 1
        m = 2 * k - 1
        h = k - n * d
        matrix = mp.matrix(m, m)
        for i in range(m):
            for j in range(m):
                matrix[i, j] = 1 if i - j + 1 >= 0 else 0
        for i in range(m):
            matrix[i, 0] -= h**(i + 1)
            matrix[m - 1, i] -= h**(m - i)
        if 2 * h > 1:
            matrix[m - 1, 0] += (2 * h - 1)**m
        for i in range(m):
            for j in range(m):
                if i - j + 1 > 0:
                    matrix[i, j] /= mp.factorial(i - j + 1)
        return 1 - (matrix**n)[k - 1, k - 1] * mp.factorial(n) / mp.mpf(n)**n


def kolmogorov(out):
    header(out, "kolmogorov x cdf sf | one_sided n d sf | two_sided n d sf")
    with mp.workdps(700):
        for x in [0.05, 0.2, 0.5, 0.7, 0.9, 0.999, 1, 1.001, 1.2, 1.36, 2, 3, 5, 10, 15, 18.5]:
            upper = 2 * mp.nsum(lambda k: (-1)**(int(k) - 1) * mp.exp(-2 * k * k * mp.mpf(x)**2), [1, int(45 / x) + 3])
            print("kolmogorov", x, rounded(1 - upper), rounded(upper), file=out)
    for n, d in [(1, 0.3), (2, 0.7), (5, 0.11), (10, 0.274), (30, 0.2), (100, 0.05), (100, 0.4), (400, 0.02), (400, 0.7), (50, 0.999)]:
        value = one_sided(n, d)
        print("one_sided", n, d, rounded(mp.mpf(value.numerator) / value.denominator), file=out)
    for n in (1, 2, 5, 10, 23, 50, 120):
        for x in (0.45, 0.6, 0.828, 1, 1.36, 1.63, 1.95, 2.2):
            d = round(x / n**0.5, 4)
            if 0.5 / n < d < 1:
                print("two_sided", n, d, rounded(two_sided(n, d)), file=out)


def panels(low, high, count):
    """Gauss-Legendre nodes and weights, 24 to a panel."""
    nodes, weights = np.polynomial.legendre.leggauss(24)
    half = (high - low) / count / 2
    middles = low + half * (2 * np.arange(count) + 1)
    return (middles[:, None] + half * nodes).ravel(), np.tile(half * weights, count)


def chi_density(df):
    """Nodes in w = log s, s = sqrt(chi-squared / df), and their weights under its density."""
    spread = 1 / np.sqrt(2 * df)
    w, weight = panels(-40 * spread if df > 200 else -80 / df if df < 60 else -20 * spread, min(40 * spread, 3.5), 300)
    with mp.workdps(30):
        a = mp.mpf(df) / 2
        scale = float(mp.log(2) + a * mp.log(a) - mp.loggamma(a) - a)
    return w, np.exp(scale - df / 2 * (np.expm1(2 * w) - 2 * w)) * weight


def noncentral_t_tails(df, shift, t):
    w, density = chi_density(df)
    z = t * np.exp(w) - shift
    return density @ scipy.special.ndtr(z), density @ scipy.special.ndtr(-z)


def range_tails(groups, df, q):
    """By a product rule over (log s, largest value), in double precision: positive terms alone."""
    w, density = chi_density(df)
    z, weight_z = panels(-9, 45, 120)
    largest = groups * np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * weight_z
    gap = q * np.exp(w)[:, None]
    below = scipy.special.ndtr(z)
    other = scipy.special.ndtr(z - gap)
    within = np.where(z > gap / 2, scipy.special.ndtr(gap - z) - scipy.special.ndtr(-z), below - other)
    lower = density @ (within**(groups - 1) @ largest)
    upper = density @ ((below**(groups - 1) * -np.expm1((groups - 1) * np.log1p(-np.minimum(other / below, 1 - 1e-16)))) @ largest)
    return lower, upper


def peak_panels(log_f, low, high, count):
    """Nodes and weights over where exp(log_f) is above 1e-21 of its peak, which is searched on a grid that is refined."""
    for _ in range(8):
        grid = np.linspace(low, high, 301)
        at = log_f(grid)
        inside = np.flatnonzero(at > at.max() - 48)
        low, high = grid[max(0, inside[0] - 1)], grid[min(300, inside[-1] + 1)]
    return panels(low, high, count)


def log_within(z, w):
    """log(ndtr(z) - ndtr(z - w)): of a narrow interval as the mean of the density in it."""
    if w > 2:
        above = scipy.special.ndtr(w - z)
        return np.where(z > w / 2, np.log(np.maximum(above - scipy.special.ndtr(-z), 1e-320)),
                        np.log(np.maximum(scipy.special.ndtr(z) - scipy.special.ndtr(z - w), 1e-320)))
    nodes, weights = np.polynomial.legendre.leggauss(24)
    at = z[:, None] - w / 2 * (1 + nodes)
    middle = (z - w / 2)**2 / 2
    return np.log(w / 2) - middle - np.log(2 * np.pi) / 2 + np.log(np.exp(middle[:, None] - at * at / 2) @ weights)


def log_range_tail(groups, w, upper):
    """log of a tail of the range of normals: Gauss-Legendre over the largest of them."""
    others = groups - 1

    def log_f(z):
        if not upper:
            return -z * z / 2 + others * log_within(z, w)
        below = scipy.special.log_ndtr(z)
        far = scipy.special.log_ndtr(z - w) - below
        with np.errstate(divide="ignore"):
            some = np.where(far > -30, np.log(-np.expm1(others * np.log1p(-np.minimum(np.exp(far), 1)))), far + np.log(others))
        return -z * z / 2 + others * below + some

    z, weight = peak_panels(log_f, -12 + min(w / 2, 3), 12 + w, 25)
    at = log_f(z)
    top = at.max()
    return np.log(groups) - np.log(2 * np.pi) / 2 + top + np.log(np.exp(at - top) @ weight)


def far_range_tail(groups, df, q, upper):
    """One tail of the studentised range, over log s. df None: the deviation is known."""
    if df is None:
        return np.exp(log_range_tail(groups, q, upper))
    with mp.workdps(30):
        a = mp.mpf(df) / 2
        scale = float(mp.log(2) + a * mp.log(a) - mp.loggamma(a) - a)

    def log_density(u):
        small = np.abs(u) < 1e-3
        series = 2 * u * u * (1 + 2 * u / 3 * (1 + u / 2 * (1 + 2 * u / 5 * (1 + u / 3 * (1 + 2 * u / 7)))))
        return -df / 2 * np.where(small, series, np.expm1(2 * u) - 2 * u)

    def sketch(u):
        """One pair's tail for the upper one, a power for the lower one: where to integrate."""
        w = q * np.exp(u)
        if not upper:
            return log_density(u) + (groups - 1) * np.log(w / (1 + w))
        rare = np.log(groups * (groups - 1)) + scipy.special.log_ndtr(-w / np.sqrt(2))
        return log_density(u) + np.minimum(rare, 0)

    peak = -0.5 * np.log1p((q / np.sqrt(2 * df))**2) if upper else 0
    u, weight = peak_panels(sketch, peak - 60 / min(df, 1), peak + 60, 150 if df < 1 else 40)
    at = log_density(u) + [log_range_tail(groups, q * math.exp(x), upper) for x in u]
    top = at.max()
    return np.exp(scale + top + np.log(np.exp(at - top) @ weight))


def far_ranges(out):
    header(out, "studentized_range groups df (inf: known deviation) q cdf sf, one of which is nan: not computed here")
    for groups, df, q, upper in FAR_RANGES:
        tail = repr(float(far_range_tail(groups, df, q, upper)))
        print("studentized_range", groups, "inf" if df is None else df, q, *(("nan", tail) if upper else (tail, "nan")),
              file=out, flush=True)


FAR_RANGES = [
    (3, 2, 150, True), (3, 10, 100, True), (2, 1, 150, True), (3, 3, 141.4213562373095, True), (3, 1, 1e6, True),
    (5, 4, 1e30, True), (3, 0.5, 40, True), (7, 2.5, 1e100, True), (3, 30, 60, True), (3, 30, 1e9, True),
    (10, 100, 80, True), (100, 12, 35, True), (1000, 40, 20, True), (3, 1e6, 50, True), (4, 1e9, 51, True),
    (3, None, 20, True), (3, None, 51, True), (30, None, 12, True), (1000, None, 8, True), (3, None, 0.3, True),
    (3, 10, 1e-9, False), (3, 10, 0.001, False), (5, 4, 0.05, False), (40, 30, 1.5, False), (10, 1e5, 0.01, False),
    (3, None, 0.01, False), (100, None, 2, False), (3, None, 1e-100, False), (20, 2, 1, False), (2, 5, 1e-6, False)]


def integrals(out):
    header(out, "noncentral_t df noncentrality x cdf sf | studentized_range groups df q cdf sf")
    for df in (0.5, 5, 1000):
        for shift in (-5, 0.5, 10):
            for t in (-3, 0.5, 8, 20):
                both = noncentral_t_tails(df, shift, t)
                if abs(sum(both) - 1) > 2e-13:
                    print(f"noncentral_t {df} {shift} {t}: {both} do not add up", file=sys.stderr)
                    continue
                print("noncentral_t", df, shift, t, *map(rounded, both), file=out)
    for groups, df, q in [(2, 4, 1.5), (3, 10, 0.7), (3, 10, 3.877), (3, 10, 9), (5, 2, 4), (8, 20, 2.5), (8, 20, 7), (20, 60, 5),
                          (20, 60, 12), (50, 200, 6), (4, 1000, 10), (3, 1e5, 15)]:
        both = range_tails(groups, df, q)
        if abs(sum(both) - 1) > 2e-13:
            print(f"studentized_range {groups} {df} {q}: {both} do not add up", file=sys.stderr)
            continue
        print("studentized_range", groups, df, q, *map(rounded, both), file=out, flush=True)


def tests(out):
    """Samples by name, and what SciPy and statsmodels say of them."""
    import statsmodels
    import statsmodels.stats.multitest as multitest
    import statsmodels.stats.power as sm_power
    import statsmodels.stats.proportion as sm_proportion
    header(out, f"statsmodels {statsmodels.__version__}, NumPy {np.__version__}. name, numbers; see tests/unit/stats")
    random = np.random.default_rng(4)
    stats = scipy.stats
    a = np.round(random.normal(10, 2, 23), 3)
    b = np.round(random.normal(11.5, 3, 31), 3)
    c = np.round(random.normal(9, 2.5, 17) * 2) / 2
    d = np.round(random.normal(9.7, 2.5, 150) * 4) / 4
    e = np.round(random.normal(10, 2.5, 180) * 4) / 4

    def row(name, *values):
        print(name, *(repr(float(v)) for v in values), file=out)

    for name, sample in (("a", a), ("b", b), ("c", c), ("d", d), ("e", e)):
        row(f"sample_{name}", *sample)
    for side in ("two-sided", "less", "greater"):
        for name, equal in (("welch", False), ("student", True)):
            r = stats.ttest_ind(a, b, equal_var=equal, alternative=side)
            row(name, r.statistic, r.df, r.pvalue, *r.confidence_interval(0.99))
        r = stats.ttest_1samp(a, 9.5, alternative=side)
        row("one_sample", r.statistic, r.df, r.pvalue, *r.confidence_interval(0.95))
        r = stats.ttest_rel(a[:17], c, alternative=side)
        row("paired", r.statistic, r.df, r.pvalue, *r.confidence_interval(0.95))
        r = stats.ks_2samp(a, b, side, method="exact")
        row("ks_exact", r.statistic, r.pvalue)
        r = stats.ks_1samp(a, stats.norm.cdf, args=(10, 2), alternative=side, method="exact")
        row("ks_one_sample", r.statistic, r.pvalue)
        r = stats.mannwhitneyu(a, b, alternative=side, method="exact")
        row("mann_whitney_exact", r.statistic, r.pvalue)
        r = stats.mannwhitneyu(d, e, alternative=side, method="asymptotic")
        row("mann_whitney", r.statistic, r.pvalue)
        r = stats.ttest_ind(a, b, equal_var=False, trim=0.2, alternative=side)
        row("yuen", r.statistic, r.df, r.pvalue, *r.confidence_interval(0.95))
    r = stats.f_oneway(a, b, c)
    row("anova", r.statistic, r.pvalue)
    r = stats.levene(a, b, c, center="median")
    row("brown_forsythe", r.statistic, r.pvalue)
    r = stats.tukey_hsd(a, b, c)
    ci = r.confidence_interval(0.95)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        row("tukey", i, j, r.statistic[i, j], r.pvalue[i, j], ci.low[i, j], ci.high[i, j])
    r = stats.anderson_ksamp([a, b, c])
    row("anderson", r.statistic, r.pvalue)
    row("anderson_two", stats.anderson_ksamp([d, e]).statistic)
    row("wasserstein", stats.wasserstein_distance(a, b), stats.wasserstein_distance(d, e))
    row("energy", stats.energy_distance(a, b), stats.energy_distance(d, e))
    # All splits, with and without ties, and samples that differ.
    for name, distance in (("wasserstein_test", stats.wasserstein_distance), ("energy_test", stats.energy_distance)):
        row(name, *(stats.permutation_test((x, y), distance, vectorized=False, n_resamples=np.inf, alternative="greater").pvalue
                    for x, y in ((a[:5], b[:6]), (d[:7], e[:6]), (a[:4], b[:6] + 4))))

    for s1, n1, s2, n2 in ((45, 300, 30, 310), (3, 20, 17, 20), (0, 50, 4, 60), (1000, 100000, 1130, 99000)):
        z, p = sm_proportion.proportions_ztest([s1, s2], [n1, n2])
        table = [[s1, n1 - s1], [s2, n2 - s2]]
        fisher = stats.fisher_exact(table).pvalue
        less = stats.fisher_exact(table, "less").pvalue
        greater = stats.fisher_exact(table, "greater").pvalue
        row("two_proportions", s1, n1, s2, n2, z, p, fisher, less, greater,
            *sm_proportion.confint_proportions_2indep(s1, n1, s2, n2, method="newcomb"),
            *sm_proportion.confint_proportions_2indep(s1, n1, s2, n2, method="wald"))
        if s1:
            odds = stats.contingency.odds_ratio(table).confidence_interval(0.95)
            row("ratios", s1, n1, s2, n2,
                *sm_proportion.confint_proportions_2indep(s1, n1, s2, n2, method="score", compare="ratio"),
                *sm_proportion.confint_proportions_2indep(s1, n1, s2, n2, method="log", compare="ratio"), odds.low, odds.high)
        # The score of a difference, by maximising the likelihood under it.
        for null in (-0.1, 0.03):
            with mp.workdps(30):
                def slope(q):
                    r = q - null
                    return s1 / q - (n1 - s1) / (1 - q) + s2 / r - (n2 - s2) / (1 - r)
                low, high = max(mp.mpf(null), 0), min(1 + mp.mpf(null), 1)
                if s1 == 0:
                    continue
                q1 = mp.findroot(slope, (low + mp.mpf("1e-20"), high - mp.mpf("1e-20")), solver="anderson", maxsteps=2000, tol=1e-20, verify=False)
                q2 = q1 - null
                n = n1 + n2
                variance = (q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2) * n / (n - 1)
                if abs(slope(q1)) < 1e-8:
                    row("score", s1, n1, s2, n2, null, (mp.mpf(s1) / n1 - mp.mpf(s2) / n2 - null) / mp.sqrt(variance))
    for s, n in ((45, 300), (0, 12), (7, 7), (1, 1000000)):
        for level in (0.95, 0.99, 0.8):
            row("proportion", s, n, level, *(v for m in ("wilson", "beta", "agresti_coull", "normal")
                                             for v in sm_proportion.proportion_confint(s, n, 1 - level, m)))

    # Weighted trials: as many of equal weight as have the same variance (Kish), in fractions.
    for sums in ((3.5, 10.25, 17.0625, 6, 9.5, 12.75), (0.25, 40, 90, 11, 37.5, 60), (250, 1000, 4000, 350, 1000, 2500)):
        (s1, n1), (s2, n2) = ((p / (q / w), w / (q / w)) for p, w, q in (sums[:3], sums[3:]))
        row("weighted", *sums, *sm_proportion.proportion_confint(s1, n1, 0.05, "wilson"),
            *sm_proportion.confint_proportions_2indep(s1, n1, s2, n2, method="newcomb"),
            *sm_proportion.confint_proportions_2indep(s1, n1, s2, n2, method="score", compare="ratio"))

    counts, shares = [16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]
    for name, kind in (("chi", "pearson"), ("g", "log-likelihood")):
        r = stats.power_divergence(counts, shares, lambda_=kind)
        row(f"fit_{name}", r.statistic, r.pvalue)
        r = stats.chi2_contingency([[10, 10, 20], [20, 20, 25]], lambda_=kind)
        row(f"independence_{name}", r.statistic, r.pvalue)
    r = stats.chi2_contingency([[10, 20], [30, 25]])
    row("independence_yates", r.statistic, r.pvalue)

    p = [0.01, 0.04, 0.03, 0.005, 0.2, 0.04, 0.9]
    row("p_values", *p)
    for name, method in (("bonferroni", "bonferroni"), ("holm", "holm"), ("hochberg", "simes-hochberg"),
                         ("benjamini_hochberg", "fdr_bh"), ("benjamini_yekutieli", "fdr_by")):
        row(name, *multitest.multipletests(p, method=method)[1])

    for effect, n, ratio, alpha in ((0.2, 100, 1, 0.05), (0.5, 64, 1, 0.05), (0.1, 1500, 2, 0.01), (1.5, 8, 1.5, 0.05)):
        for side, words in (("two-sided", 0), ("larger", 2)):
            row("t_power", effect, n, ratio, alpha, words,
                sm_power.TTestIndPower().power(effect, n, alpha, ratio, alternative=side),
                sm_power.TTestPower().power(effect, n, alpha, alternative=side),
                sm_power.NormalIndPower().power(effect, n, alpha, ratio, alternative=side))
    row("anova_power", sm_power.FTestAnovaPower().power(0.25, 120, 0.05, k_groups=4))
    row("chi_power", sm_power.GofChisquarePower().power(0.3, 100, 0.05, n_bins=4))


FILES = {"tests": tests, "distributions": distributions, "kolmogorov": kolmogorov, "integrals": integrals,
         "far_ranges": far_ranges}


def main():
    for name in sys.argv[1:] or FILES:
        GOLDEN.mkdir(parents=True, exist_ok=True)
        with open(GOLDEN / f"{name}.txt", "w") as out:
            FILES[name](out)


if __name__ == "__main__":
    main()
