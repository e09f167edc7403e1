#ifndef MILLRACE_MODEL_DETAIL_DOT_HPP
#define MILLRACE_MODEL_DETAIL_DOT_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The sum of a[i] * b[i] in double. Four sums run side by side, so that an addition need not wait for the one before;
/// number i belongs to sum i % 4. The order of additions depends on `size` alone, and products are rounded before they
/// are added, so the bits are the same wherever the function is inlined.
template <class Left, class Right>
double dot(const Left* a, const Right* b, std::size_t size) noexcept {
  const auto product = [&](std::size_t i) {
    double made = static_cast<double>(a[i]) * static_cast<double>(b[i]);
    rounded(made);
    return made;
  };
  double sum0 = 0;
  double sum1 = 0;
  double sum2 = 0;
  double sum3 = 0;
  std::size_t i = 0;
  for (; i + 4 <= size; i += 4) {
    sum0 += product(i);
    sum1 += product(i + 1);
    sum2 += product(i + 2);
    sum3 += product(i + 3);
  }
  if (i < size) sum0 += product(i);
  if (i + 1 < size) sum1 += product(i + 1);
  if (i + 2 < size) sum2 += product(i + 2);
  return (sum0 + sum1) + (sum2 + sum3);
}

/// to[i] += factor * from[i].
template <class From>
void add_multiple(double* to, double factor, const From* from, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    double product = factor * static_cast<double>(from[i]);
    rounded(product);
    to[i] += product;
  }
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_DOT_HPP
