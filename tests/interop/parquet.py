#!/usr/bin/env python3
"""Parquet files go both ways between this library and pyarrow, DuckDB and polars.

usage: parquet.py --driver PROGRAM [--keep FOLDER]

The driver writes files of every type (`PROGRAM write FOLDER`). pyarrow reads each, must find the cells that this script
computes once more, and statistics that are those of the cells; DuckDB and polars must read what pyarrow does. Then the
three write files in their codecs, page versions and encodings; the driver unpacks each (`PROGRAM unpack FILE FOLDER`),
and what it finds must be what pyarrow finds. Exit code 77 where a Python package is missing: the test counts as skipped.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

MASK = (1 << 64) - 1


def expected(rows):
    """The columns that the driver writes, as numpy arrays or lists, without regard to what is missing."""
    import numpy as np
    i = np.arange(rows, dtype=np.uint64)
    mixed = i * np.uint64(0x9E3779B97F4A7C15)
    number = i.astype(np.int64)
    real = number.astype(np.float64)
    single = np.where(number % 11 == 0, np.nan, np.where(number % 13 == 0, -np.inf, real / 4 - 100)).astype(np.float32)
    double = np.where(number % 11 == 0, np.nan, np.where(number % 5 == 0, -0.0, real / 8))
    ms = number * 86399999 - 100000000000
    return {
        "bool": number % 3 == 0,
        **{name: mixed.astype(name) for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
        "float": single,
        "double": double,
        "string": [f"r\u00f6w {m % 1000003}".encode() for m in mixed.tolist()],
        "binary": [bytes([n % 256]) * (n % 9) for n in range(rows)],
        "fixed": [bytes([n % 256, n // 256 % 256, 255]) for n in range(rows)],
        "date": (number % 40000 - 10000).astype(np.int32),
        "time_ms": (number * 1009 % 86400000).astype(np.int32),
        "time_us": number * 1000003 % 86400000000,
        "timestamp_ms": ms,
        "timestamp_us": ms * 1000 + 1,
        "timestamp_ns": ms * 1000000 + 7,
        "decimal_9": ((mixed % np.uint64(1999999999)).astype(np.int64) - 999999999),
        "decimal_18": ((mixed % np.uint64(1999999999999999999)).astype(np.int64) - 999999999999999999),
        "required": number,
        "few": [f"value {n // 3 % 5}".encode() for n in range(rows)],
        "json": [f'{{"i": {n % 10}}}'.encode() for n in range(rows)],
        "uuid": [bytes([n % 256]) * 8 + b"\1" * 8 for n in range(rows)],
    }


def plain(column):
    """A column of Arrow's as (cells, valid): a numpy array of numbers or a list of bytes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    kind = column.type
    if pa.types.is_decimal(kind):
        return np.array([0 if v is None else int(v.as_py().scaleb(kind.scale)) if v.is_valid else 0 for v in column], dtype=object), valid
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_binary(kind) \
            or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        cells = [b"" if v is None else v.encode() if isinstance(v, str) else v for v in column.to_pylist()]
        return cells, valid
    if pa.types.is_temporal(kind):
        column = column.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    elif pa.types.is_null(kind):
        column = column.cast(pa.int32())
    cells = pc.fill_null(column, False if pa.types.is_boolean(kind) else 0).to_numpy(zero_copy_only=False)
    return cells, valid


def same(a, b, valid):
    import numpy as np
    if isinstance(a, list) or isinstance(b, list):
        return len(a) == len(b) and all(x == y for x, y, v in zip(a, b, valid) if v)
    a, b = np.asarray(a)[valid], np.asarray(b)[valid]
    if a.dtype.kind == "f":  # bit by bit, but NaN is NaN
        return len(a) == len(b) and bool(np.all((a.view(f"u{a.itemsize}") == b.astype(a.dtype).view(f"u{a.itemsize}")) |
                                                (np.isnan(a) & np.isnan(b))))
    return len(a) == len(b) and all(a == b)


def unpacked(driver, path, folder):
    """What the driver reads: name -> (cells, valid)."""
    import numpy as np
    done = subprocess.run([driver, "unpack", path, folder], capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr.strip() or f"exit code {done.returncode}")
    made = {}
    widths = {"bool": "u1", "std::int32_t": "i4", "std::uint32_t": "u4", "std::int64_t": "i8", "std::uint64_t": "u8", "float": "f4",
              "double": "f8"}
    for i, line in enumerate(done.stdout.splitlines()):
        name, cell, physical, logical, unit = line.split("\t")
        valid = np.fromfile(folder / f"{i}.valid", dtype=np.uint8).astype(bool)
        raw = (folder / f"{i}.cells").read_bytes()
        if cell in widths:
            cells = np.frombuffer(raw, dtype=widths[cell])
            cells = cells.astype(bool) if cell == "bool" else cells
        else:
            cells, at = [], 0
            while at < len(raw):
                size = int.from_bytes(raw[at:at + 4], "little")
                cells.append(raw[at + 4:at + 4 + size])
                at += 4 + size
            if logical == "DECIMAL":
                cells = np.array([int.from_bytes(c, "big", signed=True) for c in cells], dtype=object)
        made[name] = (cells, valid)
    return made


class Trial:
    def __init__(self, driver, folder):
        self.driver, self.folder, self.failures, self.files = driver, folder, 0, 0

    def fail(self, what):
        print(what)
        self.failures += 1

    def read_theirs(self, path, note=""):
        """Our reader must find in the file what pyarrow finds."""
        import duckdb
        import pyarrow.parquet as pq
        self.files += 1
        out = self.folder / "unpacked"
        out.mkdir(exist_ok=True)
        try:
            ours = unpacked(self.driver, path, out)
        except ValueError as why:
            return self.fail(f"{path.name}{note}: {why}")
        try:
            table = pq.read_table(path)
        except OSError as why:  # pyarrow 26 does not read the DELTA pages of DuckDB 2 whose values are all missing
            if not path.name.startswith("duckdb"):
                return self.fail(f"{path.name}: pyarrow: {why}")
            table = duckdb.connect().execute("SET TimeZone='UTC'").sql(f"SELECT * FROM '{path}'").arrow()
            table = table if hasattr(table, "column") else table.read_all()
        if list(ours) != table.column_names:
            return self.fail(f"{path.name}: columns {list(ours)}, pyarrow finds {table.column_names}")
        for name in table.column_names:
            cells, valid = plain(table.column(name))
            our_cells, our_valid = ours[name]
            if len(valid) != len(our_valid) or not all(valid == our_valid):
                self.fail(f"{path.name}: column {name}: other cells are missing")
            elif not same(cells, our_cells, valid):
                self.fail(f"{path.name}: column {name}: other cells")

    def read_ours(self, path, rows):
        """pyarrow must find in a file of ours what this script computes, and statistics that are true."""
        import numpy as np
        import pyarrow.parquet as pq
        table = pq.read_table(path, page_checksum_verification=True)
        wanted = expected(rows)
        if table.column_names != list(wanted) or table.num_rows != rows:
            return self.fail(f"{path.name}: pyarrow finds {table.num_rows} rows of {table.column_names}")
        for c, (name, cells) in enumerate(wanted.items()):
            valid = np.ones(rows, bool) if name == "required" else (np.arange(rows) + c) % 7 != 0
            found, found_valid = plain(table.column(name))
            if not all(valid == found_valid):
                self.fail(f"{path.name}: column {name}: pyarrow finds other cells missing")
            elif not same(found, cells, valid):
                self.fail(f"{path.name}: column {name}: pyarrow finds other cells")
        self.verify_statistics(path)

    def verify_statistics(self, path):
        import pyarrow as pa
        import pyarrow.parquet as pq
        file = pq.ParquetFile(path)
        for g in range(file.metadata.num_row_groups):
            group = file.read_row_group(g)
            for c, name in enumerate(group.column_names):
                said = file.metadata.row_group(g).column(c).statistics
                cells, valid = plain(group.column(name))
                there = [x for x, v in zip(cells, valid) if v and x == x]
                if said.null_count != len(valid) - sum(valid):
                    self.fail(f"{path.name}: group {g}, column {name}: {said.null_count} cells are said to be missing")
                if said.has_min_max != bool(there):
                    self.fail(f"{path.name}: group {g}, column {name}: bounds {said.has_min_max}, values {len(there)}")
                    continue
                if not there:
                    continue
                low, high = said.min_raw, said.max_raw
                low, high = (x.encode() if isinstance(x, str) else x for x in (low, high))
                if name.startswith("uint"):  # the raw bounds are of the physical type
                    low, high = (x % 2**(64 if name == "uint64" else 32) for x in (low, high))
                if (low, high) != (min(there), max(there)):
                    self.fail(f"{path.name}: group {g}, column {name}: bounds {low}, {high}, not {min(there)}, {max(there)}")
                if isinstance(low, float) and low == 0 and str(low) != "-0.0":
                    self.fail(f"{path.name}: group {g}, column {name}: the lower bound is +0")

    def others_read(self, path, arrow):
        """DuckDB and polars must read what pyarrow does."""
        import duckdb
        import polars
        columns = [name for name in arrow.column_names if name not in ("json", "uuid", "time_ms")]
        duck = duckdb.connect()
        duck.execute("SET TimeZone='UTC'")
        query = ", ".join(f'"{name}"' for name in columns)
        tables = {"duckdb": duck.sql(f"SELECT {query} FROM '{path}'").arrow(), "polars": polars.read_parquet(path, columns=columns).to_arrow()}
        for who, table in tables.items():
            if not hasattr(table, "column"):
                table = table.read_all()
            for name in columns:
                cells, valid = plain(arrow.column(name))
                column = table.column(name)
                if column.type != arrow.column(name).type and name not in ("string", "binary", "few", "fixed"):
                    column = column.cast(arrow.column(name).type, safe=False)
                found, found_valid = plain(column)
                if name == "timestamp_ns" and who == "duckdb":
                    continue  # DuckDB has microseconds with a time zone
                if list(valid) != list(found_valid) or not same(cells, found, valid):
                    self.fail(f"{path.name}: column {name}: {who} finds other cells")


def their_files(folder):
    """Files of pyarrow, DuckDB and polars: (path, note)."""
    import datetime
    import decimal
    import duckdb
    import numpy as np
    import polars
    import pyarrow as pa
    import pyarrow.parquet as pq
    random = np.random.default_rng(7)
    rows = 3000
    missing = random.random(rows) < 0.2

    def array(values, kind, may_miss=True):
        return pa.array(values, kind, mask=missing if may_miss else None)

    texts = [f"prefix/{n // 10}/{'x' * (n % 17)}{n}" for n in range(rows)]
    numbers = random.integers(-2**63, 2**63 - 1, rows)
    base = {
        "bool": array(random.random(rows) < 0.5, pa.bool_()),
        "bools": array((np.arange(rows) // 100) % 2 == 0, pa.bool_(), False),
        "int8": array(random.integers(-128, 127, rows), pa.int8()),
        "uint16": array(random.integers(0, 65535, rows), pa.uint16()),
        "int32": array(random.integers(-2**31, 2**31 - 1, rows), pa.int32()),
        "uint32": array(random.integers(0, 2**32 - 1, rows), pa.uint32()),
        "int64": array(numbers, pa.int64()),
        "counter": array(np.arange(rows) * 3 + 17, pa.int64(), False),
        "uint64": array(numbers.astype(np.uint64), pa.uint64()),
        "float": array(random.normal(size=rows).astype(np.float32), pa.float32()),
        "double": array(np.where(np.arange(rows) % 9 == 0, np.nan, random.normal(size=rows)), pa.float64()),
        "text": array(np.array(texts, object), pa.string()),
        "binary": array(np.array([t.encode()[::-1] for t in texts], object), pa.binary()),
        "fixed": array(np.array([t.encode()[:5] for t in texts], object), pa.binary(5)),
        "date": array(np.arange(rows), pa.int32()).cast(pa.date32()),
        "timestamp": array(np.arange(rows) * 10**9, pa.int64()).cast(pa.timestamp("us", "UTC")),
        "local": array(np.arange(rows) * 10**9, pa.int64()).cast(pa.timestamp("ns")),
        "decimal": array(np.array([decimal.Decimal(n) / 100 for n in range(rows)], object), pa.decimal128(9, 2)),
        "decimal_38": array(np.array([decimal.Decimal(n - 1000) * 10**20 for n in range(rows)], object), pa.decimal128(38, 0)),
        "none": pa.nulls(rows, pa.int32()),
        "nothing": pa.nulls(rows),
    }
    table = pa.table(base)

    def pyarrow_file(name, made=table, **how):
        path = folder / f"pyarrow_{name}.parquet"
        pq.write_table(made, path, row_group_size=1100, **how)
        return path, f" {how}"

    for version in ("1.0", "2.0"):
        for compression in ("none", "snappy", "gzip", "lz4"):
            for dictionary in (True, False):
                yield pyarrow_file(f"{version}_{compression}_{dictionary}", data_page_version=version, compression=compression,
                                   use_dictionary=dictionary, data_page_size=4000)
        encodings = {"bool": "RLE", "int8": "DELTA_BINARY_PACKED", "uint16": "DELTA_BINARY_PACKED", "int32": "DELTA_BINARY_PACKED",
                     "uint32": "BYTE_STREAM_SPLIT", "int64": "DELTA_BINARY_PACKED", "counter": "DELTA_BINARY_PACKED",
                     "uint64": "BYTE_STREAM_SPLIT", "float": "BYTE_STREAM_SPLIT", "double": "BYTE_STREAM_SPLIT",
                     "text": "DELTA_BYTE_ARRAY", "binary": "DELTA_LENGTH_BYTE_ARRAY", "fixed": "BYTE_STREAM_SPLIT",
                     "timestamp": "DELTA_BINARY_PACKED", "decimal_38": "DELTA_BYTE_ARRAY", "none": "DELTA_BINARY_PACKED"}
        for compression in ("none", "snappy"):
            yield pyarrow_file(f"encodings_{version}_{compression}", data_page_version=version, compression=compression,
                               use_dictionary=False, column_encoding=encodings, data_page_size=3000, write_page_checksum=True)
    yield pyarrow_file("int96", table.select(["local", "counter"]), use_deprecated_int96_timestamps=True)
    yield pyarrow_file("small_decimals", table.select(["decimal"]), store_decimal_as_integer=True)
    yield pyarrow_file("empty", table.slice(0, 0))
    yield pyarrow_file("one", table.slice(0, 1))
    yield pyarrow_file("large_blocks", pa.table({"n": np.cumsum(random.integers(-5, 2**40, 20000))}), use_dictionary=False,
                       column_encoding={"n": "DELTA_BINARY_PACKED"})
    duck = duckdb.connect()
    duck.register("given", table.drop_columns(["nothing", "decimal_38"]))
    for name, how in (("snappy", ""), ("none", ", COMPRESSION uncompressed"), ("gzip", ", COMPRESSION gzip"), ("lz4", ", COMPRESSION lz4_raw"),
                      ("v2", ", PARQUET_VERSION v2"), ("v2_none", ", PARQUET_VERSION v2, COMPRESSION uncompressed")):
        path = folder / f"duckdb_{name}.parquet"
        duck.sql(f"COPY given TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048{how})")
        yield path, how
    frame = polars.from_arrow(table.drop_columns(["nothing", "decimal_38", "decimal", "fixed"]))
    for compression in ("snappy", "gzip", "lz4", "uncompressed"):
        path = folder / f"polars_{compression}.parquet"
        frame.write_parquet(path, compression=compression, row_group_size=1500, data_page_size=5000)
        yield path, ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder to leave the files in")
    args = parser.parse_args()
    try:
        import duckdb
        import polars
        import pyarrow.parquet
    except ImportError as missing:
        print(f"skipped: {missing}. To run it: pip install pyarrow==26.0.1 duckdb==2.0.1 polars==2.1.0 numpy")
        return 77
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or pathlib.Path(temporary)
        trial = Trial(args.driver, folder)
        ours = folder / "ours"
        ours.mkdir(parents=True, exist_ok=True)
        subprocess.run([args.driver, "write", ours], check=True)
        for name, rows in (("plain", 1000), ("dictionary", 1000), ("gzip", 5000), ("one", 1), ("million", 1000000)):
            path = ours / f"{name}.parquet"
            trial.read_ours(path, rows)
            trial.read_theirs(path)
            if rows <= 5000:
                trial.others_read(path, pyarrow.parquet.read_table(path))
        for name in ("no_rows", "all_missing"):
            trial.read_theirs(ours / f"{name}.parquet")
        theirs = folder / "theirs"
        theirs.mkdir(exist_ok=True)
        for path, note in their_files(theirs):
            trial.read_theirs(path, note)
        refused = pyarrow.table({"a": [[1, 2], []], "b": ["x", "y"], "c": [{"d": 1}, None]})
        for compression, words in (("zstd", "ZSTD"), ("brotli", "BROTLI"), ("none", "nested")):
            path = theirs / f"refused_{compression}.parquet"
            pyarrow.parquet.write_table(refused if compression == "none" else refused.select(["b"]), path, compression=compression)
            said = subprocess.run([args.driver, "refuse", path], capture_output=True, text=True).stdout
            if words not in said or '"a"' not in said and '"b"' not in said:
                trial.fail(f"{path.name}: {said}")
        print(f"{trial.files} files, {trial.failures} failures")
        return 1 if trial.failures or not trial.files else 0


if __name__ == "__main__":
    sys.exit(main())
