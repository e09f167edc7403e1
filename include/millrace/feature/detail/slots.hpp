#ifndef MILLRACE_FEATURE_DETAIL_SLOTS_HPP
#define MILLRACE_FEATURE_DETAIL_SLOTS_HPP

#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

template <std::size_t Index, class T>
struct slot {
  [[no_unique_address]] T value;
};

/// A tuple, which costs the compiler less than the standard's.
template <class Indices, class... T>
struct basic_slots;
template <std::size_t... Index, class... T>
struct basic_slots<std::index_sequence<Index...>, T...> : slot<Index, T>... {};
template <class... T>
using slots = basic_slots<std::make_index_sequence<sizeof...(T)>, T...>;

template <std::size_t Index, class T>
constexpr T& at(slot<Index, T>& one) noexcept {
  return one.value;
}
template <std::size_t Index, class T>
constexpr const T& at(const slot<Index, T>& one) noexcept {
  return one.value;
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_DETAIL_SLOTS_HPP
