#!/usr/bin/env python3
"""The programs that the README quotes instantiate no more templates than instantiations.txt allows.

usage: instantiations.py --compiler clang++ --folders FILE [--passed FILE]          compare
       instantiations.py --compiler clang++ --folders FILE --write                  measure anew, with room for a quarter more

Counts the classes and functions that clang instantiates (-ftime-trace), the standard library's too, so the bounds are
those of clang 14 with libstdc++ 12 and a quarter; newer ones need less or about as many. Proves first that it can fail.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from passed import Passed, dependencies, version
from tree import ROOT

BOUNDS = pathlib.Path(__file__).with_name("instantiations.txt")
HEAD = """# Templates that clang instantiates for a program of the README, at most (tests/meta/instantiations.py --write).
"""


def quoted():
    return sorted(set(re.findall(r"^<!-- (examples/[\w./-]+\.cpp)\b", (ROOT / "README.md").read_text(), re.MULTILINE)))


def count(compiler, flags, source, depends=None):
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        made = pathlib.Path(folder) / "program.o"
        subprocess.run([compiler, "-std=c++20", "-O0", *flags, "-ftime-trace", "-ftime-trace-granularity=0", "-MD", "-MF",
                        str(made.with_suffix(".d")), "-c", str(source), "-o", str(made)], check=True, cwd=ROOT)
        events = json.loads(made.with_suffix(".json").read_text())["traceEvents"]
        if depends is not None:
            depends.extend(dependencies(made.with_suffix(".d").read_text()))
        return sum(event["name"] in ("InstantiateClass", "InstantiateFunction") for event in events)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--folders", type=pathlib.Path, required=True)
    parser.add_argument("--passed", help="what passed is kept here, and not compiled again while nothing of it changes")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    flags = [f"-I{folder}" for folder in args.folders.read_text().split() if folder != "/usr/include"]
    bounds = dict(re.findall(r"^(\S+) (\d+)$", BOUNDS.read_text() if BOUNDS.exists() else "", re.MULTILINE))
    if args.write:
        lines = [f"{name} {count(args.compiler, flags, ROOT / name) * 5 // 4}\n" for name in quoted()]
        BOUNDS.write_text(HEAD + "".join(lines))
        return 0
    record = Passed(args.passed, [version(args.compiler), *flags, BOUNDS.read_text()])
    failures = 0
    for name in quoted():
        if record.holds(name):
            continue
        if name not in bounds:
            print(f"{name}: the README quotes it, and tests/meta/instantiations.txt has no bound for it", file=sys.stderr)
            failures += 1
            continue
        files = []
        found = count(args.compiler, flags, ROOT / name, files)
        print(f"{name}: {found} of {bounds[name]}")
        if found == 0:
            print(f"{name}: no template was counted: this test cannot fail", file=sys.stderr)
            failures += 1
        elif found > int(bounds[name]):
            print(f"{name}: {found} templates are instantiated; {bounds[name]} at most", file=sys.stderr)
            failures += 1
        else:
            record.keep(name, files)
    for name in sorted(set(bounds) - set(quoted())):
        print(f"{name}: in tests/meta/instantiations.txt, but the README does not quote it", file=sys.stderr)
        failures += 1
    record.write()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
