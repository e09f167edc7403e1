"""The service as its team runs it: service.py SERVICE AUDIT_TOOL [ROUNDS].

Clients send events while it is told to end, or killed, and begins anew; what was accepted has to be in the aggregates,
the audit trail and the offsets, once. ROUNDS (3) says how often.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SERVICE = AUDIT_TOOL = None
CLUSTER = os.environ.get("KAFKA_CLUSTER")  # tests/examples/kafka_cluster.cpp
ROUNDS = 3
CONFIG = """
folder: {folder}/state
drain_limit: 60s
source: {{kind: {kind}, batch: 50}}
http: {{port: 0{token}}}
inside: {{port: 0}}
model: {{candidate_share: {share}, register_every: 0}}
"""


class Service:
    """A running one, and what its log says."""

    def __init__(self, folder, *args, stdin=None, **environment):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SERVICE_")}
        self.log = open(folder / "log", "ab")
        self.process = subprocess.Popen([SERVICE, "--config", folder / "service.yaml", *args], stdin=stdin,
                                        stdout=subprocess.PIPE, stderr=self.log, env={**kept, **environment})
        line = self.process.stdout.readline()
        assert line, (folder / "log").read_text()
        ports = json.loads(line)
        self.port, self.inside = ports["port"], ports["inside"]

    def ask(self, method, path, body=None, token=None, inside=False):
        client = http.client.HTTPConnection("127.0.0.1", self.inside if inside else self.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = "Bearer " + token
        client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        text = answer.read()
        client.close()
        return answer.status, text

    def end(self, how=signal.SIGTERM):
        if how:
            self.process.send_signal(how)
        code = self.process.wait(timeout=120)
        self.process.stdout.close()
        self.log.close()
        return code

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


def payment(number, amount=None):
    fraud = number % 7 == 0
    return {"id": f"p{number}", "user": f"u{number % 50}", "country": "FR" if fraud else "DE",
            "amount": amount if amount is not None else number % 1000 + 0.25, "outcome": "fraud" if fraud else "fine"}


class Clients:
    """Threads that publish payments until the service is gone, and know which were accepted."""

    def __init__(self, port, numbers, threads=4):
        self.accepted, self.unknown = [], []
        self.lock = threading.Lock()
        self.port, self.numbers = port, numbers
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for each in self.threads:
            each.start()

    def run(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            with self.lock:
                number = next(self.numbers)
            sent = payment(number)
            try:
                client.request("POST", "/pipeline/publish", json.dumps({"topic": "events.payments", "key": sent["user"],
                                                                        "event": sent}),
                               {"Content-Type": "application/json"})
                answer = client.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                self.unknown.append(number)  # nobody has said that it was accepted
                client.close()
                return
            if answer.status == 200:
                self.accepted.append(number)
            else:
                self.unknown.append(number)

    def join(self):
        for each in self.threads:
            each.join()


class State:
    """What a service that has ended has kept."""

    def __init__(self, folder):
        told = subprocess.run([AUDIT_TOOL, "query", folder / "state/audit", "--kind", "service.events_decided"],
                              capture_output=True, text=True, timeout=60)
        assert told.returncode == 0 or "events_decided" in told.stderr, told.stderr
        self.records = [json.loads(line) for line in told.stdout.splitlines()]
        self.decided, self.dead = [], []
        for record in self.records:
            for one in json.loads(field(record, "decisions")):
                (self.dead if one[0] == "dead" and len(one) == 2 else self.decided).append(one)
        base = sqlite3.connect(f"file:{folder}/state/state.db?mode=ro", uri=True)
        self.objects = {key: value for key, value in base.execute(
            "SELECT key, CASE typeof(value) WHEN 'integer' THEN (SELECT bytes FROM large WHERE id = value) ELSE value END"
            " FROM objects")}
        base.close()
        self.payments = self.cents = self.labelled = self.measured = self.next = 0
        for key, value in self.objects.items():
            if key.startswith("consumed/") and key.endswith("/state"):
                at = 16 + len("service_tallies")
                at += 8 + struct.unpack_from("<Q", value, at)[0]
                made = struct.unpack_from("<4Q", value, at)
                self.payments += made[0]
                self.cents += made[1]
                self.labelled += made[2]
                self.measured += made[3]
            if key.startswith("consumed/") and key.endswith("/offset"):
                self.next += struct.unpack_from("<q", value, 16 + len("consumed_offset"))[0]


def field(record, name):
    """A field's value, in whichever form the export has."""
    value = record["fields"][name] if isinstance(record["fields"], dict) else next(
        each["value"] for each in record["fields"] if each["name"] == name)
    return value["text"] if isinstance(value, dict) else value


class ServiceTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.configure()

    def configure(self, kind="local", share=0.1, token=""):
        (self.folder / "service.yaml").write_text(
            CONFIG.format(folder=self.folder, kind=kind, share=share, token=token))

    def start(self, *args, **given):
        made = Service(self.folder, *args, **given)
        self.addCleanup(made.close)
        return made

    def log(self):
        return (self.folder / "log").read_text()

    def check_exact(self, accepted, sent):
        kept = State(self.folder)
        told = [one[0] for one in kept.decided]
        self.assertEqual(len(told), len(set(told)), "an event is in the audit trail twice")
        missing = {f"p{number}" for number in accepted} - set(told)
        self.assertEqual(missing, set(), "accepted, and not in the audit trail")
        self.assertLessEqual(set(told), {f"p{number}" for number in sent})
        self.assertEqual(kept.payments, len(told), "the aggregates and the audit trail differ")
        self.assertEqual(kept.next, len(told) + len(kept.dead), "the offsets and the audit trail differ")
        cents = sum(int(payment(int(name[1:]))["amount"] * 100 + 0.5) for name in told)
        self.assertEqual(kept.cents, cents)
        self.assertEqual(kept.labelled, len(told))
        verified = subprocess.run([AUDIT_TOOL, "verify", self.folder / "state/audit"], capture_output=True, text=True)
        self.assertEqual(verified.returncode, 0, verified.stdout)

    def test_what_was_accepted_is_there_once_however_it_ends(self):
        chance = random.Random(16)
        numbers = iter(range(10**9))
        accepted, sent = [], set()
        for turn in range(ROUNDS):
            service = self.start()
            clients = Clients(service.port, numbers)
            time.sleep(chance.uniform(0.1, 0.6))
            killed = turn + 1 < ROUNDS and turn % 3 == 1
            code = service.end(signal.SIGKILL if killed else signal.SIGTERM)
            clients.join()
            accepted += clients.accepted
            sent |= set(clients.accepted) | set(clients.unknown)
            with self.subTest(turn=turn, killed=killed):
                self.assertGreater(len(clients.accepted), 0, self.log())
                if not killed:
                    self.assertEqual(code, 0, self.log())
                    self.check_exact(accepted, sent)
        print(f"{ROUNDS} rounds, {len(accepted)} events accepted", file=sys.stderr)

    @unittest.skipUnless(CLUSTER, "there is no librdkafka")
    def test_what_is_read_from_kafka_is_used_once(self):
        with subprocess.Popen([CLUSTER, "events.payments", "events.metrics"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as cluster:
            try:
                brokers = cluster.stdout.readline().strip()
                service = self.start("--set", "source.kind=kafka", "--set", "source.brokers=" + brokers)
                clients = Clients(service.port, iter(range(10**9)))
                until = time.monotonic() + 30  # the cluster hands out partitions after three seconds
                while not State(self.folder).decided and time.monotonic() < until:
                    time.sleep(0.2)
                self.assertEqual(service.end(), 0, self.log())
                clients.join()
            finally:
                cluster.stdin.close()
        self.assertGreater(State(self.folder).payments, 0)
        self.check_exact([], set(clients.accepted) | set(clients.unknown))  # what was not read waits for the next

    def test_lines_of_standard_input_are_used_until_it_ends(self):
        self.configure(kind="stdin")
        lines = [json.dumps(payment(number)) for number in range(500)]
        lines[100:100] = ["no JSON", json.dumps(payment(7, amount=-1)), json.dumps({"id": "x" * 65, "amount": 1})]
        service = self.start(stdin=subprocess.PIPE)
        service.process.stdin.write("\n".join(lines).encode())  # the last one ends without a line's end
        service.process.stdin.close()
        self.assertEqual(service.end(None), 0, self.log())
        self.check_exact(range(500), range(500))
        kept = State(self.folder)
        self.assertEqual(len(kept.dead), 3)
        self.assertEqual(len([key for key in kept.objects if key.startswith("dead_letters/")]), 3)
        by_user = {}
        for name, _, variant in kept.decided:
            by_user.setdefault(payment(int(name[1:]))["user"], set()).add(variant)
        self.assertTrue(all(len(each) == 1 for each in by_user.values()), "a user has two variants")
        self.assertEqual({variant for each in by_user.values() for variant in each}, {"champion", "candidate"})

    def test_it_says_what_it_has_done(self):
        service = self.start()
        for number in range(20):
            status, body = service.ask("POST", "/pipeline/publish", {"topic": "events.payments",
                                                                     "event": payment(number)})
            self.assertEqual(status, 200, body)
        for group in ({}, {"group_by": "eu"}):
            status, body = service.ask("POST", "/pipeline/aggregate", {"metric_name": "latency", "value": 12.5, **group})
            self.assertEqual(status, 200, body)
        deadline = time.time() + 30
        while json.loads(service.ask("GET", "/status")[1])["events"] < 22 and time.time() < deadline:
            time.sleep(0.02)
        told = json.loads(service.ask("GET", "/status")[1])
        self.assertEqual((told["payments"], told["measurements"], told["labelled"]), (20, 2, 20))
        self.assertEqual(json.loads(service.ask("GET", "/pipeline/stats/latency")[1])["stats"]["count"], 2)
        self.assertEqual(json.loads(service.ask("GET", "/pipeline/stats/latency?group_by=eu")[1])["stats"]["mean"], 12.5)
        columns = 21
        status, body = service.ask("POST", "/pipeline/ml/predict",
                                   {"model_name": "payments", "features": [[0] * columns, [1] * columns]})
        self.assertEqual((status, len(json.loads(body)["predictions"])), (200, 2), body)
        self.assertEqual(service.ask("GET", "/models/payments/1")[0], 200)
        self.assertEqual(service.ask("GET", "/ready", inside=True)[0], 200)
        self.assertEqual(service.ask("GET", "/live", inside=True)[0], 200)
        metrics = service.ask("GET", "/metrics", inside=True)[1].decode()
        self.assertIn('millrace_service_events_total{outcome="used"} 22', metrics)
        self.assertIn("millrace_http_requests_total", metrics)
        self.assertEqual(service.ask("GET", "/metrics")[0], 404, "metrics are not for the public")
        self.assertIn(b"</html>", service.ask("GET", "/dashboard", inside=True)[1])
        titles = json.loads(service.ask("GET", "/dashboard/state", inside=True)[1])["panels"]
        self.assertEqual(len(titles), 5, titles)
        self.assertEqual(service.end(), 0, self.log())
        self.assertIn("registered version 2 of payments", self.log())
        again = self.start()
        self.assertEqual(json.loads(again.ask("GET", "/status")[1])["events"], 22)
        self.assertEqual(again.ask("GET", "/models/payments/2")[0], 200)
        self.assertEqual(again.end(signal.SIGINT), 0)

    def wait_for(self, text):
        deadline = time.time() + 30
        while text not in self.log() and time.time() < deadline:
            time.sleep(0.02)
        self.assertIn(text, self.log())

    def test_a_new_file_is_read_while_it_runs(self):
        service = self.start()
        self.configure(share=1.0)
        service.process.send_signal(signal.SIGHUP)
        self.wait_for("model.candidate_share: 0.1 -> 1")
        status, body = service.ask("POST", "/pipeline/publish", {"topic": "events.payments", "event": payment(1)})
        self.assertEqual(status, 200, body)
        (self.folder / "service.yaml").write_text("modle: {}\n")
        service.process.send_signal(signal.SIGHUP)
        self.wait_for("modle: unknown key")
        self.configure(kind="stdin")
        service.process.send_signal(signal.SIGHUP)
        self.wait_for("this needs a start")
        self.assertEqual(service.ask("GET", "/ready", inside=True)[0], 200)
        self.assertEqual(service.end(), 0, self.log())
        self.assertEqual([one[2] for one in State(self.folder).decided], ["candidate"])

    def test_settings_that_make_no_sense_are_refused(self):
        for text, words in (("folder: [", "service.yaml"), ("source: {kind: carrier_pigeon}", "carrier_pigeon"),
                            ("source: {batch: 0}", "batch"), ("http: {port: 70000}", "port"),
                            ("http: {token: hunter2}", "token"), ("http: {address: 0.0.0.0}", "needs a token"),
                            ("http: {certificate: a.pem}", "a key a certificate"), ("drain_limit: 5", "drain_limit"),
                            ("model: {candidate_share: .nan}", "candidate_share"), ("folder: a\nfolder: b", "folder"),
                            ("a: &b [*b]", "anchors"), ("\0", "service.yaml"), ("x: " + "[" * 5000, "service.yaml:1:")):
            with self.subTest(text=text[:40]):
                (self.folder / "service.yaml").write_text(text)
                told = subprocess.run([SERVICE, "--config", self.folder / "service.yaml"], capture_output=True,
                                      text=True, timeout=60)
                self.assertEqual((told.returncode, told.stdout), (2, ""), told.stderr)
                self.assertIn(words, told.stderr)
                self.assertNotIn("hunter2", told.stderr)
        told = subprocess.run([SERVICE, "--config", self.folder / "none.yaml"], capture_output=True, text=True, timeout=60)
        self.assertEqual(told.returncode, 2)
        self.assertIn("none.yaml", told.stderr)

    def test_a_secret_is_nowhere(self):
        canary = "canary-7f3a91c4d2"
        self.configure(token=", token: env:PAYMENTS_TOKEN")
        service = self.start(PAYMENTS_TOKEN=canary)
        seen = []

        def ask(*args, **given):
            status, body = service.ask(*args, **given)
            seen.append(body)
            return status

        self.assertEqual(ask("GET", "/status"), 401)
        self.assertEqual(ask("GET", "/status", token="canary-7f3a91c4d3"), 401)
        self.assertEqual(ask("GET", "/status", token=canary), 200)
        self.assertEqual(ask("POST", "/pipeline/publish", {"topic": "events.payments", "event": payment(1)},
                             token=canary), 200)
        self.assertEqual(ask("POST", "/pipeline/publish", {"topic": canary[:-1]}, token=canary), 422)
        for path in ("/openapi.json", "/pipeline/ml/models", "/pipeline/all-stats", "/models/payments/1", "/none"):
            ask("GET", path, token=canary)
        for path in ("/health", "/live", "/ready", "/metrics", "/openapi.json", "/dashboard", "/dashboard/state"):
            ask("GET", path, inside=True)
        self.configure(share=0.5, token=", token: env:PAYMENTS_TOKEN")
        service.process.send_signal(signal.SIGHUP)
        self.wait_for("candidate_share")
        self.configure(token=", token: env:PATH")
        service.process.send_signal(signal.SIGHUP)
        self.wait_for("this needs a start")
        self.assertEqual(service.end(), 0, self.log())
        shown = subprocess.run([SERVICE, "--config", self.folder / "service.yaml", "--check"], capture_output=True,
                               timeout=60, env={**os.environ, "SERVICE_HTTP_TOKEN": canary, "PAYMENTS_TOKEN": canary})
        seen += [shown.stdout, shown.stderr]
        files = [each for each in self.folder.rglob("*") if each.is_file()]
        self.assertGreater(len(files), 4)
        for each in files:
            self.assertNotIn(canary.encode(), each.read_bytes(), each)
        for each in seen:
            self.assertNotIn(canary.encode(), each)


if __name__ == "__main__":
    if sys.argv[-1].isdigit():
        ROUNDS = int(sys.argv.pop())
    AUDIT_TOOL = sys.argv.pop()
    SERVICE = sys.argv.pop()
    unittest.main()
