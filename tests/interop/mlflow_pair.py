"""The same request to MLflow's own server and to ours, and what differs between their responses.

What a server makes up (ids, tokens, names, the time) differs; `Both` has such a value of each server, and stands in
later requests for it.
"""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

import requests

ROOT = "/api/2.0/mlflow/"
GENERATED_NAME = re.compile(r"[a-z]+-[a-z]+-\d+|run-[0-9a-f]{8}")
DAY = 86_400_000
NOT_OURS = {"workspace"}  # members about what our server has not


class Both:
    """A value of MLflow's server and the one of ours that stands for it."""

    def __init__(self, theirs, ours):
        self.of = (theirs, ours)

    def map(self, change):
        return Both(*(change(each) for each in self.of))

    def __getitem__(self, at):
        return self.map(lambda each: each[at])


def side(value, which):
    """What a request says to one of the servers."""
    if isinstance(value, Both):
        return value.of[which]
    if isinstance(value, dict):
        return {key: side(each, which) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [side(each, which) for each in value]
    return value


class Response:
    def __init__(self, status, body, is_json):
        self.status, self.body, self.is_json = status, body, is_json

    def at(self, path):
        found = self.body
        for part in path.split("."):
            found = found[int(part) if part.isdecimal() else part]
        return found


class Pair:
    """Asks both, and keeps what differed. Differences of messages are none: only that both have one is compared."""

    def __init__(self, theirs, ours):
        self.roots = (theirs, ours)
        self.sessions = (requests.Session(), requests.Session())
        self.names = ({}, {})  # of each server: a value that it made up, and what stands for it
        self.calls = self.refusals = self.known = 0
        self.differences = []
        self.expected = None

    # ---- what is asked

    def get(self, path, query=None, **how):
        return self.ask("GET", path, query=query, **how)

    def post(self, path, body=None, **how):
        return self.ask("POST", path, body=body, **how)

    def ask(self, method, path, body=None, query=None, raw=None, headers=None, root=ROOT, keep=None):
        """`raw`: the body as it is sent; `query`: pairs or a dict; `keep`: where in the responses a value is that the
        servers made up. Returns both responses, or that value."""
        self.calls += 1
        found = []
        for which in (0, 1):
            sent = {"Content-Type": "application/json"} if method != "GET" and headers is None else dict(headers or {})
            data = side(raw, which) if raw is not None else None if body is None else json.dumps(side(body, which))
            if isinstance(data, str):
                data = data.encode()
            asked = side(query, which)
            if isinstance(asked, list):
                asked = [tuple(each) for each in asked]
            url = self.roots[which] + urllib.parse.quote(root + side(path, which), safe="/%?=&:")
            answer = self.sessions[which].request(method, url, params=asked, data=data, headers=sent, timeout=60)
            try:
                found.append(Response(answer.status_code, answer.json(), True))
            except ValueError:
                found.append(Response(answer.status_code, answer.content, False))
        if found[0].status >= 400:
            self.refusals += 1
        kept = self.keep(Both(*found), keep) if keep and all(each.status < 400 for each in found) else None
        told = [self.normal(each, which) for which, each in enumerate(found)]
        self.note(f"{method} {path if isinstance(path, str) else path.of[1]} "
                  f"{side(query, 1) or ''} {str(side(raw if body is None else body, 1))[:300]}", *told)
        return Both(*found) if keep is None else kept

    def keep(self, responses, path):
        """A value that the servers made up, from their responses."""
        made = Both(*(each.at(path) for each in responses.of))
        number = f"<{len(self.names[0]) + 1}>"
        for which in (0, 1):
            self.names[which][made.of[which]] = number
        return made

    @staticmethod
    def token(responses):
        """That of the next page; none, if there is not one of both."""
        found = [each.body.get("next_page_token") for each in responses.of]
        return Both(*found) if all(found) else None

    # ---- what is compared

    def normal(self, response, which):
        if not response.is_json:
            # A page for people, or the bytes of a file.
            return response.status, None if response.status >= 400 else response.body or {}
        if response.status >= 400 and "error_code" in response.body:
            assert response.body.get("message"), response.body
            return response.status, response.body["error_code"]
        return response.status, self.value(response.body, which)

    def value(self, value, which):
        if isinstance(value, dict):
            made = {key: self.value(each, which) for key, each in value.items() if key not in NOT_OURS}
            if "current_stage" in made:  # a version of a model: what it has not is an empty text, or left out
                made = {key: each for key, each in made.items() if each != ""}
            for key in made.keys() & {"latest_versions", "model_versions"}:  # MLflow's has aliases in single ones only
                made[key] = [{name: each for name, each in version.items() if name != "aliases"} for version in made[key]]
            for key in made.keys() & {"latest_versions", "aliases"}:  # these have no order
                made[key] = sorted(made[key], key=repr)
            if isinstance(value.get("value"), (int, float)):
                made["value"] = repr(float(value["value"]))  # a metric's: 1 is 1.0
            return {key: "<token>" if key.endswith("page_token") else each for key, each in made.items()}
        if isinstance(value, list):
            made = [self.value(each, which) for each in value]
            if made and all(isinstance(each, dict) and "key" in each for each in made):
                made.sort(key=lambda each: each["key"])  # tags and parameters have no order; points of a metric keep it
            return made
        if isinstance(value, str):
            if value in self.names[which]:
                return self.names[which][value]
            if value.isdecimal() and abs(int(value) - time.time() * 1000) < DAY:
                return "<now>"
            if GENERATED_NAME.fullmatch(value):
                return "<generated>"
            for known, name in self.names[which].items():
                if len(known) >= 16:
                    value = value.replace(known, name)
            return value
        if isinstance(value, int) and not isinstance(value, bool) and abs(value - time.time() * 1000) < DAY:
            return "<now>"
        return value

    def note(self, what, theirs, ours):
        if theirs[1] is None:
            ours = (ours[0], None)  # MLflow's has a page for people, which has no code of an error
        spelled = [json.dumps(each, sort_keys=True, default=repr) for each in (theirs, ours)]
        if self.expected is None and spelled[0] != spelled[1]:
            self.differences.append(f"{what}\n  MLflow: {spelled[0]}\n  ours:   {spelled[1]}")
        if self.expected is not None and spelled[0] == spelled[1]:
            self.differences.append(f"{what}\n  equal, but was known to differ: {self.expected}")
        self.known += self.expected is not None

    @contextlib.contextmanager
    def differing(self, why):
        """Calls that the servers are known to have different responses to, and why. Equal ones are told too."""
        self.expected = why
        try:
            yield
        finally:
            self.expected = None


# ---- the servers


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def stop(server):
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextlib.contextmanager
def real_server(folder):
    """MLflow's own, over SQLite; skips the test where it does not come up."""
    port = free_port()
    environment = dict(os.environ, MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true",
                       MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", PYTHONWARNINGS="ignore")
    environment.pop("MLFLOW_TRACKING_TOKEN", None)
    with open(folder / "real.log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/real.db",
             "--artifacts-destination", str(folder / "artifacts"), "--host", "127.0.0.1", "--port", str(port),
             "--workers", "1"], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(1200):
            with contextlib.suppress(requests.RequestException):
                if requests.get(url + "/health", timeout=2).status_code == 200:
                    break
            if server.poll() is not None:
                raise RuntimeError((folder / "real.log").read_text()[-2000:])
            time.sleep(0.25)
        else:
            raise RuntimeError("MLflow's server does not come up")
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        stop(server)


@contextlib.contextmanager
def our_server(program, folder, *options):
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_TOKEN"}
    server = subprocess.Popen([program, "--store", str(folder / "ours.db"), "--port", "0", *options],
                              stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield server.stdout.readline().strip()
    finally:
        stop(server)
