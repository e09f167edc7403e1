#!/usr/bin/env python3
"""Models trained here, as ONNX files: another engine says of 10,000 rows what our models say.

usage: exports.py --driver PROGRAM

The driver writes the files. Each holds rows, as constants `given NAME`, and what the model says of them, as constants
`expected NAME`; a pipeline's has its columns, texts among them. Files in doubles agree to 1e-6 of a number's size (of
the largest number, where the model itself has floats between), those in floats to 2e-4 and 2e-6 beside: the rounding of
sums of floats. A number that is not finite is the same. Exit code 77 where `onnx` or `onnxruntime` is missing: the test
counts as skipped.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--keep", help="leave the files in this folder")
    args = parser.parse_args()
    try:
        import numpy
        import onnx
        import onnxruntime
        from onnx import numpy_helper
    except ImportError as missing:
        print(f"skipped: {missing}. To run it: pip install onnx==1.23.2 onnxruntime==1.32.0")
        return 77

    def difference(found, wanted, share, beside):
        """The largest difference, as a multiple of what is allowed."""
        if found.shape != wanted.shape or found.dtype != wanted.dtype:
            return f"{found.shape} of {found.dtype}, expected {wanted.shape} of {wanted.dtype}"
        found, wanted = found.astype(float), wanted.astype(float)
        same = (found == wanted) | (numpy.isnan(found) & numpy.isnan(wanted))
        with numpy.errstate(invalid="ignore", over="ignore"):
            size = numpy.abs(found - wanted) / (share * numpy.abs(wanted) + beside)
        size = numpy.where(same, 0, numpy.where(numpy.isnan(size), numpy.inf, size))
        worst = numpy.unravel_index(size.argmax(), size.shape)
        if size[worst] <= 1:
            return float(size[worst])
        return f"row {worst[0]}, column {worst[1]}: {found[worst]!r}, expected {wanted[worst]!r}; {(size > 1).sum()} of {size.size} differ"

    def check(path):
        model = onnx.load(path)
        kept, held = [], {}
        for each in model.graph.initializer:
            if each.name.startswith(("given ", "expected ")):
                held[each.name] = numpy_helper.to_array(each)
            else:
                kept.append(each)
        del model.graph.initializer[:]
        model.graph.initializer.extend(kept)
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        given = {each.name: held["given " + each.name] for each in session.get_inputs()}
        names = [each.name for each in session.get_outputs()]
        share, beside = (2e-4, 2e-6) if path.name.endswith(".f32.onnx") else (1e-6, 0)
        worst = 0
        for name, found in zip(names, session.run(names, given)):
            if "expected " + name not in held:
                continue
            wanted = held["expected " + name]
            if path.name.startswith(("mlp_", "stacking_")) and beside == 0:  # where the model itself has floats between
                beside = 1e-6 * float(numpy.nanmax(numpy.abs(wanted)))
            size = difference(found, wanted, share, beside)
            if isinstance(size, str):
                return f"{name}: {size}"
            worst = max(worst, size)
        return worst

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(args.keep or folder)
        if subprocess.run([args.driver, str(folder)]).returncode != 0:
            return 1
        failed, files = 0, sorted(folder.glob("*.onnx"))
        for path in files:
            try:
                problem = check(path)
            except Exception as why:  # the engine's own words
                problem = str(why)
            if isinstance(problem, str):
                failed += 1
                print(f"{path.name}: {problem}")
            else:
                print(f"{path.name}: {problem:.3f} of what is allowed")
        print(f"{len(files) - failed} passed, {failed} failed")
        return failed != 0 or not files


if __name__ == "__main__":
    sys.exit(main())
