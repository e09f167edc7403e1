#ifndef MILLRACE_CORE_DETAIL_REQUIREMENT_HPP
#define MILLRACE_CORE_DETAIL_REQUIREMENT_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <utility>

namespace millrace {
inline namespace v0 {
// Types that make a failed static_assert show, besides its text, the names of the fields and stages at fault.
namespace detail {

/// A field's name as a list of characters. Failed requirements mention this type because clang prints a `fixed_string`
/// argument as numbers, but characters as letters.
template <char... Letters>
struct spelled {};

template <class Field, class Indices = std::make_index_sequence<Field::name.size()>>
struct spelling;
template <class Field, std::size_t... Index>
struct spelling<Field, std::index_sequence<Index...>> {
  using type = spelled<Field::name[Index]...>;
};
template <class Field>
using spelling_t = typename spelling<Field>::type;

/// Is `Holds`. The compiler prints the arguments of a failed static_assert's condition, and so the `Names`.
template <bool Holds, class... Names>
inline constexpr bool requirement = Holds;

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_REQUIREMENT_HPP
