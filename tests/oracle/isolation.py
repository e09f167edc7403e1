#!/usr/bin/env python3
"""Writes tests/support/isolation_reference.hpp: scikit-learn's figures for the tests of model/trees/isolation_forest.

    python3 tests/oracle/isolation.py > tests/support/isolation_reference.hpp
"""
import numpy as np
import sklearn
from clusters import cluster_rows, words
from sklearn import ensemble, metrics
from sklearn.ensemble import _iforest


def unusual_rows(seed, columns):
    """800 rows around four centres and 40 anywhere in the cube, as in the test."""
    word = words(seed + 100)
    odd = np.array([[3 * next(word) / 2**24 - 1 for _ in range(columns)] for _ in range(40)], np.float32)
    return np.vstack([cluster_rows(seed, 800, columns, 4, 0.08), odd])


def main():
    print(f"""#ifndef MILLRACE_TESTS_SUPPORT_ISOLATION_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_ISOLATION_REFERENCE_HPP

// Made by tests/oracle/isolation.py with NumPy {np.__version__}, scikit-learn {sklearn.__version__}. Do not edit.

#include <cstddef>
#include <cstdint>

namespace reference {{
// clang-format off

/// The mean path of so many rows.
struct path {{
  double rows;
  double mean;
}};
inline constexpr path paths[] = {{""")
    for rows in (1, 2, 3, 4, 10, 256, 100_000):
        print(f"    {{{rows}, {float(_iforest._average_path_length([rows])[0])!r}}},")
    print("""};

/// Means over 20 seeds: of the area under the ROC curve, and of the scores of the usual and of the unusual rows.
struct isolation {
  std::uint64_t seed;
  std::size_t columns;
  double auc;
  double usual;
  double unusual;
};
inline constexpr isolation isolations[] = {""")
    odd = np.r_[np.zeros(800), np.ones(40)]
    for seed, columns in ((1, 2), (2, 6), (3, 20)):
        table = unusual_rows(seed, columns)
        scores = [ensemble.IsolationForest(random_state=k).fit(table).score_samples(table) for k in range(20)]
        auc = np.mean([metrics.roc_auc_score(odd, -s) for s in scores])
        print(f"    {{{seed}, {columns}, {float(auc)!r}, {float(np.mean([s[:800] for s in scores]))!r}, "
              f"{float(np.mean([s[800:] for s in scores]))!r}}},")
    print("""};

// clang-format on
}  // namespace reference

#endif  // MILLRACE_TESTS_SUPPORT_ISOLATION_REFERENCE_HPP""")


if __name__ == "__main__":
    main()
