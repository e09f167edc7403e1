#ifndef MILLRACE_AGGREGATE_MEMBERS_DETAIL_STATES_HPP
#define MILLRACE_AGGREGATE_MEMBERS_DETAIL_STATES_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/aggregate/kernels/detail/weighted_kernel.hpp>
#include <millrace/aggregate/members/member.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

struct propagate_nan;

namespace detail {

/// Numbers up to this size are summed as they come; of larger ones the sums of differences may overflow.
inline constexpr double huge = 1e300;
/// Spans shorter than this are updated item by item: setting up a pass over a block costs more.
inline constexpr std::size_t least_block = 48;

inline bool is_ordinary(double x) noexcept { return x <= huge && x >= -huge; }
inline bool is_ordinary(const xy& p) noexcept { return is_ordinary(p.x) && is_ordinary(p.y); }
/// Texts, whole numbers and the like are all ordinary.
template <class T>
constexpr bool is_ordinary(const T&) noexcept {
  return true;
}
inline bool has_nan(double x) noexcept { return x != x; }
inline bool has_nan(const xy& p) noexcept { return has_nan(p.x) || has_nan(p.y); }
template <class T>
constexpr bool has_nan(const T&) noexcept {
  return false;
}
inline bool is_infinite(double x) noexcept {
  constexpr double most = (std::numeric_limits<double>::max)();
  return x > most || x < -most;
}
inline bool is_infinite(const xy& p) noexcept { return is_infinite(p.x) || is_infinite(p.y); }
template <class T>
constexpr bool is_infinite(const T&) noexcept {
  return false;
}

inline bool is_weight(double w) noexcept { return w > 0 && !is_infinite(w); }

/// The error for an item that `reject_nan` refuses.
[[gnu::cold]] inline error refused(std::uint64_t index) {
  return error(errc::not_finite,
               "item " + std::to_string(index) + " is NaN, or its weight is not a finite number above zero");
}

/// What every aggregate counts.
struct tally {
  std::uint64_t items = 0;  // without those of `nans`
  std::uint64_t nans = 0;   // items that were NaN or had an impossible weight
  std::uint64_t plus = 0;   // items that were +infinity; they are among `items`
  std::uint64_t minus = 0;  // items that were -infinity; likewise

  std::uint64_t seen() const noexcept { return items + nans; }
  double infinities() const noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return (plus != 0 ? infinity : 0.0) - (minus != 0 ? infinity : 0.0);
  }
  void add_infinities(double x) noexcept {
    if (is_infinite(x)) ++(x > 0 ? plus : minus);
  }
  void add_infinities(const xy& p) noexcept {
    if (!is_infinite(p)) return;
    ++plus;  // both, so that every figure about the pairs is NaN from here on
    ++minus;
  }
  template <class T>
  void add_infinities(const T&) noexcept {}
  void merge(const tally& other) noexcept {
    items += other.items;
    nans += other.nans;
    plus += other.plus;
    minus += other.minus;
  }
  void unmerge(const tally& other) noexcept {
    items -= other.items;
    nans -= other.nans;
    plus -= other.plus;
    minus -= other.minus;
  }
  void save(envelope_writer& to) const {
    for (const std::uint64_t n : {items, nans, plus, minus}) to.u64(n);
  }
  bool load(envelope_reader& from) {
    items = from.u64();
    nans = from.u64();
    plus = from.u64();
    minus = from.u64();
    return plus <= items && minus <= items && nans <= ~items;
  }
};

template <class S, class T>
concept takes_item = !aggregator<S> && requires(S& s, const stream_item<T>& one) { s.update(one); };
template <class S, class T>
concept takes_weight = takes_item<S, T> || requires(S& s, const T& x) { s.update(x, weight(1)); };
template <class S, class T>
concept takes = takes_item<S, T> || requires(S& s, const T& x) { s.update(x); };
/// A state that takes in the figures of a pass over a block, `absorb`, in place of the items.
template <class S, class T>
concept is_fused = std::is_same_v<T, double> && requires(S& s, const block_figures& found, const double* items,
                                                         merge_offset at) { s.absorb(found, items, 1, at); };
template <class S>
concept can_scale = requires(S& s) { s.scale(0.5); };
template <class S>
concept merge_can_fail = requires(S& s, const S& other) {
  { s.merge(other) } -> std::same_as<result<void>>;
};
template <class S>
concept is_finite_only = requires { requires S::finite_only; };

/// Updates a state with one item, by the fullest form of `update` that the state has.
template <bool Weighted, class S, class T>
[[gnu::always_inline]] inline void feed(S& state, const stream_item<T>& one) {
  if constexpr (takes_item<S, T>)
    state.update(one);
  else if constexpr (Weighted)
    state.update(one.value, weight(one.weight));
  else
    state.update(one.value);
}

/// Updates a state with an item that is infinite, or finite and beyond `huge`.
template <class S, class T>
void feed_rare(S& state, const stream_item<T>& one, bool infinite) {
  if constexpr (is_finite_only<S>)
    if (infinite) return;
  if constexpr (requires { state.update_huge(one.value, one.weight); })
    state.update_huge(one.value, one.weight);
  else
    feed<takes_weight<S, T>>(state, one);
}

/// Updates a state with a block of ordinary items; `before`: the index of the first one.
template <class S, class T>
void feed_block(S& state, std::span<const T> items, std::uint64_t before) {
  if constexpr (requires { state.update(items); })
    state.update(items);
  else
    for (std::size_t i = 0; i < items.size(); ++i) feed<false>(state, stream_item<T>{items[i], 1, before + i});
}

template <class S, class T>
void feed_weighted_block(S& state, std::span<const T> items, std::span<const double> weights, std::uint64_t before) {
  if constexpr (requires { state.update(items, weights); })
    state.update(items, weights);
  else
    for (std::size_t i = 0; i < items.size(); ++i) feed<true>(state, stream_item<T>{items[i], weights[i], before + i});
}

template <class S>
void merge_state(S& into, const S& later, merge_offset at) {
  if constexpr (requires { into.merge(later, at); })
    into.merge(later, at);
  else
    into.merge(later);
}

/// The closed form of a state: what is left of it when its block in the making is merged into the rest. The state's
/// `closed_type`, or the state itself.
template <class S>
struct closed {
  using type = S;
};
template <class S>
requires requires { typename S::closed_type; }
struct closed<S> {
  using type = typename S::closed_type;
};
template <class S>
decltype(auto) close(const S& state) {
  if constexpr (requires { state.closed(); })
    return state.closed();
  else
    return (state);
}

template <class M, class State>
struct kept_state {
  State state;
};

template <class M, class T, bool Closed>
using slot_state = std::conditional_t<Closed, typename closed<state_t<M, T>>::type, state_t<M, T>>;

/// The first of Ms whose state covers M's; void if none does.
template <class M, class... Ms>
struct state_covering {
  using type = void;
};
template <class M, class First, class... Rest>
struct state_covering<M, First, Rest...>
    : std::conditional_t<covers<First, M>, std::type_identity<First>, state_covering<M, Rest...>> {};

/// The states of an aggregate, or if `Closed` of its snapshot, one for each member of the list.
template <class T, bool Closed, class List>
struct state_set;
template <class T, bool Closed, class... Ms>
struct state_set<T, Closed, members<Ms...>> : kept_state<Ms, slot_state<Ms, T, Closed>>... {
  template <class M>
  using state_of = slot_state<M, T, Closed>;

  static constexpr bool invertible = (aggregator_traits<state_t<Ms, T>>::invertible && ...);
  static constexpr bool exactly_invertible = (aggregator_traits<state_t<Ms, T>>::exactly_invertible && ...);
  static constexpr bool commutative = (aggregator_traits<state_t<Ms, T>>::commutative && ...);
  static constexpr bool fusable = (is_fused<state_t<Ms, T>, T> && ...);
  static constexpr bool weighable = (takes_weight<state_t<Ms, T>, T> && ...);
  static constexpr bool scalable = (can_scale<state_of<Ms>> && ...);
  static constexpr bool merging_can_fail = (merge_can_fail<state_of<Ms>> || ...);

  template <class M>
  static constexpr unsigned figures_of() {
    if constexpr (is_fused<state_t<M, T>, T>)
      return state_t<M, T>::figures;
    else
      return 0;
  }
  /// What a pass over a block must find for all states together.
  static constexpr unsigned figures = (figures_of<Ms>() | ... | 0U);

  template <class M>
  state_of<M>& at() noexcept {
    return static_cast<kept_state<M, state_of<M>>&>(*this).state;
  }
  template <class M>
  const state_of<M>& at() const noexcept {
    return static_cast<const kept_state<M, state_of<M>>&>(*this).state;
  }

  /// The member whose state serves M.
  template <class M>
  using found = typename state_covering<M, Ms...>::type;

  /// The states' names as the saved form has them: they decide what its bytes mean.
  static std::string names() {
    std::string all;
    ((all += all.empty() ? "" : ",", all += member_name<Ms>()), ...);
    return all;
  }

  template <class F>
  [[gnu::always_inline]] void for_each(F&& f) {
    (f(at<Ms>()), ...);
  }

  template <class Sketch>
  void set(Sketch sketch) {
    static_assert(lists<members<Ms...>, Sketch>,
                  "millrace[AGGREGATE-6]: an argument of the constructor is no member of this aggregate");
    at<Sketch>() = std::move(sketch);
  }
  /// Becomes the closed forms of an aggregate's states.
  void take(const state_set<T, false, members<Ms...>>& open) { ((at<Ms>() = close(open.template at<Ms>())), ...); }

  void merge(const state_set& later, [[maybe_unused]] merge_offset at_join) {
    (merge_state(at<Ms>(), later.template at<Ms>(), at_join), ...);
  }
  /// `merge` where that of a state may fail: stops at the first error, with some states merged.
  result<void> try_merge(const state_set& later, merge_offset at_join) {
    result<void> done;
    [[maybe_unused]] const auto one = [&](auto& into, const auto& from) {
      if (!done) return;
      if constexpr (merge_can_fail<std::remove_cvref_t<decltype(into)>>)
        done = into.merge(from);
      else
        merge_state(into, from, at_join);
    };
    (one(at<Ms>(), later.template at<Ms>()), ...);
    return done;
  }
  void unmerge(const state_set<T, true, members<Ms...>>& part) { (at<Ms>().unmerge(part.template at<Ms>()), ...); }
  void scale(double factor) { (at<Ms>().scale(factor), ...); }

  void save(envelope_writer& to) const {
    [[maybe_unused]] const auto one = [&](const auto& kept) {
      if constexpr (aggregator<std::remove_cvref_t<decltype(kept)>>)
        to.block(kept.save());
      else
        kept.save(to);
    };
    (one(at<Ms>()), ...);
  }
  /// Returns the error of the first aggregator among the states that cannot be loaded. Sets `valid` to false if the
  /// numbers of any other state contradict each other.
  result<void> load(envelope_reader& from, bool& valid) {
    result<void> done;
    [[maybe_unused]] const auto one = [&](auto& kept) {
      using state_type = std::remove_cvref_t<decltype(kept)>;
      if constexpr (aggregator<state_type>) {
        if (!done) return;
        auto made = state_type::load(from.block());
        if (made)
          kept = *std::move(made);
        else
          done = std::move(made).error();
      } else {
        valid = kept.load(from) && valid;
      }
    };
    (one(at<Ms>()), ...);
    return done;
  }
};

/// May M be asked for: are the states that it needs among these?
template <class M, class States>
constexpr bool answerable() {
  if constexpr (has_needs<M>) {
    constexpr bool all = []<class... Ns>(members<Ns...>) {
      return (answerable<Ns, States>() && ...);
    }(typename M::needs{});
    return all && (!has_state<M, double> || !std::is_void_v<typename States::template found<M>>);
  } else if constexpr (has_state<M, double> || has_state<M, xy> || is_its_own_state<M>) {
    return !std::is_void_v<typename States::template found<M>>;
  } else {
    return true;
  }
}

struct has_value_name {
  int value;
};
template <class M>
struct value_beside : M, has_value_name {};
/// Does M have something called `value`? Naming M::value would deduce its return type, which needs an aggregate; so
/// this asks whether the name is ambiguous in a class that inherits another `value` beside M's.
template <class M>
concept has_value = std::is_final_v<M> || !requires { &value_beside<M>::value; };

template <class M>
inline constexpr bool is_member = [] {
  if constexpr (aggregator<M>)
    return true;
  else if constexpr (std::is_empty_v<M>)
    return has_needs<M> || has_state<M, double> || has_state<M, xy> || has_value<M>;
  else
    return false;
}();

/// Do the states of all that a member stands on take items of type T?
template <class T, class List>
inline constexpr bool all_take = false;
template <class T, class... Ms>
inline constexpr bool all_take<T, members<Ms...>> = [] {
  [[maybe_unused]] constexpr auto one = []<class M>(std::type_identity<M>) {
    if constexpr (is_member<M> && keeps_state<M, T>)
      return takes<state_t<M, T>, T>;
    else
      return true;
  };
  return (one(std::type_identity<Ms>{}) && ...);
}();

/// Checks one member of an aggregate over items of type T; its assertions say what is wrong with it.
template <class M, class T>
struct required {
  static_assert(is_member<M>,
                "millrace[AGGREGATE-3]: a member must be an empty type with `needs`, `state` or `value`, or an "
                "aggregator: a copyable class with update, merge, save and load. A NaN policy comes first in "
                "mr::basic_aggregate<mr::reject_nan, ...>; a window stands outside: "
                "mr::windowed<mr::sliding_count<100>, mr::aggregate<...>>");
  static_assert(
      !is_member<M> || all_take<T, typename closure_of<members<>, M>::type>,
      "millrace[AGGREGATE-5]: a member cannot be updated with the aggregate's items; if another member makes it "
      "an aggregate of pairs, write mr::of_x<...> or mr::of_y<...> around those that are about one of the two");
  static constexpr bool ok = is_member<M>;
};

template <template <class...> class Template, class M>
inline constexpr bool is_of_template = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_of_template<Template, Template<Args...>> = true;

/// A copy of what `get` returned that is valid without the aggregate: no reference, and no query that refers to a
/// sketch in the aggregate.
template <class Answer>
auto owned(Answer&& answer) {
  if constexpr (requires { answer.owned(); })
    return answer.owned();
  else
    return std::remove_cvref_t<Answer>(std::forward<Answer>(answer));
}

/// What `get` returns after a static_assert has said why it cannot return a value. It converts to everything, so that
/// no further errors bury the message.
struct no_answer {
  template <class T>
  operator T() const;
};

/// A sketch that Aggregate's constructor takes as an argument. The comparison stands first: to ask whether Aggregate
/// itself is an aggregator would need its copy constructor while that is being looked for.
template <class S, class Aggregate>
concept sketch_for = !std::is_same_v<S, Aggregate> && aggregator<S>;

/// The first of Ms that is made from Template; void if none is.
template <template <class...> class Template, class... Ms>
struct member_made_from {
  using type = void;
};
template <template <class...> class Template, class M, class... Rest>
struct member_made_from<Template, M, Rest...>
    : std::conditional_t<is_of_template<Template, M>, std::type_identity<M>, member_made_from<Template, Rest...>> {};

/// The only member of Ms that is made from Template; void after a static_assert if there is none or more than one.
template <template <class...> class Template, class... Ms>
struct only_member_of {
  static constexpr bool single = (std::size_t{is_of_template<Template, Ms>} + ... + 0) == 1;
  static_assert(single,
                "millrace[AGGREGATE-7]: get<...>: not exactly one member of the aggregate is made from that template");
  using type = std::conditional_t<single, typename member_made_from<Template, Ms...>::type, void>;
};

/// What `get<M>()` returns. `kept` is the aggregate whose states and NaN policy decide whether M may be asked for, and
/// under `propagate_nan` whether a number is NaN; `asked` is what M::value computes from: `kept` itself, or a view of
/// it such as `faded`, whose `get` and `freedom` differ.
template <class M>
decltype(auto) answer_of(const auto& asked, const auto& kept) {
  using aggregate_type = std::remove_cvref_t<decltype(kept)>;
  using states = typename aggregate_type::states;
  if constexpr (std::is_void_v<M>) {
    return no_answer();
  } else if constexpr (!answerable<M, states>()) {
    static_assert(answerable<M, states>(),
                  "millrace[AGGREGATE-4]: get<...>: this aggregate does not keep what that member needs; add it to the "
                  "aggregate's members");
    return no_answer();
  } else if constexpr (is_its_own_state<M>) {
    return kept.template state<M>();
  } else if constexpr (aggregate_type::propagates && std::is_same_v<decltype(M::value(asked)), double>) {
    return kept.skipped() == 0 ? M::value(asked) : std::numeric_limits<double>::quiet_NaN();
  } else {
    return M::value(asked);
  }
}

/// Calls what a member returned with `place`, for members that return a function of a place, as `quantiles` does.
template <class Answer>
auto answer_at(const Answer& answer, double place) {
  if constexpr (std::is_invocable_v<const Answer&, double>) {
    return answer(place);
  } else {
    static_assert(std::is_same_v<Answer, no_answer>,
                  "millrace[SKETCH-15]: get<Member>(place): only `quantiles` is asked at a place; write get<Member>()");
    return no_answer();
  }
}

/// What an aggregate and its snapshot have in common: the states, the counts, and the members' values.
template <bool Closed, class Policy, class... Ms>
class answers {
 public:
  using sample = typename sample_of<Ms...>::type;
  static_assert((required<Ms, sample>::ok && ...));
  using states = state_set<sample, Closed, resolved<sample, Ms...>>;
  /// Does one item that is NaN make every member that is a double NaN?
  static constexpr bool propagates = std::is_same_v<Policy, propagate_nan>;
  template <template <class...> class Template>
  using made_from = typename only_member_of<Template, Ms...>::type;
  /// Does `get<M>()` compile?
  template <class M>
  static constexpr bool keeps = answerable<M, states>();

  /// Returns the member's value. M need not be on the aggregate's list, as long as the states that it needs are kept. A
  /// returned reference to a sketch, or a query that refers to one, is valid while the aggregate lives and is not
  /// changed; of a temporary aggregate a copy is returned.
  template <class M>
  decltype(auto) get() const& {
    return answer_of<M>(*this, *this);
  }
  template <class M>
  auto get() const&& {
    return owned(answer_of<M>(*this, *this));
  }
  /// The same for the only member that is made from this template: `get<mr::quantiles>()`.
  template <template <class...> class Template>
  decltype(auto) get() const& {
    return answer_of<made_from<Template>>(*this, *this);
  }
  template <template <class...> class Template>
  auto get() const&& {
    return owned(answer_of<made_from<Template>>(*this, *this));
  }

  /// The member's value at a place: `get<mr::quantiles>(0.99)` is `get<mr::quantiles>()(0.99)`.
  template <class M>
  auto get(double place) const {
    return detail::answer_at(get<M>(), place);
  }
  template <template <class...> class Template>
  auto get(double place) const {
    return detail::answer_at(get<Template>(), place);
  }

  /// What a member keeps, in its closed form where it has one. For `value` functions of members.
  template <class M>
  decltype(auto) state() const {
    return close(states_.template at<typename states::template found<M>>());
  }

  /// How many items were counted; under `propagate_nan` those that are NaN are among them.
  std::uint64_t items() const noexcept { return propagates ? tally_.seen() : tally_.items; }
  /// The sum of the infinite items: 0 if there were none, an infinity, or NaN if there were both infinities.
  double infinities() const noexcept { return tally_.infinities(); }
  /// How many items were NaN, or had a weight that is negative or not finite; the NaN policy says what became of them.
  std::uint64_t skipped() const noexcept { return tally_.nans; }

 protected:
  answers() = default;

  tally tally_;
  states states_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_DETAIL_STATES_HPP
