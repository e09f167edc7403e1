#ifndef MILLRACE_CORE_FIELD_HPP
#define MILLRACE_CORE_FIELD_HPP

#include <millrace/core/detail/field_list.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/fixed_string.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

namespace detail {

/// Whether a From may be the start value of a field of type To: it converts or may be assigned, no fraction is cut to
/// an integer, and only a bool, or a class that converts to one, starts a bool.
template <class From, class To, class Plain = std::decay_t<From>>
inline constexpr bool starts_as =
    (std::is_assignable_v<To&, From> || std::is_convertible_v<From, To>) &&
    (std::is_same_v<To, bool> ? std::is_same_v<Plain, bool> || std::is_class_v<Plain>
                              : !(std::is_integral_v<To> && std::is_floating_point_v<Plain>));

}  // namespace detail

/// A field together with the value it starts with: the type of `epoch = 3`.
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
/// Two fields of one name and one type are the same field. The object itself is empty.
template <fixed_string Name, class T>
struct field {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                "millrace[FIELD-1]: a field holds a plain object type, no reference and nothing const");
  using type = T;
  static constexpr std::string_view name = Name.view();

  /// `loss = 0.5` returns a start value for a context; it does not change the field. The value may be anything that a T
  /// could be assigned, except a floating-point number for an integer; a bool starts only from a bool, or from a class
  /// that converts to one.
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

/// The same list spelled with the fields' types, as the library's own templates take it.
template <class... Fields>
struct field_list {
  static constexpr std::size_t size = sizeof...(Fields);
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_FIELD_HPP
