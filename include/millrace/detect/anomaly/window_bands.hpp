#ifndef MILLRACE_DETECT_ANOMALY_WINDOW_BANDS_HPP
#define MILLRACE_DETECT_ANOMALY_WINDOW_BANDS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/anomaly/anomaly.hpp>
#include <millrace/detect/change/detail/run_length.hpp>
#include <millrace/detect/detail/ordered.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace millrace {
inline namespace v0 {
namespace detect {

namespace detail {

/// The last `Window` values, kept twice: in order of arrival, and ascending.
template <std::size_t Window>
class sorted_window {
 public:
  std::size_t size() const noexcept { return size_; }
  double operator[](std::size_t rank) const noexcept { return sorted_[rank]; }

  void push(double x) noexcept {
    if (size_ == Window) {
      const std::size_t gone = count_below(sorted_.data(), size_, arrived_[next_]);
      --size_;
      std::memmove(sorted_.data() + gone, sorted_.data() + gone + 1, (size_ - gone) * sizeof(double));
    }
    arrived_[next_] = x;
    if (++next_ == Window) next_ = 0;
    const std::size_t at = count_below(sorted_.data(), size_, x);
    std::memmove(sorted_.data() + at + 1, sorted_.data() + at, (size_ - at) * sizeof(double));
    sorted_[at] = x;
    ++size_;
  }

  /// Completes the verdict on x, whose band and score are in `found`, and adds x to the window unless it is NaN or
  /// beyond 1e300 in size.
  anomaly settle(double x, anomaly found) noexcept {
    const bool keeps = detail::math::absolute(x) <= 1e300;
    found.flagged = !keeps || !(x >= found.lower && x <= found.upper);
    if (x != x) found.score = x;
    if (keeps) push(x);
    return found;
  }

  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.arrived_, self.size_, self.next_);
  }
  bool restore() noexcept {
    if (size_ > Window || next_ >= Window || (size_ < Window && next_ != size_)) return false;
    for (const double x : arrived_)
      if (!(detail::math::absolute(x) <= 1e300)) return false;
    sorted_ = arrived_;
    std::array<double, Window> scratch;
    sort_ascending(sorted_.data(), size_, scratch.data());
    return true;
  }

  /// The quantile at p, linear between order statistics: type 7 of Hyndman and Fan.
  double quantile(double p) const noexcept {
    const double at = p * static_cast<double>(size_ - 1);
    const auto below = static_cast<std::size_t>(at);
    if (below + 1 >= size_) return sorted_[size_ - 1];
    return sorted_[below] + (at - static_cast<double>(below)) * (sorted_[below + 1] - sorted_[below]);
  }

  /// The median of the distances from `centre`. On either side of it the distances ascend, so both lists are merged up
  /// to the middle and nothing is sorted.
  double median_distance(double centre) const noexcept {
    std::size_t above = count_below(sorted_.data(), size_, centre);
    std::size_t below = above;
    double now = 0;
    double before = 0;
    for (std::size_t k = 0; k <= size_ / 2; ++k) {
      before = now;
      if (above == size_ || (below > 0 && centre - sorted_[below - 1] <= sorted_[above] - centre))
        now = centre - sorted_[--below];
      else
        now = sorted_[above++] - centre;
    }
    return size_ % 2 == 1 ? now : 0.5 * (before + now);
  }

 private:
  std::array<double, Window> arrived_{};
  std::array<double, Window> sorted_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

}  // namespace detail

/// Flags an observation by its distance from the median of the last `Window` observations, in their median absolute
/// deviations (MAD). Up to half of the window may be anomalies without moving the band far.
///
/// Models: anomaly_detector.
/// Units: the score is (x - median) / (1.4826 MAD), since 1.4826 MADs of a normal distribution are its standard
/// deviation.
/// Guarantee: of independent normal observations about one in `RunLength::drift` is flagged, to a factor of 2 with a
/// window of 128, and more closely with a larger one. Where the MAD is 0, since more than half of the window are equal,
/// every other value is flagged. Nothing is flagged before a quarter of the window is filled.
/// Complexity: update O(Window), as it moves a part of the window in memory: 0.3 us at 128. 16 Window bytes.
/// Allocates: never.
/// Source: Iglewicz, Hoaglin, "How to detect and handle outliers", 1993.
template <class RunLength = arl<10'000>, std::size_t Window = 128>
class robust_z : detail::require_limit<RunLength>, public saved_fields<robust_z<RunLength, Window>> {
  friend saved_fields<robust_z>;
  static_assert(Window >= 8 && Window <= 4096, "millrace[DETECT-5]: a window of anomalies needs 8 <= Window <= 4096");

 public:
  robust_z() noexcept : limit_(detail::promised_limit<RunLength>()) {}
  /// With a limit of your own for the absolute value of the score; Iglewicz and Hoaglin advise 3.5.
  explicit robust_z(double limit) noexcept : limit_(detail::checked_limit<RunLength>(limit)) {}

  anomaly update(double x) noexcept {
    anomaly found;
    if (kept_.size() >= Window / 4) {
      const double middle = kept_.quantile(0.5);
      const double unit = 1.4826022185056018 * kept_.median_distance(middle);
      const double d = x - middle;
      found = {d == 0 ? 0 : d / unit, middle - limit_ * unit, middle + limit_ * unit, false};
    }
    return kept_.settle(x, found);
  }
  void reset() noexcept { kept_ = {}; }
  std::size_t count() const noexcept { return kept_.size(); }

 private:
  static std::string saved_as() { return detail::detector_name<RunLength, Window>("robust_z"); }
  static robust_z blank() noexcept { return detail::blank_of<robust_z, RunLength>(); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.kept_);
    if constexpr (detail::limit_is_given<RunLength>) visit(self.limit_);
  }
  bool restore() noexcept { return kept_.restore() && limit_ >= 0; }

  detail::sorted_window<Window> kept_;
  double limit_;
};
robust_z(double) -> robust_z<given_limit>;

/// Flags an observation that lies further outside the quartiles of the last `Window` observations than a multiple of
/// their distance, the interquartile range. Up to a quarter of the window may be anomalies.
///
/// Models: anomaly_detector.
/// Units: the score is the distance from the nearer quartile in interquartile ranges; 0 between the quartiles.
/// Guarantee: as `robust_z`. Tukey's multiple of 1.5 flags one normal observation in 143.
/// Complexity: as `robust_z`.
/// Allocates: never.
/// Source: Tukey, "Exploratory data analysis", 1977.
template <class RunLength = arl<10'000>, std::size_t Window = 128>
class iqr_fence : detail::require_limit<RunLength>, public saved_fields<iqr_fence<RunLength, Window>> {
  friend saved_fields<iqr_fence>;
  static_assert(Window >= 8 && Window <= 4096, "millrace[DETECT-5]: a window of anomalies needs 8 <= Window <= 4096");

 public:
  // A normal distribution's quartiles are at -q and q, so z is (z - q) / (2 q) interquartile ranges beyond q.
  iqr_fence() noexcept : fence_(0.5 * (detail::promised_limit<RunLength>() / upper_quartile - 1)) {}
  /// With a multiple of your own of the interquartile range; Tukey's is 1.5.
  explicit iqr_fence(double fence) noexcept : fence_(detail::checked_limit<RunLength>(fence)) {}

  anomaly update(double x) noexcept {
    anomaly found;
    if (kept_.size() >= Window / 4) {
      const double low = kept_.quantile(0.25);
      const double high = kept_.quantile(0.75);
      const double range = high - low;
      const double beyond = x < low ? x - low : x > high ? x - high : 0;
      found = {beyond == 0 ? 0 : beyond / range, low - fence_ * range, high + fence_ * range, false};
    }
    return kept_.settle(x, found);
  }
  void reset() noexcept { kept_ = {}; }
  std::size_t count() const noexcept { return kept_.size(); }
  /// The multiple of the interquartile range.
  double fence() const noexcept { return fence_; }

 private:
  static constexpr double upper_quartile = 0.67448975019608174;  // of the standard normal

  static std::string saved_as() { return detail::detector_name<RunLength, Window>("iqr_fence"); }
  static iqr_fence blank() noexcept { return detail::blank_of<iqr_fence, RunLength>(); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.kept_);
    if constexpr (detail::limit_is_given<RunLength>) visit(self.fence_);
  }
  bool restore() noexcept { return kept_.restore() && fence_ >= 0; }

  detail::sorted_window<Window> kept_;
  double fence_;
};
iqr_fence(double) -> iqr_fence<given_limit>;

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_WINDOW_BANDS_HPP
