#!/usr/bin/env python3
"""Writes tests/golden/resilience/cache_copy.bin: what a two-level cache keeps in its storage, by the layouts that
core/saved/envelope.hpp and the format's comment state. Needs the standard library alone."""
import pathlib
import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def text(data):
    return struct.pack("<Q", len(data)) + data


name = b"cache_copy"
payload = text(b"key") + struct.pack("<Q", 1_700_000_060_000_000_000) + text(b"value")
sealed = b"MRAG\x01\x00" + struct.pack("<HQ", len(name), len(payload)) + name + payload
golden = pathlib.Path(__file__).parent.parent / "golden/resilience/cache_copy.bin"
golden.write_bytes(sealed + struct.pack("<I", crc32c(sealed)))
