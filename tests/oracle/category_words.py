#!/usr/bin/env python3
"""Models of LightGBM and XGBoost that were trained on words, with a table of such words and what they say of its rows.

Writes words_lightgbm.txt, words_xgboost.json, words_xgboost.ubj, words_xgboost_dart.json and words.csv into the golden
folder that is named. Needs numpy, pandas, lightgbm 4.7 and xgboost 3.2.
"""
import pathlib
import sys

import lightgbm
import numpy
import pandas
import xgboost

folder = pathlib.Path(sys.argv[1])
chance = numpy.random.default_rng(12)
rows = 80
frame = pandas.DataFrame({
    "amount paid": chance.integers(0, 400, rows) / 4,
    "country": pandas.Categorical(chance.choice(["Oman", "Chad", "Peru", "a \"quoted\" one"], rows)),
    "visits": pandas.Categorical(chance.choice([1, 2, 7], rows)),
})
score = frame["amount paid"] / 60 + (frame["country"] == "Chad") - (frame["visits"].astype(int) == 7) + chance.normal(0, .3, rows)
fraud = (score > numpy.median(score)).astype(int)
fraud.iloc[3] = 1 - fraud.iloc[3]

light = lightgbm.train({"objective": "binary", "num_leaves": 5, "min_data_in_leaf": 4, "min_data_per_group": 4, "cat_smooth": 1,
                        "verbose": -1, "seed": 1, "num_threads": 1, "deterministic": True}, lightgbm.Dataset(frame, fraud), 5)
light.save_model(folder / "words_lightgbm.txt")
matrix = xgboost.DMatrix(frame, fraud, enable_categorical=True)
boost = xgboost.train({"objective": "binary:logistic", "max_depth": 3, "max_cat_to_onehot": 1, "seed": 1, "nthread": 1}, matrix, 4)
boost.save_model(folder / "words_xgboost.json")
boost.save_model(folder / "words_xgboost.ubj")
dart = xgboost.train({"objective": "binary:logistic", "booster": "dart", "max_depth": 2, "seed": 1, "nthread": 1}, matrix, 2)
dart.save_model(folder / "words_xgboost_dart.json")

frame.insert(0, "number", range(1, rows + 1))
frame["fraud"] = fraud.map({0: "no", 1: "yes"})
frame["lightgbm"] = [f"{p:.9f}" for p in light.predict(frame[["amount paid", "country", "visits"]], num_threads=1)]
frame["xgboost"] = [f"{p:.9f}" for p in boost.predict(matrix)]
frame["dart"] = [f"{p:.9f}" for p in dart.predict(matrix)]
frame.to_csv(folder / "words.csv", index=False)
