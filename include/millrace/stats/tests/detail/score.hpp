#ifndef MILLRACE_STATS_TESTS_DETAIL_SCORE_HPP
#define MILLRACE_STATS_TESTS_DETAIL_SCORE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/tests/proportion.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// Newcombe's interval for the difference a - b. Its lower end is as far from the difference as the root of the summed
/// squares of two distances: of a's rate from the lower end of its Wilson interval, and of b's rate from the upper end
/// of its own. The upper end likewise, with the other ends.
template <class Proportion>
interval newcombe(const Proportion& a, const Proportion& b, const test_options& options) noexcept {
  const double z = normal_critical(outside(options));
  const interval first = wilson(static_cast<double>(a.successes), static_cast<double>(a.trials), z, 0);
  const interval second = wilson(static_cast<double>(b.successes), static_cast<double>(b.trials), z, 0);
  const double p1 = a.rate();
  const double p2 = b.rate();
  const auto reach = [](double x, double y) { return math::sqrt(x * x + y * y); };
  const double effect = p1 - p2;
  return {options.side == alternative::less ? -1 : effect - reach(p1 - first.lower, second.upper - p2),
          options.side == alternative::greater ? 1 : effect + reach(first.upper - p1, p2 - second.lower),
          options.confidence};
}

/// The score statistic of the hypothesis p1 - p2 = d: the difference of the rates less d, over its standard error under
/// the hypothesis. The most likely p1 under it is the root in (0, 1) of c3 p^3 + c2 p^2 + c1 p + c0, found by the
/// trigonometric formula; the variance is multiplied by n / (n - 1), as Miettinen and Nurminen have it.
inline double score_of_difference(const proportion& a, const proportion& b, double d) noexcept {
  const double n1 = static_cast<double>(a.trials);
  const double n2 = static_cast<double>(b.trials);
  const double n = n1 + n2;
  const double p1 = a.rate();
  const double p2 = b.rate();
  const double distance = p1 - p2 - d;
  double q1 = static_cast<double>(a.successes + b.successes) / n;
  if (d != 0) {
    const double theta = n2 / n1;
    const double c3 = 1 + theta;
    const double c2 = -(1 + theta + p1 + theta * p2 + d * (theta + 2));
    const double c1 = d * d + d * (2 * p1 + theta + 1) + p1 + theta * p2;
    const double c0 = -p1 * d * (1 + d);
    const double shift = c2 / (3 * c3);
    const double v = shift * shift * shift - c1 * c2 / (6 * c3 * c3) + c0 / (2 * c3);
    const double u = math::copysign(math::sqrt(math::fmax(0.0, shift * shift - c1 / (3 * c3))), v);
    const double cosine = u == 0 ? 0 : math::fmax(-1.0, math::fmin(1.0, v / (u * u * u)));
    q1 = 2 * u * math::cos((pi + math::acos(cosine)) / 3) - shift;
  }
  q1 = math::fmax(math::fmax(0.0, d), math::fmin(math::fmin(1.0, 1 + d), q1));
  const double q2 = math::fmax(0.0, math::fmin(1.0, q1 - d));
  const double variance = (q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2) * (n / (n - 1));
  if (variance > 0) return distance / math::sqrt(variance);
  return distance == 0 ? 0 : math::copysign(infinity, distance);
}

/// The score statistic of the hypothesis p1 / p2 = ratio, likewise; the most likely p2 is the root of a quadratic.
template <class Proportion>
double score_of_ratio(const Proportion& a, const Proportion& b, double ratio) noexcept {
  const double n1 = static_cast<double>(a.trials);
  const double n2 = static_cast<double>(b.trials);
  const double n = n1 + n2;
  const double s1 = static_cast<double>(a.successes);
  const double s2 = static_cast<double>(b.successes);
  const double quadratic = n * ratio;
  const double linear = n1 * ratio + s1 + n2 + s2 * ratio;
  const double constant = s1 + s2;
  const double q2 = 2 * constant / (linear + math::sqrt(math::fmax(0.0, linear * linear - 4 * quadratic * constant)));
  const double q1 = math::fmin(1.0, ratio * q2);
  const double variance = (q1 * (1 - q1) / n1 + ratio * ratio * q2 * (1 - q2) / n2) * (n / (n - 1));
  const double distance = s1 / n1 - ratio * (s2 / n2);
  if (variance > 0) return distance / math::sqrt(variance);
  return distance == 0 ? 0 : math::copysign(infinity, distance);
}

/// Where a falling function crosses zero between low and high, by bisection.
template <class Falling>
double crossing(Falling f, double low, double high) noexcept {
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) break;
    (f(middle) > 0 ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

/// The ratios a / b that the score test does not reject.
template <class Proportion>
interval score_interval_of_ratio(const Proportion& a, const Proportion& b, double confidence) noexcept {
  const double z = normal_critical((1 - confidence) / 2);
  interval at{0, infinity, confidence};
  const auto end = [&](double shift) {
    return math::exp(crossing([&](double log) { return score_of_ratio(a, b, math::exp(log)) + shift; }, -700, 700));
  };
  if (a.successes > 0) at.lower = end(-z);
  if (b.successes > 0) at.upper = end(z);
  return at;
}

inline interval score_interval_of_difference(const proportion& a, const proportion& b,
                                             const test_options& options) noexcept {
  const double z = normal_critical(outside(options));
  const double effect = a.rate() - b.rate();
  interval at{-1, 1, options.confidence};
  if (options.side != alternative::less && effect > -1)
    at.lower = crossing([&](double d) { return score_of_difference(a, b, d) - z; }, -1, effect);
  if (options.side != alternative::greater && effect < 1)
    at.upper = crossing([&](double d) { return score_of_difference(a, b, d) + z; }, effect, 1);
  return at;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_DETAIL_SCORE_HPP
