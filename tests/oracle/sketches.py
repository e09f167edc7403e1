#!/usr/bin/env python3
"""Images of sketches made by Apache DataSketches, and what DataSketches answers about them.

    python3 tests/oracle/sketches.py tests/golden/sketches      (with the package `datasketches` 5.2.0 and NumPy)

writes one file a sketch, KIND-NAME.bin, and `answers.txt`, a line for each question: file, query, argument, answer.
The images of randomised sketches differ from run to run, and so do their answers. tests/interop/sketches.py puts the
same questions to images that this library wrote.
"""
import pathlib
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


class Kind:
    """How sketches of a kind are read, written and questioned."""
    def __init__(self, load, questions, save=lambda sketch: sketch.serialize()):
        self.load, self.questions, self.save = load, questions, lambda sketch: bytes(save(sketch))


KINDS = {
    "kll_double": Kind(datasketches.kll_doubles_sketch.deserialize, kll_questions),
    "kll_float": Kind(datasketches.kll_floats_sketch.deserialize, kll_questions),
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


def examples():
    """(file, sketch) of every image to be written."""
    yield from kll_examples()


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made = list(examples())
    for name, sketch in made:
        (folder / name).write_bytes(kind_of(name).save(sketch))
    write_answers(folder, made)


if __name__ == "__main__":
    main(*sys.argv[1:])
