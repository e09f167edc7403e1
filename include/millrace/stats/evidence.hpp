#ifndef MILLRACE_STATS_EVIDENCE_HPP
#define MILLRACE_STATS_EVIDENCE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/fwd.hpp>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

/// Which departures from the null hypothesis count as evidence: any, or only an effect below (`less`) or above
/// (`greater`) the hypothesis' value.
enum class alternative : std::uint8_t { two_sided, less, greater };

constexpr std::string_view to_string(alternative side) noexcept {
  switch (side) {
    case alternative::two_sided: return "two-sided";
    case alternative::less: return "less";
    case alternative::greater: return "greater";
  }
  return "unknown";
}

/// What a test's guarantee rests on. Where an assumption does not hold the test still returns a result, and lists the
/// assumption in `test_result::failed`.
enum class assumption : std::uint8_t {
  /// Enough observations for the limit law the p-value comes from.
  large_sample,
  /// Expected counts of at least 5 in a cell.
  expected_counts,
  /// Not all observations of a sample are the same.
  variation,
  /// Groups with the same variance.
  equal_variances,
  /// No two observations are the same.
  no_ties,
  /// The denominator of a ratio is well away from 0.
  denominator_away_from_zero,
};
inline constexpr std::uint8_t assumption_count = 6;

/// A clause for a report that says what is wrong where this assumption fails.
constexpr std::string_view to_string(assumption failed) noexcept {
  switch (failed) {
    case assumption::large_sample: return "too few observations for the limit law";
    case assumption::expected_counts: return "an expected count is below 5";
    case assumption::variation: return "a sample does not vary";
    case assumption::equal_variances: return "the variances differ";
    case assumption::no_ties: return "some observations are equal";
    case assumption::denominator_away_from_zero: return "the denominator may be 0";
  }
  return "unknown";
}

/// A small set of assumptions. Trivially copyable, one byte.
class assumptions {
 public:
  constexpr assumptions() noexcept = default;
  /// Adds an assumption to the set, if `failed`.
  constexpr void add(assumption one, bool failed = true) noexcept {
    if (failed) bits_ = static_cast<std::uint8_t>(bits_ | (1U << static_cast<unsigned>(one)));
  }
  constexpr bool contains(assumption one) const noexcept { return ((bits_ >> static_cast<unsigned>(one)) & 1U) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr bool operator==(const assumptions&) const noexcept = default;

 private:
  std::uint8_t bits_ = 0;
};

/// A confidence (or credible) interval at `level`, such as 0.95. Either end may be infinite.
struct interval {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  double level = 0;

  constexpr bool contains(double x) const noexcept { return lower <= x && x <= upper; }
  constexpr double width() const noexcept { return upper - lower; }
};

/// What a test of this module returns. A figure that the test does not have is NaN. Trivially copyable.
/// Allocates: only in `summary`.
struct test_result {
  /// The test's name, such as "Welch's t test". Static text.
  std::string_view test;
  /// The test statistic: t, z, F, U, ..., as the test's own comment says.
  double statistic = std::numeric_limits<double>::quiet_NaN();
  /// Degrees of freedom; an F test has two.
  double df = std::numeric_limits<double>::quiet_NaN();
  double df2 = std::numeric_limits<double>::quiet_NaN();
  /// The p-value for the alternative `side`. It keeps its digits far into the tail, down to about 1e-300.
  double p = std::numeric_limits<double>::quiet_NaN();
  alternative side = alternative::two_sided;
  /// What the effect measures, such as "difference of means"; its estimate; and the interval about it.
  std::string_view effect_name;
  double effect = std::numeric_limits<double>::quiet_NaN();
  stats::interval interval;
  /// The number of observations in the first sample and in the second; where a test takes any number of samples, n1
  /// counts all observations.
  double n1 = 0;
  double n2 = 0;
  /// Assumptions that do not hold for this data.
  assumptions failed;

  /// Is p at most alpha?
  bool significant(double alpha = 0.05) const noexcept { return p <= alpha; }
  double n() const noexcept { return n1 + n2; }

  /// One sentence for people: "Welch's t test: difference of means 0.42 (95 % interval 0.1 to 0.74), t ..., p = ...".
  std::string summary() const;
};

namespace detail {

/// Appends a figure with four digits for a report. NaN, a figure that the test does not have, is written "unknown".
inline void append_figure(std::string& text, double value) {
  if (value != value) {
    text += "unknown";
    return;
  }
  if (detail::math::is_infinite(value)) {
    text += value < 0 ? "-infinity" : "infinity";
    return;
  }
  char digits[40];
  const bool whole = value == detail::math::floor(value) && detail::math::absolute(value) < 1e15;
  const auto end = whole ? std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 0)
                         : std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 4);
  text.append(digits, end.ptr);
}

/// The same for an error message. There a NaN is an argument that the caller gave, so it is written "NaN".
inline std::string figure(double value) {
  if (value != value) return "NaN";
  std::string text;
  append_figure(text, value);
  return text;
}

/// "0.42 (95 % interval 0.1 to 0.74)"
inline void append_effect(std::string& text, double effect, const interval& around) {
  append_figure(text, effect);
  if (!(around.level > 0) || around.lower != around.lower) return;
  text += " (";
  append_figure(text, 100 * around.level);
  text += " % interval ";
  append_figure(text, around.lower);
  text += " to ";
  append_figure(text, around.upper);
  text += ')';
}

inline void append_failed(std::string& text, const assumptions& failed) {
  const char* before = "; but ";
  for (std::uint8_t i = 0; i < assumption_count; ++i) {
    const auto one = static_cast<assumption>(i);
    if (!failed.contains(one)) continue;
    text += before;
    text += to_string(one);
    before = " and ";
  }
}

}  // namespace detail

inline std::string test_result::summary() const {
  std::string text(test);
  text += ": ";
  if (!effect_name.empty()) {
    text += effect_name;
    text += ' ';
    detail::append_effect(text, effect, interval);
    text += ", ";
  }
  text += side == alternative::two_sided ? "p "
          : side == alternative::less    ? "one-sided (less) p "
                                         : "one-sided (greater) p ";
  detail::append_figure(text, p);
  text += " with n = ";
  detail::append_figure(text, n1);
  if (n2 > 0) {
    text += " and ";
    detail::append_figure(text, n2);
  }
  detail::append_failed(text, failed);
  text += '.';
  return text;
}

/// What a caller may choose besides the data.
struct test_options {
  alternative side = alternative::two_sided;
  /// The level of the interval, in (0, 1). A one-sided test returns a one-sided interval.
  double confidence = 0.95;
};

namespace detail {

inline result<void> checked(const test_options& options) {
  if (options.confidence > 0 && options.confidence < 1) return {};
  return error(errc::out_of_range, "confidence must lie between 0 and 1, not " + figure(options.confidence));
}

/// The probability that lies beyond one end of an interval: all of 1 - confidence for a one-sided interval, half of it
/// for a two-sided one.
inline double outside(const test_options& options) noexcept {
  return options.side == alternative::two_sided ? (1 - options.confidence) / 2 : 1 - options.confidence;
}

/// The p-value of a statistic from its two tails.
inline double p_value(alternative side, double lower, double upper) noexcept {
  if (side == alternative::less) return lower;
  if (side == alternative::greater) return upper;
  return detail::math::fmin(1.0, 2 * detail::math::fmin(lower, upper));
}

/// effect -+ reach, open on the side that a one-sided test does not bound.
inline interval around(double effect, double reach, const test_options& options) noexcept {
  interval at{effect - reach, effect + reach, options.confidence};
  if (options.side == alternative::less) at.lower = -std::numeric_limits<double>::infinity();
  if (options.side == alternative::greater) at.upper = std::numeric_limits<double>::infinity();
  return at;
}

}  // namespace detail

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_EVIDENCE_HPP
