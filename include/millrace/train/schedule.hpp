#ifndef MILLRACE_TRAIN_SCHEDULE_HPP
#define MILLRACE_TRAIN_SCHEDULE_HPP

#include <millrace/core/config.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace train {

/// The learning rate of a step; steps are weight updates, counted from 0. Pure: the same step
/// always has the same rate, so a run can be taken up anywhere.
template <class Schedule>
concept learning_rate_schedule = requires(const Schedule& schedule, std::uint64_t step) {
  { schedule(step) } noexcept -> std::same_as<double>;
};

/// The same rate throughout.
struct constant_rate {
  double rate = 1e-3;

  constexpr double operator()(std::uint64_t) const noexcept { return rate; }
};

/// rate * factor^(step / every), in whole powers. `every` > 0.
struct step_decay {
  double rate = 1e-3;
  std::uint64_t every = 1'000;
  double factor = 0.5;

  double operator()(std::uint64_t step) const noexcept {
    return rate * std::pow(factor, static_cast<double>(step / every));
  }
};

/// rate * factor^step.
struct exponential_decay {
  double rate = 1e-3;
  double factor = 0.999;

  double operator()(std::uint64_t step) const noexcept { return rate * std::pow(factor, static_cast<double>(step)); }
};

/// Half a cosine from `rate` at step 0 to `minimum` at step `steps` and beyond. `steps` > 0.
/// Source: Loshchilov, Hutter, "SGDR", ICLR 2017, eq. 5, without restarts.
struct cosine_decay {
  double rate = 1e-3;
  std::uint64_t steps = 10'000;
  double minimum = 0;

  double operator()(std::uint64_t step) const noexcept {
    if (step >= steps) return minimum;
    const double share = static_cast<double>(step) / static_cast<double>(steps);
    return minimum + 0.5 * (rate - minimum) * (1.0 + std::cos(3.141592653589793 * share));
  }
};

/// A straight line up to another schedule's first rate, reached after `steps` steps; then that
/// schedule, counted from its own step 0.
template <learning_rate_schedule Schedule = constant_rate>
struct warm_up {
  std::uint64_t steps = 100;
  Schedule then{};

  double operator()(std::uint64_t step) const noexcept {
    if (step >= steps) return then(step - steps);
    return then(0) * static_cast<double>(step + 1) / static_cast<double>(steps + 1);
  }
};
template <class Schedule>
warm_up(std::uint64_t, Schedule) -> warm_up<Schedule>;

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_SCHEDULE_HPP
