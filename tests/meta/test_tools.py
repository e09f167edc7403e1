#!/usr/bin/env python3
"""What tools/demo and tools/test say where they cannot go on: one sentence that names what is needed.

Each case runs tools/demo with a PATH that holds stand-ins for apt-get, cmake and the compiler, in a copy of tools/.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORDINARY = "sh dirname sed sort head tail printf getconf awk mkdir cat grep env uname".split()

# A system on which all goes well; each case changes some of it. None: there is no such command.
GOOD = {
    "apt-get": "exit 0",
    "dpkg-query": "printf installed",
    "id": "echo 0",
    "cmake": 'case $1 in --version) echo "cmake version 3.25.1" ;; esac',
    "c++": 'case $1 in --version) echo "c++ (Debian) 12.2.0" ;; *) echo 12.2.0 ;; esac',
}
CASES = [  # what is changed, words that standard error must have (None: it succeeds)
    ({}, None),
    ({"apt-get": None}, "it has no apt-get); install what Debian calls: g++ cmake ninja-build"),
    ({"apt-get": None, "ninja": "exit 0"}, None),  # all there: goes on
    ({"dpkg-query": "exit 1", "id": "echo 1000"}, "neither root nor sudo to install them; as root: apt-get install g++"),
    ({"dpkg-query": "exit 1", "apt-get": "exit 100"}, "apt-get update failed"),
    ({"dpkg-query": "exit 1", "apt-get": 'test "$1" = update'}, "apt-get could not install g++ cmake"),
    ({"dpkg-query": "exit 1"}, None),
    ({"dpkg-query": "exit 1", "id": "echo 1000", "sudo": '"$@"'}, None),
    ({"cmake": 'echo "cmake version 3.22.1"'}, "cmake 3.22.1 is too old: 3.25 is needed"),
    ({"cmake": 'echo "cmake version 4.1.0"'}, None),
    ({"c++": 'case $1 in --version) echo "c++ (Ubuntu) 11.4.0" ;; *) echo 11.4.0 ;; esac'}, "c++ 11.4.0 is too old: g++ 12 or clang 14"),
    ({"c++": 'case $1 in --version) echo "Debian clang version 13.0.1" ;; *) echo 13.0.1 ;; esac'}, "c++ 13.0.1 is too old"),
    ({"c++": None}, "there is no C++ compiler named c++"),
    ({"cmake": 'case $1 in --version) echo "cmake version 3.25.1" ;; *) echo "CMake Error: no Eigen"; exit 1 ;; esac'},
     "CMake could not configure build/demo"),
    ({"cmake": 'case $1 in --version) echo "cmake version 3.25.1" ;; --build) exit 1 ;; esac'}, "the build in build/demo failed"),
]


def run(commands):
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(ROOT / "tools", folder / "tools")
        (folder / "bin").mkdir()
        for name in ORDINARY:
            (folder / "bin" / name).symlink_to(shutil.which(name))
        for name, script in commands.items():
            if script is not None:
                path = folder / "bin" / name
                path.write_text(f"#!/bin/sh\n{script}\n")
                path.chmod(0o755)
        job = folder / "build/demo/examples/lifecycle/lifecycle"
        job.parent.mkdir(parents=True)
        job.write_text('#!/bin/sh\necho "$LIFECYCLE_CALLED_AS runs the job $*"\n')
        job.chmod(0o755)
        return subprocess.run([folder / "tools/demo", "--input", "my table.csv"], env={"PATH": str(folder / "bin")},
                              capture_output=True, text=True)


def main():
    failures = 0
    for change, words in CASES:
        done = run(GOOD | change)
        if words is None:
            as_hoped = done.returncode == 0 and done.stdout == "tools/demo runs the job --input my table.csv\n"
        else:
            as_hoped = done.returncode == 1 and words in done.stderr.splitlines()[-1] and done.stdout == ""
        if not as_hoped:
            failures += 1
            print(f"FAIL {change}: hoped for {words or 'the job'}; status {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"{len(CASES)} systems, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
