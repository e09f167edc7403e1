#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_EXEMPLAR_SLOTS_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_EXEMPLAR_SLOTS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/observe/metrics/exemplar.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// Where exemplars are kept: a slot for each bucket of a series that was ever given one. A series is found by the index
// of its first cell, so that an instrument need not hold a pointer more, and one without exemplars has no memory here.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// The last exemplar of a bucket. A sequence lock: a writer that finds another one at work leaves its own exemplar out,
/// and a reader tries again.
/// Threads: any.
class exemplar_slot {
 public:
  void write(const exemplar& from, double value) noexcept {
    std::uint64_t now = version_.load_relaxed();
    do {
      if ((now & 1U) != 0) return;
    } while (!version_.replace_acquire(now, now + 1));
    // Each store is a release, so that who reads one of them finds the odd version afterwards.
    std::uint64_t text[text_words] = {};
    std::memcpy(text, from.text_, sizeof from.text_);
    words_[0].store_release(from.trace_.high);
    words_[1].store_release(from.trace_.low);
    words_[2].store_release(from.span_.value);
    words_[3].store_release(std::bit_cast<std::uint64_t>(value));
    words_[4].store_release(from.unix_nanoseconds != 0 ? from.unix_nanoseconds : millrace::unix_nanoseconds());
    words_[5].store_release(from.size_);
    for (std::size_t i = 0; 8 * i < from.size_; ++i) words_[6 + i].store_release(text[i]);
    version_.store_release(now + 2);
  }

  /// Returns false if there is none, or if writers are quicker than the reader.
  bool read(exemplar& to) const noexcept {
    for (int tries = 0; tries < 8; ++tries) {
      const std::uint64_t before = version_.load_acquire();
      if (before == 0) return false;
      if ((before & 1U) != 0) continue;
      std::uint64_t text[text_words] = {};
      to.trace_ = {words_[0].load_acquire(), words_[1].load_acquire()};
      to.span_ = {words_[2].load_acquire()};
      to.value = std::bit_cast<double>(words_[3].load_acquire());
      to.unix_nanoseconds = words_[4].load_acquire();
      const std::uint64_t size = words_[5].load_acquire();
      if (size > sizeof to.text_) continue;  // of two writers
      for (std::size_t i = 0; 8 * i < size; ++i) text[i] = words_[6 + i].load_acquire();
      if (version_.load_relaxed() != before) continue;
      to.size_ = static_cast<std::uint32_t>(size);
      std::memcpy(to.text_, text, sizeof to.text_);
      return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t text_words = sizeof(exemplar::text_) / 8;
  static_assert(sizeof(exemplar::text_) % 8 == 0);

  light_atomic<std::uint64_t> version_;
  light_atomic<std::uint64_t> words_[6 + text_words];
};

/// The slots of one series, as many as it has buckets.
struct series_exemplars {
  std::size_t size;
  exemplar_slot* slots;
};

/// The process's slots. A table of two levels, of which the second is made where it is needed; it never moves, so that
/// finding a series takes no lock. Never destroyed, as `cell_store`.
class [[gnu::visibility("default")]] exemplar_store {
 public:
  static exemplar_store& instance() {
    static exemplar_store& only = *new exemplar_store;
    return only;
  }

  /// Whether any series of the process was ever given an exemplar.
  static bool in_use() noexcept { return used().load_relaxed(); }

  /// The slots of the series with this first cell; null if it has none.
  const series_exemplars* find(std::uint32_t cell) const noexcept {
    if (cell >= chunk_count * chunk_size) return nullptr;
    const chunk* const part = chunks_[cell / chunk_size].load_acquire();
    return part == nullptr ? nullptr : part->series[cell % chunk_size].load_acquire();
  }

  /// Keeps an exemplar in a bucket; the slots are made if the series has none yet. Without memory, and for the series
  /// beyond the sixteen millionth cell, none is kept.
  void keep(std::uint32_t cell, std::size_t buckets, std::size_t bucket, const exemplar& one, double value) noexcept {
    const series_exemplars* found = find(cell);
    if (found == nullptr) found = make(cell, buckets);
    if (found != nullptr && bucket < found->size) found->slots[bucket].write(one, value);
  }

  /// Frees the slots of a range of cells. Precondition: nobody updates its series any more.
  void release(std::uint32_t first, std::uint32_t count) noexcept {
    const lock_guard lock(mutex_);
    for (std::uint32_t cell = first; cell < first + count && cell < chunk_count * chunk_size; ++cell) {
      chunk* const part = chunks_[cell / chunk_size].load_relaxed();
      series_exemplars* const old = part == nullptr ? nullptr : part->series[cell % chunk_size].load_relaxed();
      if (old == nullptr) continue;
      part->series[cell % chunk_size].store_release(nullptr);
      delete[] old->slots;
      delete old;
    }
  }

 private:
  static constexpr std::uint32_t chunk_size = 4096;
  static constexpr std::uint32_t chunk_count = 4096;
  struct chunk {
    light_atomic<series_exemplars*> series[chunk_size];
  };

  exemplar_store() = default;

  [[gnu::visibility("default")]] static light_atomic<bool>& used() noexcept {
    static constinit light_atomic<bool> kept{false};
    return kept;
  }

  [[gnu::cold, gnu::noinline]] const series_exemplars* make(std::uint32_t cell, std::size_t buckets) noexcept {
    if (cell >= chunk_count * chunk_size) return nullptr;
    const lock_guard lock(mutex_);
    chunk* part = chunks_[cell / chunk_size].load_relaxed();
    if (part == nullptr) {
      part = new (std::nothrow) chunk;
      if (part == nullptr) return nullptr;
      chunks_[cell / chunk_size].store_release(part);
    }
    auto& place = part->series[cell % chunk_size];
    if (series_exemplars* const there = place.load_relaxed(); there != nullptr) return there;
    auto* const slots = new (std::nothrow) exemplar_slot[buckets];
    auto* const made = slots == nullptr ? nullptr : new (std::nothrow) series_exemplars{buckets, slots};
    if (made == nullptr) {
      delete[] slots;
      return nullptr;
    }
    place.store_release(made);
    used().store_relaxed(true);
    return made;
  }

  mutex mutex_;
  light_atomic<chunk*> chunks_[chunk_count];
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_EXEMPLAR_SLOTS_HPP
