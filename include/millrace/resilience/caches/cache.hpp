#ifndef MILLRACE_RESILIENCE_CACHES_CACHE_HPP
#define MILLRACE_RESILIENCE_CACHES_CACHE_HPP

#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/resilience/caches/detail/cache_core.hpp>
#include <millrace/resilience/caches/detail/flight.hpp>
#include <millrace/resilience/caches/detail/loaded.hpp>
#include <millrace/resilience/caches/eviction.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Keeps values that are dear to get, for many threads, within a bound.
///
///     mr::resilience::cache<std::string, profile> profiles({.max_weight = 100'000, .ttl = 5min});
///     auto one = profiles.get_or_load(id, [&] { return read_profile(id); });     // result<profile>
///     if (auto kept = profiles.find(id)) use(kept->name);                        // no copy, alive as long as `kept`
///
/// Policies, in any order: how entries leave (`adaptive_eviction`, the default, `s3_fifo` or `lru`), a clock
/// (`coarse_clock`), and callables: a hash (key), a weigher (key, value) and a noexcept listener (key, value,
/// `removal_cause`). `make_cache` deduces them from objects. Guarantee: never heavier than `max_weight`; once a key has
/// been written, invalidated or has expired, no call that begins later returns the value from before, nor does the
/// result of a loader that was at work then come in. Of callers that miss one key together one runs its loader, and all
/// get what it returns. No lock is held while a loader, weigher, hash, listener, clock, copy or destructor runs; the
/// equality of keys that are not trivially copyable runs under one. Complexity: a hit is a look at a table; where key
/// and value are trivially copyable (and the policy is not `lru`), it takes no lock and `get` copies the value;
/// otherwise it locks 1 of `shards` parts for that look. Allocates: never for a hit; an entry's memory is kept and used
/// again. Threads: any number. Fork: the child of a process whose other threads use the cache does not use it, since
/// one of them may have held a lock.
template <class Key, class Value, class... Policies>
class cache : detail::cache_core<Key, Value, Policies...> {
  using core = detail::cache_core<Key, Value, Policies...>;
  using core::count, core::find_hashed, core::hash_of, core::link, core::read_without_lock, core::shard_of, core::time;
  using typename core::entry_id;
  using typename core::farewell;
  using typename core::flight;
  using typename core::flight_use;
  using typename core::prepared;
  using typename core::shard;

 public:
  using key_type = Key;
  using value_type = Value;
  /// How a key is asked for: by std::string_view where keys are texts.
  using lookup = detail::lookup_of<Key>;

  /// A value that stays as it is as long as this object, whatever happens to its entry: `*` and `->` reach it, and it
  /// is false if there was none. It does not outlive the cache.
  using typename core::pinned;

  /// The policies that are not given are made anew.
  template <class... Given>
  explicit cache(const cache_options& options = {}, const Given&... given) : core(options, given...) {}

  const cache_options& options() const noexcept { return options_; }

  /// A copy of the value. What does not copy trivially, or is large, is cheaper by `find`.
  std::optional<Value> get(lookup key) {
    const std::uint64_t hash = hash_of(key);
    if constexpr (core::races) {
      std::optional<Value> found;
      if (read_without_lock(hash, key, found)) [[likely]]
        return found;
    }
    const pinned found = find_hashed(hash, key, nullptr);
    if (!found) return std::nullopt;
    return *found;
  }
  /// The value where it is. A pin costs two atomic additions.
  pinned find(lookup key) { return find_hashed(hash_of(key), key, nullptr); }

  /// The value, or what `loader()` or `loader(key)` returns: a value, a `timed_value`, or a result of either. Its value
  /// is kept, its error is not, unless there is an `error_ttl`. What it throws becomes errc::event_threw.
  /// Errors: the loader's, of whoever ran it; unavailable: this thread, or one that waits for it, runs a loader for
  /// this very key, by way of others of this cache or of other caches. A loader that takes for ever keeps all waiting
  /// that want its key: what it waits for has a time limit.
  template <class Loader>
  result<Value> get_or_load(lookup key, Loader&& loader) {
    const std::uint64_t hash = hash_of(key);
    if constexpr (core::races) {
      std::optional<Value> found;
      if (options_.refresh_after == never && read_without_lock(hash, key, found, false)) return std::move(*found);
    }
    auto found = find_or_load_hashed(hash, key, loader);
    if (!found) return std::move(found).error();
    return **found;
  }
  template <class Loader>
  result<pinned> find_or_load(lookup key, Loader&& loader) {
    return find_or_load_hashed(hash_of(key), key, loader);
  }

  /// Writes a value, in the place of the key's old one. Returns false if it is too heavy to be kept; the old one is
  /// gone then, too.
  template <class From = Value>
  bool insert(lookup key, From&& value, const entry_lifetime& lifetime = {}) {
    const std::uint64_t hash = hash_of(key);
    shard& of = shard_of(hash);
    prepared made(*this, of, hash, key, std::forward<From>(value), lifetime);
    farewell gone(*this, of);
    const detail::sequence_guard locked(of.lock);
    of.count(detail::cache_count::inserts);
    of.detach(hash, key, gone.left);
    const bool is_kept = link(made, key, gone);
    if (is_kept) made.id = detail::no_entry;  // the table has its pin
    return is_kept;
  }

  /// Removes a key. Returns whether it was there. A loader that is at work for it is not waited for by later callers.
  bool invalidate(lookup key) {
    const std::uint64_t hash = hash_of(key);
    shard& of = shard_of(hash);
    farewell gone(*this, of);
    const detail::sequence_guard locked(of.lock);
    of.detach(hash, key, gone.left);
    const entry_id id = of.find(hash, key);
    if (id == detail::no_entry) return false;
    of.unlink(id, removal_cause::invalidated, gone.left);
    return true;
  }
  /// Removes all whose keys are `wanted(key)`, and returns how many those were. What others write meanwhile may stay.
  template <class Wanted>
  std::size_t invalidate_if(Wanted&& wanted) {
    std::size_t removed = 0;
    for (std::size_t i = 0; i < options_.shards; ++i) {
      detach_if(shards_[i], wanted);
      for (entry_id at = 0; invalidate_slice(shards_[i], at, wanted, removed); at += slice) continue;
    }
    return removed;
  }
  std::size_t invalidate_prefix(std::string_view prefix)
  requires detail::text_key<Key>
  {
    return invalidate_if([&](const Key& key) { return std::string_view(key).substr(0, prefix.size()) == prefix; });
  }
  void invalidate_all() {
    invalidate_if([](const Key&) { return true; });
  }
  /// Removes what has expired and nobody asked for since, and returns how many those were. Every write does a little of
  /// that, too.
  std::size_t remove_expired() {
    std::size_t removed = 0;
    const std::uint64_t now = time();
    for (std::size_t i = 0; i < options_.shards; ++i) {
      shard& of = shards_[i];
      for (entry_id at = 0;; at += slice) {
        farewell gone(*this, of);
        const detail::sequence_guard locked(of.lock);
        if (at >= of.entries.size()) break;
        for (entry_id id = at; id < at + slice && id < of.entries.size(); ++id)
          if (of.entries[id].is_linked && shard::is_over(of.entries[id], now)) {
            of.unlink(id, removal_cause::expired, gone.left);
            ++removed;
          }
      }
    }
    return removed;
  }

  /// How many entries there are, expired ones included that nobody has found yet, and what they weigh.
  std::size_t size() const noexcept {
    return core::sum([](const shard& of) { return of.table.size(); });
  }
  std::size_t weight() const noexcept {
    return core::sum([](const shard& of) { return of.weight; });
  }
  cache_statistics statistics() const noexcept {
    const auto total = [&](unsigned which) {
      std::uint64_t all = 0;
      for (const auto& each : counters_) all += each.of[which].load_relaxed();
      for (std::size_t i = 0; i < options_.shards; ++i) all += shards_[i].counts[which].load_relaxed();
      return all;
    };
    cache_statistics made;
    made.hits = total(detail::cache_count::hits);
    made.misses = total(detail::cache_count::misses);
    made.loads = total(detail::cache_count::loads);
    made.load_failures = total(detail::cache_count::load_failures);
    made.refreshes = total(detail::cache_count::refreshes);
    made.inserts = total(detail::cache_count::inserts);
    made.refused = total(detail::cache_count::refused);
    for (unsigned i = 0; i < removal_causes; ++i) made.removals[i] = total(detail::cache_count::removals + i);
    return made;
  }

 private:
  static constexpr entry_id slice = 64;             // entries looked at under one lock
  static constexpr std::size_t most_failures = 64;  // kept by a shard

  template <class Loader>
  result<pinned> find_or_load_hashed(std::uint64_t hash, lookup key, Loader& loader);
  template <class Loader>
  result<pinned> load(std::uint64_t hash, lookup key, Loader& loader, pinned old);
  template <class Loader>
  result<void> run(shard& of, flight& one, lookup key, Loader& loader, pinned& made);
  template <class Wanted>
  void detach_if(shard& of, Wanted& wanted);
  template <class Wanted>
  bool invalidate_slice(shard& of, entry_id from, Wanted& wanted, std::size_t& removed);

  using core::clock_, core::counters_, core::options_, core::shards_;
};

/// A cache of these policies: `make_cache<std::string, image>({.max_weight = 64 << 20}, weigher, listener)`.
template <class Key, class Value, class... Policies>
cache<Key, Value, Policies...> make_cache(const cache_options& options, const Policies&... policies) {
  return cache<Key, Value, Policies...>(options, policies...);
}

template <class Key, class Value, class... Policies>
template <class Loader>
auto cache<Key, Value, Policies...>::find_or_load_hashed(std::uint64_t hash, lookup key, Loader& loader)
    -> result<pinned> {
  bool wants_refresh = false;
  pinned found = find_hashed(hash, key, &wants_refresh);
  if (found && !wants_refresh) return found;
  return load(hash, key, loader, std::move(found));
}

/// Joins the flight of this key, or begins one. With an old value, nobody waits.
template <class Key, class Value, class... Policies>
template <class Loader>
auto cache<Key, Value, Policies...>::load(std::uint64_t hash, lookup key, Loader& loader, pinned old)
    -> result<pinned> {
  shard& of = shard_of(hash);
  flight_use own(of, new flight(key, hash));
  flight_use joined(of, nullptr);
  const std::uint64_t now = options_.error_ttl > duration(0) ? time() : 0;
  {
    farewell gone(*this, of);
    const detail::sequence_guard locked(of.lock);
    joined.one = of.find_flight(hash, key, now, gone.left);
    if (joined.one == nullptr) {
      const entry_id id = old ? detail::no_entry : of.find(hash, key);
      if (id != detail::no_entry) {  // somebody has just put it in
        of.entries[id].pins.add_relaxed(1);
        return pinned(of, id);
      }
      of.list(*own.one);
    }
  }
  if (joined.one == nullptr) {
    pinned made;
    if (old) count(detail::cache_count::refreshes);
    if (auto done = run(of, *own.one, key, loader, made); !done) {
      if (!old) return std::move(done).error();
      of.entries[old.id_].written_at.store_relaxed(time());  // the next attempt is as far away as after a good one
      return old;
    }
    return made;
  }
  if (old) return old;
  if (!joined.one->is_done.load_acquire() && !detail::waiting_threads::everyone().wait_for(*joined.one))
    return error(errc::unavailable,
                 "a cache's loader waits for itself: it asks, by way of others, for the key that it loads");
  if (joined.one->failure) return *joined.one->failure;
  of.entries[joined.one->made].pins.add_relaxed(1);
  return pinned(of, joined.one->made);
}

/// Runs the loader, puts its value in unless the key was written or invalidated meanwhile, and ends the flight.
template <class Key, class Value, class... Policies>
template <class Loader>
result<void> cache<Key, Value, Policies...>::run(shard& of, flight& one, lookup key, Loader& loader, pinned& made) {
  struct ending {  // whatever happens, those who wait are told
    shard& of;
    flight& one;
    ~ending() {
      if (one.made == detail::no_entry && !one.failure)
        one.failure =
            detail::make_owning<error>(errc::cancelled, "the thread that ran the cache's loader was cancelled");
      one.end();
    }
  } last{of, one};
  count(detail::cache_count::loads);
  auto done = detail::guarded(
      [&]() -> result<void> {
        auto loaded = detail::loaded_by<Value, lookup>(loader, key);
        if (!loaded) return std::move(loaded).error();
        prepared next(*this, of, one.hash, key, std::move(loaded->value), loaded->lifetime);
        {
          farewell gone(*this, of);
          const detail::sequence_guard locked(of.lock);
          if (one.is_listed) {
            if (link(next, key, gone)) of.entries[next.id].pins.add_relaxed(1);
            of.detach(one, gone.left);
          }
        }
        of.entries[next.id].pins.add_relaxed(1);
        one.made = next.id;
        made = next.release();
        return {};
      },
      [] { return std::string("a cache's loader"); });
  if (!done) {
    count(detail::cache_count::load_failures);
    one.failure = detail::make_owning<error>(done.error());
    const std::uint64_t now = options_.error_ttl > duration(0) ? time() : 0;
    farewell gone(*this, of);
    const detail::sequence_guard locked(of.lock);
    if (one.is_listed) of.end_failed(one, now, options_.error_ttl, gone.left);
  }
  return done;
}

template <class Key, class Value, class... Policies>
template <class Wanted>
void cache<Key, Value, Policies...>::detach_if(shard& of, Wanted& wanted) {
  std::vector<flight_use> listed;
  for (bool all = false; !all;) {
    std::size_t waiting = 0;
    {
      const detail::sequence_guard locked(of.lock);
      for (flight* each = of.flights; each != nullptr; each = each->next) ++waiting;
      all = waiting <= listed.capacity();
      for (flight* each = of.flights; all && each != nullptr; each = each->next) {
        each->users.add_relaxed(1);
        listed.emplace_back(of, each);  // within the capacity
      }
    }
    if (!all) listed.reserve(waiting + 8);
  }
  for (const flight_use& each : listed) {
    if (!wanted(std::as_const(each.one->key))) continue;
    farewell gone(*this, of);
    const detail::sequence_guard locked(of.lock);
    of.detach(*each.one, gone.left);
  }
}

/// Asks `wanted` about some entries, which are pinned meanwhile. Returns false behind the last.
template <class Key, class Value, class... Policies>
template <class Wanted>
bool cache<Key, Value, Policies...>::invalidate_slice(shard& of, entry_id from, Wanted& wanted, std::size_t& removed) {
  pinned some[slice];
  {
    const detail::sequence_guard locked(of.lock);
    if (from >= of.entries.size()) return false;
    for (entry_id i = 0; i < slice && from + i < of.entries.size(); ++i) {
      if (!of.entries[from + i].is_linked) continue;
      of.entries[from + i].pins.add_relaxed(1);
      some[i] = pinned(of, from + i);
    }
  }
  for (const pinned& each : some) {
    if (!each || !wanted(std::as_const(*of.entries[each.id_].key))) continue;
    farewell gone(*this, of);
    const detail::sequence_guard locked(of.lock);
    if (!of.entries[each.id_].is_linked) continue;
    of.unlink(each.id_, removal_cause::invalidated, gone.left);
    ++removed;
  }
  return true;
}

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_CACHE_HPP
