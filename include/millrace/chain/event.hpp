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

/// A step of a chain: a class that declares which fields it reads and writes, and is called with the context.
///
///     struct scale {
///       using reads = mr::fields<batch>;
///       using writes = mr::fields<batch>;
///       mr::result<void> operator()(auto& ctx) { ctx[batch] *= 2; return {}; }
///     };
///
/// An event returns result<void> or void; it fails by returning an error or by throwing. Optional members:
/// - `static constexpr std::string_view name`: its name in messages, logs and metrics; else the type's own name
/// - `static constexpr bool thread_safe`: whether several threads may run it at once; else they may not
/// - `template <class... Events> struct beside`: instantiated with all events of the chain, as a place for
///   `static_assert`s about them
///
/// Law: an event touches no field that it does not declare; the chain enforces this by passing an `event_context`. When
/// it succeeds, it has written every field in `writes`. Nothing can check that: a field that it leaves alone keeps the
/// value of an earlier run, or a default.
template <class Event>
concept event = std::is_object_v<Event> && requires {
  typename detail::to_field_list<typename Event::reads>::type;
  typename detail::to_field_list<typename Event::writes>::type;
};

namespace detail {

/// The type of an event or middleware in a chain: T itself, or of a `borrowed<T>` the T that it points to.
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

/// An event or middleware that a chain uses without owning it: `chain(...).use(mr::borrow(audit))` keeps a pointer, so
/// the caller can go on using `audit`, which must outlive the chain.
template <class T>
struct borrowed {
  T* object;
};
/// Lets a chain use `object` without owning it: see `borrowed`.
template <class T>
constexpr borrowed<T> borrow(T& object) noexcept {
  return {&object};
}
// millrace[CHAIN-20]: what is borrowed is a variable that outlives who borrows it.
template <class millrace_CHAIN_20_what_is_borrowed_is_a_variable>
void borrow(const millrace_CHAIN_20_what_is_borrowed_is_a_variable&&) = delete;

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

/// Gives an event const access to the fields that it only reads. To write one is the error millrace[CHAIN-15]. No
/// static_assert can detect an assignment, so the compiler's own error has to show the code: g++ prints this class's
/// name with the call, clang the second template argument or the type that the operator returns.
template <class Event, class Context>
class millrace_CHAIN_15_field_is_not_in_the_events_writes {
 public:
  constexpr explicit millrace_CHAIN_15_field_is_not_in_the_events_writes(Context& context) noexcept
      : context_(&context) {}

  template <class Field>
  using only_read = const typename Field::type;

  /// Takes the key by reference, so that clang 14 does not confuse this with the operator that event_context adds.
  template <class Field, class Why = millrace_CHAIN_15_field_is_not_in_the_events_writes>
  requires(contains<reads_of<Event>, Field> && !contains<writes_of<Event>, Field>)
  constexpr auto operator[](const Field& key) const noexcept -> typename Why::template only_read<Field>& {
    return std::as_const(*context_)[key];
  }

 protected:
  Context* context_;
};

}  // namespace detail

/// What an event sees of the context: the fields that it declares, const where it only reads them. It is one pointer,
/// and nothing is copied.
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

/// An event that calls a function object; `step` makes one.
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

/// One event in its place in a chain: the argument `event` of a middleware's hooks. Everything but `clock`, `event` and
/// `reached` is known at compile time.
template <class Event, std::size_t Index, class Clock, class... Events>
class stage {
 public:
  using event_type = Event;
  using reads = detail::reads_of<Event>;
  using writes = detail::writes_of<Event>;
  static constexpr std::string_view name = detail::part_name<Event>();
  /// The event's position in the chain, from 0.
  static constexpr std::size_t index = Index;
  /// How many events the chain has.
  static constexpr std::size_t count = sizeof...(Events);

  /// Whether this event declares the field and no later one does: after it, no event needs the value.
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

  /// For the chain, which makes stages.
  constexpr stage(Event& event, const Clock& clock) noexcept : event_(&event), clock_(&clock) {}
  constexpr stage(const stage& other, bool reached) noexcept
      : event_(other.event_), clock_(other.clock_), reached_(reached) {}
  constexpr Event& event() const noexcept { return *event_; }
  constexpr const Clock& clock() const noexcept { return *clock_; }

  /// For `rejected`: true if the run came through this middleware, its `after` included, and the event was failed
  /// further out afterwards; false if a middleware further out stopped it before it came here.
  constexpr bool reached() const noexcept { return reached_; }

 private:
  Event* event_;
  const Clock* clock_;
  bool reached_ = true;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_EVENT_HPP
