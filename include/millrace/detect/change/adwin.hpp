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

/// A window that holds as much of the recent past as has one mean: it grows while nothing changes, and lets its oldest
/// part go when that part's mean differs from the rest's. A change of any size, at any place, is found.
///
/// Models: drift_detector. `mean`, `variance` and `width` describe the window.
/// Guarantee: every boundary between its buckets with `least` observations on both sides is looked at, every `clock`
/// observations. On independent normal or uniform observations, and 0/1 ones with a probability of 0.5, the average run
/// length is the one promised to 10 %; on rarer ones, it is shorter (a third at 0.1, see benchmarks/RESULTS.md). The
/// scale of the stream does not matter. The threshold was found by simulation, not from the paper's bound, which is
/// several times too wide. Heavy tails shorten it: with arl<10'000> and arl<100'000> alarms came 1.3 and 2 times as
/// often on Student's t of 5 degrees, 1.5 and 3 times on exponential, 2.4 and 10 times on lognormal (sigma 1)
/// observations: give it logarithms of such. A drift does not start it afresh: what is left of the window is what has
/// changed. `count` is the width.
/// Complexity: update O(1) amortised and O(log width) every `clock` observations; 4 KB.
/// Allocates: never.
/// Source: Bifet, Gavalda, "Learning from time-changing data with adaptive windowing", SDM 2007: ADWIN2's buckets.
template <class RunLength = arl<10'000>>
class adwin : detail::require_arl<RunLength>, public saved_fields<adwin<RunLength>> {
  friend saved_fields<adwin>;

 public:
  static constexpr unsigned clock = 32;
  static constexpr double least = 32;

  adwin() noexcept : adwin(detail::promised<RunLength>(simulated)) {}
  /// With thresholds of one's own, for half the squared difference of two means in its own standard errors.
  explicit adwin(thresholds own) noexcept : drift_(own.drift), warning_(own.warning) {}

  signal update(double x) noexcept {
    if (!(detail::math::absolute(x) <= detail::largest_taken)) [[unlikely]] {
      if (!detail::math::is_finite(x)) return signal::none;
      x = detail::taken(x);
    }
    if (width_ == 0) origin_ = x;  // sums of differences keep their digits, however far from zero the stream is
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
  /// Of the window; NaN when it is empty.
  double mean() const noexcept { return width_ > 0 ? origin_ + total_ / width_ : detail::math::nan; }
  double variance() const noexcept { return width_ > 1 ? squares_ / (width_ - 1) : detail::math::nan; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr std::size_t per_row = 5;
  static constexpr std::size_t rows = 40;  // 5 * 2^40 observations; then the oldest go

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

  /// The largest difference of means over all boundaries: half its square over its variance.
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
    if (oldest_ >= rows || !detail::all_finite(width_, origin_, total_) || !(squares_ >= 0)) return false;
    double width = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const row_& r = row_of_[row];
      if (r.count > per_row || (row > oldest_ && r.count > 0)) return false;
      for (std::size_t k = 0; k < r.count; ++k)
        if (!(detail::math::is_finite(r.sum[k]) && r.spread[k] >= 0)) return false;
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
