#ifndef MILLRACE_MODEL_SELECTION_SEARCH_SPACE_HPP
#define MILLRACE_MODEL_SELECTION_SEARCH_SPACE_HPP

#include <millrace/core/detail/int128.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Fractions, each as likely, from `low` up to `high`.
struct uniform {
  constexpr uniform(double from, double to) noexcept : low(from), high(to) {}

  bool is_sound() const noexcept {
    return low < high && detail::math::is_finite(low) && detail::math::is_finite(high - low);
  }
  double draw(random_engine& random) const noexcept {
    return detail::math::fmin(high, low + (high - low) * random.uniform());
  }

  double low;
  double high;
};

/// Fractions whose logarithms are each as likely: for rates and prices, whose magnitude is what one looks for.
struct log_uniform {
  constexpr log_uniform(double from, double to) noexcept : low(from), high(to) {}

  bool is_sound() const noexcept { return 0 < low && low < high && detail::math::is_finite(high); }
  double draw(random_engine& random) const noexcept {
    const double from = detail::math::log(low);
    const double drawn = detail::math::exp(from + (detail::math::log(high) - from) * random.uniform());
    return detail::math::fmax(low, detail::math::fmin(high, drawn));
  }

  double low;
  double high;
};

/// Whole numbers, each as likely, from `first` up to and with `last`.
struct whole_numbers {
  constexpr whole_numbers(std::int64_t from, std::int64_t to) noexcept : first(from), last(to) {}

  bool is_sound() const noexcept { return first <= last; }
  std::int64_t draw(random_engine& random) const noexcept {
    const std::uint64_t more = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
    const std::uint64_t drawn = more == ~std::uint64_t{0} ? random() : random.below(more + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + drawn);
  }

  std::int64_t first;
  std::int64_t last;
};

namespace detail {

/// Whether a whole number is one of `Member`'s.
template <std::integral Member, std::integral Value>
constexpr bool can_hold(Value number) noexcept {
  using limits = std::numeric_limits<Member>;
  return static_cast<int128>((limits::min)()) <= static_cast<int128>(number) &&
         static_cast<int128>(number) <= static_cast<int128>((limits::max)());
}

template <class Value>
struct choices {
  std::vector<Value> values;

  bool is_sound() const noexcept { return !values.empty(); }
  Value draw(random_engine& random) const { return values[static_cast<std::size_t>(random.below(values.size()))]; }
};

template <class Distribution>
using drawn_from =
    std::remove_cvref_t<decltype(std::declval<const Distribution&>().draw(std::declval<random_engine&>()))>;

/// Whether what a distribution draws fits a member: a fraction no whole number, a number no bool, a text no number.
template <class Distribution, class Member>
concept draws_for =
    requires { typename drawn_from<Distribution>; } && std::convertible_to<drawn_from<Distribution>, Member> &&
    !(std::integral<Member> && std::floating_point<drawn_from<Distribution>>) &&
    (std::same_as<Member, bool> <= std::same_as<drawn_from<Distribution>, bool>);

/// A member of the options and what its values are drawn from.
template <class Options, class Member, class Distribution>
struct varied {
  using options_type = Options;
  Member Options::* member;
  Distribution from;

  /// Whether there is something to draw, and the member can hold all whole numbers that may be drawn.
  bool is_sound() const noexcept {
    bool sound = from.is_sound();
    if constexpr (std::same_as<Distribution, model::whole_numbers> && std::integral<Member>) {
      sound = sound && can_hold<Member>(from.first) && can_hold<Member>(from.last);
    } else if constexpr (std::integral<Member> && std::integral<drawn_from<Distribution>> &&
                         requires { from.values.size(); }) {
      for (const drawn_from<Distribution> value : from.values) sound = sound && can_hold<Member>(value);
    }
    return sound;
  }
  void draw(Options& to, random_engine& random) const { to.*member = static_cast<Member>(from.draw(random)); }
  void spend(Options&, std::size_t) const noexcept {}
};

/// A member that says how much is spent on a trial.
template <class Options, class Member>
struct spent {
  using options_type = Options;
  Member Options::* member;

  bool is_sound() const noexcept { return true; }
  bool can_spend(std::size_t resource) const noexcept { return can_hold<Member>(resource); }
  void draw(Options&, random_engine&) const noexcept {}
  void spend(Options& to, std::size_t resource) const noexcept { to.*member = static_cast<Member>(resource); }
};

template <class Item, class Options>
concept varies = requires(const Item& item, Options& options, random_engine& random) {
  item.draw(options, random);
  item.spend(options, std::size_t{1});
  { item.is_sound() } -> std::same_as<bool>;
};

}  // namespace detail

/// One of these values, each as likely; they have the type that all convert to, so `one_of(0, 0.5)` is of fractions.
template <class Value, class... More>
detail::choices<std::common_type_t<Value, More...>> one_of(Value first, More... more) {
  using common = std::common_type_t<Value, More...>;
  return {{static_cast<common>(std::move(first)), static_cast<common>(std::move(more))...}};
}

/// Lets a member of the options vary: `vary(&boosting_options::leaves, whole_numbers(7, 255))`.
template <class Options, class Member, class Distribution>
detail::varied<Options, Member, Distribution> vary(Member Options::* member, Distribution from) {
  static_assert(
      detail::draws_for<Distribution, Member>,
      "millrace[SELECTION-1]: the member cannot hold what is drawn for it: a whole number takes whole_numbers "
      "or one_of, a fraction also uniform and log_uniform");
  return {member, std::move(from)};
}

/// The member that what `random_search` spends on a trial is written to: `spend(&boosting_options::rounds)`.
template <class Options, std::integral Member>
detail::spent<Options, Member> spend(Member Options::* member) {
  return {member};
}

/// Options of which some vary: the others are those of `base`.
///
///     mr::model::search_space space(mr::model::boosting_options{.seed = 7},
///                                   mr::model::vary(&mr::model::boosting_options::leaves, mr::model::whole_numbers(7,
///                                   255)), mr::model::vary(&mr::model::boosting_options::l2,
///                                   mr::model::log_uniform(1e-3, 100)),
///                                   mr::model::spend(&mr::model::boosting_options::rounds));
template <class Options, class... Items>
class search_space {
  static_assert(
      (detail::varies<Items, Options> && ...),
      "millrace[SELECTION-2]: a search space takes options and then vary(...) and spend(...) of members of these "
      "options");

 public:
  using options_type = Options;

  explicit search_space(Options base, Items... items) : base_(std::move(base)), items_(std::move(items)...) {}

  /// The options of one trial. The same seed gives the same.
  Options draw(std::uint64_t seed) const {
    random_engine random(seed);
    Options drawn = base_;
    std::apply([&](const Items&... item) { (item.draw(drawn, random), ...); }, items_);
    return drawn;
  }
  /// Writes how much is spent where `spend` said.
  void spend(Options& to, std::size_t resource) const {
    std::apply([&](const Items&... item) { (item.spend(to, resource), ...); }, items_);
  }
  /// Errors: invalid_argument, with the number of the item from 0: nothing to draw from, or ends that the member cannot
  /// hold. `most`: the most that is spent on a trial, which the member of `spend` has to hold.
  result<void> usable(std::size_t most = 0) const {
    std::size_t at = 0, wrong = sizeof...(Items);
    const auto is_sound = [most](const auto& item) {
      if constexpr (requires { item.can_spend(most); })
        return item.is_sound() && item.can_spend(most);
      else
        return item.is_sound();
    };
    std::apply(
        [&](const Items&... item) { ((wrong = wrong == sizeof...(Items) && !is_sound(item) ? at : wrong, ++at), ...); },
        items_);
    if (wrong == sizeof...(Items)) return {};
    return error(errc::invalid_argument, "search space: there is nothing to draw from for item " +
                                             std::to_string(wrong) + ", or its member cannot hold it");
  }

 private:
  Options base_;
  std::tuple<Items...> items_;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SELECTION_SEARCH_SPACE_HPP
