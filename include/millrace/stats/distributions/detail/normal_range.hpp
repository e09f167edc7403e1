#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_NORMAL_RANGE_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_NORMAL_RANGE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/quadrature.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// log of the probability of a standard normal within [z - w, z], w > 0.
///
/// For a narrow interval with the middle m and half width h it is the integral of the density's Taylor series about m,
///   2 h phi(m) sum over j of He(2j)(m) h^(2j) / (2j + 1)!,
/// because the difference of two nearly equal tails would lose digits.
/// Source: NIST DLMF 18.5.13, 18.9.1 for the Hermite polynomials and their recurrence.
inline double log_normal_within(double z, double w) noexcept {
  const double h = w / 2;
  const double m = math::absolute(z - h);
  if (h * (1 + m) < 0.5) {
    double sum = 1;
    double even = 1;  // He(2j)(m)
    double odd = m;   // He(2j + 1)(m)
    double factor = 1;
    for (int j = 1; j < 20; ++j) {
      even = m * odd - (2 * j - 1) * even;
      odd = m * even - 2 * j * odd;
      factor *= h * h / (2 * j * (2 * j + 1));
      sum += even * factor;
      if (factor * (1 + math::absolute(even)) < 1e-18) break;
    }
    return math::log(w) - 0.5 * m * m - half_log_two_pi + math::log(sum);
  }
  // The interval holds 0, or lies to one side of it. The tails are computed from z and w, as m and h would be rounded
  // where w is large.
  if (m < h) return math::log1p(-(normal_upper(z) + normal_upper(w - z)));
  return z > 0 ? math::log(normal_upper(z - w) - normal_upper(z)) : math::log(normal_upper(-z) - normal_upper(w - z));
}

/// The logarithms of both tails of the range of `groups` independent standard normals, as integrals of positive terms
/// over the largest of them, z. The peak of the last integral is kept, since that of the next will be nearby.
class normal_range {
 public:
  explicit normal_range(double groups) noexcept : groups_(groups) {}

  /// log P(range > w): all others are below z, but not all within w of it. With r the probability that one that is
  /// below z is below z - w, that is Phi(z)^(groups - 1) (1 - (1 - r)^(groups - 1)).
  double log_upper(double w) noexcept {
    if (!(w > 0)) return 0;
    if (groups_ == 2) return math::log(2.0) + normal{}.log_sf(w * half_root_);
    const double others = groups_ - 1;
    return capped(log_integral(
        [&](double z) {
          const double log_below = z > 0 ? math::log1p(-normal_upper(z)) : math::log(normal_upper(-z));
          double log_rest = math::log(others) - log_below;
          if (w - z > 37) {
            log_rest += normal{}.log_sf(w - z);
          } else {
            const double ratio = math::fmin(1.0, normal_upper(w - z) / normal_upper(-z));
            log_rest = math::log(-math::expm1(others * math::log1p(-ratio)));
          }
          return others * log_below - 0.5 * z * z + log_rest;
        },
        started(upper_, w)));
  }

  /// log P(range <= w): all others are within w below z.
  double log_lower(double w) noexcept {
    if (!(w > 0)) return -infinity;
    const double others = groups_ - 1;
    return capped(
        log_integral([&](double z) { return others * log_normal_within(z, w) - 0.5 * z * z; }, started(lower_, w)));
  }

 private:
  static constexpr double half_root_ = 0.70710678118654752440;

  double capped(double log_sum) const noexcept {
    return math::fmin(0.0, log_sum + math::log(groups_) - half_log_two_pi);
  }
  static peak& started(peak& last, double w) noexcept {
    if (last.width == 0) last = {w < 8 ? 1 : w / 2, 0.7};
    return last;
  }

  double groups_;
  peak upper_{0, 0};
  peak lower_{0, 0};
};

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_NORMAL_RANGE_HPP
