#!/usr/bin/env python3
"""Compiles each header as C++17, which must be refused in a few lines that say what to do.

usage: old_standard.py --compiler CXX --folders FILE [--passed FILE]
"""
import argparse
import pathlib
import subprocess
import sys

from passed import Passed, version
from tree import Tree

MAX_LINES = 30  # the way through the includes is in it


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--folders", type=pathlib.Path, required=True)
    parser.add_argument("--passed", help="what passed is kept here, and not compiled again while nothing of it changes")
    args = parser.parse_args()
    folders = [f"-I{folder}" for folder in args.folders.read_text().split() if folder != "/usr/include"]
    tree = Tree()
    failures = 0
    record = Passed(args.passed, [version(args.compiler), *folders])
    for name in ["millrace.hpp"] + [f"{module}.hpp" for module in tree.modules] + [n for n in tree.all_headers if "/" in n]:
        if record.holds(name):
            continue
        done = subprocess.run([args.compiler, "-std=c++17", "-fsyntax-only", *folders, "-x", "c++", "-"],
                              input=f"#include <millrace/{name}>\n", capture_output=True, text=True)
        said = done.stderr.splitlines()
        if done.returncode == 0 or len(said) > MAX_LINES or not any("needs C++20: compile with -std=c++20" in line for line in said):
            print(f"{name}: {len(said)} lines\n" + "\n".join(said[:5]), file=sys.stderr)
            failures += 1
        else:
            record.keep(name, [tree.include / path for path in [name, *tree.closure(name)] if not path.startswith("<")])
    record.write()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
