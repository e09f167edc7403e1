#ifndef MILLRACE_CORE_DETAIL_GAUSS_LEGENDRE_HPP
#define MILLRACE_CORE_DETAIL_GAUSS_LEGENDRE_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/math.hpp>

#include <cstddef>
#include <span>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Writes the nodes, ascending, and the weights of Gauss and Legendre's rule on [-1, 1], which integrates polynomials
/// up to degree 2n - 1 exactly. Both spans have the same size n.
///
/// The nodes are the roots of the Legendre polynomial P_n, which lie near cos(pi (i + 3/4) / (n + 1/2)); Newton's
/// method starts from there. P_n is computed by k P_k = (2k - 1) x P_(k-1) - (k - 1) P_(k-2), and its derivative by
/// (x^2 - 1) P_n' = n (x P_n - P_(n-1)). The weight is 2 / ((1 - x^2) P_n'^2).
/// Source: NIST DLMF, 3.5(v) and 18.9; the first guess: Tricomi 1950.
inline void gauss_legendre(std::span<double> nodes, std::span<double> weights) noexcept {
  constexpr double pi = 3.14159265358979323846;
  const std::size_t n = nodes.size();
  const auto degree = static_cast<double>(n);
  for (std::size_t i = 0; i < (n + 1) / 2; ++i) {
    double x = math::cos(pi * (static_cast<double>(i) + 0.75) / (degree + 0.5));
    double slope = 0;
    for (int round = 0; round < 6; ++round) {  // each doubles the number of correct digits, at first two
      double now = 1;
      double last = 0;
      for (std::size_t k = 1; k <= n; ++k) {
        const auto d = static_cast<double>(k);
        const double next = ((2 * d - 1) * x * now - (d - 1) * last) / d;
        last = now;
        now = next;
      }
      slope = degree * (x * now - last) / (x * x - 1);
      x -= now / slope;
    }
    nodes[i] = -x;
    nodes[n - 1 - i] = x;
    weights[i] = weights[n - 1 - i] = 2 / ((1 - x * x) * slope * slope);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_GAUSS_LEGENDRE_HPP
