#ifndef MILLRACE_DETECT_SIGNAL_HPP
#define MILLRACE_DETECT_SIGNAL_HPP

#include <millrace/core/config.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detect {

/// What a detector returns for an observation.
enum class signal : std::uint8_t { none, warning, drift };

constexpr std::string_view to_string(signal s) noexcept {
  return s == signal::drift ? "drift" : s == signal::warning ? "warning" : "none";
}

/// The average run length by which a detector is set. While nothing changes, it takes `Drift` observations on average
/// from a fresh start to the first `signal::drift`, and about `Warning` to the first `signal::warning`. Each detector's
/// comment says for which streams it keeps that promise, and how closely. On heavy-tailed streams such as amounts and
/// latencies only `kswin` keeps it; give the other detectors logarithms.
///
/// Source: the average run length of E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954.
template <std::uint64_t Drift, std::uint64_t Warning = Drift / 10>
struct arl {
  static_assert(Drift >= 100 && Drift <= 1'000'000 && Warning >= 10 && Warning <= Drift,
                "millrace[DETECT-1]: arl<Drift, Warning> needs 100 <= Drift <= 1'000'000 and 10 <= Warning <= Drift");
  static constexpr std::uint64_t drift = Drift;
  static constexpr std::uint64_t warning = Warning;
};

/// Thresholds of your own for a detector's statistic, in place of those for its run length: `adwin<> d({9, 6})`.
struct thresholds {
  double drift = 0;
  double warning = 0;
};

namespace detail {

template <class R>
inline constexpr bool is_arl = false;
template <std::uint64_t Drift, std::uint64_t Warning>
inline constexpr bool is_arl<arl<Drift, Warning>> = true;

template <class R>
struct require_arl {
  static_assert(sizeof(R) > 0);  // arl's own conditions come first
  static_assert(is_arl<R>,
                "millrace[DETECT-2]: a detector is set by the run length it promises, as in cusum<arl<10'000>>");
};

/// The signal for a statistic, given the two thresholds.
constexpr signal grade(double statistic, double warning, double drift) noexcept {
  return statistic > drift ? signal::drift : statistic > warning ? signal::warning : signal::none;
}

}  // namespace detail

/// Watches a stream for a lasting change, one observation at a time.
///
/// Laws: after reset() a detector is as new. The same stream gives the same signals. statistic() is that of the last
/// comparison (some detectors compare every so many observations), and is above threshold() if and only if that
/// comparison gave `drift`. An observation that is not finite is passed over, and update returns `none`; a detector
/// that sums squares may cut one beyond 1e140 in size to a size whose squares it can sum. update never allocates. A
/// detector is trivially copyable, so a copy is a checkpoint, and one that was moved
/// from is unchanged.
template <class D>
concept drift_detector = std::copyable<D> && std::is_trivially_copyable_v<D> && requires(D& d, const D& c, double x) {
  { d.update(x) } noexcept -> std::same_as<signal>;
  { d.reset() } noexcept;
  { c.count() } -> std::same_as<std::uint64_t>;  // observations since the start or the last drift
  { c.statistic() } -> std::same_as<double>;     // of the last comparison
  { c.threshold() } -> std::same_as<double>;     // above it is a drift
};

/// A stream's mean and standard deviation while nothing is wrong: `in_control{.mean = 20, .stddev = 2.5}`. The standard
/// deviation has to be given: if left out it is 0, which every detector refuses.
struct in_control {
  double mean = 0;
  double stddev = 0;

  /// Whether the mean is finite and the standard deviation positive and finite, and its inverse, too.
  bool is_possible() const noexcept {
    constexpr double most = 1.7976931348623157e308;
    return mean >= -most && mean <= most && stddev > 0 && stddev <= most && 1 / stddev <= most;
  }
};

/// Which changes of a mean a detector looks for: rises (`upper`), falls (`lower`), or both.
enum class side : std::uint8_t { both, upper, lower };

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_SIGNAL_HPP
