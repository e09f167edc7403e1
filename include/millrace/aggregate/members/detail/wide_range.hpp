#ifndef MILLRACE_AGGREGATE_MEMBERS_DETAIL_WIDE_RANGE_HPP
#define MILLRACE_AGGREGATE_MEMBERS_DETAIL_WIDE_RANGE_HPP

#include <millrace/core/detail/math.hpp>

#include <bit>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Sums whose terms, or which themselves, leave double's range keep a power of two apart, so that a mean of them, which
/// does not leave it, comes out right. Within these bounds nothing is kept apart: there is room for 2^64 terms.
inline constexpr double least_plain = 0x1p-900;
inline constexpr double greatest_plain = 0x1p900;

/// Is |x| in [least, most]? By one comparison of the bits, without the sign; false for NaN.
[[gnu::always_inline]] constexpr bool is_within(double x, double least, double most) noexcept {
  const std::uint64_t from = std::bit_cast<std::uint64_t>(least) << 1;
  const std::uint64_t to = std::bit_cast<std::uint64_t>(most) << 1;
  return (std::bit_cast<std::uint64_t>(x) << 1) - from <= to - from;
}
inline bool is_plain(double x) noexcept { return is_within(x, least_plain, greatest_plain); }

/// e with 2^(e-1) <= |x| < 2^e; far below every other for zero.
inline int exponent_of(double x) noexcept {
  int exponent = -100'000;
  if (x != 0) (void)math::frexp(x, &exponent);
  return exponent;
}

/// The power of two to keep apart of a sum whose own exponent is this one: none if it is plain.
inline int kept_apart(int exponent) noexcept {
  if (exponent > 900) return exponent - 900;
  return exponent < -899 && exponent > -50'000 ? exponent + 899 : 0;
}

/// sum * 2^kept += term * 2^apart; `kept` moves where the sum leaves the plain range.
[[gnu::noinline, gnu::cold]] inline void add_far(double& sum, double& rest, std::int16_t& kept, double term,
                                                 int apart) noexcept {
  if (term == 0) return;
  const int of_term = exponent_of(term) + apart;
  const int of_sum = exponent_of(sum) + kept;
  const int top = of_term > of_sum ? of_term : of_sum;
  const double before = math::ldexp(sum, kept - top);  // the greater of both is near one
  const double with = math::ldexp(term, apart - top);
  const double now = before + with;
  const double taken = now - before;
  rest = math::ldexp(rest, kept - top) + ((before - (now - taken)) + (with - taken));
  kept = static_cast<std::int16_t>(kept_apart(exponent_of(now) + top));
  sum = math::ldexp(now, top - kept);
  rest = math::ldexp(rest, top - kept);
}

/// The same without what rounding takes away.
inline void add_far(double& sum, std::int16_t& kept, double term, int apart) noexcept {
  double rest = 0;
  add_far(sum, rest, kept, term, apart);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_DETAIL_WIDE_RANGE_HPP
