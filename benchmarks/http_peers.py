#!/usr/bin/env python3
"""What bench_http measures, of FastAPI and ONNX Runtime from PyPI: a linear model of 20 columns behind the same route, in
one process of uvicorn, asked by the same client.

usage: http_peers.py --bench-http build/bench/benchmarks/bench_http
77: one of the packages fastapi, uvicorn, onnx, onnxruntime is not there.
"""
import argparse
import contextlib
import importlib.util
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

APP = '''
import numpy
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

session = onnxruntime.InferenceSession({model!r}, providers=["CPUExecutionProvider"])
app = FastAPI()


class Rows(BaseModel):
    model_name: str
    features: list[list[float]]


@app.post("/pipeline/ml/predict")
async def predict(rows: Rows):
    found = session.run(None, {{"x": numpy.asarray(rows.features, dtype=numpy.float32)}})[0]
    return {{"predictions": found[:, 0].tolist(), "model_name": rows.model_name}}


@app.get("/health")
async def health():
    return {{}}
'''


def write_model(path):
    import numpy
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(numpy.linspace(-1, 1, 20, dtype=numpy.float32).reshape(20, 1), "w")
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "linear",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 20])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench-http", required=True)
    args = parser.parse_args()
    for name in ("fastapi", "uvicorn", "onnx", "onnxruntime"):
        if importlib.util.find_spec(name) is None:
            print(f"no package {name}", file=sys.stderr)
            return 77
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        model = pathlib.Path(folder, "linear.onnx")
        write_model(model)
        pathlib.Path(folder, "app.py").write_text(APP.format(model=str(model)))
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        server = subprocess.Popen([sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "error"], cwd=folder)
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(300):
                with contextlib.suppress(OSError):
                    if urllib.request.urlopen(address + "/health", timeout=1).status == 200:
                        break
                time.sleep(0.1)
            return subprocess.run([args.bench_http], env={**os.environ, "PEER": address}, check=False).returncode
        finally:
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
