#!/usr/bin/env python3
"""Models of ours beside those of scikit-learn, on the same tables: how good they are, mean and worst of the seeds.

usage: models_peers.py PROGRAM [--seeds 20] [--data FOLDER]

PROGRAM is build/bench/benchmarks/bench_models_ours. FOLDER may hold breast_cancer.csv.
    pip install scikit-learn && python3 benchmarks/models_peers.py build/bench/benchmarks/bench_models_ours
"""
import argparse
import pathlib
import subprocess
import time
import warnings

import numpy as np
import sklearn
from sklearn import cluster, datasets, ensemble, isotonic, metrics, neural_network, preprocessing
from sklearn.calibration import _sigmoid_calibration


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


def unusual_tables(folder):
    random = np.random.default_rng(11)
    usual, odd = random.normal(size=(2000, 5)), random.uniform(-6, 6, size=(60, 5))
    yield "a cloud and a cube, 2060 x 5", np.vstack([usual, odd]), np.r_[np.zeros(2000), np.ones(60)]
    ring = random.uniform(0, 2 * np.pi, 3000)
    usual = np.c_[np.cos(ring), np.sin(ring)] * 5 + random.normal(0, 0.3, (3000, 2))
    yield "a ring and its middle, 3100 x 2", np.vstack([usual, random.normal(0, 1, (100, 2))]), np.r_[np.zeros(3000), np.ones(100)]
    blobs, _ = datasets.make_blobs(3000, 10, centers=4, random_state=2)
    odd = random.uniform(blobs.min(0), blobs.max(0), (90, 10))
    yield "four clouds and noise, 3090 x 10", np.vstack([blobs, odd]), np.r_[np.zeros(3000), np.ones(90)]
    if folder:
        lines = (pathlib.Path(folder) / "breast_cancer.csv").read_text().splitlines()
        cells = [line.split(",") for line in lines[1:]]
        yield ("breast_cancer.csv", np.array([row[:-1] for row in cells], float),
               np.array([row[-1].strip('"') == "malignant" for row in cells], float))


def isolation(program, seeds, folder):
    print(f"isolation forest: area under the ROC curve, mean of {seeds} seeds and their standard deviation")
    for name, table, odd in unusual_tables(folder):
        table = np.ascontiguousarray(table, np.float32)
        rows, columns = table.shape
        mine, theirs = [], []
        for seed in range(seeds):
            done = subprocess.run([program, "isolation", str(rows), str(columns), "100", "256", str(seed)],
                                  input=table.tobytes(), capture_output=True, check=True).stdout
            scores = np.frombuffer(done[done.index(b"\n") + 1:])
            mine.append(metrics.roc_auc_score(odd, -scores))
            fitted = ensemble.IsolationForest(random_state=seed).fit(table)
            theirs.append(metrics.roc_auc_score(odd, -fitted.score_samples(table)))
        print(f"  {name}: ours {np.mean(mine):.4f} ({np.std(mine):.4f}), scikit-learn {np.mean(theirs):.4f} "
              f"({np.std(theirs):.4f}), apart {np.mean(mine) - np.mean(theirs):+.4f}")
    table = np.ascontiguousarray(np.random.default_rng(3).normal(size=(100_000, 10)), np.float32)
    done = subprocess.run([program, "isolation", "100000", "10", "100", "256", "1"], input=table.tobytes(),
                          capture_output=True, check=True).stdout
    row_time, fit_time = map(float, done[:done.index(b"\n")].split())
    start = time.process_time()
    fitted = ensemble.IsolationForest(random_state=1).fit(table)
    peer_fit = 1e3 * (time.process_time() - start)
    start = time.process_time()
    fitted.score_samples(table)
    peer_row = 1e9 * (time.process_time() - start) / 100_000
    print(f"  100,000 x 10: fitting {fit_time:.1f} and {peer_fit:.1f} ms, a row's score in a batch {row_time:.0f} and "
          f"{peer_row:.0f} ns of the processor")


def network_tables():
    random = np.random.default_rng(5)
    table = random.normal(size=(20_000, 30))
    bend = table[:, 0] * table[:, 1] + np.abs(table[:, 2]) - table[:, 3] + 0.5 * random.normal(size=20_000)
    yield "20,000 x 30, two classes", table, (bend > 0.8).astype(float), 2, 20
    yield "20,000 x 30, numbers", table, preprocessing.scale(bend), 0, 20
    digits = datasets.load_digits()
    yield "digits, 1797 x 64, 10 classes", preprocessing.scale(digits.data), digits.target.astype(float), 10, 100
    cancer = datasets.load_breast_cancer()
    yield "breast cancer, 569 x 30, two classes", preprocessing.scale(cancer.data), cancer.target.astype(float), 2, 100
    diabetes = datasets.load_diabetes()
    yield "diabetes, 442 x 10, numbers", preprocessing.scale(diabetes.data), preprocessing.scale(diabetes.target), 0, 100


def network(program, seeds):
    print(f"networks of 64 and 32 units: mean loss of the training rows, mean and worst of {seeds} seeds")
    for name, table, target, classes, epochs in network_tables():
        table = np.ascontiguousarray(table, np.float32)
        both = np.ascontiguousarray(np.c_[table, target], np.float32)
        mine, theirs, milliseconds, peer_milliseconds = [], [], 0, 0
        for seed in range(seeds):
            value, took = ours(program, "network", both, epochs, classes, seed)
            mine.append(value)
            milliseconds += took
            made = neural_network.MLPClassifier if classes else neural_network.MLPRegressor
            peer = made(hidden_layer_sizes=(64, 32), alpha=0, batch_size=min(200, len(table)), max_iter=epochs,
                        n_iter_no_change=epochs, random_state=seed)
            start = time.process_time()
            peer.fit(table, target)
            peer_milliseconds += 1e3 * (time.process_time() - start)
            theirs.append(metrics.log_loss(target, peer.predict_proba(table)) if classes else
                          np.mean((peer.predict(table) - target) ** 2) / 2)
        print(f"  {name}, {epochs} epochs: ours {np.mean(mine):.5f} worst {max(mine):.5f}; scikit-learn {np.mean(theirs):.5f} "
              f"worst {max(theirs):.5f}; an epoch {milliseconds / seeds / epochs:.2f} and "
              f"{peer_milliseconds / seeds / epochs:.2f} ms of the processor")


def calibration(program, seeds):
    print(f"calibration of 100,000 scores that are too sure: log loss of 20,000 others, {seeds} seeds")
    peers = {"platt": lambda s, y: _sigmoid_calibration(s, y),
             "isotonic": lambda s, y: isotonic.IsotonicRegression(out_of_bounds="clip").fit(s, y)}
    for what, peer in peers.items():
        apart, took, peer_took = [], 0, 0
        for seed in range(seeds):
            random = np.random.default_rng(seed)
            scores = random.normal(0, 3, 120_000).astype(np.float32)
            labels = random.uniform(size=120_000) < 1 / (1 + np.exp(-0.4 * scores - 0.5 * np.sin(scores)))
            table = np.ascontiguousarray(np.c_[scores, labels], np.float32)
            mine, milliseconds = ours(program, what, table, 100_000, 0, 0)
            took += milliseconds
            s, y = scores.astype(float), labels.astype(float)
            start = time.process_time()
            fitted = peer(s[:100_000], y[:100_000])
            peer_took += 1e3 * (time.process_time() - start)
            p = 1 / (1 + np.exp(fitted[0] * s + fitted[1])) if what == "platt" else fitted.predict(s)
            apart.append(mine / metrics.log_loss(y[100_000:], p[100_000:]) - 1)
        print(f"  {what}: ours {np.mean(apart):+.1e} of scikit-learn's, worst seed {max(apart):+.1e}; fitting "
              f"{took / seeds:.1f} and {peer_took / seeds:.1f} ms of the processor")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only", choices=["k_means", "isolation", "network", "calibration"])
    parser.add_argument("--data", help="folder with breast_cancer.csv")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"NumPy {np.__version__}, scikit-learn {sklearn.__version__}")
    if args.only in (None, "k_means"):
        k_means(args.program, args.seeds)
    if args.only in (None, "isolation"):
        isolation(args.program, args.seeds, args.data)
    if args.only in (None, "network"):
        network(args.program, args.seeds)
    if args.only in (None, "calibration"):
        calibration(args.program, args.seeds)


if __name__ == "__main__":
    main()
