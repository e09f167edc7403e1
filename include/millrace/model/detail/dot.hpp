#ifndef MILLRACE_MODEL_DETAIL_DOT_HPP
#define MILLRACE_MODEL_DETAIL_DOT_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

// Two numbers stand in a vector register, which every 64-bit machine has: wider ones gain little on rows of tens of
// features. Products are rounded before they are added, so the bits are the same on every CPU and wherever a function
// is inlined.

using two_doubles = vector<double, 16>;

[[gnu::always_inline]] inline void load_two(two_doubles& to, const double* from) noexcept { load_vector(to, from); }
[[gnu::always_inline]] inline void load_two(two_doubles& to, const float* from) noexcept {
  vector<float, 8> narrow;
  load_vector(narrow, from);
  to = __builtin_convertvector(narrow, two_doubles);
}
/// sum += a[0] * b[0], and beside it a[1] * b[1].
template <class Left, class Right>
[[gnu::always_inline]] inline void add_two_products(two_doubles& sum, const Left* a, const Right* b) noexcept {
  two_doubles left;
  two_doubles right;
  load_two(left, a);
  load_two(right, b);
  two_doubles product = left * right;
  rounded(product);
  sum += product;
}

/// The sum of a[i] * b[i] in double. Eight sums run side by side, so that an addition need not wait for the one before;
/// the order of additions depends on `size` alone.
template <class Left, class Right>
double dot(const Left* a, const Right* b, std::size_t size) noexcept {
  two_doubles sum0{};
  two_doubles sum1{};
  two_doubles sum2{};
  two_doubles sum3{};
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    add_two_products(sum0, a + i, b + i);
    add_two_products(sum1, a + i + 2, b + i + 2);
    add_two_products(sum2, a + i + 4, b + i + 4);
    add_two_products(sum3, a + i + 6, b + i + 6);
  }
  if (i + 4 <= size) {
    add_two_products(sum0, a + i, b + i);
    add_two_products(sum1, a + i + 2, b + i + 2);
    i += 4;
  }
  double last = 0;
  for (; i < size; ++i) {
    double product = static_cast<double>(a[i]) * static_cast<double>(b[i]);
    rounded(product);
    last += product;
  }
  const two_doubles sum = (sum0 + sum2) + (sum1 + sum3);
  return (sum[0] + sum[1]) + last;
}

/// to[i] = keep * to[i] + factor * from[i].
template <class From>
[[gnu::always_inline]] inline void keep_and_add(double* to, double keep, double factor, const From* from,
                                                std::size_t size) noexcept {
  std::size_t i = 0;
  for (; i + 2 <= size; i += 2) {
    two_doubles product;
    two_doubles kept;
    load_two(product, from + i);
    load_two(kept, to + i);
    product *= factor;
    rounded(product);
    kept *= keep;
    rounded(kept);
    store_vector(to + i, kept + product);
  }
  if (i < size) {
    double product = static_cast<double>(from[i]) * factor;
    rounded(product);
    double kept = to[i] * keep;
    rounded(kept);
    to[i] = kept + product;
  }
}
/// to[i] += factor * from[i]: the same, since a product with 1 is exact.
template <class From>
void add_multiple(double* to, double factor, const From* from, std::size_t size) noexcept {
  keep_and_add(to, 1, factor, from, size);
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_DOT_HPP
