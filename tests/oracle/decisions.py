#!/usr/bin/env python3
"""Writes tests/golden/model/decision_record.bin: a decision, by struct.

    python3 tests/oracle/decisions.py tests/golden
"""
import hashlib
import pathlib
import struct
import sys

from ftrl import envelope


def text(word):
    return struct.pack("<Q", len(word)) + word.encode()


def main():
    payload = text("case 17") + struct.pack("<q", 1_764_000_000_123_456_789) + text("fraud") + struct.pack("<Q", 3)
    payload += hashlib.sha256(b"a model").digest()
    payload += struct.pack("<Q", 5)
    payload += text("amount") + struct.pack("<Bd", 1, 12.5) + text("age") + struct.pack("<B", 0)
    payload += text("country") + struct.pack("<B", 2) + text("FR")
    payload += text("at") + struct.pack("<Bq", 3, -5) + text("limit") + struct.pack("<Bd", 1, float("-inf"))
    payload += struct.pack("<Q4f", 4, 0.1, -0.0, float("nan"), float("inf"))
    payload += struct.pack("<Q2d", 2, 0.1, float("nan"))
    payload += struct.pack("<B", 0) + text("")
    payload += struct.pack("<Bddd", 1, -2.25, -1.5, 0.125) + struct.pack("<Q", 2)
    payload += text("country") + struct.pack("<d", -1) + text("amount") + struct.pack("<d", 0.125)
    path = pathlib.Path(sys.argv[1]) / "model/decision_record.bin"
    path.write_bytes(envelope("decision record", payload))


if __name__ == "__main__":
    main()
