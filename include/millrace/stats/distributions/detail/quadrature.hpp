#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_QUADRATURE_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_QUADRATURE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// About where a function has its peak, and about how wide the peak is: a first guess, and then the result of a search.
struct peak {
  double at;
  double width;
};

/// Moves `guess` to the peak of log_f, and sets its width to the standard deviation of a normal density that falls as
/// fast as the narrower side of the peak. Returns log_f at the peak; -infinity if log_f is that everywhere it was
/// called. A good `guess` costs three calls, one that is far off as many as the logarithm of its distance.
template <class LogF>
double climb(LogF log_f, peak& guess) noexcept {
  double top = log_f(guess.at);
  double left = log_f(guess.at - guess.width);
  double right = log_f(guess.at + guess.width);
  double moved = 0;  // The side of the last move.
  for (int i = 0; i < 2000; ++i) {
    if (left > top || right > top) {
      const double side = right >= left ? 1 : -1;
      guess.at += side * guess.width;
      top = side > 0 ? right : left;
      if (moved == side) guess.width *= 2;
      moved = side;
    } else {
      if (top == -infinity || top != top) return top;
      const double fall = math::fmax(top - left, top - right);
      if (fall >= 0.02 && fall <= 2) {
        // exp(-x^2 / (2 sd^2)) has fallen by x^2 / (2 sd^2).
        guess.width /= math::sqrt(2 * fall);
        return top;
      }
      guess.width *= fall < 0.02 ? 4 : fall < 30 ? 0.5 : 0.25;
      moved = 0;
      if (!(guess.width > 0 && guess.width < infinity)) return top;
    }
    left = log_f(guess.at - guess.width);
    right = log_f(guess.at + guess.width);
  }
  return top;
}

/// log of the integral of exp(log_f(x)) over the real line, for a smooth log_f with one peak that falls off on both
/// sides. The search for the peak begins at `guess`, which is set to the peak.
///
/// By the trapezoidal rule, which converges faster than any power of its step here. The step is halved until the sum
/// hardly changes. Each halving about squares the error, so a change of 1e-8 would do; but the error oscillates with
/// the position of the nodes, and a change may be small by accident: hence 1e-10.
/// Source: L. Trefethen, J. Weideman, SIAM Review 56(3), 2014.
template <class LogF>
double log_integral(LogF log_f, peak& guess) noexcept {
  const double top = climb(log_f, guess);
  if (!(top > -infinity && top < infinity)) return top;
  const auto sum_from = [&](double first, double step, double side) {
    double sum = 0;
    for (int i = 0; i < 200'000; ++i) {
      const double term = math::exp(log_f(guess.at + side * (first + i * step)) - top);
      sum += term;
      if (!(term > 1e-18 * (1 + sum))) break;
    }
    return sum;
  };
  // Where log_f is large the sums cannot be more exact than log_f is.
  const double still = math::fmax(1e-10, 8 * epsilon * math::absolute(top));
  double step = 0.85 * guess.width;
  double sum = 1 + sum_from(step, step, 1) + sum_from(step, step, -1);
  for (int halving = 0; halving < 12; ++halving) {
    const double between = sum_from(step / 2, step, 1) + sum_from(step / 2, step, -1);
    const double change = math::absolute(between - sum);
    sum += between;
    step /= 2;
    if (change <= still * sum) break;
  }
  return top + math::log(sum * step);
}

/// The y at which log_tail(y), which falls from 0 to -infinity as y grows, is `target` < 0; -infinity or infinity if it
/// is more than 800 away from `start`. Callers choose y so that log_tail is nearly a line, the logarithm of x, say.
///
/// By the secant method inside a bracket. The bracket is halved if a step leaves it, or is more than half as long as
/// the step before the last.
template <class LogTail>
double solve_falling(LogTail log_tail, double target, double start, double stride) noexcept {
  double low = -infinity;
  double high = infinity;
  double before = start;
  double at_before = log_tail(before) - target;
  if (at_before == 0 || at_before != at_before) return at_before == 0 ? before : nan;
  (at_before > 0 ? low : high) = before;
  double step = at_before > 0 ? stride : -stride;
  double step_before = infinity;
  double y = before + step;
  for (int i = 0; i < 300; ++i) {
    const double here = log_tail(y) - target;
    if (here != here) return nan;
    if (math::absolute(here) <= 2 * epsilon * math::absolute(target)) return y;
    (here > 0 ? low : high) = y;
    const double slope = (here - at_before) / (y - before);
    double next = y - here / slope;
    bool halved = false;
    if (low == -infinity || high == infinity) {
      // While one end of the bracket is open, a step is at most four times as long as the last one.
      const double longest = 4 * math::absolute(step);
      if (!(slope < 0 && math::absolute(next - y) <= longest)) next = here > 0 ? y + longest : y - longest;
      if (math::absolute(next - start) > 800) return here > 0 ? infinity : -infinity;
    } else if (!(next > low && next < high && math::absolute(next - y) < 0.5 * math::absolute(step_before))) {
      next = low + (high - low) / 2;
      halved = true;
      if (!(next > low && next < high)) return y;
    }
    const double moved = next - y;
    // The error after a secant step is about the product of the last two steps.
    const bool met = math::absolute(moved) <= 2 * epsilon * math::absolute(next) ||
                     (!halved && math::absolute(moved * step) < 1e-17);
    step_before = step;
    step = moved;
    before = y;
    at_before = here;
    y = next;
    if (met) break;
  }
  return y;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_QUADRATURE_HPP
