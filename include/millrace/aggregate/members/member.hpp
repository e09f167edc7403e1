#ifndef MILLRACE_AGGREGATE_MEMBERS_MEMBER_HPP
#define MILLRACE_AGGREGATE_MEMBERS_MEMBER_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/type_name.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {

// How to write a member, a type that may stand between the brackets of `aggregate<...>`. It is an empty type that has
// any of
//
//   using needs = members<...>;            // the members that it is computed from; an aggregate keeps each once
//   template <class T> class state;        // what it keeps of a stream of items of type T (double, or xy)
//   static auto value(const auto& a);      // what get<It>() returns; a has get<Member>(), state<Member>() and items()
//   using sample = xy;                     // the item type it is about, if not double: xy, std::string_view,
//                                          // std::int64_t, a struct of yours; the items of the whole aggregate are
//                                          // then of that type
//   static constexpr std::string_view name = "...";          // its name in saved bytes; default: the type's name
//   template <class Other> static constexpr bool covers;     // true: its state holds all that Other's state would
//
// A state is a copyable type that has
//
//   void update(T x);                               // x is not NaN
//   void merge(const state& later);                 // or merge(const state& later, merge_offset)
//   void save(envelope_writer&) const;
//   bool load(envelope_reader&);                    // false: the numbers read contradict each other
//
// and may have
//
//   void update(T x, weight w);                     // w > 0; without it the aggregate takes no weights
//   void update(const stream_item<T>&);             // in place of the two above, for a state that wants the index
//   void update(std::span<const T>);                // at most 2,048 items, which fit into the first-level cache
//   void update(std::span<const T>, std::span<const double>);  // the same, with the items' weights
//   void unmerge(const state&);                     // needed where `invertible` is true
//   static constexpr bool finite_only = true;       // the aggregate keeps infinite items away from it
//   static constexpr bool commutative = false, idempotent = true, invertible = true;  // traits, see concepts.hpp
//   void scale(double factor);                      // multiplies every item's weight by factor: for `decayed`
//
// The library's own states also have a closed form (`closed_type`, `closed()`: the state without a block of items in
// the making, which snapshots and windows keep) and take in what one loop over a block finds for all members
// (`figures`, `absorb`); see detail/states.hpp and kernels/.
//
// A type that is an aggregator itself (a sketch, one of your own) is a member as it is: it is its own state, and
// `get<It>()` returns it.

/// A list of members.
template <class... Members>
struct members {};

/// One item on its way to the states.
template <class T>
struct stream_item {
  T value;
  double weight = 1;
  std::uint64_t index = 0;  ///< how many items came before it, skipped ones included
};

/// Where the later of two merged states begins in the joined stream: how many items, skipped ones included, come before
/// its first item.
struct merge_offset {
  std::uint64_t items_before = 0;
};

namespace detail {

template <class M>
concept has_needs = requires { typename M::needs; };
template <class M, class T>
concept has_state = requires { typename M::template state<T>; };
template <class M>
concept is_its_own_state = aggregator<M>;

template <class M, class T>
struct state_of {
  using type = typename M::template state<T>;
};
template <is_its_own_state M, class T>
struct state_of<M, T> {
  using type = M;
};
/// What member M keeps for items of type T.
template <class M, class T>
using state_t = typename state_of<M, T>::type;

template <class M, class T>
inline constexpr bool keeps_state = has_state<M, T> || is_its_own_state<M>;

/// Does M's state hold all that Other's state would, so that the aggregate need not keep both?
template <class M, class Other>
inline constexpr bool covers = [] {
  if constexpr (std::is_same_v<M, Other>)
    return true;
  else if constexpr (requires { M::template covers<Other>; })
    return bool{M::template covers<Other>};
  else
    return false;
}();

template <class List, class M>
struct append_to;
template <class... Ms, class M>
struct append_to<members<Ms...>, M> {
  using type = members<Ms..., M>;
};

template <class List, class M>
inline constexpr bool lists = false;
template <class... Ms, class M>
inline constexpr bool lists<members<Ms...>, M> = (std::is_same_v<Ms, M> || ...);

/// The members given and, transitively, all that they need: each once, and each after those that it needs. `Found`
/// collects the list.
template <class Found, class... Rest>
struct closure_of {
  using type = Found;
};
template <class Found, class M, class... Rest>
struct closure_of<Found, M, Rest...> {
  template <class List>
  struct of_needs;
  template <class... Ns>
  struct of_needs<members<Ns...>> {
    using type = typename closure_of<Found, Ns...>::type;
  };
  static constexpr auto with_needs() {
    if constexpr (has_needs<M>)
      return std::type_identity<typename of_needs<typename M::needs>::type>{};
    else
      return std::type_identity<Found>{};
  }
  using before = typename decltype(with_needs())::type;
  using after = typename std::conditional_t<lists<before, M>, std::type_identity<before>, append_to<before, M>>::type;
  using type = typename closure_of<after, Rest...>::type;
};

/// The members of All that have a state, without those whose state another member of All covers. `Kept` collects them.
template <class T, class All, class Kept, class... Rest>
struct states_among {
  using type = Kept;
};
template <class T, class... All, class Kept, class M, class... Rest>
struct states_among<T, members<All...>, Kept, M, Rest...> {
  static constexpr bool covered = ((!std::is_same_v<All, M> && covers<All, M>) || ...);
  static constexpr bool kept = keeps_state<M, T> && !covered;
  using now = typename std::conditional_t<kept, append_to<Kept, M>, std::type_identity<Kept>>::type;
  using type = typename states_among<T, members<All...>, now, Rest...>::type;
};

template <class T, class List>
struct resolve_list;
template <class T, class... All>
struct resolve_list<T, members<All...>> {
  using type = typename states_among<T, members<All...>, members<>, All...>::type;
};

/// The members whose states an aggregate of Ms keeps: dependencies resolved, each once.
template <class T, class... Ms>
using resolved = typename resolve_list<T, typename closure_of<members<>, Ms...>::type>::type;

/// The item type of an aggregate of these members: the `sample` of the first one that names another type than double;
/// double if none does.
template <class... Ms>
struct sample_of {
  using type = double;
};
template <class M, class... Rest>
struct sample_of<M, Rest...> : sample_of<Rest...> {};
template <class M, class... Rest>
requires(requires { typename M::sample; } && !std::is_same_v<typename M::sample, double>)
struct sample_of<M, Rest...> {
  using type = typename M::sample;
};

/// What the sum of squared deviations is divided by for a sample variance without bias: the degrees of freedom that are
/// left of `weight` once the mean is estimated. Weights are repetitions of items, so it is weight - 1, unless a has a
/// `freedom` of its own, as `faded` has.
double freedom(const auto& a, double weight) noexcept {
  if constexpr (requires { a.freedom(weight); })
    return a.freedom(weight);
  else
    return weight - 1;
}

template <class M>
constexpr std::string_view member_name() {
  if constexpr (requires { std::string_view(M::name); })
    return M::name;
  else
    return type_name<M>;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_MEMBER_HPP
