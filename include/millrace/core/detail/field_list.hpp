#ifndef MILLRACE_CORE_DETAIL_FIELD_LIST_HPP
#define MILLRACE_CORE_DETAIL_FIELD_LIST_HPP

#include <millrace/core/fwd.hpp>

#include <type_traits>

namespace millrace {
inline namespace v0 {
// Operations on lists of fields, at compile time.
namespace detail {

template <class T>
inline constexpr bool is_field = false;
template <fixed_string Name, class T>
inline constexpr bool is_field<field<Name, T>> = true;

template <class T>
inline constexpr bool is_bound = false;
template <class Field>
inline constexpr bool is_bound<bound<Field>> = true;

/// `fields<...>` as a `field_list<...>`, which is left as it is.
template <class List>
struct to_field_list;
template <auto... Fields>
struct to_field_list<fields<Fields...>> {
  using type = field_list<std::remove_cv_t<decltype(Fields)>...>;
};
template <class... Fields>
struct to_field_list<field_list<Fields...>> {
  using type = field_list<Fields...>;
};
template <class List>
using to_field_list_t = typename to_field_list<List>::type;

template <class List, class Field>
inline constexpr bool contains = false;
template <class... Fields, class Field>
inline constexpr bool contains<field_list<Fields...>, Field> = (std::is_same_v<Fields, Field> || ...);

/// The union of field lists, in order of first appearance.
template <class... Lists>
struct merge_fields;
template <class List>
struct merge_fields<List> {
  using type = List;
};
template <class... Fields, class... Rest>
struct merge_fields<field_list<Fields...>, field_list<>, Rest...> : merge_fields<field_list<Fields...>, Rest...> {};
template <class... Fields, class Next, class... More, class... Rest>
struct merge_fields<field_list<Fields...>, field_list<Next, More...>, Rest...>
    : merge_fields<
          std::conditional_t<contains<field_list<Fields...>, Next>, field_list<Fields...>, field_list<Fields..., Next>>,
          field_list<More...>, Rest...> {};
template <class... Lists>
using merge_fields_t = typename merge_fields<field_list<>, Lists...>::type;

/// Whether no type is in the list twice.
template <class... Fields>
inline constexpr bool all_different = true;
template <class First, class... Rest>
inline constexpr bool all_different<First, Rest...> = (!std::is_same_v<First, Rest> && ...) && all_different<Rest...>;

/// Calls f(field) for every field of the list.
template <class... Fields, class F>
constexpr void for_each_field(field_list<Fields...>, F&& f) {
  (f(Fields{}), ...);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_FIELD_LIST_HPP
