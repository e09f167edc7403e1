#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INVERT_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INVERT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/fwd.hpp>

#include <limits>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// What inversion needs of a continuous distribution on (0, infinity) at x: both tails, and x times the density.
struct tail_slope {
  tails at;
  double slope;
};

/// The x > 0 whose tails are `lower` and `upper` = 1 - lower, both given to full relative accuracy. Solves for the
/// smaller tail, by Newton's method on its logarithm over log x, inside a bracket that is halved where a step fails.
/// `tails_at(x)` returns a tail_slope. Returns 0 or infinity where the solution is not a finite positive number.
template <class TailsAt>
double invert_positive(tails wanted, double guess, TailsAt tails_at) noexcept {
  if (!(wanted.lower >= 0 && wanted.upper >= 0)) return nan;
  if (wanted.lower == 0) return 0;
  if (wanted.upper == 0) return infinity;
  const bool from_below = wanted.lower <= wanted.upper;
  const double target = from_below ? wanted.lower : wanted.upper;
  constexpr double denorm_min = std::numeric_limits<double>::denorm_min();
  constexpr double most = (std::numeric_limits<double>::max)();
  double low = 0;
  double high = infinity;
  double x = guess > 0 && guess < infinity ? guess : 1.0;
  for (int step = 0; step < 400; ++step) {
    const tail_slope here = tails_at(x);
    const double tail = from_below ? here.at.lower : here.at.upper;
    if (tail == target) return x;
    ((tail < target) == from_below ? low : high) = x;
    const double relative = (tail - target) / target;
    const double distance =
        tail > 0 ? (math::absolute(relative) < 0.5 ? math::log1p(relative) : math::log(tail / target)) : -infinity;
    double change = -distance * tail / here.slope;  // of log x
    if (!from_below) change = -change;
    double next = x * math::exp(change);
    if (math::absolute(change) <= 4 * epsilon) return next > 0 && next < infinity ? next : x;
    if (!(next > low && next < high)) {
      // The step left the bracket or is not a number: take the bracket's geometric middle or, while one end is open, a
      // fixed step towards it.
      if (low == 0) {
        if (high == denorm_min) return 0;
        next = math::fmax(denorm_min, high * 1e-3);
      } else if (high == infinity) {
        if (low == most) return infinity;
        next = math::fmin(most, low * 1e3);
      } else {
        next = math::sqrt(low) * math::sqrt(high);
      }
      if (!(next > low && next < high)) return x;
    }
    x = next;
  }
  return x;
}

/// The smallest whole number k in [low, high] for which `reached(k)` holds; it must hold for all larger ones, too. The
/// search begins at `guess` and makes O(log of the guess's error) calls.
template <class Reached>
double first_whole(double low, double high, double guess, Reached reached) noexcept {
  if (!(guess > low)) guess = low;
  if (guess > high) guess = high;
  guess = math::floor(guess);
  double stride = 1;
  if (reached(guess)) {
    high = guess;
    while (high > low) {
      const double probe = math::fmax(low, high - stride);
      if (!reached(probe)) {
        low = probe;
        break;
      }
      high = probe;
      stride *= 2;
    }
    if (high <= low) return low;
  } else {
    const double end = high;
    low = guess;
    for (;;) {
      const double probe = math::fmin(end, low + stride);
      if (probe >= end || reached(probe)) {
        high = probe;
        break;
      }
      low = probe;
      stride *= 2;
    }
  }
  while (high - low > 1) {
    const double middle = math::floor(low + (high - low) / 2);
    if (middle <= low || middle >= high) break;
    (reached(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INVERT_HPP
