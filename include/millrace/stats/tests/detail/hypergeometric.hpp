#ifndef MILLRACE_STATS_TESTS_DETAIL_HYPERGEOMETRIC_HPP
#define MILLRACE_STATS_TESTS_DETAIL_HYPERGEOMETRIC_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/quadrature.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/tests/proportion.hpp>

#include <initializer_list>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The law of all 2 x 2 tables with the same totals as two proportions. A table is named by the successes k of the
/// first. Weights are summed relative to that of table k, from it outwards until the rest adds nothing. All terms are
/// positive, so no digits are lost.
class hypergeometric {
 public:
  hypergeometric(const proportion& a, const proportion& b) noexcept
      : first_(static_cast<double>(a.trials)),
        second_(static_cast<double>(b.trials)),
        successes_(static_cast<double>(a.successes) + static_cast<double>(b.successes)) {}

  double lowest() const noexcept { return math::fmax(0.0, successes_ - second_); }
  double highest() const noexcept { return math::fmin(first_, successes_); }

  /// P(K <= k) and P(K >= k), both including k, if the odds of success in the first are `odds` times those in the
  /// second.
  tails at(double k, double odds) const noexcept {
    const double below = sum(k, -1, odds);
    const double above = sum(k, 1, odds);
    const double all = below + 1 + above;
    if (all == infinity) return {below == infinity ? 1.0 : 0.0, above == infinity ? 1.0 : 0.0};
    return {(below + 1) / all, (above + 1) / all};
  }

  /// The probability of all tables that are at most as likely as table k, within a relative 1e-7.
  double as_unlikely(double k) const noexcept {
    double likelier = 0;
    double as_unlikely = 1;
    for (const double side : {-1.0, 1.0}) {
      double weight = 1;
      for (double j = k; side < 0 ? j > lowest() : j < highest(); j += side) {
        const double step = ratio(j, side);
        weight *= step;
        if (weight <= 1 + 1e-7) {
          as_unlikely += weight;
          if (step < 1 && weight <= 1e-18 * (as_unlikely + likelier) * (1 - step)) break;
        } else {
          likelier += weight;
          if (likelier == infinity) return 0;
        }
      }
    }
    return as_unlikely / (as_unlikely + likelier);
  }

  /// The odds ratio under which P(K >= k) is p: the lower end of Cornfield's interval.
  double odds_with_upper_tail(double k, double p) const noexcept {
    if (k <= lowest()) return 0;
    return math::exp(-solve_falling([&](double log) { return log_of(at(k, math::exp(-log)).upper); }, math::log(p),
                                    -log_odds_ratio(k), log_deviation(k)));
  }
  /// The odds ratio under which P(K <= k) is p: the upper end of Cornfield's interval.
  double odds_with_lower_tail(double k, double p) const noexcept {
    if (k >= highest()) return infinity;
    return math::exp(solve_falling([&](double log) { return log_of(at(k, math::exp(log)).lower); }, math::log(p),
                                   log_odds_ratio(k), log_deviation(k)));
  }

 private:
  /// The logarithm of a tail. One below the least double counts as that, since a search cannot go on from -infinity.
  static double log_of(double tail) noexcept { return math::log(math::fmax(tail, 0x1p-1074)); }
  /// The logarithm of table k's odds ratio, and about its standard deviation, with half a unit more in each cell. Under
  /// these odds table k is about the likeliest one. A search from there meets only tables near k, and takes steps of
  /// the right length; under odds of 1 the weights of others, relative to k's, may leave the range of doubles.
  double log_odds_ratio(double k) const noexcept {
    return math::log((k + 0.5) / (first_ - k + 0.5) * ((second_ - successes_ + k + 0.5) / (successes_ - k + 0.5)));
  }
  double log_deviation(double k) const noexcept {
    return math::sqrt(1 / (k + 0.5) + 1 / (first_ - k + 0.5) + 1 / (second_ - successes_ + k + 0.5) +
                      1 / (successes_ - k + 0.5));
  }
  /// The weight of the table one step to a side of j, relative to j's.
  double ratio(double j, double side) const noexcept {
    return side > 0 ? (first_ - j) / (j + 1) * ((successes_ - j) / (second_ - successes_ + j + 1))
                    : j / (first_ - j + 1) * ((second_ - successes_ + j) / (successes_ - j + 1));
  }
  /// The weights of all tables to one side of k, relative to k's own.
  double sum(double k, double side, double odds) const noexcept {
    const double factor = side > 0 ? odds : 1 / odds;
    double weight = 1;
    double total = 0;
    for (double j = k; side < 0 ? j > lowest() : j < highest(); j += side) {
      const double step = ratio(j, side) * factor;
      weight *= step;
      total += weight;
      if (step < 1 && weight <= 1e-18 * (1 + total) * (1 - step)) break;
      if (total == infinity) break;
    }
    return total;
  }

  double first_;
  double second_;
  double successes_;
};

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_DETAIL_HYPERGEOMETRIC_HPP
