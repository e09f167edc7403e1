#ifndef MILLRACE_TRACK_DETAIL_METRIC_LOG_HPP
#define MILLRACE_TRACK_DETAIL_METRIC_LOG_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/log_worker.hpp>
#include <millrace/track/detail/run_metrics.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// A run that logs: what its records in the ring refer to.
struct run_sink {
  explicit run_sink(std::string run) : metrics(std::move(run)) {}

  run_metrics metrics;     // the thread's
  bool is_listed = false;  // likewise: among those of the batch
  mutable millrace::detail::mutex mutex;
  result<void> status;                                       // why something of this run was refused; the first reason
  millrace::detail::light_atomic<std::uint64_t> refused{0};  // points
  millrace::detail::light_atomic<std::uint64_t> cached{0};   // points in memory

  void refuse(error why, std::uint64_t points) {
    refused.add_relaxed(points);
    const millrace::detail::lock_guard held(mutex);
    if (status) status = std::move(why);
  }
};

/// The thread that makes logged points durable: it takes them from the ring, some milliseconds of them at a time, and
/// adds them to their runs, all in one transaction. While the storage refuses, it keeps what it has taken and tries
/// again; the ring fills, and then appends are refused.
///
/// `Owner` has `here`, the process, and two functions for the thread, with no lock held: `stored(points, cached)` after
/// each transaction, and `upkeep()` once a round, a second apart at most.
template <class Storage, class Owner>
class metric_log final : public store::log_worker<metric_log<Storage, Owner>, store::shared> {
  using base = store::log_worker<metric_log, store::shared>;
  friend base;

 public:
  metric_log(Owner& owner, Storage& storage, layout keys, const store::log_schedule& schedule,
             const window_sizes& windows)
      : base(schedule, error(errc::unavailable, "no memory to keep metrics")),
        owner_(&owner),
        storage_(&storage),
        keys_(std::move(keys)),
        windows_(windows),
        path_(keys_.root() + "metrics") {}

  const std::string& path() const noexcept { return path_; }
  const layout& keys() const noexcept { return keys_; }
  const window_sizes& windows() const noexcept { return windows_; }

  /// A sink stays until `remove`, or the log's end.
  run_sink* add(std::string run) {
    auto made = millrace::detail::make_owning<run_sink>(std::move(run));
    const millrace::detail::lock_guard held(sinks_mutex_);
    sinks_.push_back(std::move(made));
    return sinks_.back().get();
  }
  /// Precondition: all its records are durable, and nobody appends to it.
  void remove(const run_sink* gone) noexcept {
    millrace::detail::owning_pointer<run_sink> freed;  // behind the lock
    const millrace::detail::lock_guard held(sinks_mutex_);
    for (auto& each : sinks_)
      if (each.get() == gone) {
        std::swap(freed, each);
        std::swap(each, sinks_.back());
        sinks_.pop_back();
        cached_.add_relaxed(~freed->cached.load_relaxed() + 1);
        return;
      }
  }
  /// The runs that log.
  std::vector<std::string> runs() {
    std::vector<std::string> ids;
    const millrace::detail::lock_guard held(sinks_mutex_);
    ids.reserve(sinks_.size());
    for (const auto& each : sinks_) ids.push_back(each->metrics.run());
    return ids;
  }
  bool has_runs() noexcept {
    const millrace::detail::lock_guard held(sinks_mutex_);
    return !sinks_.empty();
  }

  /// Returns the point's position, 0 if it was refused. Precondition: the key is a name.
  std::uint64_t append(run_sink& to, std::string_view key, const metric_point& point) noexcept {
    const std::uint64_t at = base::template append<store::block>(sizeof(head) + key.size(), [&](const auto& slot) {
      const head made{&to, point, key.size()};
      std::memcpy(slot.data, &made, sizeof made);
      std::memcpy(slot.data + sizeof made, key.data(), key.size());
    });
    if (at == 0) [[unlikely]]
      to.refused.add_relaxed(1);
    return at;
  }

  /// How many points are in memory, besides those that wait.
  std::uint64_t cached() const noexcept { return cached_.load_relaxed(); }

 private:
  struct head {
    run_sink* to;
    metric_point point;
    std::uint64_t key_size;
  };
  static constexpr std::size_t most_points = std::size_t{1} << 18;  // of a transaction

  // ---- what log_worker asks of its thread

  void serve() noexcept { owner_->upkeep(); }
  result<void> close_file() noexcept { return {}; }
  std::uint64_t count_unwritten() noexcept { return batch_points_ + base::count_left(); }
  bool step(bool stopping, std::uint64_t& synced_at) noexcept {
    if (batch_.empty()) {
      base::gathered_ = base::ring.head();  // what there is, for sync_due
      const bool filled = base::gathered_ - base::durable.load_relaxed() > base::ring.capacity() / 2;
      if (!filled && !base::sync_due(stopping, steady_clock().ticks(), synced_at)) return false;
    }
    try {
      if (batch_.empty()) gather();
      if (batch_.empty() || base::broken_) return false;
      if (auto done = commit(); !done) {
        for (run_sink* const each : batch_) each->metrics.forget();
        base::fail(std::move(done).error());
        return false;
      }
    } catch (...) {
      for (run_sink* const each : batch_) each->metrics.forget();
      base::out_of_memory();
      return false;
    }
    synced_at = steady_clock().ticks();
    base::written.store_release(base::gathered_);
    base::note_synced();
    base::recover();
    owner_->stored(stored_, cached());
    return true;
  }

  /// Takes points from the ring.
  void gather() {
    std::uint64_t taken = 0;
    const std::uint64_t reached = base::ring.drain([&](const std::byte* data, std::size_t, std::uint32_t) noexcept {
      head read;
      std::memcpy(&read, data, sizeof read);
      try {
        if (!read.to->is_listed) batch_.push_back(read.to);
        read.to->is_listed = true;
        read.to->metrics.update({reinterpret_cast<const char*>(data + sizeof read), read.key_size}, read.point);
      } catch (...) {
        base::out_of_memory();  // a point is missing, and `durable` stays before it
        return false;
      }
      return ++taken < most_points;
    });
    if (!base::broken_) base::gathered_ = reached;
    batch_points_ = taken;
    base::tell_room();
  }
  /// Adds the batch to its runs. A run that cannot be read is left out, and told so.
  result<void> commit() {
    auto done = storage_->transact([&](auto& objects) -> result<int> {
      for (run_sink* const each : batch_) {
        run_metrics& metrics = each->metrics;
        if (!metrics.has_incoming()) continue;
        auto fine = metrics.prepare(objects, keys_, windows_, &owner_->here);
        if (!fine && is_of_data(fine.error().code())) {
          each->refuse(std::move(fine).error(), metrics.incoming());
          metrics.drop_incoming();
          metrics.forget();
          continue;
        }
        if (fine) fine = metrics.append(objects, keys_, windows_);
        if (!fine) return std::move(fine).error();
      }
      return 0;
    });
    if (!done) return std::move(done).error();
    stored_ = 0;
    for (run_sink* const each : batch_) {
      stored_ += each->metrics.incoming();
      if (each->metrics.has_incoming()) each->metrics.commit();
      each->is_listed = false;
      const std::uint64_t now = each->metrics.cached();
      cached_.add_relaxed(now - each->cached.load_relaxed());
      each->cached.store_relaxed(now);
    }
    batch_.clear();
    batch_points_ = 0;
    return {};
  }

  Owner* owner_;
  Storage* storage_;
  const layout keys_;
  const window_sizes windows_;
  const std::string path_;
  millrace::detail::mutex sinks_mutex_;
  std::vector<millrace::detail::owning_pointer<run_sink>> sinks_;
  std::vector<run_sink*> batch_;  // runs with points that are taken and not durable yet
  std::uint64_t batch_points_ = 0;
  std::uint64_t stored_ = 0;  // points of the last transaction
  millrace::detail::light_atomic<std::uint64_t> cached_{0};
};

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_METRIC_LOG_HPP
