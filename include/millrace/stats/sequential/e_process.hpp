#ifndef MILLRACE_STATS_SEQUENTIAL_E_PROCESS_HPP
#define MILLRACE_STATS_SEQUENTIAL_E_PROCESS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/saved/fields.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace millrace {
inline namespace v0 {
namespace stats {

/// Turns a p-value into an e-value, kappa p^(kappa - 1) with 0 < kappa < 1. Its mean over uniform p is the integral of
/// kappa p^(kappa - 1) from 0 to 1, which is 1. As evidence it is weaker than the p-value.
/// Source: Shafer, Shen, Vereshchagin, Vovk, "Test martingales, Bayes factors and p-values", Stat. Science 26, 2011.
inline double e_from_p(double p, double kappa = 0.5) noexcept { return kappa * detail::math::pow(p, kappa - 1); }

/// Turns an e-value into a p-value, 1 / e and at most 1 (Markov's inequality). NaN for a NaN or negative e.
inline double p_from_e(double e) noexcept {
  if (!(e >= 0)) return std::numeric_limits<double>::quiet_NaN();
  return e > 1 ? 1 / e : 1;
}

/// The average of e-values for the same hypothesis, which is an e-value however they depend on each other. NaN for no
/// values.
inline double average_e(std::span<const double> values) noexcept {
  double sum = 0;
  for (const double e : values) sum += e;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(values.size());
}

/// Evidence against a hypothesis that is multiplied factor by factor, and may be looked at and acted on at any time.
///
/// Each factor given to `update` must be an e-value: at least 0 and, if the hypothesis holds, with a mean of at most 1
/// whatever the factors before were. Then the probability that their product ever reaches 1 / alpha is at most alpha
/// (Ville's inequality).
/// Models: an aggregator of factors; `merge` takes the evidence of another, independent stream.
/// Guarantee: `p` is valid at any time, however it was decided when to look. A factor that is negative or NaN is no
/// e-value and makes the process void: its value is NaN from then on.
/// Complexity: O(1); trivially copyable.
/// Allocates: never.
/// Source: Ville, 1939; Ramdas, Gruenwald, Vovk, Shafer, "Game-theoretic statistics and safe anytime-valid inference",
/// Stat. Science 38(4), 2023.
class e_process : public saved_fields<e_process> {
  friend saved_fields<e_process>;

 public:
  void update(double factor) noexcept {
    if (!(factor >= 0))
      log_ = std::numeric_limits<double>::quiet_NaN();
    else
      log_ += detail::math::log(factor);
    if (log_ > highest_) highest_ = log_;
    ++count_;
  }

  /// Multiplies by the factors of `later`, as if they came after those of this process.
  void merge(const e_process& later) noexcept {
    if (log_ + later.highest_ > highest_) highest_ = log_ + later.highest_;
    log_ += later.log_;
    count_ += later.count_;
  }

  double value() const noexcept { return detail::math::exp(log_); }
  double log_value() const noexcept { return log_; }
  /// The highest value so far, at least 1.
  double highest() const noexcept { return log_ == log_ ? detail::math::exp(highest_) : log_; }
  /// 1 / highest(): the p-value over all looks so far, which never rises.
  double p() const noexcept { return log_ == log_ ? detail::math::exp(-highest_) : log_; }
  bool rejects(double alpha) const noexcept { return p() <= alpha; }
  std::uint64_t count() const noexcept { return count_; }

 private:
  static std::string saved_as() { return "e_process"; }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.log_, self.highest_, self.count_);
  }
  bool restore() noexcept { return highest_ >= 0 && (log_ != log_ || log_ <= highest_); }

  double log_ = 0;
  double highest_ = 0;  // at least 1: p is at most 1
  std::uint64_t count_ = 0;
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_E_PROCESS_HPP
