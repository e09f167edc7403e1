#!/usr/bin/env python3
"""Verifies the lines of an audit log with Merkle proofs with nothing but hashlib and json: a second implementation.

usage: verify_audit_log.py FILE

Prints `sound LINES HEADS` or `bad LINE`, where LINE is that of the first head that does not fit, and ends with 0 or 1.
"""
import hashlib
import json
import sys


def root_of(leaves):
    """RFC 6962, section 2.1, by its definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def verify(data):
    """What there is to say about a log's bytes: ("sound", lines, heads) or ("bad", line)."""
    leaves, heads, count = None, 0, 0
    for count, line in enumerate(data.split(b"\n")[:-1], 1):
        said = json.loads(line)
        if said["type"] == "session_start":
            leaves = [] if said.get("proofs") == "rfc6962" else None
        elif said["type"] == "tree_head" and leaves is not None:
            if (said["lines"], said["root"]) != (len(leaves), root_of(leaves).hex()):
                return ("bad", count)
            heads += 1
        if leaves is not None:
            leaves.append(hashlib.sha256(b"\0" + line).digest())
    return ("sound", count, heads)


def main():
    with open(sys.argv[1], "rb") as file:
        found = verify(file.read())
    print(*found)
    return 0 if found[0] == "sound" else 1


if __name__ == "__main__":
    sys.exit(main())
