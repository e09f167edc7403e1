#!/usr/bin/env python3
"""Checks that one misuse of the library is explained by the compiler's first error.

usage: check.py --compiler CXX [--folders FILE] [--passed FILE] <CODE>_<slug>.cpp

The file holds a right use, and under `#ifdef MILLRACE_MISUSE` the wrong one. Asked of it:
  - without MILLRACE_MISUSE it compiles (the twin: else any slip would pass for the misuse);
  - with it, it fails, and the first error with all its notes (from g++ 13 on without the source drawn beside them)
      - is at most 20 lines long,
      - names its code, `millrace[<CODE>]`, within the first 5 lines after the trail of includes (where no
        static_assert can stand, as a name that the compiler prints: `millrace_<CODE>`, with _ for -),
      - matches every `// expect: <regex>` line of the file.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "meta"))

from passed import Passed, dependencies, version  # noqa: E402

MAX_LINES = 20
CAUSE_WITHIN = 5
# The compiler's remarks on having been told to stop at the first error.
# The way through the includes to where the error stands: as long as the reader's own chain of headers.
TRAIL = re.compile(r"^In file included from |^ +from ")
NOISE = re.compile(r"^compilation terminated|^fatal error: too many errors emitted|^\d+ errors? generated|^\s*$")


def compile_file(compiler, flags, source, misuse):
    which = version(compiler)
    told = ["-ferror-limit=1"] if "clang" in which else ["-fmax-errors=1"]
    if "clang" not in which and int(re.search(r" (\d+)\.\d+\.\d+", which)[1]) >= 13:
        told.append("-fno-diagnostics-show-caret")  # from 13 on it draws the source around every note, also where it says nothing
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", *told, *flags]
    if misuse:
        command.append("-DMILLRACE_MISUSE")
    done = subprocess.run(command + [str(source)], capture_output=True, text=True, errors="replace",
                          env={**os.environ, "LC_ALL": "C"})
    return done.returncode, done.stderr


def problems(compiler, flags, source, depends=os.devnull):
    """The list of what is wrong, empty when all is well, and the compiler's message."""
    text = source.read_text()
    code = source.stem.split("_")[0]
    expected = re.findall(r"^// expect: (.+?)\s*$", text, re.MULTILINE)
    found = []
    if not re.fullmatch(r"[A-Z][A-Z0-9]*-\d+", code):
        found.append(f"{source.name}: the name must begin with a code, like CHAIN-3_reads_unwritten_field.cpp")
    if not expected:
        found.append(f"{source.name}: no `// expect: regex` line says what the error must contain")
    if "MILLRACE_MISUSE" not in text:
        found.append(f"{source.name}: no `#ifdef MILLRACE_MISUSE` marks the misuse")
    if found:
        return found, ""

    # What the right use includes decides over the wrong one too: they stand in one file.
    status, message = compile_file(compiler, [*flags, "-MD", "-MF", str(depends)], source, misuse=False)
    if status != 0:
        return [f"{source.name}: the right use does not compile"], message

    status, message = compile_file(compiler, flags, source, misuse=True)
    if status == 0:
        return [f"{source.name}: the misuse compiles"], message
    lines = [line for line in message.splitlines() if not NOISE.search(line)]
    if len(lines) > MAX_LINES:
        found.append(f"{source.name}: the first error is {len(lines)} lines long; {MAX_LINES} are allowed")
    told = [line for line in lines if not TRAIL.search(line)]
    cause = "\n".join(told[:CAUSE_WITHIN])
    if f"millrace[{code}]" not in cause and f"millrace_{code.replace('-', '_')}_" not in cause:
        found.append(f"{source.name}: millrace[{code}] is not within the first {CAUSE_WITHIN} lines after the trail of includes")
    for regex in expected:
        if not re.search(regex, "\n".join(lines)):
            found.append(f"{source.name}: the first error does not match /{regex}/")
    return found, "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--folders", type=pathlib.Path, help="a file with one include folder a line")
    parser.add_argument("--passed", help="what passed is kept here, and not compiled again while nothing of it changes")
    parser.add_argument("source", type=pathlib.Path)
    args = parser.parse_args()
    folders = args.folders.read_text().split() if args.folders else []
    flags = [f"-I{folder}" for folder in folders if folder != "/usr/include"]
    record = Passed(args.passed, [version(args.compiler), *flags])
    if record.holds("both"):
        print("unchanged since it passed")
        return 0
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        depends = pathlib.Path(folder) / "depends"
        found, message = problems(args.compiler, flags, args.source, depends)
        if not found:
            record.keep("both", dependencies(depends.read_text()))
            record.write()
    if message:
        print(message)
    for problem in found:
        print(f"{os.path.basename(args.compiler)}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
