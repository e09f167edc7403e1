#ifndef MILLRACE_DETECT_CHANGE_KSWIN_HPP
#define MILLRACE_DETECT_CHANGE_KSWIN_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/detail/ordered.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detect {

namespace detail {

/// P(D >= steps / (n m)), where D is the two-sample Kolmogorov-Smirnov statistic of samples of n and m <= Most from one
/// continuous distribution. An order of the pooled sample is a path from (0, 0) to (n, m), and all are equally likely;
/// the result is the share of paths that reach |i m - j n| >= steps somewhere. No term is subtracted, so small shares
/// keep their digits.
/// Source: J. L. Hodges, Arkiv foer Matematik 3, 1958.
template <std::size_t Most>
double ks_share_outside(std::size_t n, std::size_t m, double steps) noexcept {
  // outside[j] is the share among the paths from (0, 0) to (i, j) that have reached the border. The last step of such a
  // path came from (i - 1, j) with the probability i / (i + j).
  std::array<double, Most + 1> outside{};
  const auto dn = static_cast<double>(n);
  const auto dm = static_cast<double>(m);
  for (std::size_t i = 0; i <= n; ++i) {
    for (std::size_t j = 0; j <= m; ++j) {
      const auto a = static_cast<double>(i);
      const auto b = static_cast<double>(j);
      if (detail::math::absolute(a * dm - b * dn) >= steps - 0.5)
        outside[j] = 1;
      else if (i == 0 && j == 0)
        outside[j] = 0;
      else
        outside[j] = (i > 0 ? a * outside[j] : 0) / (a + b) + (j > 0 ? b * outside[j - 1] : 0) / (a + b);
    }
  }
  return outside[m];
}

}  // namespace detail

/// Detects any change of the distribution: whenever `Recent` new observations have come, it compares them with the
/// older ones in a sliding window of `Window` by the two-sample Kolmogorov-Smirnov test. After a drift only the newest
/// `Recent` observations stay in the window.
///
/// A change shows only until it fills the window, for Window / Recent tests. With the default sizes and arl<100'000> a
/// shift of 1 standard deviation was found in 40 of 40 normal streams, after 44 observations on average; one of 0.75 in
/// 32 of them; one of 0.5 in 9 within 10,000 observations, little more than by chance. Smaller changes need a larger
/// `Recent` and `Window`, or a detector of means.
///
/// Models: drift_detector.
/// Units: the statistic is the largest difference of the two distribution functions, in [0, 1].
/// Guarantee: on independent observations of any continuous distribution, heavy tails included, the average run length
/// is `RunLength::drift` or longer. It is longer by at most one step of the exact distribution (a few per cent with the
/// default sizes); ties lengthen it further.
/// Complexity: update O(1), and O(Window log Recent) every `Recent` observations; construction about 5 ms. 8 bytes for
/// each of the `Window` and `Recent` observations, and 56 more.
/// Allocates: never.
/// Source: Raab, Heusinger, Schleif, "Reactive soft prototype computing for concept drift streams", Neurocomputing 2020
/// (there the old part is sampled); the exact level: Hodges 1958.
template <class RunLength = arl<10'000>, std::size_t Window = 307, std::size_t Recent = 32>
class kswin : detail::require_arl<RunLength>, public saved_fields<kswin<RunLength, Window, Recent>> {
  friend saved_fields<kswin>;

  static_assert(Recent >= 8 && Window >= 2 * Recent && Window <= 4096,
                "millrace[DETECT-3]: kswin needs 8 <= Recent and 2 Recent <= Window <= 4096");

 public:
  kswin() noexcept : kswin(thresholds{threshold_for(RunLength::drift), threshold_for(RunLength::warning)}) {}
  /// With thresholds of your own for the difference of the distribution functions.
  explicit kswin(thresholds own) noexcept : drift_(own.drift), warning_(own.warning) {}

  signal update(double x) noexcept {
    if (!(detail::math::absolute(x) <= 1.7976931348623157e308)) [[unlikely]]
      return signal::none;
    ++count_;
    if (filled_ < older + Recent) {
      fresh(filled_++) = x;
      if (filled_ < older + Recent) return signal::none;
    } else {
      recent_[arrived_++] = x;
      if (arrived_ < Recent) return signal::none;
      slide();
    }
    last_ = difference();
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) {
      for (std::size_t i = 0; i < Recent; ++i) older_[i] = tested_[i];
      filled_ = Recent;
      arrived_ = 0;
      oldest_ = 0;
      count_ = 0;
    }
    return said;
  }

  void reset() noexcept { *this = kswin(thresholds{drift_, warning_}); }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr std::size_t older = Window - Recent;

  /// The threshold for an average run length. The first test is at observation `Window` and the others follow every
  /// `Recent`, so the run length is Window + Recent (t - 1) if t tests are made on average until an alarm. Each test's
  /// level is 1 / t; the threshold lies between the two neighbouring differences whose probabilities enclose it.
  static double threshold_for(std::uint64_t run_length) noexcept {
    const double tests =
        (static_cast<double>(run_length) - static_cast<double>(Window)) / static_cast<double>(Recent) + 1;
    const double level = 1 / (tests > 2 ? tests : 2);
    const double cells = static_cast<double>(older) * static_cast<double>(Recent);
    double low = 0;  // a difference of low / cells is reached with more than the level, of high / cells with at most it
    double high = cells + 1;
    while (high - low > 1) {
      const double middle = detail::math::floor(0.5 * (low + high));
      (detail::ks_share_outside<Recent>(older, Recent, middle) > level ? low : high) = middle;
    }
    return (high - 0.5) / cells;
  }

  /// Place `at` of a window that is still being filled.
  double& fresh(std::size_t at) noexcept { return at < older ? older_[at] : tested_[at - older]; }

  /// Moves the tested observations to the older ones, in place of the oldest, and the new ones to the tested.
  void slide() noexcept {
    for (std::size_t i = 0; i < Recent; ++i) {
      older_[oldest_] = tested_[i];
      if (++oldest_ == older) oldest_ = 0;
      tested_[i] = recent_[i];
    }
    arrived_ = 0;
  }

  double difference() noexcept {
    std::array<double, Recent> sorted = tested_;
    std::array<double, Recent> scratch;
    detail::sort_ascending(sorted.data(), Recent, scratch.data());
    // The older ones need not be sorted: it is enough to count how many lie between neighbours of the recent ones.
    std::array<std::uint32_t, Recent + 1> below{};  // older ones between sorted[k - 1] and sorted[k]
    std::array<std::uint32_t, Recent + 1> equal{};  // older ones equal to sorted[k]
    for (const double x : older_) {
      const std::size_t at = detail::count_below(sorted.data(), Recent, x);
      if (at < Recent && sorted[at] == x)
        ++equal[at];
      else
        ++below[at];
    }
    double most = 0;
    std::uint32_t seen = 0;
    for (std::size_t k = 0; k < Recent; ++k) {
      seen += below[k];
      const double before = static_cast<double>(seen) / static_cast<double>(older);
      if (k == 0 || sorted[k] != sorted[k - 1]) {
        const double own = static_cast<double>(k) / static_cast<double>(Recent);
        most = detail::math::fmax(most, detail::math::absolute(own - before));
      }
      seen += equal[k];
      if (k + 1 == Recent || sorted[k] != sorted[k + 1]) {
        const double after = static_cast<double>(seen) / static_cast<double>(older);
        const double own = static_cast<double>(k + 1) / static_cast<double>(Recent);
        most = detail::math::fmax(most, detail::math::absolute(own - after));
      }
    }
    return most;
  }

  static std::string saved_as() { return detail::detector_name<RunLength, Window, Recent>("kswin"); }
  static kswin blank() noexcept { return kswin(thresholds{1, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.older_, self.tested_, self.recent_, self.filled_, self.arrived_, self.oldest_, self.count_, self.drift_,
          self.warning_, self.last_);
  }
  bool restore() noexcept {
    return filled_ <= older + Recent && arrived_ < Recent && oldest_ < older && detail::each_finite(older_) &&
           detail::each_finite(tested_) && detail::each_finite(recent_);
  }

  std::array<double, older> older_{};
  std::array<double, Recent> tested_{};
  std::array<double, Recent> recent_{};
  std::size_t filled_ = 0;
  std::size_t arrived_ = 0;
  std::size_t oldest_ = 0;
  std::uint64_t count_ = 0;
  double drift_;
  double warning_;
  double last_ = 0;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_KSWIN_HPP
