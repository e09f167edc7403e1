#ifndef MILLRACE_CORE_DETAIL_REQUIREMENT_HPP
#define MILLRACE_CORE_DETAIL_REQUIREMENT_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <utility>

namespace millrace {
inline namespace v0 {
// What a static_assert shows besides its text: the names of those at fault.
namespace detail {

/// A name as characters: clang prints a string template argument as numbers, but these as letters,
/// so failed requirements mention this type to name the field.
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

/// `Holds`, with names in tow for the compiler to print when it does not.
template <bool Holds, class... Names>
inline constexpr bool requirement = Holds;

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_REQUIREMENT_HPP
