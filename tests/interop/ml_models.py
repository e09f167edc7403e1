#!/usr/bin/env python3
"""Models of scikit-learn, LightGBM and XGBoost as ONNX, run by our engine beside ONNX Runtime.

usage: ml_models.py --driver PROGRAM [--rows 10000] [--trees 300]

Each model is asked 10,000 rows: random ones, rows that stand exactly on the thresholds of its trees and one ulp beside, and,
where the model takes them, NaN, infinities and -0.0. Then come trees drawn at random, in every way of writing them. What a
converter cannot convert or ONNX Runtime cannot run is left out and listed; of rows whose two best scores are equal to six
digits, the class is not compared. Exit code 77 where a Python package is missing: the test counts as skipped.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings

PACKAGES = "numpy==2.4.6 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.32.0 skl2onnx==1.20.0 onnxmltools==1.16.0 lightgbm==4.7.0 xgboost==3.2.0"
COLUMNS = 6


def models():
    """(name, fitted model, the types of columns, whether it takes NaN and infinities)"""
    import numpy
    from sklearn import ensemble, linear_model, naive_bayes, pipeline, preprocessing, svm, tree
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer

    rng = numpy.random.default_rng(1)
    x = rng.normal(0, 1, (600, COLUMNS)).astype(numpy.float32)
    x[:, 1] = numpy.round(x[:, 1] * 2) / 2
    holes = numpy.where(rng.random(x.shape) < 0.1, numpy.nan, x).astype(numpy.float32)
    y = x[:, 0] * 2 + numpy.sin(x[:, 1] * 3) + x[:, 2] * x[:, 3]
    two = (y > 0.3).astype(numpy.int64)
    three = numpy.digitize(y, [-1, 1]) * 5 + 2
    names = numpy.array(["low", "middle", "high"])[numpy.digitize(y, [-1, 1])]
    several = numpy.stack([y, -y + x[:, 4]], 1)

    for label, target in (("2", two), ("3", three), ("names", names)):
        for kind in (tree.DecisionTreeClassifier(max_depth=6), ensemble.RandomForestClassifier(25, max_depth=7),
                     ensemble.ExtraTreesClassifier(25, max_depth=7), ensemble.GradientBoostingClassifier(n_estimators=25),
                     ensemble.AdaBoostClassifier(n_estimators=10), ensemble.BaggingClassifier(n_estimators=5)):
            yield f"{type(kind).__name__} {label}", kind.fit(x, target), "float", True
        yield f"HistGradientBoostingClassifier {label}", ensemble.HistGradientBoostingClassifier(max_iter=15).fit(holes, target), "float", True
        for kind in (linear_model.LogisticRegression(), svm.SVC(), svm.SVC(kernel="poly", probability=True), svm.SVC(kernel="linear"),
                     svm.SVC(kernel="sigmoid", probability=True), svm.LinearSVC(), linear_model.SGDClassifier(),
                     naive_bayes.GaussianNB(), linear_model.RidgeClassifier()):
            yield f"{type(kind).__name__} {getattr(kind, 'kernel', '')} {label}", kind.fit(x, target), "float", False
    for label, target in (("", y), ("several", several)):
        for kind in (tree.DecisionTreeRegressor(max_depth=6), ensemble.RandomForestRegressor(20, max_depth=8), ensemble.ExtraTreesRegressor(20, max_depth=8)):
            yield f"{type(kind).__name__} {label}", kind.fit(x, target), "float", True
            yield f"{type(kind).__name__} {label} of doubles", kind.fit(x.astype(numpy.float64), target), "double", True
        for kind in (linear_model.LinearRegression(), linear_model.Ridge(), linear_model.Lasso(0.01)):
            yield f"{type(kind).__name__} {label}", kind.fit(x, target), "float", False
    for kind in (ensemble.GradientBoostingRegressor(n_estimators=25), ensemble.AdaBoostRegressor(n_estimators=5)):
        yield type(kind).__name__, kind.fit(x, y), "float", True
    yield "HistGradientBoostingRegressor", ensemble.HistGradientBoostingRegressor(max_iter=15).fit(holes, y), "float", True
    for kind in (svm.SVR(), svm.SVR(kernel="linear"), svm.NuSVR(kernel="poly"), svm.LinearSVR()):
        yield f"{type(kind).__name__} {getattr(kind, 'kernel', '')}", kind.fit(x, y), "float", False
    yield "OneClassSVM", svm.OneClassSVM().fit(x), "float", False
    yield "IsolationForest", ensemble.IsolationForest(n_estimators=20, random_state=1).fit(x), "float", True

    steps = {"StandardScaler": preprocessing.StandardScaler(), "MinMaxScaler": preprocessing.MinMaxScaler(), "MaxAbsScaler": preprocessing.MaxAbsScaler(),
             "RobustScaler": preprocessing.RobustScaler(), "Normalizer l1": preprocessing.Normalizer("l1"), "Normalizer l2": preprocessing.Normalizer("l2"),
             "Normalizer max": preprocessing.Normalizer("max"), "Binarizer": preprocessing.Binarizer(), "PolynomialFeatures": preprocessing.PolynomialFeatures(2),
             "KBinsDiscretizer": preprocessing.KBinsDiscretizer(4, encode="onehot-dense"), "KBinsDiscretizer ordinal": preprocessing.KBinsDiscretizer(4, encode="ordinal"),
             "SimpleImputer": SimpleImputer(strategy="median"), "PowerTransformer": preprocessing.PowerTransformer(), "QuantileTransformer": preprocessing.QuantileTransformer(n_quantiles=20)}
    for name, step in steps.items():
        made = pipeline.make_pipeline(step, linear_model.LogisticRegression())
        yield f"{name}, LogisticRegression", made.fit(holes if name == "SimpleImputer" else x, three), "float", name == "SimpleImputer"
    made = pipeline.make_pipeline(SimpleImputer(), preprocessing.StandardScaler(), ensemble.RandomForestClassifier(10, max_depth=5))
    yield "SimpleImputer, StandardScaler, RandomForestClassifier", made.fit(holes, names), "float", True
    wholes = rng.integers(0, 5, (600, COLUMNS)).astype(numpy.int64)
    words = numpy.array(["red", "green", "blue", "", "b l u e"])[wholes]
    for kind, table in (("int64", wholes), ("string", words)):
        made = pipeline.make_pipeline(preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False), linear_model.LogisticRegression())
        yield f"OneHotEncoder of {kind}, LogisticRegression", made.fit(table, names), kind, False
        made = pipeline.make_pipeline(preprocessing.OrdinalEncoder(), tree.DecisionTreeClassifier())
        yield f"OrdinalEncoder of {kind}, DecisionTreeClassifier", made.fit(table, two), kind, False
    made = ColumnTransformer([("scaled", preprocessing.StandardScaler(), [0, 1, 2]), ("binned", preprocessing.KBinsDiscretizer(3, encode="onehot-dense"), [3, 4]), ("kept", "passthrough", [5])])
    yield "ColumnTransformer, GradientBoostingClassifier", pipeline.make_pipeline(made, ensemble.GradientBoostingClassifier(n_estimators=5)).fit(x, three), "float", False

    import lightgbm
    import xgboost
    common = {"n_estimators": 15, "verbose": -1}
    yield "LGBMClassifier 2", lightgbm.LGBMClassifier(**common).fit(holes, two), "float", True
    yield "LGBMClassifier 3", lightgbm.LGBMClassifier(**common).fit(holes, three), "float", True
    yield "LGBMRegressor", lightgbm.LGBMRegressor(**common).fit(holes, y), "float", True
    yield "LGBMRegressor dart", lightgbm.LGBMRegressor(boosting_type="dart", **common).fit(holes, y), "float", True
    yield "XGBClassifier 2", xgboost.XGBClassifier(n_estimators=15).fit(holes, two), "float", True
    yield "XGBClassifier 3", xgboost.XGBClassifier(n_estimators=15).fit(holes, (three - 2) // 5), "float", True
    yield "XGBRegressor", xgboost.XGBRegressor(n_estimators=15).fit(holes, y), "float", True


def converted(model, kind):
    import onnxmltools
    import skl2onnx
    from onnxmltools.convert.common import data_types as others
    from skl2onnx.common import data_types as types
    library = type(model).__module__.split(".")[0]
    if library in ("lightgbm", "xgboost"):
        convert = onnxmltools.convert_lightgbm if library == "lightgbm" else onnxmltools.convert_xgboost
        options = {"zipmap": False} if library == "lightgbm" and hasattr(model, "predict_proba") else {}
        return convert(model, initial_types=[("x", others.FloatTensorType([None, COLUMNS]))], target_opset=15, **options)
    made = {"float": types.FloatTensorType, "double": types.DoubleTensorType, "int64": types.Int64TensorType, "string": types.StringTensorType}[kind]
    options = {"zipmap": False} if hasattr(model, "predict_proba") and "names" not in str(getattr(model, "classes_", "")) else None
    return skl2onnx.convert_sklearn(model, initial_types=[("x", made([None, COLUMNS]))], options=options, target_opset={"": 18, "ai.onnx.ml": 3})


def thresholds(model):
    found = []
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "nodes_values":
                found += list(attribute.floats)
    return found


def rows(rng, model, kind, odd, count):
    import numpy
    if kind == "int64":
        return rng.integers(0, 5, (count, COLUMNS)).astype(numpy.int64)
    if kind == "string":
        return numpy.array(["red", "green", "blue", "", "b l u e"])[rng.integers(0, 5, (count, COLUMNS))].astype(object)
    element = numpy.float64 if kind == "double" else numpy.float32
    made = rng.normal(0, 1.2, (count, COLUMNS)).astype(element)
    on = thresholds(model)
    if on:
        chosen = rng.choice(numpy.array(on, numpy.float32).astype(element), made.shape)
        way = rng.random(made.shape)
        chosen = numpy.where(way < 0.3, numpy.nextafter(chosen, element(-numpy.inf)), numpy.where(way > 0.7, numpy.nextafter(chosen, element(numpy.inf)), chosen))
        made = numpy.where(rng.random(made.shape) < 0.5, chosen, made)
    if odd:
        strange = rng.choice(numpy.array([numpy.nan, numpy.inf, -numpy.inf, -0.0, 0.0], element), made.shape)
        made = numpy.where(rng.random(made.shape) < 0.05, strange, made)
    return made.astype(element)


def session(model):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def table(value):
    """An answer as an array: of maps, the scores in the order of their keys."""
    import numpy
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return numpy.array([list(each.values()) for each in value], numpy.float32)
    return numpy.asarray(value)


def tied(answers):
    """Rows whose class two scores name."""
    import numpy
    best = numpy.zeros(len(answers[0]), bool)
    for each in answers[1:]:
        if each.ndim == 2 and each.shape[1] > 1:
            last = numpy.sort(each, 1)
            best |= ~(last[:, -1] - last[:, -2] > 2e-6)
    return best


def support_vector_sums(model, given):
    """What SVMRegressor is by its definition, in doubles: ONNX Runtime adds floats of both signs, up to 1e-4 beside."""
    import numpy
    from onnx import helper
    node = next(node for node in model.graph.node if node.op_type == "SVMRegressor")
    says = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    rows = given.astype(numpy.float64)
    vectors = numpy.array(says["support_vectors"], numpy.float64).reshape(says["n_supports"], -1)
    gamma, first, degree = says["kernel_params"]
    dots = rows @ vectors.T
    kernels = {b"LINEAR": lambda: dots, b"POLY": lambda: (gamma * dots + first) ** degree,
               b"RBF": lambda: numpy.exp(-gamma * ((rows**2).sum(1)[:, None] + (vectors**2).sum(1) - 2 * dots))}
    return kernels[says["kernel_type"]]() @ numpy.array(says["coefficients"], numpy.float64) + says["rho"][0]


def constant(array, name):
    from onnx import helper, numpy_helper
    if array.dtype.kind in "OU":
        return helper.make_tensor(name, 8, array.shape, [str(text).encode() for text in array.ravel()])
    return numpy_helper.from_array(array, name)


def write(path, model, given, answers):
    model.graph.initializer.append(constant(given, "given " + model.graph.input[0].name))
    for out, answer in zip(model.graph.output, answers):
        model.graph.initializer.append(constant(answer, "expected " + out.name))
    path.write_bytes(model.SerializeToString())


def add_models(folder, count):
    import numpy
    rng = numpy.random.default_rng(2)
    left_out, ties = [], 0
    for name, fitted, kind, odd in models():
        try:
            model = converted(fitted, kind)
            given = rows(rng, model, kind, odd, count)
            answers = [table(each) for each in session(model).run(None, {"x": given})]
        except Exception as problem:
            left_out.append(f"{name}: {str(problem).strip().splitlines()[0][:110]}")
            continue
        drop = tied(answers) if len(answers) > 1 else numpy.zeros(len(given), bool)
        ties += int(drop.sum())
        given, answers = given[~drop], [each[~drop] for each in answers]
        operators = [node.op_type for node in model.graph.node]
        if "SVMRegressor" in operators:
            sums = support_vector_sums(model, given)
            if not numpy.allclose(answers[-1].ravel(), sums, rtol=1e-4, atol=2e-4):
                raise SystemExit(f"{name}: ONNX Runtime is far from the definition")
            answers[-1] = sums.astype(numpy.float32).reshape(answers[-1].shape)
        if "SVMClassifier" in operators:
            # ONNX Runtime adds support vectors up in floats, of both signs: here, up to 4e-5 off the sum in doubles.
            model.metadata_props.add(key="slack", value="10")
        write(folder / (name.replace(" ", "_").replace(",", "") + ".onnx"), model, given, answers)
    for each in left_out:
        print("left out:", each)
    print(f"{ties} rows between two classes left out")


def add_trees(folder, count):
    import ml_trees
    import numpy
    from onnx.reference import ReferenceEvaluator
    for seed in range(count):
        rng = numpy.random.default_rng(seed)
        model, kind = (ml_trees.joined if seed % 3 == 2 else ml_trees.drawn)(rng)
        given = ml_trees.rows(rng, int(rng.choice([1, 5, 33, 300, 1500])), kind)
        runner = ReferenceEvaluator(model) if ml_trees.has_sets(model) else session(model)
        write(folder / f"trees_{seed}.onnx", model, given, [numpy.asarray(each) for each in runner.run(None, {"x": given})])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--trees", type=int, default=300)
    args = parser.parse_args()
    try:
        import lightgbm  # noqa: F401
        import onnxmltools  # noqa: F401
        import onnxruntime  # noqa: F401
        import skl2onnx  # noqa: F401
        import xgboost  # noqa: F401
    except ImportError as missing:
        print(f"skipped: {missing}. To run it: pip install {PACKAGES}")
        return 77
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        add_models(pathlib.Path(folder), args.rows)
        add_trees(pathlib.Path(folder), args.trees)
        return subprocess.run([args.driver, folder]).returncode


if __name__ == "__main__":
    sys.exit(main())
