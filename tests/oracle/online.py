#!/usr/bin/env python3
"""Writes tests/golden/infer/online_learner.bin: the state of an online learner, by struct, around the golden files of its
model and its detector.

    python3 tests/oracle/online.py tests/golden
"""
import pathlib
import struct
import sys

from ftrl import envelope


def block(data):
    return struct.pack("<Q", len(data)) + data


def sample(target, weight, values, indices=None):
    head = struct.pack("<BffQ", indices is not None, target, weight, len(values))
    return head + struct.pack(f"<{len(values)}f", *values) + struct.pack(f"<{len(indices or [])}I", *(indices or []))


def main():
    folder = pathlib.Path(sys.argv[1])
    model = (folder / "model/ftrl_logistic.bin").read_bytes()
    detector = (folder / "detect/ddm.bin").read_bytes()
    # A window of 3, of which the second place is the next; 4 samples.
    measures = struct.pack("<QQQ3dQ", 3, 1, 4, 2.5, 2.25, 3.5, 3)
    for prediction, target in ((0.75, 1), (0.5, 0), (0.25, 0)):
        measures += struct.pack("<dd", prediction, target)
    payload = block(model) + block(model) + block(detector) + block(envelope("prequential", measures))
    # batch, interval, window, holdout_every, holdout, shrink_to, settle
    payload += struct.pack("<7Q", 4, 0, 3, 5, 2, 6, 11)
    # updates, learnt, losses until the model has settled, held out, refused, drifts, warnings; samples, since a warning, since the last one, losses
    payload += struct.pack("<11Q", 1, 4, 8, 1, 2, 1, 3, 7, 5, 2, 6)
    # wrong_class, shrink, none; sum and faded mean of losses; age of the batch
    payload += struct.pack("<BBBddQ", 0, 2, 0, 1.5, 0.25, 0)
    payload += struct.pack("<Q", 2) + sample(1, 2, [1, -0.5], [7, 129]) + sample(0, 1, [0.0] * 130)
    payload += struct.pack("<Q", 1) + sample(1, 1, [3.5], [0])
    payload += struct.pack("<Q", 1) + sample(0, 0.5, [], [])
    (folder / "infer/online_learner.bin").write_bytes(envelope("online_learner", payload))


if __name__ == "__main__":
    main()
