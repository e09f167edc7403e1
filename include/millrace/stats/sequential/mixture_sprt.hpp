#ifndef MILLRACE_STATS_SEQUENTIAL_MIXTURE_SPRT_HPP
#define MILLRACE_STATS_SEQUENTIAL_MIXTURE_SPRT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/saved/fields.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace stats {

// The boundary of a normal mixture. An estimate x has the variance v. Where the truth is 0 its density is that of
// N(0, v); where the truth itself was drawn from N(0, s) it is that of N(0, v + s). The ratio of the two,
//
//   e = sqrt(v / (v + s)) exp(x^2 / 2 (1/v - 1/(v + s))),
//
// is a nonnegative martingale as observations come, so that P(e >= 1 / alpha, ever) <= alpha (Ville's inequality). Its
// logarithm is log_mixture_ratio, since 1/v - 1/(v + s) = s / (v (v + s)). Solved for x, e < 1 / alpha is
// |x| < mixture_reach:
//
//   x^2 < v (v + s) / s (log((v + s) / v) - 2 log alpha).
//
// With u = s / v and l = -2 log alpha the right side is v (1 + 1/u) (log(1 + u) + l). Its derivative by u is 0 where
// u = l + log(1 + u); one step of that iteration, from u = l, is shortest_spread.

/// The logarithm of e above, for an `estimate` with the given `variance` and effects whose variance is `spread`. NaN
/// for a variance or spread that is not positive.
/// Source: Johari, Koomen, Pekelis, Walsh, "Always valid inference", Operations Research 70(3), 2022, eq. 12.
inline double log_mixture_ratio(double estimate, double variance, double spread) noexcept {
  if (!(variance > 0 && spread > 0)) return detail::math::nan;
  const double all = variance + spread;
  return 0.5 * (detail::math::log(variance / all) + estimate / variance * (spread / all) * estimate);
}

/// The boundary: estimates of at most this absolute value have e <= 1 / alpha and are not rejected. It is also half the
/// width of the confidence sequence.
/// Source: derived above.
inline double mixture_reach(double variance, double spread, double alpha) noexcept {
  const double all = variance + spread;
  return detail::math::sqrt(variance * (all / spread) *
                            (detail::math::log1p(spread / variance) - 2 * detail::math::log(alpha)));
}

/// The `spread` that makes mixture_reach shortest for an estimate with this `variance`. It corresponds to effects that
/// are just large enough to be found then.
/// Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence
/// sequences", Ann. Stat. 52, 2024, appendix B.2 (the approximation of the Lambert function there).
inline double shortest_spread(double variance, double alpha) noexcept {
  const double l = -2 * detail::math::log(alpha);
  return variance * (l + detail::math::log1p(l));
}

/// Tests at any time whether the mean of normal observations with a known standard deviation is `null`: Robbins'
/// mixture of likelihood ratios.
///
/// Units: `stddev` is the standard deviation of an observation, `spread` that of the effects to be found; both in the
/// observations' unit.
/// Guarantee: if the mean is `null`, P(p() <= alpha, ever) <= alpha. Merging is exact. Where the deviation is not known
/// but estimated, use `asymptotic_interval` or `two_arm_e_process`.
/// Complexity: update O(1), 1 ns; trivially copyable.
/// Allocates: never.
/// Source: Robbins, Ann. Math. Stat. 41, 1970; Johari and others 2022.
class mixture_sprt : public saved_fields<mixture_sprt> {
  friend saved_fields<mixture_sprt>;

 public:
  mixture_sprt(double null, double stddev, double spread) noexcept
      : null_(null), variance_(stddev * stddev), spread_(spread * spread) {}

  /// Returns false if x was refused: it is not finite, or more than 1e290 away from `null`.
  bool update(double x) noexcept {
    const double d = x - null_;
    if (!(detail::math::absolute(d) <= 1e290)) return false;
    sum_ += d;
    count_ += 1;
    return true;
  }
  /// Adds the observations of another part.
  /// Precondition: both were made with the same null, stddev and spread.
  void merge(const mixture_sprt& other) noexcept {
    sum_ += other.sum_;
    count_ += other.count_;
  }

  /// The logarithm of the evidence against `null` so far: log_mixture_ratio of the mean. 0 without observations.
  double log_e_value() const noexcept {
    return count_ > 0 ? log_mixture_ratio(sum_ / count_, variance_ / count_, spread_) : 0;
  }
  double e_value() const noexcept { return detail::math::exp(log_e_value()); }
  /// min(1, 1 / e_value()): a p-value that is valid whenever one looks. It may rise again as observations come.
  double p() const noexcept {
    const double l = log_e_value();
    return l > 0 ? detail::math::exp(-l) : l <= 0 ? 1 : l;
  }
  /// Whether p() is at most alpha now. It is not remembered: to stop at the first time this holds is valid.
  bool rejects(double alpha) const noexcept { return log_e_value() >= -detail::math::log(alpha); }
  std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }

 private:
  static std::string saved_as() { return "mixture_sprt"; }
  static mixture_sprt blank() noexcept { return mixture_sprt(0, 1, 1); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.null_, self.variance_, self.spread_, self.sum_, self.count_);
  }
  bool restore() noexcept {
    return detail::math::is_finite(null_) && variance_ >= 0 && spread_ >= 0 && detail::math::is_finite(sum_) &&
           count_ >= 0 && count_ < 0x1p53 && count_ == detail::math::floor(count_);
  }

  double null_;
  double variance_;
  double spread_;
  double sum_ = 0;
  double count_ = 0;
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_MIXTURE_SPRT_HPP
