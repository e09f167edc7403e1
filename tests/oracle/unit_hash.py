#!/usr/bin/env python3
"""Writes tests/golden/deliver/unit_hash.txt, variants.txt and layers.txt: where units fall, by a second implementation.

    python3 tests/oracle/unit_hash.py

made with Python's standard library alone, from the description of XXH64 (Y. Collet, "xxHash fast digest algorithm").
The hashes that this script asserts are those of PyPI's xxhash 4.1.0, which also gave every hash of the file. Each line
is: the salt's bytes in hexadecimal digits ("-" for none); "text" and the id's bytes, or "number" and the id; the hash;
the point in [0, 1) as a hexadecimal floating-point number. A line of variants.txt is weights with commas between them,
the salt's text, and the variants of the units 0 to 99, with commas between them. A line of layers.txt is what two
slices of one layer give a unit.
"""
import pathlib

PATH = pathlib.Path(__file__).parents[1] / "golden/deliver/unit_hash.txt"
MASK = 2**64 - 1
P1, P2, P3, P4, P5 = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579,
                      2870177450012600261)


def left(x, n):
    return (x << n | x >> (64 - n)) & MASK


def mix(lane, word):
    return left((lane + word * P2) & MASK, 31) * P1 & MASK


def xxh64(data, seed):
    at = 0
    if len(data) >= 32:
        lanes = [(seed + P1 + P2) & MASK, (seed + P2) & MASK, seed, (seed - P1) & MASK]
        while len(data) - at >= 32:
            for i in range(4):
                lanes[i] = mix(lanes[i], int.from_bytes(data[at:at + 8], "little"))
                at += 8
        h = sum(left(lane, n) for lane, n in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            h = ((h ^ mix(0, lane)) * P1 + P4) & MASK
    else:
        h = (seed + P5) & MASK
    h = (h + len(data)) & MASK
    while len(data) - at >= 8:
        h = (left(h ^ mix(0, int.from_bytes(data[at:at + 8], "little")), 27) * P1 + P4) & MASK
        at += 8
    if len(data) - at >= 4:
        h = (left(h ^ int.from_bytes(data[at:at + 4], "little") * P1 & MASK, 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        h = left(h ^ byte * P5 & MASK, 11) * P1 & MASK
    h = (h ^ h >> 33) * P2 & MASK
    h = (h ^ h >> 29) * P3 & MASK
    return h ^ h >> 32


assert xxh64(b"", 0) == 0xEF46DB3751D8E999
assert xxh64(b"abc", 0) == 0x44BC2CF5AD770999
assert xxh64(bytes(range(101)), 0) == 0xe99038495f85381e
assert xxh64(bytes(range(101)), 2654435761) == 0xa1c6d4174c37136d

SALTS = [b"", b"checkout-2026", "küche".encode(), b"a salt that is longer than thirty-two bytes, by far"]
TEXTS = [bytes((7 * i + 3) % 256 for i in range(n)) for n in range(70)] + [b"user-42", b"42", "Zoë".encode(), b"\0", b"\0\0"]
NUMBERS = [0, 1, 42, 255, 2**31 - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -1, -42] + [10**9 + i for i in range(8)]

lines = []
for salt in SALTS:
    seed = xxh64(salt, 0)
    units = [("text", text.hex() or "-", text) for text in TEXTS]
    units += [("number", str(number), (number & MASK).to_bytes(8, "little")) for number in NUMBERS]
    for kind, written, data in units:
        h = xxh64(data, seed)
        lines.append(f"{salt.hex() or '-'} {kind} {written} {h:016x} {float.hex((h >> 11) / 2**53)}\n")
PATH.write_text("".join(lines))


def splitmix64(state):
    """The outputs of SplitMix64 from a state (Steele, Lea, Flood 2014)."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        yield z ^ z >> 31


def variant(weights, h):
    """The first variant against all others, then halves; each level has a point of its own."""
    low, high, later = 0, len(weights), splitmix64(h)
    while high - low > 1:
        middle = 1 if low == 0 else (low + high) // 2
        upper, whole = sum(weights[middle:high]), sum(weights[low:high])
        low, high = (middle, high) if (h >> 11) / 2**53 * whole < upper else (low, middle)
        h = next(later)
    return low


lines = []
for weights in ((100,), (80, 20), (0, 100), (100, 0), (50, 30, 20), (0, 0, 100), (25, 25, 25, 25), (60, 5, 10, 15, 10),
                (40, 20, 0, 10, 10, 10, 10), tuple(range(4, 36))):
    for salt in ("", "checkout-2026"):
        variants = [variant(weights, xxh64(i.to_bytes(8, "little"), xxh64(salt.encode(), 0))) for i in range(100)]
        lines.append(f"{','.join(map(str, weights))} {salt or '-'} {','.join(map(str, variants))}\n")
(PATH.parent / "variants.txt").write_text("".join(lines))


def within(seed, part):
    return xxh64(part.encode(), seed)


def point(seed, data):
    return (xxh64(data, seed) >> 11) / 2**53


def in_slice(data, name, start, end, coverage, weights):
    """In the layer "ui" beside a holdout of a tenth."""
    layer = xxh64(b"ui", 0)
    if point(xxh64(b"nobody", 0), data) < 0.1:
        return "held_out"
    if not start <= point(layer, data) < end:
        return "elsewhere"
    if not point(within(within(layer, name), "coverage"), data) < coverage:
        return "not_covered"
    return str(variant(weights, xxh64(data, within(layer, name))))


lines = []
for i in range(300):
    data = f"user-{i}".encode()
    lines.append(f"{data.decode()} {in_slice(data, 'button', 0, 0.4, 0.5, (50, 50))} "
                 f"{in_slice(data, 'banner', 0.4, 0.9, 1, (50, 30, 20))}\n")
(PATH.parent / "layers.txt").write_text("".join(lines))
