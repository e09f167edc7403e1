#ifndef MILLRACE_RESILIENCE_CACHES_EVICTION_HPP
#define MILLRACE_RESILIENCE_CACHES_EVICTION_HPP

#include <millrace/resilience/caches/detail/entry_queue.hpp>
#include <millrace/resilience/caches/detail/ghosts.hpp>
#include <millrace/resilience/caches/detail/policy_shadow.hpp>

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
/// but the constructor are called under the shard's lock. `hits_without_lock`: only `used` is called without it, too.
template <class P>
concept eviction_policy = requires {
  { P::hits_without_lock } -> std::convertible_to<bool>;
  typename P::template order<detail::any_slab>;
};

/// Policy: what was not used for longest leaves. A hit takes the shard's lock. One pass over many keys, each used once,
/// empties it of everything else.
struct lru {
  static constexpr bool hits_without_lock = false;

  template <class Slab>
  class order {
   public:
    order(Slab& slab, std::size_t) noexcept : all_(slab) {}
    /// Makes room for so many entries, so that nothing else allocates.
    void reserve(std::size_t) noexcept {}
    /// From now on there is room for so much.
    void resize(std::size_t) noexcept {}
    eviction_place place_of_new(std::uint64_t, std::size_t) noexcept { return {}; }
    void insert(detail::entry_id id, eviction_place) noexcept { all_.push_front(id); }
    /// An entry of this hash was hit.
    template <class Entry>
    void used(detail::entry_id id, Entry&, std::uint64_t) noexcept {
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

/// Policy: S3-FIFO. A new entry stands in a small queue, a tenth of the room; what is not used before it comes to the
/// end leaves, and its key is remembered for a while. What was used, and a key that comes back while it is remembered,
/// stand in the main queue, which gives an entry another round for each use since its last. A pass over many keys, each
/// used once, so passes through the small queue alone, and a hit only counts. Where recency alone decides it loses to
/// LRU by up to seven points of a hundred. Source: Yang, Zhang, Qiu, Yue, Rashmi, "FIFO queues are all you need for
/// cache eviction", SOSP 2023, algorithm 1; but that one use is enough for the main queue, which was better or the same
/// on all our traces.
struct s3_fifo {
  static constexpr bool hits_without_lock = true;

  template <class Slab>
  class order {
    enum : std::uint8_t { new_queue, main_queue };

   public:
    order(Slab& slab, std::size_t max_weight) noexcept
        : slab_(&slab), new_(slab), main_(slab), new_room_(max_weight / 10) {}

    void reserve(std::size_t entries) { left_.reserve(entries); }
    void resize(std::size_t max_weight) noexcept { new_room_ = max_weight / 10; }
    eviction_place place_of_new(std::uint64_t hash, std::size_t) noexcept {
      return {left_.contains(hash, new_.size() + main_.size()) ? main_queue : new_queue, 0};
    }
    void insert(detail::entry_id id, eviction_place where) noexcept {
      (*slab_)[id].queue = where.queue;
      (*slab_)[id].uses.store_relaxed(where.uses);
      queue_of(id).push_front(id);
    }
    template <class Entry>
    void used(detail::entry_id, Entry& entry, std::uint64_t) noexcept {
      const std::uint8_t uses = entry.uses.load_relaxed();
      if (uses < detail::max_uses) entry.uses.store_relaxed(static_cast<std::uint8_t>(uses + 1));
    }
    /// A written entry keeps its queue, and writing is a use.
    eviction_place remove(detail::entry_id id) noexcept {
      queue_of(id).remove(id);
      const std::uint8_t uses = uses_of(id);
      return {(*slab_)[id].queue, uses < detail::max_uses ? static_cast<std::uint8_t>(uses + 1) : uses};
    }
    detail::entry_id victim() noexcept {
      while (new_.size() != 0 && (new_.weight() > new_room_ || main_.size() == 0)) {
        const detail::entry_id last = new_.back();
        if (uses_of(last) == 0) return last;
        new_.remove(last);
        order::insert(last, {main_queue, 0});
      }
      while (main_.size() != 0) {
        const detail::entry_id last = main_.back();
        const std::uint8_t uses = uses_of(last);
        if (uses == 0) return last;
        main_.remove(last);
        order::insert(last, {main_queue, static_cast<std::uint8_t>(uses - 1)});
      }
      return detail::no_entry;
    }
    void evicted(detail::entry_id id) noexcept {
      const auto& entry = (*slab_)[id];
      if (entry.queue == new_queue) left_.insert(entry.hash);
    }

   protected:
    /// The queues as LRU sees them: the oldest of the main queue first, which is where nothing is put meanwhile.
    detail::entry_id oldest() const noexcept { return main_.size() != 0 ? main_.back() : new_.back(); }
    void make_newest(detail::entry_id id) noexcept {
      queue_of(id).remove(id);
      (*slab_)[id].queue = new_queue;
      new_.push_front(id);
    }
    Slab& slab() noexcept { return *slab_; }

   private:
    detail::entry_queue<Slab>& queue_of(detail::entry_id id) noexcept {
      return (*slab_)[id].queue == main_queue ? main_ : new_;
    }
    std::uint8_t uses_of(detail::entry_id id) const noexcept {
      return (*slab_)[id].uses.load_relaxed() & detail::max_uses;
    }

    Slab* slab_;
    detail::entry_queue<Slab> new_;
    detail::entry_queue<Slab> main_;
    detail::ghosts left_;
    std::size_t new_room_;  // what the small queue may weigh
  };
};

/// Policy, the default: LRU, until S3-FIFO has shown that it does better here, and back again. Beside the entries stand
/// what LRU and what S3-FIFO would hold of a sample of the keys: 256 hashes each at most, in 25 KB for a shard. The one
/// whose sample had more hits than the other's, by as many as it holds, decides what leaves. So a change is paid by
/// what led to it, and a trace that changes sides faster stays with one of them.
///
/// Guarantee: before S3-FIFO has such a lead, entries leave in LRU's order: on one thread exactly, but for uses again
/// of one entry behind the 64th hit between two misses; on many nearly, as a hit may be lost where two meet. So the hit
/// rate is LRU's or better on each trace of benchmarks/cache_hit_rates.cpp, in rooms from 100 to 20,000. It need not
/// be on a trace made against it: passes and recency by turns of 30,000 calls, in a room for 1,000, cost .35 points of
/// a hundred.
///
/// A hit takes no lock: it counts in the entry, and notes the entry in a short log that the next writer reads, and
/// when that is full in a list through the entries, each once. Complexity of a write: amortized constant; it moves the
/// entries that were used since the last write. Source of the duel: Qureshi, Jaleel, Patt, Steely, Emer, "Adaptive
/// insertion policies for high performance caching", ISCA 2007 (set duelling), over samples by hash as in Waldspurger,
/// Saemundsson, Ahmad, Park, "Cache modeling and optimization using miniature simulations", USENIX ATC 2017.
struct adaptive_eviction {
  static constexpr bool hits_without_lock = true;

  template <class Slab>
  class order : s3_fifo::order<Slab> {
    using base = s3_fifo::order<Slab>;
    static constexpr std::uint32_t log_room = 64;
    static constexpr std::size_t most_sampled = 256;
    static constexpr std::uint8_t is_noted = 0x80;  // beside the uses: used while the log was full
    static constexpr std::uint8_t nothing_to_note = is_noted | detail::max_uses;

   public:
    order(Slab& slab, std::size_t max_weight) noexcept
        : base(slab, max_weight),
          sample_room_(max_weight),
          lru_(max_weight, sample_for(max_weight)),
          s3_fifo_(max_weight, sample_for(max_weight)) {}

    void reserve(std::size_t entries) {
      base::reserve(entries);
      lru_.reserve();
      s3_fifo_.reserve();
    }
    using base::evicted, base::place_of_new, base::remove;
    void insert(detail::entry_id id, eviction_place where) noexcept {
      read_log();
      if (is_lru_) where.queue = 0;
      base::insert(id, where);
      compare(base::slab()[id]);
    }
    template <class Entry>
    void used(detail::entry_id id, Entry& entry, std::uint64_t hash) noexcept {
      const std::uint8_t uses = entry.uses.load_relaxed();
      if (uses == nothing_to_note) return;
      if ((hash & unlogged_hashes_.load_relaxed()) != 0) {
        if (uses < detail::max_uses) entry.uses.store_relaxed(counted(uses));
        return;
      }
      const std::uint32_t logged = logged_.load_relaxed();
      if (logged < log_room) {
        entry.uses.store_relaxed(counted(uses));
        log_[logged].store_relaxed(id);  // of two threads that hit at once one may be lost
        logged_.store_relaxed(logged + 1);
      } else {
        entry.uses.store_relaxed(static_cast<std::uint8_t>(counted(uses) | is_noted));
        note(id, entry);
      }
    }
    detail::entry_id victim() noexcept {
      read_log();
      if (!is_lru_) return base::victim();
      for (;;) {
        const detail::entry_id oldest = base::oldest();
        if ((base::slab()[oldest].uses.load_relaxed() & is_noted) == 0) return oldest;
        make_newest(oldest);
      }
    }

   private:
    static constexpr std::size_t sample_for(std::size_t max_weight) noexcept {
      return max_weight < most_sampled ? max_weight + (max_weight == 0) : most_sampled;
    }
    static constexpr std::uint8_t counted(std::uint8_t uses) noexcept {
      return static_cast<std::uint8_t>(uses + ((uses & detail::max_uses) != detail::max_uses));
    }
    void make_newest(detail::entry_id id) noexcept {
      auto& entry = base::slab()[id];
      entry.uses.store_relaxed(entry.uses.load_relaxed() & detail::max_uses);
      base::make_newest(id);
    }
    /// Puts an entry on the list of those that were used while the log was full, once.
    template <class Entry>
    void note(detail::entry_id id, Entry& entry) noexcept {
      detail::entry_id next = detail::unnoted;
      if (entry.noted.load_relaxed() != next) return;
      if (!entry.noted.replace_acquire(next, detail::no_entry)) return;
      next = noted_.load_relaxed();
      do entry.noted.store_relaxed(next);
      while (!noted_.replace_release(next, id));
    }
    void read_log() noexcept {
      const std::uint32_t logged = logged_.load_relaxed();
      if (logged == 0) return;
      for (std::uint32_t i = 0; i < logged; ++i) follow(log_[i].load_relaxed());
      if (logged == log_room) {
        detail::entry_id newest = noted_.exchange_acq_rel(detail::no_entry);
        detail::entry_id oldest = detail::no_entry;
        while (newest != detail::no_entry) {  // turns the list round
          auto& noted = base::slab()[newest].noted;
          const detail::entry_id next = noted.load_relaxed();
          noted.store_relaxed(oldest);
          oldest = newest;
          newest = next;
        }
        while (oldest != detail::no_entry) {
          const detail::entry_id id = oldest;
          oldest = base::slab()[id].noted.load_relaxed();
          base::slab()[id].noted.store_release(detail::unnoted);
          follow(id);
        }
      }
      logged_.store_relaxed(0);
    }
    void follow(detail::entry_id used) noexcept {
      if (!base::slab()[used].is_linked) return;  // it left, or its next key has not come in yet
      if (is_lru_) make_newest(used);
      compare(base::slab()[used]);
    }
    /// Shows a key that was asked for to both, if it is of the sample.
    template <class Entry>
    void compare(const Entry& asked) noexcept {
      if ((asked.hash & unsampled_) != 0) return;
      const bool was_in_lru = lru_.ask(asked.hash, asked.weight, sample_room_);
      const bool was_in_s3_fifo = s3_fifo_.ask(asked.hash, asked.weight, sample_room_);
      if (was_in_lru != was_in_s3_fifo) count(was_in_lru);
      if (sample_room_ > most_sampled && (lru_.is_full() || s3_fifo_.is_full())) take_fewer();
    }
    void count(bool for_lru) noexcept {
      const auto lead = static_cast<std::ptrdiff_t>(lru_.size() < 16 ? 16 : lru_.size());
      lead_ += for_lru ? 1 : -1;
      if (lead_ > lead) lead_ = lead;
      if (lead_ < -lead) lead_ = -lead;
      if (lead_ == lead) is_lru_ = true;
      if (lead_ == -lead) is_lru_ = false;
      log_what_is_needed();
    }
    /// Half as many keys in half the room.
    void take_fewer() noexcept {
      unsampled_ = unsampled_ << 1U | 1U;
      sample_room_ /= 2;
      lru_.thin_out(unsampled_, sample_room_);
      s3_fifo_.thin_out(unsampled_, sample_room_);
      log_what_is_needed();
    }
    void log_what_is_needed() noexcept { unlogged_hashes_.store_relaxed(is_lru_ ? 0 : unsampled_); }

    detail::light_atomic<std::uint32_t> logged_{0};
    detail::light_atomic<detail::entry_id> log_[log_room];
    detail::light_atomic<detail::entry_id> noted_{detail::no_entry};  // the newest that was used while the log was full
    detail::light_atomic<std::uint64_t> unlogged_hashes_{0};  // hits on keys with one of these bits are not logged
    bool is_lru_ = true;
    std::ptrdiff_t lead_ = 0;      // how many hits more LRU's sample had
    std::uint64_t unsampled_ = 0;  // keys whose hashes have one of these bits are not of the sample
    std::size_t sample_room_;
    detail::policy_shadow<lru> lru_;
    detail::policy_shadow<s3_fifo> s3_fifo_;
  };
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_EVICTION_HPP
