#!/usr/bin/env python3
"""Writes tests/support/evaluation_reference.hpp: scikit-learn's answers for the tests of model/evaluation.

    python3 tests/oracle/evaluation.py > tests/support/evaluation_reference.hpp
"""
import numpy as np
import sklearn
import sklearn.calibration as calibration
import sklearn.metrics as metrics


def array(name, values, kind="double"):
    flat = np.asarray(values).ravel()
    body = ", ".join(str(int(v)) if kind == "int" else repr(float(v)) for v in flat)
    body = body.replace("inf", "std::numeric_limits<double>::infinity()")
    print(f"inline const std::vector<{kind}> {name}{{{body}}};")


def scalar(name, value):
    print(f"inline constexpr double {name} = {float(value)!r};")


print(f"""#ifndef MILLRACE_TESTS_SUPPORT_EVALUATION_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_EVALUATION_REFERENCE_HPP

// Made by tests/oracle/evaluation.py with NumPy {np.__version__}, scikit-learn {sklearn.__version__}. Do not edit.

#include <limits>
#include <vector>

namespace reference {{
// clang-format off
""")

random = np.random.default_rng(20)
labels = random.integers(0, 2, 120)
# Rounded to 1/64, so that there are many ties; none lies on an edge of ten bins except 0, 0.5 and 1.
probabilities = np.clip(np.round((labels * 0.3 + random.normal(0.35, 0.22, 120)) * 64) / 64, 0, 1)
probabilities[:3] = [0.0, 1.0, 0.5]
answers = (probabilities >= 0.5).astype(int)
array("labels", labels, "int")
array("probabilities", probabilities)
array("answers", answers, "int")
scalar("accuracy", metrics.accuracy_score(labels, answers))
scalar("precision", metrics.precision_score(labels, answers))
scalar("recall", metrics.recall_score(labels, answers))
scalar("f1", metrics.f1_score(labels, answers))
array("confusion", metrics.confusion_matrix(labels, answers), "int")
scalar("auc", metrics.roc_auc_score(labels, probabilities))
fpr, tpr, thresholds = metrics.roc_curve(labels, probabilities, drop_intermediate=False)
array("roc_false_positive_rate", fpr)
array("roc_true_positive_rate", tpr)
array("roc_threshold", thresholds)
precision, recall, cut = metrics.precision_recall_curve(labels, probabilities)
array("curve_precision", precision[-2::-1])  # from the highest score down, without the point at recall 0
array("curve_recall", recall[-2::-1])
array("curve_threshold", cut[::-1])
scalar("average_precision", metrics.average_precision_score(labels, probabilities))
scalar("log_loss", metrics.log_loss(labels, probabilities))
scalar("brier", metrics.brier_score_loss(labels, probabilities))
share, mean = calibration.calibration_curve(labels, probabilities, n_bins=10)
array("calibration_share", share)
array("calibration_mean", mean)
# Expected calibration error by its definition (Guo et al. 2017, eq. 3), in NumPy.
bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], probabilities)
weights = np.array([np.sum(bins == b) for b in range(10) if np.any(bins == b)])
scalar("calibration_error", np.sum(weights * np.abs(share - mean)) / len(labels))

classes = random.integers(0, 4, 60)
guesses = np.where(random.random(60) < 0.6, classes, random.integers(0, 4, 60))
logits = random.normal(0, 1.5, (60, 4)) + 2 * np.eye(4)[guesses]
shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
array("classes", classes, "int")
array("guesses", guesses, "int")
array("class_probabilities", shares)
array("class_confusion", metrics.confusion_matrix(classes, guesses), "int")
array("class_precision", metrics.precision_score(classes, guesses, average=None))
array("class_recall", metrics.recall_score(classes, guesses, average=None))
array("class_f1", metrics.f1_score(classes, guesses, average=None))
scalar("macro_f1", metrics.f1_score(classes, guesses, average="macro"))
scalar("class_accuracy", metrics.accuracy_score(classes, guesses))
scalar("class_log_loss", metrics.log_loss(classes, shares))

targets = random.normal(5, 2, 40)
predictions = targets + random.normal(0, 0.7, 40)
array("targets", targets)
array("predictions", predictions)
scalar("rmse", metrics.root_mean_squared_error(targets, predictions))
scalar("mae", metrics.mean_absolute_error(targets, predictions))
scalar("r2", metrics.r2_score(targets, predictions))
scalar("r2_worse_than_mean", metrics.r2_score(targets, -predictions))

print("""
// clang-format on
}  // namespace reference

#endif  // MILLRACE_TESTS_SUPPORT_EVALUATION_REFERENCE_HPP""")
