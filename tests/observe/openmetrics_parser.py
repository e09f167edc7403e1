#!/usr/bin/env python3
"""The OpenMetrics parser of Prometheus' Python client accepts our pages and reads our values from them.

usage: openmetrics_parser.py OBSERVE_PAGE      (`tools/test` installs the client)
"""
import sys

import expected

SKIPPED = 77


def main():
    program = sys.argv[1]
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
    except ImportError:
        print("skipped: the Python package prometheus_client is missing")
        return SKIPPED
    failed = 0
    exemplars = {}
    for seed in [None, *range(40)]:
        wanted = expected.samples(program, seed)
        got = {}
        text = expected.page(program, "openmetrics", seed).decode()
        try:
            for family in parse(text):
                for sample in family.samples:
                    labels = {k: float(v) if k == "le" else v for k, v in sample.labels.items() if v != ""}
                    got[sample.name, frozenset(labels.items())] = float(sample.value)
                    if sample.exemplar:
                        of = sample.exemplar
                        exemplars[sample.name, labels.get("le")] = (of.labels, of.value, float(of.timestamp))
        except ValueError as refused:
            print(f"seed {seed}: refused: {refused}", file=sys.stderr)
            failed += 1
            continue
        # No sum and no count where a bound or the sum is negative.
        for key in [key for key in wanted if key not in got and key[0].endswith(("_sum", "_count"))]:
            base, _ = key[0].rsplit("_", 1)
            bounds = (dict(labels)["le"] for name, labels in wanted if name == base + "_bucket")
            if min(bounds) < 0 or not wanted.get((base + "_sum", key[1]), -1) >= 0:
                del wanted[key]
        if found := expected.difference(wanted, got):
            print(f"seed {seed}:\n{found}", file=sys.stderr)
            failed += 1
    trace = {"trace_id": "0102030405060708090a0b0c0d0e0f10", "span_id": "1112131415161718"}
    odd = {"odd": 'a"b\\c\nd \\xff caf\u00e9'}
    wanted = {("exemplary_total", None): (odd, 3, 1700000000.123), ("exemplary_size_bucket", 1): (trace, 0.5, 1700000000.007),
              ("exemplary_size_bucket", 2.5): (odd, 2.5, 1700000000.123),
              ("exemplary_size_bucket", float("inf")): (trace, 99, 1700000000.007),
              ("exemplary_seconds_bucket", 0.1): (trace, 0.05, 1700000000.007)}
    if exemplars != wanted:
        print(f"exemplars: {exemplars}\ninstead of: {wanted}", file=sys.stderr)
        failed += 1
    for damaged in ("# EOF\n# EOF\n", "x_total 1\n", "# TYPE x counter\nx 1\n# EOF\n"):
        try:
            list(parse(damaged))
            print(f"the parser let {damaged!r} pass", file=sys.stderr)
            failed += 1
        except ValueError:
            pass
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
