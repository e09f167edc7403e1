#!/usr/bin/env python3
"""MLflow's own client, and Databricks' SDK, on the registry of examples/mlflow_server: models, versions from runs, loading by
address, aliases, stages, copies, searches, prompts, requests for transitions, comments; and all of it is still there when the
server starts again.

usage: mlflow_registry.py --server PROGRAM        77: the package `mlflow` (or `mlflow-skinny`) is not there
"""
import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import warnings

from mlflow_client import refused, same

import mlflow
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import ml

warnings.filterwarnings("ignore", category=FutureWarning)  # stages are deprecated there
PEOPLE = {"ada": "token-of-ada", "bo": "token-of-bo"}


@contextlib.contextmanager
def serving(program, folder):
    users = folder / "users"
    users.write_text("".join(f"{name} {token}\n" for name, token in PEOPLE.items()))
    users.chmod(0o600)
    server = subprocess.Popen([program, "--store", folder / "models.db", "--port", "0", "--users", users],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGTERM)
        out, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
    assert not any(token in out + errors for token in PEOPLE.values())


def models(client):
    names = ["fraud", "with space", "ünïcode", "m" * 250]
    for name in names:
        made = client.create_registered_model(name, tags={"kind": "test"}, description=f"about {name[:9]}")
        same((made.name, made.tags, made.description), (name, {"kind": "test"}, f"about {name[:9]}"), "a new model")
        same(client.get_registered_model(name).name, name, "name")
    client.update_registered_model("fraud", "changed")
    same(client.get_registered_model("fraud").description, "changed", "description")
    client.set_registered_model_tag("fraud", "a/b c", "x" * 5000)
    same(client.get_registered_model("fraud").tags["a/b c"], "x" * 5000, "tag")
    for _ in range(2):
        client.delete_registered_model_tag("fraud", "a/b c")
    same(client.get_registered_model("fraud").tags, {"kind": "test"}, "tags")
    client.rename_registered_model("with space", "renamed")
    same(client.get_registered_model("renamed").description, "about with spac", "renamed")
    client.delete_registered_model("renamed")
    same([each.name for each in client.search_registered_models()], sorted(["fraud", "m" * 250, "ünïcode"]), "all")
    same([each.name for each in client.search_registered_models("name LIKE 'f%' AND tags.kind = 'test'")], ["fraud"], "search")
    pages, token = [], None
    while True:
        page = client.search_registered_models(max_results=2, page_token=token, order_by=["name DESC"])
        pages.append([each.name[:3] for each in page])
        token = page.token
        if not token:
            break
    same(pages, [["ünï", "mmm"], ["fra"]], "pages")
    refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, "fraud")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "renamed")
    refused("INVALID_PARAMETER_VALUE", client.create_registered_model, "a/b")
    refused("INVALID_PARAMETER_VALUE", client.search_registered_models, "name ==")


def versions(client, folder):
    """From a run's artifacts to a version, and back by its address."""
    run = client.create_run(client.create_experiment("of models"))
    id_ = run.info.run_id
    content = {"MLmodel": b"flavors: {}\n", "data/weights.bin": bytes(range(256)) * 100}
    for path, data in content.items():
        file = folder / pathlib.Path(path).name
        file.write_bytes(data)
        client.log_artifact(id_, str(file), str(pathlib.PurePath("model", path).parent))
    made = client.create_model_version("fraud", f"{run.info.artifact_uri}/model", run_id=id_, tags={"from": "run"}, description="first")
    same((made.version, made.current_stage, made.status, made.run_id, made.user_id), ("1", "None", "READY", id_, "ada"), "a version")
    registered = mlflow.register_model(f"runs:/{id_}/model", "fraud", tags={"by": "register_model"})
    same((registered.version, registered.run_id, registered.tags), ("2", id_, {"by": "register_model"}), "register_model")
    third = mlflow.register_model("s3://bucket/model", "fraud")
    same(third.version, "3", "an address of others")
    same(client.get_model_version_download_uri("fraud", "3"), "s3://bucket/model", "its address")
    client.set_registered_model_alias("fraud", "champion", 1)
    for address in ("models:/fraud/1", "models:/fraud/2", "models:/fraud@champion"):
        got = pathlib.Path(mlflow.artifacts.download_artifacts(address, dst_path=str(folder / address.replace("/", "_"))))
        same({str(each.relative_to(got)): each.read_bytes() for each in got.rglob("*") if each.is_file() and each.name != "registered_model_meta"},
             content, address)
    client.update_model_version("fraud", "3", "changed")
    client.set_model_version_tag("fraud", "3", "k", "v")
    same((client.get_model_version("fraud", "3").description, client.get_model_version("fraud", "3").tags), ("changed", {"k": "v"}), "version 3")
    client.delete_model_version_tag("fraud", "3", "k")
    client.delete_model_version("fraud", "3")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, "fraud", "3")
    same(mlflow.register_model("s3://bucket/model", "fraud").version, "4", "no number twice")
    same([each.version for each in client.search_model_versions("name = 'fraud'", order_by=["version_number ASC"])], ["1", "2", "4"], "search")
    same([each.version for each in client.search_model_versions(f"run_id = '{id_}' AND tags.`from` = 'run'")], ["1"], "search by run and tag")
    refused("INVALID_PARAMETER_VALUE", client.create_model_version, "fraud", f"{run.info.artifact_uri}/../x", id_)
    refused("INVALID_PARAMETER_VALUE", client.create_model_version, "fraud", "/etc/passwd")
    refused("RESOURCE_DOES_NOT_EXIST", client.create_model_version, "none", "s3://b/1")
    copy = client.copy_model_version("models:/fraud@champion", "copied")
    same((copy.name, copy.version, copy.source, copy.run_id), ("copied", "1", "models:/fraud/1", id_), "a copy")
    same(client.get_model_version_download_uri("copied", "1"), f"{run.info.artifact_uri}/model", "a copy's files")


def stages_and_aliases(client):
    same(client.get_model_version_by_alias("fraud", "champion").version, "1", "alias")
    client.set_registered_model_alias("fraud", "champion", 2)
    same(client.get_registered_model("fraud").aliases, {"champion": "2"}, "aliases")
    client.delete_registered_model_alias("fraud", "champion")
    refused("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, "fraud", "champion")
    refused("INVALID_PARAMETER_VALUE", client.set_registered_model_alias, "fraud", "v3", 1)
    same(client.transition_model_version_stage("fraud", 1, "Production").current_stage, "Production", "stage")
    client.transition_model_version_stage("fraud", 2, "production", archive_existing_versions=True)
    same([(each.version, each.current_stage) for each in client.get_latest_versions("fraud")],
         [("4", "None"), ("2", "Production"), ("1", "Archived")], "latest versions")
    same([each.version for each in client.get_latest_versions("fraud", ["Production"])], ["2"], "latest in production")
    refused("INVALID_PARAMETER_VALUE", client.transition_model_version_stage, "fraud", 1, "Nowhere")


def prompts(client):
    client.register_prompt("greeting", "Hello {{name}}", tags={"lang": "en"})
    client.register_prompt("greeting", "Good day {{name}}")
    same(client.load_prompt("greeting", 2).template, "Good day {{name}}", "a prompt")
    same([each.name for each in client.search_prompts()], ["greeting"], "prompts")
    assert "greeting" not in [each.name for each in client.search_registered_models()]


def reviews(uri):
    """Databricks' SDK, as two people."""
    ada, bo = (WorkspaceClient(host=uri, token=PEOPLE[name], auth_type="pat").model_registry for name in ("ada", "bo"))

    def no(code, call, *args, **kwargs):
        try:
            call(*args, **kwargs)
        except DatabricksError as raised:
            same(raised.error_code, code, f"{call.__name__}{args}")
        else:
            raise AssertionError(f"{call.__name__}{args} was not refused")

    made = ada.create_model("reviewed", description="d", tags=[ml.ModelTag("k", "v")]).registered_model
    same((made.name, made.description, made.tags, made.user_id), ("reviewed", "d", [ml.ModelTag("k", "v")], "ada"), "a model")
    for _ in range(2):
        ada.create_model_version("reviewed", "s3://b/1")
    same(bo.get_model("reviewed").registered_model_databricks.permission_level, ml.PermissionLevel.CAN_MANAGE, "permission")
    same([each.version for each in bo.get_latest_versions("reviewed")], ["2"], "latest")
    asked = ada.create_transition_request("reviewed", "1", "Production", comment="better").request
    same((asked.user_id, asked.to_stage, asked.comment, asked.available_actions),
         ("ada", "Production", "better", [ml.ActivityAction.CANCEL_TRANSITION_REQUEST]), "a request")
    listed = list(bo.list_transition_requests("reviewed", "1"))
    same([(each.activity_type, each.from_stage, each.to_stage, each.user_id) for each in listed],
         [(ml.ActivityType.REQUESTED_TRANSITION, "None", "Production", "ada")], "open requests")
    no("PERMISSION_DENIED", ada.approve_transition_request, "reviewed", "1", "Production", False)
    done = bo.approve_transition_request("reviewed", "1", "Production", False, comment="yes").activity
    same((done.activity_type, done.user_id, done.comment), (ml.ActivityType.APPROVED_REQUEST, "bo", "yes"), "an approval")
    same(bo.get_model_version("reviewed", "1").model_version.current_stage, "Production", "stage")
    same(list(bo.list_transition_requests("reviewed", "1")), [], "no open request")
    ada.create_transition_request("reviewed", "2", "Production")
    same(bo.reject_transition_request("reviewed", "2", "Production").activity.activity_type, ml.ActivityType.REJECTED_REQUEST, "a rejection")
    no("INVALID_STATE_TRANSITION", bo.approve_transition_request, "reviewed", "2", "Production", True)
    ada.create_transition_request("reviewed", "2", "Production")
    gone = ada.delete_transition_request("reviewed", "2", "Production", "ada").activity
    same(gone.activity_type, ml.ActivityType.CANCELLED_REQUEST, "a request taken back")
    ada.create_transition_request("reviewed", "2", "Production")
    bo.approve_transition_request("reviewed", "2", "Production", True)
    same([bo.get_model_version("reviewed", each).model_version.current_stage for each in "12"], ["Archived", "Production"], "made room")
    moved = bo.transition_stage("reviewed", "1", "Staging", True, comment="again").model_version_databricks
    same(moved.current_stage, "Staging", "moved")
    note = ada.create_comment("reviewed", "1", "fine").comment
    same((note.user_id, note.comment, note.available_actions),
         ("ada", "fine", [ml.CommentActivityAction.EDIT_COMMENT, ml.CommentActivityAction.DELETE_COMMENT]), "a comment")
    same(ada.update_comment(note.id, "very fine").comment.comment, "very fine", "changed")
    no("PERMISSION_DENIED", bo.update_comment, note.id, "mine")
    ada.delete_comment(note.id)
    no("RESOURCE_DOES_NOT_EXIST", ada.delete_comment, note.id)
    ada.delete_model_version_tag("reviewed", "1", "none")
    ada.delete_model_version("reviewed", "1")
    ada.rename_model("reviewed", new_name="seen")
    ada.update_model("seen", description="e")
    same([each.version for each in ada.search_model_versions(filter="name = 'seen'")], ["2"], "search")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    args = parser.parse_args()
    os.environ["MLFLOW_TRACKING_TOKEN"] = PEOPLE["ada"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with serving(args.server, folder) as uri:
            mlflow.set_tracking_uri(uri)
            client = mlflow.MlflowClient(uri)
            models(client)
            versions(client, folder)
            stages_and_aliases(client)
            prompts(client)
            reviews(uri)
            os.environ["MLFLOW_TRACKING_TOKEN"] = "another"
            refused("UNAUTHENTICATED", client.get_registered_model, "fraud")
            os.environ["MLFLOW_TRACKING_TOKEN"] = PEOPLE["bo"]
        with serving(args.server, folder) as uri:
            client = mlflow.MlflowClient(uri)
            same([each.version for each in client.get_latest_versions("fraud")], ["4", "2", "1"], "versions after a restart")
            same(client.get_model_version("copied", 1).source, "models:/fraud/1", "a copy after a restart")
        for file in folder.glob("models.db*"):
            assert not any(token.encode() in file.read_bytes() for token in PEOPLE.values()), file
    print(f"MLflow {mlflow.__version__}: all as hoped")


if __name__ == "__main__":
    main()
