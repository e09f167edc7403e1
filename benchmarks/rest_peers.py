#!/usr/bin/env python3
"""What bench_rest and bench_first_metric measure, of MLflow from PyPI: batches of 1,000 metrics posted by the same client
to an `mlflow server` over SQLite, its resident size, and the time until the first metric of a cold process is kept.

usage: rest_peers.py --bench-rest build/bench/benchmarks/bench_rest [--batches SECONDS] [--starts N]
77: the package `mlflow` is not there.
"""
import argparse
import contextlib
import importlib.util
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

QUIET = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet"}
FIRST = """
import mlflow
mlflow.set_tracking_uri("sqlite:///" + {path!r})
with mlflow.start_run():
    mlflow.log_metric("loss", 0.5)
"""


def resident(pid):
    """MiB of a process and all those below it."""
    total, wanted = 0, [pid]
    while wanted:
        one = wanted.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            status = pathlib.Path(f"/proc/{one}/status").read_text()
            total += int(status.split("VmRSS:")[1].split()[0])
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                wanted += map(int, (task / "children").read_text().split())
    return total / 1024


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def mlflow_server(folder):
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/peer.db", "--artifacts-destination",
         f"{folder}/artifacts", "--port", str(port), "--workers", "1"],
        env=QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).status == 200:
                    break
            time.sleep(0.2)
        else:
            raise RuntimeError("mlflow server did not come up")
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--bench-rest", required=True)
    asked.add_argument("--batches", default="5", help="seconds for each row")
    asked.add_argument("--starts", type=int, default=5, help="cold processes")
    args = asked.parse_args()
    if importlib.util.find_spec("mlflow") is None:
        print("no package mlflow", file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory(prefix="millrace-peers-") as folder:
        if importlib.util.find_spec("flask") is None and importlib.util.find_spec("fastapi") is None:
            print("mlflow-skinny has no server: its rows are left out", file=sys.stderr)
        else:
            with mlflow_server(folder) as (address, pid):
                subprocess.run([args.bench_rest, "--benchmark_filter=log_batch", f"--benchmark_min_time={args.batches}"],
                               env={**QUIET, "PEER": address}, check=True)
                print(f"mlflow server: {resident(pid):.0f} MiB resident")
        took = []
        for number in range(args.starts):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", FIRST.format(path=f"{folder}/first-{number}.db")], env=QUIET, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            took.append(time.perf_counter() - begun)
        print(f"first metric of a cold process, mlflow: {statistics.median(took):.2f} s (median of {args.starts})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
