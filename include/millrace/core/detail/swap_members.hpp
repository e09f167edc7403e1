#ifndef MILLRACE_CORE_DETAIL_SWAP_MEMBERS_HPP
#define MILLRACE_CORE_DETAIL_SWAP_MEMBERS_HPP

#include <millrace/core/config.hpp>

#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

template <class T>
void swap_two(T& a, T& b) noexcept {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);
  T kept = static_cast<T&&>(a);
  a = static_cast<T&&>(b);
  b = static_cast<T&&>(kept);
}

/// Swaps the listed members of two objects. A class whose moved-from objects must be as good as new writes its moves
/// with it:
///
///     X(X&& other) noexcept : X() { swap(other); }
///     X& operator=(X&& other) noexcept {
///       X taken(static_cast<X&&>(other));  // so that moving to itself changes nothing
///       swap(taken);
///       return *this;
///     }
///
/// The default moves would not do: a moved-from vector is empty, while the numbers beside it keep their old values.
template <class X, class... Members>
void swap_members(X& a, X& b, Members X::*... members) noexcept {
  (swap_two(a.*members, b.*members), ...);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SWAP_MEMBERS_HPP
