#ifndef MILLRACE_CORE_CONTEXT_HPP
#define MILLRACE_CORE_CONTEXT_HPP

#include <millrace/core/detail/field_list.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/field.hpp>

#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

namespace detail {

template <class Field>
struct slot {
  typename Field::type value{};
};

}  // namespace detail

template <class Provided, class Slots>
class basic_context;

/// What a chain's events read and write: one typed slot for each field, found at compile time.
///
/// `Provided` lists the fields that were given a start value, so a chain can tell what may be read
/// before any event has written. Build one by `chain.context(epoch = 0)`, or `mr::context(epoch = 0)`.
/// Allocates: only what the values themselves do.
/// Threads: one at a time.
template <class... Provided, class... Slots>
class basic_context<field_list<Provided...>, field_list<Slots...>> : private detail::slot<Slots>... {
 public:
  using provided = field_list<Provided...>;
  using slots = field_list<Slots...>;

  template <class Field>
  static constexpr bool has = (std::is_same_v<Field, Slots> || ...);

  constexpr explicit basic_context(bound<Provided>... values) {
    ((static_cast<detail::slot<Provided>&>(*this).value = std::move(values.value)), ...);
  }

  template <class Field>
  requires(detail::is_field<Field>)
  constexpr typename Field::type& operator[](Field) noexcept {
    static_assert(detail::requirement<has<Field>, detail::spelling_t<Field>>,
                  "millrace[CONTEXT-1]: the context has no slot for this field");
    return static_cast<detail::slot<Field>&>(*this).value;
  }
  template <class Field>
  requires(detail::is_field<Field>)
  constexpr const typename Field::type& operator[](Field) const noexcept {
    static_assert(detail::requirement<has<Field>, detail::spelling_t<Field>>,
                  "millrace[CONTEXT-1]: the context has no slot for this field");
    return static_cast<const detail::slot<Field>&>(*this).value;
  }
  template <class Key>
  requires(!detail::is_field<Key>)
  constexpr auto operator[](Key) const noexcept {
    static_assert(detail::requirement<detail::is_field<Key>, Key>,
                  "millrace[CONTEXT-3]: a context is asked by a field, not by a name or a number: declare the field "
                  "once, inline constexpr mr::field<\"risk\", double> risk; and write ctx[risk]");
  }
};

/// A context with a slot for exactly the fields that it starts with.
template <class... Fields>
constexpr auto context(bound<Fields>... values) {
  static_assert(detail::all_different<Fields...>, "millrace[CONTEXT-2]: a field is given twice");
  if constexpr (detail::all_different<Fields...>)
    return basic_context<field_list<Fields...>, field_list<Fields...>>(std::move(values)...);
}

/// Refuses start values that name no field.
template <class... Given>
requires(!(detail::is_bound<Given> && ...))
constexpr auto context(Given...) {
  static_assert(detail::requirement<(detail::is_bound<Given> && ...), Given...>,
                "millrace[CONTEXT-4]: a start value names its field: context(amount = 1.0)");
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_CONTEXT_HPP
