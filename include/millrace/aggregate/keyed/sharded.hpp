#ifndef MILLRACE_AGGREGATE_KEYED_SHARDED_HPP
#define MILLRACE_AGGREGATE_KEYED_SHARDED_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/detail/aggregate_item.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/spin_lock.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

namespace detail {

/// The part of a shard that does not depend on the type of the aggregate. It is owned jointly, by counting, by the
/// sharded aggregate and by the thread that writes it, since either may live longer. (std::shared_ptr would need
/// <memory>, which costs as much to parse as all sketches.)
struct shard_base {
  using destroyer = void (*)(shard_base*) noexcept;
  explicit shard_base(destroyer how) noexcept : destroy(how) {}

  light_atomic<bool> owned{true};          // a living thread writes it
  light_atomic<std::uint32_t> holders{0};  // how many shard_holders refer to it
  destroyer destroy;
};
/// A counted reference to a shard; the last one destroys it.
class shard_holder {
 public:
  explicit shard_holder(shard_base* held) noexcept : held_(held) { held->holders.add_relaxed(1); }
  shard_holder(shard_holder&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  shard_holder& operator=(shard_holder&& other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~shard_holder() {
    if (held_ != nullptr && held_->holders.subtract_acq_rel(1) == 1) held_->destroy(held_);
  }
  shard_base* get() const noexcept { return held_; }
  /// Is this the only reference, as the sharded aggregate is gone?
  bool alone() const noexcept { return held_->holders.load_acquire() == 1; }

 private:
  shard_base* held_;
};

/// The shards that a thread writes, one for each sharded aggregate; when the thread ends they are free for other
/// threads.
struct thread_shards {
  struct entry {
    std::uint64_t owner;
    shard_holder shard;
  };
  std::vector<entry> entries;

  ~thread_shards() {
    for (const entry& e : entries) e.shard.get()->owned.store_release(false);
  }
  static thread_shards& of_this_thread() {
    static thread_local thread_shards kept;
    return kept;
  }
};
/// The shard that a thread wrote last, so that the next update need not look for it.
struct last_shard {
  std::uint64_t owner = 0;
  shard_base* shard = nullptr;
};
inline last_shard& last_used_shard() noexcept {
  static constinit thread_local last_shard kept{};
  return kept;
}
/// A number for each sharded aggregate, never used again as an address might be.
inline std::uint64_t new_shard_owner() noexcept {
  static light_atomic<std::uint64_t> last{0};
  return last.add_relaxed(1) + 1;
}

}  // namespace detail

/// One aggregate written by many threads: each writes a shard of its own, a reader merges them.
///
///     mr::sharded<mr::aggregate<mr::count, mr::mean, mr::max>> latency;
///     latency.update(12.5);            // from any thread
///     auto now = latency.read();
///
/// Guarantee: `read` returns every update that had returned before it was called, once, and some of those that run at
/// the same time; the order of items is kept within a thread only. A thread that ends leaves its shard to the next new
/// thread: there are at most as many shards as threads ran at one time.
/// Complexity: update O(1), two stores, no lock and no atomic read-modify-write; every 256th update of a thread hands
/// the thread's items to the aggregate as a span, under the shard's own lock. `read` merges all shards. Memory: for
/// each shard 2 KiB (4 for pairs) and an aggregate.
/// Allocates: at a thread's first update, and what the aggregate does.
/// Threads: any number, except during destruction.
template <class Aggregate>
class sharded {
 public:
  using sample = detail::aggregate_item<Aggregate>;
  static_assert(std::is_trivially_copyable_v<sample> && !std::is_same_v<sample, std::string_view> &&
                    sizeof(sample) % 8 == 0,
                "millrace[AGGREGATE-12]: sharded<Aggregate>: its items must be doubles, or plain structs of them");

  /// `empty`: an aggregate without items, to set its parameters.
  explicit sharded(Aggregate empty = Aggregate()) : empty_(std::move(empty)) {}
  sharded(const sharded&) = delete;
  sharded& operator=(const sharded&) = delete;

  /// Without a lock, but for every 256th update of a thread.
  void update(const sample& x) {
    shard& mine = this_thread();
    const std::uint32_t at = mine.filled.load_relaxed();
    mine.put(at, x);
    mine.filled.store_release(at + 1);
    if (at + 1 == room) [[unlikely]]
      mine.hand_over();
  }
  /// Holds the shard's lock throughout.
  void update(std::span<const sample> items) {
    shard& mine = this_thread();
    const detail::spin_guard guard(mine.lock);
    mine.hand_over_locked();
    if constexpr (requires { mine.kept.update(items); })
      (void)mine.kept.update(items);
    else
      for (const sample& x : items) (void)mine.kept.update(x);
  }

  /// All shards merged.
  Aggregate read() const {
    Aggregate sum = empty_;
    const detail::spin_guard guard(lock_);
    for (const auto& one : shards_) (void)sum.merge(of(one).read());
    return sum;
  }
  /// Empties all shards; returns what they held, merged, so that each item comes out once.
  Aggregate reset() {
    Aggregate sum = empty_;
    const detail::spin_guard guard(lock_);
    for (const auto& one : shards_) (void)sum.merge(of(one).take(empty_));
    return sum;
  }
  /// How many shards there are.
  std::size_t shards() const {
    const detail::spin_guard guard(lock_);
    return shards_.size();
  }

 private:
  static constexpr std::uint32_t room = 256;  // slots of a shard
  static constexpr std::size_t words = sizeof(sample) / 8;

  // The thread that owns a shard writes slots and `filled` without a lock. All others read the slots before `filled`
  // under the lock. Slots are written again only after a hand-over, which takes the lock.
  struct shard : detail::shard_base {
    explicit shard(const Aggregate& empty)
        : shard_base([](shard_base* self) noexcept { delete static_cast<shard*>(self); }), kept(empty) {}

    void put(std::uint32_t at, const sample& x) noexcept {
      const auto bits = std::bit_cast<std::array<std::uint64_t, words>>(x);
      for (std::size_t w = 0; w < words; ++w) slots[at * words + w].store_relaxed(bits[w]);
    }
    /// Copies the slots that are not in `kept` yet; returns how many they are.
    std::size_t copy_slots(sample (&to)[room]) const noexcept {
      const std::uint32_t end = filled.load_acquire();
      for (std::uint32_t i = taken; i < end; ++i) {
        std::array<std::uint64_t, words> bits;
        for (std::size_t w = 0; w < words; ++w) bits[w] = slots[i * words + w].load_relaxed();
        to[i - taken] = std::bit_cast<sample>(bits);
      }
      return end - taken;
    }
    static void feed(Aggregate& into, std::span<const sample> items) {
      if constexpr (requires { into.update(items); })
        (void)into.update(items);
      else
        for (const sample& x : items) (void)into.update(x);
    }
    void hand_over() {
      const detail::spin_guard guard(lock);
      hand_over_locked();
    }
    void hand_over_locked() {
      sample items[room];
      feed(kept, std::span<const sample>(items, copy_slots(items)));
      taken = 0;
      filled.store_relaxed(0);
    }
    Aggregate read() {
      sample items[room];
      const detail::spin_guard guard(lock);
      Aggregate copy = kept;
      feed(copy, std::span<const sample>(items, copy_slots(items)));
      return copy;
    }
    Aggregate take(const Aggregate& empty) {
      sample items[room];
      const detail::spin_guard guard(lock);
      const std::size_t count = copy_slots(items);
      feed(kept, std::span<const sample>(items, count));
      taken += static_cast<std::uint32_t>(count);
      return std::exchange(kept, empty);
    }

    alignas(64) detail::light_atomic<std::uint32_t> filled{0};
    detail::light_atomic<std::uint64_t> slots[room * words];
    alignas(64) detail::spin_lock lock;
    std::uint32_t taken = 0;  // how many slots are in `kept` already, or went with a `reset`
    Aggregate kept;
  };

  shard& this_thread() {
    const detail::last_shard& last = detail::last_used_shard();
    if (last.owner == id_) [[likely]]
      return static_cast<shard&>(*last.shard);
    return find_shard();
  }
  /// The shard of this thread, which may have to be made; lets go of shards whose sharded aggregate is gone.
  [[gnu::noinline]] shard& find_shard() {
    auto& mine = detail::thread_shards::of_this_thread().entries;
    for (const auto& e : mine)
      if (e.owner == id_) return remember(*e.shard.get());
    std::erase_if(mine, [](const auto& e) { return e.shard.alone(); });  // the other holder is gone
    mine.push_back({id_, detail::shard_holder(&new_shard())});
    return remember(*mine.back().shard.get());
  }
  /// A shard that no living thread writes, or a new one.
  shard& new_shard() {
    const detail::spin_guard guard(lock_);
    for (const auto& one : shards_) {
      detail::light_atomic<bool>& owned = one.get()->owned;
      if (!owned.load_relaxed() && !owned.exchange_acquire(true)) return of(one);
    }
    shards_.reserve(shards_.size() + 1);
    shards_.emplace_back(new shard(empty_));
    return of(shards_.back());
  }
  static shard& of(const detail::shard_holder& held) noexcept { return static_cast<shard&>(*held.get()); }
  shard& remember(detail::shard_base& found) noexcept {
    detail::last_used_shard() = {id_, &found};
    return static_cast<shard&>(found);
  }

  const std::uint64_t id_ = detail::new_shard_owner();
  Aggregate empty_;
  mutable detail::spin_lock lock_;
  std::vector<detail::shard_holder> shards_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KEYED_SHARDED_HPP
