#ifndef MILLRACE_AGGREGATE_SKETCHES_QUANTILE_VIEW_HPP
#define MILLRACE_AGGREGATE_SKETCHES_QUANTILE_VIEW_HPP

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

/// Two values that a quantile lies between.
template <class T>
struct quantile_bounds {
  T lower;
  T upper;
};

/// A distribution as values in ascending order, each with the weight of the part of the stream that it stands for. The
/// `view()` of a quantile sketch makes one, for many queries.
///
/// Units: a rank is the fraction of the stream at or below a value, in [0, 1].
/// Guarantee: `quantile` never decreases with p, nor `rank` with the value; quantile(0) and quantile(1) are the
/// stream's extremes exactly; any other quantile(p) is the least value kept whose rank is at least p.
/// Complexity: O(log values) a query.
/// Allocates: only what `cdf` and `pmf` return.
/// Threads: const calls from any number.
template <class T>
class quantile_view {
 public:
  quantile_view() = default;
  /// `values` ascending, `weights` of the same length and positive; all values within [smallest, largest].
  quantile_view(std::vector<T> values, std::vector<std::uint64_t> weights, T smallest, T largest)
      : values_(std::move(values)), up_to_(std::move(weights)), smallest_(smallest), largest_(largest) {
    for (std::size_t i = 1; i < up_to_.size(); ++i) up_to_[i] += up_to_[i - 1];
  }

  /// The sum of the weights: the length of the stream.
  std::uint64_t count() const noexcept { return up_to_.empty() ? 0 : up_to_.back(); }

  /// The value of rank p in [0, 1]; NaN for any other p, and when nothing was seen.
  T quantile(double p) const noexcept {
    if (values_.empty() || !(p >= 0 && p <= 1)) return std::numeric_limits<T>::quiet_NaN();
    if (p == 0) return smallest_;
    if (p == 1) return largest_;
    const double wanted = detail::math::ceil(p * static_cast<double>(count()));
    std::size_t first = 0;
    for (std::size_t last = values_.size() - 1; first < last;) {
      const std::size_t middle = first + (last - first) / 2;
      if (static_cast<double>(up_to_[middle]) < wanted)
        first = middle + 1;
      else
        last = middle;
    }
    return values_[first];
  }

  /// The quantiles at ranks p - off and p + off, or at 0 and 1 where these lie beyond: bounds on the quantile at p for
  /// an error in rank of `off`.
  quantile_bounds<T> around(double p, double off) const noexcept {
    if (!(p >= 0 && p <= 1)) return {quantile(p), quantile(p)};
    return {quantile(p > off ? p - off : 0), quantile(p + off < 1 ? p + off : 1)};
  }
  T median() const noexcept { return quantile(0.5); }
  /// The upper quartile minus the lower quartile.
  T interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The fraction of the stream at or below `value`; NaN when that is NaN or nothing was seen.
  double rank(T value) const noexcept {
    if (values_.empty() || detail::math::is_nan(value)) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(weight_up_to(value)) / static_cast<double>(count());
  }

  /// The rank of each point.
  std::vector<double> cdf(std::span<const T> points) const {
    return detail::cdf_at(points, [this](T point) { return rank(point); });
  }

  /// The fractions of the stream up to the first point, between neighbouring points (the upper one included), and
  /// beyond the last point: one more than there are points; they add up to 1.
  /// Errors: invalid_argument when the points do not ascend or nothing was seen.
  result<std::vector<double>> pmf(std::span<const T> points) const {
    return detail::pmf_between(points, [this](T point) { return weight_up_to(point); }, count());
  }

  std::span<const T> values() const noexcept { return values_; }
  /// For each value, the weight at or below it.
  std::span<const std::uint64_t> cumulative() const noexcept { return {up_to_.data(), up_to_.size()}; }

 private:
  std::uint64_t weight_up_to(T value) const noexcept {
    std::size_t first = 0;
    for (std::size_t last = values_.size(); first < last;) {
      const std::size_t middle = first + (last - first) / 2;
      if (values_[middle] <= value)
        first = middle + 1;
      else
        last = middle;
    }
    return first == 0 ? 0 : up_to_[first - 1];
  }

  std::vector<T> values_;
  std::vector<std::uint64_t> up_to_;
  T smallest_{};
  T largest_{};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_QUANTILE_VIEW_HPP
