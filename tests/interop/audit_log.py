#!/usr/bin/env python3
"""Our verifier of audit logs with Merkle proofs beside one in Python (tests/oracle/verify_audit_log.py), on a sound log
and on many that were tampered with: both find the same ones, and ours names lines up to the head that tells.

usage: audit_log.py --driver PROGRAM
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

ORACLE = pathlib.Path(__file__).resolve().parents[1] / "oracle"
sys.path.insert(0, str(ORACLE))
sys.dont_write_bytecode = True
from verify_audit_log import verify  # noqa: E402

VARIANTS = 120


def tampered(lines, pick):
    """One of the lines with proofs changed, removed, moved or doubled, so that all are JSON as before."""
    lines = list(lines)
    proven = [i for i, line in enumerate(lines)
              if b"event" in line and b'"session_id":"plain"' not in line]
    i = pick.choice(proven)
    what = pick.randrange(5)
    if what == 0:
        del lines[i]
    elif what == 1:
        lines.insert(i, lines[i])
    elif what == 2:
        other = pick.choice([k for k in proven if lines[k] != lines[i]])
        lines[i], lines[other] = lines[other], lines[i]
    elif what == 3:  # a head that was changed to fit nothing
        heads = [k for k, line in enumerate(lines) if b'"tree_head"' in line]
        at = pick.choice(heads)
        root = lines[at].rindex(b'"', 0, -2) + 1 + pick.randrange(64)
        lines[at] = lines[at][:root] + (b"0" if lines[at][root:root + 1] != b"0" else b"1") + lines[at][root + 1:]
    else:  # a digit
        digits = [k for k in range(len(lines[i])) if lines[i][k:k + 1] in (b"2", b"4", b"6")]
        at = pick.choice(digits)
        lines[i] = lines[i][:at] + bytes([lines[i][at] + 1]) + lines[i][at + 1:]
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    driver = parser.parse_args().driver
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        sound = folder / "sound"
        subprocess.run([driver, "write", sound], check=True, timeout=60)
        pick = random.Random(6962)
        whole = sound.read_bytes().split(b"\n")[:-1]
        files = [sound]
        for number in range(VARIANTS):
            files.append(folder / str(number))
            files[-1].write_bytes(b"\n".join(tampered(whole, pick)) + b"\n")
        done = subprocess.run([driver, "verify", *files], check=True, capture_output=True, text=True, timeout=60)
        ours = [line.split(" ", 3) for line in done.stdout.splitlines()]
        wrong = 0
        for file, said in zip(files, ours, strict=True):
            theirs = verify(file.read_bytes())
            if theirs[0] == "sound":
                same = said[:3] == [str(part) for part in theirs]
            else:
                same = said[0] == "bad" and int(said[1]) <= int(said[2]) <= theirs[1]
            if not same or (theirs[0] == "sound") != (file == sound):
                wrong += 1
                print(f"{file.name}: ours {said}; theirs {theirs}", file=sys.stderr)
    print(f"{len(ours)} logs, {wrong} of them judged differently")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
