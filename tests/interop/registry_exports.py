#!/usr/bin/env python3
"""What registry_tool exports, read by others: an MLflow model folder by MLflow itself, which predicts with it; a Triton
repository by protobuf's reader of its configuration and ONNX Runtime; folders of JSON by Python.

usage: registry_exports.py --tool PROGRAM        77: mlflow (or mlflow-skinny), onnx or onnxruntime is not there
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", GIT_PYTHON_REFRESH="quiet")
try:
    import numpy
    import onnx
    import onnxruntime
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
    from mlflow.models import Model
except ImportError as missing:
    print(f"left out: {missing}", file=sys.stderr)
    sys.exit(77)

WEIGHTS = numpy.array([[1.5], [-2.0], [0.25]], dtype=numpy.float32)


def same(found, expected, what):
    assert found == expected, f"{what}: {found!r}, not {expected!r}"


def write_network(path):
    """y = x W, of three columns."""
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])], "line",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 3])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None, 1])],
        [onnx.numpy_helper.from_array(WEIGHTS, "w")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def triton_config():
    """The part of Triton's ModelConfig that is written: names and types as in triton-inference-server/common,
    protobuf/model_config.proto. A field of another name or type does not parse."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="model_config.proto", package="inference", syntax="proto3")

    def message(of, name, *fields):
        made = of.message_type.add(name=name) if of is file else of.nested_type.add(name=name)
        for number, (field, kind, repeated) in enumerate(fields, 1):
            one = made.field.add(name=field, number=number, label=kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL)
            if isinstance(kind, str):
                one.type, one.type_name = kinds.TYPE_MESSAGE, ".inference." + kind
            else:
                one.type = kind
        return made

    policy = message(file, "ModelVersionPolicy", ("specific", "ModelVersionPolicy.Specific", False))
    message(policy, "Specific", ("versions", kinds.TYPE_INT64, True))
    message(file, "ModelParameter", ("string_value", kinds.TYPE_STRING, False))
    config = message(file, "ModelConfig", ("name", kinds.TYPE_STRING, False), ("backend", kinds.TYPE_STRING, False),
                     ("max_batch_size", kinds.TYPE_INT32, False), ("version_policy", "ModelVersionPolicy", False),
                     ("parameters", "ModelConfig.ParametersEntry", True))
    entry = message(config, "ParametersEntry", ("key", kinds.TYPE_STRING, False), ("value", "ModelParameter", False))
    entry.options.map_entry = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("inference.ModelConfig"))


def read_by_mlflow(folder, network):
    model = Model.load(str(folder))
    same(sorted(model.flavors), ["onnx", "python_function"], "flavours")
    same(model.flavors["python_function"]["loader_module"], "mlflow.onnx", "what loads it")
    same(model.metadata["registered_model"], 'a "quoted" model: #1', "the model's name")
    same(model.metadata["registered_version"], "1", "the version")
    same(model.run_id, "0123456789abcdef0123456789abcdef", "the run")
    same((folder / model.flavors["onnx"]["data"]).read_bytes(), network.read_bytes(), "the network")
    try:
        import mlflow.onnx
        import mlflow.pyfunc
    except Exception as missing:  # mlflow-skinny alone has no pandas
        print(f"MLflow does not load models here: {missing}")
        return
    onnx.checker.check_model(mlflow.onnx.load_model(str(folder)))
    rows = numpy.array([[1, 2, 3], [0, -1, 4]], dtype=numpy.float32)
    predicted = mlflow.pyfunc.load_model(str(folder)).predict(rows)
    values = numpy.asarray(predicted["y"] if isinstance(predicted, dict) else predicted)
    assert numpy.allclose(values.reshape(-1), (rows @ WEIGHTS).reshape(-1)), values
    print("MLflow predicts with it")


def read_as_triton(folder, name, version, backend, file, model_type=None):
    config = text_format.Parse((folder / name / "config.pbtxt").read_text(), triton_config()())
    same(config.name, name, "the name, which has to be the folder's")
    same(config.backend, backend, "the back end")
    same(list(config.version_policy.specific.versions), [version], "the versions that are served")
    assert (folder / name / str(version) / file).is_file(), file
    if model_type is not None:
        same(config.parameters["model_type"].string_value, model_type, "what FIL reads")
        assert config.max_batch_size > 0
    else:
        onnxruntime.InferenceSession(str(folder / name / str(version) / file), providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    tool = parser.parse_args().tool
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)

        def run(*args):
            subprocess.run([tool, "--store", scratch / "models.db", "--actor", "ada", *args], check=True, timeout=60,
                           stdout=subprocess.DEVNULL)

        network = scratch / "model.onnx"
        write_network(network)
        (scratch / "trees.json").write_text("{}")
        (scratch / "trees.ubj").write_bytes(b"{}")
        (scratch / "gbm.txt").write_text("tree")
        name = 'a "quoted" model: #1'
        run("register", name, "--file", network, "--run", "0123456789abcdef0123456789abcdef")
        run("export", name, "1", "--to", scratch / "mlflow")
        read_by_mlflow(scratch / "mlflow", network)

        for version, (path, file, backend, kind) in enumerate(
                [(network, "model.onnx", "onnxruntime", None),
                 (f"xgboost:{scratch / 'trees.json'}", "xgboost.json", "fil", "xgboost_json"),
                 (f"xgboost:{scratch / 'trees.ubj'}", "xgboost.model", "fil", "xgboost"),
                 (f"lightgbm:{scratch / 'gbm.txt'}", "model.txt", "fil", "lightgbm")], 1):
            run("register", "fraud", "--file", path)
            run("export", "fraud", str(version), "--layout", "triton", "--to", scratch / "triton")
            read_as_triton(scratch / "triton", "fraud", version, backend, file, kind)

        run("promote", "fraud", "1", "--to", "staging")
        run("request", "fraud", "1", "--why", "it is good")
        run("export", "fraud", "--layout", "folders", "--to", scratch / "folders")
        same(json.loads((scratch / "folders/metadata/fraud_1.json").read_text())["stage"], "staging", "the stage")
        same(json.loads((scratch / "folders/approvals/fraud_1.json").read_text())[0]["justification"], "it is good", "why")
        same((scratch / "folders/models/fraud/1/model.onnx").read_bytes(), network.read_bytes(), "the network")
    print("exports are as others read them")


if __name__ == "__main__":
    main()
