#!/usr/bin/env python3
"""Writes tests/golden/formats/*.safetensors: tensors of every type, and networks with what NumPy says of rows.

    python3 tests/oracle/safetensors_files.py

made with safetensors 0.8.0 and NumPy 2.4.6. Beside each network stands NAME.rows: counts of rows, columns, outputs and
0 (32 bits each), the rows (floats), and the scores of a forward pass in doubles; all little-endian.
"""
import pathlib

import numpy as np
import safetensors
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parents[1] / "golden/formats"


def written(tensors, metadata=None):
    """Of name: (type, array); the package is given addresses, and types that NumPy has not."""
    specs = {name: safetensors.TensorSpec(dtype=kind, shape=list(values.shape), data_ptr=values.ctypes.data,
                                           data_len=values.nbytes)
             for name, (kind, values) in tensors.items()}
    return bytes(safetensors.serialize(specs, metadata))


def write_types():
    tensors = {str(values.dtype): (str(values.dtype), values) for values in [
        np.array([1.5, -np.inf, np.nan]), np.array([[0.1, -0.0, 3e38]], "f4"), np.array([0.1, 65504], "f2"),
        np.array(-2**63), np.array([[-7], [8]], "i4"), np.array([-300], "i2"), np.array([-128, 127, 0], "i1"),
        np.array([2**64 - 1], "u8"), np.array([2**32 - 1], "u4"), np.array([65535], "u2"), np.array([255, 1], "u1"),
        np.array([True, False, True])]}
    tensors["bfloat16"] = ("bfloat16", np.array([0x3fc0, 0xff80], "u2"))
    tensors["none \u00e9 \"quoted\""] = ("float32", np.zeros((0, 3), "f4"))
    (FOLDER / "types.safetensors").write_bytes(written(tensors, {"format": "np"}))
    (FOLDER / "small_floats.safetensors").write_bytes(written({"a": ("float8_e4m3fn", np.array([1, 2], "u1"))}))


def write_network(name, names, widths, kind, bias=True):
    random = np.random.default_rng(9)
    tensors, layers = {}, []
    for at, (inputs, units) in zip(names, zip(widths, widths[1:])):
        weight = (random.normal(size=(units, inputs)) / np.sqrt(inputs)).astype(kind)
        tensors[f"{at}.weight"] = weight
        shift = random.normal(size=units).astype(kind) if bias else np.zeros(units)
        if bias:
            tensors[f"{at}.bias"] = shift
        layers.append((weight.astype(float), shift.astype(float)))
    save_file(tensors, FOLDER / f"{name}.safetensors", metadata={"format": "pt"})
    rows = random.normal(size=(20, widths[0])).astype("<f4")
    values = rows.astype(float)
    for k, (weight, shift) in enumerate(layers):
        values = values @ weight.T + shift
        if k + 1 < len(layers):
            values = np.maximum(values, 0)
    head = np.array([*rows.shape, widths[-1], 0], "<u4")
    (FOLDER / f"{name}.rows").write_bytes(head.tobytes() + rows.tobytes() + values.astype("<f8").tobytes())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_types()
    write_network("network", ["layers.0", "layers.1", "layers.10"], [6, 8, 5, 1], np.float32)
    write_network("sequential", ["0", "2"], [3, 4, 3], np.float16, bias=False)
