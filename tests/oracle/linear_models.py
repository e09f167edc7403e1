#!/usr/bin/env python3
"""Writes tests/support/linear_reference.hpp: scikit-learn's coefficients for the tests of model/linear, of naive Bayes
and of principal components.

    python3 tests/oracle/linear_models.py > tests/support/linear_reference.hpp

Features are single-precision numbers, which scikit-learn gets as doubles. Iterative fits have tight tolerances, and
their gradients are checked here.
"""
import warnings

import numpy as np
import scipy
import sklearn
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB, MultinomialNB

warnings.simplefilter("ignore")


def array(name, values, kind="double"):
    flat = np.asarray(values).ravel()
    body = ", ".join(f"{v!r}F" if kind == "float" else repr(v) for v in (float(x) for x in flat))
    print(f"inline const std::vector<{kind}> {name}{{{body}}};")


def floats(values):
    return np.asarray(values, dtype=np.float32).astype(float)


def fitted(name, model):
    array(f"{name}_coefficients", model.coef_)
    array(f"{name}_intercepts", np.atleast_1d(model.intercept_))


def converged(model, rows, classes, weights, l2, l1=0.0):
    """The optimality conditions of the objective hold to 1e-9 of the weights' sum."""
    logits = rows @ np.atleast_2d(model.coef_).T + model.intercept_
    if logits.shape[1] == 1:
        wrong = (1 / (1 + np.exp(-logits)) - classes[:, None]) * weights[:, None]
    else:
        wrong = (scipy.special.softmax(logits, axis=1) - np.eye(logits.shape[1])[classes]) * weights[:, None]
    coef = np.atleast_2d(model.coef_)
    slope = wrong.T @ rows + l2 * coef
    off = np.where(coef == 0, np.maximum(np.abs(slope) - l1, 0), np.abs(slope + l1 * np.sign(coef)))
    assert off.max() < 1e-9 * weights.sum(), off.max()
    assert np.abs(wrong.sum(0)).max() < 1e-9 * weights.sum()


print(f"""#ifndef MILLRACE_TESTS_SUPPORT_LINEAR_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_LINEAR_REFERENCE_HPP

// Made by tests/oracle/linear_models.py with NumPy {np.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}. Do not edit.

#include <vector>

namespace linear_reference {{
// clang-format off
""")

random = np.random.default_rng(7)

# Linear and ridge: correlated columns of different spreads, one of them far from 0.
mixed = random.normal(size=(60, 5)) @ random.normal(size=(5, 5))
rows = floats(np.round(mixed * [1, 30, 0.02, 5, 1] + [0, 4, 0, 2000, -1], 6))
targets = floats(np.round(rows @ [2, -0.1, 30, 0.5, 0] + random.normal(size=60), 5))
weights = floats(random.integers(0, 9, 60) / 4)
array("rows", rows, "float")
array("targets", targets, "float")
array("weights", weights, "float")
fitted("linear", LinearRegression().fit(rows, targets))
fitted("linear_weighted", LinearRegression().fit(rows, targets, weights))
fitted("linear_through_zero", LinearRegression(fit_intercept=False).fit(rows, targets))
for l2 in (0.5, 200):
    name = f"ridge_{str(l2).replace('.', '_')}"
    fitted(name, Ridge(alpha=l2, solver="cholesky").fit(rows, targets))
    fitted(name + "_weighted", Ridge(alpha=l2, solver="cholesky").fit(rows, targets, weights))
    fitted(name + "_through_zero", Ridge(alpha=l2, solver="cholesky", fit_intercept=False).fit(rows, targets))

# A column twice, its double, a sum of two columns, and a constant one; and fewer rows than columns.
eighths = np.round(rows * 8) / 8
dependent = floats(np.column_stack([eighths, eighths[:, 0], 2 * eighths[:, 0], eighths[:, 1] + eighths[:, 4],
                                    np.full(60, 14.62)]))
array("dependent", dependent, "float")
fitted("linear_dependent", LinearRegression().fit(dependent, targets))
fitted("linear_few", LinearRegression().fit(dependent[:4], targets[:4]))

# Logistic: three classes, and the first against the others.
logits = rows @ np.array([[0.3, -0.02, 5, 0, 0.1], [-0.3, 0.01, 2, 0.04, 0], [0, 0, 0, 0, 0]]).T + [0, -80, 0]
classes = np.argmax(logits + random.gumbel(size=logits.shape), axis=1)
two = (classes == 0).astype(int)
array("classes", classes, "float")
array("two_classes", two, "float")
ones = np.ones(60)
centred = rows - rows.mean(0)
for l2 in (1.0, 0.01):
    for name, labels in (("binary", two), ("multinomial", classes)):
        for suffix, w in (("", ones), ("_weighted", weights)):
            model = LogisticRegression(C=1 / l2, solver="newton-cg", tol=1e-13, max_iter=100_000)
            model.fit(centred, labels, w)
            converged(model, centred, labels, w, l2)
            model.intercept_ = model.intercept_ - model.coef_ @ rows.mean(0)
            if len(model.intercept_) > 1:  # the same number may be added to all
                model.intercept_ -= model.intercept_.mean()
            fitted(f"{name}_{str(l2).replace('.', '_')}{suffix}", model)
model = LogisticRegression(C=1, solver="newton-cg", tol=1e-13, max_iter=100_000, fit_intercept=False)
fitted("binary_through_zero", model.fit(centred.astype(np.float32).astype(float), two))
array("centred", centred, "float")

# Elastic net, on scaled columns: SAGA is slow otherwise.
scaled = floats(centred / centred.std(0))
array("scaled", scaled, "float")
for name, labels in (("binary", two), ("multinomial", classes)):
    for c, share in ((0.2, 1.0), (0.25, 0.5), (2.0, 0.5)):
        model = LogisticRegression(C=c, l1_ratio=share, solver="saga", tol=1e-15, max_iter=1_000_000, random_state=0)
        model.fit(scaled, labels, weights)
        converged(model, scaled, labels, weights, (1 - share) / c, share / c)
        fitted(f"{name}_net_{str(c).replace('.', '_')}_{str(share).replace('.', '_')}", model)
# Naive Bayes: probabilities of the training rows, of which the second half comes later in the `_parts` ones.
for name, labels in (("binary", two), ("multinomial", classes)):
    for smoothing in (1e-9, 1e-2):
        model = GaussianNB(var_smoothing=smoothing).fit(rows, labels)
        array(f"gaussian_bayes_{name}_{'some' if smoothing > 1e-5 else 'little'}", model.predict_proba(rows))
    counts = floats(random.poisson(2 + 2 * np.column_stack([labels == j % 3 for j in range(6)])))
    array(f"counts_{name}", counts, "float")
    for alpha in (1.0, 0.01):
        for suffix, w in (("", None), ("_weighted", weights)):
            model = MultinomialNB(alpha=alpha).fit(counts, labels, w)
            key = f"multinomial_bayes_{name}_{str(alpha).replace('.', '_')}{suffix}"
            array(key, model.predict_proba(counts))
model = GaussianNB(var_smoothing=1e-12).fit(rows, classes, weights)  # theirs takes the variance of all rows alike
array("gaussian_bayes_means_weighted", model.theta_)
array("gaussian_bayes_variances_weighted", model.var_ - model.epsilon_)

# Principal components, in double precision.
model = PCA(svd_solver="full").fit(rows)
array("pca_components", model.components_)
array("pca_variances", model.explained_variance_)
array("pca_shares", model.explained_variance_ratio_)
array("pca_rows", model.transform(rows))
array("pca_whitened", PCA(n_components=3, svd_solver="full", whiten=True).fit_transform(rows))
weighted = 1 + np.arange(len(rows)) % 4 / 2
array("pca_weighted_variances", np.linalg.eigvalsh(np.cov(rows.T, aweights=weighted))[::-1])
print("""
// clang-format on
}  // namespace linear_reference

#endif  // MILLRACE_TESTS_SUPPORT_LINEAR_REFERENCE_HPP""")
