#ifndef MILLRACE_AGGREGATE_DETAIL_QUANTILE_POINTS_HPP
#define MILLRACE_AGGREGATE_DETAIL_QUANTILE_POINTS_HPP

#include <millrace/core/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// rank(point) for each point.
template <class T, class Rank>
std::vector<double> cdf_at(std::span<const T> points, Rank&& rank) {
  std::vector<double> ranks;
  ranks.reserve(points.size());
  for (const T point : points) ranks.push_back(rank(point));
  return ranks;
}

/// The fractions of `total` up to the first point, between neighbours, and beyond the last, where `up_to(point)` says
/// how much there is at or below a point. Errors: invalid_argument when the points do not ascend or there is nothing.
template <class T, class UpTo, class Weight>
result<std::vector<double>> pmf_between(std::span<const T> points, UpTo&& up_to, Weight total) {
  if (total == 0) return error(errc::invalid_argument, "pmf of an empty sketch");
  std::vector<double> masses;
  masses.reserve(points.size() + 1);
  Weight before = 0;
  const auto add = [&](Weight now) {
    masses.push_back(static_cast<double>(now - before) / static_cast<double>(total));
    before = now;
  };
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i] != points[i] || (i > 0 && !(points[i - 1] < points[i])))
      return error(errc::invalid_argument, "pmf: point " + std::to_string(i) + " is not above the one before it");
    add(up_to(points[i]));
  }
  add(total);
  return masses;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_QUANTILE_POINTS_HPP
