#ifndef MILLRACE_RESILIENCE_CACHES_EVICTION_HPP
#define MILLRACE_RESILIENCE_CACHES_EVICTION_HPP

#include <millrace/resilience/caches/detail/entry_queue.hpp>
#include <millrace/resilience/caches/detail/ghosts.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Where an entry stands in the order: what a written entry gets from the one that it replaces.
struct eviction_place {
  std::uint8_t queue = 0;
  std::uint8_t uses = 0;
};

/// Which entry leaves when there is no room. `order<Slab>` keeps the order of one shard's entries; all its functions
/// but the constructor are called under the shard's lock. `counts_uses`: a hit is counted in the entry, up to
/// `detail::max_uses`, without a lock, and `used` is not called.
template <class P>
concept eviction_policy = requires {
  { P::counts_uses } -> std::convertible_to<bool>;
  typename P::template order<detail::any_slab>;
};

/// Policy: what was not used for longest leaves. A hit takes the shard's lock. One pass over many keys, each used once,
/// empties it of everything else.
struct lru {
  static constexpr bool counts_uses = false;

  template <class Slab>
  class order {
   public:
    order(Slab& slab, std::size_t) noexcept : all_(slab) {}
    /// Makes room for so many entries, so that nothing else allocates.
    void reserve(std::size_t) noexcept {}
    eviction_place place_of_new(std::uint64_t, std::size_t) noexcept { return {}; }
    void insert(detail::entry_id id, eviction_place) noexcept { all_.push_front(id); }
    void used(detail::entry_id id) noexcept {
      all_.remove(id);
      all_.push_front(id);
    }
    eviction_place remove(detail::entry_id id) noexcept {
      all_.remove(id);
      return {};
    }
    /// The next to leave, or `no_entry`; the caller removes it.
    detail::entry_id victim() noexcept { return all_.back(); }
    void evicted(detail::entry_id) noexcept {}

   private:
    detail::entry_queue<Slab> all_;
  };
};

/// Policy, the default: S3-FIFO, with a share for new entries that adapts. A new entry stands in a small queue; what is
/// not used before it comes to the end leaves, and its key is remembered for a while. What was used, and a key that
/// comes back while it is remembered, stand in the main queue, which gives an entry another round for each use since
/// its last. A pass over many keys, each used once, so passes through the small queue alone, and a hit only counts.
///
/// The small queue has a tenth of the room at first. Each key that comes back after it left the small queue says that
/// this is too little, and each that left the main queue says that it is too much; so it moves by the entry's weight,
/// between a twentieth and a half. Without that, traces that reuse what is recent lose to LRU by ten points of a
/// hundred; with it by half a point (benchmarks/cache_hit_rates.cpp). Source: Yang, Zhang, Qiu, Yue, Rashmi, "FIFO
/// queues are all you need for cache eviction", SOSP 2023, algorithm 1; adapting as in Megiddo, Modha, "ARC", FAST
/// 2003.
struct s3_fifo {
  static constexpr bool counts_uses = true;

  template <class Slab>
  class order {
    enum : std::uint8_t { new_queue, main_queue };

   public:
    order(Slab& slab, std::size_t max_weight) noexcept
        : slab_(&slab), new_(slab), main_(slab), room_(max_weight), new_room_(max_weight / 10) {}

    void reserve(std::size_t entries) {
      left_new_.reserve(entries);
      left_main_.reserve(entries);
    }
    eviction_place place_of_new(std::uint64_t hash, std::size_t weight) noexcept {
      const std::size_t remembered = new_.size() + main_.size();
      const bool was_new = left_new_.contains(hash, remembered);
      if (was_new)
        new_room_ = weight < room_ / 2 - new_room_ ? new_room_ + weight : room_ / 2;
      else if (left_main_.contains(hash, remembered))
        new_room_ = new_room_ > room_ / 20 + weight ? new_room_ - weight : room_ / 20;
      else
        return {new_queue, 0};
      return {main_queue, 0};
    }
    void insert(detail::entry_id id, eviction_place where) noexcept {
      (*slab_)[id].queue = where.queue;
      (*slab_)[id].uses.store_relaxed(where.uses);
      (where.queue == main_queue ? main_ : new_).push_front(id);
    }
    void used(detail::entry_id) noexcept {}
    /// A written entry keeps its queue, and writing is a use.
    eviction_place remove(detail::entry_id id) noexcept {
      const auto& entry = (*slab_)[id];
      (entry.queue == main_queue ? main_ : new_).remove(id);
      const std::uint8_t uses = entry.uses.load_relaxed();
      return {entry.queue, uses < detail::max_uses ? static_cast<std::uint8_t>(uses + 1) : uses};
    }
    detail::entry_id victim() noexcept {
      while (new_.size() != 0 && (new_.weight() > new_room_ || main_.size() == 0)) {
        const detail::entry_id last = new_.back();
        if ((*slab_)[last].uses.load_relaxed() == 0) return last;
        new_.remove(last);
        insert(last, {main_queue, 0});
      }
      while (main_.size() != 0) {
        const detail::entry_id last = main_.back();
        const std::uint8_t uses = (*slab_)[last].uses.load_relaxed();
        if (uses == 0) return last;
        main_.remove(last);
        insert(last, {main_queue, static_cast<std::uint8_t>(uses - 1)});
      }
      return detail::no_entry;
    }
    void evicted(detail::entry_id id) noexcept {
      const auto& entry = (*slab_)[id];
      (entry.queue == main_queue ? left_main_ : left_new_).insert(entry.hash);
    }

   private:
    Slab* slab_;
    detail::entry_queue<Slab> new_;
    detail::entry_queue<Slab> main_;
    detail::ghosts left_new_;
    detail::ghosts left_main_;
    std::size_t room_;
    std::size_t new_room_;  // what the small queue may weigh
  };
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_EVICTION_HPP
