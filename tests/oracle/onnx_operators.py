#!/usr/bin/env python3
"""Graphs of one operator after another, and what the onnx package's reference says of them, for tests/unit/infer.

usage: onnx_operators.py FOLDER      (onnx 1.23.2, onnxruntime 1.32.0, numpy 2)

operators-VERSION.onnx holds a node for each way of calling each operator. Beside the graph's inputs stand what they are
given, as constants called `given NAME`, and what comes out, as `expected NAME`, by onnx.reference.ReferenceEvaluator, before version 13 by ONNX Runtime.
"""
import pathlib
import sys

import numpy
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

rng = numpy.random.default_rng(7)
F = rng.normal(0, 2, (2, 3, 4)).astype(numpy.float32)
D = F.astype(numpy.float64)
ROW = rng.normal(0, 2, (4,)).astype(numpy.float32)
COLUMN = rng.normal(0, 2, (3, 1)).astype(numpy.float32)
POSITIVE = numpy.abs(F) + numpy.float32(0.25)
UNIT = (F / 16).astype(numpy.float32)
ODD = numpy.array([[0.0, -0.0, numpy.inf, -numpy.inf, numpy.nan, 1.5], [2.5, -2.5, 3e38, -1e-40, -0.5, 0.5]], numpy.float32)
WHOLE = rng.integers(-9, 9, (3, 4)).astype(numpy.int64)
DIVISOR = numpy.array([[1, -2, 3, 4], [5, -6, 7, 8], [-9, 1, 2, 3]], numpy.int64)
BYTES = rng.integers(0, 255, (3, 4)).astype(numpy.uint8)
SMALL = rng.integers(-128, 127, (3, 4)).astype(numpy.int8)
TRUTH = rng.integers(0, 2, (3, 4)).astype(bool)
OTHER_TRUTH = rng.integers(0, 2, (4,)).astype(bool)
A = rng.normal(0, 1, (2, 3, 5)).astype(numpy.float32)
B = rng.normal(0, 1, (5, 4)).astype(numpy.float32)
VECTOR = rng.normal(0, 1, (5,)).astype(numpy.float32)


def ints(*numbers):
    return numpy.array(numbers, numpy.int64)


def answers(model, given):
    """The reference takes softmax before version 13 for that of today; ONNX Runtime goes by its version, and says what
    the reference lacks."""
    if model.opset_import[0].version >= 13:
        try:
            return ReferenceEvaluator(model).run(None, given)
        except (TypeError, ValueError):
            print("by ONNX Runtime:", model.graph.node[0].name)
    for name, array in given.items():
        model.graph.input.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape))
    for out in model.graph.output:
        out.ClearField("type")
    model.ir_version = 7
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, given)


class Model:
    def __init__(self, version):
        self.version, self.nodes, self.inputs, self.constants, self.outputs = version, [], [], [], []

    def call(self, op, *arrays, known=(), outputs=1, **attributes):
        """Adds a node: arrays are inputs, or constants where their number is in `known`."""
        at = len(self.nodes)
        names = []
        for i, array in enumerate(arrays):
            if array is None:
                names.append("")
                continue
            name = f"{at}.{op}.{i}"
            names.append(name)
            if i in known:
                self.constants.append(numpy_helper.from_array(array, name))
            else:
                self.inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape))
                self.constants.append(numpy_helper.from_array(array, "given " + name))
        outs = [f"{at}.{op} result" + (f" {k}" if k else "") for k in range(outputs)]
        node = helper.make_node(op, names, outs, name=f"{op} {at}", **attributes)
        self.nodes.append(node)
        graph = helper.make_graph([node], "one", [], [helper.make_tensor_value_info(o, TensorProto.UNDEFINED, None) for o in outs])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.version)])
        results = answers(model, {n: a for n, a in zip(names, arrays) if n})
        for name, value in zip(outs, results):
            value = numpy.asarray(value)
            self.outputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape))
            self.constants.append(numpy_helper.from_array(value, "expected " + name))

    def save(self, folder):
        graph = helper.make_graph(self.nodes, "operators", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, producer_name="onnx_operators.py", ir_version=10,
                                  opset_imports=[helper.make_opsetid("", self.version)])
        (folder / f"operators-{self.version}.onnx").write_bytes(model.SerializeToString())


def newest():
    m = Model(21)
    for op in ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"):
        m.call(op, POSITIVE, numpy.abs(ROW))
        m.call(op, numpy.abs(COLUMN), POSITIVE)
        m.call(op, POSITIVE, numpy.array(1.5, numpy.float32), known=(1,))
    for op in ("Add", "Sub", "Mul", "Div"):
        m.call(op, WHOLE, DIVISOR)
        m.call(op, BYTES, (BYTES // 3 + 1).astype(numpy.uint8))
    m.call("Mod", WHOLE, DIVISOR)
    m.call("Mod", WHOLE, DIVISOR, fmod=1)
    m.call("Mod", F, POSITIVE, fmod=1)
    m.call("Sum", F, ROW, COLUMN)
    m.call("Mean", F, ROW, COLUMN)
    m.call("Max", WHOLE, DIVISOR, ints(0))
    m.call("PRelu", F, ROW)
    for op in ("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"):
        m.call(op, WHOLE, DIVISOR)
        m.call(op, ODD, ODD[::-1].copy())
    for op in ("And", "Or", "Xor"):
        m.call(op, TRUTH, OTHER_TRUTH)
    m.call("Not", TRUTH)
    m.call("Where", TRUTH, WHOLE, ints(1, 2, 3, 4))
    for op in ("Abs", "Neg", "Sign", "Relu", "Floor", "Ceil", "Round", "IsNaN", "IsInf"):
        m.call(op, ODD)
    m.call("IsInf", ODD, detect_negative=0)
    for op in ("Abs", "Neg", "Sign", "Relu"):
        m.call(op, WHOLE)
    for op in ("Exp", "Sigmoid", "Tanh", "Erf", "Softplus", "Softsign", "Sin", "Cos", "Tan", "Atan", "Sinh", "Cosh", "Asinh", "Elu", "Selu",
               "Celu", "LeakyRelu", "HardSigmoid", "HardSwish", "Gelu", "Mish", "ThresholdedRelu"):
        m.call(op, F)
    for op in ("Sigmoid", "Exp"):
        m.call(op, D)
    for op in ("Log", "Sqrt", "Reciprocal"):
        m.call(op, POSITIVE)
    for op in ("Asin", "Acos", "Atanh"):
        m.call(op, UNIT)
    m.call("Acosh", POSITIVE + 1)
    m.call("Gelu", F, approximate="tanh")
    m.call("Clip", F, numpy.array(-1, numpy.float32), numpy.array(0.5, numpy.float32), known=(1, 2))
    m.call("Clip", WHOLE, None, numpy.array(3, numpy.int64), known=(2,))
    for axis in (0, 1, -1):
        for op in ("Softmax", "LogSoftmax", "Hardmax"):
            m.call(op, F, axis=axis)
        m.call("ArgMax", F, axis=axis)
        m.call("ArgMin", F, axis=axis, keepdims=0)
    m.call("ArgMax", numpy.array([[1, 3, 3, 2]], numpy.float32), axis=1, select_last_index=1)
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"):
        m.call("Reduce" + op, POSITIVE)
        m.call("Reduce" + op, POSITIVE, ints(1), known=(1,), keepdims=0)
        m.call("Reduce" + op, POSITIVE, ints(0, -1), known=(1,))
    m.call("ReduceSum", WHOLE, noop_with_empty_axes=1)
    m.call("ReduceMax", SMALL)
    m.call("MatMul", A, B)
    m.call("MatMul", VECTOR, B)
    m.call("MatMul", A, VECTOR)
    m.call("MatMul", VECTOR, VECTOR)
    m.call("MatMul", A[:, None], rng.normal(0, 1, (1, 2, 5, 2)).astype(numpy.float32))
    m.call("MatMul", WHOLE, WHOLE.T.copy())
    m.call("Gemm", A[0], B, ROW, known=(1, 2))
    m.call("Gemm", A[0].T.copy(), B.T.copy(), COLUMN, transA=1, transB=1, alpha=0.5, beta=2.0)
    m.call("Gemm", A[0], B, numpy.array(1.5, numpy.float32))
    m.call("Gemm", A[0], B)
    m.call("BatchNormalization", F, ROW[:3], ROW[1:], ROW[:3] / 2, numpy.abs(ROW[1:]), known=(1, 2, 3, 4))
    m.call("LayerNormalization", F, ROW, ROW / 3, known=(1, 2))
    m.call("LayerNormalization", F, numpy.ones((3, 4), numpy.float32), axis=1, known=(1,))
    m.call("Cast", ODD[1], to=TensorProto.DOUBLE)
    m.call("Cast", F, to=TensorProto.INT64)
    m.call("Cast", WHOLE, to=TensorProto.FLOAT)
    m.call("Cast", WHOLE, to=TensorProto.BOOL)
    m.call("CastLike", WHOLE, F)
    m.call("Identity", F)
    m.call("Dropout", F)
    m.call("Shape", F)
    m.call("Shape", F, start=1, end=-1)
    m.call("Size", F)
    m.call("ConstantOfShape", ints(2, 3), known=(0,), value=helper.make_tensor("v", TensorProto.INT32, [1], [7]))
    m.call("Constant", value_floats=[1.0, 2.5])
    m.call("Constant", value_int=3)
    m.call("Reshape", F, ints(0, -1), known=(1,))
    m.call("Reshape", F, ints(4, 3, 2), known=(1,))
    m.call("Flatten", F)
    m.call("Flatten", F, axis=0)
    m.call("Flatten", F, axis=-1)
    m.call("Squeeze", F[:, :1], ints(1), known=(1,))
    m.call("Squeeze", F[:, :1])
    m.call("Unsqueeze", F, ints(0, -1), known=(1,))
    m.call("Transpose", F)
    m.call("Transpose", F, perm=[1, 2, 0])
    m.call("Concat", F, F[:, :1], axis=1)
    m.call("Concat", WHOLE, DIVISOR, axis=-1)
    m.call("Split", F, axis=2, num_outputs=2, outputs=2)
    m.call("Split", F, ints(1, 2), known=(1,), axis=1, outputs=2)
    m.call("Slice", F, ints(1), ints(3), ints(2), known=(1, 2, 3))
    m.call("Slice", F, ints(-1, 0), ints(-9, 9), ints(1, 2), ints(-1, 2), known=(1, 2, 3, 4))
    m.call("Slice", F, ints(9), ints(99), ints(0), known=(1, 2, 3))
    m.call("Gather", F, ints(2, 0, -1), axis=1)
    m.call("Gather", WHOLE, numpy.array([[0, 2]], numpy.int32), axis=0)
    m.call("Expand", COLUMN, ints(2, 1, 4), known=(1,))
    m.call("Tile", WHOLE, ints(2, 1), known=(1,))
    return m


def windows(m):
    image = rng.normal(0, 1, (2, 4, 5, 6)).astype(numpy.float32)
    weights = rng.normal(0, 1, (6, 2, 3, 2)).astype(numpy.float32)
    m.call("Conv", image, weights, ROW[[0, 1, 2, 3, 0, 1]], known=(1, 2), group=2, pads=[1, 0, 2, 1], strides=[2, 1])
    m.call("Conv", image, rng.normal(0, 1, (3, 4, 2, 2)).astype(numpy.float32), known=(1,), dilations=[2, 3])
    m.call("Conv", image[:, :, 0], rng.normal(0, 1, (3, 4, 3)).astype(numpy.float32), known=(1,), auto_pad="SAME_LOWER", strides=[2])
    m.call("ConvTranspose", image, rng.normal(0, 1, (4, 3, 3, 3)).astype(numpy.float32), ROW[:3], known=(1, 2), strides=[2, 1],
           pads=[1, 0, 0, 1], output_padding=[1, 0])
    m.call("MaxPool", image, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1], ceil_mode=1)
    m.call("MaxPool", SMALL[None], kernel_shape=[2])
    counted = numpy.arange(1, 17, dtype=numpy.float32).reshape(1, 1, 4, 4)
    for included in (0, 1):
        m.call("AveragePool", counted, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=included)
    m.call("LpPool", image, kernel_shape=[2, 2], p=3)
    m.call("GlobalAveragePool", image)
    m.call("GlobalMaxPool", image)
    m.call("InstanceNormalization", image, ROW, ROW / 3, known=(1, 2))
    m.call("GroupNormalization", image, ROW, ROW / 3, known=(1, 2), num_groups=2)
    m.call("DepthToSpace", image[:, :, :2, :2].copy(), blocksize=2)
    m.call("DepthToSpace", image[:, :, :2, :2].copy(), blocksize=2, mode="CRD")
    m.call("SpaceToDepth", image[:, :, :4].copy(), blocksize=2)


def places(m):
    m.call("TopK", F, ints(2), known=(1,), outputs=2)
    m.call("TopK", numpy.array([[1, 3, 3, 2, 3]], numpy.int64), ints(3), known=(1,), largest=0, outputs=2)
    m.call("TopK", F, ints(1), known=(1,), axis=1, outputs=2)
    m.call("CumSum", F, numpy.array(1, numpy.int64), known=(1,))
    m.call("CumSum", WHOLE, numpy.array(-1, numpy.int64), known=(1,), exclusive=1, reverse=1)
    for mode in ("reflect", "edge", "wrap"):
        m.call("Pad", F, ints(0, 2, 3, 1, 0, 1), known=(1,), mode=mode)
    m.call("Pad", WHOLE, ints(1, 2), None, ints(-1), known=(1, 3))
    m.call("GatherElements", WHOLE, ints(0, 2, 1, -1)[None], axis=0)
    m.call("GatherND", F, numpy.array([[1, 2], [0, -1]], numpy.int64))
    m.call("GatherND", F, numpy.array([[2], [0]], numpy.int64), batch_dims=1)
    m.call("ScatterElements", WHOLE, ints(0, 2, 1, 1)[None], ints(5, 6, 7, 8)[None], axis=0)
    m.call("ScatterElements", F, numpy.zeros((1, 2, 1), numpy.int64), numpy.full((1, 2, 1), 9, numpy.float32), axis=1, reduction="add")
    m.call("ScatterND", F, ints(1, 0)[:, None], F[::-1].copy() * 2, reduction="max")
    m.call("OneHot", ints(0, 2, -1, 5), ints(3), numpy.array([-1, 1], numpy.float32), known=(1,))
    m.call("Range", *(numpy.array(x, numpy.float32) for x in (1, 2.75, 0.5)), known=(0, 1, 2))
    m.call("Trilu", F, numpy.array(1, numpy.int64), known=(1,))
    m.call("Trilu", F, upper=0)
    m.call("Cast", F, to=TensorProto.FLOAT16)


def quantized(m):
    scale = numpy.array(0.05, numpy.float32)
    m.call("QuantizeLinear", F * 5, scale, numpy.array(128, numpy.uint8), known=(1, 2))
    m.call("QuantizeLinear", F, numpy.array([0.1, 0.02, 0.3], numpy.float32), numpy.array([0, 3, -3], numpy.int8), known=(1, 2))
    m.call("DequantizeLinear", SMALL, scale, numpy.array(-3, numpy.int8), known=(1, 2))
    m.call("DequantizeLinear", WHOLE.astype(numpy.int32), scale, known=(1,))
    m.call("DynamicQuantizeLinear", F, outputs=3)
    m.call("MatMulInteger", BYTES, SMALL.T.copy(), numpy.array(12, numpy.uint8), numpy.array([1, 0, -4], numpy.int8), known=(1, 2, 3))
    m.call("QLinearMatMul", BYTES, scale, numpy.array(7, numpy.uint8), BYTES.T.copy(), scale, numpy.array(100, numpy.uint8),
           numpy.array(2.5, numpy.float32), numpy.array(90, numpy.uint8), known=(1, 2, 3, 4, 5, 6, 7))


def recurrent(m):
    x = rng.normal(0, 1, (4, 2, 3)).astype(numpy.float32)
    numbers = lambda *shape: rng.normal(0, 0.6, shape).astype(numpy.float32)
    for op, gates, outputs in (("RNN", 1, 2), ("GRU", 3, 2), ("LSTM", 4, 3)):
        hidden = 5
        w, r, b = numbers(1, gates * hidden, 3), numbers(1, gates * hidden, hidden), numbers(1, 2 * gates * hidden)
        m.call(op, x, w, r, b, known=(1, 2, 3), outputs=outputs, hidden_size=hidden)
        if op == "GRU":
            m.call(op, x, w, r, b, None, numbers(1, 2, hidden), known=(1, 2, 3), outputs=2, hidden_size=hidden, linear_before_reset=1)
        if op == "LSTM":
            m.call(op, x, w, r, b, None, numbers(1, 2, hidden), numbers(1, 2, hidden), numbers(1, 3 * hidden), known=(1, 2, 3, 7),
                   outputs=3, hidden_size=hidden)


def both_ways():
    """What the package's reference lacks, by ONNX Runtime: directions, lengths, clipped gates, other activations."""
    m = Model(12)
    x = rng.normal(0, 1, (4, 2, 3)).astype(numpy.float32)
    numbers = lambda *shape: rng.normal(0, 0.9, shape).astype(numpy.float32)
    lengths = numpy.array([4, 2], numpy.int32)
    m.call("MaxPool", D.astype(numpy.float32)[None], kernel_shape=[2, 2], outputs=2)
    m.call("Pad", F, ints(0, 2, -1, 1, 0, 1), numpy.array(7, numpy.float32), known=(1,))
    for op, gates, outputs, functions in (("RNN", 1, 2, ["LeakyRelu"]), ("GRU", 3, 2, ["HardSigmoid", "Softsign"]),
                                          ("LSTM", 4, 3, ["HardSigmoid", "Softsign", "ScaledTanh"])):
        hidden = 3
        w, r, b = numbers(2, gates * hidden, 3), numbers(2, gates * hidden, hidden), numbers(2, 2 * gates * hidden)
        m.call(op, x, w, r, b, lengths, numbers(2, 2, hidden), known=(1, 2, 3, 4), outputs=outputs, hidden_size=hidden, direction="bidirectional")
        m.call(op, x, w[:1], r[:1], b[:1], lengths, known=(1, 2, 3, 4), outputs=outputs, hidden_size=hidden, direction="reverse", clip=0.5)
        scales = {"activation_alpha": [0.3, 1.1][:2 if op == "LSTM" else 1]}
        if op != "RNN":
            scales["activation_beta"] = [0.4, 0.9][:2 if op == "LSTM" else 1]
        m.call(op, x, w[:1], r[:1], known=(1, 2), outputs=outputs, hidden_size=hidden, activations=functions, **scales)
    return m


def older():
    """As version 11 has them: axes as attributes, softmax over all dimensions from the axis on."""
    m = Model(11)
    m.call("Softmax", F, axis=1)
    m.call("LogSoftmax", F)
    m.call("Squeeze", F[:, :1], axes=[1])
    m.call("Unsqueeze", F, axes=[0, 4])
    m.call("Split", F, axis=1, split=[1, 2], outputs=2)
    m.call("ReduceSum", F, axes=[1], keepdims=0)
    m.call("ReduceMean", F, axes=[-1])
    m.call("ReduceMax", F, axes=[0, 2])
    return m


if __name__ == "__main__":
    into = pathlib.Path(sys.argv[1])
    newest().save(into)
    older().save(into)
    more = Model(22)
    for add in (windows, places, quantized, recurrent):
        add(more)
    more.save(into)
    both_ways().save(into)
