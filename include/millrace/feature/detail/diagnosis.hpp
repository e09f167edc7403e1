#ifndef MILLRACE_FEATURE_DETAIL_DIAGNOSIS_HPP
#define MILLRACE_FEATURE_DETAIL_DIAGNOSIS_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/feature/detail/cells.hpp>
#include <millrace/feature/detail/slots.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// What feature_set asserts. Each check finds the first transform at fault, so that the compiler names it.

/// Whether a name can stand before the suffixes of columns: `country` before `=DE`.
constexpr bool is_name(std::string_view name) noexcept {
  for (const char c : name)
    if (c == '.' || c == '=' || c == '#' || static_cast<unsigned char>(c) < ' ') return false;
  return !name.empty();
}

struct nobody {
  static constexpr std::string_view name = "";
  using accessor_type = nobody;
};

template <std::size_t Index, class T>
std::type_identity<T> type_at(const slot<Index, std::type_identity<T>>&);
/// The T with this index; nobody for one beyond them.
template <std::size_t Index, class... T>
using nth = typename decltype(type_at<Index>(
    std::declval<slots<std::type_identity<T>..., std::type_identity<nobody>>>()))::type;

/// The index of the first false, or the number of them.
template <std::size_t Size>
constexpr std::size_t first_false(const bool (&holds)[Size]) noexcept {
  std::size_t i = 0;
  while (i + 1 < Size && holds[i]) ++i;
  return i;
}

/// The index of the first name that another one before it equals, or their number.
template <class... T>
constexpr std::size_t first_repeated() noexcept {
  constexpr std::string_view names[] = {T::name..., ""};
  for (std::size_t i = 0; i < sizeof...(T); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (names[i] == names[j]) return i;
  return sizeof...(T);
}

template <class... T>
using ill_named = nth<first_false({is_name(T::name)..., false}), T...>;
template <class... T>
using named_twice = nth<first_repeated<T...>(), T...>;
template <class Event, class... T>
using unreadable = nth<first_false({reads<Event, typename T::accessor_type>..., false}), T...>;

template <class Cell, class Event, class T>
constexpr bool fits() noexcept {
  if constexpr (std::is_same_v<typename T::cell, Cell> && reads<Event, typename T::accessor_type>)
    return Cell::template accepts<value_read<Event, typename T::accessor_type>>;
  else
    return true;
}
/// The first transform that takes such cells and is given something else.
template <class Cell, class Event, class... T>
using mistyped = nth<first_false({fits<Cell, Event, T>()..., false}), T...>;

template <class Culprit, class Event>
inline constexpr bool nobody_is = requirement<std::is_same_v<Culprit, nobody>, spelling_t<Culprit>, Event>;

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_DETAIL_DIAGNOSIS_HPP
