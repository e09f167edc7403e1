#!/usr/bin/env python3
"""Writes tests/golden/track/points.bin: a chunk of a metric's points, from the format's description in
include/millrace/track/metric_points.hpp and core/saved/envelope.hpp, by Python's standard library alone.

usage: tests/oracle/metric_points.py
"""
import pathlib
import struct

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/track/points.bin"
MASK = 2**64 - 1


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def varint(number):
    """`number`: a difference modulo 2^64."""
    signed = number - 2**64 if number >> 63 else number
    left = 2 * signed if signed >= 0 else -2 * signed - 1
    out = bytearray()
    while left >= 0x80:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)
    return bytes(out)


def differences(numbers):
    before = 0
    for number in numbers:
        yield varint((number - before) & MASK)
        before = number


def main():
    points = []
    for i in range(100):
        points.append((i * i % 37 * (1 if i % 2 == 0 else -1), 1_700_000_000_000 + 250 * i, struct.pack("<d", i / 8 - 3)))
    points.append((-(2**63), 2**63 - 1, struct.pack("<d", float("inf"))))
    points.append((2**63 - 1, -(2**63), struct.pack("<d", float("-inf"))))
    points.append((0, 0, struct.pack("<Q", 0x7FF8000000000001)))
    points.append((0, 0, struct.pack("<d", -0.0)))
    points.append((-1, -1, struct.pack("<d", 5e-324)))
    payload = struct.pack("<I", len(points))
    payload += b"".join(differences(p[0] for p in points)) + b"".join(differences(p[1] for p in points))
    payload += b"".join(p[2] for p in points)
    name = b"metric_points<1>"
    whole = b"MRAG" + bytes([1, 0]) + struct.pack("<HQ", len(name), len(payload)) + name + payload
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_bytes(whole + struct.pack("<I", crc32c(whole)))


if __name__ == "__main__":
    main()
