#!/usr/bin/env python3
"""The dashboard and the alert rules that are made of a program's metrics: promtool accepts the rules, and a Prometheus
server that scraped the program's page, while things went badly, has an answer to each panel's query and finds each
alert's condition met. Every row of the table is a metric of the library.

usage: dashboards.py OBSERVE_DASHBOARD
"""
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from prometheus_server import SKIPPED, TEXT, free_port, query, serve, wait_until

PERIODS = {"$__rate_interval": "1m"}


def printed(program, *what):
    return subprocess.run([program, *map(str, what)], check=True, capture_output=True).stdout


def queries(dashboard):
    """[(panel's title, query)], after a look at the shape of the JSON that Grafana imports."""
    assert dashboard["title"] == 'Fraud "live"' and dashboard["uid"] == "fraud" and dashboard["schemaVersion"] == 39
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, f"panel {panel['title']} overlaps another"
        taken |= cells
    return [(panel["title"], target["expr"]) for panel in panels for target in panel.get("targets", [])]


def conditions(rules):
    """{alert: condition}, out of YAML whose texts are JSON."""
    return {json.loads(name): json.loads(expr) for name, expr in
            re.findall(r'- alert: (".*")\n\s+expr: (".*")\n', rules)}


def main():
    program = sys.argv[1]
    if unknown := printed(program, "unknown").decode().split():
        print(f"no metric of the library goes by these rows of the table: {unknown}", file=sys.stderr)
        return 1
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        print("skipped: prometheus or promtool is missing (Debian's package prometheus)")
        return SKIPPED
    panels = queries(json.loads(printed(program, "dashboard")))
    rules = printed(program, "alerts").decode()
    alerts = conditions(rules)
    assert len(panels) > 30 and len(alerts) > 8, (len(panels), len(alerts))
    step = 0

    def page(_):
        nonlocal step
        step += 1
        return TEXT, printed(program, "page", step)

    pages = serve({"/metrics": page})
    with tempfile.TemporaryDirectory(prefix="millrace-dashboards-") as folder:
        path = pathlib.Path(folder, "alerts.yml")
        path.write_text(rules)
        checked = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
        path.with_name("damaged.yml").write_text(rules.replace(" > ", " >> ", 1))
        damaged = subprocess.run(["promtool", "check", "rules", path.with_name("damaged.yml")], capture_output=True)
        wrong = "" if checked.returncode == 0 else f"promtool: {checked.stdout}{checked.stderr}\n"
        if damaged.returncode == 0:
            wrong += "promtool let damaged rules pass: this test would not see it\n"
        port = free_port()
        config = path.with_name("prometheus.yml")
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s"}, "rule_files": [str(path)],
            "scrape_configs": [{"job_name": "it", "static_configs": [{"targets": [f"127.0.0.1:{pages.server_port}"]}]}]}))
        log = path.with_name("log")
        with log.open("wb") as out:
            server = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], stdout=out, stderr=out)
        try:
            # A rate takes two samples.
            enough = "count_over_time(up[1m]) >= 3"
            if not wait_until(90, lambda: len(query(port, enough)) == 1, server.poll):
                wrong += "the server did not scrape the page three times\n"
            else:
                for title, expression in panels:
                    for name, period in PERIODS.items():
                        expression = expression.replace(name, period)
                    answer = query(port, expression)
                    if not answer or not any(math.isfinite(float(one["value"][1])) for one in answer):
                        wrong += f"panel \"{title}\": {expression}: {answer}\n"
                wrong += "".join(f"alert {name} is not due: {condition}\n" for name, condition in alerts.items()
                                 if not query(port, condition))
        finally:
            server.terminate()
            server.wait()
            pages.shutdown()
        if wrong:
            print(wrong + "the server's log:\n" + log.read_text()[-2000:], file=sys.stderr)
            return 1
    print(f"{len(panels)} queries and {len(alerts)} alerts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
