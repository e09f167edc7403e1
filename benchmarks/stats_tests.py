#!/usr/bin/env python3
"""Runs bench_stats_tests, and SciPy and statsmodels on the same questions in the same run.

usage: stats_tests.py PATH/TO/bench_stats_tests        (needs NumPy, SciPy, statsmodels)
"""
import json
import subprocess
import sys
import time

import numpy as np
import scipy
import scipy.stats
import statsmodels
from statsmodels.stats.proportion import proportions_ztest


def seconds(call, at_least=0.5):
    """The best of several, each long enough to be timed."""
    call()
    best = float("inf")
    end = time.perf_counter() + at_least
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def main():
    random = np.random.default_rng(1)
    small = [random.standard_normal(10_000) for _ in range(2)]
    large = [random.standard_normal(100_000) for _ in range(2)]
    peers = {
        "two_proportion_z": ("statsmodels", lambda: proportions_ztest([1000, 950], [10_000, 10_000])),
        "ks_with_cached_reference": ("SciPy", lambda: scipy.stats.ks_2samp(*small, method="asymp")),
        "mann_whitney": ("SciPy", lambda: scipy.stats.mannwhitneyu(*large, method="asymptotic")),
        "bootstrap_of_a_mean": ("SciPy", lambda: scipy.stats.bootstrap((small[0],), np.mean, n_resamples=10_000, batch=100,
                                                                       vectorized=True, axis=-1, method="percentile")),
    }
    done = subprocess.run([sys.argv[1], "--benchmark_format=json"], capture_output=True, text=True, check=True)
    units = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
    print(f"SciPy {scipy.__version__}, statsmodels {statsmodels.__version__}, NumPy {np.__version__}\n")
    print("| | millrace | peer | ratio |\n|---|---|---|---|")
    for row in json.loads(done.stdout)["benchmarks"]:
        ours = row["cpu_time"] * units[row["time_unit"]]
        name, call = peers[row["name"]]
        theirs = seconds(call)
        print(f"| {row['name'].replace('_', ' ')} | {ours:.3g} s | {name} {theirs:.3g} s | {theirs / ours:.0f} |")


if __name__ == "__main__":
    main()
