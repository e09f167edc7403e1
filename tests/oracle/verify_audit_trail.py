#!/usr/bin/env python3
"""Verifies an audit trail's folder with nothing but hashlib: the second implementation of what docs/guide/audit.md says.

usage: verify_audit_trail.py FOLDER [--head FILE]...

Prints `sound RECORDS ROOT` or `bad INDEX FILE OFFSET: WHY`, and ends with 0 or 1. A head is a tree head's text that
was kept elsewhere.
"""
import argparse
import hashlib
import pathlib
import re
import struct
import sys

HEADER = 4096
KINDS = ["info", "warning", "error", "critical"]


def sha256(*parts):
    hash = hashlib.sha256()
    for part in parts:
        hash.update(part)
    return hash.digest()


class Bad(Exception):
    """What is wrong: index of the first bad record, file, offset, why."""


class Tree:
    """RFC 6962: the peaks of the perfect trees whose sizes add up to the tree's."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def append(self, leaf):
        self.peaks.append(leaf)
        self.size += 1
        size = self.size
        while size % 2 == 0:
            right, left = self.peaks.pop(), self.peaks.pop()
            self.peaks.append(sha256(b"\1", left, right))
            size //= 2

    def root(self):
        if not self.peaks:
            return sha256(b"")
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha256(b"\1", peak, root)
        return root


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if self.at + size > len(self.data):
            raise ValueError("the record's parts are larger than it")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def text(self, form):
        return self.take(self.number(form))


def read_record(frame):
    """The record of a frame, or a ValueError."""
    total, kind, leaf_size, zero = struct.unpack_from("<4I", frame)
    if zero or 48 + leaf_size > total:
        raise ValueError("the frame's sizes")
    leaf = frame[48:48 + leaf_size]
    if sha256(leaf) != frame[16:48]:
        raise ValueError("the record is not what its hash says")
    reader = Reader(leaf)
    mark, layout, origin, severity, fields = reader.take(5)
    if (mark, layout) != (0, 1) or origin > 1 or severity > 3 or fields > 64 or reader.take(3) != bytes(3):
        raise ValueError("the record's beginning")
    record = {"index": reader.number("Q"), "time": reader.number("Q"), "origin": origin}
    rest = frame[48 + leaf_size:]
    openings = rest[:reader.number("I")]
    if any(rest[len(openings):]) or len(rest) - len(openings) > 7:
        raise ValueError("the frame's end")
    record["kind"], record["object"], record["reason"] = reader.text("B"), reader.text("I"), reader.text("I")
    values = record["values"] = []
    for place in range(fields + 1):
        name = reader.text("B") if place else b""
        personal = reader.number("B")
        if personal > 11:
            raise ValueError("a type of personal data")
        size = reader.number("I")
        if not personal:
            values.append((name, reader.take(size), False))
            continue
        commitment, opening, openings = reader.take(32), openings[:size], openings[size:]
        if len(opening) != size or size < 24 or size % 16:
            raise ValueError("an opening's size")
        if not opening[0]:  # erased, or about to be
            values.append((name, b"", True))
            continue
        length = struct.unpack_from("<I", opening, 4)[0]
        if opening[:4] != b"\2\0\0\0" or (24 + length + 15) // 16 * 16 != size or any(opening[24 + length:]):
            raise ValueError("an opening's form")
        if sha256(opening) != commitment:
            raise ValueError("a value of personal data is not what its record commits to")
        values.append((name, opening[24:24 + length], False))
    if reader.at != len(leaf) or openings:
        raise ValueError("the record's parts do not add up")
    return record


class Trail:
    def __init__(self, heads):
        self.tree, self.heads = Tree(), sorted(heads)
        self.id = self.previous = self.times = None
        self.committed = self.pruned = self.pruned_by_records = 0
        self.erased, self.erasures = {}, set()

    def bad(self, path, offset, why, index=None):
        raise Bad(self.tree.size if index is None else index, path.name, offset, why)

    def append(self, leaf, path, offset):
        self.tree.append(leaf)
        while self.heads and self.heads[0][0] == self.tree.size:
            if self.heads[0][1] != self.tree.root():
                self.bad(path, offset, "not the records of a head that was kept", 0)
            self.heads.pop(0)

    def begin(self, path, whose, day, first):
        name = path.name.split(".")[0]
        date = str(__import__("datetime").date(1970, 1, 1) + __import__("datetime").timedelta(days=day))
        if name != f"{date}-{first:012d}":
            self.bad(path, 0, "the file has the name of another")
        if self.id not in (None, whose):
            self.bad(path, 0, "the file is of another trail")
        if first != self.tree.size:
            self.bad(path, 0, "records are missing before")
        self.id = whose

    def take_hashes(self, path):
        data = path.read_bytes()
        if len(data) < 88 or data[:8] != b"mrhashes" or sha256(data[:-32]) != data[-32:]:
            self.bad(path, 0, "the hashes are not what their hash says")
        version, whose, day, first, count = struct.unpack_from("<Q16sQQQ", data, 8)
        if version != 1 or len(data) != 88 + 32 * count:
            self.bad(path, 0, "the sizes of the hashes")
        self.begin(path, whose, day, first)
        for i in range(count):
            self.append(data[56 + 32 * i:88 + 32 * i], path, 0)
        self.pruned = self.committed = self.tree.size
        self.times = None

    def take_segment(self, path, last):
        data = path.read_bytes()
        if len(data) < HEADER or data[:8] != b"mraudit\n" or sha256(data[:HEADER - 32]) != data[HEADER - 32:HEADER]:
            self.bad(path, 0, "the header is not what its hash says")
        version, size, whose, first, day, earliest, latest, peaks = struct.unpack_from("<II16s5Q", data, 8)
        if version != 1 or size != HEADER:
            self.bad(path, 0, "the header's version")
        self.begin(path, whose, day, first)
        if [data[72 + 32 * i:104 + 32 * i] for i in range(peaks)] != self.tree.peaks:
            self.bad(path, 0, "the header has another tree")
        if self.times not in (None, (earliest, latest)) and first:
            self.bad(path, 0, "the header has other times")
        self.times, self.previous, marks, at = (2**64 - 1, 0), data[HEADER - 32:HEADER], 0, HEADER
        while at < len(data) and any(data[at:at + 8]):
            frame, kind, total = b"", 0, 0
            if len(data) - at >= 8:
                total, kind = struct.unpack_from("<II", data, at)
                frame = data[at:at + total]
            if kind not in (1, 2) or len(frame) != total or total % 8 or total < 48 or marks & 1:
                self.bad(path, at, "no frame belongs here")
            if kind == 1:
                self.take_record(path, at, frame)
            else:
                marks = self.take_commit(path, at, frame)
            at += total
        if any(data[at:]):
            self.bad(path, at, "bytes stand behind the end")
        if self.committed != self.tree.size:
            self.bad(path, at, "records without a commit", self.committed)
        if not last and not (marks & 1 and at == len(data)):
            self.bad(path, at, "the segment is cut off")
        if last and marks & 1:
            self.bad(path, at, "the next segment is missing")

    def take_record(self, path, at, frame):
        try:
            record = read_record(frame)
        except (ValueError, struct.error) as why:
            self.bad(path, at, str(why))
        if record["index"] != self.tree.size:
            self.bad(path, at, "another record belongs here")
        for place, (_, _, erased) in enumerate(record["values"]):
            if erased:
                self.erased[record["index"], place] = (path, at)
        values = record["values"]
        if record["origin"] == 1 and len(values) > 2:
            if record["kind"] == b"personal_data_erased":
                self.erasures.add((int(values[1][1]), int(values[2][1])))
            if record["kind"] == b"records_pruned":
                self.pruned_by_records = int(values[2][1])
        self.times = min(self.times[0], record["time"]), max(self.times[1], record["time"])
        self.append(frame[16:48], path, at)

    def take_commit(self, path, at, frame):
        if len(frame) < 128 or sha256(frame[:96], frame[128:]) != frame[96:128]:
            self.bad(path, at, "the commit is not what its hash says")
        size, _, marks, _ = struct.unpack_from("<QQII", frame, 8)
        if frame[64:96] != self.previous or size != self.tree.size:
            self.bad(path, at, "the commit does not belong here")
        if frame[32:64] != self.tree.root():
            self.bad(path, at, "the records before are not those of the commit", self.committed)
        self.previous, self.committed = frame[96:128], size
        return marks

    def conclude(self, last):
        if self.heads:
            self.bad(last, 0, f"a head that was kept speaks of {self.heads[-1][0]} records")
        if self.pruned > self.pruned_by_records:
            self.bad(last, 0, "a segment is gone without a record of it", self.pruned_by_records)
        for value in sorted(set(self.erased) - self.erasures):
            self.bad(*self.erased[value], "erased without a record of it", value[0])


def read_head(text):
    match = re.match(r"millrace tree head 1\norigin (\S+)\nsize (\d+)\nroot ([0-9a-f]{64})\n", text)
    if not match:
        sys.exit("no tree head: " + text[:40])
    return int(match[2]), bytes.fromhex(match[3]), match[1]


def verify(folder, heads=()):
    """(records, root) or Bad."""
    names = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        if match := re.fullmatch(r"\d{4}-\d\d-\d\d-(\d{12,20})\.audit(\.hashes)?", path.name):
            if int(match[1]) not in names or not match[2]:
                names[int(match[1])] = path
    if not names:
        sys.exit(f"{folder} has no audit trail")
    trail, paths = Trail([head[:2] for head in heads if head[0]]), [names[first] for first in sorted(names)]
    for path in paths:
        trail.take_hashes(path) if path.suffix == ".hashes" else trail.take_segment(path, path == paths[-1])
    if any(head[2] != trail.id.hex() for head in heads):
        sys.exit("a tree head is of another trail")
    trail.conclude(paths[-1])
    return trail.tree.size, trail.tree.root().hex()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--head", action="append", default=[])
    args = parser.parse_args()
    try:
        size, root = verify(args.folder, [read_head(pathlib.Path(head).read_text()) for head in args.head])
    except Bad as bad:
        print("bad {} {} {}: {}".format(*bad.args))
        return 1
    print(f"sound {size} {root}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
