#!/usr/bin/env python3
"""Writes tests/golden/store/parquet/pyarrow_*.parquet, small files in the encodings and codecs that others write.

usage: parquet_files.py [FOLDER]        needs pyarrow (26.0.1 was used) and numpy

Row i of 20 holds what tests/unit/store/parquet/reader.cpp computes once more; rows 3, 7, 11, ... are missing.
"""
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 20


def table():
    i = np.arange(ROWS)
    missing = i % 4 == 3

    def array(values, kind):
        return pa.array(values, kind, mask=missing)

    text = [f"text/{n // 5}/{n}" for n in range(ROWS)]
    return pa.table({
        "flag": array(i % 3 == 0, pa.bool_()),
        "i32": array(i * i * i * 1000 - 50000, pa.int32()),
        "i64": array(i * 10**15 - 5, pa.int64()),
        "u64": array(np.uint64(2**64 - 1) - i.astype(np.uint64), pa.uint64()),
        "f32": array((i / 4).astype(np.float32), pa.float32()),
        "f64": array(np.where(i == 4, np.nan, i / 8), pa.float64()),
        "text": array(np.array(text, object), pa.string()),
        "bytes": array(np.array([t[::-1].encode() for t in text], object), pa.binary()),
        "fixed": array(np.array([f"{n:04}".encode() for n in range(ROWS)], object), pa.binary(4)),
        "when": array(i * 1_000_000_007, pa.int64()).cast(pa.timestamp("ns")),
    })


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "golden/store/parquet"
    folder.mkdir(parents=True, exist_ok=True)

    def write(name, made, **how):
        pq.write_table(made, folder / f"pyarrow_{name}.parquet", store_schema=False, **how)

    made = table()
    write("v1_snappy", made, compression="snappy", row_group_size=12)
    write("v2_gzip", made, compression="gzip", data_page_version="2.0")
    write("lz4_int96", made, compression="lz4", use_deprecated_int96_timestamps=True, use_dictionary=False)
    write("encodings", made, compression="none", data_page_version="2.0", use_dictionary=False, write_page_checksum=True, column_encoding={
        "flag": "RLE", "i32": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED", "u64": "BYTE_STREAM_SPLIT", "f32": "BYTE_STREAM_SPLIT",
        "f64": "BYTE_STREAM_SPLIT", "text": "DELTA_BYTE_ARRAY", "bytes": "DELTA_LENGTH_BYTE_ARRAY", "fixed": "DELTA_BYTE_ARRAY"})
    write("zstd", made.select(["i64"]), compression="zstd", use_dictionary=False)
    write("nested", pa.table({"list": [[1, 2], [], None], "flat": [1, None, 3], "struct": [{"a": 1, "b": "x"}, None, {"a": 2, "b": None}],
                              "last": ["a", "b", None]}))


if __name__ == "__main__":
    main()
