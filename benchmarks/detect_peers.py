#!/usr/bin/env python3
"""The peers of benchmarks/detect.cpp that are Python packages: run both, one after the other, on the same machine.

    pip install river scipy && python3 benchmarks/detect_peers.py
"""
import importlib.metadata
import random
import time


def nanoseconds(call, items):
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter_ns()
        for item in items:
            call(item)
        best = min(best, (time.perf_counter_ns() - start) / len(items))
    return best


def main():
    random.seed(1)
    errors = [random.getrandbits(1) for _ in range(50_000)]
    normal = [random.gauss(0, 1) for _ in range(50_000)]
    try:
        from river import drift
        print("river", importlib.metadata.version("river"))
        for name, detector, stream in (("ADWIN", drift.ADWIN(), errors), ("PageHinkley", drift.PageHinkley(), normal),
                                       ("KSWIN", drift.KSWIN(seed=1), normal[:5000]),
                                       ("DDM", drift.binary.DDM(), errors), ("EDDM", drift.binary.EDDM(), errors),
                                       ("HDDM_A", drift.binary.HDDMA(), errors), ("HDDM_W", drift.binary.HDDMW(), errors)):
            print(f"  {name}: {nanoseconds(detector.update, stream):.0f} ns an update")
    except ImportError:
        print("river is not installed")
    try:
        import numpy
        import scipy
        from scipy import stats
        print("scipy", scipy.__version__)
        a, b = numpy.asarray(normal[:10_000]), numpy.asarray(normal[10_000:20_000])
        for name, call in (("ks_2samp", stats.ks_2samp), ("wasserstein_distance", stats.wasserstein_distance)):
            took = nanoseconds(lambda _, call=call: call(a, b), [0] * 20)
            print(f"  {name}, 10,000 and 10,000: {took / 1e3:.0f} us")
    except ImportError:
        print("scipy is not installed")


if __name__ == "__main__":
    main()
