#!/usr/bin/env python3
"""A program of the modules that need the standard library alone links with the standard library, libc and nothing else.

usage: symbols.py --compiler CXX [--passed FILE]

Every function of the headers that is not a template is kept (g++: -fkeep-inline-functions; clang has no such flag, so there
only what other functions call is seen). Proves first that it can fail: a call into zlib must not link.
"""
import argparse
import pathlib
import platform
import subprocess
import sys
import tempfile

from passed import Passed, dependencies, version
from tree import Tree

FAULT = 'extern "C" unsigned long crc32(unsigned long, const unsigned char*, unsigned);\ninline unsigned long fault() { return crc32(0, nullptr, 0); }\n'
MAIN = "int main() {}\n"


def link(compiler, words, text, *flags):
    keep = [] if "clang" in version(compiler) else ["-fkeep-inline-functions"]
    if platform.machine() == "x86_64":
        keep += ["-march=x86-64-v4", "-mpclmul"]  # so that what is for chosen processors can be kept outside its caller too
    return subprocess.run([compiler, "-std=c++20", "-O0", "-w", *keep, *words, *flags, "-x", "c++", "-", "-x", "none", "-nodefaultlibs",
                           "-lstdc++", "-lm", "-lc", "-lgcc_s", "-lgcc"], input=text, capture_output=True, text=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--passed", help="what passed is kept here, and not done again while nothing of it changes")
    args = parser.parse_args()
    tree = Tree()
    names = [name for module in tree.std_modules for name in tree.headers[module] if name not in tree.all_adapters]
    text = "".join(f"#include <millrace/{name}>\n" for name in names)
    record = Passed(args.passed, [version(args.compiler), text])
    if record.holds("all"):
        print("unchanged since it passed")
        return 0
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        folder = pathlib.Path(folder)
        words = [f"-I{tree.include.parent}", "-o", str(folder / "program")]
        if link(args.compiler, words, FAULT + "int main() { return fault() == 0; }\n").returncode == 0:
            print("a call of zlib's crc32 links without zlib: this test cannot fail", file=sys.stderr)
            return 1
        done = link(args.compiler, words, text + MAIN, "-MD", "-MF", str(folder / "depends"))
        if done.returncode != 0:
            print("a program of millrace::core needs more than the standard library and libc:\n" + done.stderr[:4000], file=sys.stderr)
            return 1
        record.keep("all", dependencies((folder / "depends").read_text()))
    record.write()
    print(f"{len(names)} headers need the standard library and libc alone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
