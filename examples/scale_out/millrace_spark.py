"""Batch summaries of millrace in Spark: each partition sums up its rows, and the driver merges what they send.

    import millrace_spark as ms
    lib = ms.load("libmillrace_c.so")
    state = ms.summarise(frame, {"values": {"value": ["statistics"]}, "by": ["service"]}, "/path/libmillrace_c.so")
    rows = ms.query(lib, state)

The workers find the library under the same path as the driver: on a cluster send it with `spark.files`, and pass its
bare name, which is then looked for where Spark put it.
"""
import ctypes
import json
import os


def load(path):
    if not os.path.dirname(path):
        from pyspark import SparkFiles
        path = SparkFiles.get(path)
    lib = ctypes.CDLL(path)
    lib.millrace_last_error.restype = ctypes.c_char_p
    lib.millrace_release.argtypes = lib.millrace_free.argtypes = [ctypes.c_void_p]
    return lib


def check(lib, code):
    if code != 0:
        raise RuntimeError(lib.millrace_last_error().decode())


def made(lib, call, *args):
    """A state that a call of the library makes."""
    state = ctypes.c_void_p()
    check(lib, call(*args, ctypes.byref(state)))
    return state


def taken(lib, call, *args):
    """The bytes that a call of the library hands over."""
    memory, size = ctypes.c_void_p(), ctypes.c_size_t()
    check(lib, call(*args, ctypes.byref(memory), ctypes.byref(size)))
    try:
        return ctypes.string_at(memory, size.value)
    finally:
        lib.millrace_free(memory)


def summarise_batches(lib, plan, batches):
    """The saved state of Arrow record batches."""
    text = json.dumps(plan).encode()
    state = made(lib, lib.millrace_init, text, ctypes.c_size_t(len(text)))
    try:
        for batch in batches:
            # Room for Arrow's C structures, of 72 and 80 bytes; the library consumes what is exported into it.
            schema, array = ctypes.create_string_buffer(72), ctypes.create_string_buffer(80)
            batch._export_to_c(ctypes.addressof(array), ctypes.addressof(schema))
            check(lib, lib.millrace_update(state, schema, array))
        return taken(lib, lib.millrace_serialize, state)
    finally:
        lib.millrace_release(state)


def merge(lib, parts):
    """One saved state of several."""
    states = [made(lib, lib.millrace_load, part, ctypes.c_size_t(len(part))) for part in parts]
    try:
        for other in states[1:]:
            check(lib, lib.millrace_merge(states[0], other))
        return taken(lib, lib.millrace_serialize, states[0])
    finally:
        for state in states:
            lib.millrace_release(state)


def query(lib, saved):
    state = made(lib, lib.millrace_load, saved, ctypes.c_size_t(len(saved)))
    try:
        return json.loads(taken(lib, lib.millrace_query, state))
    finally:
        lib.millrace_release(state)


def summarise(frame, plan, path):
    """The saved state of a data frame: partitions are summed up where they are, their states merged in their order."""
    def partition(batches):
        import pyarrow
        from pyspark import TaskContext
        state = summarise_batches(load(path), plan, batches)
        yield pyarrow.RecordBatch.from_pydict({"part": [TaskContext.get().partitionId()], "state": [state]})

    lib = load(path)
    parts = sorted(frame.mapInArrow(partition, "part long, state binary").collect())
    return merge(lib, [bytes(one.state) for one in parts]) if parts else summarise_batches(lib, plan, [])


def anomalies(frame, column, threshold, path, by=()):
    """The rows whose value lies more than `threshold` standard deviations from the mean of their group."""
    from pyspark.sql import functions as f
    plan = {"values": {column: ["statistics"]}, "by": list(by)}
    known = [[row.get("group", {}).get(name) for name in by] + [row["mean"], row["stddev"]]
             for row in query(load(path), summarise(frame, plan, path)) if row["stddev"] not in (None, 0)]
    schema = ", ".join(["`by_%d` string" % i for i in range(len(by))] + ["mean double", "stddev double"])
    stats = f.broadcast(frame.sparkSession.createDataFrame(known, schema))
    same = [frame[name].eqNullSafe(stats["by_%d" % i]) for i, name in enumerate(by)] or [f.lit(True)]
    for one in same[1:]:
        same[0] = same[0] & one
    scored = frame.join(stats, same[0]).drop(*["by_%d" % i for i in range(len(by))])
    score = (scored[column] - scored["mean"]) / scored["stddev"]
    return scored.withColumn("score", score).where(f.abs("score") > threshold)


def join_streams(left, right, key, time=None, within=0.0):
    """Pairs of events with the same key, no more than `within` seconds apart if a column of times is named."""
    from pyspark.sql import functions as f
    renamed = right.select(*[f.col(name).alias("right_" + name) for name in right.columns])
    near = left[key] == renamed["right_" + key]
    if time is not None:
        stamps = left.schema[time].dataType.typeName() == "timestamp"
        at = f.unix_micros if stamps else (lambda column: column)
        apart = at(left[time]) - at(renamed["right_" + time])
        near = near & (f.abs(apart) <= (within * 1000000 if stamps else within))
    return left.join(renamed, near).drop("right_" + key)
