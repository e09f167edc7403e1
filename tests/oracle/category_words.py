#!/usr/bin/env python3
"""Models of LightGBM and XGBoost that were trained on words, with a table of such words and what they say of its rows.

Writes words_catboost.json, words_lightgbm.txt, words_xgboost.json, words_xgboost.ubj, words_xgboost_dart.json, words_sklearn.onnx (a pipeline of
scikit-learn, as skl2onnx writes it, with an input for each column) and words.csv into the golden folder that is named. Needs
numpy, pandas, catboost, lightgbm 4.7, xgboost 3.2, scikit-learn 1.9, skl2onnx 1.20 and onnxruntime.
"""
import pathlib
import sys

import catboost
import lightgbm
import numpy
import onnxruntime
import pandas
import skl2onnx
import xgboost
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

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

words = frame.astype({"country": str, "visits": str})
cat = catboost.CatBoostClassifier(iterations=4, depth=3, one_hot_max_size=255, random_seed=1, thread_count=1, verbose=False, allow_writing_files=False)
cat.fit(words, fraud, cat_features=["country", "visits"])
cat.save_model(str(folder / "words_catboost.json"), format="json")
plain = frame.astype({"country": str, "visits": "int64", "amount paid": "float32"})
steps = ColumnTransformer([("numbers", StandardScaler(), ["amount paid"]), ("words", OneHotEncoder(handle_unknown="ignore"), ["country"]),
                           ("counts", OneHotEncoder(), ["visits"])])
fitted = make_pipeline(steps, LogisticRegression()).fit(plain, fraud.map({0: "no", 1: "yes"}))
onnx = skl2onnx.to_onnx(fitted, initial_types=[("amount paid", FloatTensorType([None, 1])), ("country", StringTensorType([None, 1])),
                                               ("visits", Int64TensorType([None, 1]))], target_opset={"": 17, "ai.onnx.ml": 3})
(folder / "words_sklearn.onnx").write_bytes(onnx.SerializeToString())
session = onnxruntime.InferenceSession(onnx.SerializeToString())
told = session.run(None, {each.name: plain[name].to_numpy().reshape(-1, 1).astype(object if name == "country" else plain[name].dtype)
                          for each, name in zip(session.get_inputs(), plain)})

frame.insert(0, "number", range(1, rows + 1))
frame["fraud"] = fraud.map({0: "no", 1: "yes"})
frame["lightgbm"] = [f"{p:.9f}" for p in light.predict(frame[["amount paid", "country", "visits"]], num_threads=1)]
frame["xgboost"] = [f"{p:.9f}" for p in boost.predict(matrix)]
frame["dart"] = [f"{p:.9f}" for p in dart.predict(matrix)]
frame["sklearn"] = [f"{p['yes']:.9f}" for p in told[1]]
frame["catboost"] = [f"{p:.9f}" for p in cat.predict_proba(words)[:, 1]]
frame.to_csv(folder / "words.csv", index=False)
