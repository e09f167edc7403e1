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

/// An e-value that any p-value makes: kappa p^(kappa - 1), 0 < kappa < 1; weaker than the test it came from.
/// Source: Shafer, Shen, Vereshchagin, Vovk, "Test martingales, Bayes factors and p-values", Stat. Science 26, 2011.
inline double e_from_p(double p, double kappa = 0.5) noexcept { return kappa * detail::math::pow(p, kappa - 1); }

/// The p-value of an e-value: 1 / e, at most 1 (Markov). NaN for NaN and negative ones.
inline double p_from_e(double e) noexcept {
  if (!(e >= 0)) return std::numeric_limits<double>::quiet_NaN();
  return e > 1 ? 1 / e : 1;
}

/// The average of e-values of the same hypothesis: an e-value however they depend on each other. NaN without any.
inline double average_e(std::span<const double> values) noexcept {
  double sum = 0;
  for (const double e : values) sum += e;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(values.size());
}

/// Evidence that grows bet by bet and may be looked at, acted on and added to at any time.
///
/// Each factor given to `update` must be at least 0 and, if the hypothesis holds, have a mean of at most 1 given all
/// before: an e-value. Their product then exceeds 1 / alpha, ever, with probability alpha at most.
/// Models: an aggregator of factors (merge: the evidence of another, independent stream).
/// Guarantee: `p` is valid at any time, however it was decided to look. A factor that is negative or NaN is no e-value
/// and makes the process void: its value is NaN from there on. Trivially copyable.
/// Allocates: never.
/// Complexity: O(1).
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

  /// The product of both: first this one's stream, then the other's.
  void merge(const e_process& later) noexcept {
    if (log_ + later.highest_ > highest_) highest_ = log_ + later.highest_;
    log_ += later.log_;
    count_ += later.count_;
  }

  double value() const noexcept { return detail::math::exp(log_); }
  double log_value() const noexcept { return log_; }
  /// The highest value it ever had.
  double highest() const noexcept { return log_ == log_ ? detail::math::exp(highest_) : log_; }
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
