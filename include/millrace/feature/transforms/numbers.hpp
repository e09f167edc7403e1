#ifndef MILLRACE_FEATURE_TRANSFORMS_NUMBERS_HPP
#define MILLRACE_FEATURE_TRANSFORMS_NUMBERS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {

/// Two bounds, both within. Precondition: they are finite, and low <= high.
struct range {
  double low = 0;
  double high = 0;
};

namespace detail {

/// What the kernels of one column share that have nothing to save.
struct plain_column {
  using cell = number_cell;
  static constexpr std::size_t width = 1;
  static constexpr trouble_set meets = of_numbers;
  static void describe(std::string&) noexcept {}
  static void suffix(std::string&, std::size_t) noexcept {}
  static void absent(float* out) noexcept { *out = missing_value; }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }
};

/// Fits by an aggregate, or a sketch, of the numbers.
template <class Seen>
struct number_fitter {
  Seen seen;
  void update(const number_cell& x) { seen.update(x.value); }
  void merge(const number_fitter& other) { (void)seen.merge(other.seen); }
};

struct numerical_kernel : plain_column {
  static constexpr std::string_view kind = "numerical";
  trouble write(const number_cell& x, float* out) const noexcept { return write_float(x.value, out); }
};
struct log_kernel : plain_column {
  static constexpr std::string_view kind = "log";
  trouble write(const number_cell& x, float* out) const noexcept {
    *out = missing_value;
    return x.value > 0 ? write_float(math::log(x.value), out) : trouble::outside;
  }
};
struct log1p_kernel : plain_column {
  static constexpr std::string_view kind = "log1p";
  trouble write(const number_cell& x, float* out) const noexcept {
    *out = missing_value;
    return x.value > -1 ? write_float(math::log1p(x.value), out) : trouble::outside;
  }
};
struct clip_kernel : plain_column {
  static constexpr std::string_view kind = "clip";
  range bounds;

  trouble write(const number_cell& x, float* out) const noexcept {
    const bool below = x.value < bounds.low;
    const bool above = x.value > bounds.high;
    const trouble met = write_float(below ? bounds.low : above ? bounds.high : x.value, out);
    return below || above ? trouble::outside : met;
  }
  template <class Give>
  void parameters(const Give& give) const {
    give("low", bounds.low);
    give("high", bounds.high);
  }
  void save(envelope_writer& to) const {
    to.f64(bounds.low);
    to.f64(bounds.high);
  }
  bool load(envelope_reader& from) noexcept {
    bounds = {from.f64(), from.f64()};
    return math::is_finite(bounds.low) && math::is_finite(bounds.high) && bounds.low <= bounds.high;
  }
};

}  // namespace detail

/// Transform: a number, or a bool as 0 and 1, as it is. A number too large for a float becomes the largest float and is
/// `outside`.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto numerical(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::numerical_kernel(), rules...);
}

/// Transform: the natural logarithm. A number that is not above 0 is `outside`, and NaN if that is kept.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto log(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::log_kernel(), rules...);
}

/// Transform: the natural logarithm of 1 + x. A number that is not above -1 is `outside`, and NaN if that is kept.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto log1p(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::log1p_kernel(), rules...);
}

/// Transform: a number below `bounds` becomes its lower, one above it its upper bound; both are `outside`.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto clip(Accessor accessor, range bounds, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::clip_kernel{{}, bounds}, rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_NUMBERS_HPP
