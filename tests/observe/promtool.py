#!/usr/bin/env python3
"""promtool accepts our pages: the troublesome one and 60 random ones. And it does look: it refuses damaged ones.

usage: promtool.py OBSERVE_PAGE
"""
import shutil
import subprocess
import sys

import expected

SKIPPED = 77


def judge(page):
    return subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True)


def main():
    program = sys.argv[1]
    if shutil.which("promtool") is None:
        print("skipped: promtool is missing (Debian's package prometheus has it, or promtool)")
        return SKIPPED
    failed = 0
    for seed in [None, *range(60)]:
        done = judge(expected.page(program, "prometheus", seed))
        if done.returncode != 0:
            print(f"seed {seed}: {done.stdout.decode()}{done.stderr.decode()}", file=sys.stderr)
            failed += 1
    page = expected.page(program, "prometheus")
    if b"trace_id" in page or b"trace_id" not in expected.page(program, "openmetrics"):
        print("exemplars belong in OpenMetrics, and not in Prometheus' text", file=sys.stderr)
        failed += 1
    for what, damaged in (("an unescaped quote", page.replace(b'\\"b\\"', b'"b"')),
                          ("a raw newline", page.replace(b"c\\nd", b"c\nd")),
                          ("bad UTF-8", page.replace(b"caf", b"\xff"))):
        if damaged == page or judge(damaged).returncode == 0:
            print(f"promtool let {what} pass: this test would not see it", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
