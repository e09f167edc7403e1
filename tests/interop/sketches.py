#!/usr/bin/env python3
"""Sketches go both ways between this library and Apache DataSketches.

usage: sketches.py --driver PROGRAM

The driver writes images (`PROGRAM write FOLDER`). DataSketches reads each, must write the same bytes again, and
answers questions about it; the driver must answer the same (`PROGRAM read FOLDER`). Then DataSketches writes images, and
the driver reads those. Exit code 77 where the Python package `datasketches` is missing: the test counts as skipped.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "oracle"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    args = parser.parse_args()
    try:
        import sketches
    except ImportError as missing:
        print(f"skipped: {missing}. To run it: pip install datasketches==5.2.0 numpy")
        return 77

    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        ours = pathlib.Path(folder) / "ours"
        ours.mkdir()
        subprocess.run([args.driver, "write", ours], check=True)
        read = []
        for path in sorted(ours.glob("*.bin")):
            image = path.read_bytes()
            kind = sketches.kind_of(path.name)
            read.append((path.name, kind.load(image)))
            # DataSketches folds what is buffered before it writes.
            if "buffered" not in path.name and kind.normal(kind.save(read[-1][1])) != kind.normal(image):
                print(f"{path.name}: DataSketches writes other bytes than it read")
                failures += 1
        sketches.write_answers(ours, read)
        theirs = pathlib.Path(folder) / "theirs"
        sketches.main(theirs)
        for images in (ours, theirs):
            failures += subprocess.run([args.driver, "read", images]).returncode != 0
        print(f"{len(read)} images of ours, {len(list(theirs.glob('*.bin')))} of theirs, {failures} failures")
    return 1 if failures or not read else 0


if __name__ == "__main__":
    sys.exit(main())
