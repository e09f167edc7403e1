#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_QUADRATURE_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_QUADRATURE_HPP

#include <millrace/stats/distributions/detail/float_math.hpp>

#include <cmath>
#include <initializer_list>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// log of the integral of exp(log_f(w)) over the real line, for a smooth log_f with one peak that falls off on both
/// sides; the search for it begins at `start` with strides of `stride`.
///
/// The trapezoidal rule, which converges faster than any power of its step here. The step is halved until the sum
/// stands still; as the error is squared by each halving, 1e-8 of change means that rounding is all that is left.
/// Source: L. Trefethen, J. Weideman, SIAM Review 56(3), 2014.
template <class LogF>
double log_integral(LogF log_f, double start, double stride) noexcept {
  double peak = start;
  double top = log_f(peak);
  if (top != top) return nan;
  for (int round = 0; round < 60 && stride > 1e-12 * (1 + std::fabs(peak)); ++round) {
    bool moved = false;
    for (const double side : {1.0, -1.0}) {
      double step = stride;
      for (;;) {
        const double next = log_f(peak + side * step);
        if (!(next > top)) break;
        peak += side * step;
        top = next;
        step *= 2;
        moved = true;
      }
    }
    // Near enough: neither neighbour differs by more than a fraction.
    if (!moved && top - log_f(peak + stride) < 0.05 && top - log_f(peak - stride) < 0.05) break;
    stride *= moved ? 0.5 : 0.25;
  }
  if (top == -infinity) return -infinity;
  // The half width at exp(-1/2), the smaller of both sides, by doubling.
  double width = infinity;
  for (const double side : {1.0, -1.0}) {
    double reach = stride;
    while (reach < 1e3 && top - log_f(peak + side * reach) < 0.5) reach *= 1.5;
    width = std::fmin(width, reach);
  }
  const auto sum_from = [&](double first, double step, double side) {
    double sum = 0;
    for (int i = 0; i < 200'000; ++i) {
      const double term = std::exp(log_f(peak + side * (first + i * step)) - top);
      sum += term;
      if (term <= 1e-19 * (1 + sum)) break;
    }
    return sum;
  };
  double step = width;
  double sum = 1 + sum_from(step, step, 1) + sum_from(step, step, -1);
  for (int halving = 0; halving < 12; ++halving) {
    const double between = sum_from(step / 2, step, 1) + sum_from(step / 2, step, -1);
    const double change = std::fabs(between - sum);
    sum += between;
    step /= 2;
    if (change <= 1e-8 * sum) break;
  }
  return top + std::log(sum * step);
}

/// The x at which log_tail(x), which falls from 0 to -inf as x grows, is `target` < 0: a bracket found from `guess` by
/// growing strides, then the Illinois variant of the false position.
template <class LogTail>
double solve_falling(LogTail log_tail, double target, double guess, double stride) noexcept {
  double low = guess;
  double at_low = log_tail(low) - target;
  for (int i = 0; !(at_low >= 0); ++i) {
    if (i == 200 || at_low != at_low) return nan;
    low -= stride;
    stride *= 2;
    at_low = log_tail(low) - target;
  }
  double high = low + stride;
  double at_high = log_tail(high) - target;
  for (int i = 0; !(at_high <= 0); ++i) {
    if (i == 200 || at_high != at_high) return nan;
    low = high;
    at_low = at_high;
    stride *= 2;
    high += stride;
    at_high = log_tail(high) - target;
  }
  int kept = 0;
  for (int i = 0; i < 200 && high - low > 2 * epsilon * std::fmax(std::fabs(low), std::fabs(high)); ++i) {
    if (at_low == 0) return low;
    if (at_high == 0) return high;
    double x = at_high == -infinity ? low + (high - low) / 2 : low + (high - low) * (at_low / (at_low - at_high));
    if (!(x > low && x < high)) x = low + (high - low) / 2;
    if (!(x > low && x < high)) break;
    const double here = log_tail(x) - target;
    if (here != here) return nan;
    if (here >= 0) {
      low = x;
      at_low = here;
      if (kept > 0) at_high /= 2;
      kept = 1;
    } else {
      high = x;
      at_high = here;
      if (kept < 0) at_low /= 2;
      kept = -1;
    }
    if (std::fabs(here) < 4 * epsilon * std::fabs(target)) return x;
  }
  return low + (high - low) / 2;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_QUADRATURE_HPP
