#!/usr/bin/env python3
"""What passed.py keeps holds while nothing changed, and for no longer."""
import pathlib
import sys
import tempfile

from passed import Passed, dependencies


def main():
    failures = []

    def expect(hoped, found, when):
        if found != hoped:
            failures.append(f"{when}: holds is {found}")

    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        folder = pathlib.Path(folder)
        path, header, other = folder / "deep/passed.json", folder / "a.hpp", folder / "b.hpp"
        header.write_text("int a;")
        other.write_text("int b;")
        record = Passed(path, ["g++ 12"])
        expect(False, record.holds("one"), "before anything was kept")
        record.keep("one", [header])
        record.keep("two", [header, other])
        record.write()
        expect(True, Passed(path, ["g++ 12"]).holds("one"), "unchanged")
        expect(False, Passed(path, ["g++ 12"]).holds("three"), "of a check that did not pass")
        expect(False, Passed(path, ["g++ 14"]).holds("one"), "with another compiler")
        other.write_text("double b;")
        record = Passed(path, ["g++ 12"])
        expect(True, record.holds("one"), "where another file changed")
        expect(False, record.holds("two"), "where its file changed")
        record.write()  # two was not kept again: it failed
        expect(False, Passed(path, ["g++ 12"]).holds("two"), "after it failed")
        header.unlink()
        expect(False, Passed(path, ["g++ 12"]).holds("one"), "where its file is gone")
        path.write_text("not json")
        expect(False, Passed(path, ["g++ 12"]).holds("one"), "where what was kept cannot be read")
        expect(False, Passed(None, ["g++ 12"]).holds("one"), "where nothing is kept")
    if dependencies("x.o: a.cpp \\\n b.hpp c.hpp\n") != ["a.cpp", "b.hpp", "c.hpp"]:
        failures.append("the compiler's list of files is not read")
    for failure in failures:
        print("FAIL", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
