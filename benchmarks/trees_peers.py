#!/usr/bin/env python3
"""What trees of other libraries cost at the shapes of benchmarks/trees.cpp, in nanoseconds of the processor a row.

usage: trees_peers.py [--rounds 5]
    pip install lightgbm xgboost scikit-learn lleaves "llvmlite<0.44" ydf daal4py && python3 benchmarks/trees_peers.py

One thread. Rows are rotated; each figure is the median of the rounds. lleaves, ydf and daal4py are left out where they are
not installed.
"""
import argparse
import importlib.metadata
import tempfile
import time
import warnings

import lightgbm
import numpy as np
import sklearn
import xgboost
from sklearn import ensemble

COLUMNS, TRAINING, ASKED = 30, 20_000, 60_000


def made():
    random = np.random.default_rng(1)
    x = random.normal(size=(ASKED, COLUMNS)).astype(np.float32)
    score = (x[:, :-1] * x[:, 1:] * 0.3 + np.sin(x[:, :-1]) * 0.2).sum(1)
    return x, (random.random(ASKED) < 1 / (1 + np.exp(-score))).astype(np.float32)


def row_time(ask, x, count, rounds):
    """`ask(rows)` on `count` rows at a time, for about a third of a second a round."""
    times = []
    for _ in range(rounds):
        asked, first, start = 0, 0, time.process_time()
        while time.process_time() - start < 0.3:
            ask(x[first:first + count])
            asked += count
            first = first + count if first + 2 * count <= len(x) else 0
        times.append(1e9 * (time.process_time() - start) / asked)
    return float(np.median(times))


def peers(x, y):
    """Name, the shape, how a table of rows is asked, and how its rows are explained, if they can be."""
    x, y = x[:TRAINING], y[:TRAINING]
    for shape, options in (("100 of depth 6", dict(num_leaves=64, max_depth=6)), ("100 of 63 leaves", dict(num_leaves=63))):
        fitted = lightgbm.train(dict(objective="binary", num_threads=1, verbosity=-1, **options), lightgbm.Dataset(x, y), 100)
        yield (f"LightGBM {lightgbm.__version__}", shape, lambda rows: fitted.predict(rows, num_threads=1),
               lambda rows: fitted.predict(rows, pred_contrib=True, num_threads=1))
    for shape, options in (("100 of depth 6", dict(max_depth=6)),
                           ("100 of 63 leaves", dict(max_depth=0, max_leaves=63, grow_policy="lossguide"))):
        boosted = xgboost.train(dict(objective="binary:logistic", tree_method="hist", nthread=1, **options), xgboost.DMatrix(x, y), 100)
        yield (f"XGBoost {xgboost.__version__}", shape, boosted.inplace_predict,
               lambda rows: boosted.predict(xgboost.DMatrix(rows, nthread=1), pred_contribs=True))
    forest = ensemble.RandomForestClassifier(100, max_depth=10, n_jobs=1, random_state=1).fit(x, y)
    yield f"scikit-learn {sklearn.__version__}", "forest, 100 of depth 10", forest.predict_proba, None
    isolation = ensemble.IsolationForest(n_estimators=100, random_state=1, n_jobs=1).fit(x)
    yield f"scikit-learn {sklearn.__version__}", "isolation forest, 100", isolation.score_samples, None


def others(x, y):
    """Engines of other makers for 100 trees of depth 6: name, how a table of rows is asked."""
    x, y = x[:TRAINING], y[:TRAINING]
    try:
        import lleaves
        fitted = lightgbm.train(dict(objective="binary", num_threads=1, verbosity=-1, num_leaves=64, max_depth=6), lightgbm.Dataset(x, y), 100)
        with tempfile.NamedTemporaryFile(suffix=".txt") as file:
            fitted.save_model(file.name)
            compiled = lleaves.Model(model_file=file.name)
            compiled.compile()
        yield f"lleaves {importlib.metadata.version('lleaves')}", lambda rows: compiled.predict(rows, n_jobs=1)
    except ImportError as missing:
        print("left out:", missing)
    try:
        import ydf
        table = {f"c{i}": x[:, i] for i in range(COLUMNS)} | {"y": y.astype(int)}
        learnt = ydf.GradientBoostedTreesLearner(label="y", num_trees=100, max_depth=7, early_stopping="NONE", validation_ratio=0.0).train(table, verbose=0)
        yield (f"ydf {ydf.__version__}", lambda rows: learnt.predict({f"c{i}": rows[:, i] for i in range(COLUMNS)}))
    except ImportError as missing:
        print("left out:", missing)
    try:
        import daal4py
        daal4py.daalinit(1)
        boosted = xgboost.train(dict(objective="binary:logistic", tree_method="hist", nthread=1, max_depth=6), xgboost.DMatrix(x, y), 100)
        converted = daal4py.mb.convert_model(boosted)
        yield f"daal4py {importlib.metadata.version('daal4py')}", converted.predict
    except ImportError as missing:
        print("left out:", missing)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")
    x, y = made()
    for name, shape, ask, explain in peers(x, y):
        times = [f"{row_time(ask, x, count, rounds):,.0f}" for count in (1, 100, 1_024, 60_000)]
        print(f"{name}, {shape}: a row of 1, 100, 1024 and 60,000: {', '.join(times)} ns", flush=True)
        if explain:
            print(f"{name}, {shape}: explaining one row alone {row_time(explain, x, 1, rounds) / 1e3:,.0f} us, "
                  f"in a batch of 1024 {row_time(explain, x, 1_024, rounds) / 1e3:,.1f} us a row", flush=True)
    for name, ask in others(x, y):
        times = [f"{row_time(ask, x, count, rounds):,.0f}" for count in (1, 100, 1_024, 60_000)]
        print(f"{name}, 100 of depth 6: a row of 1, 100, 1024 and 60,000: {', '.join(times)} ns", flush=True)


if __name__ == "__main__":
    main()
