#ifndef MILLRACE_DELIVER_ROLLOUT_STRATEGY_HPP
#define MILLRACE_DELIVER_ROLLOUT_STRATEGY_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/deliver/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Shares are counted in millionths, so that they are compared and saved exactly.
inline constexpr std::uint32_t whole_share = 1'000'000;

/// A number of percent, with at most four decimals, as a template takes it: `canary<0.5, 5, 100>`.
struct percent {
  std::int64_t millionths = 0;

  template <class Number>
  requires std::is_arithmetic_v<Number>
  constexpr percent(Number number) noexcept
      : millionths(static_cast<std::int64_t>(static_cast<double>(number) * 10'000 + (number < Number() ? -.5 : .5))) {}
};

/// The steps of a strategy: which share of the requests the candidate gets in each, in millionths. The last is the
/// whole.
struct strategy_steps {
  /// The strategy with its numbers: `canary<5, 25, 100>`.
  std::string name;
  const std::uint32_t* shares = nullptr;
  std::size_t count = 0;

  std::uint32_t operator[](std::size_t step) const noexcept { return shares[step]; }
  std::size_t last() const noexcept { return count - 1; }
};

/// A way from the first request that a candidate gets to all of them: `canary`, `blue_green`, `rolling`, or one of your
/// own.
///
/// Law: the shares ascend, there are at least two, and the last alone is `whole_share`.
template <class S>
concept rollout_strategy = requires {
  { S::steps() } -> std::same_as<strategy_steps>;
};

namespace detail {

template <class List>
constexpr bool ascends(const List& list) noexcept {
  for (std::size_t i = 1; i < sizeof list / sizeof *list; ++i)
    if (!(list[i - 1].millionths < list[i].millionths)) return false;
  return true;
}

/// A number of millionths as percent: 2.5 for 25,000.
inline std::string percent_of(std::uint32_t millionths) {
  std::string text = std::to_string(millionths / 10'000);
  std::string digits = std::to_string(millionths % 10'000 + 10'000).substr(1);
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return digits.empty() ? text : text + '.' + digits;
}

/// `kind<a, b, c>` for texts of numbers.
template <class Text>
std::string strategy_name(std::string_view kind, std::size_t count, const Text& text) {
  std::string name(kind);
  for (std::size_t i = 0; i < count; ++i) name.append(i == 0 ? "<" : ", ").append(text(i));
  return name + '>';
}

template <percent... Steps>
struct canary_steps {
  static_assert(requirement<(sizeof...(Steps) > 1), canary_steps>,
                "millrace[ROLLOUT-1]: a canary has a step or more before the whole, to be judged by: canary<5, 100>");
  static_assert(requirement<((Steps.millionths > 0 && Steps.millionths <= whole_share) && ...), canary_steps>,
                "millrace[ROLLOUT-2]: a step is a number of percent above 0 and up to 100");
  static constexpr percent list[sizeof...(Steps) + 1] = {Steps..., percent(101)};
  static_assert(requirement<ascends(list), canary_steps>,
                "millrace[ROLLOUT-3]: each step of a canary is greater than the one before");
  static_assert(
      requirement<(sizeof...(Steps) == 0 || list[sizeof...(Steps) - (sizeof...(Steps) != 0)].millionths == whole_share),
                  canary_steps>,
      "millrace[ROLLOUT-4]: the last step of a canary is 100 percent, which is the promotion");
  static constexpr std::uint32_t shares[sizeof...(Steps) + 1] = {static_cast<std::uint32_t>(Steps.millionths)..., 0};
};

template <std::uint32_t... Batches>
struct rolling_steps {
  static_assert(
      requirement<(sizeof...(Batches) > 1 && ((Batches != 0) && ...)), rolling_steps>,
      "millrace[ROLLOUT-5]: a rolling release has two batches or more, of an instance or more: rolling<1, 4>");
  static constexpr std::uint32_t instances = (Batches + ... + 0);
  struct list {
    std::uint32_t shares[sizeof...(Batches) + 1] = {};
  };
  static constexpr list made = [] {
    constexpr std::uint32_t batches[sizeof...(Batches) + 1] = {Batches..., 0};
    list to;
    std::uint64_t moved = 0;
    for (std::size_t i = 0; i < sizeof...(Batches); ++i)
      to.shares[i] = static_cast<std::uint32_t>((moved += batches[i]) * whole_share / (instances != 0 ? instances : 1));
    return to;
  }();
};

}  // namespace detail

/// The candidate gets these shares of the requests, in percent, one after the other; 100 is the promotion.
template <percent... Steps>
struct canary {
  static constexpr std::size_t size = sizeof...(Steps);

  static strategy_steps steps() {
    using list = detail::canary_steps<Steps...>;
    static_cast<void>(sizeof(list));
    return {detail::strategy_name("canary", sizeof...(Steps),
                                  [](std::size_t i) { return detail::percent_of(list::shares[i]); }),
            list::shares, sizeof...(Steps)};
  }
};

/// The candidate stands ready without a request, and then has all of them at once. Since no request tells what it is
/// worth until then, the switch takes an approval, or a verdict from elsewhere, such as a shadow's.
struct blue_green {
  static constexpr std::size_t size = 2;

  static strategy_steps steps() {
    static constexpr std::uint32_t shares[] = {0, whole_share};
    return {"blue_green", shares, 2};
  }
};

/// Instances move to the candidate in batches, each with all of its requests: `rolling<1, 2, 2>` of five.
template <std::uint32_t... Batches>
struct rolling {
  static constexpr std::size_t size = sizeof...(Batches);
  static constexpr std::uint32_t instances = (Batches + ... + 0);

  static strategy_steps steps() {
    using list = detail::rolling_steps<Batches...>;
    static_cast<void>(sizeof(list));
    static constexpr std::uint32_t batches[] = {Batches..., 0};
    return {
        detail::strategy_name("rolling", sizeof...(Batches), [](std::size_t i) { return std::to_string(batches[i]); }),
        list::made.shares, sizeof...(Batches)};
  }
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_STRATEGY_HPP
