#!/usr/bin/env python3
"""Sums, means and sample variances by Python's fractions, of streams that tests/unit/aggregate/members/exact_moments.cpp
makes too: prints the rows of its table. With a path: writes tests/golden/aggregate/exact_moments.bin there, from the
layouts in the comments alone."""
from fractions import Fraction
from math import isqrt, ldexp
import struct
import sys


def stream(which, size=1000):
    made = []
    state = which
    for i in range(size):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        mantissa = (state >> 11) - 2**52
        exponent = {0: -52, 1: 0, 2: (state >> 3) % 600 - 300, 3: -1074, 4: 960, 5: -52}[which]
        value = ldexp(float(mantissa), exponent)
        made.append(value + 1e15 if which == 5 else value)
    return made


def nearest(number):
    """float(Fraction) rounds correctly, but refuses what is beyond the range of doubles."""
    try:
        return float(number).hex()
    except OverflowError:
        return "inf" if number > 0 else "-inf"


for which in range(6):
    items = [Fraction(x) for x in stream(which)]
    n, total = len(items), sum(items)
    mean = total / n
    variance = sum((x - mean) ** 2 for x in items) / (n - 1)
    scale = 2 ** 4400  # of the root: so many bits behind the point
    root = Fraction(isqrt(int(variance * scale)), isqrt(scale))
    print("    {%d, %s, %s, %s, %s}," % (which, nearest(total), nearest(mean), nearest(variance), nearest(root)))


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def limbs(number):
    """Sign, the power of 2^32 of the first limb counted from 2^-2176, the limbs: neither end is zero."""
    assert (number * 2**2176).denominator == 1
    size, first, made = abs(int(number * 2**2176)), 0, []
    while size and size % 2**32 == 0:
        size >>= 32
        first += 1
    while size:
        made.append(size % 2**32)
        size >>= 32
    return struct.pack("<BIQ", number < 0, first if made else 68, len(made)) + struct.pack("<%dI" % len(made), *made)


if len(sys.argv) > 1:
    items = [Fraction((i * 7919) % 1009 - 200, 8) for i in range(2000)]
    name = b"aggregate<skip_nan;exact_moments,min,max>"
    payload = struct.pack("<QQQQ", len(items), 0, 0, 0)
    payload += struct.pack("<Q", len(items)) + limbs(sum(items)) + limbs(sum(x * x for x in items))
    payload += struct.pack("<dd", min(items), max(items))
    sealed = b"MRAG" + struct.pack("<BBHQ", 1, 0, len(name), len(payload)) + name + payload
    open(sys.argv[1], "wb").write(sealed + struct.pack("<I", crc32c(sealed)))
