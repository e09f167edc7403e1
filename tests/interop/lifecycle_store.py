#!/usr/bin/env python3
"""Runs of the main job, read by MLflow's own client through examples/mlflow_server, while the job writes more of them.

usage: lifecycle_store.py --server PROGRAM --job PROGRAM        77: the package `mlflow` (or `mlflow-skinny`) is not there
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

os.environ.update(MLFLOW_HTTP_REQUEST_MAX_RETRIES="1", MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true",
                  GIT_PYTHON_REFRESH="quiet")
try:
    import mlflow
except ImportError:
    print("no package mlflow", file=sys.stderr)
    sys.exit(77)


def same(found, expected, what):
    assert found == expected, f"{what}: {found!r}, not {expected!r}"


def read(folder):
    """What the guide shows."""
    # [read]
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("fraud")
    best = client.search_runs([experiment.experiment_id], order_by=["metrics.`holdout/auc` DESC"])[0]
    print(best.data.params["models"], best.data.metrics["holdout/auc"])
    report = client.download_artifacts(best.info.run_id, "report.html", folder)
    # [/read]
    return client, experiment, best, report


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--server", required=True)
    asked.add_argument("--job", required=True)
    args = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-mlflow-") as folder:
        out = pathlib.Path(folder) / "out"

        def job(*more):
            subprocess.run([args.job, "--rows", "2000", "--out", out, *more], check=True, stdout=subprocess.DEVNULL)

        job("--model", "network", "--epochs", "3")
        server = subprocess.Popen([args.server, "--store", out / "millrace.db", "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            mlflow.set_tracking_uri(server.stdout.readline().strip())
            job("--model", "boosted_trees")  # while the server has the file open
            client, experiment, best, report = read(folder)
            runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
            same([run.info.status for run in runs], ["FINISHED", "FINISHED"], "statuses")
            same([run.data.params["models"] for run in runs], ["network", "boosted_trees"], "models")
            same([run.data.tags["model_version"] for run in runs], ["1", "2"], "versions")
            same(best.data.metrics["holdout/auc"], max(run.data.metrics["holdout/auc"] for run in runs), "best")
            models = sorted(client.search_model_versions("name = 'fraud'"), key=lambda each: int(each.version))
            same([(each.version, each.run_id) for each in models], [(str(n + 1), run.info.run_id) for n, run in enumerate(runs)], "models")
            series = client.get_metric_history(runs[0].info.run_id, "training/validation_loss")
            same([point.step for point in series], [1, 2, 3], "steps")
            same(series[-1].value, runs[0].data.metrics["training/validation_loss"], "last value")
            last = client.download_artifacts(runs[1].info.run_id, "report.html", folder)
            same(pathlib.Path(last).read_bytes(), (out / "report.html").read_bytes(), "report")
            assert pathlib.Path(report).stat().st_size > 10_000
            same(sorted(each.path for each in client.list_artifacts(runs[1].info.run_id)), ["metrics.json", "report.html"], "files")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
        same(server.returncode, 0, "server's end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
