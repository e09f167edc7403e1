#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_CELLS_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_CELLS_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/observe/metrics/detail/owned_cell.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <vector>

// Where counters and histograms keep their numbers. Each thread has a slab, an array of cells. A series is a range of
// cell indices, the same in every slab. A thread adds to its own cells, which no other thread writes, by a plain load
// and store, so threads never wait for each other; a snapshot sums over the slabs. When a thread ends, its cells are
// added to the slab of the ended threads, so no count is lost.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// How the cells of two threads are merged.
enum class cell_kind : std::uint8_t {
  integer,            // a uint64: their sum
  real,               // the bits of a double: their sum
  largest,            // a uint64: the larger one
  private_to_thread,  // not at all: the cell has a meaning for its thread only
};

struct cell_slab {
  metric_cell* cells = nullptr;
  std::uint32_t size = 0;
};

/// A copy of the calling thread's slab, for the hot path. It is constant-initialized and never destroyed, so that
/// reading it takes one instruction and is safe until the thread has ended.
struct local_slab : cell_slab {
  cell_slab* shared = nullptr;  // the slab itself, in the list of the cell_store
  bool over = false;            // the slab has been merged; later updates go to the slab of the ended threads
};
[[gnu::visibility("default")]] inline local_slab& local_cells() noexcept {
  static constinit thread_local local_slab kept{};
  return kept;
}

/// The process's slabs, and which cells are in use. There is one for all registries, so that a thread needs one slab
/// only. It is never destroyed, because threads may end after main has returned.
class [[gnu::visibility("default")]] cell_store {
 public:
  static constexpr std::uint32_t discarded = 1;  // the first cell takes the updates of counters without a registry

  static cell_store& instance() {
    static cell_store& only = *new cell_store;
    return only;
  }

  /// Takes a range of cells, all 0, and returns the first one's index. Throws nothing but std::bad_alloc.
  std::uint32_t allocate(const std::vector<cell_kind>& kinds) {
    const lock_guard lock(mutex_);
    const auto count = static_cast<std::uint32_t>(kinds.size());
    // Reserves room in the list of free ranges now, so that `release` never allocates.
    if (free_.capacity() < free_.size() + taken_ + 1) free_.reserve(2 * (free_.size() + taken_ + 1));
    auto place = free_.begin();
    while (place != free_.end() && place->end - place->first < count) ++place;
    std::uint32_t first = 0;
    if (place != free_.end()) {
      first = place->first;
      place->first += count;
      if (place->first == place->end) free_.erase(place);
    } else {
      first = static_cast<std::uint32_t>(kinds_.size());
      grow(*ended_, first + count);
      kinds_.resize(first + count);
    }
    for (std::uint32_t i = 0; i < count; ++i) kinds_[first + i] = kinds[i];
    ++taken_;
    return first;
  }

  /// Gives a range back. Precondition: no thread adds to it any more.
  void release(std::uint32_t first, std::uint32_t count) noexcept {
    const lock_guard lock(mutex_);
    --taken_;
    for (const cell_slab* slab : std::span(slabs_, slab_count_))
      for (std::uint32_t i = first; i < first + count && i < slab->size; ++i) slab->cells[i].store_relaxed(0);
    auto after = free_.begin();
    while (after != free_.end() && after->first < first) ++after;
    if (after != free_.begin() && (after - 1)->end == first) {
      (after - 1)->end = first + count;
      if (after != free_.end() && after->first == first + count) {
        (after - 1)->end = after->end;
        free_.erase(after);
      }
    } else if (after != free_.end() && after->first == first + count) {
      after->first = first;
    } else {
      free_.insert(after, {first, first + count});
    }
  }

  /// Calls f(slabs) under the lock, so that no slab is added, removed or moved meanwhile. f reads cells while threads
  /// may add to them.
  template <class F>
  void read(F&& f) {
    const lock_guard lock(mutex_);
    f(std::span<const cell_slab* const>(slabs_, slab_count_));
  }

  /// Calls f(cells) with cells up to `end` that the calling thread may write: its own, made or enlarged now, or, if the
  /// thread is ending or there is no memory, those of the ended threads, under the lock.
  template <class F>
  void write(std::uint32_t end, F&& f) noexcept {
    if (enlarge_local(end)) {
      f(local_cells().cells);
    } else {
      const lock_guard lock(mutex_);
      f(ended_->cells);
    }
  }

  /// How many threads have a slab, plus one; for tests.
  std::size_t slab_count() {
    const lock_guard lock(mutex_);
    return slab_count_;
  }

 private:
  struct range {
    std::uint32_t first;
    std::uint32_t end;
  };
  /// A thread_local of this type merges the thread's slab when the thread ends.
  struct thread_end {
    ~thread_end() { instance().retire_local(); }
  };

  cell_store() : slabs_(new cell_slab*[8]), slab_room_(8), ended_(new cell_slab) {
    slabs_[slab_count_++] = ended_;
    grow(*ended_, discarded);
    kinds_.resize(discarded);
    for (cell_kind& kind : kinds_) kind = cell_kind::private_to_thread;
  }

  static constexpr std::align_val_t cache_line{64};  // no line is shared by two threads' slabs

  /// How many cells to give a slab that has to reach to `end`.
  static std::uint32_t room_for(std::uint32_t end) noexcept { return end < 64 ? 64 : std::bit_ceil(end); }

  /// Moves a slab's cells into new memory for `size` of them. The caller holds the lock.
  static void move_to(void* cells, std::uint32_t size, cell_slab& slab) noexcept {
    auto* fresh = static_cast<metric_cell*>(cells);
    for (std::uint32_t i = 0; i < size; ++i)
      ::new (static_cast<void*>(fresh + i)) metric_cell(i < slab.size ? slab.cells[i].load_relaxed() : 0);
    if (slab.cells != nullptr) ::operator delete(slab.cells, cache_line);
    slab.cells = fresh;
    slab.size = size;
  }
  /// Makes a slab reach to `end`. Without memory, `grow` throws std::bad_alloc and `try_grow` returns false. The caller
  /// holds the lock.
  static void grow(cell_slab& slab, std::uint32_t end) {
    if (end > slab.size) move_to(::operator new(room_for(end) * sizeof(metric_cell), cache_line), room_for(end), slab);
  }
  static bool try_grow(cell_slab& slab, std::uint32_t end) noexcept {
    if (end <= slab.size) return true;
    void* cells = ::operator new(room_for(end) * sizeof(metric_cell), cache_line, std::nothrow);
    if (cells == nullptr) return false;
    move_to(cells, room_for(end), slab);
    return true;
  }

  /// Makes a slab for the calling thread and adds it to the list; returns null without memory. The caller holds the
  /// lock.
  cell_slab* add_slab(std::uint32_t end) noexcept {
    if (slab_count_ == slab_room_) {
      const std::size_t room = 2 * slab_room_ + 8;
      auto** list = new (std::nothrow) cell_slab*[room];
      if (list == nullptr) return nullptr;
      for (std::size_t i = 0; i < slab_count_; ++i) list[i] = slabs_[i];
      delete[] slabs_;
      slabs_ = list;
      slab_room_ = room;
    }
    auto* made = new (std::nothrow) cell_slab;
    if (made == nullptr || !try_grow(*made, end)) {
      delete made;
      return nullptr;
    }
    return slabs_[slab_count_++] = made;
  }

  /// Makes the calling thread's slab reach to `end`. Returns false if the thread is ending or there is no memory.
  bool enlarge_local(std::uint32_t end) noexcept {
    if (local_cells().over) return false;
    static thread_local thread_end at_end;  // made here, destroyed when the thread ends
    static_cast<void>(&at_end);
    const lock_guard lock(mutex_);
    if (local_cells().shared == nullptr) local_cells().shared = add_slab(end);
    if (local_cells().shared == nullptr || !try_grow(*local_cells().shared, end)) return false;
    static_cast<cell_slab&>(local_cells()) = *local_cells().shared;
    return true;
  }

  /// Adds the calling thread's cells to those of the ended threads and frees its slab.
  void retire_local() noexcept {
    const lock_guard lock(mutex_);
    local_cells().over = true;
    cell_slab* const mine = local_cells().shared;
    if (mine == nullptr) return;
    for (std::uint32_t i = 0; i < mine->size && i < kinds_.size(); ++i) {
      const std::uint64_t last = mine->cells[i].load_relaxed();
      switch (kinds_[i]) {
        case cell_kind::integer: bump(ended_->cells[i], last); break;
        case cell_kind::real: bump_real(ended_->cells[i], std::bit_cast<double>(last)); break;
        case cell_kind::largest: raise(ended_->cells[i], last); break;
        case cell_kind::private_to_thread: break;
      }
    }
    cell_slab** place = slabs_;
    while (*place != mine) ++place;
    for (--slab_count_; place != slabs_ + slab_count_; ++place) *place = place[1];
    local_cells() = local_slab{{}, nullptr, true};
    ::operator delete(mine->cells, cache_line);
    delete mine;
  }

  mutex mutex_;
  // An array instead of a vector, because a hot path must not throw without memory; it uses the ended threads' slab
  // then.
  cell_slab** slabs_ = nullptr;  // first the ended threads' slab, then one for each thread
  std::size_t slab_count_ = 0;
  std::size_t slab_room_ = 0;
  cell_slab* ended_;
  std::vector<cell_kind> kinds_;  // of every cell that is or was in use
  std::vector<range> free_;       // sorted, with cells in use between them
  std::size_t taken_ = 0;         // how many ranges are in use
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_CELLS_HPP
