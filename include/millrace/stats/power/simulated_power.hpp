#ifndef MILLRACE_STATS_POWER_SIMULATED_POWER_HPP
#define MILLRACE_STATS_POWER_SIMULATED_POWER_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/tests/proportion.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

/// How a simulation estimates a power.
struct simulation_options {
  double alpha = 0.05;
  /// The power that `simulated_sample_size` is to reach; `simulated_power` does not use it.
  double power = 0.8;
  std::size_t trials = 2'000;
  /// The level of the interval about the power.
  double confidence = 0.95;
  /// The same seed gives the same result.
  std::uint64_t seed = 1;
};

/// A simulated power, the share of trials that were significant, with its exact binomial interval.
struct simulated_power_result {
  /// The size that was passed to the trials.
  double n = 0;
  double power = 0;
  stats::interval interval;
  std::size_t trials = 0;

  std::string summary() const {
    std::string text = "Simulated power ";
    detail::append_effect(text, power, interval);
    text += " with n = ";
    detail::append_figure(text, n);
    text += ", by ";
    text += std::to_string(trials);
    text += " trials.";
    return text;
  }
};

namespace detail {

inline result<void> checked(const simulation_options& o) {
  if (!(o.alpha > 0 && o.alpha < 1))
    return error(errc::out_of_range, "alpha must lie between 0 and 1, and is " + figure(o.alpha));
  if (!(o.power > 0 && o.power < 1))
    return error(errc::out_of_range, "the power must lie between 0 and 1, and is " + figure(o.power));
  if (o.trials == 0) return error(errc::out_of_range, "trials must be at least 1, and is 0");
  return checked(test_options{alternative::two_sided, o.confidence});
}

}  // namespace detail

/// The power of any test, by simulation: `trial(std::size_t n, random_engine&) -> result<test_result>` draws samples of
/// n units under the effect that is to be found, and tests them. It serves tests whose power has no formula: k-sample
/// Anderson-Darling, Wasserstein and energy tests, trimmed means, Tukey's comparisons, a whole pipeline.
///
///     auto trial = [](std::size_t n, mr::random_engine& engine) {
///       return mr::stats::energy_test(draw(n, 1.0, engine), draw(n, 1.5, engine));
///     };
///     mr::stats::simulated_power(trial, 100)->summary();
///
/// Guarantee: the interval covers the true power with at least the probability `confidence`.
/// Complexity: options.trials calls of the trial.
/// Errors: out_of_range: n or trials of 0, alpha, power or confidence outside (0, 1); the first error of a trial, with
/// its number.
template <class Trial>
result<simulated_power_result> simulated_power(Trial trial, std::size_t n, const simulation_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (n == 0) return error(errc::out_of_range, "n, the units of each arm, must be at least 1, and is 0");
  random_engine engine(options.seed);
  std::int64_t found = 0;
  for (std::size_t i = 0; i < options.trials; ++i) {
    result<test_result> one = trial(n, engine);
    if (!one) return std::move(one).error().wrap("trial " + std::to_string(i));
    if (one->significant(options.alpha)) ++found;
  }
  const proportion share{found, static_cast<std::int64_t>(options.trials)};
  const auto around = clopper_pearson_interval(share, options.confidence);
  if (!around) return around.error();
  return simulated_power_result{static_cast<double>(n), share.rate(), *around, options.trials};
}

/// The fewest units, from `least` to `most`, with which the simulated power reaches options.power, by doubling and then
/// bisection with the same seed throughout. The size is an estimate: the interval in the result is that of the power at
/// this size.
/// Complexity: about 2 log2(n) calls of `simulated_power`.
/// Errors: as `simulated_power`, and out_of_range: most below least, a test that needs more than `most` units.
template <class Trial>
result<simulated_power_result> simulated_sample_size(Trial trial, std::size_t least = 2, std::size_t most = 1'000'000,
                                                     const simulation_options& options = {}) {
  if (most < least)
    return error(errc::out_of_range,
                 "most, " + std::to_string(most) + ", must not be below least, " + std::to_string(least));
  result<simulated_power_result> best = simulated_power(trial, least, options);
  if (!best || best->power >= options.power) return best;
  std::size_t low = least;
  std::size_t high = least;
  do {
    if (high >= most)
      return error(errc::out_of_range, "no sample of " + std::to_string(most) + " units reaches this power");
    low = high;
    high = high > most / 2 ? most : 2 * high;
    best = simulated_power(trial, high, options);
    if (!best) return best;
  } while (best->power < options.power);
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    auto there = simulated_power(trial, middle, options);
    if (!there) return there;
    if (there->power >= options.power) {
      high = middle;
      best = std::move(there);
    } else {
      low = middle;
    }
  }
  return best;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_POWER_SIMULATED_POWER_HPP
