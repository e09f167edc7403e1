#!/usr/bin/env python3
"""Our pages in Prometheus' binary format, decoded here by nothing but the wire format and the field numbers of
prometheus/client_model's metrics.proto: they hold the samples, native histograms and exemplars of the same snapshot.

usage: protobuf_page.py OBSERVE_PAGE
"""
import math
import struct
import sys

import expected

KINDS = {0: "counter", 1: "gauge", 4: "histogram"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """{number: [values]} of a message; a fixed64 is a double."""
    out, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif tag & 7 == 2:
            size, at = varint(data, at)
            assert at + size <= len(data), "a length beyond the end"
            value, at = data[at:at + size], at + size
        else:
            raise AssertionError(f"wire type {tag & 7}")
        out.setdefault(tag >> 3, []).append(value)
    return out


def signed(value):
    return value >> 1 ^ -(value & 1)


def only(message, number, default=None):
    values = message.get(number, [default])
    assert len(values) == 1, f"field {number}: {values}"
    return values[0]


def pairs(message, number):
    return {only(pair, 1).decode(): only(pair, 2).decode() for pair in map(fields, message.get(number, []))}


def buckets(spans, deltas):
    """{number: count} of the buckets that are not empty."""
    out, at, count, deltas = {}, 0, 0, list(map(signed, deltas))
    for span in map(fields, spans):
        at += signed(only(span, 1, 0))
        for _ in range(only(span, 2)):
            count += deltas.pop(0)
            if count:
                out[at] = count
            at += 1
    assert not deltas, "more differences than buckets"
    return out


def exemplar(data):
    message = fields(data)
    time = fields(only(message, 3))
    return pairs(message, 1), only(message, 2), only(time, 1) * 10**9 + only(time, 2, 0)


def read(page):
    samples, native, exemplars, at = {}, {}, {}, 0

    def put(name, labels, value, **more):
        samples[name, frozenset({(k, v) for k, v in labels.items() if v != ""} | set(more.items()))] = value

    while at < len(page):
        size, at = varint(page, at)
        assert at + size <= len(page), "a family beyond the end"
        family = fields(page[at:at + size])
        at += size
        name, kind = only(family, 1).decode(), KINDS[only(family, 3)]
        only(family, 2).decode()
        for metric in map(fields, family.get(4, [])):
            labels = pairs(metric, 1)
            if kind == "histogram":
                of = fields(only(metric, 7))
                count, total, last = only(of, 1), only(of, 2), 0
                put(name + "_count", labels, float(count))
                put(name + "_sum", labels, total)
                for bucket in map(fields, of.get(3, [])):
                    last, bound = only(bucket, 1), only(bucket, 2)
                    put(name + "_bucket", labels, float(last), le=bound)
                    if 3 in bucket:
                        exemplars[name, bound] = exemplar(only(bucket, 3))
                if 6 in of:
                    up, down = buckets(of.get(12, []), of.get(13, [])), buckets(of.get(9, []), of.get(10, []))
                    assert count == only(of, 7) + sum(up.values()) + sum(down.values()), "a count that is no sum"
                    native[name, frozenset(labels.items())] = (
                        signed(only(of, 5)), only(of, 6), only(of, 7), up, down, total)
                    put(name + "_bucket", labels, float(count), le=math.inf)
                else:
                    assert last == count
            else:
                of = fields(only(metric, 3 if kind == "counter" else 2))
                put(name, labels, only(of, 1))
                if 2 in of:
                    exemplars[name, None] = exemplar(only(of, 2))
    return samples, native, exemplars


def main():
    program, failed = sys.argv[1], 0
    for seed in [None, *range(20)]:
        page = expected.page(program, "protobuf", seed)
        samples, native, exemplars = read(page)
        wrong = expected.difference(expected.samples(program, seed), samples)
        wrong += expected.difference({key: value[-1] for key, value in expected.native(program, seed).items()},
                                     {key: value[-1] for key, value in native.items()})
        if native != expected.native(program, seed) or len(native) != 3:
            wrong += f"native histograms: {native}"
        if wrong:
            print(f"seed {seed}:\n{wrong}", file=sys.stderr)
            failed += 1
    trace = {"trace_id": "0102030405060708090a0b0c0d0e0f10", "span_id": "1112131415161718"}
    odd = {"odd": 'a"b\\c\nd \\xff caf\u00e9'}
    early, late = 1_700_000_000_007_000_000, 1_700_000_000_123_456_789
    if exemplars != {("exemplary_total", None): (odd, 3, late), ("exemplary_size", 1): (trace, 0.5, early),
                     ("exemplary_size", 2.5): (odd, 2.5, late), ("exemplary_size", math.inf): (trace, 99, early),
                     ("exemplary_seconds", 0.1): (trace, 0.05, early)}:
        print(f"exemplars: {exemplars}", file=sys.stderr)
        failed += 1
    for cut in range(1, 40):
        try:
            read(page[:-cut])
        except (AssertionError, IndexError, struct.error, KeyError):
            continue
        print(f"a page without its last {cut} bytes was read", file=sys.stderr)
        failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
