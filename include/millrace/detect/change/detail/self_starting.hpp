#ifndef MILLRACE_DETECT_CHANGE_DETAIL_SELF_STARTING_HPP
#define MILLRACE_DETECT_CHANGE_DETAIL_SELF_STARTING_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/fwd.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detect {
namespace detail {

/// The standard normal deviate that is exceeded with the same probability as t in Student's distribution, by Wallace's
/// transformation: to 0.02 for 5 degrees of freedom and more.
/// Source: D. L. Wallace, Ann. Math. Stat. 30, 1959.
inline double normal_from_student(double t, double freedom) noexcept {
  const double squared = t * t;
  if (squared < 0.01 * freedom) {  // log1p(q) = q - q^2/2 + q^3/3 - ...
    const double q = squared / freedom;
    const double ratio = 1 - q * (0.5 - q * (1.0 / 3 - 0.25 * q));
    return t * detail::math::sqrt(ratio) * (8 * freedom + 1) / (8 * freedom + 3);
  }
  const double size =
      detail::math::sqrt(freedom * detail::math::log1p(squared / freedom)) * (8 * freedom + 1) / (8 * freedom + 3);
  return t < 0 ? -size : size;
}

/// Turns a stream of unknown mean and deviation into standard normal deviates: each observation's distance from the
/// mean of those before it, in their standard deviations, has Student's t distribution, and that is transformed. If the
/// stream is independent and normal, so are the deviates.
/// Source: D. M. Hawkins, "Self-starting CUSUM charts for location and scale", The Statistician 36, 1987.
struct self_starting {
  double mean = 0;
  double squares = 0;
  std::uint64_t count = 0;

  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.mean, self.squares, self.count);
  }
  bool is_sound() const noexcept {
    return detail::math::is_finite(mean) && squares >= 0 && detail::math::is_finite(squares);
  }

  /// The deviate of the next observation, which is then added to mean and squares. 0 before two observations that
  /// differ have come.
  double next(double x) noexcept {
    const double d = x - mean;
    const auto before = static_cast<double>(count);
    double z = 0;
    if (squares > 0 && count >= 2) {
      const double freedom = before - 1;
      z = normal_from_student(d * detail::math::sqrt(before * freedom / ((before + 1) * squares)), freedom);
    }
    ++count;
    const double step = d / (before + 1);
    mean += step;
    squares += d * (x - mean);
    return z;
  }
};

}  // namespace detail
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_DETAIL_SELF_STARTING_HPP
