"""A folder of documents as store/documents writes it in its first version, made by other means: the journal by struct
and a CRC-32C of its own, from the comment of store/documents/detail/folder_journal.hpp; the entries by json; the index
by pyarrow. tests/unit/store/documents/document_folder.cpp reads it.

    pip install pyarrow && python tests/oracle/document_folder.py     # writes tests/golden/store/documents_v1.*
"""
import json
import pathlib
import struct

import pyarrow as pa
import pyarrow.parquet as pq

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "store"


def crc32c(data):
    """RFC 3720, appendix B.4, bit by bit; of b"123456789" it is 0xe3069283."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283

# What the folder held when its journal was begun.
DOCUMENTS = {"runs/7/a.json": (11, b'{"id":"a","loss":0.5}'), "runs/7/b.json": (12, b'{"id":"b","loss":2}')}
ENTRIES = {"index/loss/a": (13, b""), "index/names/first": (14, b"0000000000000001"), "stamps/x": (15, bytes(range(8)))}
# And what was committed since: two transactions.
COMMITTED = [
    [("write", "runs/7/b.json", 21, b'{"id":"b","loss":0.25}'), ("write", "runs/7/c.json", 22, b'{"id":"c"}'),
     ("remove", "index/loss/a", 0, b"")],
    [("write", "points/x", 23, bytes(range(100))), ("remove", "stamps/x", 0, b"")],
]


def record(changes, there):
    body = b""
    for kind, key, version, data in changes:
        name = key.encode()
        body += struct.pack("<BH", (1 if kind == "write" else 2) + (4 if key in there else 0), len(name)) + name
        if kind == "write":
            body += struct.pack("<QI", version, len(data)) + data
            there.add(key)
        else:
            there.discard(key)
    body = struct.pack("<I", len(body)) + body
    return struct.pack("<I", crc32c(body)) + body


there = set(DOCUMENTS) | set(ENTRIES)
head = struct.pack("<QQQ", 5, len(there), sum(crc32c(key.encode()) for key in there))
records = b"".join(record(changes, there) for changes in COMMITTED)
mark = struct.pack("<QQ", 64 + len(records), 64 + len(records))
begin = b"mlrjrnl\n" + struct.pack("<II", 1, crc32c(head)) + head
journal = begin + mark + struct.pack("<II", crc32c(mark), 0) + records
(GOLDEN / "documents_v1.journal").write_bytes(journal)

lines = [{"key": key, "version": version, "bytes": data.hex(), "crc32c": crc32c(data)}
         for key, (version, data) in sorted(ENTRIES.items())]
(GOLDEN / "documents_v1.jsonl").write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))

rows = sorted(DOCUMENTS.items())
fields = [pa.field("_key", pa.string(), False), pa.field("_version", pa.uint64(), False),
          pa.field("_size", pa.uint64(), False), pa.field("_crc32c", pa.uint32(), False),
          pa.field("id", pa.string()), pa.field("loss", pa.float64())]
table = pa.table([[key for key, _ in rows], [version for _, (version, _) in rows],
                  [len(data) for _, (_, data) in rows], [crc32c(data) for _, (_, data) in rows], ["a", "b"],
                  [0.5, 2.0]], schema=pa.schema(fields))
pq.write_table(table, GOLDEN / "documents_v1.parquet", compression="none")
