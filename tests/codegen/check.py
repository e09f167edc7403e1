#!/usr/bin/env python3
"""Checks that a chain, alone and under pass-through middleware, is the instructions of the bare calls.

usage: check.py --compiler CXX --include DIR [--passed FILE] pass_through.cpp

Compiles at -O2 and compares the disassembly (objdump, binutils) of bare_calls with the others',
instruction by instruction, jumps by the instruction they lead to; addresses and padding do not count.
Proves first that it can fail: a chain under a middleware that reads the clock must differ.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "meta"))

from passed import Passed, dependencies, version  # noqa: E402

SAME = ["chain_alone", "chain_passed_through"]
DIFFERENT = "chain_timed"


def disassemble(compiler, include, source, flags):
    with tempfile.TemporaryDirectory() as folder:
        obj = pathlib.Path(folder) / "code.o"
        subprocess.run([compiler, "-std=c++20", "-O2", f"-I{include}", *flags, "-c", str(source), "-o", str(obj)], check=True)
        return subprocess.run(["objdump", "-dr", "--no-show-raw-insn", "-C", str(obj)], check=True, capture_output=True,
                              text=True).stdout


def instructions(listing, function):
    body = re.search(rf"^[0-9a-f]+ <{function}\(.*?>:\n(.*?)(?:\n\n|\Z)", listing, re.MULTILINE | re.DOTALL)
    if body is None:
        sys.exit(f"{function} is not in the object file")
    kept = []  # address and text of each instruction that does something
    order = {}  # address -> the number of the first such instruction from there on
    for line in body.group(1).splitlines():
        address, _, text = line.strip().partition(":")
        text = text.strip()
        relocation = re.match(r"R_X86_64_\w+\s+(.*)", text)
        if relocation:
            target = re.sub(r"[+-]0x[0-9a-f]+$", "", relocation.group(1))
            kept[-1] += " -> " + re.sub(r"^\.LC(PI)?\d+", ".LC", target)  # constants are numbered by function
            continue
        order[int(address, 16)] = len(kept)
        text = re.sub(r"\s*#.*", "", text)
        if not re.match(r"(data16|cs |nop|xchg +%ax,%ax)", text):
            kept.append(text)
    # A jump goes to the instruction of that number: how many bytes of padding lie between says nothing.
    lines = [re.sub(r"\s+", " ", re.sub(r"\b([0-9a-f]+) <.*>", lambda m: f"#{order.get(int(m.group(1), 16), '?')}", text))
             for text in kept]
    lines = [re.sub(r"^(call\w*) #[0-9?]+", r"\1", line) for line in lines]
    for i, line in enumerate(lines[:-1]):
        # Which side of an equality stands first says nothing.
        compare = re.fullmatch(r"(cmp\w* )(%\w+),(%\w+)", line)
        if compare and re.match(r"jn?e ", lines[i + 1]):
            lines[i] = compare.group(1) + ",".join(sorted(compare.group(2, 3)))
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", required=True)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--passed", help="what passed is kept here, and not compiled again while nothing of it changes")
    args = parser.parse_args()
    record = Passed(args.passed, [version(args.compiler), version("objdump"), args.include])
    if record.holds("all"):
        print("unchanged since it passed")
        return

    listing = disassemble(args.compiler, args.include, args.source, ["-DMILLRACE_SEEDED_FAULT"])
    bare = instructions(listing, "bare_calls")
    if instructions(listing, DIFFERENT) == bare:
        sys.exit(f"{DIFFERENT} reads a clock and yet compares equal: this test cannot fail")
    for function in SAME:
        found = instructions(listing, function)
        if found != bare:
            print(f"bare_calls, {len(bare)} instructions:", *bare, sep="\n  ")
            print(f"{function}, {len(found)} instructions:", *found, sep="\n  ")
            sys.exit(f"{function} is not the instructions of the bare calls")
        print(f"{function}: the same {len(bare)} instructions as the bare calls")
    depends = subprocess.run([args.compiler, "-std=c++20", f"-I{args.include}", "-M", str(args.source)], check=True, capture_output=True,
                             text=True).stdout
    record.keep("all", dependencies(depends))
    record.write()


main()
