#!/usr/bin/env python3
"""Writes tests/golden/store/merkle.txt: the Merkle trees of 0 to 130 records by RFC 9162's definitions.

    python3 tests/oracle/merkle.py

made with hashlib alone, from the recursive definitions of RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1. Record i is i
bytes, of which byte j is i * j mod 251. Each line is a size n, the root of the first n records, and two SHA-256: of the
texts of all inclusion proofs of the n leaves, one behind the other, and of all consistency proofs from 0 to n.
"""
import hashlib
import pathlib

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


def line(n):
    inclusion = "".join(text("inclusion", {"index": i, "size": n}, path(i, 0, n)) for i in range(n))
    consistency = "".join(text("consistency", {"from": m, "to": n}, subproof(m, 0, n, True) if m else [])
                          for m in range(n + 1))
    return f"{n} {root(0, n).hex()} {sha256(inclusion.encode()).hex()} {sha256(consistency.encode()).hex()}\n"


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text("".join(line(n) for n in range(len(RECORDS) + 1)))
