#!/usr/bin/env python3
"""Writes tests/support/validation_reference.hpp: scikit-learn's figures for the tests of model/validation.

    python3 tests/oracle/validation.py > tests/support/validation_reference.hpp

DeLong's standard error and mean reciprocal rank are computed here from their definitions, in NumPy.
"""
import numpy as np
import sklearn
from scipy import special, stats
from sklearn import metrics


def array(name, values, kind="double"):
    flat = np.asarray(values).ravel()
    suffix = {"float": "F", "double": "", "int": "", "std::size_t": ""}[kind]
    body = ", ".join(str(int(v)) if kind in ("int", "std::size_t") else repr(float(v)) + suffix for v in flat)
    print(f"inline const std::vector<{kind}> {name}{{{body}}};")


def scalar(name, value):
    print(f"inline constexpr double {name} = {float(value)!r};")


def ranking(random):
    lengths = [7, 1, 12, 5, 9]
    relevances = random.integers(0, 4, sum(lengths))
    relevances[7] = 0
    scores = np.round(relevances + random.normal(0, 1.5, sum(lengths)), 1)
    scores[20:24] = 1.5
    hits = (relevances == 3).astype(int)
    array("query_lengths", lengths, "std::size_t")
    array("relevances", relevances)
    array("ranking_scores", scores)
    array("hits", hits, "int")
    bounds = np.cumsum([0, *lengths])
    queries = [slice(a, b) for a, b in zip(bounds, bounds[1:])]
    for name, k in (("ndcg", None), ("ndcg_at_3", 3)):
        scalar(name, np.mean([metrics.ndcg_score([relevances[q]], [scores[q]], k=k) if len(scores[q]) > 1
                              else float(relevances[q][0] > 0) for q in queries]))
    scalar("ndcg_of_all", metrics.ndcg_score([relevances], [scores]))
    reciprocal, precision = [], []
    for q in queries:
        s, h = scores[q], hits[q]
        ranks = [1 + np.sum(s > x) + (np.sum(s == x) - 1) / 2 for x in s[h == 1]]
        reciprocal.append(1 / min(ranks) if ranks else 0)
        expected = 0
        for x in np.unique(s):
            tied, above = s == x, np.sum(s > x)
            expected += h[tied].sum() * np.clip(3 - above, 0, tied.sum()) / tied.sum()
        precision.append(expected / 3)
    scalar("mean_reciprocal_rank", np.mean(reciprocal))
    scalar("precision_at_3", np.mean(precision))


def main():
    print(f"""#ifndef MILLRACE_TESTS_SUPPORT_VALIDATION_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_VALIDATION_REFERENCE_HPP

// Made by tests/oracle/validation.py with NumPy {np.__version__}, scikit-learn {sklearn.__version__}. Do not edit.

#include <cstddef>
#include <vector>

namespace validation {{
// clang-format off
""")
    random = np.random.default_rng(33)
    weights = np.round(random.uniform(0, 3, 90), 2).astype(np.float32)
    weights[::11] = 0
    array("weights", weights, "float")
    classes = random.integers(0, 4, 90)
    guesses = np.where(random.random(90) < 0.55, classes, random.integers(0, 5, 90))
    array("classes", classes, "int")
    array("guesses", guesses, "int")
    for suffix, w in (("", None), ("_weighted", weights)):
        scalar("accuracy" + suffix, metrics.accuracy_score(classes, guesses, sample_weight=w))
        scalar("balanced_accuracy" + suffix, metrics.balanced_accuracy_score(classes, guesses, sample_weight=w))
        scalar("matthews" + suffix, metrics.matthews_corrcoef(classes, guesses, sample_weight=w))
        for kind in (None, "linear", "quadratic"):
            scalar(f"kappa_{kind or 'nominal'}" + suffix,
                   metrics.cohen_kappa_score(classes, guesses, weights=kind, sample_weight=w))
        for average in ("macro", "micro", "weighted"):
            for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score),
                                ("f1", metrics.f1_score)):
                scalar(f"{name}_{average}" + suffix,
                       score(classes, guesses, average=average, sample_weight=w, zero_division=0))
    scores = np.round(random.normal(0, 1, (90, 4)) + np.eye(4)[classes], 1)
    array("class_scores", scores)
    for k in (1, 2, 3):
        scalar(f"top_{k}", metrics.top_k_accuracy_score(classes, scores, k=k))
        scalar(f"top_{k}_weighted", metrics.top_k_accuracy_score(classes, scores, k=k, sample_weight=weights))

    labels = random.integers(0, 2, 90)
    chances = np.clip(np.round((labels * 0.3 + random.normal(0.35, 0.2, 90)) * 32) / 32, 0, 1)
    array("labels", labels, "int")
    array("probabilities", chances)
    for name, score in (("auc", metrics.roc_auc_score), ("average_precision", metrics.average_precision_score),
                        ("log_loss", metrics.log_loss), ("brier", metrics.brier_score_loss)):
        scalar(name + "_weighted", score(labels, chances, sample_weight=weights))
    ones, zeros = chances[labels == 1], chances[labels == 0]
    order = (ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros)
    error = np.sqrt(np.var(order.mean(1), ddof=1) / len(ones) + np.var(order.mean(0), ddof=1) / len(zeros))
    auc = order.mean()
    scalar("auc", auc)
    scalar("auc_error", error)
    half = stats.norm.ppf(0.975) * error / auc / (1 - auc)
    array("auc_interval", special.expit(special.logit(auc) + np.array([-half, half])))

    targets = random.normal(3, 4, 90)
    predictions = targets + random.normal(0.5, 1, 90)
    array("targets", targets)
    array("predictions", predictions)
    for suffix, w in (("", None), ("_weighted", weights)):
        scalar("mse" + suffix, metrics.mean_squared_error(targets, predictions, sample_weight=w))
        scalar("mape" + suffix, metrics.mean_absolute_percentage_error(targets, predictions, sample_weight=w))
        scalar("pinball" + suffix, metrics.mean_pinball_loss(targets, predictions, alpha=0.8, sample_weight=w))
        scalar("explained_variance" + suffix, metrics.explained_variance_score(targets, predictions, sample_weight=w))
    scalar("rmse_weighted", metrics.root_mean_squared_error(targets, predictions, sample_weight=weights))
    scalar("mae_weighted", metrics.mean_absolute_error(targets, predictions, sample_weight=weights))
    scalar("r2_weighted", metrics.r2_score(targets, predictions, sample_weight=weights))
    scalar("median_error_even", metrics.median_absolute_error(targets, predictions))
    scalar("median_error_odd", metrics.median_absolute_error(targets[:-1], predictions[:-1]))

    rows = np.round(random.normal(0, 1, (60, 3)), 2).astype(np.float32)
    parts = random.integers(-1, 4, 60) * 10
    parts[:] = np.where(np.arange(60) == 7, 99, parts)  # a row alone in its cluster
    rows[:, 0] += parts / 20
    others = np.where(random.random(60) < 0.7, parts, random.integers(0, 3, 60))
    array("rows", rows, "float")
    array("parts", parts, "int")
    array("others", others, "int")
    scalar("silhouette", metrics.silhouette_score(rows.astype(np.float64), parts))
    scalar("rand_index", metrics.adjusted_rand_score(parts, others))
    scalar("mutual_information", metrics.normalized_mutual_info_score(parts, others))
    ranking(random)
    print("""
// clang-format on
}  // namespace validation

#endif  // MILLRACE_TESTS_SUPPORT_VALIDATION_REFERENCE_HPP""")


if __name__ == "__main__":
    main()
