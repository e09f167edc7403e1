#!/usr/bin/env python3
"""Compiles each header of a module with nothing before it but what it includes, and all of them after others' macros.

usage: headers_alone.py --compiler CXX --folders FILE [--passed FILE] MODULE      (MODULE `millrace`: millrace.hpp)

The macros are ones that real headers define (<complex.h>, <termios.h>, <sys/sysmacros.h>, windows.h, X11, and
those single letters that embedded and scientific code is fond of). Third parties and much of the standard library are
included before they are defined, since it is our names that are on trial.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from passed import Passed, dependencies, version
from tree import Tree

OBJECTS = """I B0 B50 E N PI small near far interface IN OUT OPTIONAL VOID ERROR DELETE STRICT IGNORE INFINITE
None Bool Status True False Always Success Complex Unsorted unix linux""".split()
# What finds our functions' names by the types of their arguments, if we call them like its own: std::quoted was one.
STANDARD = ["<algorithm>", "<cmath>", "<cstdlib>", "<filesystem>", "<functional>", "<iomanip>", "<iterator>", "<memory>", "<numeric>",
            "<ranges>", "<thread>"]
FUNCTIONS = "min max major minor makedev check verify require likely unlikely".split()


def hostile(tree, names):
    others = dict.fromkeys(path for name in names for path in tree.closure(name) if path.startswith("<"))
    others.update(dict.fromkeys(STANDARD))
    lines = [f"#if __has_include({path})\n#include {path}\n#endif" for path in others]
    lines += [f"#undef {macro}\n#define {macro} (the macro {macro} of somebody else)" for macro in OBJECTS]
    lines += [f"#undef {macro}\n#define {macro}(...) (the macro {macro} of somebody else)" for macro in FUNCTIONS]
    return "\n".join(lines + [f"#include <millrace/{name}>" for name in names] + [""])


def chains(tree, names):
    """The headers in lists, each of which is compiled at once: a header stands behind none but those that it includes
    anyway, so what it sees is what it sees alone. The large ones stand behind others where they can: the matching that
    takes headers in order of weight is the heaviest (matroids; Lawler, Combinatorial Optimization, 1976)."""
    within = {name: [other for other in tree.closure(name) if other in names] for name in names}
    users = {name: [user for user in names if name in within[user]] for name in names}
    before = {}

    def place(name, tried):
        for user in users[name]:
            if user not in tried:
                tried.add(user)
                if user not in before or place(before[user], tried):
                    before[user] = name
                    return True
        return False

    last = [name for name in sorted(names, key=lambda name: -len(within[name])) if not place(name, set())]
    for name in last:
        chain = [name]
        while chain[-1] in before:
            chain.append(before[chain[-1]])
        yield chain[::-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--folders", type=pathlib.Path, required=True)
    parser.add_argument("--passed", help="what passed is kept here, and not compiled again while nothing of it changes")
    parser.add_argument("module")
    args = parser.parse_args()
    tree = Tree()
    folders = [f"-I{folder}" for folder in args.folders.read_text().split() if folder != "/usr/include"]
    folders.append("-DCPPHTTPLIB_OPENSSL_SUPPORT")  # as whoever links it has it (HTTP-2)
    names = ["millrace.hpp"] if args.module == "millrace" else tree.headers[args.module]
    trials = [(f"one of {', '.join(chain)} does not compile alone",
               "".join(f"#include <millrace/{name}>\n" for name in [*chain, chain[-1]])) for chain in chains(tree, names)]
    trials.append((f"{args.module} does not compile after hostile macros", hostile(tree, names)))
    failures = 0
    record = Passed(args.passed, [version(args.compiler), *folders])
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        depends = pathlib.Path(folder) / "depends"
        for words, text in trials:
            if record.holds(text):
                continue
            done = subprocess.run([args.compiler, "-std=c++20", "-fsyntax-only", "-MD", "-MF", str(depends), *folders, "-x", "c++", "-"],
                                  input=text, capture_output=True, text=True)
            if done.returncode != 0:
                print(f"{words}:\n" + "\n".join(done.stderr.splitlines()[:12]), file=sys.stderr)
                failures += 1
            else:
                record.keep(text, dependencies(depends.read_text()))
    record.write()
    print(f"{len(names)} headers, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
