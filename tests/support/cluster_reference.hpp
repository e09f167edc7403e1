#ifndef MILLRACE_TESTS_SUPPORT_CLUSTER_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_CLUSTER_REFERENCE_HPP

// Made by tests/oracle/clusters.py with NumPy 2.4.6, scikit-learn 1.9.1. Do not edit.

#include <cstddef>
#include <cstdint>

namespace reference {
// clang-format off

/// A table of support::cluster_rows, and scikit-learn's inertia: the mean and the highest of 20 seeds with one start each,
/// and the lowest of all.
struct clustering {
  std::uint64_t seed;
  std::size_t rows;
  std::size_t columns;
  std::size_t groups;
  double spread;
  double mean;
  double highest;
  double lowest;
};
inline constexpr clustering clusterings[] = {
    {1, 400, 3, 5, 0.1, 4.069638661495519, 5.232499273335763, 3.792920299092347},
    {2, 600, 8, 8, 0.3, 141.9342150003678, 161.39951354030603, 136.6364809183169},
    {3, 900, 2, 12, 0.05, 1.4645764141310615, 1.896563829814686, 1.3599657099797493},
    {4, 500, 24, 16, 0.4, 664.4241689548896, 734.2924156790309, 624.5250811120036},
};

// clang-format on
}  // namespace reference

#endif  // MILLRACE_TESTS_SUPPORT_CLUSTER_REFERENCE_HPP
