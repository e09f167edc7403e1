#!/usr/bin/env python3
"""Images of sketches made by Apache DataSketches, and what DataSketches answers about them.

    python3 tests/oracle/sketches.py tests/golden/sketches      (with the package `datasketches` 5.2.0 and NumPy)

writes one file a sketch, KIND-NAME.bin, and `answers.txt`, a line for each question: file, query, argument, answer.
The images of randomised sketches (KLL, REQ) differ from run to run, so those that stand there already are kept and asked.
tests/interop/sketches.py puts the same questions to images that this library wrote.
"""
import pathlib
import struct
import sys

import datasketches
import numpy


def quantile_questions(sketch):
    """The quantile sketches' questions. Ranks and quantiles are DataSketches' inclusive ones, as ours are."""
    yield "count", 0, sketch.n
    if sketch.is_empty():
        return
    yield "smallest", 0, sketch.get_min_value()
    yield "largest", 0, sketch.get_max_value()
    for p in (0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999):  # of 0 and 1 the extremes say more
        yield "quantile", p, sketch.get_quantile(p, True)
    for p in (0.01, 0.3, 0.5, 0.99):
        point = sketch.get_quantile(p, True)
        yield "rank", point, sketch.get_rank(point, True)


def kll_questions(sketch):
    yield from quantile_questions(sketch)
    yield "k", 0, sketch.k
    yield "retained", 0, sketch.num_retained
    if sketch.is_estimation_mode():
        yield "rank_error", 0, sketch.normalized_rank_error(False)
        yield "pmf_error", 0, sketch.normalized_rank_error(True)


def req_questions(sketch):
    yield from quantile_questions(sketch)
    yield "k", 0, sketch.k
    yield "retained", 0, sketch.num_retained
    yield "high_ranks", 0, sketch.is_hra()


def tdigest_questions(sketch):
    yield "count", 0, sketch.get_total_weight()
    yield "k", 0, sketch.k
    if sketch.is_empty():
        return
    yield "smallest", 0, sketch.get_min_value()
    yield "largest", 0, sketch.get_max_value()
    # DataSketches interpolates quantiles with the weights swapped, and ranks beyond the outer centroids wrongly, so
    # it is asked for ranks within, at values that stand for several.
    image = bytes(sketch.serialize())
    wide = isinstance(sketch, datasketches.tdigest_double)
    if len(image) > 40:
        (centroids,) = struct.unpack_from("<I", image, 8)
        form, first = ("<dQ", 32) if wide else ("<fI", 24)
        parsed = [struct.unpack_from(form, image, first + i * struct.calcsize(form)) for i in range(centroids)]
        for mean, weight in parsed[centroids // 10:-centroids // 10:20]:
            if weight > 1:
                yield "rank_near", mean, sketch.get_rank(mean)


def hll_questions(sketch):
    yield "lg_k", 0, sketch.lg_config_k
    # Of one stream the same number as ours. Of coupons it is interpolated there and computed here; of merged registers
    # too: within a third of the standard error.
    image = bytes(sketch.serialize_compact())
    if image[7] & 3 != 2:
        yield "estimate_within", 1e-6, sketch.get_estimate()
    elif image[5] & 16:
        yield "estimate_within", 0.35 * 1.04 / 2 ** (sketch.lg_config_k / 2), sketch.get_estimate()
    else:
        yield "estimate", 0, sketch.get_estimate()


def frequent_questions(sketch):
    yield "total", 0, sketch.total_weight
    yield "retained", 0, sketch.num_active_items
    rows = sketch.get_frequent_items(datasketches.frequent_items_error_type.NO_FALSE_NEGATIVES, 0)
    for item, _, lower, upper in rows[:20] + [("gone" if rows and isinstance(rows[0][0], str) else -12345, 0, 0, None)]:
        if upper is None and rows:
            upper = rows[0][3] - rows[0][2]
        yield "lower", str(item), lower
        yield "upper", str(item), upper or 0


def count_min_questions(sketch):
    yield "total", 0, sketch.total_weight
    yield "buckets", 0, sketch.num_buckets
    yield "rows", 0, sketch.num_hashes
    for item in (0, 3, 10, 123456):
        yield "estimate_number", str(item), sketch.get_estimate(item)
        yield "estimate_text", f"item{item}", sketch.get_estimate(f"item{item}")


def theta_questions(sketch):
    yield "retained", 0, sketch.num_retained
    yield "fraction", 0, sketch.theta
    yield "estimate", 0, sketch.get_estimate()


def hll_in_order(image):
    """Sorts the coupons at the end: DataSketches writes them in another order than it read them."""
    array_bytes = (1 << image[3]) // 2 if image[7] >> 2 == 0 else len(image)  # only 4 bits have coupons behind them
    first, count = ((8, image[6]), (12, int.from_bytes(image[8:12], "little")),
                    (40 + array_bytes, int.from_bytes(image[36:40], "little")))[image[7] & 3]
    return image[:first] + b"".join(sorted(image[i:i + 4] for i in range(first, first + 4 * count, 4)))


def frequent_in_order(image):
    """Sorts the bytes: DataSketches writes items in the order of a table of its own."""
    return bytes(sorted(image))


def req_without_padding(image):
    """DataSketches leaves 20 zeros behind up to four values."""
    return image[:-20] if image[3] & 16 and not any(image[-20:]) else image


class Kind:
    """How sketches of a kind are read, written and questioned, and `normal`: what stays the same on the way."""
    def __init__(self, load, questions, save=lambda sketch: sketch.serialize(), normal=lambda image: image):
        self.load, self.questions, self.normal = load, questions, normal
        self.save = lambda sketch: bytes(save(sketch))


KINDS = {
    "kll_double": Kind(datasketches.kll_doubles_sketch.deserialize, kll_questions),
    "kll_float": Kind(datasketches.kll_floats_sketch.deserialize, kll_questions),
    "req_float": Kind(datasketches.req_floats_sketch.deserialize, req_questions, normal=req_without_padding),
    "req_double": Kind(lambda image: datasketches.req_items_sketch.deserialize(image, datasketches.PyDoublesSerDe()),
                       req_questions, lambda sketch: sketch.serialize(datasketches.PyDoublesSerDe()),
                       req_without_padding),
    "hll": Kind(datasketches.hll_sketch.deserialize, hll_questions, lambda sketch: sketch.serialize_compact(), hll_in_order),
    "hll_updatable": Kind(datasketches.hll_sketch.deserialize, hll_questions, lambda sketch: sketch.serialize_updatable()),
    "frequent_strings": Kind(datasketches.frequent_strings_sketch.deserialize, frequent_questions,
                             normal=frequent_in_order),
    "frequent_longs": Kind(lambda image: datasketches.frequent_items_sketch.deserialize(image, datasketches.PyLongsSerDe()),
                           frequent_questions, lambda sketch: sketch.serialize(datasketches.PyLongsSerDe()),
                           frequent_in_order),
    "count_min": Kind(datasketches.count_min_sketch.deserialize, count_min_questions),
    "theta": Kind(datasketches.compact_theta_sketch.deserialize, theta_questions),
    "theta_packed": Kind(datasketches.compact_theta_sketch.deserialize, theta_questions,
                         lambda sketch: sketch.serialize(compress=True)),
    "tdigest_double": Kind(datasketches.tdigest_double.deserialize, tdigest_questions),
    "tdigest_float": Kind(datasketches.tdigest_float.deserialize, tdigest_questions),
}


def kind_of(name):
    return KINDS[name.split("-")[0]]


def write_answers(folder, sketches):
    """`sketches`: (file, sketch) of each image in the folder."""
    with open(folder / "answers.txt", "w") as answers:
        for name, sketch in sketches:
            for query, argument, answer in kind_of(name).questions(sketch):
                argument = argument if isinstance(argument, str) else repr(float(argument))
                print(name, query, argument, repr(float(answer)), file=answers)


RANDOMISED = ("kll", "req")


def kll_examples():
    random = numpy.random.default_rng(1)
    for size in (0, 1, 2, 200, 201, 3000, 100_000):
        values = random.normal(size=size)
        for kind, make, dtype in (("kll_double", datasketches.kll_doubles_sketch, numpy.float64),
                                  ("kll_float", datasketches.kll_floats_sketch, numpy.float32)):
            sketch = make(200)
            sketch.update(values.astype(dtype))
            yield f"{kind}-{size}.bin", sketch
    small, large = (datasketches.kll_doubles_sketch(k) for k in (20, 400))
    small.update(random.exponential(size=10_000))
    large.update(random.exponential(size=50_000))
    large.merge(small)
    yield "kll_double-merged_k.bin", large


def req_examples():
    random = numpy.random.default_rng(4)
    for size in (0, 1, 3, 4, 5, 72, 73, 2000, 200_000):
        values = random.normal(size=size)
        for high in (True, False):
            floats, doubles = datasketches.req_floats_sketch(12, high), datasketches.req_items_sketch(8, high)
            floats.update(values.astype(numpy.float32))
            for value in values:
                doubles.update(float(value))
            side = "high" if high else "low"
            yield f"req_float-{side}_{size}.bin", floats
            yield f"req_double-{side}_{size}.bin", doubles


def tdigest_examples():
    random = numpy.random.default_rng(2)
    for size in (0, 1, 2, 100, 3000, 100_000):
        values = random.normal(size=size)
        for kind, make in (("tdigest_double", datasketches.tdigest_double), ("tdigest_float", datasketches.tdigest_float)):
            sketch = make(100)
            for value in values:
                sketch.update(value)
            yield f"{kind}-{size}.bin", sketch


HLL_TYPES = {4: datasketches.HLL_4, 6: datasketches.HLL_6, 8: datasketches.HLL_8}


def hll_of(lg_k, bits, *ranges):
    sketch = datasketches.hll_sketch(lg_k, HLL_TYPES[bits])
    for span in ranges:
        for i in span:
            sketch.update(i)
    return sketch


def hll_examples():
    """tests/unit/aggregate/hll.cpp makes the same sketches from the same items and hopes for the same bytes."""
    for bits in HLL_TYPES:
        for lg_k, size in ((4, 0), (4, 5), (4, 8), (4, 3000), (7, 1000), (10, 7), (10, 8), (10, 90), (10, 97), (10, 500),
                           (10, 20_000), (10, 3_000_000)):
            yield f"hll-{lg_k}_{bits}_{size}.bin", hll_of(lg_k, bits, range(size))
    mixed = datasketches.hll_sketch(10, datasketches.HLL_8)
    for i in range(2000):
        mixed.update(f"item {i}")
        mixed.update(i / 8)
    mixed.update(-0.0)
    mixed.update(float("nan"))
    mixed.update("")
    mixed.update(-5)
    yield "hll-mixed_items.bin", mixed
    for name, parts in {"two": (range(5000), range(3000, 30_000)), "list_and_array": (range(6), range(4, 9000)),
                        "array_and_set": (range(9000), range(8990, 9050)), "sets": (range(50), range(40, 90)),
                        "many": [range(i * 100, i * 150 + 300) for i in range(20)]}.items():
        for bits in HLL_TYPES:
            union = datasketches.hll_union(10)
            for part in parts:
                union.update(hll_of(10, bits, part))
            yield f"hll-union_{name}_{bits}.bin", union.get_result(HLL_TYPES[bits])
    union = datasketches.hll_union(10)
    for lg_k, part in ((12, range(9000)), (8, range(4000, 20_000)), (11, range(100))):
        union.update(hll_of(lg_k, 4, part))
        union.get_estimate()  # without it, DataSketches 5.2.0 forgets what came before a sketch with fewer registers
    yield "hll-union_sizes_4.bin", union.get_result(datasketches.HLL_4)
    for bits in HLL_TYPES:
        for size in (3, 50, 20_000):
            yield f"hll_updatable-10_{bits}_{size}.bin", hll_of(10, bits, range(size))


def theta_of(lg_k, *ranges):
    sketch = datasketches.update_theta_sketch(lg_k)
    for span in ranges:
        for i in span:
            sketch.update(i)
    return sketch


def theta_examples():
    """tests/unit/aggregate/theta.cpp makes the same sketches from the same items and hopes for the same bytes."""
    for size in (0, 1, 2, 59, 60, 61, 500, 20_000):
        yield f"theta-5_{size}.bin", theta_of(5, range(size)).compact()
        yield f"theta_packed-5_{size}.bin", theta_of(5, range(size)).compact()
    yield "theta-unordered.bin", theta_of(5, range(3000)).compact(False)
    yield "theta-12_100000.bin", theta_of(12, range(100_000)).compact()
    a, b, few, none = (theta_of(6, span) for span in (range(5000), range(3000, 20_000), range(4990, 5010), range(0)))
    far = theta_of(6, range(50_000, 50_040))
    for name, first, second in (("ab", a, b), ("ba", b, a), ("a_few", a, few), ("few_a", few, a), ("a_none", a, none),
                                ("none_a", none, a), ("few_far", few, far)):
        union = datasketches.theta_union(6)
        union.update(first)
        union.update(second)
        yield f"theta-union_{name}.bin", union.get_result()
        intersection = datasketches.theta_intersection()
        intersection.update(first)
        intersection.update(second)
        yield f"theta-intersection_{name}.bin", intersection.get_result()
        yield f"theta-difference_{name}.bin", datasketches.theta_a_not_b().compute(first, second)


def frequent_examples():
    random = numpy.random.default_rng(3)
    for size in (0, 1, 40, 20_000):
        strings, longs = datasketches.frequent_strings_sketch(6), datasketches.frequent_items_sketch(6)
        for item in random.zipf(1.3, size) % 100_000:
            strings.update(f"item{item}")
            longs.update(int(item) - 3, 2)
        yield f"frequent_strings-{size}.bin", strings
        yield f"frequent_longs-{size}.bin", longs
    words = datasketches.frequent_strings_sketch(10)
    for word in ("grün", "日本", "x" * 300, "grün"):
        words.update(word, 1 << 40)
    yield "frequent_strings-words.bin", words


def count_min_examples():
    """tests/unit/aggregate/count_min.cpp makes the same sketches from the same items and hopes for the same bytes."""
    for rows, buckets in ((1, 3), (3, 100), (5, 64)):
        for size in (0, 1, 5000):
            sketch = datasketches.count_min_sketch(rows, buckets)
            for i in range(size):
                sketch.update(i * i % 977)
                sketch.update(f"item{i % 50}", 0.5)
            yield f"count_min-{rows}_{buckets}_{size}.bin", sketch


def examples():
    """(file, sketch) of every image to be written."""
    yield from count_min_examples()
    yield from frequent_examples()
    yield from theta_examples()
    yield from hll_examples()
    yield from kll_examples()
    yield from tdigest_examples()
    yield from req_examples()


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, sketch in examples():
        path = folder / name
        if name.startswith(RANDOMISED) and path.exists():
            sketch = kind_of(name).load(path.read_bytes())
        else:
            path.write_bytes(kind_of(name).save(sketch))
        made.append((name, sketch))
    write_answers(folder, made)


if __name__ == "__main__":
    main(*sys.argv[1:])
