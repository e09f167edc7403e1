#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_CORE_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_CORE_HPP

#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/detail/thread_slot.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/resilience/caches/detail/cache_policies.hpp>
#include <millrace/resilience/caches/detail/cache_shard.hpp>
#include <millrace/resilience/caches/detail/flight.hpp>
#include <millrace/resilience/caches/eviction.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

template <class Key, class Value, class... Policies>
class cache;

namespace detail {

/// What a cache is without its loaders: the shards, and how entries come, are found and leave.
template <class Key, class Value, class... Policies>
class cache_core {
  using kinds = cache_kinds<Key, Value>;
  static_assert((kinds::template is_policy<Policies> && ...),
                "millrace[CACHE-1]: a cache's policies are adaptive_eviction, s3_fifo or lru, a clock, and callables: "
                "hash(key), weigher(key, "
                "value) and listener(key, value, removal_cause), which is noexcept");

  using eviction = policy_or<kinds::template is_eviction, adaptive_eviction, Policies...>;
  using clock = policy_or<kinds::template is_clock, coarse_clock, Policies...>;
  using hasher = policy_or<kinds::template is_hash, default_hash<Key>, Policies...>;
  using weigher = policy_or<kinds::template is_weigher, all_weigh_one, Policies...>;
  using listener = policy_or<kinds::template is_listener, tells_nobody, Policies...>;
  static constexpr bool weighs = !std::is_same_v<weigher, all_weigh_one>;
  static_assert(!std::is_same_v<hasher, default_hash<Key>> || text_key<Key> || std::is_integral_v<Key> ||
                    std::is_enum_v<Key> || has_standard_hash<Key>,
                "millrace[CACHE-2]: nothing hashes the cache's key: give the cache a hash among its policies, or "
                "std::hash a specialization");

 protected:
  using shard = cache_shard<Key, Value, eviction>;
  using entry = typename shard::entry;
  using flight = typename shard::flight_type;
  using entry_id = std::uint32_t;
  /// Whether a reader can do without the lock.
  static constexpr bool races = eviction::hits_without_lock && racing_room<Key>::can_race &&
                                racing_room<Value>::can_race && sizeof(Key) <= 64 && sizeof(Value) <= 256;

 public:
  using lookup = lookup_of<Key>;

  /// A value that stays as it is as long as this object, whatever happens to its entry. Empty, if there was none. It
  /// does not outlive the cache.
  class pinned {
   public:
    pinned() noexcept = default;
    pinned(pinned&& other) noexcept : of_(other.of_), id_(std::exchange(other.id_, no_entry)) {}
    pinned& operator=(pinned other) noexcept {
      std::swap(of_, other.of_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~pinned() {
      if (id_ != no_entry) unpin(*of_, id_);
    }
    explicit operator bool() const noexcept { return id_ != no_entry; }
    const Value& operator*() const noexcept { return *of_->entries[id_].value; }
    const Value* operator->() const noexcept { return &**this; }

   private:
    friend class cache_core;
    template <class, class, class...>
    friend class resilience::cache;
    /// Takes over a pin.
    pinned(shard& of, entry_id id) noexcept : of_(&of), id_(id) {}
    shard* of_ = nullptr;
    entry_id id_ = no_entry;
  };

 protected:
  template <class... Given>
  explicit cache_core(const cache_options& options, const Given&... given)
      : options_(options),
        clock_(pick_policy<clock>(given...)),
        hash_(pick_policy<hasher>(given...)),
        weigher_(pick_policy<weigher>(given...)),
        listener_(pick_policy<listener>(given...)) {
    static_assert((kinds::template is_policy<Given> && ...),
                  "millrace[CACHE-1]: this argument is no policy of the cache");
    make_sense();
    is_timed_.store_relaxed(options_.ttl < never || options_.idle < never || options_.refresh_after < never);
    const std::size_t room = options_.max_weight / options_.shards;
    const std::size_t expected = weighs ? 64 : room;
    shards_ = static_cast<shard*>(::operator new(options_.shards * sizeof(shard), std::align_val_t(alignof(shard))));
    for (std::size_t i = 0; i < options_.shards; ++i)
      ::new (static_cast<void*>(shards_ + i))
          shard(room + (i < options_.max_weight % options_.shards ? 1 : 0), expected);
  }
  cache_core(const cache_core&) = delete;
  cache_core& operator=(const cache_core&) = delete;
  ~cache_core() {
    for (std::size_t i = 0; i < options_.shards; ++i) {
      shard& of = shards_[i];
      for (entry_id id = 0; id < of.entries.size(); ++id)
        if (of.entries[id].is_linked) destroy(of.entries[id]);
      for (flight* each = of.flights; each != nullptr;) leave(of, std::exchange(each, each->next));
      of.~shard();
    }
    ::operator delete(static_cast<void*>(shards_), std::align_val_t(alignof(shard)));
  }

  struct alignas(64) counters {
    light_atomic<std::uint64_t> of[cache_counts];
  };

  /// A new entry, which is in no table yet.
  struct prepared {
    shard* of;
    entry_id id = no_entry;
    bool has_key = false;
    bool has_value = false;
    std::uint64_t now;

    template <class From>
    prepared(cache_core& in, shard& its_shard, std::uint64_t hash, lookup key, From&& value,
             const entry_lifetime& lifetime)
        : of(&its_shard), now(in.time_of(lifetime)) {
      {
        const sequence_guard locked(of->lock);
        id = of->entries.take();
      }
      struct undo {  // where a copy throws
        prepared* one;
        ~undo() {
          if (one != nullptr) one->give_up();
        }
      } guard{this};
      entry& one = of->entries[id];
      one.key.make(key);
      has_key = true;
      one.value.make(std::forward<From>(value));
      has_value = true;
      one.hash = hash;
      one.weight = in.weight_of(key, *one.value);
      shard::set_lifetime(one, lifetime.ttl.nanoseconds > 0 ? lifetime.ttl : in.options_.ttl,
                          lifetime.idle.nanoseconds > 0 ? lifetime.idle : in.options_.idle, now);
      one.pins.store_relaxed(1);
      guard.one = nullptr;
    }
    prepared(const prepared&) = delete;
    prepared& operator=(const prepared&) = delete;
    ~prepared() {
      if (id != no_entry) unpin(*of, id);
    }
    pinned release() noexcept { return pinned(*of, std::exchange(id, no_entry)); }

   private:
    void give_up() noexcept {
      entry& one = of->entries[id];
      if (has_value) one.value.destroy();
      if (has_key) one.key.destroy();
      of->entries.give_back(std::exchange(id, no_entry));
    }
  };

  /// Destroys what left, behind the lock, and tells the listener.
  struct farewell {
    farewell(cache_core& in, shard& its_shard) noexcept : in_(&in), of(&its_shard) {}
    farewell(const farewell&) = delete;
    farewell& operator=(const farewell&) = delete;
    ~farewell() {
      while (left.first != no_entry) {
        entry& one = of->entries[left.first];
        const entry_id id = std::exchange(left.first, one.next);
        if constexpr (!std::is_same_v<listener, tells_nobody>)
          in_->listener_(*one.key, *one.value, static_cast<removal_cause>(one.cause));
        unpin(*of, id);
      }
      while (left.flights != nullptr) leave(*of, std::exchange(left.flights, left.flights->next));
    }

    cache_core* in_;
    shard* of;
    typename shard::departures left;
  };

  /// One of those that use a flight.
  struct flight_use {
    shard* of = nullptr;
    flight* one = nullptr;

    flight_use(shard& its_shard, flight* its_flight) noexcept : of(&its_shard), one(its_flight) {}
    flight_use(flight_use&& other) noexcept : of(other.of), one(std::exchange(other.one, nullptr)) {}
    ~flight_use() {
      if (one != nullptr) leave(*of, one);
    }
  };

  static void destroy(entry& one) noexcept {
    one.value.destroy();
    one.key.destroy();
  }
  static void unpin(shard& of, entry_id id) noexcept {
    entry& one = of.entries[id];
    if (one.pins.subtract_acq_rel(1) != 1) return;
    destroy(one);
    of.entries.give_back(id);
  }
  static void leave(shard& of, flight* one) noexcept {
    if (one->users.subtract_acq_rel(1) != 1) return;
    if (one->made != no_entry) unpin(of, one->made);
    delete one;
  }

  void make_sense() noexcept {
    constexpr std::size_t most_shards = 1024;
    std::size_t wanted = options_.shards;
    if (wanted == 0) wanted = weighs ? 1 : options_.max_weight >> 10U < 32 ? options_.max_weight >> 10U : 32;
    if (wanted > options_.max_weight) wanted = options_.max_weight;  // each has room for one at least
    std::size_t shards = 1;
    while (2 * shards <= wanted && shards < most_shards) shards *= 2;
    options_.shards = shards;
    if (options_.ttl.nanoseconds < 0) options_.ttl = duration(0);
    if (options_.idle.nanoseconds < 0) options_.idle = duration(0);
    if (options_.refresh_after.nanoseconds < 0) options_.refresh_after = duration(0);
    if (options_.seed == 0) options_.seed = entropy_seed();
  }
  template <class Of>
  std::size_t sum(Of&& of) const noexcept {
    std::size_t all = 0;
    for (std::size_t i = 0; i < options_.shards; ++i) {
      const sequence_guard locked(shards_[i].lock);
      all += of(shards_[i]);
    }
    return all;
  }

  std::uint64_t hash_of(lookup key) const {
    if constexpr (std::is_same_v<hasher, default_hash<Key>>)
      return hash_(key, options_.seed);
    else
      return seeded_hash(static_cast<std::uint64_t>(hash_(key)), options_.seed);
  }
  shard& shard_of(std::uint64_t hash) const noexcept { return shards_[(hash >> 53U) & (options_.shards - 1)]; }
  std::size_t weight_of([[maybe_unused]] lookup key, [[maybe_unused]] const Value& value) const {
    if constexpr (weighs) {
      const auto weight = static_cast<std::size_t>(weigher_(key, value));
      return weight != 0 ? weight : 1;
    } else {
      return 1;
    }
  }

  std::uint64_t time() const noexcept { return clock_.nanoseconds(clock_.ticks()); }
  bool is_timed() const noexcept { return is_timed_.load_relaxed(); }
  std::uint64_t time_if_timed() const noexcept { return is_timed() ? time() : 0; }
  std::uint64_t time_of(const entry_lifetime& lifetime) noexcept {
    if (lifetime.ttl == duration(0) && lifetime.idle == duration(0)) return time_if_timed();
    is_timed_.store_relaxed(true);
    return time();
  }
  void count(unsigned which, std::uint64_t by = 1) noexcept {
    const std::uint32_t slot = millrace::detail::thread_slot();
    auto& counted = counters_[slot].of[which];
    if (slot != millrace::detail::shared_slot) [[likely]]
      counted.store_relaxed(counted.load_relaxed() + by);
    else
      counted.add_relaxed(by);
  }

  bool read_without_lock(std::uint64_t hash, lookup key, std::optional<Value>& found, bool counts_misses = true) {
    return is_timed() ? read<true>(hash, key, found, counts_misses) : read<false>(hash, key, found, counts_misses);
  }
  template <bool may_end>
  bool read(std::uint64_t hash, lookup key, std::optional<Value>& found, bool counts_misses);
  pinned find_hashed(std::uint64_t hash, lookup key, bool* wants_refresh);
  bool link(const prepared& made, lookup key, farewell& gone);

  cache_options options_;
  [[no_unique_address]] clock clock_;
  [[no_unique_address]] hasher hash_;
  [[no_unique_address]] weigher weigher_;
  [[no_unique_address]] listener listener_;
  light_atomic<bool> is_timed_{false};  // some entry may expire
  shard* shards_ = nullptr;
  counters counters_[millrace::detail::shared_slot + 1];
};

/// Returns false where a reader has to take the lock: because of writers, or since the entry's time may be over.
/// `may_end`: without it no entry was to expire when the call began, and no clock is read.
template <class Key, class Value, class... Policies>
template <bool may_end>
bool cache_core<Key, Value, Policies...>::read(std::uint64_t hash, lookup key, std::optional<Value>& found,
                                               bool counts_misses) {
  shard& of = shard_of(hash);
  const std::uint64_t number = of.lock.number();
  if (number % 2 != 0) return false;
  bool is_torn = false;
  entry* at = nullptr;
  std::uint64_t now = 0;
  typename racing_room<Value>::copy value;
  const entry_id id = of.table.find(hash, [&](entry_id each) {
    entry& one = of.entries[each];
    at = &one;
    typename racing_room<Key>::copy stands;
    one.key.read(stands);
    one.value.read(value);
    if constexpr (may_end) is_torn = one.deadline.load_acquire() != no_deadline && shard::is_over(one, now = time());
    is_torn = is_torn || !of.lock.is_still(number);
    return is_torn || shard::same(*stands, key);
  });
  if (is_torn || !of.lock.is_still(number)) return false;
  if (id == no_entry) {
    if (counts_misses) count(misses);
    return counts_misses;
  }
  // Should the entry be another's by now, that one has a use too many, or lives as if it had been used.
  of.use(id, *at, hash);
  if constexpr (may_end) shard::use_at(*at, now);
  count(hits);
  found.emplace(*value);
  return true;
}

template <class Key, class Value, class... Policies>
typename cache_core<Key, Value, Policies...>::pinned cache_core<Key, Value, Policies...>::find_hashed(
    std::uint64_t hash, lookup key, bool* wants_refresh) {
  shard& of = shard_of(hash);
  const std::uint64_t now = time_if_timed();
  pinned found;
  {
    farewell gone(*this, of);
    const sequence_guard locked(of.lock);
    const entry_id id = of.find(hash, key);
    const bool is_there = id != no_entry && !shard::is_over(of.entries[id], now);
    of.count(is_there ? hits : misses);
    if (id != no_entry && !is_there) {
      of.unlink(id, removal_cause::expired, gone.left);
    } else if (is_there) {
      entry& one = of.entries[id];
      of.use(id, one, hash);
      shard::use_at(one, now);
      one.pins.add_relaxed(1);
      found = pinned(of, id);
      if (wants_refresh != nullptr && options_.refresh_after < never) {
        const std::uint64_t written = one.written_at.load_relaxed();
        *wants_refresh = now >= shard::later(written, options_.refresh_after);
      }
    }
  }
  return found;
}

/// The caller holds the lock, and has made room for nothing yet.
template <class Key, class Value, class... Policies>
bool cache_core<Key, Value, Policies...>::link(const prepared& made, lookup key, farewell& gone) {
  shard& of = *made.of;
  const entry_id old = of.find(of.entries[made.id].hash, key);
  of.reserve();
  const bool is_kept = of.link(made.id, old, made.now, gone.left);
  if (is_timed()) of.sweep(2, made.now, gone.left);
  if (!is_kept) of.count(refused);
  return is_kept;
}

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_CACHE_CORE_HPP
