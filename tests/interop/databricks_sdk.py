#!/usr/bin/env python3
"""Databricks' own Python package, and MLflow's client for Unity Catalog, against the fake that the tests of
connect/databricks ask: the fake takes their requests, they understand its responses, and for the same calls they send
what connect/databricks sends.

usage: databricks_sdk.py --driver PROGRAM        77: the package `databricks-sdk` is not there
"""
import argparse
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

TOKEN = "dapi0123456789abcdef-canary"
for name in [name for name in os.environ if name.startswith(("DATABRICKS_", "MLFLOW_"))]:
    del os.environ[name]
os.environ.update(DO_NOT_TRACK="true", MLFLOW_DISABLE_TELEMETRY="true", NO_PROXY="127.0.0.1",
                  DATABRICKS_CONFIG_FILE=os.devnull)
try:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.errors import NotFound, ResourceConflict
    from databricks.sdk.service import sql
    from databricks.sdk.service.catalog import ModelVersionInfoStatus
    from databricks.sdk.service.files import FilesAPI
except ImportError:
    print("no package databricks-sdk", file=sys.stderr)
    sys.exit(77)


class Driver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.host = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


def same(found, expected, what):
    assert found == expected, f"{what}:\n  {found!r}\nnot\n  {expected!r}"


def raises(kind, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind:
        return
    raise AssertionError(f"{call.__name__}{args} raised no {kind.__name__}")


def plain(request):
    """A request as what it means: the path decoded, parameters in any order, JSON as values."""
    path, _, query = request["target"].partition("?")
    body = request["body"]
    if request.get("Content-Type", "").startswith("application/json") and body:
        body = json.loads(body)
    if body == {}:
        body = ""
    return {"method": request["method"], "path": urllib.parse.unquote(path),
            "query": sorted(urllib.parse.parse_qsl(query, keep_blank_values=True)), "body": body,
            "Authorization": request.get("Authorization")}


def files(w):
    api = FilesAPI(w.api_client)
    root = "/Volumes/main/ml/files"
    api.upload(f"{root}/a b/ü%20+&=.bin", io.BytesIO(b"text"), overwrite=True)
    raises(ResourceConflict, api.upload, f"{root}/a b/ü%20+&=.bin", io.BytesIO(b"text"), overwrite=False)
    same(api.download(f"{root}/d/1").contents.read(), b"content", "download")
    same(api.get_metadata(f"{root}/d/1").content_length, 7, "length")
    entries = list(api.list_directory_contents(f"{root}/d"))
    same([(each.name, each.is_directory, each.file_size) for each in entries],
         [("1", False, 7), ("2", False, 7), ("3", False, 7), ("e", True, None)], "entries")
    same(entries[0].path, f"{root}/d/1", "path")
    api.create_directory(f"{root}/x/y")
    api.delete_directory(f"{root}/x/y")
    api.delete(f"{root}/d/1")
    raises(NotFound, api.download, f"{root}/none")


def statements(w):
    parameters = [sql.StatementParameterListItem(name="a", type="INT", value="1"),
                  sql.StatementParameterListItem(name="b", type="STRING", value='it\'s "quoted" ü'),
                  sql.StatementParameterListItem(name="c", type="DOUBLE"),
                  sql.StatementParameterListItem(name="d", type="DATE", value="2026-02-03")]
    common = {"statement": "SELECT :a, :b, :c, :d", "warehouse_id": "w1", "parameters": parameters,
              "disposition": sql.Disposition.INLINE, "format": sql.Format.JSON_ARRAY}
    made = w.statement_execution.execute_statement(
        **common, catalog="main", schema="ml", row_limit=10, wait_timeout="10s",
        on_wait_timeout=sql.ExecuteStatementRequestOnWaitTimeout.CONTINUE)
    same(made.status.state, sql.StatementState.SUCCEEDED, "state")
    same([each.name for each in made.manifest.schema.columns], ["name", "type", "value"], "columns")
    rows = made.result.data_array
    chunk = w.statement_execution.get_statement_result_chunk_n(made.statement_id, made.result.next_chunk_index)
    same(rows + chunk.data_array, [["a", "INT", "1"], ["b", "STRING", 'it\'s "quoted" ü'], ["c", "DOUBLE", None],
                                   ["d", "DATE", "2026-02-03"]], "rows")
    same(chunk.next_chunk_index, None, "the last chunk")
    submitted = w.statement_execution.execute_statement(**common, wait_timeout="0s")
    w.statement_execution.get_statement(submitted.statement_id)
    w.statement_execution.cancel_execution(submitted.statement_id)


def models(w):
    name = "main.ml.churn"
    w.registered_models.create(catalog_name="main", schema_name="ml", name="new", comment="who leaves")
    same(w.registered_models.get(name, include_aliases=True).full_name, name, "name")
    same(len(list(w.registered_models.list(catalog_name="main", schema_name="ml"))), 4, "models")
    same(w.registered_models.update("main.ml.new", comment="who stays").comment, "who stays", "comment")
    same(w.registered_models.set_alias(name, "champion", 2).version_num, 2, "alias")
    same(w.model_versions.get_by_alias(name, "champion", include_aliases=True).version, 2, "version by alias")
    version = w.model_versions.get(name, 3, include_aliases=True)
    same((version.status, version.run_id, version.comment), (ModelVersionInfoStatus.READY, "r1", "d"), "version")
    same([each.version for each in w.model_versions.list(name)], [1, 2, 3], "versions")
    w.model_versions.update(name, 3, comment="kept")
    w.registered_models.delete_alias(name, "champion")
    w.model_versions.delete(name, 1)
    w.registered_models.delete("main.ml.new")


def registry(w):
    of, api = {"name": "churn & co", "version": "3"}, w.model_registry
    same(api.create_transition_request(**of, stage="Production", comment="better").request.user_id, "me@x", "user")
    same([each.to_stage for each in api.list_transition_requests(**of)], ["Production"], "requests")
    same(api.approve_transition_request(**of, stage="Production", archive_existing_versions=True, comment="yes")
         .activity.activity_type.value, "APPROVED_REQUEST", "activity")
    api.create_transition_request(**of, stage="Staging")
    api.reject_transition_request(**of, stage="Staging", comment="no")
    api.create_transition_request(**of, stage="Archived")
    api.delete_transition_request(**of, stage="Archived", creator="me@x")
    same(api.transition_stage(**of, stage="None", archive_existing_versions=False).model_version_databricks.current_stage,
         "None", "stage")
    same(api.create_comment(**of, comment="good").comment.id, "c1", "comment")
    same(api.update_comment("c1", "bad").comment.comment, "bad", "comment")
    api.delete_comment("c1")


def version(driver, w):
    """What MLflow's client for Unity Catalog sends when it makes a version; it needs MLflow."""
    try:
        from mlflow.protos.databricks_uc_registry_messages_pb2 import CreateModelVersionRequest
        from mlflow.store._unity_catalog.registry.rest_store import UcModelRegistryStore
        from mlflow.utils.proto_json_utils import message_to_json
    except ImportError:
        return False
    os.environ.update(DATABRICKS_HOST=driver.host, DATABRICKS_TOKEN=TOKEN)
    store = UcModelRegistryStore("databricks-uc", "databricks")
    made = store._call_endpoint(CreateModelVersionRequest, message_to_json(CreateModelVersionRequest(
        name="main.ml.churn", source="s3://x", run_id="r1", description="d"))).model_version
    same(made.version, "1", "version")
    FilesAPI(w.api_client).upload("/Models/main/ml/churn/1/MLmodel", io.BytesIO(driver.ask("signature").encode()),
                                  overwrite=True)
    store._finalize_model_version("main.ml.churn", made.version)
    same(w.model_versions.get("main.ml.churn", 1, include_aliases=True).status, ModelVersionInfoStatus.READY, "status")
    return True


def signatures(driver):
    """MLflow reads the signature that is written here, and here is seen the one that MLflow writes."""
    try:
        import yaml
        from mlflow.models import Model, ModelSignature
        from mlflow.types import ColSpec, Schema
    except ImportError:
        return False
    read = Model.from_dict(yaml.safe_load(driver.ask("signature"))).signature
    same([(each.name, str(each.type), each.shape) for each in read.inputs], [("input", "float32", (-1, 30))], "inputs")
    same([(each.name, str(each.type), each.shape) for each in read.outputs], [("score", "float32", (-1, 1))], "outputs")
    schema = Schema([ColSpec("double", "x"), ColSpec("string", "y: 'z'")])
    with tempfile.TemporaryDirectory() as folder:
        for wanted, signature in ((True, ModelSignature(schema, schema)), (False, ModelSignature(schema)), (False, None)):
            path = pathlib.Path(folder) / "MLmodel"
            Model(signature=signature).save(path)
            found = driver.ask(f"check {path}")
            assert (found == "fine") == wanted, f"{path.read_text()}{found}"
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    driver = Driver(parser.parse_args().driver)
    w = WorkspaceClient(host=driver.host, token=TOKEN, auth_type="pat")
    compared = 0
    for name, calls in {"files": files, "sql": statements, "models": models, "registry": registry,
                        "version": lambda w: version(driver, w)}.items():
        driver.ask(f"reset {name}")
        if calls(w) is False:
            print(f"{name}: not compared, for want of mlflow")
            continue
        theirs = [plain(each) for each in driver.ask("take") if "/.well-known/" not in each["target"]]
        mine = [plain(each) for each in driver.ask(f"ours {name}")]
        faults = [each for each in driver.ask("faults") if "/.well-known/" not in each]
        same(faults, [], f"{name}: shapes")
        for their, own in zip(theirs, mine):
            same(own, their, name)
        same(len(mine), len(theirs), f"{name}: requests")
        compared += len(mine)
    known = signatures(driver)
    driver.close()
    print(f"{compared} requests are those of Databricks' and MLflow's packages" +
          ("; signatures are read both ways" if known else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
