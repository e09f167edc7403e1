#ifndef MILLRACE_FEATURE_TRANSFORMS_MISSING_HPP
#define MILLRACE_FEATURE_TRANSFORMS_MISSING_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/transforms/numbers.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A number as it is, and one that is given for a missing one.
struct given_impute_kernel : plain_column {
  static constexpr std::string_view kind = "impute";
  double value = math::nan;

  void absent(float* out) const noexcept { write_float(value, out); }
  trouble write(const number_cell& x, float* out) const noexcept { return write_float(x.value, out); }
  template <class Give>
  void parameters(const Give& give) const {
    give("with", value);
  }
  bool ready() const noexcept { return !math::is_nan(value); }
  void save(envelope_writer& to) const { to.f64(value); }
  bool load(envelope_reader& from) noexcept {
    value = from.f64();
    return !math::is_infinite(value);
  }
};
template <class Member>
struct impute_kernel : given_impute_kernel {
  using fitter = number_fitter<aggregate<Member>>;
  const char* fit(const fitter& from) {
    const double found = from.seen.template get<Member>();
    if (!math::is_finite(found)) return "no finite value";
    value = found;
    return nullptr;
  }
};

struct missing_flag_kernel : plain_column {
  static constexpr std::string_view kind = "missing_flag";
  static constexpr trouble_set meets = 0;
  using cell = presence_cell;
  static void absent(float* out) noexcept { *out = 1; }
  static trouble write(const presence_cell&, float* out) noexcept {
    *out = 0;
    return trouble::none;
  }
};

}  // namespace detail

/// Transform: a number as it is, and for a missing one the statistic of those that it is fitted on: their mean, or any
/// member of an aggregate whose value is a double: `impute<"age", mr::median>(&person::age)` with
/// <millrace/aggregate/members/sketch_members.hpp>. For a value of your own: `numerical<"age">(&person::age,
/// missing(fill(40)))`.
template <fixed_string Name, class Member = mean, class Accessor, class... Rules>
constexpr auto impute(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::impute_kernel<Member>(), rules...);
}

/// Transform: 1 where the value is missing and 0 elsewhere, of an event's member of any type that can be.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto missing_flag(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::missing_flag_kernel(), rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_MISSING_HPP
