#!/usr/bin/env python3
"""Writes tests/golden/deliver/off_policy.txt: a made log and what a policy would have earned by it, by hand with NumPy.

    python3 tests/oracle/off_policy.py     # NumPy 2.4.6

The first lines are estimates: "lines" or "units", what the intervals are over, and "all" or the largest weight; then value
and standard error of IPS, self-normalized IPS and doubly robust, the mean weight and the effective lines. Each other line
is: unit, action, propensity, reward, the policy's probabilities of three actions, the model's predictions for them.
"""
import pathlib

import numpy as np

PATH = pathlib.Path(__file__).parents[1] / "golden/deliver/off_policy.txt"
rng = np.random.default_rng(15)
N, ACTIONS = 300, 3
unit = rng.integers(0, 60, N)
logging = rng.dirichlet([2, 1, 1], N) * 0.9 + 0.1 / 3
action = np.array([rng.choice(ACTIONS, p=p) for p in logging])
propensity = logging[np.arange(N), action]
reward = (rng.random(N) < np.array([0.2, 0.5, 0.3])[action] + 0.1 * (unit % 2)).astype(float) * rng.choice([1, 2.5], N)
target = rng.dirichlet([1, 3, 1], N)
target[::7] = [0, 1, 0]
model = np.array([0.3, 0.8, 0.5]) + 0.1 * (unit % 2)[:, None] + rng.normal(0, 0.05, (N, ACTIONS))


def error(values, over):
    """Of the mean of values that sum to 0: from the variance of the sums of lines, or of units."""
    groups = np.arange(N) if over == "lines" else np.unique(unit, return_inverse=True)[1]
    sums = np.bincount(groups, weights=values)
    return np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)) / N


lines = []
for over in ("lines", "units"):
    for most in ("all", "2.5"):
        w = target[np.arange(N), action] / propensity
        w = w if most == "all" else np.minimum(w, float(most))
        ips = w * reward
        ratio = ips.sum() / w.sum()
        robust = (target * model).sum(axis=1) + w * (reward - model[np.arange(N), action])
        figures = [ips.mean(), error(ips - ips.mean(), over), ratio, error(w * (reward - ratio) / w.mean(), over),
                   robust.mean(), error(robust - robust.mean(), over), w.mean(), w.sum()**2 / (w**2).sum()]
        lines.append(f"{over} {most} {' '.join(repr(float(one)) for one in figures)}\n")
for i in range(N):
    figures = [propensity[i], reward[i], *target[i], *model[i]]
    lines.append(f"{unit[i]} {action[i]} {' '.join(repr(float(one)) for one in figures)}\n")
PATH.write_text("".join(lines))
