#ifndef MILLRACE_DELIVER_ROLLOUT_ELIGIBILITY_HPP
#define MILLRACE_DELIVER_ROLLOUT_ELIGIBILITY_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/layers.hpp>
#include <millrace/deliver/split/overrides.hpp>
#include <millrace/deliver/split/routes.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// The weights of a slice that a release has: its two variants are the stable model and the candidate, and the steps of
/// the release decide how many units have which.
///
///     md::layers<md::layer<"models", md::slice<"fraud", 60, md::stable_and_candidate>,
///                                    md::slice<"prices", 40, md::stable_and_candidate>>> plan;
///
/// Models: split_weights, with all units at stable until a release places them.
struct stable_and_candidate {
  static constexpr std::size_t size() noexcept { return arm_count; }
  static constexpr double share(std::size_t i) noexcept { return i == 0 ? 1 : 0; }
  static constexpr std::uint32_t variant(std::uint64_t) noexcept { return 0; }
};

/// What `in_slice<Name>(layers)` makes.
template <fixed_string Name, class Layers>
class release_slice {
 public:
  constexpr explicit release_slice(const Layers& all) noexcept : all_(&all) {}

  template <unit_id Id>
  assignment assign(const Id& id) const noexcept {
    return all_->template assign<Name>(id);
  }

 private:
  const Layers* all_;
};

/// A policy of a release: the units of a slice take part, and no others. So releases and experiments that have slices
/// of one layer have no unit in common. Holdouts of the layers and the slice's coverage leave units out, and its
/// overrides are obeyed: variant 0 is the stable model, 1 the candidate.
///
///     md::rollout release{stable, candidate, ..., md::unit_of{&request::user}, md::in_slice<"fraud">(plan)};
///
/// The layers outlive the release. Threads: see `placed_slice` for what may change while requests are served.
template <fixed_string Name, class... Parts>
constexpr release_slice<Name, layers<Parts...>> in_slice(const layers<Parts...>& all) noexcept {
  return release_slice<Name, layers<Parts...>>(all);
}
template <fixed_string Name, class... Parts>
void in_slice(const layers<Parts...>&&) = delete;

/// Where a route of a release leads: its requests take part.
///
///     md::routes{md::route{is_of_europe, md::takes_part()}, md::route{is_of_asia, md::in_slice<"fraud">(plan)},
///                md::otherwise{md::stays_stable()}}
///
/// Such `routes` are a policy of a release. The first route whose predicate is true decides, before the split; requests
/// that no route takes are the stable model's.
struct takes_part {};
/// Where a route of a release leads: its requests are the stable model's, and no evidence.
struct stays_stable {};

/// A policy of a release: units that have one of the two models because somebody asked for it, such as testers. At most
/// `Capacity`.
///
///     md::chosen_units<> testers;
///     auto set = testers.set("ada", md::arm::candidate);
///     md::rollout release{stable, candidate, ..., md::unit_of{&request::user}, testers};
///
/// A unit that is chosen for the candidate has it from the release's start until it is rolled back or stopped, also in
/// a step whose share is 0; one that is chosen for stable has stable until the candidate is promoted. Neither is
/// evidence, since not chance has placed it; a candidate that fails is still replaced by stable for the request.
/// Complexity: a hash, and one place of a table as a rule. Allocates: never, apart from errors.
/// Threads: a release has a copy of its own, which nobody changes.
template <std::size_t Capacity = 64>
class chosen_units {
 public:
  static constexpr std::size_t capacity() noexcept { return Capacity; }
  std::size_t size() const noexcept { return given_.size(); }

  /// Errors: out_of_range: no room for another unit.
  template <unit_id Id>
  result<void> set(const Id& id, arm which) {
    return given_.set(id, static_cast<std::uint32_t>(which));
  }
  /// Returns whether the unit was chosen.
  template <unit_id Id>
  bool erase(const Id& id) noexcept {
    return given_.erase(id);
  }
  /// The number of the model that a unit was chosen for, as of `arm`; `assignment::none`: for none.
  template <unit_id Id>
  std::uint32_t find(const Id& id) const noexcept {
    return size() == 0 ? assignment::none : given_.find(given_.hash(id));
  }

 private:
  overrides<Capacity> given_{salt("chosen units")};
};

namespace detail {

template <class P>
struct is_release_slice : std::false_type {};
template <fixed_string Name, class Layers>
struct is_release_slice<release_slice<Name, Layers>> : std::true_type {};
template <class P>
struct is_chosen_units : std::false_type {};
template <std::size_t Capacity>
struct is_chosen_units<chosen_units<Capacity>> : std::true_type {};
template <class P>
struct is_rollout_routes : std::false_type {};
template <class... Routes>
struct is_rollout_routes<routes<Routes...>> : std::true_type {};
template <class P>
struct is_rollout_holdout : std::false_type {};
template <fixed_string Salt, unsigned Percent>
struct is_rollout_holdout<holdout<Salt, Percent>> : std::true_type {};

/// What stands where a policy is not given.
struct no_slice {};
struct nobody_chosen {};
struct no_routes {};

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_ELIGIBILITY_HPP
