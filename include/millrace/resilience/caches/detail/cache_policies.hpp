#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_POLICIES_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_POLICIES_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/seeded_hash.hpp>
#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/resilience/caches/eviction.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

template <class Key>
concept text_key = std::is_convertible_v<const Key&, std::string_view>;
/// How a key is asked for: texts by any text, without making a key of it.
template <class Key>
using lookup_of = std::conditional_t<text_key<Key>, std::string_view, const Key&>;

template <class Key>
concept has_standard_hash = requires(const Key& key) {
  { std::hash<Key>()(key) } -> std::convertible_to<std::uint64_t>;
};

/// Hashes a key where no policy does.
template <class Key>
struct default_hash {
  std::uint64_t operator()(lookup_of<Key> key, std::uint64_t seed) const {
    if constexpr (text_key<Key>)
      return seeded_hash(std::string_view(key), seed);
    else if constexpr (std::is_integral_v<Key> || std::is_enum_v<Key>)
      return seeded_hash(static_cast<std::uint64_t>(key), seed);
    else
      return seeded_hash(static_cast<std::uint64_t>(std::hash<Key>()(key)), seed);
  }
};
/// Everything weighs one.
struct all_weigh_one {};
/// Nobody is told.
struct tells_nobody {};

/// What a policy of a cache can be, by how it is called.
template <class Key, class Value>
struct cache_kinds {
  template <class P>
  struct is_eviction : std::bool_constant<eviction_policy<P>> {};
  template <class P>
  struct is_clock : std::bool_constant<clock_policy<P>> {};
  template <class P>
      struct is_hash : std::bool_constant < requires(const P& p, lookup_of<Key> key) {
    {p(key)}->std::convertible_to<std::uint64_t>;
  }>{};
  template <class P>
      struct is_weigher : std::bool_constant < requires(const P& p, lookup_of<Key> key, const Value& value) {
    {p(key, value)}->std::convertible_to<std::size_t>;
  }>{};
  template <class P>
      struct is_listener
      : std::bool_constant < requires(const P& p, const Key& key, const Value& value, removal_cause why) {
    {
      p(key, value, why)
    } noexcept;
  }>{};
  template <class P>
  static constexpr bool is_policy =
      is_eviction<P>::value || is_clock<P>::value || is_hash<P>::value || is_weigher<P>::value || is_listener<P>::value;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_POLICIES_HPP
