#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_LOADED_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_LOADED_HPP

#include <millrace/core/result.hpp>
#include <millrace/resilience/caches/cache_options.hpp>

#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

template <class T>
inline constexpr bool is_a_result = false;
template <class T>
inline constexpr bool is_a_result<result<T>> = true;

template <class Value>
timed_value<Value> with_lifetime(timed_value<Value>&& loaded) {
  return std::move(loaded);
}
template <class Value, class Loaded>
requires(!std::is_same_v<std::remove_cvref_t<Loaded>, timed_value<Value>>)
timed_value<Value> with_lifetime(Loaded&& loaded) {
  return {static_cast<Value>(std::forward<Loaded>(loaded)), {}};
}

/// Calls a loader, with the key if it takes one, and returns its value with a lifetime, or its error.
template <class Value, class Lookup, class Loader>
result<timed_value<Value>> loaded_by(Loader& loader, Lookup key) {
  auto loaded = [&] {
    if constexpr (std::is_invocable_v<Loader&, Lookup>)
      return loader(key);
    else
      return loader();
  }();
  if constexpr (is_a_result<decltype(loaded)>) {
    if (!loaded) return std::move(loaded).error();
    return with_lifetime<Value>(*std::move(loaded));
  } else if constexpr (std::is_same_v<decltype(loaded), error>) {
    return loaded;
  } else {
    return with_lifetime<Value>(std::move(loaded));
  }
}

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_LOADED_HPP
