#ifndef MILLRACE_DETECT_ANOMALY_DETAIL_P2_QUANTILE_HPP
#define MILLRACE_DETECT_ANOMALY_DETAIL_P2_QUANTILE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/detail/ordered.hpp>
#include <millrace/detect/fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detect {
namespace detail {

/// An estimate of the quantile at p of a stream, in fixed memory. Five markers stand for the minimum, the quantiles at
/// p / 2, p and (1 + p) / 2, and the maximum. Each has a height, its estimate, and a place, the number of observations
/// that it counts below it. An observation moves the places of the markers above it. A marker whose place is then off
/// by one or more moves by one place, and its height follows a parabola through its neighbours.
/// Source: Jain, Chlamtac, "The P2 algorithm for dynamic calculation of quantiles and histograms without storing
/// observations", CACM 28(10), 1985.
class p2_quantile {
 public:
  explicit p2_quantile(double p) noexcept : p_(p) {}

  void update(double x) noexcept {
    if (count_ < 5) {
      height_[count_++] = x;
      if (count_ == 5) detail::insertion_sort(height_.data(), 5);
      return;
    }
    ++count_;
    std::size_t cell = 0;
    if (x < height_[0]) {
      height_[0] = x;
    } else if (x >= height_[4]) {
      height_[4] = x;
      cell = 3;
    } else {
      while (cell < 3 && x >= height_[cell + 1]) ++cell;
    }
    for (std::size_t i = cell + 1; i < 5; ++i) place_[i] += 1;
    const auto last = static_cast<double>(count_ - 1);
    const std::array<double, 5> wanted{0, 0.5 * p_ * last, p_ * last, 0.5 * (1 + p_) * last, last};
    for (std::size_t i = 1; i < 4; ++i) {
      const double off = wanted[i] - place_[i];
      if (off >= 1 && place_[i + 1] - place_[i] > 1) move(i, 1);
      if (off <= -1 && place_[i - 1] - place_[i] < -1) move(i, -1);
    }
  }

  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.height_, self.place_, self.count_);
  }
  /// Whether the markers can be those of `count` observations.
  bool is_sound(std::uint64_t count) const noexcept {
    if (count_ != count) return false;
    for (const double x : height_)
      if (!detail::math::is_finite(x)) return false;
    if (count_ < 5) return place_ == std::array<double, 5>{0, 1, 2, 3, 4};
    for (std::size_t i = 1; i < 5; ++i)
      if (!(height_[i - 1] <= height_[i] && place_[i] - place_[i - 1] >= 1)) return false;
    return place_[0] == 0 && place_[4] == static_cast<double>(count_ - 1);
  }

  /// The estimate; 0 before the first observation.
  double value() const noexcept {
    if (count_ >= 5) return height_[2];
    if (count_ == 0) return 0;
    std::array<double, 5> sorted = height_;
    detail::insertion_sort(sorted.data(), static_cast<std::size_t>(count_));
    return sorted[static_cast<std::size_t>(p_ * static_cast<double>(count_ - 1))];
  }

 private:
  void move(std::size_t i, double by) noexcept {
    const double low = place_[i] - place_[i - 1];
    const double high = place_[i + 1] - place_[i];
    const double slope_up = (height_[i + 1] - height_[i]) / high;
    const double slope_down = (height_[i] - height_[i - 1]) / low;
    double to = height_[i] + by / (low + high) * ((low + by) * slope_up + (high - by) * slope_down);
    if (!(height_[i - 1] < to && to < height_[i + 1])) {
      const double step = by > 0 ? slope_up : -slope_down;
      // Heights of both signs may lie further apart than a double holds, but never their shares of a gap of 2 or more.
      const double gap = by > 0 ? high : low;
      const double next = height_[by > 0 ? i + 1 : i - 1];
      to = height_[i] + (detail::math::is_finite(step) ? step : next / gap - height_[i] / gap);
    }
    height_[i] = to;
    place_[i] += by;
  }

  double p_;
  std::array<double, 5> height_{};
  std::array<double, 5> place_{0, 1, 2, 3, 4};
  std::uint64_t count_ = 0;
};

}  // namespace detail
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_DETAIL_P2_QUANTILE_HPP
