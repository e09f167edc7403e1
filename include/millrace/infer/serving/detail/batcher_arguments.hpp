#ifndef MILLRACE_INFER_SERVING_DETAIL_BATCHER_ARGUMENTS_HPP
#define MILLRACE_INFER_SERVING_DETAIL_BATCHER_ARGUMENTS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/infer/serving/batcher_options.hpp>

#include <cstddef>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

template <class Option>
inline constexpr bool sets_options = requires(batcher_options& in, const Option& option) { option.set(in); };
template <class Option>
inline constexpr bool is_batcher_option =
    sets_options<Option> || clock_policy<Option> || serving_monitor<Option> || std::is_same_v<Option, batcher_options>;
/// Whether an argument, as forwarded, is a monitor that may not outlive the call.
template <class Option>
inline constexpr bool is_unnamed_monitor =
    serving_monitor<std::remove_cvref_t<Option>> && !std::is_lvalue_reference_v<Option>;

template <class...>
inline constexpr bool never = false;
template <class Type>
struct type_is {
  using type = Type;
};
/// The first of the options that is a clock, or the system's.
template <class... Options>
struct clock_among : type_is<steady_clock> {};
template <class First, class... Rest>
struct clock_among<First, Rest...> : std::conditional_t<clock_policy<First>, type_is<First>, clock_among<Rest...>> {};
template <class... Options>
struct monitor_among : type_is<no_monitor> {};
template <class First, class... Rest>
struct monitor_among<First, Rest...>
    : std::conditional_t<serving_monitor<First>, type_is<First>, monitor_among<Rest...>> {};

template <class Option>
void settle(batcher_options& all, const Option& option) noexcept {
  if constexpr (std::is_same_v<Option, batcher_options>)
    all = option;
  else if constexpr (sets_options<Option>)
    option.set(all);
}
/// The options, one set after the other, and made sense of.
template <class... Options>
batcher_options settled(const Options&... options) noexcept {
  constexpr std::size_t max_concurrency = 4096;
  batcher_options all;
  (settle(all, options), ...);
  if (all.max_rows == 0) all.max_rows = 1;
  if (all.concurrency == 0) all.concurrency = 1;
  if (all.concurrency > max_concurrency) all.concurrency = max_concurrency;
  if (all.max_delay.nanoseconds < 0) all.max_delay = duration(0);
  return all;
}

/// The first option of a type, or null.
template <class Wanted>
const Wanted* find_option() noexcept {
  return nullptr;
}
template <class Wanted, class First, class... Rest>
const Wanted* find_option(const First& first, const Rest&... rest) noexcept {
  if constexpr (std::is_same_v<Wanted, First>)
    return &first;
  else
    return find_option<Wanted>(rest...);
}
}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_DETAIL_BATCHER_ARGUMENTS_HPP
