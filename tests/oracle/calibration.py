#!/usr/bin/env python3
"""Writes tests/support/calibration_reference.hpp: scikit-learn's calibrations for the tests of model/calibration.

    python3 tests/oracle/calibration.py > tests/support/calibration_reference.hpp

scikit-learn stops its search for Platt's parameters at slopes of 1e-6. So there are two references: its own parameters,
and those that Newton's method in NumPy reaches from them on the same likelihood.
"""
import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, _sigmoid_calibration
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression


def array(name, values, kind="double"):
    suffix = "F" if kind == "float" else ""
    body = ", ".join(repr(float(v)) + suffix for v in np.asarray(values).ravel())
    print(f"inline const std::vector<{kind}> {name}{{{body}}};")


def scalar(name, value):
    print(f"inline constexpr double {name} = {float(value)!r};")


def optimum(scores, labels, weights, a, b):
    zeros, ones = weights[labels == 0].sum(), weights[labels == 1].sum()
    target = np.where(labels == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    x = np.stack([scores, np.ones_like(scores)], 1)
    at = np.array([-a, -b])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ at))
        at -= np.linalg.solve((x * (weights * p * (1 - p))[:, None]).T @ x, x.T @ (weights * (p - target)))
    return at


class Scores(ClassifierMixin, BaseEstimator):
    """A model whose scores are its columns."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = x.shape[1]
        return self

    def decision_function(self, x):
        return x

    def predict(self, x):
        return self.classes_[np.argmax(x, 1)]


def several_classes(random):
    labels = random.integers(0, 3, 90)
    scores = np.round(random.normal(0, 1, (90, 3)) + 1.5 * np.eye(3)[labels], 1)
    array("class_scores", scores)
    array("class_labels", labels, "float")
    for method in ("sigmoid", "isotonic"):
        calibrated = CalibratedClassifierCV(FrozenEstimator(Scores().fit(scores, labels)), method=method)
        array(f"class_probabilities_{method}", calibrated.fit(scores, labels).predict_proba(scores))


def main():
    print(f"""#ifndef MILLRACE_TESTS_SUPPORT_CALIBRATION_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_CALIBRATION_REFERENCE_HPP

// Made by tests/oracle/calibration.py with NumPy {np.__version__}, scikit-learn {sklearn.__version__}. Do not edit.

#include <vector>

namespace calibration_reference {{
// clang-format off
""")
    random = np.random.default_rng(11)
    rows = 160
    scores = np.round(random.normal(0, 2, rows), 1)  # many ties
    labels = (random.uniform(size=rows) < 1 / (1 + np.exp(1 - 0.8 * scores))).astype(float)
    weights = np.round(random.uniform(0, 3, rows), 2).astype(np.float32).astype(float)
    weights[::9] = 0
    asked = np.concatenate([[-50, 50], np.sort(random.normal(0, 3, 60)), scores[:20]])
    array("scores", scores)
    array("labels", labels, "float")
    array("weights", weights, "float")
    array("asked", asked)
    for suffix, own in (("", None), ("_weighted", weights)):
        w = np.ones(rows) if own is None else own
        a, b = _sigmoid_calibration(scores, labels, own)
        slope, intercept = optimum(scores, labels, w, a, b)
        scalar(f"found_slope{suffix}", -a)
        scalar(f"found_intercept{suffix}", -b)
        scalar(f"slope{suffix}", slope)
        scalar(f"intercept{suffix}", intercept)
        fitted = IsotonicRegression(out_of_bounds="clip").fit(scores, labels, own)
        array(f"knot_scores{suffix}", fitted.X_thresholds_)
        array(f"knot_probabilities{suffix}", fitted.y_thresholds_)
        array(f"isotonic{suffix}", fitted.predict(asked))
    several_classes(random)
    print("""
// clang-format on
}  // namespace calibration_reference

#endif  // MILLRACE_TESTS_SUPPORT_CALIBRATION_REFERENCE_HPP""")


if __name__ == "__main__":
    main()
