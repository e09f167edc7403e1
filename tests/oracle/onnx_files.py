#!/usr/bin/env python3
"""Models written by the onnx package, for tests/unit/model/formats: tests/golden/formats/*.onnx.

usage: onnx_files.py FOLDER      (onnx 1.23.2, numpy 2)

tensors.onnx has a constant of each type that is read, once as raw bytes and once in the field of its type, and texts;
attributes.onnx an attribute of each kind; late.onnx nodes in an order in which they cannot run; two_inputs.onnx takes an image
and something besides.
"""
import pathlib
import sys

import numpy
from onnx import AttributeProto, TensorProto, helper, numpy_helper

TYPES = {"FLOAT": numpy.float32, "UINT8": numpy.uint8, "INT8": numpy.int8, "UINT16": numpy.uint16, "INT16": numpy.int16,
         "INT32": numpy.int32, "INT64": numpy.int64, "BOOL": numpy.bool_, "FLOAT16": numpy.float16, "DOUBLE": numpy.float64,
         "UINT32": numpy.uint32, "UINT64": numpy.uint64}


def numbers(dtype):
    """Six numbers that use a type's ends."""
    if dtype == numpy.bool_:
        return numpy.array([[True, False, True], [False, False, True]])
    if numpy.issubdtype(dtype, numpy.floating):
        most = numpy.finfo(dtype).max
        return numpy.array([[0.5, -0.0, most], [-most, 1.25, 3]], dtype)
    info = numpy.iinfo(dtype)
    return numpy.array([[0, 1, info.max], [info.min, 7, 100]], dtype)


def saved(folder, name, graph, **opsets):
    imports = [helper.make_opsetid(domain.replace("_", "."), version) for domain, version in opsets.items()]
    model = helper.make_model(graph, producer_name="onnx_files.py", ir_version=10,
                              opset_imports=[helper.make_opsetid("", 21), *imports])
    helper.set_model_props(model, {"author": "none", "hash": "0"})
    (folder / name).write_bytes(model.SerializeToString())


def two_inputs(folder):
    rows = [helper.make_tensor_value_info(name, 1, ["rows", width]) for name, width in (("image", 4), ("other", 2), ("scores", 2))]
    nodes = [helper.make_node("MatMul", ["image", "w"], ["a"]), helper.make_node("Add", ["a", "other"], ["scores"])]
    saved(folder, "two_inputs.onnx", helper.make_graph(nodes, "two", rows[:2], rows[2:], [helper.make_tensor("w", 1, [4, 2], [.5] * 8)]))


def tensors(folder):
    made = []
    for name, dtype in TYPES.items():
        values = numbers(dtype)
        made.append(numpy_helper.from_array(values, "raw_" + name))
        kind = getattr(TensorProto, name)
        made.append(helper.make_tensor("field_" + name, kind, values.shape, values.flatten()))
    made.append(helper.make_tensor("field_STRING", TensorProto.STRING, [2], [b"yes", "größer".encode()]))
    made.append(helper.make_tensor("empty", TensorProto.FLOAT, [0, 4], []))
    made.append(helper.make_tensor("scalar", TensorProto.INT64, [], [42]))
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["rows", 3])
    saved(folder, "tensors.onnx", helper.make_graph([helper.make_node("Identity", ["raw_FLOAT"], ["out"])], "tensors", [], [out], made))


def attributes(folder):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 3])
    names = helper.make_tensor_value_info("names", TensorProto.STRING, [None])
    node = helper.make_node("Everything", ["x", "", "names"], ["y", "", "z"], name="one of each", domain="ai.onnx.ml",
                            number=0.25, whole=-3, text="LEAF", floats=[1.5, -0.0, 3e38], wholes=[1, -1, 2**40],
                            texts=["a", "", "c"], tensor=numpy_helper.from_array(numpy.arange(4, dtype=numpy.float64)))
    inner = helper.make_graph([helper.make_node("Identity", ["x"], ["w"])], "inner", [],
                              [helper.make_tensor_value_info("w", TensorProto.FLOAT, None)])
    node.attribute.append(helper.make_attribute("body", inner))
    node.attribute.append(helper.make_attribute("nothing", [], attr_type=AttributeProto.FLOATS))
    outs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 1]), helper.make_tensor_value_info("z", TensorProto.INT64, None)]
    saved(folder, "attributes.onnx", helper.make_graph([node], "attributes", [x, names], outs), ai_onnx_ml=3)


def late(folder):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 2])
    nodes = [helper.make_node("Add", ["b", "a"], ["y"], name="last"), helper.make_node("Exp", ["a"], ["b"], name="second"),
             helper.make_node("Neg", ["x"], ["a"], name="first")]
    saved(folder, "late.onnx", helper.make_graph(nodes, "late", [x], [y]))


if __name__ == "__main__":
    into = pathlib.Path(sys.argv[1])
    tensors(into)
    attributes(into)
    late(into)
    two_inputs(into)
