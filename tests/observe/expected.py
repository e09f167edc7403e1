"""What the samples of a page must be, from the same snapshot's JSON."""
import json
import math
import subprocess


def page(program, form, seed=None):
    return subprocess.run([program, form] + ([] if seed is None else [str(seed)]), check=True,
                          capture_output=True).stdout


def number(value):
    """A number of the JSON export, where NaN and infinities are strings."""
    return float({"Infinity": "inf", "-Infinity": "-inf"}.get(value, value))


def native(program, seed=None):
    """{(name, frozenset of labels): (schema, zero threshold, zeros, {number: count}, {number: count}, sum)}."""
    out = {}
    for name, family in json.loads(page(program, "json", seed))["metrics"].items():
        for series in family["series"]:
            if "native" in series:
                of = series["native"]
                out[name, frozenset(series["labels"].items())] = (
                    family["schema"], family["zero_threshold"], of["zeros"], dict(of["positive"]), dict(of["negative"]),
                    number(series["sum"]))
    return out


def samples(program, seed=None):
    """{(name, frozenset of labels): value}; a bucket's bound is a float under the label `le`."""
    out = {}

    def put(name, labels, value, **more):
        # Prometheus takes an empty label for none.
        key = (name, frozenset({(k, v) for k, v in labels.items() if v != ""} | set(more.items())))
        assert key not in out, f"two samples of {key}"
        out[key] = value

    for name, family in json.loads(page(program, "json", seed))["metrics"].items():
        for series in family["series"]:
            labels = series["labels"]
            if family["type"] == "counter":
                put(name + "_total", labels, float(series["value"]))
            elif family["type"] == "gauge":
                put(name, labels, number(series["value"]))
            else:
                total = 0
                for bound, count in zip(family["bounds"] + [math.inf], series["buckets"], strict=True):
                    total += count
                    put(name + "_bucket", labels, float(total), le=float(bound))
                assert total == series["count"]
                put(name + "_sum", labels, number(series["sum"]))
                put(name + "_count", labels, float(total))
    return out


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def difference(wanted, got):
    """What is wrong in `got`, at most five lines; empty when nothing is."""
    wrong = [f"missing: {key}" for key in wanted if key not in got]
    wrong += [f"not expected: {key}" for key in got if key not in wanted]
    wrong += [f"{key}: {got[key]!r} for {value!r}" for key, value in wanted.items()
              if key in got and not same(value, got[key])]
    return "\n".join(wrong[:5])
