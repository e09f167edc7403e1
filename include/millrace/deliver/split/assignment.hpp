#ifndef MILLRACE_DELIVER_SPLIT_ASSIGNMENT_HPP
#define MILLRACE_DELIVER_SPLIT_ASSIGNMENT_HPP

#include <millrace/deliver/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Variants that one split may have.
inline constexpr std::size_t max_variants = 32;

/// Why a unit has its variant, or none.
enum class placement : std::uint8_t {
  by_weights,   // by chance, with the propensity as its probability
  by_override,  // somebody asked for it: leave the unit out of an analysis
  held_out,     // in a holdout, so in no experiment
  elsewhere,    // its layer gives it to another slice, or to none
  not_covered,  // in the slice, but beyond its coverage
  no_route,     // no route takes it
  no_unit,      // it has no id: all whose id is missing would else be one unit, and have one variant
};

constexpr std::string_view name(placement how) noexcept {
  constexpr std::string_view names[] = {"by_weights",  "by_override", "held_out", "elsewhere",
                                        "not_covered", "no_route",    "no_unit"};
  return static_cast<std::size_t>(how) < 7 ? names[static_cast<std::size_t>(how)] : "unknown";
}

/// What a split gives a unit.
struct assignment {
  static constexpr std::uint32_t none = 0xffffffffU;

  /// From 0, the first of the weights; `none` if the unit takes no part.
  std::uint32_t variant = none;
  placement how = placement::by_weights;
  /// The probability of this variant for a unit that takes part, over the hash or the random numbers: what weights an
  /// observation in an off-policy estimate. 1 for an override, 0 where there is no variant.
  double propensity = 0;

  /// Whether the unit takes part.
  constexpr explicit operator bool() const noexcept { return variant != none; }
  friend constexpr bool operator==(const assignment&, const assignment&) noexcept = default;
};

/// What gives units their variants: fixed weights, percentages, bandits.
/// Law: a variant that is given is below `variants()`, and `propensity` is its probability.
template <class P, class Unit = std::uint64_t>
concept split_policy = requires(P& policy, const Unit& unit) {
  { policy.variants() } noexcept -> std::convertible_to<std::size_t>;
  { policy.assign(unit) } noexcept -> std::convertible_to<assignment>;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_ASSIGNMENT_HPP
