#!/usr/bin/env python3
"""Writes tests/support/train_reference.hpp: losses, gradients, optimizer steps and schedules for the tests of train/.

    python3 tests/oracle/train.py > tests/support/train_reference.hpp

Losses come from SciPy's special functions and are checked here against scikit-learn's metrics where it has them.
Optimizers and schedules are written below from their papers: Kingma and Ba (ICLR 2015), algorithm 1; Loshchilov and
Hutter (ICLR 2019), algorithm 2, and (ICLR 2017), equation 5; Sutskever et al. (ICML 2013), section 2.
"""
import numpy as np
import scipy
import scipy.special as special
import sklearn
import sklearn.metrics as metrics


def array(name, values):
    values = np.asarray(values, dtype=float).ravel()
    body = ", ".join(repr(float(v)) for v in values)
    print(f"inline const std::vector<double> {name}{{{body}}};")


def scalar(name, value):
    print(f"inline constexpr double {name} = {float(value)!r};")


print(f"""#ifndef MILLRACE_TESTS_SUPPORT_TRAIN_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_TRAIN_REFERENCE_HPP

// Made by tests/oracle/train.py with NumPy {np.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}. Do not edit.

#include <vector>

namespace reference {{
// clang-format off
""")

# Squared error, 3 x 2.
output = np.array([[0.5, -1.25], [2.0, 0.0], [-3.5, 7.0]])
targets = np.array([[0.0, -1.0], [2.5, 0.25], [-3.0, 4.0]])
array("mse_output", output)
array("mse_targets", targets)
scalar("mse_loss", metrics.mean_squared_error(targets, output))
array("mse_gradient", 2 * (output - targets) / output.size)

# Two classes from logits; the last ones overflow a naive exp.
logits = np.array([0.3, -1.7, 2.2, -0.01, 5.5, -4.0, 30.0, -30.0, 700.0, -900.0])
labels = np.array([1, 0, 0, 1, 1, 1, 0, 1, 0, 0])
for name, weights in (("", np.ones(2)), ("_weighted", np.array([0.25, 3.0]))):
    w = weights[labels]
    loss = -(w * np.where(labels == 1, special.log_expit(logits), special.log_expit(-logits))).sum() / w.sum()
    mild = np.abs(logits) < 10
    check = metrics.log_loss(labels[mild], special.expit(logits[mild]), sample_weight=w[mild])
    ours = -(w * np.where(labels == 1, special.log_expit(logits), special.log_expit(-logits)))[mild].sum() / w[mild].sum()
    assert abs(check - ours) < 1e-12
    scalar(f"binary_loss{name}", loss)
    array(f"binary_gradient{name}", w * (special.expit(logits) - labels) / w.sum())
array("binary_logits", logits)
array("binary_labels", labels)

# Several yes-or-no answers, soft targets, 3 x 2.
logits = np.array([[0.7, -2.0], [1.5, 0.0], [-0.4, 3.0]])
targets = np.array([[1.0, 0.0], [0.9, 0.5], [0.05, 1.0]])
array("multilabel_logits", logits)
array("multilabel_targets", targets)
scalar("multilabel_loss", -(targets * special.log_expit(logits) + (1 - targets) * special.log_expit(-logits)).mean())
array("multilabel_gradient", (special.expit(logits) - targets) / logits.size)

# One class of four from logits; some rows overflow a naive exp.
logits = np.array([[0.1, 1.2, -0.7, 0.0], [3.0, 2.9, 2.8, 2.7], [-5.0, 0.0, 5.0, 1.0], [1000.0, 0.0, 998.0, -1000.0],
                   [-800.0, -801.0, -799.0, -803.0]])
labels = np.array([1, 3, 0, 2, 1])
for name, weights in (("", np.ones(4)), ("_weighted", np.array([2.0, 0.5, 1.0, 4.0]))):
    w = weights[labels]
    picked = special.log_softmax(logits, axis=1)[np.arange(len(labels)), labels]
    loss = -(w * picked).sum() / w.sum()
    check = metrics.log_loss(labels[:3], special.softmax(logits[:3], axis=1), sample_weight=w[:3], labels=[0, 1, 2, 3])
    assert abs(check + (w * picked)[:3].sum() / w[:3].sum()) < 1e-12
    scalar(f"softmax_loss{name}", loss)
    array(f"softmax_gradient{name}", w[:, None] * (special.softmax(logits, axis=1) - np.eye(4)[labels]) / w.sum())
array("softmax_logits", logits)
array("softmax_labels", labels)

# Optimizers: four parameters, six given gradients, the parameters after the last.
gradients = np.array([[0.5, -1.0, 0.25, 3.0], [0.4, 1.0, 0.25, -2.0], [0.0, 0.5, 0.25, 1e-3], [-0.1, -0.7, 0.25, 0.0],
                      [2.0, 0.3, 0.25, 0.5], [1e-6, -0.2, 0.25, -4.0]])
start = np.array([1.0, -2.0, 0.5, 0.0])
array("optimizer_gradients", gradients)
array("optimizer_start", start)
rate = 0.05


def sgd(weight_decay):
    p = start.copy()
    for g in gradients:
        p = p - rate * (g + weight_decay * p)
    return p


def momentum(nesterov, weight_decay, decay=0.9):
    p, v = start.copy(), np.zeros(4)
    for g in gradients:
        g = g + weight_decay * p
        v = decay * v + g
        p = p - rate * (g + decay * v if nesterov else v)
    return p


def adam(penalty, decoupled, beta1=0.9, beta2=0.999, epsilon=1e-8):
    p, m, v = start.copy(), np.zeros(4), np.zeros(4)
    for t, g in enumerate(gradients, start=1):
        g = g + penalty * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        step = rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        p = p - step - rate * decoupled * p
    return p


array("sgd", sgd(0.0))
array("sgd_decay", sgd(0.1))
array("momentum", momentum(False, 0.0))
array("momentum_decay", momentum(False, 0.1))
array("nesterov", momentum(True, 0.0))
array("nesterov_decay", momentum(True, 0.1))
array("adam", adam(0.0, 0.0))
array("adam_penalty", adam(0.1, 0.0))
array("adamw", adam(0.0, 0.1))

# Schedules at steps 0, 1, 10, 99, 100, 101, 250, 1000.
steps = np.array([0, 1, 10, 99, 100, 101, 250, 1000])
array("schedule_steps", steps)
array("step_decay", 0.1 * 0.5 ** (steps // 100))
array("exponential_decay", 0.1 * 0.99**steps)
array("cosine_decay", np.where(steps < 250, 0.01 + 0.5 * (0.1 - 0.01) * (1 + np.cos(np.pi * steps / 250)), 0.01))

# Activations and their derivatives, from SciPy.
x = np.array([-30.0, -4.0, -1.5, -0.2, -1e-3, 1e-3, 0.2, 1.5, 4.0, 30.0])
array("activation_inputs", x)
t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
array("tanh", np.tanh(x))
array("sigmoid", special.expit(x))
array("gelu", 0.5 * x * (1 + t))
array("relu", np.maximum(x, 0))
array("leaky_relu", np.where(x > 0, x, 0.01 * x))

print("""
// clang-format on
}  // namespace reference

#endif  // MILLRACE_TESTS_SUPPORT_TRAIN_REFERENCE_HPP""")
