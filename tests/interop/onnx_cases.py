#!/usr/bin/env python3
"""Every case of the onnx package's backend tests, run by our engine.

usage: onnx_cases.py --driver PROGRAM

A case's inputs and outputs become constants of its model, which the driver compares with what its run gives. Inputs that
are whole numbers (axes, shapes) are fixed where a case has other inputs, as a graph's shapes may not depend on its
inputs. Cases of operators that the engine lacks are left out and listed. Exit code 77 where the Python package `onnx` is
missing: the test counts as skipped.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings


def fixed(model, tensor, position):
    """Whether an input must be a constant, because a shape depends on it."""
    first = model.graph.node[0].op_type
    if first == "Range" or first == "ConstantOfShape" or (first == "OneHot" and position == 1):
        return True
    return position > 0 and tensor.data_type in (6, 7) and len(tensor.dims) <= 1


def case(model, inputs, outputs):
    """The model with its inputs and outputs as constants; None if one of them is no tensor."""
    for kind, ports, tensors in (("given ", list(model.graph.input), inputs), ("expected ", list(model.graph.output), outputs)):
        constants = {each.name for each in model.graph.initializer}
        ports = [port for port in ports if kind != "given " or port.name not in constants]
        if len(ports) < len(tensors):
            return None
        for position, (port, tensor) in enumerate(zip(ports, tensors)):
            if tensor is None:
                return None
            constant = model.graph.initializer.add()
            constant.CopyFrom(tensor)
            constant.name = kind + port.name
            if kind == "given " and fixed(model, tensor, position):
                constant.name = port.name
                model.graph.input.remove(port)
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    args = parser.parse_args()
    try:
        import numpy
        import onnx
        from onnx import numpy_helper
        from onnx.backend.test.case.node import collect_testcases
        from onnx.backend.test.loader import load_model_tests
        from onnx.reference import ReferenceEvaluator
    except ImportError as missing:
        print(f"skipped: {missing}. To run it: pip install onnx==1.23.2")
        return 77
    warnings.simplefilter("ignore")

    def tensor(value):
        if isinstance(value, onnx.TensorProto):
            return value
        return numpy_helper.from_array(numpy.asarray(value)) if isinstance(value, (numpy.ndarray, numpy.generic)) else None

    def said(each):
        """A case's inputs and outputs; where outputs are written with four digits, the package's reference's."""
        inputs, outputs = each.data_sets[0]
        if each.name == "test_averagepool_2d_ceil_last_window_starts_on_pad":
            outputs = ReferenceEvaluator(each.model).run(None, {port.name: value for port, value in zip(each.model.graph.input, inputs)})
        return inputs, outputs

    def read(path):
        made = onnx.TensorProto()
        made.ParseFromString(path.read_bytes())
        return made

    cases = [(each.name, each.model, *([tensor(v) for v in part] for part in said(each))) for each in collect_testcases(None)]
    for kind in ("simple", "pytorch-operator", "pytorch-converted"):
        for each in load_model_tests(kind=kind):
            if each.model_dir:
                data = pathlib.Path(each.model_dir) / "test_data_set_0"
                parts = [[read(data / f"{way}_{i}.pb") for i in range(len(list(data.glob(f"{way}_*.pb"))))] for way in ("input", "output")]
                cases.append((kind + "_" + each.name, onnx.load(f"{each.model_dir}/model.onnx"), *parts))
    with tempfile.TemporaryDirectory() as folder:
        for name, model, inputs, outputs in cases:
            made = case(model, inputs, outputs)
            if made is not None:
                (pathlib.Path(folder) / f"{name}.onnx").write_bytes(made.SerializeToString())
        return subprocess.run([args.driver, folder]).returncode


if __name__ == "__main__":
    sys.exit(main())
