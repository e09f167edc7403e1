#!/usr/bin/env python3
"""The peers of benchmarks/linear_models.cpp that are Python packages: run both, one after the other, on the same machine.

    pip install scikit-learn river && OMP_NUM_THREADS=1 python3 benchmarks/linear_models_peers.py
"""
import time
import warnings

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB


def best(call, rounds=3):
    least = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        least = min(least, time.perf_counter() - start)
    return least


def data(rows, columns):
    random = np.random.default_rng(1)
    table = random.normal(size=(rows, columns)).astype(np.float32)
    score = table @ ((np.arange(columns) - 10) / 20)
    labels = (random.uniform(size=rows) < 1 / (1 + np.exp(-score))).astype(int)
    return table, labels, score + random.normal(size=rows)


def main():
    warnings.simplefilter("ignore")
    print(f"NumPy {np.__version__}, scikit-learn {sklearn.__version__}")
    for columns in (10, 30):
        table, labels, targets = data(2_000, columns)
        for name, model, wanted, more in (("SGDClassifier", SGDClassifier(loss="log_loss"), labels, {"classes": [0, 1]}),
                                          ("SGDRegressor", SGDRegressor(), targets, {})):
            def one_by_one(model=model, wanted=wanted, more=more, table=table):
                for i in range(len(table)):
                    model.partial_fit(table[i:i + 1], wanted[i:i + 1], **more)
            print(f"  {name}.partial_fit, one row of {columns}: {best(one_by_one) / 2_000 * 1e9:.0f} ns")
    table, labels, targets = data(100_000, 30)
    for name, model, wanted in (("LinearRegression", LinearRegression(), targets), ("Ridge", Ridge(), targets),
                                ("LogisticRegression", LogisticRegression(), labels),
                                ("LogisticRegression, tol=1e-8", LogisticRegression(tol=1e-8, max_iter=1000), labels),
                                ("LogisticRegression, elastic net",
                                 LogisticRegression(C=0.01, l1_ratio=0.5, solver="saga", max_iter=1000), labels),
                                ("GaussianNB", GaussianNB(), labels)):
        print(f"  {name}.fit, 100,000 x 30: {best(lambda: model.fit(table, wanted)) * 1e3:.1f} ms")
    for columns in (30, 300):
        table, _, _ = data(10_000, columns)
        print(f"  PCA(10).fit, 10,000 x {columns}: {best(lambda: PCA(10).fit(table)) * 1e3:.1f} ms")
    try:
        from river import linear_model
        import river
        table, labels, _ = data(2_000, 30)
        rows = [dict(enumerate(map(float, row))) for row in table]
        model = linear_model.LogisticRegression()
        took = best(lambda: [model.learn_one(row, bool(label)) for row, label in zip(rows, labels)])
        print(f"  river {river.__version__} LogisticRegression.learn_one, 30 features: {took / 2_000 * 1e9:.0f} ns")
    except ImportError:
        print("river is not installed")


if __name__ == "__main__":
    main()
