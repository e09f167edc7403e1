#!/usr/bin/env python3
"""Spark sums up, joins and searches batches as one process does: examples/scale_out/millrace_spark.py on local[2].

usage: spark.py --library LIBRARY --example FOLDER

LIBRARY is libmillrace_c, FOLDER holds millrace_spark.py. States that partitions made and the driver merged must have the
bytes of the state of one process; figures must be those of Spark's own functions; anomalies and joins those of the
library's operations in this process. Exit code 77 where pyspark, pyarrow or Java is missing: the test counts as skipped.
"""
import argparse
import collections
import datetime
import json
import logging
import os
import random
import shutil
import sys
import tempfile

UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2024, 12, 7, 6, 0, tzinfo=UTC)
SERVICES = ["eu", "us", "asia", None]


def events(seed, count):
    made = random.Random(seed)
    rows = []
    for i in range(count):
        value = None if made.random() < 0.05 else made.lognormvariate(3, 2) * made.choice([1, 1, -1])
        at = None if made.random() < 0.01 else BEGIN + datetime.timedelta(microseconds=made.randrange(6 * 3600 * 10**6))
        rows.append((at, made.choice(SERVICES), "user %d" % int(made.paretovariate(0.6)), value, made.randrange(20)))
    return rows


def checked(what, ours, theirs):
    if ours != theirs:
        sys.exit("%s: %r, expected %r" % (what, ours, theirs))


def close(what, ours, theirs, relative=1e-12):
    if ours is None or theirs is None:
        return checked(what, ours, theirs)
    if not abs(ours - theirs) <= relative * max(abs(ours), abs(theirs)):
        sys.exit("%s: %r, expected %r" % (what, ours, theirs))


def local(lib, ms, request):
    import ctypes
    text = json.dumps(request, default=lambda at: at.isoformat().replace("+00:00", "Z")).encode()
    return json.loads(ms.taken(lib, lib.millrace_run, text, ctypes.c_size_t(len(text))))["rows"]


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--library", required=True)
    options.add_argument("--example", required=True)
    given = options.parse_args()
    try:
        import pyarrow as pa
        import pyspark
        from pyspark.sql import SparkSession, functions as f
    except ImportError as missing:
        print("skipped: %s (python3 -m pip install pyspark pyarrow)" % missing)
        return 77
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        print("skipped: Java is missing (openjdk-17-jre-headless)")
        return 77
    sys.path.insert(0, given.example)
    os.environ["PYTHONPATH"] = given.example + os.pathsep + os.environ.get("PYTHONPATH", "")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    import millrace_spark as ms
    lib, path = ms.load(given.library), given.library
    scratch = tempfile.mkdtemp()
    spark = (SparkSession.builder.master("local[2]").appName("millrace").config("spark.ui.enabled", "false")
             .config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "3")
             .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
             .config("spark.sql.execution.arrow.maxRecordsPerBatch", "777")
             .config("spark.local.dir", scratch).config("spark.sql.warehouse.dir", scratch).getOrCreate())
    spark.sparkContext.setLogLevel("OFF")
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    try:
        check_all(spark, lib, ms, path, pa, f)
    finally:
        spark.stop()
        shutil.rmtree(scratch, ignore_errors=True)
    print("pyspark %s, pyarrow %s: the same bytes, figures, anomalies and pairs" % (pyspark.__version__, pa.__version__))
    return 0


def check_all(spark, lib, ms, path, pa, f):
    rows = events(1, 20000)
    names = ["timestamp", "service", "user", "value", "count"]
    frame = spark.createDataFrame(rows, "timestamp timestamp, service string, user string, value double, count int")
    batch = pa.record_batch([pa.array(list(column), type) for column, type in zip(
        zip(*rows), [pa.timestamp("us", "UTC"), pa.string(), pa.string(), pa.float64(), pa.int32()])], names)

    # The same bytes, whatever the partitions.
    plan = {"values": {"value": ["statistics", "quantiles", "distinct"], "count": ["statistics", "distinct"],
                       "user": ["count", "distinct"]},
            "by": ["service"], "time": "timestamp", "window_minutes": 30}
    for one in (plan, {"values": plan["values"]}):
        whole = ms.summarise_batches(lib, one, [batch])
        for partitions in (1, 2, 7):
            checked("bytes of %d partitions" % partitions, ms.summarise(frame.repartition(partitions), one, path), whole)
    whole = ms.summarise_batches(lib, plan, [batch])
    dictionary = batch.set_column(1, "service", batch.column(1).dictionary_encode())
    checked("bytes of a dictionary", ms.summarise_batches(lib, plan, [dictionary.slice(0, 5000), dictionary.slice(5000)]), whole)

    # The figures are those of Spark's own functions.
    theirs = {(at.replace(tzinfo=None), service): row for at, service, *row in (
        (one[0].start, one[1], *one[2:]) for one in frame.where("timestamp is not null")
        .groupBy(f.window("timestamp", "30 minutes"), "service")
        .agg(f.count("value"), f.sum("value"), f.avg("value"), f.stddev("value"), f.min("value"), f.max("value"),
             f.count_distinct("user"), f.count("*")).collect())}
    ours = ms.query(lib, whole)
    checked("groups", len(ours), 3 * len(theirs))
    for i in range(0, len(ours), 3):
        value, count, user = ours[i:i + 3]
        key = (moment(value["window_begin"]), value["group"]["service"])
        counted, total, mean, stddev, least, greatest, users, all_rows = theirs[key]
        what = "window %s of %s" % key
        checked(what + ", count", (value["count"], value["missing"]), (counted, all_rows - counted))
        close(what + ", sum", value["sum"], total, 1e-9)
        close(what + ", mean", value["mean"], mean, 1e-9)
        close(what + ", stddev", value["stddev"], stddev)
        checked(what + ", extremes", (value["min"], value["max"]), (least, greatest))
        checked(what + ", users", user["distinct"], users)
        checked(what + ", counts", count["count"], all_rows)

    # The most frequent values depend on the division; each count lies within its bounds.
    frequent = {"values": {"user": ["frequent"]}}
    true = collections.Counter(user for _, _, user, _, _ in rows)
    checked("more users than the sketch keeps", len(true) > 768, True)
    for saved in (ms.summarise(frame.repartition(5), frequent, path), ms.summarise_batches(lib, frequent, [batch])):
        found = ms.query(lib, saved)[0]["frequent"]
        checked("the most frequent", found[0]["value"], true.most_common(1)[0][0])
        for one in found:
            checked("bounds of " + one["value"], one["lower"] <= true[one["value"]] <= one["upper"], True)

    # The document's operations: on Spark, and in this process over JSON.
    as_json = [dict(zip(names, row)) for row in rows]
    here = local(lib, ms, {"operation": "time_window_metrics", "events": as_json, "window_minutes": 30, "group_by": ["service"]})
    there = ms.query(lib, ms.summarise(frame, {"values": {"value": ["statistics", "quantiles"]}, "by": ["service"],
                                               "time": "timestamp", "window_minutes": 30}, path))
    checked("time_window_metrics", there, here)
    here = local(lib, ms, {"operation": "statistics", "events": as_json, "value": ["value", "count"]})
    there = ms.query(lib, ms.summarise(frame, {"values": {name: ["statistics", "quantiles"] for name in ("value", "count")}}, path))
    checked("statistics", there, here)
    for by in ([], ["service"]):
        here = local(lib, ms, {"operation": "detect_anomalies", "events": as_json, "threshold_std": 2.5, "group_by": by})
        found = ms.anomalies(frame, "value", 2.5, path, by).select("value", "mean", "stddev", "score").collect()
        checked("anomalies by %s" % by, sorted(map(tuple, found)),
                sorted((one["value"], one["mean"], one["stddev"], one["score"]) for one in here))
        checked("some anomalies", len(found) > 20, True)
    other = events(2, 3000)
    right = spark.createDataFrame(other, frame.schema)
    here = local(lib, ms, {"operation": "join_event_streams", "left_events": as_json[:3000], "join_key": "user", "within_seconds": 90,
                           "right_events": [dict(zip(names, row)) for row in other]})
    left = spark.createDataFrame(rows[:3000], frame.schema)
    found = ms.join_streams(left, right, "user", "timestamp", 90).select("timestamp", "user", "value", "right_timestamp", "right_value")
    key = repr
    checked("pairs", sorted(map(tuple, found.collect()), key=key),
            sorted(((moment(one["timestamp"]), one["user"], one["value"], moment(one["right_timestamp"]), one["right_value"])
                    for one in here), key=key))
    checked("some pairs", len(here) > 100, True)

    # Nothing, and what goes wrong in a partition.
    nothing = frame.where("value > 1e300")
    checked("an empty frame", ms.query(lib, ms.summarise(nothing, plan, path)), [])
    try:
        ms.summarise(frame, {"values": {"user": ["statistics"]}}, path)
    except Exception as raised:
        checked("what is wrong is said", 'column "user": "user' in str(raised) and "is no number" in str(raised), True)
    else:
        sys.exit("texts were summed up")
    try:
        ms.summarise(frame, {"values": {"latency": ["statistics"]}}, path)
    except Exception as raised:
        checked("what is missing is named", 'no column "latency"' in str(raised), True)
    else:
        sys.exit("a column that is not there was summed up")


if __name__ == "__main__":
    sys.exit(main())
