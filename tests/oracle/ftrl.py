#!/usr/bin/env python3
"""Writes tests/support/ftrl_reference.hpp: FTRL-proximal by NumPy, as algorithm 1 of the paper states it, and the losses
that river and Vowpal Wabbit reach on the same samples.

    python3 tests/oracle/ftrl.py > tests/support/ftrl_reference.hpp

With a folder it writes the golden files there: states of exact arithmetic, by struct alone.

    python3 tests/oracle/ftrl.py tests/golden/model
"""
import math
import pathlib
import struct
import sys

import numpy as np

SAMPLES = 2000
COLUMNS = 240


def samples():
    """Rows of six features, with a label, a target and a weight: whole numbers alone, as tests/support/ftrl_stream.hpp."""
    state = 1
    made = []

    def draw(below):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % below

    for _ in range(SAMPLES):
        indices, values, score = [], [], 0
        for field in range(6):
            place = min(draw(40), draw(40))
            eighths = 1 + draw(8)
            index = field * 40 + place
            indices.append(index)
            values.append(eighths / 8)
            score += ((index * 7919) % 17 - 8) * eighths
        noise = draw(129) - 64
        made.append((indices, values, float(score + noise > 0), score / 64 + noise / 512, (1 + draw(4)) / 2))
    return made


def learn(alpha, beta, l1, l2, logistic, weighted):
    """Algorithm 1 with n and z; the intercept is a feature of 1 without prices, in the last place."""
    n = np.zeros(COLUMNS + 1)
    z = np.zeros(COLUMNS + 1)
    prices1 = np.full(COLUMNS + 1, l1)
    prices2 = np.full(COLUMNS + 1, l2)
    prices1[-1] = prices2[-1] = 0

    def coefficients(i):
        w = -(z[i] - np.sign(z[i]) * prices1[i]) / ((beta + np.sqrt(n[i])) / alpha + prices2[i])
        return np.where(np.abs(z[i]) <= prices1[i], 0.0, w)

    predicted, loss = [], 0.0
    for indices, values, label, target, weight in samples():
        i = np.array(indices + [COLUMNS])
        x = np.array(values + [1.0])
        w = coefficients(i)
        score = float(w @ x)
        truth = label if logistic else target
        p = 1 / (1 + math.exp(-score)) if logistic else score
        loss += -math.log(p if label else 1 - p) if logistic else (p - target) ** 2
        g = (p - truth) * x * (weight if weighted else 1.0)
        sigma = (np.sqrt(n[i] + g * g) - np.sqrt(n[i])) / alpha
        z[i] += g - sigma * w
        n[i] += g * g
        predicted.append(p)
    return predicted[99::100], coefficients(np.arange(COLUMNS + 1)), loss / SAMPLES


def river_loss():
    import river
    from river import linear_model, optim

    model = linear_model.LogisticRegression(optimizer=optim.FTRLProximal(alpha=0.5, beta=1.0, l1=0.0, l2=0.0),
                                            intercept_lr=0.05)
    loss = 0.0
    for indices, values, label, _, _ in samples():
        x = dict(zip(map(str, indices), values))
        p = model.predict_proba_one(x)[True]
        loss -= math.log(p if label else 1 - p)
        model.learn_one(x, bool(label))
    return loss / SAMPLES, river.__version__


def vowpal_loss():
    import vowpalwabbit

    model = vowpalwabbit.Workspace("--ftrl --ftrl_alpha 0.5 --ftrl_beta 1 --loss_function logistic --link logistic "
                                   "-b 18 --quiet")
    loss = 0.0
    for indices, values, label, _, _ in samples():
        line = f"{1 if label else -1} | " + " ".join(f"{i}:{x}" for i, x in zip(indices, values))
        p = model.predict("| " + line.split("| ")[1])
        loss -= math.log(p if label else 1 - p)
        model.learn(line)
    model.finish()
    return loss / SAMPLES, vowpalwabbit.__version__


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def envelope(name, payload):
    head = struct.pack("<4sBBHQ", b"MRAG", 1, 0, len(name), len(payload)) + name.encode() + payload
    return head + struct.pack("<I", crc32c(head))


def golden(folder):
    """130 columns, of which 0 and 129 got a sample with the features 1 and -2. Its label is 1, and the probability was
    1/2: gradients -1/2 and 1, and -1/2 for the intercept. Its target is 1, and the prediction was 0: -1, 2 and -1."""
    for name, scale in (("ftrl_logistic", 0.5), ("ftrl_linear", 1.0)):
        payload = struct.pack("<QQQB", 130, 1, 0, 1)
        payload += struct.pack("<6d", 0.5, 1.0, 0.25, 0.125, -scale, scale)
        payload += struct.pack("<3Q", 1, 0, 2)
        payload += struct.pack("<4d", -scale, scale, 2 * scale, 2 * scale)
        (folder / f"{name}.bin").write_bytes(envelope(name, payload))


def array(name, numbers):
    print(f"inline const std::vector<double> {name}{{")
    text = [repr(float(x)) for x in numbers]
    for at in range(0, len(text), 5):
        print("    " + ", ".join(text[at:at + 5]) + ",")
    print("};\n")


def main():
    if len(sys.argv) > 1:
        golden(pathlib.Path(sys.argv[1]))
        return
    river, river_version = river_loss()
    vowpal, vowpal_version = vowpal_loss()
    print(f"""\
#ifndef MILLRACE_TESTS_SUPPORT_FTRL_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_FTRL_REFERENCE_HPP

// Made by tests/oracle/ftrl.py with NumPy {np.__version__}, river {river_version}, Vowpal Wabbit {vowpal_version}. Do not edit.

#include <vector>

namespace ftrl_reference {{
// clang-format off

// Each hundredth prediction, and the coefficients at the end, the intercept last.
""")
    cases = [("plain", 0.5, 1.0, 0.0, 0.0, True, False), ("priced", 0.3, 0.5, 1.5, 2.0, True, True),
             ("squared", 0.3, 1.0, 0.0, 0.0, False, False), ("squared_priced", 0.2, 2.0, 0.5, 1.0, False, True)]
    for name, alpha, beta, l1, l2, logistic, weighted in cases:
        predicted, coefficients, loss = learn(alpha, beta, l1, l2, logistic, weighted)
        array(f"{name}_predictions", predicted)
        array(f"{name}_coefficients", coefficients)
        print(f"inline constexpr double {name}_loss = {loss!r};\n")
    print(f"""\
// The mean log loss of predictions made before the label was seen, with the options of `plain`. river learns its
// intercept by plain gradient descent; Vowpal Wabbit computes in floats.
inline constexpr double river_loss = {river!r};
inline constexpr double vowpal_wabbit_loss = {vowpal!r};

// clang-format on
}}  // namespace ftrl_reference

#endif  // MILLRACE_TESTS_SUPPORT_FTRL_REFERENCE_HPP""")


if __name__ == "__main__":
    main()
