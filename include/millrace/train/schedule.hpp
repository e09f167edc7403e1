#ifndef MILLRACE_TRAIN_SCHEDULE_HPP
#define MILLRACE_TRAIN_SCHEDULE_HPP

#include <millrace/core/config.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace train {

/// A function from a step (the number of the weight update, from 0) to its learning rate. Law: it depends on the step
/// alone, so a training run can be resumed at any step.
template <class Schedule>
concept learning_rate_schedule = requires(const Schedule& schedule, std::uint64_t step) {
  { schedule(step) } noexcept -> std::same_as<double>;
};

/// The same rate throughout.
struct constant_rate {
  double rate = 1e-3;

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("learning_rate", rate);
  }

  constexpr double operator()(std::uint64_t) const noexcept { return rate; }
};

/// Multiplies the rate by `factor` after every `every` steps: rate * factor^floor(step / every).
/// Precondition: every > 0.
struct step_decay {
  double rate = 1e-3;
  std::uint64_t every = 1'000;
  double factor = 0.5;

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("learning_rate", rate);
    use("decay_every", every);
    use("decay_factor", factor);
  }

  double operator()(std::uint64_t step) const noexcept {
    return rate * std::pow(factor, static_cast<double>(step / every));
  }
};

/// Multiplies the rate by `factor` after every step: rate * factor^step.
struct exponential_decay {
  double rate = 1e-3;
  double factor = 0.999;

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("learning_rate", rate);
    use("decay_factor", factor);
  }

  double operator()(std::uint64_t step) const noexcept { return rate * std::pow(factor, static_cast<double>(step)); }
};

/// Falls along half a period of a cosine, from `rate` at step 0 to `minimum` at step `steps`, and stays there.
/// Precondition: steps > 0.
/// Source: Loshchilov, Hutter, "SGDR", ICLR 2017, eq. 5, without restarts.
struct cosine_decay {
  double rate = 1e-3;
  std::uint64_t steps = 10'000;
  double minimum = 0;

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("learning_rate", rate);
    use("decay_steps", steps);
    use("minimal_rate", minimum);
  }

  double operator()(std::uint64_t step) const noexcept {
    if (step >= steps) return minimum;
    const double share = static_cast<double>(step) / static_cast<double>(steps);
    return minimum + 0.5 * (rate - minimum) * (1.0 + std::cos(3.141592653589793 * share));
  }
};

/// Rises along a line to the first rate of another schedule, which it reaches at step `steps`. From there on it is that
/// schedule, whose step 0 is this step.
template <learning_rate_schedule Schedule = constant_rate>
struct warm_up {
  std::uint64_t steps = 100;
  Schedule then{};

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("warm_up_steps", steps);
    if constexpr (requires { then.for_each_setting(use); }) then.for_each_setting(use);
  }

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
