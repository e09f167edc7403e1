#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_FLOAT_MATH_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_FLOAT_MATH_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/stats/fwd.hpp>

#include <limits>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double epsilon = std::numeric_limits<double>::epsilon();
inline constexpr double pi = 3.14159265358979323846;
inline constexpr double half_log_two_pi = 0.91893853320467274178;

/// Both tails of a distribution at one point, each to full relative accuracy; they add up to 1.
struct tails {
  double lower;
  double upper;
};

constexpr tails swapped(tails t) noexcept { return {t.upper, t.lower}; }

/// Brings probabilities back into [0, 1] where rounding has carried them past an end. NaN stays NaN.
constexpr tails within_unit(tails t) noexcept {
  return {t.lower > 1 ? 1 : t.lower < 0 ? 0 : t.lower, t.upper > 1 ? 1 : t.upper < 0 ? 0 : t.upper};
}

/// a * b + c * d - e with about the error of one rounding, even if its parts nearly cancel: products and sums are
/// computed together with their rounding errors, which are added at the end.
inline double sum_of_products(double a, double b, double c, double d, double e) noexcept {
  const double p = a * b;
  const double p_rest = math::fma(a, b, -p);
  const double q = c * d;
  const double q_rest = math::fma(c, d, -q);
  double sum = p + q;
  const double from_q = sum - p;
  double rest = (p - (sum - from_q)) + (q - from_q);
  const double total = sum - e;
  const double back = total - sum;
  rest += (sum - (total - back)) - (e + back);
  return total + (rest + (p_rest + q_rest));
}

/// A sum and, in `rest`, its rounding error: sum + rest is exact for whole numbers up to 2^105.
/// Source: Knuth, "The art of computer programming", 2, 4.2.2, theorem B.
struct exact_sum {
  double sum = 0;
  double rest = 0;

  void add(double x) noexcept {
    const double next = sum + x;
    const double added = next - sum;
    rest += (sum - (next - added)) + (x - added);
    sum = next;
  }
};

/// log(1 + x) - x, to a few ulp even where the two nearly cancel.
inline double log1pmx(double x) noexcept {
  if (!(x > -0.5 && x < 1)) return math::log1p(x) - x;
  // log(1 + x) = 2 artanh(r) and x = 2 r / (1 - r): in their difference the terms of first order cancel and are left
  // out.
  const double r = x / (2 + x);
  const double square = r * r;
  double power = 1;
  double sum = 1.0 / 3;
  for (int k = 5; k < 45; k += 2) {
    power *= square;
    const double next = sum + power / k;
    if (next == sum) break;
    sum = next;
  }
  return r * (2 * square * sum - x);
}

/// exp(x) - 1 - x, to a few ulp even where its parts nearly cancel.
inline double expm1mx(double x) noexcept {
  if (!(math::absolute(x) < 1)) return math::expm1(x) - x;
  double term = 0.5 * x * x;
  double sum = term;
  for (int k = 3; k < 30; ++k) {
    term *= x / k;
    const double next = sum + term;
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

/// u - 1 - log(u) >= 0, the deviance of one cell. u = 1 + v is a ratio; the caller knows both u and v to full relative
/// accuracy, so no digits are lost near u = 1 or near u = 0.
inline double deviance(double u, double v) noexcept { return v < -0.75 ? v - math::log(u) : -log1pmx(v); }

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_FLOAT_MATH_HPP
