#ifndef MILLRACE_STATS_SAMPLE_MOMENTS_HPP
#define MILLRACE_STATS_SAMPLE_MOMENTS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_view.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

/// What tests of means need of a sample: its size, mean and variance (the sum of squares divided by n - 1). `make`
/// computes them; figures from elsewhere are given as `sample_moments{n, mean, variance}`, those of an `aggregate` by
/// `moments_of`.
struct sample_moments {
  double n = 0;
  double mean = 0;
  double variance = 0;

  /// The moments of a sample, in two passes: the mean of the distances from the first value, then the squares about the
  /// mean. So neither a large mean nor a constant sample costs digits, as it would in the sum of squares less the
  /// square of the sum. Values whose squares over- or underflow give a variance that is infinite or 0; the tests of
  /// means scale samples first where that happens.
  /// Complexity: O(n).
  /// Allocates: never.
  static sample_moments make(const sample_view& sample) noexcept {
    sample_moments m;
    m.n = static_cast<double>(sample.size());
    if (sample.empty()) return m;
    double sum = 0;
    for (const double x : sample) sum += x - sample[0];
    m.mean = sample[0] + sum / m.n;
    double squares = 0;
    double rest = 0;
    for (const double x : sample) {
      const double d = x - m.mean;
      squares += d * d;
      rest += d;
    }
    m.variance = sample.size() > 1 ? (squares - rest * rest / m.n) / (m.n - 1) : 0;
    if (m.variance < 0) m.variance = 0;
    m.mean += rest / m.n;
    return m;
  }

  /// The moments of both samples together. Source: T. Chan, G. Golub, R. LeVeque 1983.
  friend sample_moments merged(const sample_moments& a, const sample_moments& b) noexcept {
    if (a.n == 0) return b;
    if (b.n == 0) return a;
    const double all = a.n + b.n;
    const double d = b.mean - a.mean;
    const double squares = a.variance * (a.n - 1) + b.variance * (b.n - 1) + d * d * a.n * (b.n / all);
    return {all, a.mean + d * (b.n / all), squares / (all - 1)};
  }
};

/// The moments of pairs (x, y): of a numerator and a denominator, or of a metric and its covariate.
struct pair_moments {
  double n = 0;
  double mean_x = 0;
  double mean_y = 0;
  double variance_x = 0;
  double variance_y = 0;
  double covariance = 0;

  /// The moments of the pairs (x[i], y[i]); where one sample is longer, the rest of it is left out.
  /// Complexity: O(n).
  /// Allocates: never.
  static pair_moments make(const sample_view& x, const sample_view& y) noexcept {
    const std::size_t n = x.size() < y.size() ? x.size() : y.size();
    const sample_moments of_x = sample_moments::make(std::span<const double>(x.data(), n));
    const sample_moments of_y = sample_moments::make(std::span<const double>(y.data(), n));
    double products = 0;
    for (std::size_t i = 0; i < n; ++i) products += (x[i] - of_x.mean) * (y[i] - of_y.mean);
    return {of_x.n, of_x.mean, of_y.mean, of_x.variance, of_y.variance, n > 1 ? products / (of_x.n - 1) : 0};
  }
  sample_moments x() const noexcept { return {n, mean_x, variance_x}; }
  sample_moments y() const noexcept { return {n, mean_y, variance_y}; }
};

namespace detail {

/// Refuses moments that no sample of at least `least` observations can have. The message calls the sample `name`.
inline result<void> checked(const sample_moments& m, const char* name, double least) {
  const auto refuse = [&](errc code, const char* why) { return error(code, std::string(name) + why); };
  if (!(math::is_finite(m.n) && math::is_finite(m.mean) && math::is_finite(m.variance)))
    return refuse(errc::not_finite,
                  ": its mean or variance is not finite: it holds NaN, an infinity, or values whose squares overflow");
  if (m.n < 0 || m.n != math::floor(m.n)) return refuse(errc::invalid_argument, ": n is not a count");
  if (m.n < least) return refuse(errc::invalid_data, least > 1 ? " has fewer than 2 observations" : " is empty");
  if (m.variance < 0) return refuse(errc::invalid_argument, ": its variance is negative");
  return {};
}

/// Refuses a sample of fewer than `least` observations, or with NaN or an infinity. The message calls it `name`.
inline result<void> checked(std::span<const double> sample, const char* name, std::size_t least) {
  if (sample.size() < least)
    return error(errc::invalid_data, std::string(name) +
                                         (sample.empty() ? " is empty" : " has too few observations: ") +
                                         (sample.empty() ? std::string() : std::to_string(sample.size())));
  double sums[4] = {0, 0, 0, 0};  // 0, or NaN if any is NaN or infinite
  for (std::size_t i = 0; i < sample.size(); ++i) sums[i % 4] += sample[i] * 0;
  if (sums[0] + sums[1] + sums[2] + sums[3] == 0) return {};
  std::size_t at = 0;
  while (math::is_finite(sample[at])) ++at;
  return error(errc::not_finite, std::string(name) + " holds " + (math::is_nan(sample[at]) ? "NaN" : "an infinity") +
                                     " at place " + std::to_string(at));
}

}  // namespace detail

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SAMPLE_MOMENTS_HPP
