#!/usr/bin/env python3
"""Every test of a build states the seconds that it may take (COST in CMake), and all of them together stay in bounds.

usage: budgets.py --ctest PROGRAM BUILD_FOLDER

The bound is what two idle cores may take for the tests of a first run: those that compile (compile_fail, meta, package,
codegen) have most of it. Proves first that it can fail.
"""
import argparse
import json
import subprocess
import sys

# Processor seconds: 1500 of the 2 x 20 minutes that building and testing the first eleven modules may take, and 400 for
# feature, model and infer, 350 for resilience and what observe has beside metrics, 350 for storages with transactions
# and folders, registry, track, mlops and the connectors to MLflow and Databricks, 350 for deliver, and 350 for the other
# connectors, of the 2 x 20 minutes more that all later modules have together; and 200 that tests of brokers and servers
# sleep, in which the others run. Tests beside other libraries do not
# count: without those libraries, which only --peers installs, they are skipped.
MOST = 3500


def problems(tests, most):
    seconds = 0.0
    for test in tests:
        properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
        if not properties.get("COST"):
            yield f"{test['name']}: no COST: how many seconds may it take?"
        if "interop" not in properties.get("LABELS", []) or "SKIP_RETURN_CODE" not in properties:
            seconds += float(properties.get("COST", 0))
    if seconds > most:
        yield f"all {len(tests)} tests together may take {seconds:.0f} s; {most} at most"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ctest", required=True)
    parser.add_argument("folder")
    args = parser.parse_args()
    dear = [{"name": "dear", "properties": [{"name": "COST", "value": 11.0}]}, {"name": "mute", "properties": []}]
    if len(list(problems(dear, 10))) != 2:
        print("a test without a budget, or a sum beyond the bound, passes: this test cannot fail", file=sys.stderr)
        return 1
    done = subprocess.run([args.ctest, "--test-dir", args.folder, "--show-only=json-v1"], capture_output=True, text=True, check=True)
    tests = json.loads(done.stdout)["tests"]
    found = list(problems(tests, MOST))
    for sentence in found:
        print(sentence, file=sys.stderr)
    costs = [float(entry["value"]) for test in tests for entry in test.get("properties", []) if entry["name"] == "COST"]
    print(f"{len(tests)} tests may take {sum(costs):.0f} s together")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
