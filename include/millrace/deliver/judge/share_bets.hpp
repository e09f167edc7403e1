#ifndef MILLRACE_DELIVER_JUDGE_SHARE_BETS_HPP
#define MILLRACE_DELIVER_JUDGE_SHARE_BETS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/deliver/fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace deliver {

// Evidence from the arms of bad outcomes.
//
// In a step every request is the candidate's with the probability q, whatever it is about. Let the candidate's requests
// go wrong R times as often as the stable model's would. Then a request that went wrong is the candidate's with the
// probability
//
//   p(R) = R q / (R q + 1 - q),
//
// which is q for R = 1, whatever the traffic does: a night, a burst, a dependency that fails both arms change how many
// go wrong, not whose they are. A bet on the ratio r against R multiplies its capital by p(r) / p(R) for a bad outcome
// of the candidate and by (1 - p(r)) / (1 - p(R)) for one of the stable model. The mean of this factor, weighted by
// p(R) and 1 - p(R), is 1, so that capital that starts at 1 reaches 1 / alpha with a probability of at most alpha, ever
// (Ville's inequality). After k bad outcomes, k_c of them the candidate's, it is
//
//   (r / R)^k_c / ((r q + 1 - q) / (R q + 1 - q))^k,
//
// a product over steps of what only depends on two counts of each. So the order of requests does not matter, counts of
// threads, hosts and earlier runs add up, and steps may have different shares.
//
// Bets on r > R lose on average for every ratio below R too, and bets on r < R for every one above, so that each kind
// tests a whole half line.
//
// Badness may be any number in [0, 1] instead of 0 or 1, with its sums for the counts: a factor g then becomes g^b. As
// g^b is convex in b, it is at most 1 + b (g - 1), whose mean is at most 1 if the mean badness of the candidate's
// requests is at most R times that of the stable model's (at least, for bets on r < R). So this is a test of means, of
// any bounded distribution.

/// What came of the requests of one step: the candidate's share of them, and of each arm (stable, candidate) how many
/// were measured and the sum of their badness, which is in [0, 1] for each.
struct step_counts {
  double share = 0;
  std::array<double, 2> measured{};
  std::array<double, 2> bad{};
};

namespace detail {

/// log(exp(a) + exp(b)), for numbers that may be -infinity.
inline double log_add(double a, double b) noexcept {
  if (a < b) {
    const double c = a;
    a = b;
    b = c;
  }
  return math::is_infinite(a) ? a : a + math::log1p(math::exp(b - a));
}
inline constexpr double log_nothing = -__builtin_inf();

/// A step with both arms; others say nothing.
inline bool compares(const step_counts& step) noexcept { return step.share > 0 && step.share < 1; }

/// A step's part of the logarithm of the capital of a bet on `ratio` against `against`.
inline double log_gain(const step_counts& step, double ratio, double against) noexcept {
  if (!compares(step)) return 0;
  const double q = step.share;
  return step.bad[1] * math::log(ratio / against) -
         (step.bad[0] + step.bad[1]) * math::log((ratio * q + 1 - q) / (against * q + 1 - q));
}

/// How much of a step's badness is the candidate's on average.
inline double expected_bad(const step_counts& step, double ratio) noexcept {
  return (step.bad[0] + step.bad[1]) * step.share * ratio / (step.share * ratio + 1 - step.share);
}

/// A part of the money, and what it bets on.
struct bet {
  double on;
  double weight;
};

}  // namespace detail

/// The logarithm of the capital of a bet on `ratio` against the hypothesis that the candidate's requests go wrong
/// `against` times as often as the stable model's. Ratios are above 0. Steps in which one arm has all requests say
/// nothing.
/// Complexity: O(steps).
/// Allocates: never.
inline double log_capital(std::span<const step_counts> steps, double ratio, double against = 1) noexcept {
  double sum = 0;
  for (const step_counts& step : steps) sum += detail::log_gain(step, ratio, against);
  return sum;
}

/// The logarithm of the e-value against "the candidate does no harm": its requests go wrong at most as often. For at
/// most 16 steps; further ones are not looked at.
///
/// The money is spread over ratios, most near those that a tolerance of `max_ratio` makes worth finding. And it is
/// spread over the steps: a part of it stays at home until the step begins that it is for, so that a fault that begins
/// in the third step is not hidden behind what was lost in two healthy ones.
/// Guarantee: without harm, P(e-value >= 1 / alpha, ever) <= alpha.
/// Complexity: O(steps).
/// Allocates: never.
/// Source: mixtures: Robbins, Ann. Math. Stat. 41, 1970; Ville, 1939.
template <class = void>
double log_e_of_harm(std::span<const step_counts> steps, double max_ratio) noexcept;

/// The logarithm of the e-value against "the candidate's requests go wrong at least `max_ratio` times as often". For at
/// most 16 steps; further ones are not looked at.
/// Complexity: O(steps).
/// Allocates: never.
template <class = void>
double log_e_of_ratio_below(std::span<const step_counts> steps, double max_ratio) noexcept;

/// The logarithm of the e-value against "the candidate's mean badness is that of the stable model plus `margin`, or
/// more", with a margin in (0, 1). It grows without any bad outcome too.
///
/// Derivation: let a request have the badness b and the score x = b / q if it is the candidate's, -b / (1 - q) if not.
/// The mean of x is the difference of the arms' mean badness. So 1 + l (margin - x) has a mean of at most 1 under the
/// hypothesis, for any l >= 0, and is positive for l < q. For b of 0 and of 1 it depends on the arm alone; for b
/// between them, f(0)^(1 - b) f(1)^b is at most the factor, which is linear in b, and makes the capital a function of
/// sums.
///
/// For at most 16 steps; further ones are not looked at.
/// Complexity: O(steps).
/// Allocates: never.
/// Source: betting: Waudby-Smith, Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86, 2024.
template <class = void>
double log_e_of_difference_below(std::span<const step_counts> steps, double margin) noexcept;

/// The likeliest ratio of the arms' mean badness, given whose the bad outcomes are: comparisons are made within steps,
/// so that steps at another time of day do not confound them. 0 and infinity if only one arm has any; NaN if none has.
/// Complexity: O(steps), some 60 logarithms each.
template <class = void>
double ratio_estimate(std::span<const step_counts> steps) noexcept;

/// Whether ratio_estimate is above `ratio`, in O(steps).
inline bool is_ratio_above(std::span<const step_counts> steps, double ratio) noexcept {
  double expected = 0;
  double found = 0;
  for (const step_counts& step : steps)
    if (detail::compares(step)) {
      expected += detail::expected_bad(step, ratio);
      found += step.bad[1];
    }
  return found > expected;
}

/// The difference of mean badness, candidate less stable, within each step, weighted by the candidate's requests there.
/// NaN without a step in which both arms were measured.
template <class = void>
double difference_estimate(std::span<const step_counts> steps) noexcept;

/// An interval for the ratio.
struct ratio_interval {
  double lower = 0;
  double upper = __builtin_inf();
};

/// The interval that covers the ratio at all times at once with probability 1 - alpha, if it stays what it is: all R
/// for which the e-value of a mixture of bets against R is below 1 / alpha.
/// Complexity: O(steps), some 400 logarithms each.
/// Allocates: never.
template <class = void>
ratio_interval ratio_bounds(std::span<const step_counts> steps, double alpha) noexcept;

namespace detail {

/// The bets against "no harm": most of the money a little beyond the tolerance, since a fault of that size leaves the
/// least room; a large one is found with any part of it.
inline std::array<bet, 5> harm_bets(double max_ratio) noexcept {
  const double l = math::log(max_ratio > 1.15 ? max_ratio : 1.15);
  return {
      {{math::exp(0.6 * l), 0.03}, {math::exp(1.2 * l), 0.57}, {math::exp(2 * l), 0.25}, {8.0, 0.10}, {50.0, 0.05}}};
}

/// The logarithm of the part of the money that enters at a step: most at the first; the rest by 1, 1/2, 1/3, ... of
/// .045, 15 of which together are less than it.
inline double log_start_weight(std::size_t step) noexcept {
  return math::log(step == 0 ? 0.85 : 0.045 / static_cast<double>(step));
}

/// As many steps as there is money for.
inline constexpr std::size_t max_starts = 16;

/// For each step, at `into`: the logarithm of the capital of weighted bets on ratios against `against`, if all their
/// money enters with that step.
template <class = void>
void log_capitals_since(std::span<const step_counts> steps, std::span<const bet> bets, double against,
                        double* into) noexcept {
  for (std::size_t s = 0; s < steps.size(); ++s) into[s] = log_nothing;
  for (const bet& one : bets) {
    double since = math::log(one.weight);
    for (std::size_t s = steps.size(); s-- > 0;) {
      if (steps[s].bad[0] + steps[s].bad[1] > 0) since += log_gain(steps[s], one.on, against);
      into[s] = log_add(into[s], since);
    }
  }
}
template <class = void>
void log_harm_since(std::span<const step_counts> steps, double max_ratio, double* into) noexcept {
  log_capitals_since(steps, harm_bets(max_ratio), 1, into);
}
/// The same against a ratio of `max_ratio` and above: most of the money on a candidate as good as the stable model.
template <class = void>
void log_ratio_below_since(std::span<const step_counts> steps, double max_ratio, double* into) noexcept {
  const double equal = max_ratio > 1.15 ? 1 : 0.5 * max_ratio;
  const std::array<bet, 3> bets = {{{0.85 * max_ratio, 0.15}, {equal, 0.65}, {0.2 * max_ratio, 0.2}}};
  log_capitals_since(steps, bets, max_ratio, into);
}
/// The same against a difference of `margin` and above.
template <class = void>
void log_difference_below_since(std::span<const step_counts> steps, double margin, double* into) noexcept {
  constexpr std::array<bet, 4> bets = {{{0.1, 0.1}, {0.3, 0.2}, {0.6, 0.3}, {0.9, 0.4}}};
  for (std::size_t s = 0; s < steps.size(); ++s) into[s] = log_nothing;
  for (const bet& one : bets) {
    double since = math::log(one.weight);
    for (std::size_t s = steps.size(); s-- > 0;) {
      const step_counts& step = steps[s];
      if (compares(step)) {
        const double q = step.share;
        const double good = one.on * q * margin;
        const double all = step.measured[0] + step.measured[1];
        const double bad = step.bad[0] + step.bad[1];
        since += (all > bad ? all - bad : 0) * math::log1p(good);
        if (step.bad[1] > 0) since += step.bad[1] * math::log1p(good - one.on);
        if (step.bad[0] > 0) since += step.bad[0] * math::log1p(good + one.on * q / (1 - q));
      }
      into[s] = log_add(into[s], since);
    }
  }
}

/// The money of all steps together, of which that of some is no more there, or never counted: -infinity in `since`.
template <class = void>
double log_of_starts(std::span<const double> since) noexcept {
  double sum = log_nothing;
  double at_home = 1;
  for (std::size_t s = 0; s < since.size(); ++s) {
    const double weight = log_start_weight(s);
    at_home -= math::exp(weight);
    sum = log_add(sum, weight + since[s]);
  }
  return log_add(sum, math::log(at_home));
}

}  // namespace detail

template <class>
double log_e_of_harm(std::span<const step_counts> steps, double max_ratio) noexcept {
  std::array<double, detail::max_starts> since;
  const auto first = steps.subspan(0, steps.size() < since.size() ? steps.size() : since.size());
  detail::log_harm_since(first, max_ratio, since.data());
  return detail::log_of_starts(std::span<const double>(since.data(), first.size()));
}

template <class>
double log_e_of_ratio_below(std::span<const step_counts> steps, double max_ratio) noexcept {
  std::array<double, detail::max_starts> since{};
  const auto first = steps.subspan(0, steps.size() < since.size() ? steps.size() : since.size());
  detail::log_ratio_below_since(first, max_ratio, since.data());
  return since[0];
}

template <class>
double log_e_of_difference_below(std::span<const step_counts> steps, double margin) noexcept {
  std::array<double, detail::max_starts> since{};
  const auto first = steps.subspan(0, steps.size() < since.size() ? steps.size() : since.size());
  detail::log_difference_below_since(first, margin, since.data());
  return since[0];
}

template <class>
double ratio_estimate(std::span<const step_counts> steps) noexcept {
  double stable = 0;
  double candidate = 0;
  for (const step_counts& step : steps)
    if (detail::compares(step)) {
      stable += step.bad[0];
      candidate += step.bad[1];
    }
  if (!(stable > 0)) return candidate > 0 ? __builtin_inf() : detail::math::nan;
  if (!(candidate > 0)) return 0;
  // The likelihood is highest where the candidate's part is what it is expected to be, which rises with the ratio.
  double low = -40;
  double high = 40;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (is_ratio_above(steps, detail::math::exp(middle)) ? low : high) = middle;
  }
  return detail::math::exp(0.5 * (low + high));
}

template <class>
double difference_estimate(std::span<const step_counts> steps) noexcept {
  double sum = 0;
  double weight = 0;
  for (const step_counts& step : steps) {
    if (!detail::compares(step) || !(step.measured[0] > 0 && step.measured[1] > 0)) continue;
    sum += step.bad[1] - step.bad[0] * (step.measured[1] / step.measured[0]);
    weight += step.measured[1];
  }
  return weight > 0 ? sum / weight : detail::math::nan;
}

template <class>
ratio_interval ratio_bounds(std::span<const step_counts> steps, double alpha) noexcept {
  // The prior of log r is Cauchy's, at 385 points 1/32 apart.
  double mixture = detail::log_nothing;
  double total = 0;
  for (int i = -192; i <= 192; ++i) {
    const double at = i / 32.0;
    const double weight = 1 / (1 + at * at);
    total += weight;
    mixture = detail::log_add(mixture, log_capital(steps, detail::math::exp(at)) + detail::math::log(weight));
  }
  const double least = mixture - detail::math::log(total) + detail::math::log(alpha);  // of log_capital inside
  const double estimate = ratio_estimate(steps);
  if (estimate != estimate) return {};
  const double top = estimate <= 0 ? -40 : estimate > 1e17 ? 40 : detail::math::log(estimate);
  // log_capital is concave in log r, and highest at the estimate.
  const auto cross = [&](double outside) noexcept {
    double inside = top;
    for (int i = 0; i < 50; ++i) {
      const double middle = 0.5 * (inside + outside);
      (log_capital(steps, detail::math::exp(middle)) >= least ? inside : outside) = middle;
    }
    return inside;
  };
  const double lower = cross(-40);
  const double upper = cross(40);
  return {lower < -39.9 ? 0 : detail::math::exp(lower), upper > 39.9 ? __builtin_inf() : detail::math::exp(upper)};
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_SHARE_BETS_HPP
