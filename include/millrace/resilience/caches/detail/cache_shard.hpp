#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_SHARD_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_SHARD_HPP

#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/resilience/caches/detail/cache_policies.hpp>
#include <millrace/resilience/caches/detail/entry_queue.hpp>
#include <millrace/resilience/caches/detail/entry_slab.hpp>
#include <millrace/resilience/caches/detail/flight.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// What a cache counts.
enum cache_count : unsigned { hits, misses, loads, load_failures, refreshes, inserts, refused, removals };
inline constexpr std::size_t cache_counts = removals + removal_causes;

/// A part of a cache with a lock of its own. Its functions are called under the lock, except where they say so, and
/// call nothing of the user's but the equality of keys.
template <class Key, class Value, class Eviction>
struct alignas(64) cache_shard {
  using entry = cache_entry<Key, Value>;
  using slab = entry_slab<entry>;
  using flight_type = flight<Key>;

  /// What left under the lock, so that it is destroyed, and its end told, behind it.
  struct departures {
    entry_id first = no_entry;
    entry_id last = no_entry;
    flight_type* flights = nullptr;
  };

  cache_shard(std::size_t room, std::size_t expected_entries) noexcept
      : expected(expected_entries < 4096 ? expected_entries : 4096),
        entries(expected_entries),
        queues(entries, room),
        max_weight(room) {}

  static constexpr std::size_t most_failures = 64;  // errors that are kept

  static std::uint64_t later(std::uint64_t now, duration by) noexcept {
    const std::uint64_t most = no_deadline - 1;
    const auto length = static_cast<std::uint64_t>(by.nanoseconds);
    return by >= never || length > most - now ? most : now + length;
  }
  static void set_lifetime(entry& one, duration ttl, duration idle, std::uint64_t now) noexcept {
    const bool ends = ttl < never || idle < never;
    // An entry that may not be idle at all: 1 ns, since 0 says that it may be for ever.
    one.idle.store_relaxed(idle < never ? static_cast<std::uint64_t>(idle.nanoseconds) + (idle == duration(0)) : 0);
    one.used_at.store_relaxed(now);
    one.written_at.store_relaxed(now);
    one.deadline.store_release(ends ? later(now, ttl) : no_deadline);
  }
  static bool same(const Key& a, lookup_of<Key> b) {
    if constexpr (text_key<Key>)
      return std::string_view(a) == b;
    else
      return a == b;
  }
  void count(unsigned which) noexcept { counts[which].store_relaxed(counts[which].load_relaxed() + 1); }
  entry_id find(std::uint64_t hash, lookup_of<Key> key) const {
    return table.find(hash, [&](entry_id id) { return same(*entries[id].key, key); });
  }

  static bool is_over(const entry& one, std::uint64_t now) noexcept {
    const std::uint64_t deadline = one.deadline.load_relaxed();
    if (deadline == no_deadline) return false;
    if (now >= deadline) return true;
    const std::uint64_t idle = one.idle.load_relaxed();
    const std::uint64_t used = one.used_at.load_relaxed();
    return idle != 0 && now > used && now - used >= idle;
  }
  /// Notes a use. Also without the lock, where the policy notes hits without it.
  void use(entry_id id, entry& one, std::uint64_t hash) noexcept { queues.used(id, one, hash); }
  /// Notes when an entry was used that may end. Also without the lock.
  static void use_at(entry& one, std::uint64_t now) noexcept {
    if (one.idle.load_relaxed() != 0 && now > one.used_at.load_relaxed()) one.used_at.store_relaxed(now);
  }

  /// Makes room for one entry more; all that allocates while entries come and go.
  void reserve() {
    table.reserve(expected, [&](entry_id id) { return entries[id].hash; });
    queues.reserve(table.size() + 1);
  }
  /// Puts an entry in, in the place of the one of its key, if there is one, and takes over a pin of it. Returns false
  /// if it is too heavy. Precondition: reserve() was called.
  bool link(entry_id id, entry_id replaced, std::uint64_t now, departures& gone) noexcept {
    entry& one = entries[id];
    eviction_place place;
    if (replaced != no_entry) place = unlink(replaced, removal_cause::replaced, gone);
    if (one.weight > max_weight) return false;
    if (replaced == no_entry) place = queues.place_of_new(one.hash, one.weight);
    while (weight > max_weight - one.weight) {
      const entry_id victim = queues.victim();
      queues.evicted(victim);
      unlink(victim, is_over(entries[victim], now) ? removal_cause::expired : removal_cause::evicted, gone);
    }
    queues.insert(id, place);
    one.is_linked = true;
    table.insert(one.hash, id);
    weight += one.weight;
    return true;
  }
  eviction_place unlink(entry_id id, removal_cause why, departures& gone) noexcept {
    entry& one = entries[id];
    table.remove(one.hash, id, [&](entry_id each) { return entries[each].hash; });
    const eviction_place place = queues.remove(id);
    weight -= one.weight;
    one.is_linked = false;
    count(removals + static_cast<unsigned>(why));
    one.cause = static_cast<std::uint8_t>(why);
    one.next = no_entry;
    (gone.first == no_entry ? gone.first : entries[gone.last].next) = id;
    gone.last = id;
    return place;
  }
  /// Looks at the next entries of the slab, and removes those whose time is over.
  void sweep(std::size_t count, std::uint64_t now, departures& gone) noexcept {
    for (; count > 0 && hand < entries.size(); --count, ++hand)
      if (entries[hand].is_linked && is_over(entries[hand], now)) unlink(hand, removal_cause::expired, gone);
    if (hand >= entries.size()) hand = 0;
  }

  /// The flight of a key that a caller may join, with one user more, or null. Errors whose time is over go.
  flight_type* find_flight(std::uint64_t hash, lookup_of<Key> key, std::uint64_t now, departures& gone) {
    for (flight_type** at = &flights; *at != nullptr;) {
      flight_type* const each = *at;
      if (each->is_failed && now >= each->kept_until) {
        leave_list(at, gone);
        continue;
      }
      if (each->hash == hash && same(each->key, key)) {
        each->users.add_relaxed(1);
        return each;
      }
      at = &each->next;
    }
    return nullptr;
  }
  void list(flight_type& one) noexcept {
    one.users.add_relaxed(1);
    one.is_listed = true;
    one.next = flights;
    flights = &one;
  }
  /// A flight ended with an error, which is kept so long; of too many the oldest goes.
  void end_failed(flight_type& one, std::uint64_t now, duration kept, departures& gone) noexcept {
    if (kept <= duration(0)) return detach(one, gone);
    one.is_failed = true;
    one.kept_until = later(now, kept);
    std::size_t failed = 0;
    for (flight_type** at = &flights; *at != nullptr;) {  // the newest first
      if ((*at)->is_failed && ++failed > most_failures)
        leave_list(at, gone);
      else
        at = &(*at)->next;
    }
  }
  /// The flights of a key end outside of the cache: what they load is not put in, and nobody joins them any more.
  void detach(std::uint64_t hash, lookup_of<Key> key, departures& gone) {
    for (flight_type** at = &flights; *at != nullptr;) {
      if ((*at)->hash == hash && same((*at)->key, key))
        leave_list(at, gone);
      else
        at = &(*at)->next;
    }
  }
  void detach(flight_type& one, departures& gone) noexcept {
    for (flight_type** at = &flights; *at != nullptr; at = &(*at)->next)
      if (*at == &one) return leave_list(at, gone);
  }
  void leave_list(flight_type** at, departures& gone) noexcept {
    flight_type* const one = *at;
    *at = one->next;
    one->is_listed = false;
    one->next = gone.flights;
    gone.flights = one;
  }

  std::size_t expected;
  mutable sequence_lock lock;
  entry_table table;
  slab entries;
  typename Eviction::template order<slab> queues;
  std::size_t weight = 0;
  std::size_t max_weight;
  flight_type* flights = nullptr;
  entry_id hand = 0;
  light_atomic<std::uint64_t> counts[cache_counts];  // what is counted under the lock
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_SHARD_HPP
