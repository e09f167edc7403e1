#ifndef MILLRACE_AGGREGATE_DETAIL_QUANTILE_POINTS_HPP
#define MILLRACE_AGGREGATE_DETAIL_QUANTILE_POINTS_HPP

#include <millrace/core/detail/order_key.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The queries that `Sketch` inherits. Each builds the sketch's sorted view anew: for many queries call `view()` once
/// and ask the view.
template <class Sketch, class T>
class asked_by_view {
 public:
  /// The value of rank p; NaN unless p is in [0, 1].
  T quantile(double p) const { return view_of().quantile(p); }
  T median() const { return view_of().median(); }
  /// The upper quartile minus the lower quartile.
  T interquartile_range() const { return view_of().interquartile_range(); }
  /// The fraction of the stream at or below `value`.
  double rank(T value) const { return view_of().rank(value); }
  /// The rank of each point.
  std::vector<double> cdf(std::span<const T> points) const { return view_of().cdf(points); }
  /// The fractions of the stream up to the first point, between neighbouring points, and beyond the last point.
  /// Errors: invalid_argument when the points do not ascend or the sketch has seen nothing.
  result<std::vector<double>> pmf(std::span<const T> points) const { return view_of().pmf(points); }

 protected:
  asked_by_view() = default;

 private:
  auto view_of() const { return static_cast<const Sketch&>(*this).view(); }
};

/// Merges sorted runs into one sorted run; all values of a run have the same weight, and the result has a weight for
/// each value. Each `add` moves all values so far, so short runs are best added first.
template <class T>
class weighted_runs {
 public:
  std::vector<T> values;
  std::vector<std::uint64_t> weights;

  /// `value_at(i)` returns the run's value i, i < size; the values ascend.
  template <class ValueAt>
  void add(std::size_t size, ValueAt&& value_at, std::uint64_t weight) {
    merged_.resize(values.size() + size);
    merged_weights_.resize(merged_.size());
    std::size_t from_run = 0;
    std::size_t from_rest = 0;
    for (std::size_t i = 0; i < merged_.size(); ++i) {
      const bool rest =
          from_run == size || (from_rest < values.size() &&
                               to_order_key(values[from_rest]) <= to_order_key(static_cast<T>(value_at(from_run))));
      merged_[i] = rest ? values[from_rest] : value_at(from_run);
      merged_weights_[i] = rest ? weights[from_rest] : weight;
      ++(rest ? from_rest : from_run);
    }
    values.swap(merged_);
    weights.swap(merged_weights_);
  }

 private:
  std::vector<T> merged_;
  std::vector<std::uint64_t> merged_weights_;
};

/// rank(point) for each point.
template <class T, class Rank>
std::vector<double> cdf_at(std::span<const T> points, Rank&& rank) {
  std::vector<double> ranks;
  ranks.reserve(points.size());
  for (const T point : points) ranks.push_back(rank(point));
  return ranks;
}

/// The fractions of `total` up to the first point, between neighbouring points, and beyond the last point;
/// `up_to(point)` returns the weight at or below a point.
/// Errors: invalid_argument when the points do not ascend or the total is zero.
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
