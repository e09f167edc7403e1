#ifndef MILLRACE_TESTS_LAWS_MOVING_HPP
#define MILLRACE_TESTS_LAWS_MOVING_HPP

// The law of moving, for every movable class: what was moved from is as freshly made, or as its comment says; moving an
// object to itself changes nothing. For aggregates that are saved it stands in laws/aggregator.hpp, with what comes
// after: they go on as new ones do.

#include <support/catch.hpp>

#include <type_traits>
#include <utility>

namespace laws {

/// Of classes whose comment, or whose module's page, says that they are unchanged when they were moved from: a move of
/// what is trivially copyable copies its bytes.
template <class... Types>
inline constexpr bool moves_by_copying =
    ((std::is_trivially_copyable_v<Types> && std::is_trivially_move_constructible_v<Types>) && ...);

/// `a` and `b` have states of their own; `state(x)` returns what is compared of them, and `left(x)` CHECKs what may be
/// asked of an object that was moved from.
template <class X, class State, class Left>
void moving_from(X a, X b, State&& state, Left&& left) {
  const auto first = state(a);
  const auto second = state(b);
  X taken = std::move(a);
  CHECK(state(taken) == first);
  left(a);
  X& self = taken;
  taken = std::move(self);
  CHECK(state(taken) == first);
  taken = std::move(b);
  CHECK(state(taken) == second);
  left(b);
  a = std::move(taken);  // what was moved from takes a new state
  CHECK(state(a) == second);
  left(taken);
  b = std::move(a);
  X& moved_from = a;
  a = std::move(moved_from);
  left(a);
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_MOVING_HPP
