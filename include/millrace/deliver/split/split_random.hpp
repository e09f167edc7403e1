#ifndef MILLRACE_DELIVER_SPLIT_SPLIT_RANDOM_HPP
#define MILLRACE_DELIVER_SPLIT_SPLIT_RANDOM_HPP

#include <millrace/core/seed.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/weights.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Draws a variant for every request, whoever it is of: the same user meets both models. For effects that end with the
/// request; where users learn or compare, use `split_hashed`.
/// Models: split_policy of every unit.
/// Guarantee: the same seed draws the same variants.
/// Complexity: a random number, and log2(variants) comparisons. Allocates: never. Threads: one; give each its own.
template <class Weights = any_weights>
class split_random : public detail::weighted<Weights> {
 public:
  constexpr explicit split_random(std::uint64_t seed, Weights weights = {}) noexcept
      : detail::weighted<Weights>(weights), engine_(seed) {}

  template <class Unit>
  constexpr assignment assign(const Unit&) noexcept {
    return this->place(engine_());
  }

 private:
  random_engine engine_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_SPLIT_RANDOM_HPP
