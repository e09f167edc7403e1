#ifndef MILLRACE_FEATURE_POLICIES_HPP
#define MILLRACE_FEATURE_POLICIES_HPP

#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace feature {

/// What may be wrong with the value that a transform reads.
enum class trouble : std::uint8_t {
  none,
  missing,     // NaN, an empty std::optional, a null pointer to text, an empty category
  not_finite,  // infinite
  outside,     // without a result (the logarithm of 0), outside the range of `clip` or `min_max`, too large for a float
  unknown,     // a category that was not given, or not seen by `fit`
  mistyped,    // a text where a number was expected, and the like; only in rows whose cells are named at run time
};

/// The trouble's name: `not_finite`.
constexpr std::string_view to_string(trouble what) noexcept {
  switch (what) {
    case trouble::none: return "none";
    case trouble::missing: return "missing";
    case trouble::not_finite: return "not_finite";
    case trouble::outside: return "outside";
    case trouble::unknown: return "unknown";
    case trouble::mistyped: return "mistyped";
  }
  return "none";
}

/// What is done about a trouble; made by `keep`, `fill`, `flag` and `refuse`.
enum class reaction : std::uint8_t {
  keep,
  fill,
  flag,
  fill_and_flag,
  refuse,
  as_missing,  // what is done about missing values; the default for infinite ones
};

/// A reaction, with the value that it writes.
template <reaction Reaction>
struct action {
  float value = 0;
};

/// Reaction: the columns hold what the transform gives by itself. For a missing value that is NaN, or zeros in columns
/// that stand for categories, places of a hash or counts of n-grams; each transform says what it is for other troubles.
inline constexpr action<reaction::keep> keep{};
/// Reaction: the row is refused, with an error that names the row and the column.
inline constexpr action<reaction::refuse> refuse{};
/// Reaction: all columns of the transform hold the value.
constexpr action<reaction::fill> fill(float value) noexcept { return {value}; }

/// The type of `flag`.
struct flag_action : action<reaction::flag> {
  constexpr action<reaction::fill_and_flag> operator()(float filled) const noexcept { return {filled}; }
};
/// Reaction: as `keep`, and one more column behind the transform's, named `amount.missing` after the trouble, is 1 in
/// such rows and 0 in all others. `flag(0)` fills besides, as `fill(0)`.
inline constexpr flag_action flag{};

/// What to do about one trouble: an argument of every transform.
template <trouble Trouble, reaction Reaction>
struct rule {
  float value = 0;
};

/// What to do about missing values, as in `standardize<"amount_z">(&payment::amount, missing(flag(0)))`.
template <reaction Reaction>
constexpr rule<trouble::missing, Reaction> missing(action<Reaction> then) noexcept {
  return {then.value};
}
/// What to do about infinite numbers. Without this rule they are treated as if they were missing.
template <reaction Reaction>
constexpr rule<trouble::not_finite, Reaction> not_finite(action<Reaction> then) noexcept {
  return {then.value};
}
/// What to do about numbers outside the transform's range. Without this rule the transform's result is kept.
template <reaction Reaction>
constexpr rule<trouble::outside, Reaction> outside(action<Reaction> then) noexcept {
  return {then.value};
}
/// What to do about unknown categories. Without this rule the transform's result for them is kept.
template <reaction Reaction>
constexpr rule<trouble::unknown, Reaction> unknown(action<Reaction> then) noexcept {
  return {then.value};
}
/// What to do about cells of another kind than the transform reads. Without this rule the row is refused; `keep` treats
/// them as if they were missing. Only for `specification`: an event's members cannot be mistyped.
template <reaction Reaction>
constexpr rule<trouble::mistyped, Reaction> mistyped(action<Reaction> then) noexcept {
  return {then.value};
}

/// How many values of a transform were in each trouble. Whoever calls keeps these, so that transforming stays const.
struct trouble_counts {
  std::uint64_t missing = 0;
  std::uint64_t not_finite = 0;
  std::uint64_t outside = 0;
  std::uint64_t unknown = 0;
  std::uint64_t mistyped = 0;

  constexpr void update(trouble what) noexcept {
    missing += what == trouble::missing ? 1U : 0U;
    not_finite += what == trouble::not_finite ? 1U : 0U;
    outside += what == trouble::outside ? 1U : 0U;
    unknown += what == trouble::unknown ? 1U : 0U;
    mistyped += what == trouble::mistyped ? 1U : 0U;
  }
  constexpr void merge(const trouble_counts& other) noexcept {
    missing += other.missing;
    not_finite += other.not_finite;
    outside += other.outside;
    unknown += other.unknown;
    mistyped += other.mistyped;
  }
  constexpr bool operator==(const trouble_counts&) const noexcept = default;
};

/// Which transform refused a row, and why; false if none did. `column` is the transform's name.
struct [[nodiscard]] refusal {
  std::string_view column;
  trouble why = trouble::none;

  constexpr explicit operator bool() const noexcept { return why != trouble::none; }
};

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_POLICIES_HPP
