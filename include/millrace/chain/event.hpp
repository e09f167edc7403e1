#ifndef MILLRACE_CHAIN_EVENT_HPP
#define MILLRACE_CHAIN_EVENT_HPP

#include <millrace/core/context.hpp>
#include <millrace/core/detail/field_list.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/field.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/type_name.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

/// A step of a chain: it says which fields it reads and writes, and is called with the context.
///
///     struct scale {
///       using reads = mr::fields<batch>;
///       using writes = mr::fields<batch>;
///       mr::result<void> operator()(auto& ctx) { ctx[batch] *= 2; return {}; }
///     };
///
/// Law: it touches no other field of the context; the chain enforces this by handing it an
/// `event_context`. A success has written what `writes` declares, which nobody can check: a field
/// that it leaves alone holds what the run before left there, or a default. It fails by returning an
/// error or by throwing; it may also return void. Its `static constexpr std::string_view name` is
/// optional (the type's own name otherwise), and so is `static constexpr bool thread_safe`. Optional, too, is
/// `template <class... Events> struct beside`, which is made with all events of the chain, for `static_assert`s about
/// them.
template <class Event>
concept event = std::is_object_v<Event> && requires {
  typename detail::to_field_list<typename Event::reads>::type;
  typename detail::to_field_list<typename Event::writes>::type;
};

namespace detail {

/// The object behind a part of a chain: itself, or what `borrow` points to.
template <class T>
struct unborrowed {
  using type = T;
};
template <class T>
using unborrowed_t = typename unborrowed<T>::type;

template <class T>
constexpr std::string_view part_name() noexcept {
  if constexpr (requires {
                  { T::name } -> std::convertible_to<std::string_view>;
                })
    return T::name;
  else
    return type_name<T>;
}

template <class T>
constexpr bool says_thread_safe() noexcept {
  if constexpr (requires {
                  { T::thread_safe } -> std::convertible_to<bool>;
                })
    return T::thread_safe;
  else
    return false;
}

template <class Event>
using reads_of = to_field_list_t<typename Event::reads>;
template <class Event>
using writes_of = to_field_list_t<typename Event::writes>;

}  // namespace detail

/// A chain's part that stays where it is: `chain(...).use(mr::borrow(audit))` keeps a reference, so
/// the caller can go on using `audit`, which must outlive the chain.
template <class T>
struct borrowed {
  T* object;
};
/// Keeps a part where it is: see `borrowed`.
template <class T>
constexpr borrowed<T> borrow(T& object) noexcept {
  return {&object};
}
template <class T>
void borrow(const T&&) = delete;

namespace detail {
template <class T>
struct unborrowed<borrowed<T>> {
  using type = T;
};
template <class T>
constexpr T& object_of(T& part) noexcept {
  return part;
}
template <class T>
constexpr T& object_of(borrowed<T>& part) noexcept {
  return *part.object;
}
}  // namespace detail

namespace detail {

/// The fields that an event only reads, const. millrace[CHAIN-15]: the event writes one of them. No assertion sees
/// that, so the compiler's own error bears the code: g++ prints this class's name with the call, clang the second
/// template argument or the type that the operator returns.
template <class Event, class Context>
class millrace_CHAIN_15_field_is_not_in_the_events_writes {
 public:
  constexpr explicit millrace_CHAIN_15_field_is_not_in_the_events_writes(Context& context) noexcept
      : context_(&context) {}

  template <class Field>
  using only_read = const typename Field::type;

  /// The key by reference, so that clang 14 does not take this for the operator that event_context adds.
  template <class Field, class Why = millrace_CHAIN_15_field_is_not_in_the_events_writes>
  requires(contains<reads_of<Event>, Field> && !contains<writes_of<Event>, Field>)
  constexpr auto operator[](const Field& key) const noexcept -> typename Why::template only_read<Field>& {
    return std::as_const(*context_)[key];
  }

 protected:
  Context* context_;
};

}  // namespace detail

/// What an event sees of the context: its declared fields, const where it only reads them.
/// Costs nothing: one reference.
template <class Context, class Event>
class event_context : public detail::millrace_CHAIN_15_field_is_not_in_the_events_writes<Event, Context> {
  using only_reads = detail::millrace_CHAIN_15_field_is_not_in_the_events_writes<Event, Context>;

 public:
  using only_reads::only_reads;

  /// Whether the event declares this field.
  template <class Field>
  static constexpr bool has =
      detail::contains<detail::reads_of<Event>, Field> || detail::contains<detail::writes_of<Event>, Field>;

  using only_reads::operator[];
  template <class Field>
  requires(detail::contains<detail::writes_of<Event>, Field>)
  constexpr typename Field::type& operator[](Field key) const noexcept {
    return (*this->context_)[key];
  }
  template <class Field>
  requires(detail::is_field<Field> && !has<Field>)
  constexpr typename Field::type& operator[](Field key) const noexcept {
    static_assert(detail::requirement<has<Field>, Event, detail::spelling_t<Field>>,
                  "millrace[CHAIN-4]: the event touches a field that it declares neither in `reads` nor in `writes`");
    return (*this->context_)[key];
  }
  template <class Key>
  requires(!detail::is_field<Key>)
  constexpr auto operator[](Key) const noexcept {
    static_assert(detail::requirement<detail::is_field<Key>, Key>,
                  "millrace[CONTEXT-3]: a context is asked by a field, not by a name or a number: declare the field "
                  "once, inline constexpr mr::field<\"risk\", double> risk; and write ctx[risk]");
  }
};

/// An event made from a callable: `mr::step<"scale", mr::fields<batch>, mr::fields<batch>>(f)`.
template <fixed_string Name, class Reads, class Writes, class F>
struct callable_event {
  using reads = Reads;
  using writes = Writes;
  static constexpr std::string_view name = Name.view();

  template <class Context>
  constexpr decltype(auto) operator()(Context& context) {
    return function(context);
  }

  [[no_unique_address]] F function;
};
/// Makes an event of a callable: `step<"scale", fields<batch>, fields<batch>>([](auto& ctx) { ... })`.
template <fixed_string Name, class Reads, class Writes, class F>
constexpr auto step(F function) {
  return callable_event<Name, Reads, Writes, F>{std::move(function)};
}

/// One event in its place in a chain; what a middleware's hooks are given. Everything but `clock`
/// and `event` is known at compile time.
template <class Event, std::size_t Index, class Clock, class... Events>
class stage {
 public:
  using event_type = Event;
  using reads = detail::reads_of<Event>;
  using writes = detail::writes_of<Event>;
  static constexpr std::string_view name = detail::part_name<Event>();
  static constexpr std::size_t index = Index;
  /// How many events the chain has.
  static constexpr std::size_t count = sizeof...(Events);

  /// Whether this event declares the field and no later one does: what stands there may now go.
  template <class Field>
  static constexpr bool is_last_use = [] {
    std::size_t at = 0;
    std::size_t last = count;
    ((detail::contains<detail::reads_of<Events>, Field> || detail::contains<detail::writes_of<Events>, Field>
          ? void(last = at++)
          : void(++at)),
     ...);
    return last == Index;
  }();

  /// Whether this event or an earlier one writes the field.
  template <class Field>
  static constexpr bool is_written = [] {
    std::size_t at = 0;
    return ((at++ <= Index && detail::contains<detail::writes_of<Events>, Field>) || ...);
  }();

  constexpr stage(Event& event, const Clock& clock) noexcept : event_(&event), clock_(&clock) {}
  constexpr stage(const stage& other, bool reached) noexcept
      : event_(other.event_), clock_(other.clock_), reached_(reached) {}
  constexpr Event& event() const noexcept { return *event_; }
  constexpr const Clock& clock() const noexcept { return *clock_; }

  /// In `rejected`: whether the run had come through this middleware, its `after` included, or was
  /// stopped further out before it came here.
  constexpr bool reached() const noexcept { return reached_; }

 private:
  Event* event_;
  const Clock* clock_;
  bool reached_ = true;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_EVENT_HPP
