#!/usr/bin/env python3
"""What including each module costs the compiler, against its budget.

usage: report.py [--compiler CXX] [--rounds N] [--folders FILE]

CPU seconds (user and system, the median of N rounds) of `-fsyntax-only` on a file that includes one umbrella, and of
compiling the programs beside this script with -O2. The budgets are for a machine that takes 0.17 s for <string> and
<vector>; the same file is measured here, and the budgets are scaled by it. Answers 1 when one is exceeded.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/meta"))

from tree import Tree  # noqa: E402

REFERENCE = 0.17
BUDGETS = {"core.hpp": 0.2, "chain.hpp": 0.25, "aggregate.hpp and stats.hpp": 0.5, "chain.hpp and middleware.hpp": 0.7,
           "observe.hpp": 0.5, "feature.hpp": 0.5, "millrace.hpp": 1.3, "millrace.hpp, precompiled": 0.65, "five_by_five.cpp": 1.5,
           "graph_engine.cpp": 25}
TOGETHER = [("aggregate.hpp", "stats.hpp"), ("chain.hpp", "middleware.hpp")]


def cpu_seconds(command, text):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(folder):
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default=os.environ.get("CXX", "c++"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folders", nargs="*", default=["/usr/include/eigen3"], help="where third parties' headers are")
    args = parser.parse_args()
    base = [args.compiler, "-std=c++20", f"-I{ROOT / 'include'}", *(f"-isystem{folder}" for folder in args.folders)]
    syntax = [*base, "-fsyntax-only", "-x", "c++", "-"]
    optimised = [*base, "-O2", "-c", "-o", os.devnull, "-x", "c++", "-"]

    version = subprocess.run([args.compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    tree = Tree(ROOT)
    umbrellas = [f"{module}.hpp" for module in tree.modules if tree.headers[module]] + ["millrace.hpp"]
    rows = [("<string> and <vector>", syntax, "#include <string>\n#include <vector>\n")]
    rows += [(name, syntax, f"#include <millrace/{name}>\n") for name in umbrellas + sorted(tree.all_adapters)]
    rows += [(" and ".join(names), syntax, "".join(f"#include <millrace/{name}>\n" for name in names)) for names in TOGETHER]
    # What a target that links millrace::pch pays for each of its sources.
    precompiled = pathlib.Path(folder) / "pch.hpp"
    precompiled.write_text("#include <millrace/millrace.hpp>\n")
    made = f"{precompiled}.{'pch' if 'clang' in version else 'gch'}"
    subprocess.run([*base, "-x", "c++-header", str(precompiled), "-o", made], check=True)
    include = ["-include-pch", made] if "clang" in version else ["-include", str(precompiled)]
    rows += [("millrace.hpp, precompiled", [*syntax[:-3], *include, *syntax[-3:]], "\n")]
    rows += [(path.name, optimised, path.read_text()) for path in sorted(HERE.glob("*.cpp"))]

    # Round by round, so that what else the machine does falls on every row alike.
    seconds = {name: [] for name, _, _ in rows}
    for _ in range(args.rounds):
        for name, command, text in rows:
            seconds[name].append(cpu_seconds(command, text))
    median = {name: statistics.median(values) for name, values in seconds.items()}
    scale = median["<string> and <vector>"] / REFERENCE

    print(f"{version}; median of {args.rounds}; this machine takes {scale:.2f} of the reference machine's time\n")
    print(f"| {'translation unit':<29} | {'how':<13} | {'CPU s':>6} | {'budget here':>11} | |")
    print(f"|{'-' * 31}|{'-' * 15}|{'-' * 7}:|{'-' * 12}:|---|")
    over = 0
    for name, command, _ in rows:
        budget = BUDGETS.get(name)
        exceeded = budget is not None and median[name] > budget * scale
        over += exceeded
        how = "-O2 -c" if command is optimised else "-fsyntax-only"
        shown = "" if budget is None else f"{budget * scale:.3f}"
        print(f"| {name:<29} | {how:<13} | {median[name]:6.3f} | {shown:>11} | {'OVER' if exceeded else ''} |")
    return 1 if over else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="millrace-") as scratch:
        sys.exit(main(scratch))
