#ifndef MILLRACE_DELIVER_SPLIT_LAYER_HPP
#define MILLRACE_DELIVER_SPLIT_LAYER_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/overrides.hpp>
#include <millrace/deliver/split/unit_hash.hpp>
#include <millrace/deliver/split/weights.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Percent of the units that are in no experiment at all, by a salt of their own: what all experiments together have
/// done is seen against them.
template <fixed_string Salt, unsigned Percent>
struct holdout {};

/// An experiment in a layer: the layer gives it `Traffic` percent of its units for good, and no other slice of the
/// layer has any of these. Which part of them takes part is the coverage, which may grow while traffic runs.
template <fixed_string Name, unsigned Traffic, class Weights = any_weights, std::size_t Overrides = 16>
struct slice {};

/// Experiments that exclude each other. Layers with different salts are independent: a unit is in one slice of each.
template <fixed_string Salt, class... Slices>
struct layer {};

namespace detail {

template <class S>
inline constexpr bool is_slice = false;
template <fixed_string Name, unsigned Traffic, class Weights, std::size_t Overrides>
inline constexpr bool is_slice<slice<Name, Traffic, Weights, Overrides>> = true;

template <class S>
struct slice_parts;
template <fixed_string Name, unsigned Traffic, class Weights, std::size_t Overrides>
struct slice_parts<slice<Name, Traffic, Weights, Overrides>> {
  static constexpr std::string_view name = Name.view();
  static constexpr unsigned traffic = Traffic;
  static constexpr std::size_t overrides = Overrides;
  using weights = Weights;
};

}  // namespace detail

/// A slice at work: what `layers::get<Name>()` returns.
///
/// Four hashes of a unit decide, so that no decision says anything about another. With `layer` the salt of the layer:
/// the layer's own, whether the unit's point lies in the slice's place; `layer.within(name)`, the variant;
/// `layer.within(name).within("coverage")`, whether the unit is covered, its point being less than the coverage.
/// Guarantee: coverage excludes units and moves none; whoever is covered stays so as it grows, with the same variant.
/// Threads: any, also `set_coverage`; overrides and weights are changed while nobody assigns.
template <fixed_string Salt, unsigned Start, class Slice>
class placed_slice {
  using parts = detail::slice_parts<Slice>;

 public:
  using weights_type = typename parts::weights;

  constexpr placed_slice() noexcept = default;
  placed_slice(const placed_slice& other) noexcept
      : split_(other.split_), given_(other.given_), coverage_(other.coverage()) {}
  placed_slice& operator=(const placed_slice& other) noexcept {
    split_ = other.split_;
    given_ = other.given_;
    coverage_.store_relaxed(other.coverage());
    return *this;
  }

  static constexpr std::string_view name() noexcept { return parts::name; }
  /// Salts the variants: what a program of another language needs to place units alike.
  static constexpr salt salted_by() noexcept { return of_variant; }
  constexpr std::size_t variants() const noexcept { return split_.variants(); }
  constexpr const weights_type& weights() const noexcept { return split_.weights(); }
  void set_weights(const weights_type& weights) noexcept { split_ = detail::weighted<weights_type>(weights); }

  /// The part of the slice's units that take part; all, at first.
  double coverage() const noexcept { return coverage_.load_relaxed(); }
  /// Errors: out_of_range: not in [0, 1], or NaN. The coverage is then as before.
  result<void> set_coverage(double share) {
    if (!(share >= 0 && share <= 1))
      return error(errc::out_of_range, "the coverage of '" + std::string(name()) + "' cannot be " +
                                           detail::number_text(share) + "; it is from 0 to 1");
    coverage_.store_relaxed(share);
    return {};
  }

  /// An override is stronger than all else: holdouts, the layer, the coverage.
  /// Errors: out_of_range: no such variant, or no room for another unit.
  template <unit_id Id>
  result<void> set_override(const Id& id, std::uint32_t variant) {
    if (variant >= variants())
      return error(errc::out_of_range, "'" + std::string(name()) + "' has no variant " + std::to_string(variant));
    return given_.set(id, variant);
  }
  template <unit_id Id>
  bool erase_override(const Id& id) noexcept {
    return given_.erase(id);
  }

  /// The assignment of a unit, which is held out of everything if `held_out(id)` says so.
  template <unit_id Id, class HeldOut>
  assignment assign(const Id& id, const HeldOut& held_out) const noexcept {
    if (is_missing(id)) return {assignment::none, placement::no_unit, 0};
    const std::uint64_t hash = unit_hash(of_variant, id);
    if (const std::uint32_t variant = given_.find(hash); variant != assignment::none)
      return {variant, placement::by_override, 1};
    if (held_out(id)) return {assignment::none, placement::held_out, 0};
    if (parts::traffic != 100) {
      const double point = unit_point(unit_hash(of_layer, id));
      if (!(point >= Start / 100.0 && point < (Start + parts::traffic) / 100.0))
        return {assignment::none, placement::elsewhere, 0};
    }
    const double share = coverage();
    if (share != 1 && !(unit_point(unit_hash(of_coverage, id)) < share))
      return {assignment::none, placement::not_covered, 0};
    return split_.place(hash);
  }

 private:
  static constexpr salt of_layer{Salt.view()};
  static constexpr salt of_variant = of_layer.within(parts::name);
  static constexpr salt of_coverage = of_variant.within("coverage");

  detail::weighted<weights_type> split_;
  overrides<parts::overrides> given_{of_variant};
  detail::light_atomic<double> coverage_{1.0};
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_LAYER_HPP
