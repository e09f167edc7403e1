#ifndef MILLRACE_STATS_FAMILY_HPP
#define MILLRACE_STATS_FAMILY_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

// The corrections for many comparisons, as types. A correction adjusts the p-values of a whole family so that rejecting
// where an adjusted p-value is at most alpha bounds one of two errors by alpha:
//   the family-wise error     the chance of any false rejection
//   the false discovery rate  the expected share of false rejections among all rejections

/// Bounds the family-wise error, however the tests depend on each other. Source: C. Bonferroni 1936.
struct bonferroni {
  static constexpr std::string_view name = "Bonferroni";
};
/// Bounds the family-wise error, however the tests depend on each other. It rejects all that `bonferroni` rejects, and
/// often more. Source: S. Holm 1979.
struct holm {
  static constexpr std::string_view name = "Holm";
};
/// Bounds the family-wise error of independent or positively dependent tests. Source: Y. Hochberg 1988.
struct hochberg {
  static constexpr std::string_view name = "Hochberg";
};
/// Bounds the false discovery rate of independent or positively dependent tests. Source: Y. Benjamini, Y. Hochberg
/// 1995.
struct benjamini_hochberg {
  static constexpr std::string_view name = "Benjamini-Hochberg";
};
/// Bounds the false discovery rate, however the tests depend on each other. Source: Y. Benjamini, D. Yekutieli 2001.
struct benjamini_yekutieli {
  static constexpr std::string_view name = "Benjamini-Yekutieli";
};
/// Leaves p-values as they are: for one comparison that was planned as the only one.
struct uncorrected {
  static constexpr std::string_view name = "none";
};

/// One of the corrections above.
template <class T>
concept correction =
    std::same_as<T, bonferroni> || std::same_as<T, holm> || std::same_as<T, hochberg> ||
    std::same_as<T, benjamini_hochberg> || std::same_as<T, benjamini_yekutieli> || std::same_as<T, uncorrected>;

namespace detail {

/// Adjusts p-values in place. `order` is work space of the same length.
///
/// With m p-values in ascending order, p(1) <= ... <= p(m), Holm multiplies p(k) by m - k + 1 and takes the running
/// maximum from the smallest up. The other three take the running minimum from the largest down: Hochberg has the same
/// factors as Holm, Benjamini and Hochberg m / k, Benjamini and Yekutieli (1 + 1/2 + ... + 1/m) m / k.
template <correction Correction>
void adjust(std::span<double> p, std::span<std::size_t> order) noexcept {
  const std::size_t m = p.size();
  const auto count = static_cast<double>(m);
  if constexpr (std::same_as<Correction, uncorrected>) return;
  if constexpr (std::same_as<Correction, bonferroni>) {
    for (double& one : p) one = math::fmin(1.0, one * count);
    return;
  }
  for (std::size_t i = 0; i < m; ++i) order[i] = i;
  // Equal p-values keep the order in which they were given, so that the result does not depend on the sort.
  heap_sort(order.data(), m, [&](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] < p[b] : a < b; });
  if constexpr (std::same_as<Correction, holm>) {
    double most = 0;
    for (std::size_t rank = 0; rank < m; ++rank) {
      double& one = p[order[rank]];
      most = math::fmax(most, math::fmin(1.0, one * static_cast<double>(m - rank)));
      one = most;
    }
  } else {
    double harmonic = 1;
    if constexpr (std::same_as<Correction, benjamini_yekutieli>)
      for (std::size_t k = 2; k <= m; ++k) harmonic += 1 / static_cast<double>(k);
    double least = 1;
    for (std::size_t rank = m; rank-- > 0;) {
      double& one = p[order[rank]];
      const double factor = std::same_as<Correction, hochberg> ? static_cast<double>(m - rank)
                                                               : count * harmonic / static_cast<double>(rank + 1);
      least = math::fmin(least, one * factor);
      one = least;
    }
  }
}

inline result<void> checked_p(std::span<const double> p) {
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!(p[i] >= 0 && p[i] <= 1))
      return error(errc::invalid_argument,
                   "p-value at place " + std::to_string(i) + " is " + figure(p[i]) + ", not in [0, 1]");
  return {};
}

}  // namespace detail

/// A family of `Size` comparisons and the correction that covers it. The family is the type: its size is fixed before
/// any p-value is seen, and the only way to a corrected p-value is to hand over all `Size` of them. Handing them over
/// one by one would correct nothing, so it does not compile.
///
///     constexpr mr::stats::family<mr::stats::holm, 3> metrics;
///     auto adjusted = metrics.adjusted({p_ctr, p_revenue, p_latency});    // result<std::array<double, 3>>
///
/// Guarantee: equal to R's p.adjust, to a few ulp.
/// Complexity: O(Size log Size).
/// Allocates: never.
/// Errors: invalid_argument: a p-value that is NaN or outside [0, 1]. Another number of p-values does not compile
/// (millrace[STATS-1]).
template <correction Correction, std::size_t Size>
class family {
  static_assert(Size > 0, "millrace[STATS-2]: a family of no comparisons has nothing to correct");

 public:
  static constexpr std::size_t size() noexcept { return Size; }
  static constexpr std::string_view name() noexcept { return Correction::name; }

  /// The p-values corrected for the whole family, in the order given: compare each with alpha.
  template <std::size_t Given>
  result<std::array<double, Size>> adjusted(const double (&p)[Given]) const {
    static_assert(Given == Size,
                  "millrace[STATS-1]: a correction covers its whole family: pass all its p-values, in one call");
    std::array<double, Size> all;
    for (std::size_t i = 0; i < Size; ++i) all[i] = p[i];
    return adjusted(all);
  }
  template <std::size_t Given>
  result<std::array<double, Size>> adjusted(const std::array<double, Given>& p) const {
    static_assert(Given == Size,
                  "millrace[STATS-1]: a correction covers its whole family: pass all its p-values, in one call");
    if (auto ok = detail::checked_p(p); !ok) return std::move(ok).error();
    std::array<double, Size> all = p;
    std::array<std::size_t, Size> order;
    detail::adjust<Correction>(std::span<double>(all), std::span<std::size_t>(order));
    return all;
  }
  /// The same for a span, whose length is known at run time. Errors: also shape_mismatch, where that is not `size()`.
  result<std::array<double, Size>> adjusted(std::span<const double> p) const {
    if (p.size() != Size)
      return error(errc::shape_mismatch, "a family of " + std::to_string(Size) +
                                             " comparisons needs all its p-values, not " + std::to_string(p.size()));
    std::array<double, Size> all;
    for (std::size_t i = 0; i < Size; ++i) all[i] = p[i];
    return adjusted(all);
  }
  /// A single p-value: compiles only for a family of one.
  template <std::same_as<double> P>
  result<std::array<double, Size>> adjusted(P p) const {
    static_assert(Size == 1 && sizeof(P) > 0,
                  "millrace[STATS-1]: a correction covers its whole family: pass all its p-values, in one call");
    return adjusted(std::array<double, 1>{p});
  }
};

/// The p-values of a family whose size is known only at run time, such as the columns of a table, corrected and in the
/// order given: `family_of<holm>(p_values)`.
/// Complexity: O(m log m) for m p-values.
/// Allocates: O(m).
/// Errors: invalid_data: no p-values; invalid_argument: one that is NaN or outside [0, 1].
template <correction Correction>
result<std::vector<double>> family_of(std::span<const double> p) {
  if (p.empty()) return error(errc::invalid_data, "a family of no comparisons has nothing to correct");
  if (auto ok = detail::checked_p(p); !ok) return std::move(ok).error();
  std::vector<double> all(p.data(), p.data() + p.size());
  std::vector<std::size_t> order(p.size());
  detail::adjust<Correction>(std::span<double>(all), std::span<std::size_t>(order));
  return all;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_FAMILY_HPP
