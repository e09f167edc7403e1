#!/usr/bin/env python3
"""Models of ours beside those of scikit-learn, on the same tables: how good they are, mean and worst of the seeds.

usage: models_peers.py PROGRAM [--seeds 20] [--data FOLDER]

PROGRAM is build/bench/benchmarks/bench_models_ours. FOLDER may hold breast_cancer.csv.
    pip install scikit-learn && python3 benchmarks/models_peers.py build/bench/benchmarks/bench_models_ours
"""
import argparse
import subprocess
import time
import warnings

import numpy as np
import sklearn
from sklearn import cluster, datasets


def ours(program, what, table, *numbers):
    rows, columns = table.shape
    done = subprocess.run([program, what, str(rows), str(columns), *map(str, numbers)], input=table.tobytes(),
                          capture_output=True, check=True)
    value, milliseconds = done.stdout.split()[:2]
    return float(value), float(milliseconds)


def tables():
    random = np.random.default_rng(7)
    blobs, _ = datasets.make_blobs(4000, 6, centers=12, cluster_std=1.5, random_state=1)
    yield "blobs, 4000 x 6, 12 clusters", blobs, 12
    yield "no clusters, 3000 x 10, 8 clusters", random.normal(size=(3000, 10)), 8
    yield "far from 0, 2000 x 4, 5 clusters", random.normal(size=(2000, 4)) + 10_000 * np.arange(4), 5
    yield "heavy tails, 3000 x 5, 10 clusters", random.standard_t(2, size=(3000, 5)), 10
    yield "iris, 150 x 4, 3 clusters", datasets.load_iris().data, 3
    yield "digits, 1797 x 64, 10 clusters", datasets.load_digits().data, 10


def k_means(program, seeds):
    print(f"k-means: inertia over that of scikit-learn's best of all seeds, {seeds} seeds")
    for name, table, clusters in tables():
        table = np.ascontiguousarray(table, np.float32)
        for restarts in (1, 10):
            theirs, mine, milliseconds, peer_milliseconds = [], [], 0, 0
            for seed in range(seeds):
                start = time.process_time()
                fitted = cluster.KMeans(clusters, n_init=restarts, random_state=seed).fit(table.astype(np.float64))
                peer_milliseconds += 1e3 * (time.process_time() - start)
                theirs.append(fitted.inertia_)
                value, took = ours(program, "k_means", table, clusters, restarts, seed)
                mine.append(value)
                milliseconds += took
            best = min(theirs + mine)
            print(f"  {name}, {restarts} starts: ours mean {np.mean(mine) / best:.5f} worst {max(mine) / best:.5f}; "
                  f"scikit-learn mean {np.mean(theirs) / best:.5f} worst {max(theirs) / best:.5f}; "
                  f"{milliseconds / seeds:.1f} and {peer_milliseconds / seeds:.1f} ms of the processor")
        theirs, mine = [], []
        for seed in range(seeds):
            fitted = cluster.MiniBatchKMeans(clusters, n_init=1, max_iter=10, random_state=seed).fit(table.astype(np.float64))
            theirs.append(-fitted.score(table.astype(np.float64)))
            mine.append(ours(program, "mini_batch", table, clusters, 10, seed)[0])
        print(f"  {name}, mini-batches, 10 passes: ours mean {np.mean(mine) / best:.5f} worst {max(mine) / best:.5f}; "
              f"scikit-learn mean {np.mean(theirs) / best:.5f} worst {max(theirs) / best:.5f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", help="folder with breast_cancer.csv")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"NumPy {np.__version__}, scikit-learn {sklearn.__version__}")
    k_means(args.program, args.seeds)


if __name__ == "__main__":
    main()
