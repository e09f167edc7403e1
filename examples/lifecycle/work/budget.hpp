#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_BUDGET_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_BUDGET_HPP

#include <millrace/core/clock.hpp>

#include <cstdint>

namespace lifecycle {

/// The time there is for trying models, from when it was made.
class time_budget {
 public:
  explicit time_budget(double seconds) : seconds_(seconds), start_(clock_.ticks()) {}

  double seconds() const noexcept { return seconds_; }
  double spent() const noexcept { return static_cast<double>(clock_.ticks() - start_) / 1e9; }
  double left() const noexcept { return seconds_ - spent(); }
  bool over() const noexcept { return left() <= 0; }

 private:
  double seconds_;
  millrace::steady_clock clock_;
  std::uint64_t start_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_BUDGET_HPP
