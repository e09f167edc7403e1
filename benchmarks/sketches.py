#!/usr/bin/env python3
"""What Apache DataSketches takes for what benchmarks/sketches.cpp measures: the C++ library under its Python package.

    python3 benchmarks/sketches.py      (with the packages `datasketches` 5.2.0 and NumPy)

CPU time, least of seven rounds. Quantile sketches take whole arrays, so Python's share is nothing. The others take one
item a call, most of which is Python's.
"""
import time

import datasketches
import numpy


def least(run, rounds=7):
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def main():
    random = numpy.random.default_rng(1)
    size = 1 << 20
    values = numpy.exp(2 * random.normal(size=size))
    for name, make, dtype in (("kll 200", lambda: datasketches.kll_doubles_sketch(200), numpy.float64),
                              ("t-digest 100", lambda: datasketches.tdigest_double(100), numpy.float64),
                              ("req 12, float", lambda: datasketches.req_floats_sketch(12, True), numpy.float32)):
        typed = values.astype(dtype)
        a, b = make(), make()
        print(f"{name}: {least(lambda: make().update(typed)) / size * 1e9:.1f} ns an item", end=", ")
        a.update(typed[:size // 2])
        b.update(typed[size // 2:])

        def merge():
            into = make()
            into.merge(a)
            into.merge(b)
        print(f"two merged into a third {least(merge, 100) * 1e6:.1f} us", end=", ")
        print(f"quantile {least(lambda: a.get_quantile(0.99), 100) * 1e6:.2f} us")

    different = [int(x) for x in random.integers(0, 1 << 62, size=size)]
    skewed = [int(100_000 ** x) for x in random.random(size=size)]
    texts = [f"/orders/{x}" for x in skewed]

    def calls(update, items):
        for item in items:
            update(item)
    for name, sketch, items in (("hll 12, 8 bits", datasketches.hll_sketch(12, datasketches.HLL_8), different),
                                ("hll 12, 4 bits", datasketches.hll_sketch(12, datasketches.HLL_4), different),
                                ("theta 12", datasketches.update_theta_sketch(12), different),
                                ("frequent texts 10", datasketches.frequent_strings_sketch(10), texts),
                                ("count-min 4 x 1024", datasketches.count_min_sketch(4, 1024), skewed)):
        took = least(lambda: calls(sketch.update, items), 5)
        print(f"{name}: {took / size * 1e9:.1f} ns a call, Python's share included")


if __name__ == "__main__":
    main()
