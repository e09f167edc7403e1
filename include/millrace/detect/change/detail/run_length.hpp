#ifndef MILLRACE_DETECT_CHANGE_DETAIL_RUN_LENGTH_HPP
#define MILLRACE_DETECT_CHANGE_DETAIL_RUN_LENGTH_HPP

#include <millrace/core/config.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detect {
namespace detail {

inline double gaussian_upper(double x) noexcept { return 0.5 * std::erfc(x * 0.70710678118654752440); }
inline double gaussian_density(double x) noexcept { return 0.39894228040143267794 * std::exp(-0.5 * x * x); }

/// z with P(Z > z) = tail for a standard normal Z; 0 < tail < 1/2. Newton on the logarithm, which is concave and
/// nearly a parabola: it converges from anywhere above.
inline double gaussian_upper_quantile(double tail) noexcept {
  double z = std::sqrt(-2 * std::log(tail < 0.5 ? tail : 0.5));
  for (int i = 0; i < 60; ++i) {
    const double above = gaussian_upper(z);
    const double step = above * std::log(above / tail) / gaussian_density(z);
    z += step;
    if (std::fabs(step) < 1e-14 * (1 + z)) break;
  }
  return z;
}

/// Gauss-Legendre nodes and weights on [0, 1].
template <std::size_t Count>
struct gauss_legendre {
  std::array<double, Count> node;
  std::array<double, Count> weight;

  gauss_legendre() noexcept {
    constexpr double pi = 3.14159265358979323846;
    constexpr auto n = static_cast<double>(Count);
    for (std::size_t i = 0; i < Count; ++i) {
      double x = std::cos(pi * (static_cast<double>(i) + 0.75) / (n + 0.5));
      double slope = 0;
      for (int round = 0; round < 8; ++round) {
        double now = 1;
        double before = 0;
        for (std::size_t k = 1; k <= Count; ++k) {
          const auto d = static_cast<double>(k);
          const double next = ((2 * d - 1) * x * now - (d - 1) * before) / d;
          before = now;
          now = next;
        }
        slope = n * (x * now - before) / (x * x - 1);
        x -= now / slope;
      }
      node[i] = 0.5 * (1 - x);
      weight[i] = 1 / ((1 - x * x) * slope * slope);
    }
  }
};

/// Solves a x = b in place by elimination with pivots; b becomes x.
template <std::size_t Count>
void solve(std::array<std::array<double, Count>, Count>& a, std::array<double, Count>& b) noexcept {
  for (std::size_t c = 0; c < Count; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < Count; ++r)
      if (std::fabs(a[r][c]) > std::fabs(a[pivot][c])) pivot = r;
    if (pivot != c) {
      std::swap(a[c], a[pivot]);
      std::swap(b[c], b[pivot]);
    }
    for (std::size_t r = c + 1; r < Count; ++r) {
      const double f = a[r][c] / a[c][c];
      if (f == 0) continue;
      for (std::size_t k = c; k < Count; ++k) a[r][k] -= f * a[c][k];
      b[r] -= f * b[c];
    }
  }
  for (std::size_t c = Count; c-- > 0;) {
    for (std::size_t k = c + 1; k < Count; ++k) b[c] -= a[c][k] * b[k];
    b[c] /= a[c][c];
  }
}

inline constexpr std::size_t run_length_nodes = 40;

/// Siegmund's approximation of what cusum_run_length answers. Source: D. Siegmund, "Sequential Analysis", 1985, 2.57.
inline double siegmund_run_length(double allowance, double limit) noexcept {
  const double b = limit + 1.166;
  if (allowance <= 0) return b * b;
  return (std::expm1(2 * allowance * b) - 2 * allowance * b) / (2 * allowance * allowance);
}

/// Average run length of a one-sided CUSUM of standard normal observations, from zero: the integral equation of Page
/// (1954), which the chain of Brook and Evans (1972) approximates, by Nystroem's method. To 1e-4 for limits up to 16;
/// Siegmund's approximation beyond, there to 1 %.
inline double cusum_run_length(double allowance, double limit) noexcept {
  if (limit > 16) return siegmund_run_length(allowance, limit);
  constexpr std::size_t n = run_length_nodes + 1;  // the last unknown is the run length from zero, an atom
  const gauss_legendre<run_length_nodes> rule;
  std::array<std::array<double, n>, n> a;
  std::array<double, n> b;
  b.fill(1);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = i + 1 < n ? limit * rule.node[i] : 0;
    for (std::size_t j = 0; j + 1 < n; ++j)
      a[i][j] = -limit * rule.weight[j] * gaussian_density(limit * rule.node[j] + allowance - u);
    a[i][n - 1] = -gaussian_upper(u - allowance);
    a[i][i] += 1;
  }
  solve(a, b);
  return b[n - 1];
}

/// Average run length of a two-sided EWMA of standard normal observations, from zero, with limits +-limit.
/// Source: S. V. Crowder, "A simple method for studying run-length distributions of exponentially weighted moving
/// average charts", Technometrics 29(4), 1987.
inline double ewma_run_length(double weight, double limit) noexcept {
  constexpr std::size_t n = run_length_nodes + 1;
  const gauss_legendre<run_length_nodes> rule;
  std::array<std::array<double, n>, n> a;
  std::array<double, n> b;
  b.fill(1);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = i + 1 < n ? limit * (2 * rule.node[i] - 1) : 0;
    for (std::size_t j = 0; j + 1 < n; ++j)
      a[i][j] = -2 * limit * rule.weight[j] / weight *
                gaussian_density((limit * (2 * rule.node[j] - 1) - (1 - weight) * u) / weight);
    a[i][n - 1] = 0;
    a[i][i] += 1;
  }
  solve(a, b);
  return b[n - 1];
}

/// The limit at which length(limit) is `wanted`: secants on the logarithm, which is nearly a line.
template <class F>
double limit_for(F&& length, double wanted, double first, double second) noexcept {
  const double goal = std::log(wanted);
  double low = std::log(length(first)) - goal;
  double high = std::log(length(second)) - goal;
  for (int i = 0; i < 40 && std::fabs(high) > 1e-6 && high != low; ++i) {
    double next = second - high * (second - first) / (high - low);
    if (!(next > 0.1 * second)) next = 0.5 * second;
    if (next > 3 * second) next = 3 * second;
    first = second;
    low = high;
    second = next;
    high = std::log(length(next)) - goal;
  }
  return second;
}

inline double cusum_limit(double allowance, double run_length) noexcept {
  const auto siegmund = [&](double h) { return siegmund_run_length(allowance, h); };
  const double start = limit_for(siegmund, run_length, 3, 4);
  if (start > 15.9) return start;
  return limit_for([&](double h) { return cusum_run_length(allowance, h); }, run_length, start, 1.01 * start + 0.01);
}
inline double ewma_limit(double weight, double run_length) noexcept {
  const double unit = std::sqrt(weight / (2 - weight));
  const double start = unit * gaussian_upper_quantile(0.5 / run_length);
  return limit_for([&](double c) { return ewma_run_length(weight, c); }, run_length, 0.9 * start, start);
}

}  // namespace detail
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_DETAIL_RUN_LENGTH_HPP
