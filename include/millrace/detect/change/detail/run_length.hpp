#ifndef MILLRACE_DETECT_CHANGE_DETAIL_RUN_LENGTH_HPP
#define MILLRACE_DETECT_CHANGE_DETAIL_RUN_LENGTH_HPP

#include <millrace/core/detail/gauss_legendre.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/detect/fwd.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detect {
namespace detail {

inline double gaussian_upper(double x) noexcept { return 0.5 * detail::math::erfc(x * 0.70710678118654752440); }
inline double gaussian_density(double x) noexcept { return 0.39894228040143267794 * detail::math::exp(-0.5 * x * x); }

/// The z with P(Z > z) = tail for a standard normal Z; 0 < tail < 1/2. Newton's method on the logarithm of the tail,
/// which is concave and nearly a parabola, so it converges from any z above the solution.
inline double gaussian_upper_quantile(double tail) noexcept {
  double z = detail::math::sqrt(-2 * detail::math::log(tail < 0.5 ? tail : 0.5));
  for (int i = 0; i < 60; ++i) {
    const double above = gaussian_upper(z);
    const double step = above * detail::math::log(above / tail) / gaussian_density(z);
    z += step;
    if (detail::math::absolute(step) < 1e-14 * (1 + z)) break;
  }
  return z;
}

/// Gauss-Legendre nodes and weights on [0, 1].
template <std::size_t Count>
struct unit_rule {
  std::array<double, Count> node;
  std::array<double, Count> weight;

  unit_rule() noexcept {
    detail::gauss_legendre(node, weight);
    for (double& x : node) x = 0.5 * (1 + x);
    for (double& w : weight) w *= 0.5;
  }
};

/// Solves the linear equations a x = b by Gaussian elimination with partial pivoting; b becomes x, a is overwritten.
template <std::size_t Count>
void solve(std::array<std::array<double, Count>, Count>& a, std::array<double, Count>& b) noexcept {
  for (std::size_t c = 0; c < Count; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < Count; ++r)
      if (detail::math::absolute(a[r][c]) > detail::math::absolute(a[pivot][c])) pivot = r;
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

/// Siegmund's approximation of cusum_run_length.
/// Source: D. Siegmund, "Sequential Analysis", 1985, 2.57.
inline double siegmund_run_length(double allowance, double limit) noexcept {
  const double b = limit + 1.166;
  if (allowance <= 0) return b * b;
  return (detail::math::expm1(2 * allowance * b) - 2 * allowance * b) / (2 * allowance * allowance);
}

/// The average run length of a one-sided CUSUM of standard normal observations that starts at 0. Let L(u) be the one
/// that starts at u, phi and Phi the normal density and distribution function, k the allowance and h the limit. The
/// next sum is 0 if the observation is at most k - u, and s in (0, h) with the density phi(s + k - u); so
///   L(u) = 1 + Phi(k - u) L(0) + integral over s from 0 to h of phi(s + k - u) L(s)
/// (Page 1954). At Gauss-Legendre nodes and 0 that is a system of linear equations (Nystroem's method). To 1e-4 for
/// limits up to 16; beyond, Siegmund's approximation to 1 %.
inline double cusum_run_length(double allowance, double limit) noexcept {
  if (limit > 16) return siegmund_run_length(allowance, limit);
  constexpr std::size_t n = run_length_nodes + 1;  // the last unknown is L(0)
  const unit_rule<run_length_nodes> rule;
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

/// The average run length of an EWMA of standard normal observations that starts at 0, with the limits +-limit. With w
/// the weight, the average moves from u to s with the density phi((s - (1 - w) u) / w) / w, so
///   L(u) = 1 + integral over s from -limit to limit of phi((s - (1 - w) u) / w) / w L(s).
/// Source: S. V. Crowder, "A simple method for studying run-length distributions of exponentially weighted moving
/// average charts", Technometrics 29(4), 1987.
inline double ewma_run_length(double weight, double limit) noexcept {
  constexpr std::size_t n = run_length_nodes + 1;
  const unit_rule<run_length_nodes> rule;
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

/// The limit at which length(limit) is `wanted`, by the secant method on the logarithm of the length, which is nearly a
/// line; it starts from two guesses.
template <class F>
double limit_for(F&& length, double wanted, double first, double second) noexcept {
  const double goal = detail::math::log(wanted);
  double low = detail::math::log(length(first)) - goal;
  double high = detail::math::log(length(second)) - goal;
  for (int i = 0; i < 40 && detail::math::absolute(high) > 1e-6 && high != low; ++i) {
    double next = second - high * (second - first) / (high - low);
    if (!(next > 0.1 * second)) next = 0.5 * second;
    if (next > 3 * second) next = 3 * second;
    first = second;
    low = high;
    second = next;
    high = detail::math::log(length(next)) - goal;
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
  const double unit = detail::math::sqrt(weight / (2 - weight));
  const double start = unit * gaussian_upper_quantile(0.5 / run_length);
  return limit_for([&](double c) { return ewma_run_length(weight, c); }, run_length, 0.9 * start, start);
}

}  // namespace detail
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_DETAIL_RUN_LENGTH_HPP
