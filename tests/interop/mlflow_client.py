#!/usr/bin/env python3
"""MLflow's own client on examples/mlflow_server: experiments, runs, batches, searches, pages, histories, artifacts,
errors, a token; and all of it is still there when the server starts again.

usage: mlflow_client.py --server PROGRAM        77: the package `mlflow` (or `mlflow-skinny`) is not there
"""
import argparse
import contextlib
import math
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

TOKEN = "a-token-that-no-file-has"
os.environ.update(MLFLOW_TRACKING_TOKEN=TOKEN, MLFLOW_HTTP_REQUEST_MAX_RETRIES="1", MLFLOW_DISABLE_TELEMETRY="true",
                  DO_NOT_TRACK="true", GIT_PYTHON_REFRESH="quiet")
try:
    import mlflow
    from mlflow.entities import Metric, Param, RunTag, ViewType
    from mlflow.exceptions import MlflowException
    from requests import HTTPError
except ImportError:
    print("no package mlflow", file=sys.stderr)
    sys.exit(77)


@contextlib.contextmanager
def serving(program, store):
    server = subprocess.Popen([program, "--store", store, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGTERM)
        out, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
    assert TOKEN not in out + errors


def same(found, expected, what):
    assert found == expected, f"{what}: {found!r}, not {expected!r}"


def refused(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as raised:
        same(raised.error_code, code, f"{call.__name__}{args}")
    else:
        raise AssertionError(f"{call.__name__}{args} was not refused")


def experiments(client):
    names = ["plain", "with space/and %20 #?", "ünïcode", "x" * 250]
    ids = [client.create_experiment(name, tags={"kind": "test"}) for name in names]
    for name, id_ in zip(names, ids):
        same(client.get_experiment(id_).name, name, "name by id")
        same(client.get_experiment_by_name(name).experiment_id, id_, "id by name")
    same(client.get_experiment_by_name("none"), None, "an experiment that is not there")
    same(client.get_experiment(ids[0]).tags["kind"], "test", "tag")
    client.set_experiment_tag(ids[0], "kind", "v" * 5000)
    same(client.get_experiment(ids[0]).tags["kind"], "v" * 5000, "long tag")
    client.rename_experiment(ids[0], "renamed")
    same(client.get_experiment(ids[0]).name, "renamed", "new name")
    client.delete_experiment(ids[3])
    same(client.get_experiment(ids[3]).lifecycle_stage, "deleted", "stage")
    found = client.search_experiments(order_by=["name ASC"], filter_string="tags.kind = 'test'")
    same([each.name for each in found], sorted(names[1:3]), "search")
    same(len(client.search_experiments(view_type=ViewType.ALL)), 5, "all, and the default one")
    pages = []
    token = None
    while True:
        page = client.search_experiments(view_type=ViewType.ALL, max_results=3, page_token=token)
        pages.append(len(page))
        token = page.token
        if not token:
            break
    same(pages, [3, 2], "pages")
    client.restore_experiment(ids[3])
    refused("RESOURCE_DOES_NOT_EXIST", client.restore_experiment, ids[3])
    refused("RESOURCE_ALREADY_EXISTS", client.create_experiment, "renamed")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_experiment, "77")
    refused("INVALID_PARAMETER_VALUE", client.search_experiments, filter_string="name LIKE")
    return ids


def runs(client, experiment):
    made = client.create_run(experiment, run_name="first", tags={"team": "ds"}, start_time=1_600_000_000_000)
    id_ = made.info.run_id
    same((made.info.run_name, made.info.status, made.info.start_time), ("first", "RUNNING", 1_600_000_000_000), "run")
    client.log_param(id_, "lr", 0.1)
    client.log_param(id_, "long", "p" * 6000)
    client.set_tag(id_, "a b/c.d-e", "tag")
    values = [0.5, -0.0, 1e-320, 1.7976931348623157e308, math.inf, -math.inf, math.nan]
    for step, value in enumerate(values):
        client.log_metric(id_, "m/x y", value, timestamp=1000 + step, step=step)
    back = client.get_metric_history(id_, "m/x y")
    same([repr(each.value) for each in back], [repr(each) for each in values], "values there and back")
    same([(each.timestamp, each.step) for each in back], [(1000 + i, i) for i in range(7)], "times and steps")
    client.log_batch(id_, metrics=[Metric("many", i * 0.5, i, i) for i in range(1000)],
                     params=[Param(f"p{i}", str(i)) for i in range(100)], tags=[])
    client.log_batch(id_, tags=[RunTag(f"t{i}", str(i)) for i in range(100)])
    many = client.get_metric_history(id_, "many")
    same([each.value for each in many], [i * 0.5 for i in range(1000)], "a batch's points")
    run = client.get_run(id_)
    same(run.data.metrics["many"], 499.5, "the last value")
    same((run.data.params["lr"], len(run.data.params), len(run.data.params["long"])), ("0.1", 102, 6000), "parameters")
    same((run.data.tags["team"], run.data.tags["t99"], run.data.tags["a b/c.d-e"]), ("ds", "99", "tag"), "tags")
    client.delete_tag(id_, "t99")
    assert "t99" not in client.get_run(id_).data.tags
    client.update_run(id_, name="second")
    same(client.get_run(id_).info.run_name, "second", "new name")
    client.set_terminated(id_, "FAILED")
    ended = client.get_run(id_).info
    assert ended.status == "FAILED" and abs(ended.end_time - time.time() * 1000) < 60_000, ended
    client.delete_run(id_)
    same(client.get_run(id_).info.lifecycle_stage, "deleted", "stage")
    refused("INVALID_PARAMETER_VALUE", client.set_tag, id_, "k", "v")
    client.restore_run(id_)
    refused("INVALID_PARAMETER_VALUE", client.log_param, id_, "lr", 0.2)
    refused("RESOURCE_DOES_NOT_EXIST", client.delete_tag, id_, "none")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_run, "0" * 32)
    refused("RESOURCE_DOES_NOT_EXIST", client.create_run, "77")
    return id_


def searches(client, experiment):
    ids = []
    for i in range(12):
        run = client.create_run(experiment, tags={"parity": str(i % 2)}, start_time=i + 1)
        client.log_batch(run.info.run_id, metrics=[Metric("loss", i / 10, 1, 0)], params=[Param("net name", f"n{i % 3}")])
        ids.append(run.info.run_id)

    def found(**query):
        return [ids.index(run.info.run_id) for run in client.search_runs([experiment], **query)]

    same(found(), list(range(11, -1, -1)), "newest first")
    same(found(filter_string="metrics.loss < 0.35", order_by=["metrics.loss ASC"]), [0, 1, 2, 3], "less")
    same(found(filter_string="params.`net name` = 'n1' and tags.parity = '1'"), [7, 1], "quoted key")
    same(found(filter_string="params.`net name` ILIKE 'N2'", order_by=["metrics.loss DESC"]), [11, 8, 5, 2], "ILIKE")
    same(found(filter_string="attributes.start_time > 10", order_by=["start_time ASC"]), [10, 11], "attribute")
    same(found(filter_string=f"attributes.run_id IN ('{ids[3]}', '{ids[4]}')"), [4, 3], "IN")
    token, pages = None, []
    while True:
        page = client.search_runs([experiment], order_by=["metrics.loss ASC"], max_results=5, page_token=token)
        pages.append([ids.index(run.info.run_id) for run in page])
        token = page.token
        if not token:
            break
    same(pages, [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]], "pages")
    client.delete_run(ids[0])
    same(found(run_view_type=ViewType.DELETED_ONLY), [0], "deleted ones")
    refused("INVALID_PARAMETER_VALUE", client.search_runs, [experiment], "metrics.loss ==< 1")
    refused("INVALID_PARAMETER_VALUE", client.search_runs, [experiment], "'; DROP TABLE runs; --")


def artifacts(client, run, folder):
    content = {"model/weights.bin": bytes(range(256)) * 1000, "a b+c.txt": b"text", "deep/er/x.json": b"{}", "empty": b""}
    for path, data in content.items():
        file = folder / pathlib.Path(path).name
        file.write_bytes(data)
        client.log_artifact(run, str(file), str(pathlib.Path(path).parent) if "/" in path else None)
    same(sorted((each.path, each.is_dir) for each in client.list_artifacts(run)),
         [("a b+c.txt", False), ("deep", True), ("empty", False), ("model", True)], "root")
    same([(each.path, each.file_size) for each in client.list_artifacts(run, "model")], [("model/weights.bin", 256_000)], "folder")
    for path, data in content.items():
        same(pathlib.Path(client.download_artifacts(run, path, str(folder))).read_bytes(), data, path)
    for path in ("../other", "a/../../b", "/etc"):
        try:
            client.list_artifacts(run, path)
        except (HTTPError, MlflowException):
            continue
        raise AssertionError(f"{path} was listed")


def fluent():
    """What a training script does."""
    mlflow.set_experiment("fluent")
    with mlflow.start_run(run_name="outer") as outer:
        mlflow.log_params({"a": 1, "b": "two"})
        for step in range(20):
            mlflow.log_metrics({"loss": 1 / (step + 1), "acc": step / 20}, step=step)
        mlflow.log_text("hello", "notes/hello.txt")
        with mlflow.start_run(nested=True) as inner:
            mlflow.set_tag("who", "inner")
    same(mlflow.get_run(outer.info.run_id).info.status, "FINISHED", "status")
    same(mlflow.get_run(inner.info.run_id).data.tags["mlflow.parentRunId"], outer.info.run_id, "parent")
    same(mlflow.artifacts.load_text(f"{outer.info.artifact_uri}/notes/hello.txt"), "hello", "text")
    try:
        with mlflow.start_run() as failed:
            raise ValueError("on purpose")
    except ValueError:
        same(mlflow.get_run(failed.info.run_id).info.status, "FAILED", "status")
    return outer.info.run_id


def models():
    """What MLflow 3's programs do with a model: log it beside its run, register it, load it by either name."""
    try:
        import mlflow.sklearn
        import numpy
        from sklearn.linear_model import LinearRegression
    except ImportError:
        return  # the client alone
    mlflow.set_experiment("models")
    x = numpy.arange(20.0).reshape(-1, 1)
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_numpy(x, name="points"), context="train")
        logged = mlflow.sklearn.log_model(LinearRegression().fit(x, 3 * x[:, 0] + 1), name="line", pip_requirements=[],
                                          registered_model_name="line", serialization_format="cloudpickle")
    for uri in (logged.model_uri, "models:/line/1"):
        same(round(float(mlflow.sklearn.load_model(uri).predict([[10.0]])[0]), 6), 31.0, uri)
    back = mlflow.get_run(run.info.run_id)
    same([each.dataset.name for each in back.inputs.dataset_inputs], ["points"], "inputs")
    same([each.model_id for each in back.outputs.model_outputs], [logged.model_id], "outputs")
    model = mlflow.get_logged_model(logged.model_id)
    same((model.name, model.status.value, model.source_run_id), ("line", "READY", run.info.run_id), "logged model")
    found = mlflow.search_logged_models(experiment_ids=[run.info.experiment_id], filter_string="name = 'line'", output_format="list")
    same([each.model_id for each in found], [logged.model_id], "search")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        os.environ["MLFLOW_TRACKING_DIR"] = str(folder)
        with serving(args.server, folder / "runs.db") as uri:
            mlflow.set_tracking_uri(uri)
            client = mlflow.MlflowClient(uri)
            ids = experiments(client)
            run = runs(client, ids[0])
            searches(client, ids[1])
            artifacts(client, run, folder)
            outer = fluent()
            models()
            os.environ["MLFLOW_TRACKING_TOKEN"] = "another"
            refused("UNAUTHENTICATED", client.get_experiment, ids[0])
            os.environ["MLFLOW_TRACKING_TOKEN"] = TOKEN
        with serving(args.server, folder / "runs.db") as uri:
            client = mlflow.MlflowClient(uri)
            same(len(client.get_metric_history(run, "many")), 1000, "points after a restart")
            same(client.get_run(outer).data.metrics["acc"], 0.95, "a metric after a restart")
        for file in folder.glob("runs.db*"):
            assert TOKEN.encode() not in file.read_bytes(), file
    print(f"MLflow {mlflow.__version__}: all as hoped")


if __name__ == "__main__":
    main()
