#!/usr/bin/env python3
"""What ONNX Runtime costs on the graphs of benchmarks/infer.cpp, in nanoseconds a row, beside our engine in the same run.

usage: infer_peers.py PROGRAM [--rounds 5]

PROGRAM is build/bench/benchmarks/bench_infer.
    pip install onnxruntime && python3 benchmarks/infer_peers.py build/bench/benchmarks/bench_infer

One thread. Rows are rotated; each figure is the median of the rounds, with the largest distance from it in brackets. In
each round the two follow each other. ONNX Runtime is asked from Python, which alone takes some microseconds a call: its
figure for few rows is no measure of its kernels.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime

COLUMNS, ROWS = 30, 1024
COUNTS = (1, 32, 100, 1024)


def measured(program, names):
    done = subprocess.run([program, "--benchmark_format=json", f"--benchmark_filter=^({names})/"], capture_output=True, check=True, text=True)
    return json.loads(done.stdout)["benchmarks"]


def ours(program):
    found = {}
    for each in measured(program, "engine|own_mlp"):
        name, count = each["name"].split("/")
        found[name, int(count)] = each["cpu_time"] / int(count)
    return found


def ready(program, folder, rounds):
    """A forest of 5 MB from its file to the first answer, in milliseconds: ours, and ONNX Runtime's."""
    path = str(pathlib.Path(folder) / "forest.onnx")
    subprocess.run([program, "--write-forest", path], check=True)
    row = np.zeros((1, COLUMNS), np.float32)
    theirs = []
    for _ in range(4 * rounds):
        start = time.perf_counter()
        session = session_of(path)
        session.run(None, {session.get_inputs()[0].name: row})
        theirs.append((time.perf_counter() - start) * 1e3)
    print(f"a forest of {pathlib.Path(path).stat().st_size / 1e6:.1f} MB from its file to the first answer: ms")
    for each in measured(program, "forest_ready"):
        print(f"  {each['name']}: {each['real_time']:.1f}")
    print(f"  ONNX Runtime {onnxruntime.__version__}, floats: {statistics.median(theirs):.1f}")


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def row_time(session, x, count):
    """`count` rows at a time, for about a third of a second."""
    asked, first, start = 0, 0, time.process_time()
    while time.process_time() - start < 0.3:
        session.run(None, {"x": x[first:first + count]})
        asked += count
        first = first + count if first + 2 * count <= len(x) else 0
    return (time.process_time() - start) / asked * 1e9


def line(name, rounds):
    cells = []
    for count in COUNTS:
        middle = statistics.median(each[count] for each in rounds)
        spread = max(abs(each[count] - middle) for each in rounds) / middle
        cells.append(f"{count}: {middle:.1f} ({100 * spread:.1f} %)")
    print(f"  {name}: {', '.join(cells)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    x = np.random.default_rng(1).normal(size=(ROWS, COLUMNS)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "network.onnx")
        subprocess.run([args.program, "--write", path], check=True)
        session = session_of(path)
        engine, mlp, theirs = [], [], []
        for _ in range(args.rounds):
            found = ours(args.program)
            engine.append({count: found["engine", count] for count in COUNTS})
            mlp.append({count: found["own_mlp", count] for count in COUNTS})
            theirs.append({count: row_time(session, x, count) for count in COUNTS})
        ready(args.program, folder, args.rounds)
    print(f"network of 30-64-32-1, rows asked at a time: ns a row; {args.rounds} rounds")
    line("our engine", engine)
    line("our mlp", mlp)
    line(f"ONNX Runtime {onnxruntime.__version__}", theirs)


if __name__ == "__main__":
    main()
