#ifndef MILLRACE_STATS_SEQUENTIAL_CONFIDENCE_SEQUENCE_HPP
#define MILLRACE_STATS_SEQUENTIAL_CONFIDENCE_SEQUENCE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/fields.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sequential/mixture_sprt.hpp>

#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace stats {

// Confidence sequences: intervals that cover the truth at all times at once. The probability that any interval of the
// stream misses it is at most 1 - level, so one may look after every observation and stop at any time. A fixed-sample
// interval of the same level is about half as wide.

namespace detail {

/// centre -+ mixture_reach, for an estimate from `n` observations whose standard error is deviation * factor. The reach
/// is computed as a multiple of that, so that no square leaves the range of doubles. Where the reach itself does, the
/// interval is the whole line.
inline result<interval> mixture_interval(double centre, double n, double deviation, double factor, double level,
                                         double best_at) {
  if (!(n > 0 && n < infinity && deviation > 0 && deviation < infinity && level > 0 && level < 1 && best_at > 0 &&
        best_at < infinity && math::is_finite(centre)))
    return error(errc::invalid_argument, "confidence sequence of a mean: n " + std::to_string(n) + ", deviation " +
                                             std::to_string(deviation) + ", level " + std::to_string(level));
  // A level below 2^-53 counts as that: with alpha = 1 there would be no shortest spread.
  const double alpha = math::fmin(1 - level, 1 - 0x1p-53);
  const double reach = deviation * factor * mixture_reach(1, shortest_spread(n / best_at, alpha), alpha);
  if (!(reach < infinity)) return interval{-infinity, infinity, level};
  return interval{centre - reach, centre + reach, level};
}

}  // namespace detail

/// The interval for a mean, from the `mean` of the first `n` observations, which are normal with the known standard
/// deviation `stddev`, or lie in a range of twice that. It is `mean` -+ mixture_reach (mixture_sprt.hpp); `best_at` is
/// the number of observations at which that is to be shortest.
/// Errors: invalid_argument: n, the deviation or `best_at` not positive or not finite, a level outside (0, 1), a mean
/// that is not finite.
/// Source: Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence
/// sequences", Ann. Stat. 49, 2021, eq. 14.
inline result<interval> normal_mixture_interval(double mean, double n, double stddev, double level = 0.95,
                                                double best_at = 5000) {
  return detail::mixture_interval(mean, n, stddev, 1 / detail::math::sqrt(n), level, best_at);
}

/// The interval for any estimate with an estimated standard error, such as a difference of means, from `n`
/// observations. It covers at all times at once in the limit of large n.
/// Errors: as normal_mixture_interval.
/// Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, Ann. Stat. 52, 2024, theorem 2.2.
inline result<interval> asymptotic_interval(double estimate, double standard_error, double n, double level = 0.95,
                                            double best_at = 5000) {
  return detail::mixture_interval(estimate, n, standard_error, 1, level, best_at);
}

namespace detail {

// The boundary of beta_binomial_interval. With s successes, f failures, n = s + f and c = s / n, a rate p lies outside
// the interval if the data are at least 1 / (1 - level) times as likely under the mixture of all rates by Jeffreys' law
// (beta with shapes 1/2 and 1/2) as under p:
//
//   beta(s + 1/2, f + 1/2) / (pi p^s (1-p)^f) >= 1 / (1 - level).
//
// The logarithms of its parts are as large as n log n and nearly cancel. So lgamma(m + 1/2) is written, by Stirling's
// formula with its remainder r (stirling_error), as m log m - m + log(2 pi) / 2 + rest(m), where
// rest(m) = m (log(1 + 1/(2m)) - 1/(2m)) + r(m + 1/2); and lgamma(n + 1) as n log n + log(n) / 2 - n + log(2 pi) / 2
// + r(n). Then s log s + f log f - n log n joins s log p + f log(1-p) to a sum of deviances, which do not cancel:
//
//   s log(c / p) + f log((1-c) / (1-p)) + rest(s) + rest(f) - r(n) - log(n) / 2 + log(2 pi) / 2 - log pi.
class jeffreys_mixture {
 public:
  jeffreys_mixture(double successes, double n, double level) noexcept
      : successes_(successes), failures_(n - successes), n_(n) {
    constexpr double log_pi = 1.1447298858494001741;
    constant_ = rest(successes_) + rest(failures_) - stirling_error(n) - 0.5 * detail::math::log(n) + half_log_two_pi -
                log_pi + detail::math::log(1 - level);
  }
  /// The end of the interval between a rate that is outside and one that is inside: where the logarithm above is 0. It
  /// is convex in p with its least value at p = c, so there is one end on either side of c. Newton steps find it, kept
  /// within a bracket: the derivative by p is (n p - s) / (p (1 - p)).
  double end(double outer, double inner) const noexcept {
    double x = outer + 0.5 * (inner - outer);
    for (int i = 0; i < 100; ++i) {
      const double d = detail::math::fma(n_, x, -successes_);
      const double excess = constant_ + cell(successes_, n_ * x, d) + cell(failures_, n_ * (1 - x), -d);
      (excess > 0 ? outer : inner) = x;
      double next = x - excess * x * (1 - x) / d;
      const double low = outer < inner ? outer : inner;
      const double high = outer < inner ? inner : outer;
      if (!(next > low && next < high)) next = outer + 0.5 * (inner - outer);
      const double moved = detail::math::absolute(next - x);
      x = next;
      if (moved <= 1e-15 * x) break;
    }
    return x;
  }

 private:
  static double rest(double m) noexcept { return (m > 0 ? m * log1pmx(0.5 / m) : -0.5) + stirling_error(m + 0.5); }
  /// m log(m / expected) - m + expected, where d = expected - m.
  static double cell(double m, double expected, double d) noexcept {
    return m > 0 ? m * deviance(expected / m, d / m) : expected;
  }

  double successes_;
  double failures_;
  double n_;
  double constant_;
};

}  // namespace detail

/// The interval for a rate, from `successes` of `n` observations. It is no approximation, from the first one on.
///
/// Guarantee: the probability that it covers the rate at all times is at least the level, whatever the rate is.
/// Complexity: about 1 us.
/// Allocates: never.
/// Errors: invalid_argument: n of 0 or above 2^53, more successes than n, a level outside (0, 1).
/// Source: Robbins 1970, the beta mixture; in Howard and others 2021 as eq. 24 without its bound.
inline result<interval> beta_binomial_interval(double successes, double n, double level = 0.95) {
  if (!(n > 0 && successes >= 0 && successes <= n && n <= 0x1p53 && level > 0 && level < 1))
    return error(errc::invalid_argument, "confidence sequence of a rate: " + std::to_string(successes) + " of " +
                                             std::to_string(n) + ", level " + std::to_string(level));
  const detail::jeffreys_mixture mixture(successes, n, level);
  const double centre = successes / n;
  return interval{successes > 0 ? mixture.end(0, centre) : 0, successes < n ? mixture.end(1, centre) : 1, level};
}

/// The interval for the mean of observations in [0, 1] with any distribution; the less they vary, the shorter it is.
/// Known as the empirical Bernstein confidence sequence.
///
/// Models: an aggregator, except that it cannot be merged, since its weights depend on the order of the observations.
/// Guarantee: the probability that it covers the mean at all times is at least the level, if the observations are
/// independent with one mean, or their mean given those before is constant. An observation outside [0, 1] or NaN is
/// refused.
/// Complexity: update O(1), 30 ns; trivially copyable.
/// Allocates: never.
/// Source: Waudby-Smith, Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86, 2024, theorem 2.
class empirical_bernstein : public saved_fields<empirical_bernstein> {
  friend saved_fields<empirical_bernstein>;

 public:
  /// A level outside (0, 1) counts as 0.95.
  explicit empirical_bernstein(double level = 0.95) noexcept
      : level_(level > 0 && level < 1 ? level : 0.95), log_(detail::math::log(2 / (1 - level_))) {}

  /// Returns false if x was refused.
  bool update(double x) noexcept {
    if (!(x >= 0 && x <= 1)) return false;
    // Let m be the mean, and b a bet in [0, 1) and c an estimate of m, both made from the observations before x. By
    // Fan's inequality exp(b (x - m) - (x - c)^2 (-log(1 - b) - b)) has a mean of at most 1. So the product of these
    // factors stays below 2 / (1 - level) forever with probability 1 - (1 - level) / 2 (Ville's inequality), and so
    // does that of the mirrored ones, with m - x. Solved for m, the distance of m from weighted_ / bets_ is at most
    // (log_ + cost_) / bets_.
    const double t = count_ + 1;
    const double mean = (0.5 + sum_) / t;  // of those before x, and one made-up observation of 1/2
    const double variance = (0.25 + squares_) / t;
    double bet = detail::math::sqrt(2 * log_ / (variance * t * detail::math::log(t + 1)));
    if (!(bet < 0.5)) bet = 0.5;
    const double d = x - mean;
    bets_ += bet;
    weighted_ += bet * x;
    cost_ += d * d * (-detail::math::log1p(-bet) - bet);
    sum_ += x;
    count_ = t;
    const double now = (0.5 + sum_) / (t + 1);
    squares_ += (x - now) * (x - now);
    const double reach = (log_ + cost_) / bets_;
    const double centre = weighted_ / bets_;
    if (centre - reach > lower_) lower_ = centre - reach;
    if (centre + reach < upper_) upper_ = centre + reach;
    return true;
  }

  /// The intersection of all intervals so far, which has the same guarantee, since all cover at once. If it is empty
  /// (lower > upper), the conditions of the guarantee do not hold, or else this is one of the 1 - level of streams that
  /// the guarantee leaves out.
  stats::interval interval() const noexcept { return {lower_, upper_, level_}; }
  std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }

 private:
  static std::string saved_as() { return "empirical_bernstein"; }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.level_, self.log_, self.count_, self.sum_, self.squares_, self.bets_, self.weighted_, self.cost_,
          self.lower_, self.upper_);
  }
  bool restore() noexcept {
    const auto is_in = [](double x, double most) { return x >= 0 && x <= most; };
    // 1 - level is at least 2^-53, so log(2 / (1 - level)) is at most 54 log(2) < 40; an observation costs less than 1.
    return level_ > 0 && level_ < 1 && log_ > 0 && log_ < 40 && count_ < 0x1p53 &&
           count_ == detail::math::floor(count_) && is_in(sum_, count_) && is_in(squares_, count_) &&
           is_in(bets_, count_) && is_in(weighted_, bets_) && (count_ == 0 || bets_ > 0) && is_in(cost_, count_) &&
           is_in(lower_, 1) && is_in(upper_, 1);
  }

  double level_;
  double log_;  // log(2 / (1 - level))
  double count_ = 0;
  double sum_ = 0;
  double squares_ = 0;
  double bets_ = 0;      // sum of b
  double weighted_ = 0;  // sum of b x
  double cost_ = 0;      // sum of (x - c)^2 (-log(1 - b) - b)
  double lower_ = 0;
  double upper_ = 1;
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_CONFIDENCE_SEQUENCE_HPP
