#ifndef MILLRACE_CORE_FIELD_HPP
#define MILLRACE_CORE_FIELD_HPP

#include <millrace/core/fixed_string.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

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

/// Whether a From may stand for a To where the To starts.
template <class From, class To, class Plain = std::decay_t<From>>
inline constexpr bool starts_as = (std::is_assignable_v<To&, From> || std::is_convertible_v<From, To>)&&(
    std::is_same_v<To, bool> ? std::is_same_v<Plain, bool> || std::is_class_v<Plain>
                             : !(std::is_integral_v<To> && std::is_floating_point_v<Plain>));

}  // namespace detail

/// A field with the value it starts with: what `epoch = 3` makes.
template <class Field>
struct bound {
  using field_type = Field;
  typename Field::type value;
};

/// A slot of a context: a name for people, logs and metrics, and the type of what it holds.
/// Declare it once, at namespace scope, and use the object as the key:
///
///     inline constexpr mr::field<"loss", double> loss;
///     ctx[loss] = 0.25;
///
/// Two fields of one name and one type are the same field. Empty; costs nothing.
template <fixed_string Name, class T>
struct field {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                "millrace[FIELD-1]: a field holds a plain object type, no reference and nothing const");
  using type = T;
  static constexpr std::string_view name = Name.view();

  /// `loss = 0.5` is a start value for a context; it does not change the field. What T itself could be assigned
  /// may stand there, but no fraction for an integer, and for a bool nothing but a bool.
  template <class V = T>
  requires std::is_constructible_v<T, V>
  constexpr bound<field> operator=(V&& value) const {
    static_assert(detail::requirement<detail::starts_as<V, T>, detail::spelling_t<field>, V, T>,
                  "millrace[FIELD-2]: the start value is no T: an integer from a fraction, a bool from a number or a "
                  "pointer, or a class that would have to be made explicitly; write the T that is meant");
    return {T(std::forward<V>(value))};
  }
};

/// A list of fields, as events declare them: `using reads = mr::fields<batch, labels>;`
template <auto... Fields>
struct fields {
  static constexpr std::size_t size = sizeof...(Fields);
};

/// The same list spelled with types; what the library computes with.
template <class... Fields>
struct field_list {
  static constexpr std::size_t size = sizeof...(Fields);
};

namespace detail {

template <class T>
inline constexpr bool is_field = false;
template <fixed_string Name, class T>
inline constexpr bool is_field<field<Name, T>> = true;

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

/// Calls f(field) for every field of the list.
template <class... Fields, class F>
constexpr void for_each_field(field_list<Fields...>, F&& f) {
  (f(Fields{}), ...);
}

}  // namespace detail

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_FIELD_HPP
