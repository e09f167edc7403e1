#ifndef MILLRACE_DETECT_CHANGE_ADWIN_HPP
#define MILLRACE_DETECT_CHANGE_ADWIN_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/change/detail/calibration.hpp>
#include <millrace/detect/change/detail/chart.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detect {

/// Detects a change of a mean that is not known, of any size, with an adaptive window: the window grows while nothing
/// changes, and drops its oldest part when that part's mean differs from the mean of the rest.
///
/// The window is a list of buckets that hold 1, 2, 4, ... observations, at most five of each size, the larger ones the
/// older. Every `clock` observations the means on both sides of each boundary between buckets are compared, if at least
/// `least` observations lie on either side. After a drift the detector does not start afresh: the window that is left
/// holds what came after the change.
///
/// Models: drift_detector. `mean`, `variance` and `width` describe the window; `count` is its width.
/// Guarantee: on independent normal or uniform observations of any scale, and on 0/1 observations with a probability of
/// 0.5, the average run length is `RunLength::drift` to 10 %. It is shorter on rarer ones (a third of it at a
/// probability of 0.1, see benchmarks/RESULTS.md) and on heavy tails. With arl<10'000> and arl<100'000> false alarms
/// came 1.3 and 2 times as often on Student's t with 5 degrees of freedom, 1.5 and 3 times on exponential observations,
/// 2.4 and 10 times on lognormal ones (sigma 1): give it logarithms of such. Thresholds were found by simulation, since
/// those of the paper's bound are several times as large as needed.
/// Complexity: update O(1) amortised, and O(log width) every `clock` observations; 4 KB.
/// Allocates: never.
/// Source: Bifet, Gavalda, "Learning from time-changing data with adaptive windowing", SDM 2007: ADWIN2's buckets.
template <class RunLength = arl<10'000>>
class adwin : detail::require_arl<RunLength>, public saved_fields<adwin<RunLength>> {
  friend saved_fields<adwin>;

 public:
  /// How many observations come between two comparisons.
  static constexpr unsigned clock = 32;
  /// The fewest observations on either side of a boundary that is compared.
  static constexpr double least = 32;

  adwin() noexcept : adwin(detail::promised<RunLength>(simulated)) {}
  /// With thresholds of your own, for half the square of the difference of two means in its standard errors.
  explicit adwin(thresholds own) noexcept : drift_(own.drift), warning_(own.warning) {}

  signal update(double x) noexcept {
    if (!(detail::math::absolute(x) <= detail::largest_taken)) [[unlikely]] {
      if (!detail::math::is_finite(x)) return signal::none;
      x = detail::taken(x);
    }
    if (width_ == 0) origin_ = x;  // sums of distances from it keep their digits, however far from 0 the stream is
    insert(x - origin_);
    if (++ticks_ % clock != 0) [[likely]]
      return signal::none;
    last_ = widest();
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) do
        drop_oldest();
      while (width_ >= 2 * least && widest() > drift_);
    return said;
  }

  void reset() noexcept { *this = adwin(thresholds{drift_, warning_}); }

  std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(width_); }
  std::uint64_t width() const noexcept { return count(); }
  /// Mean and variance of the window; NaN where it holds too few observations.
  double mean() const noexcept { return width_ > 0 ? origin_ + total_ / width_ : detail::math::nan; }
  double variance() const noexcept { return width_ > 1 ? squares_ / (width_ - 1) : detail::math::nan; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr std::size_t per_row = 5;
  static constexpr std::size_t rows = 40;  // the largest buckets have 2^39 observations; beyond, the oldest are dropped

  static constexpr detail::calibration simulated{0.453, 1.811, 3.175, 4.455, 5.814, 6.986, 8.289, 9.46, 10.77};

  static double size_of(std::size_t row) noexcept { return static_cast<double>(std::uint64_t{1} << row); }

  void insert(double x) noexcept {
    width_ += 1;
    if (width_ > 1) {
      const double d = x - total_ / (width_ - 1);
      squares_ += d * d * (width_ - 1) / width_;
    }
    total_ += x;
    double sum = x;
    double spread = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      row_& r = row_of_[row];
      r.sum[r.count] = sum;
      r.spread[r.count] = spread;
      if (row > oldest_) oldest_ = row;
      if (++r.count <= per_row) [[likely]]
        return;
      // The two oldest become one of the next row.
      const double n = size_of(row);
      const double d = (r.sum[0] - r.sum[1]) / n;
      sum = r.sum[0] + r.sum[1];
      spread = r.spread[0] + r.spread[1] + 0.5 * n * d * d;
      for (std::size_t k = 2; k <= per_row; ++k) {
        r.sum[k - 2] = r.sum[k];
        r.spread[k - 2] = r.spread[k];
      }
      r.count -= 2;
    }
    width_ -= 2 * size_of(rows - 1);
    total_ -= sum;
    squares_ = squares_ > spread ? squares_ - spread : 0;
  }

  void drop_oldest() noexcept {
    row_& r = row_of_[oldest_];
    const double n = size_of(oldest_);
    const double sum = r.sum[0];
    const double spread = r.spread[0];
    width_ -= n;
    total_ -= sum;
    const double d = sum / n - total_ / width_;
    squares_ -= spread + n * width_ / (n + width_) * d * d;
    if (!(squares_ > 0)) squares_ = 0;
    for (std::size_t k = 1; k < r.count; ++k) {
      r.sum[k - 1] = r.sum[k];
      r.spread[k - 1] = r.spread[k];
    }
    --r.count;
    while (oldest_ > 0 && row_of_[oldest_].count == 0) --oldest_;
  }

  /// The statistic: over all boundaries, the largest half square of the difference of means over its variance. With n
  /// older and m newer observations, w = n + m and S the window's sum of squares, the difference has the variance
  ///   (S / w) (1 / n + 1 / m) = S / (n m).
  /// Let d be the older sum less n times the window's mean, which is n m / w times the difference. So half the square
  /// over the variance is w^2 / (2 S) d^2 / (n m).
  double widest() const noexcept {
    if (width_ < 2 * least || !(squares_ > 0)) return 0;
    const double average = total_ / width_;
    double older = 0;
    double sum = 0;
    double most = 0;
    for (std::size_t row = oldest_ + 1; row-- > 0;) {
      const double n = size_of(row);
      const row_& r = row_of_[row];
      for (std::size_t k = 0; k < r.count; ++k) {
        older += n;
        sum += r.sum[k];
        const double newer = width_ - older;
        if (newer < least) return 0.5 * width_ * width_ / squares_ * most;
        if (older < least) continue;
        const double d = sum - older * average;
        const double found = d * d / (older * newer);
        if (found > most) most = found;
      }
    }
    return 0.5 * width_ * width_ / squares_ * most;
  }

  static std::string saved_as() { return detail::detector_name<RunLength>("adwin"); }
  static adwin blank() noexcept { return adwin(thresholds{1, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.row_of_, self.oldest_, self.width_, self.origin_, self.total_, self.squares_, self.drift_, self.warning_,
          self.last_, self.ticks_);
  }
  bool restore() noexcept {
    if (oldest_ >= rows || !detail::all_finite(width_, origin_, total_, squares_) || !(squares_ >= 0)) return false;
    double width = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const row_& r = row_of_[row];
      if (r.count > per_row || (row > oldest_ && r.count > 0)) return false;
      for (std::size_t k = 0; k < r.count; ++k)
        if (!(detail::all_finite(r.sum[k], r.spread[k]) && r.spread[k] >= 0)) return false;
      width += static_cast<double>(r.count) * size_of(row);
    }
    return width == width_ && (width == 0 ? oldest_ == 0 : row_of_[oldest_].count > 0);
  }

  struct row_ {
    std::array<double, per_row + 1> sum;
    std::array<double, per_row + 1> spread;
    std::size_t count;

    template <class Self, class Visit>
    static void fields(Self& self, const Visit& visit) {
      visit(self.sum, self.spread, self.count);
    }
  };

  std::array<row_, rows> row_of_{};
  std::size_t oldest_ = 0;
  double width_ = 0;
  double origin_ = 0;
  double total_ = 0;
  double squares_ = 0;
  double drift_;
  double warning_;
  double last_ = 0;
  std::uint32_t ticks_ = 0;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_ADWIN_HPP
