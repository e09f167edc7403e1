#!/usr/bin/env python3
"""A Prometheus server scrapes our pages from 127.0.0.1 and answers queries with exactly the values that we exported.

Five targets: the troublesome page and a random one as text, the troublesome one as OpenMetrics and in the binary
format, and one in the format that we choose by what the server asks for: it asks for the binary one, since native
histograms are switched on, and takes ours from it, bucket by bucket. The server has a folder and a port of its own and is stopped in the end.

usage: prometheus_server.py OBSERVE_PAGE
"""
import http.server
import json
import math
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import expected

SKIPPED = 77
SEED = 2025
PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def serve(pages):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page = pages[self.path]
            content_type, body = page(self.headers.get("Accept", "")) if callable(page) else page
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def query(port, expression):
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def wait_until(seconds, condition, alive):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if alive() is not None:
            return False
        try:
            if condition():
                return True
        except OSError:
            pass  # not up yet
        time.sleep(0.2)
    return False


def scraped(port, job):
    """What the server knows of a job, as `expected.samples` has it."""
    out = {}
    for result in query(port, '{job="%s"}' % job):
        labels = dict(result["metric"])
        name = labels.pop("__name__")
        if name == "up" or name.startswith("scrape_"):
            continue
        del labels["job"], labels["instance"]
        if "le" in labels:
            labels["le"] = float(labels["le"])
        if "value" in result:  # a native histogram has another
            out[name, frozenset(labels.items())] = float(result["value"][1])
    return out


def bucket(number, schema):
    """The ends of a bucket of a native histogram."""
    return 2.0 ** ((number - 1) * 2.0**-schema), 2.0 ** (number * 2.0**-schema)


def native_differences(port, job, wanted):
    """What is wrong in the native histograms that the server has of a job."""
    got = {}
    for result in query(port, '{job="%s",__name__=~"native.*"}' % job):
        if "histogram" in result:
            labels = {k: v for k, v in result["metric"].items() if k not in ("__name__", "job", "instance")}
            got[result["metric"]["__name__"], frozenset(labels.items())] = result["histogram"][1]
    wrong = [f"native histograms: {sorted(got, key=str)}"] if got.keys() != wanted.keys() else []
    for key in got.keys() & wanted.keys():
        schema, threshold, zeros, up, down, total = wanted[key]
        buckets = [(*bucket(n, schema), c) for n, c in up.items()]
        buckets += [(-high, -low, c) for low, high, c in ((*bucket(n, schema), c) for n, c in down.items())]
        if zeros:
            buckets.append((-threshold if down else 0.0, threshold, zeros))
        theirs = sorted((float(low), float(high), int(c)) for _, low, high, c in got[key].get("buckets", []))
        ours = sorted(buckets)
        same = len(theirs) == len(ours) and all(
            a[2] == b[2] and math.isclose(a[1], b[1], rel_tol=1e-12, abs_tol=1e-300) for a, b in zip(theirs, ours))
        if not same or not math.isclose(float(got[key]["sum"]), total, rel_tol=1e-12) or int(got[key]["count"]) != sum(
                c for *_, c in buckets):
            wrong.append(f"{key}: {got[key]}\ninstead of {ours}, sum {total}")
    return "\n".join(wrong)


def without_natives(samples):
    return {key: value for key, value in samples.items() if not key[0].startswith("native_")}


def negotiated(program, asked):
    """The page for an `Accept` header, by our `negotiate`."""
    def answer(accept):
        asked.append(accept)
        content_type, page = subprocess.run([program, "accept", accept], check=True,
                                            capture_output=True).stdout.split(b"\n", 1)
        return content_type.decode(), page
    return answer


def main():
    program = sys.argv[1]
    if shutil.which("prometheus") is None:
        print("skipped: prometheus is missing (Debian's package prometheus)")
        return SKIPPED
    trouble = expected.samples(program)
    # OpenMetrics has no sum and count where bounds are negative.
    without_sums = {key: value for key, value in trouble.items() if key[0] not in ("score_sum", "score_count")}
    wanted = {"text": trouble, "random": expected.samples(program, SEED), "openmetrics": without_sums,
              "protobuf": without_natives(trouble), "negotiated": without_natives(trouble)}
    # Nor has it those of a native histogram of both signs.
    for key in [key for key in without_sums if key[0] in ("native_scores_sum", "native_scores_count")]:
        del without_sums[key]
    asked = []
    pages = serve({"/text": (TEXT, expected.page(program, "prometheus")),
                   "/random": (TEXT, expected.page(program, "prometheus", SEED)),
                   "/openmetrics": (OPENMETRICS, expected.page(program, "openmetrics")),
                   "/protobuf": (PROTOBUF, expected.page(program, "protobuf")),
                   "/negotiated": negotiated(program, asked)})
    with tempfile.TemporaryDirectory(prefix="millrace-prometheus-") as folder:
        port = free_port()
        jobs = [{"job_name": job, "metrics_path": "/" + job,
                 "static_configs": [{"targets": [f"127.0.0.1:{pages.server_port}"]}]} for job in wanted]
        config = pathlib.Path(folder, "prometheus.yml")  # JSON is YAML
        config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
        log = pathlib.Path(folder, "log")
        with log.open("wb") as out:
            server = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                 "--enable-feature=native-histograms",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], stdout=out, stderr=out)
        try:
            up = wait_until(90, lambda: len(query(port, "up == 1")) == len(wanted), server.poll)
            wrong = "" if up else "the server scraped not all of our pages: " + str(
                [(r["metric"]["job"], r["value"]) for r in query(port, "up")] if server.poll() is None else "it ended")
            if up:
                for job, samples in wanted.items():
                    if found := expected.difference(samples, scraped(port, job)):
                        wrong += f"{job}:\n{found}\n"
                for job in ("protobuf", "negotiated"):
                    if found := native_differences(port, job, expected.native(program)):
                        wrong += f"{job}: {found}\n"
                if not any("protobuf" in accept for accept in asked):
                    wrong += f"the server never asked for the binary format: {asked[:1]}\n"
        finally:
            server.terminate()
            server.wait()
            pages.shutdown()
        if wrong:
            print(wrong + "\nthe server's log:\n" + log.read_text()[-2000:], file=sys.stderr)
            return 1
    print(f"{sum(map(len, wanted.values()))} samples came back exactly")
    assert all(len(samples) > 20 for samples in wanted.values())
    assert any(math.isnan(value) for value in trouble.values())
    return 0


if __name__ == "__main__":
    sys.exit(main())
