#!/usr/bin/env python3
"""Writes tests/golden/aggregate/ddsketch.pb and otlp_point.pb: the streams of tests/unit/aggregate/ddsketch.cpp and
exponential_histogram.cpp as the messages of DataDog's and OpenTelemetry's own Python packages.

    python3 tests/oracle/histograms.py tests/golden/aggregate

Bucket numbers are computed here at 50 digits; made with ddsketch 3.0.1, opentelemetry-proto 1.x.
"""
import collections
import pathlib
import sys

import ddsketch.pb.ddsketch_pb2 as dd
import mpmath
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

mpmath.mp.dps = 50
folder = pathlib.Path(sys.argv[1])
# 2,000 numbers of exact arithmetic: both signs, zeros, powers of two.
stream = [((i * 7919) % 1009 - 200) / 8 for i in range(2000)]


def split(x):
    e = mpmath.floor(mpmath.log(x, 2))
    if mpmath.mpf(2) ** (e + 1) <= x:
        e += 1
    return int(e), mpmath.mpf(x) / mpmath.mpf(2) ** e


def cubic(x):
    e, m = split(x)
    s = m - 1
    gamma = mpmath.mpf(101) / 99
    t = ((mpmath.mpf(6) / 35 * s - mpmath.mpf(3) / 5) * s + mpmath.mpf(10) / 7) * s + e
    return int(mpmath.floor(t / mpmath.log(gamma) / (mpmath.mpf(10) / 7)))


def dense(buckets):
    low, high = min(buckets), max(buckets)
    return low, [buckets.get(i, 0) for i in range(low, high + 1)]


def counted(numbers, index):
    return dense(collections.Counter(index(x) for x in numbers))


positive, negative = [x for x in stream if x > 0], [-x for x in stream if x < 0]
message = dd.DDSketch(mapping=dd.IndexMapping(gamma=1.01 / 0.99, interpolation=dd.IndexMapping.CUBIC),
                      zeroCount=stream.count(0))
for store, numbers in ((message.positiveValues, positive), (message.negativeValues, negative)):
    first, counts = counted(numbers, cubic)
    store.contiguousBinCounts.extend(counts)
    store.contiguousBinIndexOffset = first
(folder / "ddsketch.pb").write_bytes(message.SerializeToString(deterministic=True))


def base2(scale):
    def index(x):
        return int(mpmath.ceil(mpmath.log(x, 2) * mpmath.mpf(2) ** scale)) - 1
    return index


scale = 20
while True:
    sides = [counted(numbers, base2(scale)) for numbers in (positive, negative)]
    if max(len(counts) for _, counts in sides) <= 160:
        break
    scale -= 1
point = otlp.ExponentialHistogramDataPoint(start_time_unix_nano=1, time_unix_nano=2, count=len(stream), sum=sum(stream),
                                           scale=scale, zero_count=stream.count(0), min=min(stream), max=max(stream))
for buckets, (first, counts) in zip((point.positive, point.negative), sides):
    buckets.offset = first
    buckets.bucket_counts.extend(counts)
(folder / "otlp_point.pb").write_bytes(point.SerializeToString(deterministic=True))
