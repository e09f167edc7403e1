#ifndef MILLRACE_TESTS_SUPPORT_ISOLATION_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_ISOLATION_REFERENCE_HPP

// Made by tests/oracle/isolation.py with NumPy 2.4.6, scikit-learn 1.9.1. Do not edit.

#include <cstddef>
#include <cstdint>

namespace reference {
// clang-format off

/// The mean path of so many rows.
struct path {
  double rows;
  double mean;
};
inline constexpr path paths[] = {
    {1, 0.0},
    {2, 1.0},
    {3, 1.207392357589623},
    {4, 1.8516559071392855},
    {10, 3.748880484475505},
    {256, 10.244770920119917},
    {100000, 22.180282259643523},
};

/// Means over 20 seeds: of the area under the ROC curve, and of the scores of the usual and of the unusual rows.
struct isolation {
  std::uint64_t seed;
  std::size_t columns;
  double auc;
  double usual;
  double unusual;
};
inline constexpr isolation isolations[] = {
    {1, 2, 0.953215625, -0.3994319625206731, -0.6640817851337705},
    {2, 6, 1.0, -0.4018669581476861, -0.6821482210929051},
    {3, 20, 1.0, -0.39158126580429803, -0.6855268717780001},
};

// clang-format on
}  // namespace reference

#endif  // MILLRACE_TESTS_SUPPORT_ISOLATION_REFERENCE_HPP
