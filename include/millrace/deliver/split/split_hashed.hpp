#ifndef MILLRACE_DELIVER_SPLIT_SPLIT_HASHED_HPP
#define MILLRACE_DELIVER_SPLIT_SPLIT_HASHED_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/unit_hash.hpp>
#include <millrace/deliver/split/weights.hpp>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Gives each unit one variant for ever, by the hash of its id: every process that knows the salt and the weights gives
/// the same one, and nothing is kept. It is sticky by whatever the id is of: a user, a session, a device. An empty id
/// has no variant.
///
///     mr::deliver::split_hashed<"model-2026", mr::deliver::weights<80, 20>> split;
///     split.assign(user).variant
///
/// Models: split_policy of every unit_id.
/// Complexity: a hash, and log2(variants) comparisons. Allocates: never. Threads: any.
template <fixed_string Salt, class Weights = any_weights>
class split_hashed : public detail::weighted<Weights> {
 public:
  using detail::weighted<Weights>::weighted;

  static constexpr salt salted_by() noexcept { return by; }
  template <unit_id Id>
  constexpr assignment assign(const Id& id) const noexcept {
    return is_missing(id) ? assignment{.how = placement::no_unit} : this->place(unit_hash(by, id));
  }

 private:
  static constexpr salt by{Salt.view()};
};

/// The same with a salt that is known at run time.
template <class Weights = any_weights>
class salted_split : public detail::weighted<Weights> {
 public:
  constexpr explicit salted_split(salt by, Weights weights = {}) noexcept
      : detail::weighted<Weights>(weights), by_(by) {}

  constexpr salt salted_by() const noexcept { return by_; }
  template <unit_id Id>
  constexpr assignment assign(const Id& id) const noexcept {
    return is_missing(id) ? assignment{.how = placement::no_unit} : this->place(unit_hash(by_, id));
  }

 private:
  salt by_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_SPLIT_HASHED_HPP
