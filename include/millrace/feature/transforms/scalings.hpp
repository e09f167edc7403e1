#ifndef MILLRACE_FEATURE_TRANSFORMS_SCALINGS_HPP
#define MILLRACE_FEATURE_TRANSFORMS_SCALINGS_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/transforms/numbers.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {

/// What `standardize` subtracts and divides by. Precondition: both are finite, and stddev > 0.
struct mean_and_stddev {
  double mean = 0;
  double stddev = 1;
};

namespace detail {

struct standardize_kernel : plain_column {
  static constexpr std::string_view kind = "standardize";
  double mean = math::nan;
  double stddev = math::nan;

  trouble write(const number_cell& x, float* out) const noexcept {
    const double y = (x.value - mean) / stddev;
    if (math::is_infinite(y) && !math::is_infinite(x.value)) [[unlikely]] {  // x - mean, or the quotient, overflowed
      write_float(math::copysign(1e300, x.value - mean), out);
      return trouble::outside;
    }
    return write_float(y, out);
  }
  template <class Give>
  void parameters(const Give& give) const {
    give("mean", mean);
    give("stddev", stddev);
  }
  bool ready() const noexcept { return !math::is_nan(mean); }
  void save(envelope_writer& to) const {
    to.f64(mean);
    to.f64(stddev);
  }
  bool load(envelope_reader& from) noexcept {
    mean = from.f64();
    stddev = from.f64();
    if (math::is_nan(mean)) return math::is_nan(stddev);  // saved before it was fitted
    return math::is_finite(mean) && math::is_finite(stddev) && stddev > 0;
  }
};

/// A constant column is known by its extremes, which are exact: its mean is the constant itself, and it is divided by
/// 1, so that it becomes exactly 0. Any other column is divided by its deviation, however tiny that is.
// What is fitted is a template over the aggregate that it is fitted by, so that including this header does not compile
// the aggregate.

template <class Seen>
struct fitted_standardize_kernel : standardize_kernel {
  using fitter = number_fitter<Seen>;
  const char* fit(const fitter& from) noexcept {
    const double low = from.seen.template get<millrace::min>();
    const double high = from.seen.template get<millrace::max>();
    if (math::is_nan(low)) return "no finite value";
    mean = low == high ? low : from.seen.template get<millrace::mean>();
    stddev = low == high ? 1 : from.seen.template get<population_stddev>();
    if (!(stddev > 0)) stddev = high - low;  // the deviation is below the smallest double
    return math::is_finite(mean) && math::is_finite(stddev) ? nullptr : "no finite mean and deviation";
  }
};

struct min_max_kernel : plain_column {
  static constexpr std::string_view kind = "min_max";
  range bounds{math::nan, math::nan};

  trouble write(const number_cell& x, float* out) const noexcept {
    const double length = bounds.high - bounds.low;
    double y = (x.value - bounds.low) / (length > 0 ? length : 1);
    if (math::is_infinite(length))
      y = (x.value / 2 - bounds.low / 2) / (bounds.high / 2 - bounds.low / 2);
    else if (math::is_infinite(y) && !math::is_infinite(x.value))
      y = math::copysign(1e300, y);
    const trouble met = write_float(ready() ? y : math::nan, out);
    return x.value < bounds.low || x.value > bounds.high ? trouble::outside : met;
  }
  template <class Give>
  void parameters(const Give& give) const {
    give("low", bounds.low);
    give("high", bounds.high);
  }
  bool ready() const noexcept { return !math::is_nan(bounds.low); }
  void save(envelope_writer& to) const {
    to.f64(bounds.low);
    to.f64(bounds.high);
  }
  bool load(envelope_reader& from) noexcept {
    bounds = {from.f64(), from.f64()};
    if (!ready()) return math::is_nan(bounds.high);  // saved before it was fitted
    return math::is_finite(bounds.low) && math::is_finite(bounds.high) && bounds.low <= bounds.high;
  }
};
template <class Seen>
struct fitted_min_max_kernel : min_max_kernel {
  using fitter = number_fitter<Seen>;
  const char* fit(const fitter& from) noexcept {
    if (math::is_nan(from.seen.template get<millrace::min>())) return "no finite value";
    bounds = {from.seen.template get<millrace::min>(), from.seen.template get<millrace::max>()};
    return nullptr;
  }
};

}  // namespace detail

/// Transform: (x - mean) / stddev, the z-score, with the mean and the standard deviation of the population that it is
/// fitted on (as scikit-learn's StandardScaler). A column that was constant is divided by 1: the constant itself
/// becomes exactly 0.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto standardize(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(
      std::move(accessor),
      detail::fitted_standardize_kernel<aggregate<millrace::min, millrace::max, mean, population_stddev>>(), rules...);
}
/// The same with numbers that are given, not fitted.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto standardize(Accessor accessor, mean_and_stddev given, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::standardize_kernel{{}, given.mean, given.stddev},
                                      rules...);
}

/// Transform: (x - low) / (high - low), with the least and the greatest number that it is fitted on: in [0, 1] for
/// those between. Numbers beyond are `outside`, and if that is kept below 0 or above 1. A column that was constant is
/// divided by 1: the constant itself becomes exactly 0.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto min_max(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(
      std::move(accessor), detail::fitted_min_max_kernel<aggregate<millrace::min, millrace::max>>(), rules...);
}
/// The same with bounds that are given, not fitted.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto min_max(Accessor accessor, range given, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::min_max_kernel{{}, given}, rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_SCALINGS_HPP
