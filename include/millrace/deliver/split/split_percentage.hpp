#ifndef MILLRACE_DELIVER_SPLIT_SPLIT_PERCENTAGE_HPP
#define MILLRACE_DELIVER_SPLIT_SPLIT_PERCENTAGE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Variants beside a first one, with shares that change while traffic runs. Variant i = 1, 2, ... has a place of at
/// most `Ceilings[i - 1]` percent, one place after the other from 0, and its units are those whose point lies in the
/// place's first part, as long as its share. Whoever is in no such part has variant 0. Shares begin at 0.
///
///     mr::deliver::split_percentage<"model-2026", 100> split;  // one candidate, up to everybody
///     split.set_share(1, 0.05);
///
/// Models: split_policy of every unit_id.
/// Guarantee: a share that grows takes units from variant 0 alone; nobody leaves a variant whose share does not shrink,
/// and nobody moves between two others.
/// Complexity: a hash, and two comparisons a variant. Allocates: never.
/// Threads: any. Whoever assigns while a share is set sees the share from before or after.
template <fixed_string Salt, unsigned... Ceilings>
class split_percentage {
  static_assert(
      sizeof...(Ceilings) > 0 && sizeof...(Ceilings) < max_variants && (0U + ... + Ceilings) <= 100 &&
          ((Ceilings <= 100) && ...),
      "millrace[SPLIT-3]: split_percentage<Salt, Ceilings...> has 1 to 31 ceilings, in percent, that sum to at "
      "most 100");

 public:
  split_percentage() noexcept {
    for (std::size_t i = 0; i < count; ++i) ends_[i].store_relaxed(starts[i]);
  }
  split_percentage(const split_percentage& other) noexcept { *this = other; }
  split_percentage& operator=(const split_percentage& other) noexcept {
    for (std::size_t i = 0; i < count; ++i) ends_[i].store_relaxed(other.ends_[i].load_relaxed());
    return *this;
  }

  static constexpr std::size_t variants() noexcept { return count + 1; }
  static constexpr salt salted_by() noexcept { return by; }
  /// In [0, 1], up to the rounding of a place's end; of variant 0 what the others leave.
  double share(std::size_t variant) const noexcept {
    if (variant != 0) return ends_[variant - 1].load_relaxed() - starts[variant - 1];
    double left = 1;
    for (std::size_t i = 1; i <= count; ++i) left -= share(i);
    return left;
  }
  /// Sets the share of a variant from 1 on, between 0 and its ceiling.
  /// Errors: out_of_range: no such variant, a share beyond its ceiling; not_finite. The shares are then as before.
  result<void> set_share(std::size_t variant, double share) { return set(variant, share); }

  template <unit_id Id>
  assignment assign(const Id& id) const noexcept {
    return is_missing(id) ? assignment{.how = placement::no_unit} : place(unit_hash(by, id));
  }
  assignment place(std::uint64_t hash) const noexcept {
    const double point = unit_point(hash);
    double left = 1;
    for (std::size_t i = 0; i < count; ++i) {
      const double end = ends_[i].load_relaxed();
      const double share = end - starts[i];
      if (point >= starts[i] && point < end) return {static_cast<std::uint32_t>(i + 1), placement::by_weights, share};
      left -= share;
    }
    return {0, placement::by_weights, left};
  }

 private:
  static constexpr std::size_t count = sizeof...(Ceilings);
  static constexpr salt by{Salt.view()};
  // Where the places begin, and the last one's end, as whole percentages so that they do not overlap by rounding.
  static constexpr std::array<double, count + 1> starts = [] {
    constexpr unsigned ceilings[] = {Ceilings...};
    std::array<double, count + 1> made{};
    unsigned sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      made[i] = sum / 100.0;
      sum += ceilings[i];
    }
    made[count] = sum / 100.0;
    return made;
  }();

  template <class = void>
  result<void> set(std::size_t variant, double share);

  // A place's first part ends here. Its start is added to its share once, here, and limited by the next start.
  std::array<detail::light_atomic<double>, count> ends_{};
};

template <fixed_string Salt, unsigned... Ceilings>
template <class>
result<void> split_percentage<Salt, Ceilings...>::set(std::size_t variant, double share) {
  constexpr double ceilings[] = {(Ceilings / 100.0)...};
  if (variant == 0 || variant > count)
    return error(errc::out_of_range, "variant " + std::to_string(variant) +
                                         " has no share of its own; those from 1 to " + std::to_string(count) +
                                         " have one");
  if (detail::non_finite_name(share) != nullptr)
    return error(errc::not_finite, "a share of " + detail::number_text(share));
  if (!(share >= 0 && share <= ceilings[variant - 1]))
    return error(errc::out_of_range, "a share of " + detail::number_text(share) + " for variant " +
                                         std::to_string(variant) + ", whose place is from 0 to " +
                                         detail::number_text(ceilings[variant - 1]));
  const double end = starts[variant - 1] + share;
  ends_[variant - 1].store_relaxed(share == ceilings[variant - 1] || end > starts[variant] ? starts[variant] : end);
  return {};
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_SPLIT_PERCENTAGE_HPP
