#ifndef MILLRACE_STATS_TESTS_KOLMOGOROV_SMIRNOV_HPP
#define MILLRACE_STATS_TESTS_KOLMOGOROV_SMIRNOV_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/lattice_paths.hpp>
#include <millrace/stats/distributions/kolmogorov.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sorted_sample.hpp>

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
      math::sqrt(math::log(2 / outside) / (2 * m)) + (n > 0 ? math::sqrt(math::log(2 / outside) / (2 * n)) : 0);
  return {math::fmax(0.0, d - reach), math::fmin(1.0, d + reach), confidence};
}

/// A difference of distribution functions, in the direction that the alternative asks about.
template <class T>
constexpr T directed(T difference, alternative side) noexcept {
  if (side == alternative::two_sided) return difference < 0 ? -difference : difference;
  return side == alternative::less ? -difference : difference;
}

/// The alternative that is left if the samples change places.
constexpr alternative exchanged(alternative side) noexcept {
  if (side == alternative::two_sided) return side;
  return side == alternative::less ? alternative::greater : alternative::less;
}

/// The part of a Kolmogorov-Smirnov test's result that follows from the largest distance d: all but the test's name and
/// p. `n` is 0 for a test of one sample.
inline test_result distance_report(double d, double m, double n, const test_options& options) noexcept {
  test_result r;
  r.effect_name = n > 0 ? "largest distance of the distribution functions" : "largest distance from the distribution";
  r.side = options.side;
  r.n1 = m;
  r.n2 = n;
  r.effect = r.statistic = d;
  r.interval = distance_interval(d, m, n, options.confidence);
  return r;
}

/// The largest distance of two empirical distribution functions, and whether any observations are equal.
struct lattice_distance {
  std::int64_t most = 0;  // times m n, which makes it whole
  bool ties = false;
};

inline lattice_distance lattice_distance_of(const sorted_sample& a, const sorted_sample& b, alternative side) noexcept {
  const auto m = static_cast<std::int64_t>(a.size());
  const auto n = static_cast<std::int64_t>(b.size());
  std::int64_t most = 0;
  bool ties = false;
  std::size_t seen = 0;
  merge_walk(a, b, [&](double, std::size_t i, std::size_t j) {
    const std::int64_t d = directed(static_cast<std::int64_t>(i) * n - static_cast<std::int64_t>(j) * m, side);
    if (d > most) most = d;
    ties = ties || i + j > seen + 1;
    seen = i + j;
  });
  return {most, ties};
}

/// The exact p-value: the share among all orders of the observations, with ties kept together, of those whose distance
/// is at least `most`.
inline double exact_distance_p(const sorted_sample& a, const sorted_sample& b, std::int64_t most, alternative side) {
  // The shorter sample goes first, since the memory needed is O(first).
  if (b.size() < a.size()) return exact_distance_p(b, a, most, exchanged(side));
  std::vector<std::uint32_t> ends(a.size() + b.size() + 1, 0);
  merge_walk(a, b, [&](double, std::size_t i, std::size_t j) { ends[i + j] = 1; });
  return share_of_crossing_paths(
      static_cast<std::int64_t>(a.size()), static_cast<std::int64_t>(b.size()), most,
      [&](std::int64_t difference) { return directed(difference, side); },
      [&](std::int64_t k) { return ends[static_cast<std::size_t>(k)] != 0; });
}

/// The distance of two samples times sqrt(m n / (m + n)), which has a limit law.
inline double scaled_distance(double d, double m, double n) noexcept { return math::sqrt(m / (m + n) * n) * d; }

/// The p-value of two samples' distance by its limit law, the one-sided one with Hodges' correction.
inline double limit_distance_p(double d, double m, double n, alternative side) noexcept {
  const double z = scaled_distance(d, m, n);
  if (side == alternative::two_sided) return kolmogorov{}.sf(z);
  const double correction = 2 * z * (math::fmax(m, n) + 2 * math::fmin(m, n)) / math::sqrt(m * n * (m + n)) / 3;
  return math::fmin(1.0, math::exp(-2 * z * z - correction));
}

}  // namespace detail

/// The two-sample Kolmogorov-Smirnov test. The alternative `greater` means that a's distribution function lies above
/// b's somewhere (so values of a tend to be smaller), `less` the contrary, as in SciPy. The effect is the largest
/// distance of the distribution functions, in [0, 1].
///
/// The exact p-value counts lattice paths and is exact with ties as well. `automatic` computes it where that takes at
/// most some milliseconds: while min(m, n) times m + n is at most 2 million.
/// Complexity: O(m + n), and O(min(m, n) (m + n)) for the exact p-value.
/// Allocates: only for the exact p-value, O(m + n).
/// Errors: invalid_data: an empty sample; out_of_range: a confidence outside (0, 1), a sample of more than 2^31.
/// Source: N. Smirnov 1939; J. Hodges, Arkiv foer Matematik 3, 1958, for the one-sided limit's correction.
inline result<test_result> ks_test(const sorted_sample& a, const sorted_sample& b, const test_options& options = {},
                                   p_method method = p_method::automatic) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the first sample"); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second sample"); !ok) return std::move(ok).error();
  if (a.size() > (std::size_t{1} << 31) || b.size() > (std::size_t{1} << 31))
    return error(errc::out_of_range, "a sample of more than 2^31");
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  const double fewer = detail::math::fmin(m, n);
  const bool exact = method == p_method::exact || (method == p_method::automatic && fewer * (m + n) <= 2e6);
  const detail::lattice_distance distance = detail::lattice_distance_of(a, b, options.side);
  test_result r = detail::distance_report(static_cast<double>(distance.most) / m / n, m, n, options);
  r.test = exact ? "Kolmogorov-Smirnov test (exact)" : "Kolmogorov-Smirnov test";
  r.failed.add(assumption::no_ties, distance.ties && !exact);
  if (distance.most == 0) {
    r.p = 1;
  } else if (exact) {
    r.p = detail::exact_distance_p(a, b, distance.most, options.side);
  } else {
    r.failed.add(assumption::large_sample, fewer < 30);
    r.p = detail::limit_distance_p(r.statistic, m, n, options.side);
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

namespace detail {

/// The most by which an empirical distribution function lies above and below a continuous one, and whether any
/// observations are equal.
struct continuous_distances {
  double above = 0;
  double below = 0;
  bool ties = false;

  double largest(alternative side) const noexcept {
    if (side == alternative::two_sided) return math::fmax(above, below);
    return side == alternative::greater ? above : below;
  }
};

/// Errors: a cdf that returns values outside [0, 1] or falls.
template <class Cdf>
result<continuous_distances> continuous_distances_of(const sorted_sample& a, Cdf& cdf) {
  const auto n = static_cast<double>(a.size());
  continuous_distances d;
  double before = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double f = static_cast<double>(cdf(a[i]));
    if (!(f >= before && f <= 1)) {
      std::string text = "the distribution function returns ";
      append_figure(text, f);
      text += " at ";
      append_figure(text, a[i]);
      return error(errc::invalid_argument, std::move(text));
    }
    before = f;
    d.above = math::fmax(d.above, (static_cast<double>(i) + 1) / n - f);
    d.below = math::fmax(d.below, f - static_cast<double>(i) / n);
    d.ties = d.ties || (i > 0 && a[i] == a[i - 1]);
  }
  return d;
}

/// The p-value of one sample's distance by its limit law, with the corrections up to order 1/n.
inline double limit_distance_p(double d, double n, alternative side) noexcept {
  const double z = math::sqrt(n) * d;
  const double corrected = z + 1 / (6 * math::sqrt(n));
  if (side == alternative::two_sided) return kolmogorov{}.sf(corrected + (z - 1) / (4 * n));
  return math::exp(-2 * corrected * corrected);
}

}  // namespace detail

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
  const auto distances = detail::continuous_distances_of(a, cdf);
  if (!distances) return distances.error();
  const auto n = static_cast<double>(a.size());
  const double d = distances->largest(options.side);
  const bool in_tail = n * d * d > 5 || d >= 0.5;
  const bool exact =
      method == p_method::exact || (method == p_method::automatic && (n <= 1000 || (in_tail && n <= 1e6)));
  test_result r = detail::distance_report(d, n, 0, options);
  r.test = exact ? "one-sample Kolmogorov-Smirnov test (exact)" : "one-sample Kolmogorov-Smirnov test";
  r.failed.add(assumption::no_ties, distances->ties);
  if (exact) {
    r.p = options.side == alternative::two_sided ? kolmogorov_two_sided_sf(a.size(), d)
                                                 : kolmogorov_one_sided_sf(a.size(), d);
  } else {
    r.failed.add(assumption::large_sample, n < 30);
    r.p = detail::limit_distance_p(d, n, options.side);
  }
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_KOLMOGOROV_SMIRNOV_HPP
