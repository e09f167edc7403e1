#!/usr/bin/env python3
"""Every header and source of ours stands as the pinned clang-format would write it.

usage: format.py --clang-format PROGRAM [--passed FILE]     name the files that differ
       format.py --clang-format PROGRAM --write             and write them

Proves first that it can fail. PyPI has the program: pip install clang-format==VERSION.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

from passed import Passed
from rules import sources
from tree import ROOT, Tree

VERSION = "23.1.5"
MADE = ("single_include",)  # by tools/amalgamate, of what is in form
OUT_OF_FORM = "template <class T> requires(sizeof(T) > 1) void  f( T x ) noexcept->int ;\n"


def out_of_form(program, paths):
    """Those of the files that the program would write otherwise."""
    done = subprocess.run([program, "--style=file", "--dry-run", *map(str, paths)], capture_output=True, text=True, check=True, cwd=ROOT)
    told = set(re.findall(r"^(.+?):\d+:\d+: warning: code should be clang-formatted", done.stderr, re.MULTILINE))
    return [path for path in paths if str(path) in told]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clang-format", required=True)
    parser.add_argument("--passed", help="what passed is kept here, and not asked again while nothing of it changes")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    said = subprocess.run([args.clang_format, "--version"], capture_output=True, text=True, check=True).stdout
    if VERSION not in said:
        print(f"clang-format {VERSION} is asked for; this is {said.strip()}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        red = pathlib.Path(folder) / "red.hpp"
        red.write_text(OUT_OF_FORM)
        (red.parent / ".clang-format").write_text((ROOT / ".clang-format").read_text())
        if out_of_form(args.clang_format, [red]) != [red]:
            print("what is out of form passes: this test cannot fail", file=sys.stderr)
            return 1
    record = Passed(args.passed, [said, (ROOT / ".clang-format").read_text()])
    asked = [path for path in sources(Tree(), ".hpp", ".cpp") if path.relative_to(ROOT).parts[0] not in MADE
             and not record.holds(str(path))]
    found = out_of_form(args.clang_format, asked) if asked else []
    for path in asked:
        if path not in found:
            record.keep(str(path), [path])
    if args.write and found:
        subprocess.run([args.clang_format, "--style=file", "-i", *map(str, found)], check=True, cwd=ROOT)
        return 0
    for path in found:
        name = path.relative_to(ROOT)
        print(f"{name} is out of form: {pathlib.Path(args.clang_format).name} -i {name}", file=sys.stderr)
    record.write()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
