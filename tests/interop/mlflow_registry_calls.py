"""Registered models and their versions, as calls of mlflow_pair.Pair."""
from mlflow_pair import Both

LONG = "x" * 251
PROMPT = [{"key": "mlflow.prompt.is_prompt", "value": "true"}, {"key": "mlflow.prompt.text", "value": "Hello {{name}}"}]


def models(api):
    for name in ("m", "with space", "ünïcode", "a.b-c_d", "to delete", "q'uote"):
        api.post("registered-models/create", {"name": name, "description": f"about {name}",
                                              "tags": [{"key": "kind", "value": "test"}]})
        api.get("registered-models/get", {"name": name})
    api.post("registered-models/create", {"name": "bare"})
    api.post("registered-models/create", {"name": "twice", "tags": [{"key": "k", "value": "1"}, {"key": "l", "value": ""},
                                                                    {"key": "k", "value": "2"}]})
    for body in ({}, {"name": ""}, {"name": None}, {"name": 3}, {"name": ["m"]}, {"name": "m"}, {"name": "a/b"},
                 {"name": "a:b"}, {"name": " "}, {"name": "."}, {"name": ".."}, {"name": "t", "tags": 3},
                 {"name": "t", "tags": [{"value": "v"}]}, {"name": "t", "tags": [{"key": "a;b", "value": "v"}]},
                 {"name": "t", "tags": [{"key": LONG, "value": "v"}]}, {"name": "t", "tags": [{"key": "../a", "value": "v"}]},
                 {"name": "t", "tags": [{"key": "k", "value": "v" * 100_001}]}, {"name": "t", "description": 3}):
        api.post("registered-models/create", body)
    for query in ({}, {"name": ""}, {"name": "none"}, {"name": "a/b"}, {"name": "M"}, {"name": "m' OR '1'='1"}):
        api.get("registered-models/get", query)
    for body in ({"name": "m", "description": "changed"}, {"name": "m"}, {"name": "m", "description": ""},
                 {"name": "m", "description": "d" * 5000}, {"name": "none", "description": "d"}, {"description": "d"},
                 {"name": "m", "description": 3}):
        api.ask("PATCH", "registered-models/update", body)
    for body in ({"name": "a.b-c_d", "new_name": "renamed"}, {"name": "a.b-c_d", "new_name": "again"}, {"name": "renamed"},
                 {"name": "renamed", "new_name": ""}, {"name": "renamed", "new_name": "a/b"}, {"name": "renamed", "new_name": "m"},
                 {"new_name": "n"}):
        api.post("registered-models/rename", body)
    for body in ({"name": "to delete"}, {"name": "to delete"}, {"name": "none"}, {}, {"name": ""}):
        api.ask("DELETE", "registered-models/delete", body)
    api.get("registered-models/get", {"name": "to delete"})
    api.post("registered-models/create", {"name": "to delete"})
    for body in ({"name": "m", "key": "a/b c.d-e:f", "value": "1"}, {"name": "m", "key": "a/b c.d-e:f", "value": "2"},
                 {"name": "m", "key": "empty", "value": ""}, {"name": "m", "key": "none"}, {"name": "m", "value": "v"},
                 {"name": "m", "key": "", "value": "v"}, {"name": "m", "key": LONG, "value": "v"}, {"name": "m", "key": "a;b", "value": "v"},
                 {"name": "m", "key": "/a", "value": "v"}, {"name": "m", "key": "k", "value": 3}, {"name": "none", "key": "k", "value": "v"},
                 {"name": "m", "key": "long", "value": "v" * 6000}, {"name": "m", "key": "longer", "value": "v" * 100_001}):
        api.post("registered-models/set-tag", body)
    for body in ({"name": "m", "key": "long"}, {"name": "m", "key": "long"}, {"name": "m"}, {"name": "m", "key": "a;b"},
                 {"name": "none", "key": "k"}):
        api.ask("DELETE", "registered-models/delete-tag", body)
    api.get("registered-models/get", {"name": "m"})


def versions(api, run, other):
    root = run.map(lambda each: each["root"])
    id_, other_id = run.map(lambda each: each["id"]), other.map(lambda each: each["id"])
    for number in range(1, 5):
        api.post("model-versions/create", {"name": "m", "source": f"s3://bucket/{number}", "description": f"v{number}",
                                           "run_link": "https://other/run", "tags": [{"key": "n", "value": str(number)}]})
    for source, of in ((root, id_), (root.map(lambda each: each + "/model/a%20b"), id_),
                       (id_.map(lambda each: f"runs:/{each}/model"), id_), ("dbfs:/a/b", None), ("s3://b/c?v=..", None)):
        api.post("model-versions/create", {"name": "with space", "source": source, **({"run_id": of} if of else {})})
    for source, of in ((root, None), (root, other_id), (root, "none"), (root.map(lambda each: each + "/../x"), id_),
                       (root.map(lambda each: each + "/%2e%2e/x"), id_), (root.map(lambda each: each + "/%252e%252e/x"), id_),
                       (root.map(lambda each: each + "/a%00b"), id_), (root.map(lambda each: each + "x"), id_),
                       (id_.map(lambda each: f"runs:/{each}/model"), None), (id_.map(lambda each: f"runs:/{each}/model"), other_id),
                       ("/etc/passwd", None), ("/etc/passwd", id_), ("file:///etc/passwd", id_), ("relative/path", id_),
                       ("s3://bucket/../x", None), ("s3://bucket/%2e%2e/x", None), ("s3://bucket", None), ("s3:relative", None),
                       ("models:/", None), ("models:/m-1", None), ("models:/m/", None), ("models:/m/1/2", None),
                       ("models://m/1", None), ("models:/none/1", None), ("models:/m/77", None), ("", None), (None, None), (3, None)):
        api.post("model-versions/create", {"name": "with space", "source": source, **({"run_id": of} if of else {})})
    for body in ({"source": "s3://b/1"}, {"name": "none", "source": "s3://b/1"}, {"name": "m"},
                 {"name": "m", "source": "s3://b/1", "tags": [{"key": "a;b", "value": "v"}]}, {"name": "a/b", "source": "s3://b/1"},
                 {"name": "m", "source": "s3://b/1", "run_id": 3}):
        api.post("model-versions/create", body)
    for query in ({"name": "m", "version": "1"}, {"name": "m", "version": "9"}, {"name": "m", "version": "0"}, {"name": "m", "version": "-1"},
                  {"name": "m", "version": "x"}, {"name": "m", "version": "1.5"}, {"name": "m"}, {"version": "1"}, {"name": "none", "version": "1"},
                  {"name": "m", "version": ""}, {"name": "m", "version": "1' OR '1'='1"}):
        api.get("model-versions/get", query)
        api.get("model-versions/get-download-uri", query)
    api.get("model-versions/get-download-uri", {"name": "with space", "version": "1"})
    for body in ({"name": "m", "version": "1", "description": "changed"}, {"name": "m", "version": "1"}, {"name": "m", "version": 1, "description": "d"},
                 {"name": "m", "version": "9", "description": "d"}, {"name": "m", "version": "x", "description": "d"}, {"name": "m", "description": "d"}):
        api.ask("PATCH", "model-versions/update", body)
    for body in ({"key": "a/b c", "value": "1"}, {"key": "a/b c", "value": "2"}, {"key": "empty", "value": ""}, {"value": "v"}, {"key": LONG, "value": "v"},
                 {"key": "a;b", "value": "v"}, {"key": "k", "value": "v" * 100_001}):
        api.post("model-versions/set-tag", {"name": "m", "version": "1", **body})
    for version in ("9", "x", "0"):
        api.post("model-versions/set-tag", {"name": "m", "version": version, "key": "k", "value": "v"})
        api.ask("DELETE", "model-versions/delete-tag", {"name": "m", "version": version, "key": "k"})
        api.ask("DELETE", "model-versions/delete", {"name": "m", "version": version})
    for key in ("empty", "empty", "a;b", ""):
        api.ask("DELETE", "model-versions/delete-tag", {"name": "m", "version": "1", "key": key})
    api.get("model-versions/get", {"name": "m", "version": "1"})
    for body in ({"name": "m", "version": "4"}, {"name": "m", "version": "4"}, {"name": "m"}, {}):
        api.ask("DELETE", "model-versions/delete", body)
    api.get("model-versions/get", {"name": "m", "version": "4"})
    api.post("model-versions/create", {"name": "m", "source": "s3://bucket/5"})  # is version 5


def copies(api):
    for source in ("models:/m/1", "models:/with space/1", "models:/with space/latest"):
        api.post("model-versions/create", {"name": "bare", "source": source})
    for version in ("1", "2", "3"):
        api.get("model-versions/get-download-uri", {"name": "bare", "version": version})
    api.post("model-versions/create", {"name": "bare", "source": "models:/m/1", "run_id": "other"})


def aliases(api):
    for body in ({"alias": "champion", "version": "1"}, {"alias": "champion", "version": "2"}, {"alias": "b-2_c", "version": "2"},
                 {"alias": "ü", "version": "2"}, {"alias": "v", "version": "3"}, {"alias": "latest", "version": "1"}, {"alias": "LATEST", "version": "1"},
                 {"alias": "v1", "version": "1"}, {"alias": "V22", "version": "1"}, {"alias": "a b", "version": "1"}, {"alias": "a/b", "version": "1"},
                 {"alias": "", "version": "1"}, {"version": "1"}, {"alias": "a"}, {"alias": "a", "version": "x"}, {"alias": "a", "version": "9"},
                 {"alias": "a" * 255, "version": "3"}, {"alias": "a" * 256, "version": "3"}):
        api.post("registered-models/alias", {"name": "m", **body})
    api.post("registered-models/alias", {"name": "none", "alias": "a", "version": "1"})
    for alias in ("champion", "b-2_c", "ü", "latest", "Latest", "none", "a b", "", "v3"):
        api.get("registered-models/alias", {"name": "m", "alias": alias})
    api.get("registered-models/alias", {"name": "none", "alias": "champion"})
    api.get("registered-models/alias", {"name": "renamed", "alias": "latest"})
    api.get("registered-models/get", {"name": "m"})
    api.get("model-versions/get", {"name": "m", "version": "2"})
    for alias in ("v", "v", "none", "a b", ""):
        api.ask("DELETE", "registered-models/alias", {"name": "m", "alias": alias})
    api.ask("DELETE", "registered-models/alias", {"name": "none", "alias": "a"})
    api.ask("DELETE", "model-versions/delete", {"name": "m", "version": "2"})
    api.get("registered-models/alias", {"name": "m", "alias": "champion"})


def stages(api):
    def go(version, stage, archives=False, **how):
        api.post("model-versions/transition-stage", {"name": "m", "version": version, "stage": stage, "archive_existing_versions": archives}, **how)

    go("3", "Staging")
    go("5", "production")
    api.get("registered-models/get", {"name": "m"})
    for query in ([("name", "m")], [("name", "m"), ("stages", "Production")], [("name", "m"), ("stages", "staging"), ("stages", "None")],
                  [("name", "m"), ("stages", "Archived")], [("name", "m"), ("stages", "Nowhere")], [("name", "none")], []):
        api.get("registered-models/get-latest-versions", query)
    api.post("registered-models/get-latest-versions", {"name": "m", "stages": ["Production"]})
    api.post("registered-models/get-latest-versions", {"name": "m", "stages": "Production"})
    go("3", "Production", True)
    api.get("model-versions/get", {"name": "m", "version": "5"})
    go("5", "Production")
    go("5", "Production")
    go("5", "Production", True)
    api.get("model-versions/get", {"name": "m", "version": "3"})
    for version, stage in (("9", "Staging"), ("x", "Staging"), ("1", "Nowhere"), ("1", ""), ("1", "development"), ("1", "Deleted_Internal")):
        go(version, stage)
    go("1", "Staging", "yes")
    with api.differing("MLflow's calls it an error of the server's, at which its clients try again"):
        go("1", "Archived", True)
    go("1", "Archived")
    go("1", "None")


def searches(api):
    api.post("registered-models/create", {"name": "prompt", "tags": PROMPT})
    api.post("model-versions/create", {"name": "prompt", "source": "dummy-source", "tags": PROMPT})
    api.post("model-versions/create", {"name": "prompt", "source": "s3://b/1", "tags": PROMPT})
    api.post("model-versions/create", {"name": "bare", "source": "models:/prompt/1"})
    asks = "tags.`mlflow.prompt.is_prompt`"
    for query in ({}, {"order_by": "name DESC"}, {"filter": "name = 'm'"}, {"filter": "name != 'm'"}, {"filter": "name LIKE '%e%'"},
                  {"filter": "name ILIKE 'M%'"}, {"filter": "tags.kind = 'test'"}, {"filter": "tags.kind = 'test' AND name LIKE 'm%'"},
                  {"filter": "tags.`a/b c.d-e:f` = '2'"}, {"filter": "name IN ('m', 'bare')"}, {"filter": f"{asks} = 'true'"},
                  {"filter": f"{asks} != 'true'"}, {"filter": f"{asks} = 'false'"}, {"filter": f"name LIKE 'p%' AND {asks} != 'false'"},
                  {"filter": "name LIKE"}, {"filter": "name = m"}, {"filter": "none = 'm'"}, {"filter": "'; DROP TABLE registered_models; --"},
                  {"max_results": 1001}, {"max_results": "x"}, {"order_by": "none"}, {"order_by": "name SIDEWAYS"}, {"page_token": "none"},
                  {"order_by": "timestamp", "max_results": 1, "filter": "name = 'm'"}):
        api.get("registered-models/search", query)
    first = api.get("registered-models/search", {"max_results": 2})
    token = api.token(first)
    while token is not None:
        first = api.get("registered-models/search", {"max_results": 2, "page_token": token})
        token = api.token(first)
    by_name = [("order_by", "name ASC"), ("order_by", "version_number DESC")]
    for query in (by_name, [("filter", "name = 'm'"), *by_name], [("filter", "name='m' AND version_number > 1"), *by_name],
                  [("filter", "version_number = '1'"), *by_name], [("filter", "name LIKE 'w%'"), *by_name], [("filter", "name IN ('m','bare')"), *by_name],
                  [("filter", "source_path = 's3://bucket/1'"), *by_name], [("filter", "tags.n = '1'"), *by_name], [("filter", f"{asks} = 'true'"), *by_name],
                  [("filter", f"{asks} != 'true'"), *by_name], [("order_by", "version_number ASC"), ("order_by", "name ASC")],
                  [("filter", "run_id = 'none'")], [("filter", "name")], [("filter", "none = 1")], [("filter", "version_number = 'a'")],
                  [("order_by", "none")], [("max_results", "200001")], [("max_results", "0")], [("max_results", "-1")],
                  [("page_token", "none")]):
        api.get("model-versions/search", query)
    with api.differing("ours compares any number with one"):
        api.get("model-versions/search", {"filter": "version_number = 1.5"})
    found = api.get("model-versions/search", [("max_results", "4"), *by_name])
    token = api.token(found)
    while token is not None:
        found = api.get("model-versions/search", [("max_results", "4"), ("page_token", token), *by_name])
        token = api.token(found)


def shapes(api):
    for method, path in (("GET", "registered-models/create"), ("POST", "registered-models/update"), ("POST", "registered-models/delete"),
                         ("GET", "registered-models/none"), ("PATCH", "model-versions/get"), ("GET", "model-versions/none")):
        api.ask(method, path, {} if method != "GET" else None)
    for raw in ("", "{", '{"name":"m"', '{"name":"m"}x'):
        api.ask("POST", "registered-models/set-tag", raw=raw)
    for raw in ("[]", "3"):
        with api.differing("MLflow's breaks on a body that is no object"):
            api.ask("POST", "registered-models/set-tag", raw=raw)
    api.ask("POST", "registered-models/create", raw='{"name":"x"}', headers={"Content-Type": "text/plain"})
    api.get("registered-models/get", {"name": "m"}, root="/ajax-api/2.0/mlflow/")


def calls(api):
    def run():
        experiment = api.post("experiments/create", {"name": f"of models {api.calls}"}, keep="experiment_id")
        id_ = api.post("runs/create", {"experiment_id": experiment, "start_time": 1}, keep="run.info.run_id")
        found = api.get("runs/get", {"run_id": id_})
        return Both(*({"id": each.at("run.info.run_id"), "root": each.at("run.info.artifact_uri")} for each in found.of))

    models(api)
    versions(api, run(), run())
    copies(api)
    aliases(api)
    stages(api)
    searches(api)
    shapes(api)
