#!/usr/bin/env python3
"""Writes tests/golden/formats: small models of LightGBM, XGBoost and CatBoost, rows, and what the libraries say of them.

    python3 tests/oracle/boosted_formats.py lightgbm
    python3 tests/oracle/boosted_formats.py xgboost [VERSION]
    python3 tests/oracle/boosted_formats.py catboost

made with LightGBM 4.7.0, XGBoost 3.2.0, CatBoost 1.2.10 and NumPy 2.4.6, and with VERSION 3.0, 2.1 and 1.7 by XGBoost
3.0.5, 2.1.4 and 1.7.6. Beside each model stands NAME.rows: counts of rows, columns, outputs and trees (32 bits each), the rows
(floats), the outputs (doubles), and for each row the number of its leaf in each tree, as the library numbers them
(a byte each); all little-endian. Rows hold every threshold of the model and its neighbours, NaN, infinities, zeros
of both signs, and categories that are not known, negative or broken.
"""
import json
import pathlib
import sys

import numpy as np

FOLDER = pathlib.Path(__file__).parents[1] / "golden/formats"
COLUMNS = 4
INFINITE = np.float32(np.inf)


def training_rows(seed=1, missing=True, categories=True, rows=400):
    random = np.random.default_rng(seed)
    made = random.normal(size=(rows, COLUMNS)).astype(np.float32)
    if categories:
        made[:, 3] = random.integers(0, 12, rows)
    if missing:
        made[random.random(made.shape) < 0.08] = np.nan
    whole = np.nan_to_num(made)
    score = whole[:, 0] + whole[:, 1] * whole[:, 2] + (whole[:, 3] % 3 == 1) - 0.3
    return made, (score + 0.2 * random.normal(size=rows)).astype(np.float64)


def asked_rows(thresholds, infinities=True, odd_categories=()):
    """Each threshold, a pair (column, number), with its neighbours; then odd numbers in every column."""
    random = np.random.default_rng(5)
    asked = []
    for column, number in sorted(set(thresholds)):
        near = np.float32(number)
        for x in (np.nextafter(near, -INFINITE), near, np.nextafter(near, INFINITE)):
            asked.append((column, x))
    for column in range(COLUMNS):
        for x in (np.nan, 0.0, -0.0, 1e-36, -3e-35, 3e38, -3e38) + ((INFINITE, -INFINITE) if infinities else ()):
            asked.append((column, x))
    asked += [(COLUMNS - 1, x) for x in odd_categories]
    made = random.normal(size=(len(asked), COLUMNS)).astype(np.float32)
    made[:, 3] = random.integers(0, 12, len(asked))
    for row, (column, x) in zip(made, asked):
        row[column] = x
    return made


def write_rows(name, rows, outputs, leaves):
    outputs = np.asarray(outputs, np.float64).reshape(len(rows), -1)
    leaves = np.zeros((len(rows), 0)) if leaves is None else np.asarray(leaves).reshape(len(rows), -1)
    assert leaves.size == 0 or leaves.max() < 256
    head = np.array([len(rows), COLUMNS, outputs.shape[1], leaves.shape[1]], "<u4")
    (FOLDER / f"{name}.rows").write_bytes(head.tobytes() + rows.astype("<f4").tobytes() + outputs.astype("<f8").tobytes()
                                          + leaves.astype("u1").tobytes())


def write_lightgbm():
    import lightgbm

    def thresholds_of(text):
        found = []
        for tree in text.split("\nTree=")[1:]:
            lines = dict(line.split("=", 1) for line in tree.splitlines() if "=" in line)
            for column, number, kind in zip(lines["split_feature"].split(), lines["threshold"].split(),
                                            lines["decision_type"].split()):
                if int(kind) & 1 == 0:
                    found.append((int(column), float(number)))
        return found

    def write(name, parameters, target, categories=True, missing=True, rounds=3, link=False, whole=False, **more):
        rows, score = training_rows(missing=missing, categories=categories)
        if parameters.get("zero_as_missing"):
            rows[np.random.default_rng(2).random(rows.shape) < 0.2] = 0
            score += 4.0 * (rows[:, 0] == 0) - 4.0 * (rows[:, 1] == 0)  # so that zeros go where no number beside them goes
        settings = dict(num_leaves=3 if link else 6, min_data_in_leaf=10, min_data_per_group=5, cat_smooth=1, verbose=-1,
                        seed=3, deterministic=True, num_threads=1)
        data = lightgbm.Dataset(rows, target(score), categorical_feature=[3] if categories else "auto", params={"verbose": -1})
        booster = lightgbm.train(settings | parameters, data, 1 if link else rounds, **more)
        text = booster.model_to_string()
        if not whole:  # what is behind the trees is of no concern
            text = text[:text.index("end of trees")] + "end of trees\n"
        (FOLDER / f"lightgbm_{name}.txt").write_text(text)
        asked = asked_rows(thresholds_of(text), odd_categories=(12, 13, 31, 32, 40, 1e9, -0.5, -1, -7, 2.5, 11.99))
        if link:
            asked = asked[::3]
        again = lightgbm.Booster(model_str=text)
        write_rows(f"lightgbm_{name}", asked, again.predict(asked), again.predict(asked, pred_leaf=True))
        return again, asked

    classes = lambda score: (score > 0).astype(int)
    three = lambda score: np.digitize(score, [-0.5, 0.5])
    positive = np.exp
    write("binary", dict(objective="binary", sigmoid=1.7), classes, whole=True)
    again, asked = write("regression", dict(objective="regression"), lambda s: s, categories=False)
    contributions = again.predict(asked, pred_contrib=True)[:20]  # LightGBM's shares, last column: the mean
    (FOLDER / "lightgbm_regression.shares").write_bytes(contributions.astype("<f8").tobytes())
    write("no_missing", dict(objective="regression", use_missing=False), lambda s: s, missing=False)
    write("zero_as_missing", dict(objective="regression", zero_as_missing=True), lambda s: s)
    write("multiclass", dict(objective="multiclass", num_class=3), three, rounds=2)
    write("multiclassova", dict(objective="multiclassova", num_class=3, sigmoid=0.6), three, link=True)
    write("linear", dict(objective="regression", linear_tree=True), lambda s: s, rounds=2)
    write("forest", dict(boosting="rf", objective="binary", bagging_freq=1, bagging_fraction=0.6), classes)
    write("dart", dict(boosting="dart", objective="binary", drop_rate=0.9), classes)
    write("one_leaf", dict(objective="binary", min_data_in_leaf=300), classes, link=True)
    write("poisson", dict(objective="poisson"), positive, link=True)
    write("gamma", dict(objective="gamma"), positive, link=True)
    write("tweedie", dict(objective="tweedie"), positive, link=True)
    write("sqrt", dict(objective="regression", reg_sqrt=True), lambda s: s, link=True)
    write("cross_entropy", dict(objective="cross_entropy"), lambda s: 1 / (1 + np.exp(-s)), link=True)
    write("cross_entropy_lambda", dict(objective="cross_entropy_lambda"), lambda s: 1 / (1 + np.exp(-s)), link=True)
    write("quantile", dict(objective="quantile", alpha=0.8), lambda s: s, link=True)
    write("own_objective", dict(objective=lambda p, data: (p - data.get_label(), np.ones_like(p))), lambda s: s, link=True)


def write_xgboost(version):
    import xgboost

    assert version == "" or xgboost.__version__.startswith(version), xgboost.__version__
    suffix = "_" + version.replace(".", "_") if version else ""

    def thresholds_of(model):
        booster = model["learner"]["gradient_booster"]
        found = []
        for tree in booster.get("gbtree", booster)["model"].get("trees", []):
            for column, number, left, kind in zip(tree["split_indices"], tree["split_conditions"], tree["left_children"],
                                                  tree["split_type"]):
                if left != -1 and kind == 0:
                    found.append((column, number))
        return found

    def write(name, parameters, target, categories=True, missing=True, rounds=3, link=False, form="json", leaves=True,
              rows_as=None):
        rows, score = training_rows(missing=missing)
        kinds = dict(feature_types=["q", "q", "q", "c"], enable_categorical=True) if categories else {}
        matrix = lambda x: xgboost.DMatrix(x, feature_names=["a", "b", "c \"\u00e9\"", "d"], **kinds)
        settings = dict(max_depth=1 if link else 2 if version else 3, tree_method="hist", seed=3, nthread=1, eta=0.5)
        settings |= parameters
        if settings.get("booster") == "gblinear":
            settings = {k: v for k, v in settings.items() if k not in ("max_depth", "tree_method")}
        data = matrix(rows)
        if "aft" in name:
            data.set_float_info("label_lower_bound", target(score))
            data.set_float_info("label_upper_bound", target(score) + 1)
        else:
            data.set_label(target(score))
        if "rank" in name:
            data.set_group([100] * 4)
        booster = xgboost.train(settings, data, 1 if link else rounds)
        path = FOLDER / f"xgboost_{name}{suffix}.{form}"
        booster.save_model(path)
        asked = asked_rows(thresholds_of(json.loads(bytes(booster.save_raw("json")))), infinities=False,
                           odd_categories=(12, 13, 31, 32, 40, 1e7, 2.0**24, 1e9, -0.5, -1, -7, 2.5, 11.99) if categories else ())
        if link or version:
            asked = asked[::3]
        outputs = booster.predict(matrix(asked))
        if settings["objective"] == "multi:softmax":
            booster.set_param({"objective": "multi:softprob"})
            outputs = booster.predict(matrix(asked))
        write_rows(f"xgboost_{name}{suffix}", asked, outputs, booster.predict(matrix(asked), pred_leaf=True) if leaves else None)
        return booster, asked, matrix

    classes = lambda score: (score > 0).astype(int)
    three = lambda score: np.digitize(score, [-0.5, 0.5])
    positive = np.exp
    targets = lambda score: np.stack([score, -score, score**2], 1)
    write("binary", dict(objective="binary:logistic"), classes)
    write("categories", dict(objective="binary:logistic", max_cat_to_onehot=1), classes, form="ubj")
    if version in ("", "1.7"):
        write("several", dict(objective="multi:softprob", num_class=3, num_parallel_tree=2, subsample=0.7, max_depth=2), three, rounds=1,
              form="ubj")
    if version != "1.7":
        write("targets", dict(objective="reg:squarederror", multi_strategy="multi_output_tree"), targets, rounds=2, leaves=False,
              categories=False, form="ubj" if version else "json")
    if version:
        return
    write("one_hot", dict(objective="binary:logistic", max_cat_to_onehot=100), classes)
    again, asked, matrix = write("regression", dict(objective="reg:squarederror", base_score=0.25), lambda s: s, categories=False)
    shares = again.predict(matrix(asked[:20]), pred_contribs=True)
    (FOLDER / "xgboost_regression.shares").write_bytes(shares.astype("<f8").tobytes())
    write("dart", dict(objective="binary:logistic", booster="dart", rate_drop=0.9, one_drop=1), classes, rounds=4)
    write("softmax", dict(objective="multi:softmax", num_class=3), three, link=True)
    write("linear", dict(objective="multi:softprob", num_class=3, booster="gblinear"), three, categories=False, leaves=False)
    write("linear_binary", dict(objective="binary:logistic", booster="gblinear"), classes, categories=False, leaves=False, form="ubj")
    for name, target in (("reg:squaredlogerror", positive), ("reg:pseudohubererror", lambda s: s), ("reg:absoluteerror", lambda s: s),
                         ("binary:logitraw", classes), ("binary:hinge", classes), ("reg:logistic", classes),
                         ("count:poisson", positive), ("reg:gamma", positive), ("reg:tweedie", positive), ("survival:cox", positive),
                         ("survival:aft", positive), ("rank:ndcg", classes), ("rank:pairwise", classes), ("rank:map", classes)):
        write(name.replace(":", "_"), dict(objective=name, base_score=0.3), target, link=True)
    write("quantiles", dict(objective="reg:quantileerror", quantile_alpha=[0.2, 0.7]), lambda s: s, link=True)


# Of all the lengths for which CatBoost's hash has a rule of its own.
CATEGORIES = ["", "7", "of", "card", "12 chars now", "a category of 24 letters", "one of more than thirty-two letters, \u00e9, in UTF-8",
              "and one that is far longer, of more than sixty-four letters, which are hashed in blocks", "seven", "eight", "x" * 64,
              "y" * 150]


def write_catboost():
    from catboost import CatBoost, Pool

    def thresholds_of(model):
        return [(feature["flat_feature_index"], border) for feature in model["features_info"]["float_features"]
                for border in feature["borders"]]

    def without_news(model, whole):
        """What says when, and by whom, a model was made is of no concern."""
        if not whole:
            loss = model["model_info"]["params"]["loss_function"]
            model["model_info"] = {"params": {"loss_function": loss}}
        model.pop("ctr_data", None)
        return json.dumps(model, separators=(",", ":"))

    def write(name, parameters, target, categories=False, missing=True, rounds=3, link=False, whole=False, scale=None,
              kind="RawFormulaVal"):
        numbers, score = training_rows(missing=missing)
        as_pool = lambda rows, label=None: Pool(rows, label, cat_features=[3] if categories else None,
                                                feature_names=["a", "b", "c \"\u00e9\"", "d"] if whole or categories else None)
        rows = numbers
        if categories:
            rows = numbers.astype(object)
            rows[:, 3] = [CATEGORIES[int(code)] for code in np.nan_to_num(numbers[:, 3])]
            score = score + (np.nan_to_num(numbers[:, 3]) * 7 % 12 - 5) ** 3 / 20
        settings = dict(depth=1 if link else 3, iterations=1 if link else rounds, random_seed=3, thread_count=1,
                        learning_rate=0.5, logging_level="Silent", allow_writing_files=False, one_hot_max_size=100)
        trained = CatBoost(settings | parameters)
        trained.fit(as_pool(rows, target(score)))
        if scale:
            trained.set_scale_and_bias(*scale)
        path = FOLDER / f"catboost_{name}.json"
        trained.save_model(str(path), format="json", **dict(pool=as_pool(rows)) if categories else {})
        model = json.loads(path.read_text())
        path.write_text(without_news(model, whole))
        if kind is None:
            return
        # The model that was trained answers: CatBoost reads doubles of JSON to within their last bits only.
        codes = []
        if categories:
            known = model["features_info"]["categorical_features"][0]["values"]
            codes = list(range(-1, len(known) + 2))
        asked = asked_rows(thresholds_of(model), odd_categories=codes)
        if link:
            asked = asked[::3]
        theirs = asked
        if categories:
            asked[asked[:, 3] != asked[:, 3], 3] = -1
            asked[:, 3] = np.clip(np.trunc(asked[:, 3]), -1, 12)
            texts = {entry["hash"]: entry["value"] for entry in model["features_info"]["cat_features_hash"]}
            theirs = asked.astype(object)
            theirs[:, 3] = [texts[known[int(code)] % 2**32] if 0 <= code < len(known) else "never seen" for code in asked[:, 3]]
        theirs = as_pool(theirs)
        leaves = trained.calc_leaf_indexes(theirs)
        write_rows(f"catboost_{name}", asked, trained.predict(theirs, prediction_type=kind), leaves)
        if name in ("regression", "depthwise"):
            again = CatBoost()  # whose shares of trees that are not oblivious are by the weights of training
            again.load_model(str(path), format="json")
            shares = again.get_feature_importance(theirs, type="ShapValues")[:20]
            (FOLDER / f"catboost_{name}.shares").write_bytes(shares.astype("<f8").tobytes())
            print(name, "importance", [float(x) for x in trained.get_feature_importance()])

    classes = lambda score: (score > 0).astype(int)
    three = lambda score: np.digitize(score, [-0.5, 0.5])
    positive = np.exp
    two = lambda score: np.stack([score, -score + score**2], 1)
    chance = lambda score: 1 / (1 + np.exp(-score))
    write("binary", dict(loss_function="Logloss"), classes, whole=True, kind="Probability")
    write("regression", dict(loss_function="RMSE", nan_mode="Max"), lambda s: s)
    write("no_missing", dict(loss_function="RMSE"), lambda s: s, missing=False)
    write("categories", dict(loss_function="RMSE", depth=5), lambda s: s, categories=True, rounds=5)
    write("depthwise", dict(loss_function="RMSE", grow_policy="Depthwise"), lambda s: s, categories=True)
    write("lossguide", dict(loss_function="MultiClass", grow_policy="Lossguide", max_leaves=5, nan_mode="Max"), three,
          rounds=2, kind="Probability")
    write("multiclass", dict(loss_function="MultiClass", depth=2), three, rounds=2, kind="Probability")
    write("multiclassova", dict(loss_function="MultiClassOneVsAll"), three, link=True)
    write("targets", dict(loss_function="MultiRMSE"), two, link=True)
    write("labels", dict(loss_function="MultiLogloss"), lambda s: np.stack([s > 0, s > 1], 1).astype(int), link=True, kind="Probability")
    write("scaled", dict(loss_function="RMSE"), lambda s: s, link=True, scale=(0.3, 2.5))
    write("cross_entropy", dict(loss_function="CrossEntropy"), chance, link=True, kind="Probability")
    for loss in ("Poisson", "Tweedie:variance_power=1.5"):
        write(loss.split(":")[0].lower(), dict(loss_function=loss), positive, link=True, kind="Exponent")
    write("quantile", dict(loss_function="Quantile:alpha=0.8"), lambda s: s, link=True)
    write("uncertain", dict(loss_function="RMSEWithUncertainty"), lambda s: s, link=True, kind=None)
    write("counters", dict(loss_function="RMSE", one_hot_max_size=2, depth=2), lambda s: s, categories=True, rounds=2, kind=None)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    {"lightgbm": write_lightgbm, "catboost": write_catboost}.get(sys.argv[1], lambda: write_xgboost(*sys.argv[2:3] or [""]))()
