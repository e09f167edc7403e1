#!/usr/bin/env python3
"""What ONNX Runtime says of files of ours, for tests/unit/model/to_graph/boosted.cpp: tests/golden/to_graph/rules.rows.

usage: exported_graphs.py FOLDER      (onnx 1.23.2, onnxruntime 1.32.0, numpy 2)

FOLDER holds rules.f64.onnx and rules.f32.onnx, which the test has written. Both must pass onnx's checker, and say the same.
rules.rows then has the rows (float32) and their outputs (float64).
"""
import pathlib
import sys

import numpy
import onnx
import onnxruntime

FLOAT = numpy.float32


def rows():
    """Numbers on thresholds and beside them; categories, unknown ones, and what is none."""
    limits = [FLOAT(x) for x in (0.1, 0.5, 1e-35, -1e-35)]
    beside = [numpy.nextafter(x, FLOAT(side)) for x in limits for side in (-numpy.inf, numpy.inf)]
    others = [0, -0.0, 1, 2, 3, 4, 5, 6, 63, 64, 1e6, 3e9, 1.5, 3.5, 3.999, -0.5, -1, -1.5, -2, numpy.inf, -numpy.inf, numpy.nan]
    return numpy.array(limits + beside + others, FLOAT)[:, None]


def main():
    folder = pathlib.Path(sys.argv[1])
    asked = rows()
    answers = []
    for name in ("rules.f64.onnx", "rules.f32.onnx"):
        onnx.checker.check_model(str(folder / name), full_check=True)
        session = onnxruntime.InferenceSession(str(folder / name), providers=["CPUExecutionProvider"])
        answers.append(session.run(None, {"rows": asked})[0].astype(float))
    assert (answers[0] == answers[1]).all()
    (folder / "rules.rows").write_bytes(asked.tobytes() + answers[0].tobytes())


if __name__ == "__main__":
    main()
