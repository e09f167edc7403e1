#ifndef MILLRACE_STATS_TESTS_KOLMOGOROV_SMIRNOV_HPP
#define MILLRACE_STATS_TESTS_KOLMOGOROV_SMIRNOV_HPP

#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/lattice_paths.hpp>
#include <millrace/stats/distributions/kolmogorov.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sorted_sample.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// How a p-value is computed.
enum class p_method : std::uint8_t {
  /// Exact where that takes at most a few milliseconds, else from the limit law.
  automatic,
  /// From the distribution for samples of this size, however long it takes.
  exact,
  /// From the limit law of large samples.
  asymptotic,
};

namespace detail {

/// An interval for the largest distance of two distribution functions, from the distance d of samples of m and n; with
/// n = 0 of one sample's function from a given one. By the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's
/// constant an empirical distribution function is off by more than sqrt(log(2 / p) / (2 m)) somewhere with at most the
/// probability p; two samples share 1 - confidence. Holds for every m and n.
inline interval distance_interval(double d, double m, double n, double confidence) noexcept {
  const double outside = (1 - confidence) / (n > 0 ? 2 : 1);
  const double reach =
      std::sqrt(std::log(2 / outside) / (2 * m)) + (n > 0 ? std::sqrt(std::log(2 / outside) / (2 * n)) : 0);
  return {std::fmax(0.0, d - reach), std::fmin(1.0, d + reach), confidence};
}

}  // namespace detail

/// The two-sample Kolmogorov-Smirnov test. The alternative `greater` means that a's distribution function lies above
/// b's somewhere (so values of a tend to be smaller), `less` the contrary, as in SciPy. The effect is the largest
/// distance of the distribution functions, in [0, 1].
///
/// The exact p-value counts lattice paths and is exact with ties as well. `automatic` computes it while
/// min(m, n) (m + n) is at most 2 million, which takes some milliseconds.
/// Complexity: O(m + n), and O(min(m, n) (m + n)) for the exact p-value.
/// Allocates: only for the exact p-value, O(m + n).
/// Errors: invalid_data: an empty sample; out_of_range: a confidence outside (0, 1), a sample of more than 2^31.
/// Source: N. Smirnov 1939; J. Hodges, Arkiv foer Matematik 3, 1958, for the one-sided limit's correction.
inline result<test_result> ks_test(const sorted_sample& a, const sorted_sample& b, const test_options& options = {},
                                   p_method method = p_method::automatic) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the first sample"); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second sample"); !ok) return std::move(ok).error();
  const auto m = static_cast<std::int64_t>(a.size());
  const auto n = static_cast<std::int64_t>(b.size());
  if (m > (std::int64_t{1} << 31) || n > (std::int64_t{1} << 31))
    return error(errc::out_of_range, "a sample of more than 2^31");
  const bool one_sided = options.side != alternative::two_sided;
  const std::int64_t sign = options.side == alternative::less ? -1 : 1;
  const auto side = [&](std::int64_t x) { return one_sided ? sign * x : x < 0 ? -x : x; };
  // Distances are whole multiples of 1 / (m n).
  std::int64_t most = 0;
  bool ties = false;
  std::size_t seen = 0;
  detail::merge_walk(a, b, [&](double, std::size_t i, std::size_t j) {
    const std::int64_t d = side(static_cast<std::int64_t>(i) * n - static_cast<std::int64_t>(j) * m);
    if (d > most) most = d;
    ties = ties || i + j > seen + 1;
    seen = i + j;
  });
  const auto rm = static_cast<double>(m);
  const auto rn = static_cast<double>(n);
  const std::int64_t fewer = m < n ? m : n;
  const bool exact = method == p_method::exact || (method == p_method::automatic && fewer * (m + n) <= 2'000'000);
  test_result r;
  r.test = exact ? "Kolmogorov-Smirnov test (exact)" : "Kolmogorov-Smirnov test";
  r.effect_name = "largest distance of the distribution functions";
  r.side = options.side;
  r.n1 = rm;
  r.n2 = rn;
  r.effect = r.statistic = static_cast<double>(most) / rm / rn;
  r.interval = detail::distance_interval(r.effect, rm, rn, options.confidence);
  r.failed.add(assumption::no_ties, ties && !exact);
  if (most == 0) {
    r.p = 1;
  } else if (exact) {
    std::vector<std::uint32_t> ends(static_cast<std::size_t>(m + n) + 1, 0);
    detail::merge_walk(a, b, [&](double, std::size_t i, std::size_t j) { ends[i + j] = 1; });
    const auto is_end = [&](std::int64_t k) { return ends[static_cast<std::size_t>(k)] != 0; };
    // The shorter sample goes first, since the memory needed is O(first). Exchanging them turns the difference's sign.
    if (m <= n)
      r.p = detail::share_of_crossing_paths(m, n, most, side, is_end);
    else
      r.p = detail::share_of_crossing_paths(n, m, most, [&](std::int64_t x) { return side(-x); }, is_end);
  } else {
    const double z = std::sqrt(rm / (rm + rn) * rn) * r.statistic;
    r.failed.add(assumption::large_sample, fewer < 30);
    if (one_sided)
      r.p = std::fmin(1.0, std::exp(-2 * z * z - 2 * z * (std::fmax(rm, rn) + 2 * std::fmin(rm, rn)) /
                                                     std::sqrt(rm * rn * (rm + rn)) / 3));
    else
      r.p = kolmogorov{}.sf(z);
  }
  return r;
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<test_result> ks_test(const sample_view& a, const sample_view& b, const test_options& options = {},
                                   p_method method = p_method::automatic) {
  return detail::on_sorted(a, b, [&](const sorted_sample& first, const sorted_sample& second) {
    return ks_test(first, second, options, method);
  });
}

/// The one-sample Kolmogorov-Smirnov test against a continuous distribution function, `cdf(x)` in [0, 1], which must
/// not have been fitted to the sample. The alternative `greater` means that the sample's distribution function lies
/// above it somewhere.
///
/// `automatic` computes the exact p-value for n up to 1,000, and up to 1e6 where p is below about 1e-4; otherwise p is
/// that of the limit law with its correction of order 1 / n.
/// Complexity: O(n) calls of cdf, besides the exact p-value (see kolmogorov_two_sided_sf).
/// Allocates: only for the exact p-value.
/// Errors: invalid_data: an empty sample; invalid_argument: a cdf that returns a value outside [0, 1], or falls;
/// out_of_range: a confidence outside (0, 1).
/// Source: as `kolmogorov_two_sided_sf`; the correction: J. Vrbik, Journal of Probability and Statistics 2018.
template <class Cdf>
result<test_result> ks_test_against(const sorted_sample& a, Cdf cdf, const test_options& options = {},
                                    p_method method = p_method::automatic) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the sample"); !ok) return std::move(ok).error();
  const auto n = static_cast<double>(a.size());
  double above = 0;
  double below = 0;
  double before = 0;
  bool ties = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double f = static_cast<double>(cdf(a[i]));
    if (!(f >= before && f <= 1)) {
      std::string text = "the distribution function returns ";
      detail::append_figure(text, f);
      text += " at ";
      detail::append_figure(text, a[i]);
      return error(errc::invalid_argument, std::move(text));
    }
    before = f;
    above = std::fmax(above, (static_cast<double>(i) + 1) / n - f);
    below = std::fmax(below, f - static_cast<double>(i) / n);
    ties = ties || (i > 0 && a[i] == a[i - 1]);
  }
  const double d = options.side == alternative::two_sided ? std::fmax(above, below)
                   : options.side == alternative::greater ? above
                                                          : below;
  test_result r;
  r.effect_name = "largest distance from the distribution";
  r.side = options.side;
  r.n1 = n;
  r.effect = r.statistic = d;
  r.interval = detail::distance_interval(d, n, 0, options.confidence);
  r.failed.add(assumption::no_ties, ties);
  const bool is_far = n * d * d > 5 || d >= 0.5;
  const bool exact =
      method == p_method::exact || (method == p_method::automatic && (n <= 1000 || (is_far && n <= 1e6)));
  r.test = exact ? "one-sample Kolmogorov-Smirnov test (exact)" : "one-sample Kolmogorov-Smirnov test";
  const bool two_sided = options.side == alternative::two_sided;
  if (exact) {
    r.p = two_sided ? kolmogorov_two_sided_sf(a.size(), d) : kolmogorov_one_sided_sf(a.size(), d);
  } else {
    const double z = std::sqrt(n) * d;
    const double corrected = z + 1 / (6 * std::sqrt(n)) + (z - 1) / (4 * n);
    r.p = two_sided ? kolmogorov{}.sf(corrected)
                    : std::exp(-2 * (z + 1 / (6 * std::sqrt(n))) * (z + 1 / (6 * std::sqrt(n))));
    r.failed.add(assumption::large_sample, n < 30);
  }
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_KOLMOGOROV_SMIRNOV_HPP
