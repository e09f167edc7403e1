#!/usr/bin/env python3
"""Writes tests/golden/store/messages_1.bin, two messages, and consumed_offset_1.bin, from the formats' descriptions in
include/millrace/store/messages/ and core/saved/envelope.hpp, by Python's standard library alone.

usage: tests/oracle/messages.py
"""
import pathlib
import struct

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/store"


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFF


def text(content):
    return struct.pack("<Q", len(content)) + content


def message(topic, partition, offset, timestamp, has, key, value, headers):
    made = text(topic) + struct.pack("<iqqB", partition, offset, timestamp, has) + text(key) + text(value)
    made += struct.pack("<Q", len(headers))
    return made + b"".join(text(name) + text(value) for name, value in headers)


def envelope(name, payload):
    made = b"MRAG" + struct.pack("<BBHQ", 1, 0, len(name), len(payload)) + name + payload
    return made + struct.pack("<I", crc32c(made))


def main():
    assert crc32c(b"123456789") == 0xE3069283
    payload = struct.pack("<Q", 2)
    payload += message(b"events.user", 2, 7, 1_700_000_000_123, 0, b"k", b"\0v", [(b"trace", b"00-ab"), (b"trace", b"")])
    payload += message(b"events.user", -1, -1, 0, 1, b"gone", b"", [])
    (GOLDEN / "messages_1.bin").write_bytes(envelope(b"messages", payload))
    (GOLDEN / "consumed_offset_1.bin").write_bytes(envelope(b"consumed_offset", struct.pack("<qQ", 1_700_000_000_123, 42)))


if __name__ == "__main__":
    main()
