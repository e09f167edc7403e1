#ifndef MILLRACE_DELIVER_SPLIT_OVERRIDES_HPP
#define MILLRACE_DELIVER_SPLIT_OVERRIDES_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Units that get a variant because somebody asked for it: testers, customers who complained. At most `Capacity`.
///
/// A unit is known by its hash alone. Whole numbers have hashes of their own; that a text has the hash of one of n
/// others has a chance of n in 2^64. Complexity: one place of a table as a rule. Allocates: never, apart from errors.
/// Threads: `find` any, while nobody changes the table.
template <std::size_t Capacity>
class overrides {
 public:
  constexpr explicit overrides(salt by) noexcept : by_(by) {}

  static constexpr std::size_t capacity() noexcept { return Capacity; }
  constexpr std::size_t size() const noexcept { return size_; }

  /// Gives the unit a variant from now on.
  /// Errors: out_of_range: no room for another unit; invalid_argument: `assignment::none`, which is no variant.
  template <unit_id Id>
  result<void> set(const Id& id, std::uint32_t variant) {
    return put(unit_hash(by_, id), variant);
  }
  /// Returns whether the unit had an override.
  template <unit_id Id>
  bool erase(const Id& id) noexcept {
    return remove(unit_hash(by_, id));
  }
  /// The variant of the unit with this hash, or `assignment::none`.
  constexpr std::uint32_t find(std::uint64_t hash) const noexcept {
    if (size_ == 0) return assignment::none;
    return slots_[slot_of(hash)].variant;
  }
  /// The hash that `find` knows the unit by.
  template <unit_id Id>
  constexpr std::uint64_t hash(const Id& id) const noexcept {
    return unit_hash(by_, id);
  }

 private:
  struct slot {
    std::uint64_t hash = 0;
    std::uint32_t variant = assignment::none;  // none: the slot is free
  };
  // Half of the slots stay free, so that every search ends, and soon.
  static constexpr std::size_t slots = std::bit_ceil(2 * Capacity + 1);

  /// Where the hash is, or the free slot where it would be.
  constexpr std::size_t slot_of(std::uint64_t hash) const noexcept {
    std::size_t at = static_cast<std::size_t>(hash) % slots;
    while (slots_[at].variant != assignment::none && slots_[at].hash != hash) at = (at + 1) % slots;
    return at;
  }
  result<void> put(std::uint64_t hash, std::uint32_t variant) {
    if (variant == assignment::none) return error(errc::invalid_argument, "an override to no variant");
    slot& to = slots_[slot_of(hash)];
    if (to.variant == assignment::none) {
      if (size_ == Capacity)
        return error(errc::out_of_range, "there are " + std::to_string(Capacity) + " overrides, and no room for more");
      ++size_;
    }
    to = {hash, variant};
    return {};
  }
  bool remove(std::uint64_t hash) noexcept {
    std::size_t hole = slot_of(hash);
    if (slots_[hole].variant == assignment::none) return false;
    slots_[hole] = {};
    --size_;
    // Whoever stands behind moves forward if a search from its own place would now end too early.
    for (std::size_t at = (hole + 1) % slots; slots_[at].variant != assignment::none; at = (at + 1) % slots) {
      const std::size_t home = static_cast<std::size_t>(slots_[at].hash) % slots;
      if ((at - home) % slots < (at - hole) % slots) continue;
      std::swap(slots_[hole], slots_[at]);
      hole = at;
    }
    return true;
  }

  salt by_;
  std::size_t size_ = 0;
  std::array<slot, slots> slots_{};
};

/// A hashed split in which some units have been given their variants: `with_overrides<split_hashed<...>>`.
/// Models: split_policy of every unit_id.
/// Complexity: the split's, and one place of a table. The unit is hashed once. Allocates: never, apart from errors.
/// Threads: `assign` any, while nobody changes an override. To change them under load, change a copy and put it in the
/// place of the first.
template <class Split, std::size_t Capacity = 64>
class with_overrides {
 public:
  constexpr explicit with_overrides(Split split = Split()) noexcept
      : split_(std::move(split)), given_(split_.salted_by()) {}

  constexpr std::size_t variants() const noexcept { return split_.variants(); }
  constexpr const Split& split() const noexcept { return split_; }
  constexpr Split& split() noexcept { return split_; }
  constexpr std::size_t overridden() const noexcept { return given_.size(); }

  /// Errors: out_of_range: no such variant, or no room for another unit.
  template <unit_id Id>
  result<void> set_override(const Id& id, std::uint32_t variant) {
    if (variant >= variants())
      return error(errc::out_of_range,
                   "an override to variant " + std::to_string(variant) + " of " + std::to_string(variants()));
    return given_.set(id, variant);
  }
  template <unit_id Id>
  bool erase_override(const Id& id) noexcept {
    return given_.erase(id);
  }

  template <unit_id Id>
  constexpr assignment assign(const Id& id) const noexcept {
    return is_missing(id) ? assignment{.how = placement::no_unit} : place(given_.hash(id));
  }
  constexpr assignment place(std::uint64_t hash) const noexcept {
    const std::uint32_t variant = given_.find(hash);
    if (variant != assignment::none) return {variant, placement::by_override, 1};
    return split_.place(hash);
  }

 private:
  Split split_;
  overrides<Capacity> given_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_OVERRIDES_HPP
