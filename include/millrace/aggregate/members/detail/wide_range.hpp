#ifndef MILLRACE_AGGREGATE_MEMBERS_DETAIL_WIDE_RANGE_HPP
#define MILLRACE_AGGREGATE_MEMBERS_DETAIL_WIDE_RANGE_HPP

#include <millrace/core/detail/math.hpp>

#include <bit>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A sum that leaves double's range, or whose terms do, keeps a power of two apart: it is a double times 2^apart, and
/// so a ratio of two such sums that lies within the range comes out right. Numbers within these bounds are called
/// plain: for them nothing is kept apart, since 2^64 terms of this size add up to less than 2^964.
inline constexpr double least_plain = 0x1p-900;
inline constexpr double greatest_plain = 0x1p900;

/// Is |x| in [least, most]? False for NaN. In one comparison: shifted left by one, which drops the sign, the bits of
/// doubles are ordered as their sizes are, NaN above all.
[[gnu::always_inline]] constexpr bool is_within(double x, double least, double most) noexcept {
  const std::uint64_t from = std::bit_cast<std::uint64_t>(least) << 1;
  const std::uint64_t to = std::bit_cast<std::uint64_t>(most) << 1;
  return (std::bit_cast<std::uint64_t>(x) << 1) - from <= to - from;
}
inline bool is_plain(double x) noexcept { return is_within(x, least_plain, greatest_plain); }

/// The e for which 2^(e-1) <= |x| < 2^e; -100'000, below every other exponent, for zero.
inline int exponent_of(double x) noexcept {
  int exponent = -100'000;
  if (x != 0) (void)math::frexp(x, &exponent);
  return exponent;
}

/// The power of two that a sum with this exponent must keep apart so that what is left is plain; 0 if it is plain
/// already, or zero (an exponent below -50'000 means zero).
inline int kept_apart(int exponent) noexcept {
  if (exponent > 900) return exponent - 900;
  return exponent < -899 && exponent > -50'000 ? exponent + 899 : 0;
}

/// (sum + rest) * 2^kept += term * 2^apart, compensated as in `add_compensated`: both are first scaled by 2^-top, so
/// that the greater of them is near one, and the new sum then keeps apart what `kept_apart` says.
[[gnu::noinline, gnu::cold]] inline void add_far(double& sum, double& rest, std::int16_t& kept, double term,
                                                 int apart) noexcept {
  if (term == 0) return;
  const int of_term = exponent_of(term) + apart;
  const int of_sum = exponent_of(sum) + kept;
  const int top = of_term > of_sum ? of_term : of_sum;
  const double before = math::ldexp(sum, kept - top);
  const double with = math::ldexp(term, apart - top);
  const double now = before + with;
  const double taken = now - before;
  rest = math::ldexp(rest, kept - top) + ((before - (now - taken)) + (with - taken));
  kept = static_cast<std::int16_t>(kept_apart(exponent_of(now) + top));
  sum = math::ldexp(now, top - kept);
  rest = math::ldexp(rest, top - kept);
}

/// The same for a sum without compensation: what rounding takes away is lost.
inline void add_far(double& sum, std::int16_t& kept, double term, int apart) noexcept {
  double rest = 0;
  add_far(sum, rest, kept, term, apart);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_DETAIL_WIDE_RANGE_HPP
