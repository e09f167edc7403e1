#!/usr/bin/env python3
"""Asks an API of all parts by its own description, as schemathesis (PyPI) makes requests from it: right ones and wrong
ones. No response is 5xx, and none is other than the description says.

usage: rest.py --driver interop_rest [--examples N]
77: the package schemathesis is not there.
"""
import argparse
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

# All but those that want a right request to be taken whatever else there is: a matrix whose rows are of different lengths is right by
# its schema, and refused.
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
          "response_schema_conformance,negative_data_rejection,unsupported_method,ignored_auth")
# Schemathesis sends methods that a path has not, with the body of one that it has, and wants 405. A method that cpp-httplib does not
# know, such as QUERY, is refused before there is a path, with 501 (RFC 9110, section 9.1), and a body of GET, OPTIONS or TRACE with 400.
CONFIG = """[phases.coverage]
unexpected-methods = ["PUT", "POST", "DELETE", "PATCH"]
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--examples", type=int, default=60)
    args = parser.parse_args()
    if importlib.util.find_spec("schemathesis") is None:
        print("no package schemathesis", file=sys.stderr)
        return 77
    server = subprocess.Popen([args.driver], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
            pathlib.Path(folder, "schemathesis.toml").write_text(CONFIG)
            done = subprocess.run(
                [sys.executable, "-m", "schemathesis.cli", "run", address + "/openapi.json", "--header", "Authorization: Bearer t0ken",
                 "--max-examples", str(args.examples), "--seed", "1", "--no-color", "--checks", CHECKS],
                cwd=folder, env={**os.environ, "NO_PROXY": "127.0.0.1"}, check=False)
        if done.returncode != 0:
            return 1
    finally:
        server.stdin.close()
        code = server.wait(timeout=60)
    print(f"the server ended with {code}")
    return code


if __name__ == "__main__":
    sys.exit(main())
