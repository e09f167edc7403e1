#ifndef MILLRACE_STATS_TESTS_PROPORTION_HPP
#define MILLRACE_STATS_TESTS_PROPORTION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/beta.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

/// Successes among trials, such as clicks among impressions or errors among requests. The counts are signed, so that a
/// negative one can be refused.
struct proportion {
  std::int64_t successes = 0;
  std::int64_t trials = 0;

  double rate() const noexcept { return static_cast<double>(successes) / static_cast<double>(trials); }
};

namespace detail {

inline bool sensible(const proportion& p) noexcept {
  return p.trials > 0 && p.successes >= 0 && p.successes <= p.trials && p.trials <= (std::int64_t{1} << 53);
}

[[gnu::cold]] inline error refusal(const proportion& p, const char* name) {
  const std::string what =
      std::string(name) + ": " + std::to_string(p.successes) + " successes of " + std::to_string(p.trials) + " trials";
  if (p.trials == 0) return error(errc::invalid_data, std::string(name) + " has no trials");
  if (p.trials > (std::int64_t{1} << 53)) return error(errc::out_of_range, what + ", more than a double can count");
  return error(errc::invalid_argument, what);
}

inline bool sensible(const test_options& options, const proportion& a, const proportion& b) noexcept {
  return options.confidence > 0 && options.confidence < 1 && sensible(a) && sensible(b);
}

[[gnu::cold]] inline error refusal(const test_options& options, const proportion& a, const proportion& b) {
  if (auto ok = checked(options); !ok) return std::move(ok).error();
  return sensible(a) ? refusal(b, "the second arm") : refusal(a, "the first arm");
}

/// The z that a standard normal exceeds with the probability `outside`; for levels of 95 % and 99 % without a search.
inline double normal_critical(double outside) noexcept {
  if (outside == (1 - 0.95) / 2) return 1.9599639845400542;
  if (outside == (1 - 0.99) / 2) return 2.5758293035489008;
  return normal{}.isf(outside);
}

/// Wilson's interval for a rate: the p for which the rate lies within z standard errors sqrt(p (1 - p) / trials) of p,
/// the roots of a quadratic equation.
inline interval wilson(double successes, double trials, double z, double level) noexcept {
  const double rate = successes / trials;
  const double square = z * z / trials;
  const double middle = (rate + square / 2) / (1 + square);
  const double reach = z / (1 + square) * math::sqrt(rate * (1 - rate) / trials + square / (4 * trials));
  return {successes == 0 ? 0 : math::fmax(0.0, middle - reach),
          successes == trials ? 1 : math::fmin(1.0, middle + reach), level};
}

template <class Make>
result<interval> proportion_interval(const proportion& p, double confidence, Make make) {
  if (auto ok = checked(test_options{alternative::two_sided, confidence}); !ok) return std::move(ok).error();
  if (!sensible(p)) return refusal(p, "the proportion");
  return make(static_cast<double>(p.successes), static_cast<double>(p.trials), (1 - confidence) / 2);
}

}  // namespace detail

// The four intervals below have in common:
//   Complexity: O(1)
//   Allocates: never
//   Errors: invalid_data: no trials; invalid_argument: negative counts, more successes than trials; out_of_range: more
//   than 2^53 trials, a confidence outside (0, 1)

/// Wilson's score interval for a probability. Its coverage is near the stated level for every n and rate: the one to
/// use by default. Source: E. Wilson, JASA 22, 1927.
inline result<interval> wilson_interval(const proportion& p, double confidence = 0.95) {
  return detail::proportion_interval(p, confidence, [&](double s, double n, double outside) {
    return detail::wilson(s, n, detail::normal_critical(outside), confidence);
  });
}

/// Clopper and Pearson's exact interval, whose coverage is never below its level and often far above it.
/// Source: C. Clopper, E. Pearson, Biometrika 26, 1934.
inline result<interval> clopper_pearson_interval(const proportion& p, double confidence = 0.95) {
  return detail::proportion_interval(p, confidence, [&](double s, double n, double outside) {
    return interval{s == 0 ? 0 : beta{s, n - s + 1}.quantile(outside), s == n ? 1 : beta{s + 1, n - s}.isf(outside),
                    confidence};
  });
}

/// Wald's interval after z^2 / 2 successes and as many failures were added; cut off at 0 and 1.
/// Source: A. Agresti, B. Coull, The American Statistician 52(2), 1998.
inline result<interval> agresti_coull_interval(const proportion& p, double confidence = 0.95) {
  return detail::proportion_interval(p, confidence, [&](double s, double n, double outside) {
    const double z = detail::normal_critical(outside);
    const double more = n + z * z;
    const double rate = (s + z * z / 2) / more;
    const double reach = z * detail::math::sqrt(rate * (1 - rate) / more);
    return interval{detail::math::fmax(0.0, rate - reach), detail::math::fmin(1.0, rate + reach), confidence};
  });
}

/// Wald's interval, the rate -+ z standard errors, for comparison with other programs. Its coverage is below its level
/// for small n and for rates near 0 and 1, and at a rate of 0 or 1 it has no width. Source: P. Laplace 1812.
inline result<interval> wald_interval(const proportion& p, double confidence = 0.95) {
  return detail::proportion_interval(p, confidence, [&](double s, double n, double outside) {
    const double rate = s / n;
    const double reach = detail::normal_critical(outside) * detail::math::sqrt(rate * (1 - rate) / n);
    return interval{detail::math::fmax(0.0, rate - reach), detail::math::fmin(1.0, rate + reach), confidence};
  });
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_PROPORTION_HPP
