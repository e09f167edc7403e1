#ifndef MILLRACE_STATS_TESTS_WEIGHTED_PROPORTION_HPP
#define MILLRACE_STATS_TESTS_WEIGHTED_PROPORTION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/tests/detail/score.hpp>
#include <millrace/stats/tests/proportion.hpp>
#include <millrace/stats/tests/proportion_intervals.hpp>

#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

/// A weight with success among a weight of all. It is as sure as so many trials of equal weight: the square of the sum
/// of the weights over the sum of their squares. Neither the unit of the weights nor a trial of weight 0 matters, and
/// trials of equal weight are what `proportion` has.
/// Source: Kish, "Survey sampling", 1965, section 11.7.
struct weighted_proportion {
  double successes = 0;
  double trials = 0;

  /// Of trials with the weights w: the sum of w of the successes, that of all, and that of w * w of all.
  weighted_proportion(double with_success, double all, double squares) noexcept
      : trials(all > 0 ? all / (squares / all) : 0), rate_(with_success / all) {
    successes = all > 0 ? with_success / (squares / all) : 0;
  }
  double rate() const noexcept { return rate_; }

 private:
  double rate_;
};

namespace detail {

inline result<void> usable(const weighted_proportion& p, double confidence) {
  if (auto ok = checked(test_options{alternative::two_sided, confidence}); !ok) return ok;
  if (p.trials == 0) return error(errc::invalid_data, "the weighted proportion has no trials");
  if (p.trials > 0 && math::is_finite(p.trials) && p.rate() >= 0 && p.rate() <= 1) return {};
  return error(errc::invalid_argument, "the weighted proportion: a rate of " + std::to_string(p.rate()) + " of " +
                                           std::to_string(p.trials) + " trials");
}

}  // namespace detail

// The intervals of proportion.hpp and proportion_intervals.hpp for weighted trials.
//   Allocates: never
//   Errors: invalid_data: the weights are 0; invalid_argument: negative weights, or more with success than in all;
//   out_of_range: a confidence outside (0, 1)

/// Wilson's score interval for a probability.
inline result<interval> wilson_interval(const weighted_proportion& p, double confidence = 0.95) {
  if (auto ok = detail::usable(p, confidence); !ok) return std::move(ok).error();
  return detail::wilson(p.successes, p.trials, detail::normal_critical((1 - confidence) / 2), confidence);
}

/// Newcombe's interval for the difference of two probabilities, a - b.
inline result<interval> newcombe_interval(const weighted_proportion& a, const weighted_proportion& b,
                                          double confidence = 0.95) {
  if (auto ok = detail::usable(a, confidence); !ok) return std::move(ok).error();
  if (auto ok = detail::usable(b, confidence); !ok) return std::move(ok).error();
  return detail::newcombe(a, b, {alternative::two_sided, confidence});
}

/// The score interval for the ratio of two probabilities, a / b. A few microseconds.
inline result<interval> score_ratio_interval(const weighted_proportion& a, const weighted_proportion& b,
                                             double confidence = 0.95) {
  if (auto ok = detail::usable(a, confidence); !ok) return std::move(ok).error();
  if (auto ok = detail::usable(b, confidence); !ok) return std::move(ok).error();
  return detail::score_interval_of_ratio(a, b, confidence);
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_WEIGHTED_PROPORTION_HPP
