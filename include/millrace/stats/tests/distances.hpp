#ifndef MILLRACE_STATS_TESTS_DISTANCES_HPP
#define MILLRACE_STATS_TESTS_DISTANCES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sorted_sample.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The integral over x of `height(F(x) - G(x))`, with F and G the distribution functions of the two samples.
template <class Height>
result<double> integral_between(const sorted_sample& a, const sorted_sample& b, Height height) {
  if (auto ok = checked(a, "the first sample"); !ok) return std::move(ok).error();
  if (auto ok = checked(b, "the second sample"); !ok) return std::move(ok).error();
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  double area = 0;
  double before = 0;
  double gap = 0;
  merge_walk(a, b, [&](double value, std::size_t i, std::size_t j) {
    if (gap != 0) area += height(gap) * (value - before);
    gap = static_cast<double>(i) / m - static_cast<double>(j) / n;
    before = value;
  });
  return area;
}

}  // namespace detail

/// The Wasserstein-1 (earth mover's) distance of two samples, in their own unit: the area between their distribution
/// functions.
/// Complexity: O(m + n).
/// Allocates: never.
/// Errors: invalid_data: an empty sample.
/// Source: C. Villani, "Optimal transport", 2009, chapter 6.
inline result<double> wasserstein_distance(const sorted_sample& a, const sorted_sample& b) {
  return detail::integral_between(a, b, [](double gap) { return detail::math::absolute(gap); });
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<double> wasserstein_distance(const sample_view& a, const sample_view& b) {
  return detail::on_sorted(a, b, [](const sorted_sample& first, const sorted_sample& second) {
    return wasserstein_distance(first, second);
  });
}

/// The energy distance of two samples, sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|), in the square root of their unit. It
/// is the square root of twice the integral of the squared difference of the distribution functions.
/// Complexity: O(m + n).
/// Allocates: never.
/// Errors: invalid_data: an empty sample.
/// Source: G. Szekely, M. Rizzo, Journal of Statistical Planning and Inference 143, 2013.
inline result<double> energy_distance(const sorted_sample& a, const sorted_sample& b) {
  auto area = detail::integral_between(a, b, [](double gap) { return gap * gap; });
  if (area) *area = detail::math::sqrt(2 * *area);
  return area;
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<double> energy_distance(const sample_view& a, const sample_view& b) {
  return detail::on_sorted(
      a, b, [](const sorted_sample& first, const sorted_sample& second) { return energy_distance(first, second); });
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_DISTANCES_HPP
