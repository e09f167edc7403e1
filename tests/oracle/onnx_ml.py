#!/usr/bin/env python3
"""Graphs of operators of ai.onnx.ml, and what ONNX Runtime says of them, for tests/unit/infer.

usage: onnx_ml.py FOLDER      (onnx 1.23.2, onnxruntime 1.32.0, numpy 2)

ml-trees-VERSION.onnx holds nodes of trees that tests/interop/ml_trees.py draws, in every way of writing them: thresholds
of both types, all comparisons, aggregates and transforms. Rows stand on thresholds, one ulp beside them, and hold NaN,
infinities and -0.0. Beside the graph's inputs stand what they are given, as constants called `given NAME`, and what
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
            self.inputs.append(helper.make_tensor_value_info(at + name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape))
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
    for seed in range(14):
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


if __name__ == "__main__":
    trees(pathlib.Path(sys.argv[1]))
