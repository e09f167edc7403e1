#!/usr/bin/env python3
"""Our client of MLflow's API, over libcurl, on examples/mlflow_server, with a token and without, and on MLflow's own
server, where that is installed.

usage: mlflow_remote.py --driver PROGRAM --server PROGRAM
"""
import argparse
import importlib.util
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

TOKEN = "a-token-that-no-file-has"


def drive(driver, uri, own=False, token=""):
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_TOKEN"}
    environment["MILLRACE_MLFLOW_URI"] = uri
    if own:
        environment["MILLRACE_MLFLOW_OWN"] = "yes"
    if token:
        environment["MLFLOW_TRACKING_TOKEN"] = token
    done = subprocess.run([driver], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{uri}:\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
    assert TOKEN not in done.stdout + done.stderr
    print(f"{uri}: {done.stdout.strip().splitlines()[-1]}")


def on_ours(args, folder, token):
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_TOKEN"}
    if token:
        environment["MLFLOW_TRACKING_TOKEN"] = token
    store = folder / f"runs{len(token)}.db"
    server = subprocess.Popen([args.server, "--store", store, "--port", "0"], env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    try:
        drive(args.driver, server.stdout.readline().strip(), True, token)
    finally:
        server.send_signal(signal.SIGTERM)
        out, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
    assert TOKEN not in out + errors
    for file in folder.glob("runs*.db*"):
        assert TOKEN.encode() not in file.read_bytes(), file


def has_real_server():
    try:
        return all(importlib.util.find_spec(package) for package in ("flask", "sqlalchemy", "uvicorn", "requests", "mlflow.server"))
    except ImportError:
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--server", required=True, help="examples/mlflow_server")
    parser.add_argument("--real", help="the address of MLflow's, if one runs already")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        on_ours(args, folder, "")
        on_ours(args, folder, TOKEN)
        if args.real:
            drive(args.driver, args.real)
        elif has_real_server():
            from mlflow_pair import real_server
            with real_server(folder) as uri:
                drive(args.driver, uri)
        else:
            print("MLflow's own server is not installed: ours alone was asked")


if __name__ == "__main__":
    sys.exit(main())
