"""Experiments, runs, metrics and artifacts, as calls of mlflow_pair.Pair."""

LONG = "x" * 251


def experiments(api):
    api.get("experiments/get", {"experiment_id": "0"})  # which is there from the start, or from now on
    api.get("experiments/get-by-name", {"experiment_name": "Default"})
    made = {}
    for name in ["plain", "with space/and %20 #?", "ünïcode", "e" * 250, "to delete"]:
        made[name] = api.post("experiments/create", {"name": name, "tags": [{"key": "kind", "value": "test"}]})
    ids = [each.of[0].at("experiment_id") for each in made.values()]
    first, last = ids[0], ids[-1]
    api.post("experiments/create", {"name": "placed", "artifact_location": "s3://bucket/folder"})
    api.get("experiments/get-by-name", {"experiment_name": "placed"})
    for id_ in ids:
        api.get("experiments/get", {"experiment_id": id_})
    for name in made:
        api.get("experiments/get-by-name", {"experiment_name": name})
    for query in ({}, {"experiment_name": ""}, {"experiment_name": "none"}, {"experiment_name": "PLAIN"}):
        api.get("experiments/get-by-name", query)
    for query in ({}, {"experiment_id": ""}, {"experiment_id": "9999"}, {"experiment_id": "a"}, {"experiment_id": "-1"},
                  {"experiment_id": "1' OR '1'='1"}):
        api.get("experiments/get", query)
    for body in ({}, {"name": ""}, {"name": None}, {"name": 3}, {"name": ["a"]}, {"name": "plain"}, {"name": LONG * 2},
                 {"name": "t", "tags": {"key": "a"}}, {"name": "u", "artifact_location": "s3://a#b"},
                 {"name": "v", "artifact_location": "s3://a/../b"}, {"name": "w", "artifact_location": "s3://a?b=c"}):
        api.post("experiments/create", body)
    for body in ({"experiment_id": first, "new_name": "renamed"}, {"experiment_id": first, "new_name": "renamed"},
                 {"experiment_id": first}, {"experiment_id": first, "new_name": ""}, {"new_name": "a"},
                 {"experiment_id": "9999", "new_name": "a"}, {"experiment_id": first, "new_name": 3}):
        api.post("experiments/update", body)
    with api.differing("MLflow's says what its database said, ours RESOURCE_ALREADY_EXISTS"):
        api.post("experiments/update", {"experiment_id": first, "new_name": "ünïcode"})
    api.get("experiments/get", {"experiment_id": first})
    for body in ({"key": "a", "value": "b"}, {"key": "a", "value": "c"}, {"key": "empty", "value": ""}, {"key": "none"},
                 {"key": "", "value": "b"}, {"value": "b"}, {"key": LONG, "value": "b"}, {"key": "k", "value": 3},
                 {"key": "k", "value": "v" * 5000}, {"key": "k/x y.z-w:1", "value": "v"}, {"key": "/abs", "value": "v"},
                 {"key": "a/../b", "value": "v"}, {"key": "a=b", "value": "v"}):
        api.post("experiments/set-experiment-tag", {"experiment_id": first, **body})
    api.post("experiments/set-experiment-tag", {"experiment_id": "9999", "key": "a", "value": "b"})
    for key in ("a", "a", "never", ""):
        api.post("experiments/delete-experiment-tag", {"experiment_id": first, "key": key})
    api.get("experiments/get", {"experiment_id": first})
    for id_ in (last, last, "9999", ""):
        api.post("experiments/delete", {"experiment_id": id_})
    api.get("experiments/get", {"experiment_id": last})
    api.get("experiments/get-by-name", {"experiment_name": "to delete"})
    api.post("experiments/create", {"name": "to delete"})
    with api.differing("MLflow's calls it an error of the server's"):
        api.post("experiments/update", {"experiment_id": last, "new_name": "a"})
    api.post("experiments/set-experiment-tag", {"experiment_id": last, "key": "a", "value": "b"})
    api.post("runs/create", {"experiment_id": last})
    for id_ in (last, last, "9999", ""):
        api.post("experiments/restore", {"experiment_id": id_})
    api.post("experiments/delete", {"experiment_id": last})
    return ids


def experiment_searches(api):
    for query in ({"max_results": 100, "order_by": "name ASC"}, {"max_results": 100, "order_by": "name DESC"},
                  {"max_results": 100, "order_by": "experiment_id"}, {"max_results": 100},
                  {"max_results": 100, "view_type": "ALL", "order_by": "name"},
                  {"max_results": 100, "view_type": "DELETED_ONLY"}, {"max_results": 100, "view_type": 3},
                  {"max_results": 100, "filter": "name LIKE 'p%'", "order_by": "name"},
                  {"max_results": 100, "filter": "name ILIKE 'P%'", "order_by": "name"},
                  {"max_results": 100, "filter": "name = 'placed'"},
                  {"max_results": 100, "filter": "attribute.name != 'placed'", "order_by": "name"},
                  {"max_results": 100, "filter": "tags.kind = 'test' AND name LIKE '%e%'", "order_by": "name"},
                  {"max_results": 100, "filter": "tags.kind != 'test'", "order_by": "name"},
                  {"max_results": 100, "filter": "tags.`k/x y.z-w:1` = 'v'"}, {"max_results": 0}, {"max_results": -1},
                  {"max_results": 50_001}, {"max_results": "x"},
                  {"max_results": 5, "filter": "name LIKE"}, {"max_results": 5, "filter": "name = plain"},
                  {"max_results": 5, "filter": "metrics.a = 1"},
                  {"max_results": 5, "order_by": "none"}, {"max_results": 5, "order_by": "name SIDEWAYS"},
                  {"max_results": 5, "page_token": "none"}):
        api.get("experiments/search", query)
    with api.differing("ours compares names as texts too"):
        api.get("experiments/search", {"max_results": 5, "filter": "name > 'a'"})
    with api.differing("MLflow's passes over a view that there is none of"):
        api.get("experiments/search", {"max_results": 5, "view_type": 9})
    with api.differing("MLflow's takes a missing max_results for 0, and refuses it"):
        api.get("experiments/search", {})
    body = {"max_results": 2, "order_by": ["name ASC"]}
    page = api.post("experiments/search", body)
    api.post("experiments/search", {**body, "page_token": api.token(page)})
    api.post("experiments/search", {"max_results": 50, "filter": "name = 'x'; DROP TABLE experiments"})


def runs(api, ids):
    first = ids[0]
    kept = {"keep": "run.info.run_id"}
    user = {"key": "mlflow.user", "value": "ada"}
    run = api.post("runs/create", {"experiment_id": first, "run_name": "first", "start_time": 1_600_000_000_000,
                                   "user_id": "ada", "tags": [{"key": "team", "value": "ds"}, user]}, **kept)
    api.get("runs/get", {"run_id": run})
    api.get("runs/get", {"run_uuid": run})
    api.post("runs/create", {"experiment_id": first, "start_time": 5}, **kept)
    api.post("runs/create", {"experiment_id": first, "start_time": 6, "tags": [{"key": "mlflow.runName", "value": "by tag"}]}, **kept)
    api.post("runs/create", {"experiment_id": first, "start_time": 7, "run_name": "same",
                             "tags": [{"key": "mlflow.runName", "value": "same"}]}, **kept)
    for body in ({"experiment_id": "9999"}, {"experiment_id": first, "start_time": "x"}, {"experiment_id": 3.5},
                 {"experiment_id": first, "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]},
                 {"experiment_id": first, "run_name": ["a"]}):
        api.post("runs/create", body)
    other = api.post("experiments/create", {"name": "runs that differ"}).of[0].at("experiment_id")
    for why, body in (("ours has the user and the tag as one", {"start_time": 1, "tags": [user]}),
                      ("ours has the user and the tag as one", {"start_time": 1, "user_id": "ada"}),
                      ("without a start, MLflow's starts in 1970", {}),
                      ("MLflow's looks at no names of tags here", {"start_time": 1, "tags": [{"key": LONG, "value": "b"}]}),
                      ("MLflow's passes over what is no array", {"start_time": 1, "tags": "a"})):
        with api.differing(why):
            api.post("runs/create", {"experiment_id": other, **body}, keep="run.info.run_id")
    for query in ({}, {"run_id": ""}, {"run_id": "0" * 32}, {"run_id": "../../etc"}, {"run_id": "a' OR 1=1"}):
        api.get("runs/get", query)

    # ---- parameters and tags
    for body in ({"key": "lr", "value": "0.1"}, {"key": "lr", "value": "0.1"}, {"key": "lr", "value": "0.2"},
                 {"key": "empty", "value": ""}, {"key": "no value"}, {"key": "", "value": "a"}, {"value": "a"},
                 {"key": "number", "value": 3}, {"key": "long", "value": "v" * 6000}, {"key": "longer", "value": "v" * 6001},
                 {"key": "k" * 250, "value": "a"}, {"key": LONG, "value": "a"}, {"key": "a/b c.d-e_f:g", "value": "a"},
                 {"key": "a//b", "value": "a"}, {"key": "..", "value": "a"}, {"key": ".", "value": "a"},
                 {"key": "/a", "value": "a"}, {"key": "a/", "value": "a"}, {"key": "a=b", "value": "a"},
                 {"key": "letters", "value": "ü" * 6000}, {"key": "more letters", "value": "ü" * 6001}, {"key": "ü" * 250, "value": "a"},
                 {"key": "ü" * 251, "value": "a"}, {"key": "a\nb", "value": "a"}, {"key": "ünï", "value": "ünï"}, {"key": "q", "value": "'; DROP TABLE params; --"}):
        api.post("runs/log-parameter", {"run_id": run, **body})
    api.post("runs/log-parameter", {"run_id": "0" * 32, "key": "a", "value": "b"})
    api.post("runs/log-parameter", {"key": "a", "value": "b"})
    for body in ({"key": "t", "value": "1"}, {"key": "t", "value": "2"}, {"key": "empty", "value": ""}, {"key": "none"},
                 {"key": "", "value": "a"}, {"key": "long", "value": "v" * 8000}, {"key": "longer", "value": "v" * 8001},
                 {"key": LONG, "value": "a"}, {"key": "a b/c.d-e:f", "value": "a"}, {"key": "a/../b", "value": "a"},
                 {"key": "a,b", "value": "a"}, {"key": "mlflow.note.content", "value": "a note"}):
        api.post("runs/set-tag", {"run_id": run, **body})
    for body in ({"key": "t"}, {"key": "t"}, {"key": ""}, {}, {"key": "never"}):
        api.post("runs/delete-tag", {"run_id": run, **body})
    api.post("runs/delete-tag", {"run_id": "0" * 32, "key": "t"})
    api.get("runs/get", {"run_id": run})
    return run


def metrics(api, run, ids):
    other = api.post("runs/create", {"experiment_id": ids[3], "start_time": 1}, keep="run.info.run_id")
    for step, value in enumerate([0.5, 1e-300, 1.7976931348623157e308, "NaN", -3, 7]):
        api.post("runs/log-metric", {"run_id": run, "key": "m/x y", "value": value, "timestamp": 1000 + step, "step": step})
    api.get("metrics/get-history", {"run_id": run, "metric_key": "m/x y"})
    for body in ({"key": "a", "value": 1, "timestamp": 1}, {"key": "a", "value": 1, "timestamp": 1},
                 {"key": "a", "value": 2, "timestamp": "2", "step": "2"}, {"key": "a", "value": "3.5", "timestamp": 3, "step": 3},
                 {"key": "a", "timestamp": 1}, {"value": 1, "timestamp": 1}, {"key": "", "value": 1, "timestamp": 1},
                 {"key": "a", "value": "x", "timestamp": 1}, {"key": "a", "value": 1}, {"key": "a", "value": 1, "timestamp": "x"},
                 {"key": "a", "value": 1, "timestamp": 1, "step": "y"},
                 {"key": "a", "value": None, "timestamp": 1}, {"key": LONG, "value": 1, "timestamp": 1},
                 {"key": "../a", "value": 1, "timestamp": 1}, {"key": "a?", "value": 1, "timestamp": 1},
                 {"key": "negative", "value": 1, "timestamp": -1, "step": -5}, {"key": "step", "value": 1, "timestamp": 1, "step": -5},
                 {"key": 3, "value": 1, "timestamp": 1}):
        api.post("runs/log-metric", {"run_id": run, **body})
    for body in ({"timestamp": 1.5}, {"timestamp": 2**63}, {"timestamp": 1, "value": True}):
        with api.differing("MLflow's takes what is no integer, or no number, for one"):
            api.post("runs/log-metric", {"run_id": other, "key": "b", "value": 1, **body})
    api.post("runs/log-metric", {"run_id": other, "key": "inf", "value": "Infinity", "timestamp": 1})
    with api.differing("MLflow's keeps infinities as the greatest number"):
        api.get("metrics/get-history", {"run_id": other, "metric_key": "inf"})
    api.post("runs/log-metric", {"run_id": "0" * 32, "key": "a", "value": 1, "timestamp": 1})
    api.post("runs/log-metric", {"key": "a", "value": 1, "timestamp": 1})
    api.post("runs/log-batch", {"run_id": run, "metrics": [{"key": "many", "value": i / 2, "timestamp": i, "step": i}
                                                         for i in range(1000)]})
    for query in ({"metric_key": "a"}, {"metric_key": "none"}, {"metric_key": ""}, {}, {"metric_key": "many"},
                  {"metric_key": "many", "max_results": 10}, {"metric_key": "many", "max_results": 0},
                  {"metric_key": "many", "max_results": -1}, {"metric_key": "negative"}, {"metric_key": "step"}):
        api.get("metrics/get-history", {"run_id": run, **query})
    with api.differing("ours says that there is no such run, or what is no integer"):
        api.get("metrics/get-history", {"run_id": "0" * 32, "metric_key": "a"})
        api.get("metrics/get-history", {"run_id": run, "metric_key": "many", "max_results": "x"})
    api.get("metrics/get-history", {"metric_key": "a"})
    api.get("runs/get", {"run_id": run})
    point = {"key": "y", "value": 1, "timestamp": 1, "step": 0}
    for body in ({}, {"metrics": [point], "params": [{"key": "p", "value": "v"}], "tags": [{"key": "t", "value": "w"}]},
                 {"metrics": [point, {"key": "z"}]}, {"metrics": [{"key": "z", "value": 1}]}, {"metrics": {}},
                 {"params": [{"value": "v"}]}, {"params": [{"key": "p", "value": "other"}]}, {"tags": [{"value": "v"}]},
                 {"metrics": [point], "params": [{"key": "bad?", "value": "v"}]}, {"metrics": [{**point, "key": "../y"}]},
                 {"params": [{"key": f"p{i}", "value": str(i)} for i in range(100)]},
                 {"params": [{"key": f"q{i}", "value": str(i)} for i in range(101)]},
                 {"tags": [{"key": f"t{i}", "value": str(i)} for i in range(100)]},
                 {"tags": [{"key": f"u{i}", "value": str(i)} for i in range(101)]},
                 {"metrics": [{**point, "key": f"k{i}"} for i in range(1001)]},
                 {"metrics": [{**point, "key": f"k{i}"} for i in range(950)],
                  "params": [{"key": f"r{i}", "value": str(i)} for i in range(51)]},
                 {"params": [{"key": "two", "value": "1"}, {"key": "two", "value": "2"}]},
                 {"params": [{"key": "same", "value": "1"}, {"key": "same", "value": "1"}]},
                 {"tags": [{"key": "two", "value": "1"}, {"key": "two", "value": "2"}]}, {"params": "a"}):
        api.post("runs/log-batch", {"run_id": run, **body})
    for body in ({"metrics": [3]}, {"tags": None}):
        with api.differing("MLflow's fails"):
            api.post("runs/log-batch", {"run_id": run, **body})
    api.post("runs/log-batch", {"run_id": "0" * 32, "metrics": [point]})
    api.post("runs/log-batch", {"metrics": [point]})
    api.post("runs/log-batch", {"run_id": run, "metrics": [{**point, "key": "nan", "value": "NaN"}]})
    api.get("runs/get", {"run_id": run})


def ends(api, run, ids):
    for body in ({"run_name": "second"}, {"status": "FAILED", "end_time": 1_600_000_000_500}, {"status": "FINISHED", "end_time": 1_600_000_001_000}, {"end_time": 1_600_000_002_000},
                 {"status": 4, "end_time": 7}, {"end_time": "x"}, {"run_name": ""}, {"status": ""}, {"run_name": 3}, {}):
        api.post("runs/update", {"run_id": run, **body})
        api.get("runs/get", {"run_id": run})
    other = api.post("runs/create", {"experiment_id": ids[3], "start_time": 1}, keep="run.info.run_id")
    for why, body in (("MLflow's passes over a status that there is none of", {"status": "DONE"}),
                      ("ours ends a run now if no time is said", {"status": "FINISHED"}),
                      ("a run of ours that runs again has no end", {"status": "RUNNING"})):
        with api.differing(why):
            api.post("runs/update", {"run_id": other, **body})
        api.post("runs/update", {"run_id": other, "status": "KILLED", "end_time": 9})
    api.post("runs/update", {"run_id": "0" * 32, "status": "FINISHED"})
    api.post("runs/update", {"status": "FINISHED"})
    for id_ in (run, run, "0" * 32, ""):
        api.post("runs/delete", {"run_id": id_})
    api.get("runs/get", {"run_id": run})
    for path, body in (("runs/set-tag", {"key": "k", "value": "v"}), ("runs/log-parameter", {"key": "k", "value": "v"}),
                       ("runs/log-metric", {"key": "k", "value": 1, "timestamp": 1}), ("runs/delete-tag", {"key": "team"}),
                       ("runs/update", {"status": "FINISHED"}), ("runs/update", {"run_name": "n"}),
                       ("runs/log-batch", {"tags": [{"key": "k", "value": "v"}]})):
        api.post(path, {"run_id": run, **body})
    for id_ in (run, run, "0" * 32, ""):
        api.post("runs/restore", {"run_id": id_})
    api.get("runs/get", {"run_id": run})


def searches(api, ids):
    second = ids[1]
    made = []
    for i in range(12):
        made.append(api.post("runs/create", {"experiment_id": second, "start_time": i + 1, "run_name": f"r{i}",
                                             "tags": [{"key": "parity", "value": str(i % 2)}]}, keep="run.info.run_id"))
        batch = {"run_id": made[-1], "metrics": [{"key": "loss", "value": i / 10, "timestamp": 1, "step": 0}],
                 "params": [{"key": "net name", "value": f"n{i % 3}"}]}
        if i % 4 == 0:
            batch["metrics"].append({"key": "acc", "value": "NaN" if i == 4 else 1 - i / 100, "timestamp": 1, "step": 0})
        api.post("runs/log-batch", batch)
    api.post("runs/update", {"run_id": made[3], "status": "FINISHED", "end_time": 500})
    for filter_ in ("metrics.loss < 0.35", "metrics.loss <= 0.3 and metrics.loss > 0", "metric.loss = 0.5", "metrics.loss != 0.5",
                    "params.`net name` = 'n1' and tags.parity = '1'", 'params."net name" = \'n2\'', "params.`net name` ILIKE 'N2'",
                    "params.`net name` LIKE 'n%' AND metrics.loss >= 1", "params.`net name` != 'n1'", "tags.parity != '1'",
                    "attributes.start_time > 10", "start_time <= 3", "attributes.status = 'FINISHED'", "status != 'RUNNING'",
                    "run_name = 'r3'", "attributes.run_name LIKE 'r1%'", "attributes.end_time = 500", "tags.`mlflow.runName` = 'r4'",
                    "metrics.none > 0", "params.none = 'a'", "tags.none = 'a'", "tags.none != 'a'", "metrics.acc > 0",
                    "metrics.acc < 2", "metrics.acc != 1",
                    "user_id = 'ada'", "artifact_uri LIKE '%artifacts'", "attributes.run_id LIKE '%'"):
        api.post("runs/search", {"experiment_ids": [second], "filter": filter_, "order_by": ["start_time ASC"]})
    for change in (lambda id_: f"attributes.run_id = '{id_}'", lambda id_: f"run_id != '{id_}'", lambda id_: f"run_id IN ('{id_}')",
                   lambda id_: f"run_id NOT IN ('{id_}')"):
        api.post("runs/search", {"experiment_ids": [second], "filter": made[2].map(change), "order_by": ["start_time ASC"]})
    for wrong in ("metrics.loss ==< 1", "metrics.loss < 'a'", "metrics.loss", "tags.a = b", "nothing = 1",
                  "attributes.none = 'a'", "metrics.loss LIKE 'a'", "'; DROP TABLE runs; --",
                  "metrics.loss < 1; metrics.loss > 2", "run_id IN ()", "run_id IN ('a', 3)", "start_time = 'x'",
                  "params.`a = 'b'", "metrics.loss < 1)"):
        api.post("runs/search", {"experiment_ids": [second], "filter": wrong})
    for more in ("metrics.loss < 0.1 OR metrics.loss > 1", "params.`net name` IN ('n1', 'n2')", "params.`net name` NOT IN ('n1')",
                 "params.a = 3", "params.a > 'b'"):
        with api.differing("the grammar of ours is larger, unless it is told to be strict"):
            api.post("runs/search", {"experiment_ids": [second], "filter": more})
    for less in ("metrics.loss < 1 AND", "AND", "metrics. < 1", "metrics.loss < 1 metrics.loss > 0"):
        with api.differing("MLflow's finds something for what is no filter"):
            api.post("runs/search", {"experiment_ids": [second], "filter": less})
    for order in (["metrics.loss ASC"], ["metrics.loss DESC"], ["metrics.acc ASC"], ["metrics.acc DESC"], ["params.`net name`", "start_time"],
                  ["tags.parity DESC", "start_time DESC"], ["attributes.start_time"], ["run_name DESC"], ["end_time ASC", "start_time ASC"],
                  [], ["status", "start_time"], ["metrics.none", "start_time ASC"]):
        api.post("runs/search", {"experiment_ids": [second], "order_by": order})
    for wrong in (["none"], ["metrics.loss SIDEWAYS"], ["metrics"], [""], [3], "start_time"):
        api.post("runs/search", {"experiment_ids": [second], "order_by": wrong})
    with api.differing("ours reads orders with commas too"):
        api.post("runs/search", {"experiment_ids": [second], "order_by": ["metrics.loss, start_time"]})
    api.post("runs/delete", {"run_id": made[0]})
    for body in ({"run_view_type": "DELETED_ONLY"}, {"run_view_type": "ALL", "order_by": ["start_time"]}, {"max_results": 3}, {"max_results": 0}, {"max_results": -1}, {"max_results": 50_001},
                 {"max_results": "2"}, {"page_token": "none"}, {"experiment_ids": []}, {"experiment_ids": ["9999"]},
                 {"experiment_ids": second}, {"experiment_ids": [second, second], "order_by": ["start_time"]}):
        api.post("runs/search", {"experiment_ids": [second], **body})
    for view in (9, "NONE"):
        with api.differing("MLflow's passes over a view that there is none of"):
            api.post("runs/search", {"experiment_ids": [second], "run_view_type": view})
    api.post("runs/search", {})
    body = {"experiment_ids": [second, ids[0]], "order_by": ["metrics.loss ASC", "start_time ASC"], "max_results": 5}
    for _ in range(4):
        page = api.post("runs/search", body)
        body["page_token"] = api.token(page)
        if body["page_token"] is None:
            break
    return made


def artifacts(api, ids, run):
    root = "/api/2.0/mlflow-artifacts/artifacts"
    at = run.map(lambda id_: f"/{ids[0]}/{id_}/artifacts")
    for path, data in (("/model/weights.bin", bytes(range(256)) * 100), ("/a b+c.txt", b"text"), ("/deep/er/x.json", b"{}"), ("/empty", b"")):
        api.ask("PUT", at.map(lambda each, path=path: each + path), raw=data, headers={"Content-Type": "application/octet-stream"}, root=root)
        api.ask("GET", at.map(lambda each, path=path: each + path), root=root)
    api.ask("GET", at.map(lambda each: each + "/none"), root=root)
    for path in (None, "", "model", "deep", "deep/er", "model/weights.bin", "none", "..", "../..", "a/../b", "/etc", "model/.."):
        api.get("artifacts/list", {"run_id": run, **({} if path is None else {"path": path})})
    with api.differing("a name of ours is decoded once"):
        api.get("artifacts/list", {"run_id": run, "path": "%2e%2e"})
    api.get("artifacts/list", {})
    api.get("artifacts/list", {"run_id": "0" * 32})
    for end in ("", "/model", "/none"):
        api.ask("GET", "", query={"path": at.map(lambda each, end=end: each[1:] + end)}, root=root)
    for wrong in ("../", "/etc", "a/../../b"):
        api.ask("GET", "", query={"path": wrong}, root=root)
    api.ask("DELETE", at.map(lambda each: each + "/empty"), raw=b"{}", headers={"Content-Type": "application/json"}, root=root)
    api.ask("GET", at.map(lambda each: each + "/empty"), root=root)
    for wrong in ("/../x", "/%2e%2e/x", "/..%2fx"):
        api.ask("GET", at.map(lambda each, wrong=wrong: each + wrong), root=root)


def logged_models(api, ids):
    second = ids[1]
    run = api.post("runs/create", {"experiment_id": second, "start_time": 1}, keep="run.info.run_id")
    model = api.post("logged-models", {"experiment_id": second, "name": "net", "model_type": "cnn", "source_run_id": run,
                                       "params": [{"key": "a", "value": "1"}], "tags": [{"key": "t", "value": "v"}]},
                     keep="model.info.model_id")
    other = api.post("logged-models", {"experiment_id": second, "name": "other"}, keep="model.info.model_id")
    for body in ({}, {"experiment_id": "9999"}, {"experiment_id": second, "name": 3}, {"experiment_id": second, "params": "a"}):
        api.post("logged-models", body)
    at = model.map(lambda id_: f"logged-models/{id_}")
    below = lambda end: at.map(lambda path: path + end)
    api.get(at)
    api.get("logged-models/m-0")
    for body in ({"model_id": model, "status": "LOGGED_MODEL_READY"}, {"model_id": model, "status": 2}):
        api.ask("PATCH", at, body=body)
    api.ask("PATCH", below("/tags"), body={"tags": [{"key": "u", "value": "w"}]})
    api.ask("POST", below("/params"), body={"model_id": model, "params": [{"key": "b", "value": "2"}]})
    for key in ("t", "t", "never"):
        api.ask("DELETE", below("/tags/" + key), raw="{}")
    api.get(at)
    api.get(below("/artifacts/directories"))
    for body in ({"filter": "name = 'net'"}, {"filter": "tags.u = 'w'"}, {"filter": "params.a = '1'"}, {"filter": "name = 'none'"},
                 {"order_by": [{"field_name": "name", "ascending": True}]}, {"max_results": 1}, {"filter": "name ="},
                 {"experiment_ids": []}, {"experiment_ids": ["9999"]}, {"experiment_ids": 3}):
        api.post("logged-models/search", {"experiment_ids": [second], **body})
    data = {"dataset": {"name": "d", "digest": "x", "source_type": "s", "source": "{}", "schema": "c", "profile": "p"},
            "tags": [{"key": "mlflow.data.context", "value": "train"}]}
    for body in ({"datasets": [data]}, {"datasets": [data], "models": [{"model_id": model}]}, {"datasets": {}}):
        api.post("runs/log-inputs", {"run_id": run, **body})
    api.post("runs/log-inputs", {"run_id": "0" * 32, "datasets": [data]})
    api.post("runs/log-inputs", {"datasets": [data]})
    api.post("runs/outputs", {"run_id": run, "models": [{"model_id": model, "step": 3}]})
    api.post("runs/outputs", {"run_id": run})
    api.get("runs/get", {"run_id": run})
    for text in ("", "{", "{}", '{"artifact_path": "m", "flavors": {}, "run_id": "r"}'):
        api.post("runs/log-model", {"run_id": run, "model_json": text})
    said = '{"artifact_path": "m", "flavors": {}, "utc_time_created": "2020-01-01 00:00:00", "run_id": "r"}'
    api.post("runs/log-model", {"run_id": run, "model_json": said})
    api.post("runs/log-model", {"run_id": "0" * 32, "model_json": said})
    for _ in range(2):
        api.ask("DELETE", other.map(lambda id_: f"logged-models/{id_}"), raw="{}")
        api.get(other.map(lambda id_: f"logged-models/{id_}"))
    api.ask("POST", at, body={})
    api.get(below("/none"))


def pages(api, ids, run):
    """What MLflow's web pages ask."""
    root = "/ajax-api/2.0/mlflow/"
    for query in ([("run_id", run), ("metric_key", "a")], [("run_id", run), ("metric_key", "many"), ("max_results", "10")],
                  [("run_id", run), ("metric_key", "none")], [("run_id", "0" * 32), ("metric_key", "a")], [("metric_key", "a")],
                  [("run_id", run)], [("run_id", "r")] * 101 + [("metric_key", "a")]):
        api.get("metrics/get-history-bulk", query, root=root)
    for query in ([], [("max_results", "7")], [("max_results", "1")], [("max_results", "320")], [("start_step", "10"), ("end_step", "20")],
                  [("start_step", "10"), ("end_step", "900"), ("max_results", "11")], [("start_step", "10")], [("max_results", "0")],
                  [("max_results", "2501")], [("start_step", "9"), ("end_step", "1")], [("start_step", "2000"), ("end_step", "2001")]):
        api.get("metrics/get-history-bulk-interval", [("run_ids", run), ("metric_key", "many"), *query], root=root)
    api.get("metrics/get-history-bulk-interval", [("run_ids", "0" * 32), ("metric_key", "many")], root=root)
    api.get("metrics/get-history-bulk-interval", [("metric_key", "many")], root=root)
    ask = lambda query, variables=None: api.ask("POST", "", body={"query": query, "variables": variables or {}}, root="/graphql")
    metrics = "{ key value step timestamp }"
    ask("query Run($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { apiError { code } run { info { runName status runUuid "
        "experimentId artifactUri lifecycleStage startTime userId } experiment { __typename experimentId name tags { key value } "
        "artifactLocation lifecycleStage lastUpdateTime } data { params { key value } tags { key value } metrics " + metrics +
        " } inputs { datasetInputs { dataset { name } } modelInputs { modelId } } outputs { modelOutputs { modelId step } } } } }",
        {"data": {"runId": run}})
    ask("query E($input: MlflowGetExperimentInput!) { mlflowGetExperiment(input: $input) { apiError { code } experiment { "
        "artifactLocation creationTime experimentId lastUpdateTime lifecycleStage name tags { key value } } } }",
        {"input": {"experimentId": ids[0]}})
    ask("query S($data: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $data) { runs { info { runName } data { metrics " + metrics +
        " } } } }", {"data": {"filter": "metrics.loss < 0.35", "experimentIds": [ids[1]]}})
    ask("query H($data: MlflowGetMetricHistoryBulkIntervalInput!) @component(name: \"x\") { mlflowGetMetricHistoryBulkInterval(input: "
        "$data) { __typename metrics { timestamp step runId key value } apiError { code message } } }",
        {"data": {"runIds": [run], "metricKey": "a"}})
    with api.differing("MLflow's takes no account of maxResults here"):
        ask("query H($data: MlflowGetMetricHistoryBulkIntervalInput!) { mlflowGetMetricHistoryBulkInterval(input: $data) { metrics { "
            "value } } }", {"data": {"runIds": [run], "metricKey": "many", "maxResults": 5}})
    api.get("get-artifact", {"run_uuid": run, "path": "a b+c.txt"}, root="/")
    api.get("get-artifact", {"run_uuid": run, "path": "none"}, root="/")


def requests_as_such(api, ids):
    """What is no request, or of another method."""
    for raw in ("{", "", "null", '{"experiment_id": 3}', "{'a': 1}", '{"name": "raw", "name": "raw2"}',
                '{"unknown": {"a": [1, {"b": null}]}, "name": "known"}'):
        api.ask("POST", "experiments/create", raw=raw)
    for raw in ("[]", "3", '"text"', "[" * 3000):
        with api.differing("MLflow's fails"):
            api.ask("POST", "experiments/create", raw=raw)
    for type_ in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"):
        api.ask("POST", "experiments/create", raw='{"name": "by %s"}' % type_.replace("/", "."), headers={"Content-Type": type_})
    for type_ in ("multipart/form-data; boundary=x", "APPLICATION/JSON"):
        with api.differing("ours says 415 to forms, and reads types of any case"):
            api.ask("POST", "experiments/update", raw='{"experiment_id": "9999", "new_name": "a"}', headers={"Content-Type": type_})
    for method, path in (("GET", "experiments/create"), ("POST", "experiments/get"), ("PUT", "runs/create"), ("DELETE", "runs/get"),
                         ("GET", "nothing"), ("POST", "runs/none"), ("GET", "")):
        api.ask(method, path, body=None if method == "GET" else {})
    api.get("experiments/get", {"experiment_id": ids[0]}, root="/ajax-api/2.0/mlflow/")
    api.get("experiments/get", {"experiment_id": ids[0]}, root="/api/3.0/mlflow/")
    api.get("experiments/get", {"experiment_id": ids[0]}, root="/preview/mlflow/")
    api.get("experiments/get", [("experiment_id", ids[0]), ("experiment_id", ids[1])])
    api.ask("GET", "", root="/health")
    api.ask("GET", "", root="/version")


def calls(api):
    ids = experiments(api)
    run = runs(api, ids)
    metrics(api, run, ids)
    ends(api, run, ids)
    searches(api, ids)
    artifacts(api, ids, run)
    logged_models(api, ids)
    pages(api, ids, run)
    requests_as_such(api, ids)
    experiment_searches(api)
