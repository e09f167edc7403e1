#ifndef MILLRACE_AGGREGATE_SKETCHES_QUANTILE_CURVE_HPP
#define MILLRACE_AGGREGATE_SKETCHES_QUANTILE_CURVE_HPP

#include <millrace/aggregate/detail/quantile_points.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {

/// A distribution as straight lines between points of known rank. A sketch's `view()` makes one, for many queries.
///
/// Units: a rank is the fraction of the stream at or below a value, in [0, 1].
/// Guarantee: `quantile` never decreases with p, nor `rank` with the value; quantile(0) and quantile(1) are the
/// stream's extremes exactly; rank(quantile(p)) is p up to rounding where the curve rises, and greater than p where it
/// is flat.
/// Complexity: O(log points) a query.
/// Allocates: only what `cdf` and `pmf` return.
/// Threads: const calls from any number.
template <class T>
class quantile_curve {
 public:
  quantile_curve() = default;
  /// Starts at rank 0 with the least value. `expected`: how many points will be added, as a hint.
  quantile_curve(T smallest, std::size_t expected) {
    values_.reserve(expected + 2);
    up_to_.reserve(expected + 2);
    add(0, smallest);
  }
  /// Adds a point: `weight` of the stream lies at or below `value`. Neither may be less than at the point before.
  void add(double weight, T value) {
    up_to_.push_back(weight);
    values_.push_back(value);
  }

  /// The weight of the stream.
  double count() const noexcept { return up_to_.empty() ? 0 : up_to_.back(); }

  /// The value of rank p in [0, 1]; NaN for any other p, and when nothing was seen.
  T quantile(double p) const noexcept {
    if (values_.empty() || !(p >= 0 && p <= 1)) return std::numeric_limits<T>::quiet_NaN();
    if (p == 0) return values_.front();
    if (p == 1) return values_.back();
    const double wanted = p * count();
    const std::size_t next = first_where([&](std::size_t i) { return up_to_[i] >= wanted; });
    if (next == 0) return values_.front();
    const double share = (wanted - up_to_[next - 1]) / (up_to_[next] - up_to_[next - 1]);
    return static_cast<T>(detail::math::interpolate(values_[next - 1], values_[next], share));
  }

  T median() const noexcept { return quantile(0.5); }
  /// The upper quartile minus the lower quartile.
  T interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The fraction of the stream at or below `value`; NaN when that is NaN or nothing was seen.
  double rank(T value) const noexcept {
    if (values_.empty() || detail::math::is_nan(value)) return std::numeric_limits<double>::quiet_NaN();
    const std::size_t above = first_where([&](std::size_t i) { return values_[i] > value; });
    if (above == 0) return 0;
    if (above == values_.size()) return 1;
    const double low = values_[above - 1];
    const double high = values_[above];
    // Halves, because the difference of two large numbers may be infinite.
    const double share = (value / 2.0 - low / 2) / (high / 2 - low / 2);
    return detail::math::interpolate(up_to_[above - 1], up_to_[above], share) / count();
  }

  /// The rank of each point.
  std::vector<double> cdf(std::span<const T> points) const {
    return detail::cdf_at(points, [this](T point) { return rank(point); });
  }

  /// The fractions of the stream up to the first point, between neighbouring points, and beyond the last point: one
  /// more than there are points; they add up to 1.
  /// Errors: invalid_argument when the points do not ascend or nothing was seen.
  result<std::vector<double>> pmf(std::span<const T> points) const {
    return detail::pmf_between(points, [this](T point) { return rank(point); }, values_.empty() ? 0.0 : 1.0);
  }

 private:
  /// The index of the first point for which `holds` is true; the number of points if it is for none. Precondition:
  /// where it is true for one point it is for all later ones.
  template <class Condition>
  std::size_t first_where(Condition holds) const noexcept {
    std::size_t first = 0;
    for (std::size_t last = values_.size(); first < last;) {
      const std::size_t middle = first + (last - first) / 2;
      if (holds(middle))
        last = middle;
      else
        first = middle + 1;
    }
    return first;
  }

  std::vector<T> values_;
  std::vector<double> up_to_;  // for each value, the weight at or below it
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_QUANTILE_CURVE_HPP
