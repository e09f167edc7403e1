#!/usr/bin/env python3
"""Graphs of operators of ai.onnx.ml, and what ONNX Runtime says of them, for tests/unit/infer.

usage: onnx_ml.py FOLDER      (onnx 1.23.2, onnxruntime 1.32.0, numpy 2)

ml-trees-VERSION.onnx holds nodes of trees that tests/interop/ml_trees.py draws, in every way of writing them: thresholds
of both types, all comparisons, aggregates and transforms. Rows stand on thresholds, one ulp beside them, and hold NaN,
infinities and -0.0. ml-others-VERSION.onnx holds the other operators, each in several ways. Beside the graph's inputs stand what they are given, as constants called `given NAME`, and what
comes out, as `expected NAME`.
"""
import pathlib
import sys

import numpy
import onnxruntime
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "interop"))
import ml_trees  # noqa: E402


def constant(array, name):
    """Texts as bytes, as NumPy's helpers want them."""
    array = numpy.asarray(array)
    if array.dtype.kind in "OU":
        return helper.make_tensor(name, 8, array.shape, [str(text).encode() for text in array.ravel()])
    return numpy_helper.from_array(array, name)


def answers(model, given):
    if ml_trees.has_sets(model):
        return ReferenceEvaluator(model).run(None, given)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, given)


class Graph:
    """Single nodes beside each other."""

    def __init__(self, version):
        self.version, self.nodes, self.inputs, self.constants, self.outputs = version, [], [], [], []

    def add(self, model, given):
        """A model of one node, with what its inputs are given, and its answers."""
        node = model.graph.node[0]
        at = f"{len(self.nodes)}.{node.op_type}."
        results = answers(model, given)
        for name, array in given.items():
            kind = 8 if array.dtype == object else helper.np_dtype_to_tensor_dtype(array.dtype)
            self.inputs.append(helper.make_tensor_value_info(at + name, kind, array.shape))
            self.constants.append(constant(array, "given " + at + name))
        for name, result in zip(node.output, results):
            result = numpy.asarray(result)
            self.outputs.append(helper.make_tensor_value_info(at + name, 8 if result.dtype.kind in "OU" else helper.np_dtype_to_tensor_dtype(result.dtype), result.shape))
            self.constants.append(constant(result, "expected " + at + name))
        node.name = at + "node"
        node.input[:] = [at + name for name in node.input]
        node.output[:] = [at + name for name in node.output]
        self.nodes.append(node)

    def save(self, path):
        graph = helper.make_graph(self.nodes, "ml", self.inputs, self.outputs, self.constants)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", self.version)]
        path.write_bytes(helper.make_model(graph, producer_name="onnx_ml.py", ir_version=10, opset_imports=opsets).SerializeToString())


def trees(folder):
    numbered, joined = Graph(3), Graph(5)
    for seed in range(10):
        rng = numpy.random.default_rng(seed)
        drawn, kind = ml_trees.drawn(rng)
        while drawn.ByteSize() > 1600:
            drawn, kind = ml_trees.drawn(rng)
        numbered.add(drawn, {"x": ml_trees.rows(rng, 7, kind)})
    for seed in range(5):
        rng = numpy.random.default_rng(seed)
        drawn, kind = ml_trees.joined(rng)
        while drawn.ByteSize() > 1600:
            drawn, kind = ml_trees.joined(rng)
        joined.add(drawn, {"x": ml_trees.rows(rng, 7, kind)})
    numbered.save(folder / "ml-trees-3.onnx")
    joined.save(folder / "ml-trees-5.onnx")


def others(folder):
    graphs = {version: Graph(version) for version in (1, 3, 4)}
    rng = numpy.random.default_rng(5)
    table = (rng.integers(-6, 7, (5, 3)) / 2).astype(numpy.float32)
    holes = numpy.where(rng.random(table.shape) < 0.3, numpy.nan, table).astype(numpy.float32)
    odd = numpy.array([[0.0, -0.0, numpy.nan], [1.5, numpy.inf, -numpy.inf], [-3, -1, 0]], numpy.float32)
    wholes = rng.integers(0, 4, (4, 2)).astype(numpy.int64)
    texts = numpy.array(["a", "b", "", "longer than a pointer"])[wholes].astype(object)

    def call(op, *arrays, outputs=1, version=3, **attributes):
        names = ["x", "i"][:len(arrays)]
        outs = ["y", "z"][:outputs]
        node = helper.make_node(op, names, outs, domain="ai.onnx.ml", **attributes)
        kinds = [8 if array.dtype == object else helper.np_dtype_to_tensor_dtype(array.dtype) for array in arrays]
        graph = helper.make_graph([node], "one", [helper.make_tensor_value_info(n, k, a.shape) for n, k, a in zip(names, kinds, arrays)],
                                  [helper.make_tensor_value_info(name, 0, None) for name in outs])
        for out in graph.output:
            out.ClearField("type")
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", version)]
        graphs[version].add(helper.make_model(graph, ir_version=10, opset_imports=opsets), dict(zip(names, arrays)))

    whole = numpy.array([[1, -2, 3], [4, 5, -6]], numpy.int64)
    for x in (table, table.astype(numpy.float64), whole, whole.astype(numpy.int32)):
        call("Scaler", x, offset=[1.0, -2.0, 0.1], scale=[2.0, 0.5, 0.3])
        for norm in ("MAX", "L1", "L2"):
            call("Normalizer", x, norm=norm)
    call("Scaler", odd, offset=[0.5], scale=[3.0])
    call("Normalizer", numpy.zeros((2, 3), numpy.float32), norm="L2")
    call("Imputer", holes, imputed_value_floats=[7.0, 8.0, 9.0], replaced_value_float=float("nan"))
    call("Imputer", odd, imputed_value_floats=[7.0], replaced_value_float=0.0)
    call("Imputer", whole, imputed_value_int64s=[7, 8, 9], replaced_value_int64=4)
    call("Binarizer", table, threshold=0.5)
    call("ArrayFeatureExtractor", table, numpy.array([[2, 0]], numpy.int64))
    call("ArrayFeatureExtractor", texts, numpy.array([1], numpy.int64))
    call("FeatureVectorizer", table, holes, inputdimensions=[3, 3])
    for zeros in (0, 1):
        call("OneHotEncoder", wholes, cats_int64s=[3, 1, 2, 0], zeros=zeros)
    call("OneHotEncoder", wholes, cats_int64s=[3, 1], zeros=1)
    call("OneHotEncoder", texts, cats_strings=["", "b"], zeros=1)
    call("OneHotEncoder", numpy.array([1.5, 3], numpy.float32), cats_int64s=[3, 1], zeros=1)
    call("CategoryMapper", wholes, cats_int64s=[3, 1], cats_strings=["three", "one"])
    call("CategoryMapper", texts, cats_int64s=[3, 1], cats_strings=["a", "b"], default_int64=-7)
    call("LabelEncoder", texts, version=1, classes_strings=["b", "", "a"])
    call("LabelEncoder", wholes, keys_int64s=[1, 3, 1], values_strings=["one", "three", "never"], default_string="none")
    call("LabelEncoder", texts, keys_strings=["a", ""], values_floats=[0.5, -1.5])
    call("LabelEncoder", texts, keys_strings=["a", ""], values_int64s=[5, 6])
    call("LabelEncoder", odd, keys_floats=[0.0, float("inf")], values_int64s=[5, 6], default_int64=-2)
    for element in (numpy.float64, numpy.int64):
        keys, values = numpy.array([1, 3, -3], element), numpy.array([10, 30, -30], element)
        call("LabelEncoder", numpy.array([3, 1, 2, -3], element), version=4, keys_tensor=numpy_helper.from_array(keys, "k"),
             values_tensor=numpy_helper.from_array(values, "v"), default_tensor=numpy_helper.from_array(numpy.array([4], element), "d"))
    call("LabelEncoder", odd, version=4, keys_floats=[float("nan"), 1.5], values_strings=["nan", "1.5"])
    for transform in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"):
        call("LinearRegressor", table, coefficients=[0.1, -0.2, 0.3], intercepts=[0.5], post_transform=transform)
        call("LinearRegressor", table, coefficients=[0.1, -0.2, 0.3, 1, 2, 3], intercepts=[0.5, 0.25], targets=2, post_transform=transform)
        call("LinearClassifier", table, outputs=2, coefficients=[0.1, -0.2, 0.3], intercepts=[0.05], classlabels_ints=[4, 9], post_transform=transform)
        call("LinearClassifier", table.astype(numpy.float64), outputs=2, coefficients=[0.1, -0.2, 0.3, 0, 0, 0, 0.3, 0.2, 0.1], intercepts=[0.05, 0.1, 0],
             classlabels_strings=["a", "b", "c"], post_transform=transform)
    vectors = [float(value) for value in rng.integers(-4, 5, 18) / 4]
    svm = {"support_vectors": vectors, "kernel_params": [0.25, 0.5, 2.0]}
    for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID"):
        call("SVMRegressor", table, coefficients=[0.5, -0.5, 0.25, 1, -1, 0.1], n_supports=6, rho=[0.1], kernel_type=kernel, **svm)
        call("SVMClassifier", table, outputs=2, coefficients=[0.5, -0.5, 0.25, 1, -1, 0.1], rho=[0.1], vectors_per_class=[2, 4],
             classlabels_strings=["a", "b"], kernel_type=kernel, **svm)
        three = {"coefficients": [0.5, -0.5, 0.25, 1, -1, 0.1, -0.2, 0.3, 0.4, -0.6, 0.7, 0.8], "rho": [0.1, -0.1, 0.2], "vectors_per_class": [1, 2, 3],
                 "classlabels_ints": [5, 6, 7]}
        call("SVMClassifier", table, outputs=2, kernel_type=kernel, **three, **svm)
        call("SVMClassifier", table, outputs=2, kernel_type=kernel, prob_a=[-1.0, -2.0, -0.5], prob_b=[0.1, 0.0, -0.1], **three, **svm)
    call("SVMRegressor", table, coefficients=[0.5, -0.5, 0.25], rho=[0.1], n_supports=0, one_class=1, kernel_type="LINEAR", kernel_params=[0.0, 0.0, 0.0])
    for version, graph in graphs.items():
        graph.save(folder / f"ml-others-{version}.onnx")


if __name__ == "__main__":
    into = pathlib.Path(sys.argv[1])
    trees(into)
    others(into)
