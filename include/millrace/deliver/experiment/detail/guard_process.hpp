#ifndef MILLRACE_DELIVER_EXPERIMENT_DETAIL_GUARD_PROCESS_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DETAIL_GUARD_PROCESS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/sequential/mixture_sprt.hpp>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// The logarithm of the evidence that the mean of an estimate is above 0.
///
/// An estimate x has the variance v. For a truth of t its likelihood over that of 0 is exp((x t - t^2 / 2) / v). Under
/// a mean of 0 or less its expectation is at most 1 for every t >= 0, and so it stays as observations come; mixed over
/// t by half a normal law of the variance s, t = |N(0, s)|, that is
///
///   e = sqrt(v / (v + s)) exp(x^2 s / (2 v (v + s))) * 2 Phi(x sqrt(s / (v (v + s)))),
///
/// the two-sided mixture times twice the chance that a normal is below. P(e >= 1 / alpha, ever) <= alpha.
/// Source: derived here; Howard, Ramdas, McAuliffe, Sekhon, Ann. Stat. 49(2), 2021, proposition 6 (one-sided normal
/// mixture).
inline double log_half_mixture_ratio(double estimate, double variance, double spread) noexcept {
  const double reach = math::sqrt(spread / (variance * (variance + spread)));
  return stats::log_mixture_ratio(estimate, variance, spread) + math::log(2 * stats::normal{}.cdf(estimate * reach));
}

/// One variant against the control on a guardrail's metric.
template <class Metric>
class guard_process {
 public:
  void update(bool treated, const double* in) noexcept { state_.update(treated, in); }

  /// Looks now: `sign` is 1 if more is worse. From 100 units an arm on, where the limit law holds well enough.
  void look(double sign, double margin, double alpha) {
    const double a = state_.count(true);
    const double b = state_.count(false);
    if (!(a >= least) || !(b >= least)) return;
    const auto found = state_.test(stats::test_options{});
    if (!found) return;
    effect_ = found->effect;
    const double variance = state_.variance_of_effect();
    if (!(variance > 0)) return;
    const double spread = stats::shortest_spread(variance * (a + b) / best_at, alpha);
    const double log_e = log_half_mixture_ratio(sign * effect_ - margin, variance, spread);
    if (log_e > highest_) highest_ = log_e;
  }
  double effect() const noexcept { return effect_; }
  double highest() const noexcept { return highest_; }

 private:
  static constexpr double least = 100;
  static constexpr double best_at = 10'000;  // units at which harm is found with the smallest effect

  typename Metric::state state_;
  double effect_ = math::nan;
  double highest_ = 0;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DETAIL_GUARD_PROCESS_HPP
