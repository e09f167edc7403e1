#!/usr/bin/env python3
"""Our verifier of audit trails beside one in Python (tests/oracle/verify_audit_trail.py), on a sound trail and on many
that were tampered with: both say the same of each, and name the same record.

usage: audit_trail.py --driver PROGRAM
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

ORACLE = pathlib.Path(__file__).resolve().parents[1] / "oracle"
sys.path.insert(0, str(ORACLE))
sys.dont_write_bytecode = True
from verify_audit_trail import Bad, read_head, verify  # noqa: E402

VARIANTS = 150


def verdict(folder, head):
    try:
        size, root = verify(folder, [head])
    except Bad as bad:
        return ["bad", str(bad.args[0])], bad.args[3]
    return ["sound", str(size), root], ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([args.driver, folder, str(VARIANTS)], capture_output=True, text=True)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return 1
        head = read_head((pathlib.Path(folder) / "head").read_text())
        ours = [line.split(" ", 3) for line in done.stdout.splitlines()]
        wrong = found = 0
        for place, *rest in ours:
            theirs, why = verdict(place, head)
            same = rest[:len(theirs)] == theirs
            found += theirs[0] == "bad"
            if not same:
                wrong += 1
                print(f"{place}: ours {' '.join(rest)}; theirs {' '.join(theirs)}: {why}", file=sys.stderr)
    if ours[0][1] != "sound" or found < VARIANTS * 0.9:
        print(f"the trails are not what the test needs: {ours[0]}, {found} of {VARIANTS} found", file=sys.stderr)
        return 1
    print(f"{len(ours)} trails: both find {found} tampered with, and name the same records")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
