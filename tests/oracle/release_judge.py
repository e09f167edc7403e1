#!/usr/bin/env python3
"""Reference values for tests/unit/deliver/judge/share_bets.cpp, by products of factors in decimals of 60 digits: each bad
outcome multiplies the capital of each bet once.

    python3 tests/oracle/release_judge.py > tests/golden/stats/release_evidence.txt
"""
from decimal import Decimal, getcontext

getcontext().prec = 60
D = Decimal


def owner(ratio, share):
    """The probability that a bad outcome is the candidate's."""
    return ratio * share / (ratio * share + 1 - share)


def capital(steps, ratio, against):
    made = D(1)
    for share, _, bad in steps:
        if not 0 < share < 1:
            continue
        p, null = owner(ratio, share), owner(against, share)
        made *= (p / null) ** bad[1] * ((1 - p) / (1 - null)) ** bad[0]
    return made


def harm(steps, max_ratio):
    r = max(max_ratio, D("1.15"))
    bets = [(r ** D("0.6"), D("0.03")), (r ** D("1.2"), D("0.57")), (r**2, D("0.25")), (D(8), D("0.1")), (D(50), D("0.05"))]
    total = D(0)
    home = D(1)
    for start in range(len(steps)):
        money = D("0.85") if start == 0 else D("0.045") / start
        home -= money
        for ratio, weight in bets:
            total += money * weight * capital(steps[start:], ratio, D(1))
    return total + home


def ratio_below(steps, r):
    equal = 1 / r if r > D("1.15") else D("0.5")
    return sum(w * capital(steps, on * r, r) for on, w in ((D("0.85"), D("0.15")), (equal, D("0.65")), (D("0.2"), D("0.2"))))


def difference_below(steps, margin):
    total = D(0)
    for part, weight in ((D("0.1"), D("0.1")), (D("0.3"), D("0.2")), (D("0.6"), D("0.3")), (D("0.9"), D("0.4"))):
        made = weight
        for share, measured, bad in steps:
            if not 0 < share < 1:
                continue
            bet = part * share
            made *= (1 + bet * margin) ** (sum(measured) - sum(bad))
            made *= (1 + bet * (margin - 1 / share)) ** bad[1]
            made *= (1 + bet * (margin + 1 / (1 - share))) ** bad[0]
        total += made
    return total


def estimate(steps):
    if not any(b[0] for q, _, b in steps if 0 < q < 1) or not any(b[1] for q, _, b in steps if 0 < q < 1):
        return None
    low, high = D("1e-9"), D("1e9")
    for _ in range(120):
        r = (low * high).sqrt()
        expected = sum(sum(b) * owner(r, q) for q, _, b in steps if 0 < q < 1)
        low, high = (r, high) if expected < sum(b[1] for q, _, b in steps if 0 < q < 1) else (low, r)
    return low


def bounds(steps, alpha):
    points = [D(i) / 32 for i in range(-192, 193)]
    weights = [1 / (1 + x * x) for x in points]
    mixture = sum(w * capital(steps, x.exp(), D(1)) for x, w in zip(points, weights)) / sum(weights)
    middle = estimate(steps).ln()

    def cross(outside):
        inside = middle
        for _ in range(80):
            x = (inside + outside) / 2
            inside, outside = (x, outside) if mixture / capital(steps, x.exp(), D(1)) <= 1 / alpha else (inside, x)
        return inside.exp()

    return cross(D(-30)), cross(D(30))


CASES = [
    ("2", "0.002", [("0.05", (950, 50), (9, 2))]),
    ("2", "0.002", [("0.05", (28500, 1500), (285, 45))]),
    ("2", "0.005", [("0.05", (19000, 1000), (190, 12)), ("0.1", (9000, 1000), (85, 9)), ("0.25", (3000, 1000), (33, 31))]),
    ("1.1", "0.01", [("0.5", (400, 410), (120, 150)), ("0.5", (800, 790), (260, 244))]),
    ("1", "0.02", [("0.3", (700, 300), (61.25, 30.5)), ("0.9", (50, 450), (4.75, 47.125))]),
    ("3", "0.001", [("0", (100, 0), (50, 0)), ("0.2", (800, 200), (3, 1)), ("1", (0, 100), (0, 60))]),
    ("1.5", "0.05", [("0.01", (99000, 1000), (990, 25))]),
]

print("# tests/oracle/release_judge.py: max_ratio, margin, log e of harm, of a ratio below, of a difference below, the estimate,")
print("# the interval at .99, and for each step its share, measured and bad (stable, candidate)")
for max_ratio, margin, given in CASES:
    steps = [(D(q), tuple(map(D, m)), tuple(map(D, b))) for q, m, b in given]
    lower, upper = bounds(steps, D("0.01"))
    values = [D(max_ratio), D(margin), harm(steps, D(max_ratio)).ln(), ratio_below(steps, D(max_ratio)).ln(),
              difference_below(steps, D(margin)).ln(), estimate(steps), lower, upper]
    for q, m, b in steps:
        values += [q, *m, *b]
    print("evidence", *(f"{float(v):.17g}" for v in values))
