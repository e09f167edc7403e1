#!/usr/bin/env python3
"""The same calls to MLflow's own server and to examples/mlflow_server: equal responses, errors included.

usage: mlflow_differential.py --server PROGRAM        77: the package `mlflow` is not there, or only its client
"""
import argparse
import contextlib
import importlib.util
import os
import pathlib
import sys
import tempfile

for package in ("flask", "sqlalchemy", "uvicorn", "requests", "mlflow.server"):
    try:
        if importlib.util.find_spec(package) is None:
            raise ImportError(package)
    except ImportError:
        print("no package mlflow with its server", file=sys.stderr)
        sys.exit(77)

import mlflow_registry_calls
import mlflow_tracking_calls
from mlflow_pair import Pair, our_server, real_server

PARTS = [mlflow_tracking_calls, mlflow_registry_calls]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True, help="ours")
    parser.add_argument("--real", help="the address of MLflow's, if one runs already")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        real = real_server(folder) if not args.real else contextlib.nullcontext(args.real)
        with real as theirs, our_server(os.path.abspath(args.server), folder) as ours:
            pair = Pair(theirs, ours)
            for part in PARTS:
                part.calls(pair)
    for each in pair.differences:
        print(each)
    print(f"{pair.calls} calls, {pair.refusals} of them refused; {pair.known} differ as is known, {len(pair.differences)} as is not")
    return 1 if pair.differences else 0


if __name__ == "__main__":
    sys.exit(main())
