#!/usr/bin/env python3
"""Writes tests/support/cluster_reference.hpp: scikit-learn's inertia for the tests of model/cluster.

    python3 tests/oracle/clusters.py > tests/support/cluster_reference.hpp

The tables are made by the same whole numbers here and in tests/support/cluster_rows.hpp.
"""
import numpy as np
import sklearn
from sklearn import cluster


def words(seed):
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 40  # 24 bits


def cluster_rows(seed, rows, columns, groups, spread):
    """Rows around `groups` centres in the unit cube, which are taken in turn; sums of four uniform numbers about them."""
    word = words(seed)
    centres = [[next(word) / 2**24 for _ in range(columns)] for _ in range(groups)]
    table = [[centres[i % groups][c] + spread * (sum(next(word) for _ in range(4)) / 2**24 - 2) for c in range(columns)]
             for i in range(rows)]
    return np.array(table, np.float32)


def main():
    print(f"""#ifndef MILLRACE_TESTS_SUPPORT_CLUSTER_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_CLUSTER_REFERENCE_HPP

// Made by tests/oracle/clusters.py with NumPy {np.__version__}, scikit-learn {sklearn.__version__}. Do not edit.

#include <cstddef>
#include <cstdint>

namespace reference {{
// clang-format off

/// A table of support::cluster_rows, and scikit-learn's inertia: the mean and the highest of 20 seeds with one start each,
/// and the lowest of all.
struct clustering {{
  std::uint64_t seed;
  std::size_t rows;
  std::size_t columns;
  std::size_t groups;
  double spread;
  double mean;
  double highest;
  double lowest;
}};
inline constexpr clustering clusterings[] = {{""")
    for seed, rows, columns, groups, spread in ((1, 400, 3, 5, 0.1), (2, 600, 8, 8, 0.3), (3, 900, 2, 12, 0.05),
                                                (4, 500, 24, 16, 0.4)):
        table = cluster_rows(seed, rows, columns, groups, spread).astype(np.float64)
        found = [cluster.KMeans(groups, n_init=1, random_state=k).fit(table).inertia_ for k in range(20)]
        print(f"    {{{seed}, {rows}, {columns}, {groups}, {spread!r}, {float(np.mean(found))!r}, {float(max(found))!r}, {float(min(found))!r}}},")
    print("""};

// clang-format on
}  // namespace reference

#endif  // MILLRACE_TESTS_SUPPORT_CLUSTER_REFERENCE_HPP""")


if __name__ == "__main__":
    main()
