#!/usr/bin/env python3
"""Writes tests/golden/store/merkle.txt: the Merkle trees of 0 to 130 records by RFC 9162's definitions.

    python3 tests/oracle/merkle.py

made with hashlib alone, from the recursive definitions of RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1. Record i is i
bytes, of which byte j is i * j mod 251. Each line is a size n, the root of the first n records, and two SHA-256: of the
texts of all inclusion proofs of the n leaves, one behind the other, and of all consistency proofs from 0 to n. Every one of these texts has been
verified by `verify_inclusion` or `verify_consistency`, which need nothing else: take them for a verifier of your own.
"""
import hashlib
import pathlib
import re

PATH = pathlib.Path(__file__).parents[1] / "golden/store/merkle.txt"
RECORDS = [bytes(i * j % 251 for j in range(i)) for i in range(130)]


def sha256(data):
    return hashlib.sha256(data).digest()


LEAVES = [sha256(b"\0" + record) for record in RECORDS]
ROOTS = {}


def split(n):
    """The largest power of two below n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root(first, last):
    """MTH(D[first:last])."""
    if (first, last) not in ROOTS:
        n = last - first
        if n == 0:
            made = sha256(b"")
        elif n == 1:
            made = LEAVES[first]
        else:
            k = first + split(n)
            made = sha256(b"\1" + root(first, k) + root(k, last))
        ROOTS[first, last] = made
    return ROOTS[first, last]


def path(m, first, last):
    """PATH(m, D[first:last])."""
    n = last - first
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return path(m, first, first + k) + [root(first + k, last)]
    return path(m - k, first + k, last) + [root(first, first + k)]


def subproof(m, first, last, whole):
    """SUBPROOF(m, D[first:last], whole)."""
    n = last - first
    if m == n:
        return [] if whole else [root(first, last)]
    k = split(n)
    if m <= k:
        return subproof(m, first, first + k, whole) + [root(first + k, last)]
    return subproof(m - k, first + k, last, False) + [root(first, first + k)]


def text(kind, names, hashes):
    lines = [f"millrace {kind} proof 1"] + [f"{name} {value}" for name, value in names.items()]
    return "".join(line + "\n" for line in lines + ["hash " + one.hex() for one in hashes])


def read(text, kind, names):
    """The two numbers and the hashes of a proof's text."""
    first, *lines = text.split("\n")
    assert first == f"millrace {kind} proof 1" and lines.pop() == ""
    numbers = [int(re.fullmatch(name + " (0|[1-9][0-9]*)", line)[1]) for name, line in zip(names, lines)]
    return *numbers, [bytes.fromhex(re.fullmatch("hash ([0-9a-f]{64})", line)[1]) for line in lines[2:]]


def verify_inclusion(text, record, size, root_hash):
    """RFC 9162, 2.1.3.2: whether the record is in the tree of that size and root, at the index that the proof says."""
    index, proven, path = read(text, "inclusion", ("index", "size"))
    if proven != size or index >= size:
        return False
    last, found = size - 1, sha256(b"\0" + record)
    for one in path:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            found = sha256(b"\1" + one + found)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            found = sha256(b"\1" + found + one)
        index, last = index // 2, last // 2
    return last == 0 and found == root_hash


def verify_consistency(text, older, older_hash, newer, newer_hash):
    """RFC 9162, 2.1.4.2: whether the newer tree begins with the older one."""
    proven_older, proven_newer, path = read(text, "consistency", ("from", "to"))
    if (proven_older, proven_newer) != (older, newer) or older > newer:
        return False
    if older == 0 or older == newer:
        return not path and older_hash == (newer_hash if older else sha256(b""))
    if older & (older - 1) == 0:
        path = [older_hash] + path
    index, last = older - 1, newer - 1
    while index % 2 == 1:
        index, last = index // 2, last // 2
    if not path:
        return False
    before = after = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            before, after = sha256(b"\1" + one + before), sha256(b"\1" + one + after)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            after = sha256(b"\1" + after + one)
        index, last = index // 2, last // 2
    return last == 0 and before == older_hash and after == newer_hash


def line(n):
    inclusion = [text("inclusion", {"index": i, "size": n}, path(i, 0, n)) for i in range(n)]
    consistency = [text("consistency", {"from": m, "to": n}, subproof(m, 0, n, True) if m else []) for m in range(n + 1)]
    assert all(verify_inclusion(one, RECORDS[i], n, root(0, n)) for i, one in enumerate(inclusion))
    assert all(verify_consistency(one, m, root(0, m), n, root(0, n)) for m, one in enumerate(consistency))
    hashes = [root(0, n), sha256("".join(inclusion).encode()), sha256("".join(consistency).encode())]
    return " ".join([str(n)] + [one.hex() for one in hashes]) + "\n"


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text("".join(line(n) for n in range(len(RECORDS) + 1)))
