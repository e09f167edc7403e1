#ifndef MILLRACE_TRACK_DETAIL_TRACKER_CORE_HPP
#define MILLRACE_TRACK_DETAIL_TRACKER_CORE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/content_storage.hpp>
#include <millrace/track/detail/leases.hpp>
#include <millrace/track/detail/metric_log.hpp>
#include <millrace/track/detail/metric_series.hpp>
#include <millrace/track/detail/process.hpp>
#include <millrace/track/detail/run_changes.hpp>
#include <millrace/track/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// What a tracker and its runs share.
template <class Storage, class Contents>
struct tracker_core {
  tracker_core(Storage& to, Contents& artifacts, tracker_options wanted)
      : storage(&to),
        options(std::move(wanted)),
        contents(artifacts, {layout(options.folder).contents(), options.wall_clock}),
        log(*this, to, layout(options.folder),
            {store::sync_policy::interval, options.gather_ms, options.gather_ms, options.queue_bytes,
             options.diagnostics},
            {options.window_of_key, options.window_of_run}),
        random_(options.seed) {
    if (options.lease_ms != 0) here.owner = entropy_id();
  }
  tracker_core(const tracker_core&) = delete;
  tracker_core& operator=(const tracker_core&) = delete;

  /// Milliseconds since 1970.
  std::int64_t now() const noexcept { return static_cast<std::int64_t>(options.wall_clock() / 1'000'000U); }

  /// 32 hexadecimal digits.
  static std::string entropy_id() {
    const std::uint64_t first = entropy_seed();
    return id_of(first, entropy_seed());
  }
  std::string next_id() {
    if (options.seed == 0) return entropy_id();
    const millrace::detail::lock_guard held(mutex_);
    const std::uint64_t first = random_();
    return id_of(first, random_());
  }

  /// Does what is asked between the hooks, and emits an event of what was made.
  template <class Operation, class Work, class Event>
  result<typename Operation::outcome> watch(Operation& operation, Work&& work, Event&& event_of) {
    auto made = options.watcher.around(operation, work);
    if (made && options.watcher) options.watcher.emit(event_of(*made));
    return made;
  }
  result<run_info> start(std::string_view experiment_id, const run_options& wanted, const run_process& process) {
    run_draft draft{std::string(experiment_id), wanted.name, wanted.parent, wanted.tags, wanted.parameters};
    const auto work = [&](const run_draft& asked) -> result<run_info> {
      run_options asks = wanted;
      asks.name = asked.name;
      asks.parent = asked.parent;
      asks.tags = asked.tags;
      asks.parameters = asked.parameters;
      const std::string id = next_id();
      return storage->transact([&](auto& objects) -> result<run_info> {
        if (auto held = hold(objects, process); !held) return std::move(held).error();
        return create_run(objects, log.keys(), asked.experiment_id, asks, id, process, now());
      });
    };
    return watch(draft, work, [](const run_info& run) { return run_started{run}; });
  }
  result<run_info> resume(std::string_view id) {
    auto found = storage->transact([&](auto& objects) -> result<run_info> {
      if (auto held = hold(objects, here); !held) return std::move(held).error();
      return resume_run(objects, log.keys(), id, here, now());
    });
    if (found) options.watcher.emit(run_resumed{*found});
    return found;
  }
  /// `taken_over`: it is a scope of this process that ends; set to whether another process runs the run by now, which
  /// is then left alone.
  result<run_info> end(std::string_view id, run_status status, std::int64_t at, bool* taken_over = nullptr) {
    run_end asked{std::string(id), status};
    const auto work = [&](const run_end& ends) -> result<run_info> {
      return storage->transact([&](auto& objects) -> result<run_info> {
        if (taken_over != nullptr) {
          const auto found = load_run(objects, log.keys(), ends.id);
          if (!found) return found.error();
          auto fine = check_owner(*found, here);
          *taken_over = !fine;
          if (!fine) return std::move(fine).error();
        }
        return end_run(objects, log.keys(), ends.id, ends.status, at);
      });
    };
    return watch(asked, work, [](const run_info& run) { return run_ended{run}; });
  }
  /// Ends the runs of processes that are gone; returns how many.
  result<std::uint64_t> end_gone() {
    auto killed = storage->transact([&](auto& objects) -> result<std::vector<run_info>> {
      return end_abandoned(objects, log.keys(), here, now());
    });
    if (!killed) return std::move(killed).error();
    for (run_info& each : *killed) options.watcher.emit(run_ended{std::move(each)});
    return killed->size();
  }

  // ---- what the log's thread calls

  void stored(std::uint64_t points, std::uint64_t cached) noexcept {
    try {
      options.watcher.emit(points_stored{points, cached});
    } catch (...) {  // a watcher's
    }
  }
  /// Four times a lease, as long as the tracker runs some: renews it. Once a lease: ends runs of those that are gone.
  /// What the storage refuses is tried again at the next time.
  void upkeep() noexcept {
    if (options.lease_ms == 0) return;
    const std::uint64_t quarter = std::uint64_t{options.lease_ms} * 250'000;
    const std::uint64_t at = steady_clock().ticks();
    if (at - renewed_at_ < quarter) return;
    renewed_at_ = at;
    try {
      renew();
      if (options.mark_killed && ++renewals_ % 4 == 0) static_cast<void>(end_gone());
    } catch (...) {  // no memory, or a watcher's
    }
  }
  /// Behind the log's end: this tracker is gone, and says so.
  void give_up_lease() noexcept {
    if (!has_lease_.load_relaxed() || log.forked()) return;
    has_lease_.store_relaxed(false);
    try {
      static_cast<void>(storage->transact([&](auto& objects) -> result<int> {
        if (auto gone = objects.remove(log.keys().lease(here.owner)); !gone) return std::move(gone).error();
        return 0;
      }));
    } catch (...) {  // it expires
    }
  }

  result<void> flush() { return log.wait_durable(log.ring.head(), ~std::uint64_t{0} / 4); }

  Storage* storage;
  const tracker_options options;
  run_process here = this_run_process();
  store::content_storage<Contents> contents;
  metric_log<Storage, tracker_core> log;

 private:
  static std::string id_of(std::uint64_t high, std::uint64_t low) {
    std::string id(32, '0');
    for (std::size_t i = 0; i < 32; ++i) id[i] = "0123456789abcdef"[(i < 16 ? high : low) >> (60 - 4 * (i % 16)) & 15U];
    return id;
  }
  /// Within the transaction in which a process gets a run.
  template <class Objects>
  result<void> hold(Objects& objects, const run_process& process) {
    if (process.owner.empty()) return {};
    auto held = hold_lease(objects, log.keys(), process, options.lease_ms, now());
    if (held) has_lease_.store_relaxed(true);
    return held;
  }
  void renew() {
    const std::vector<std::string> runs = log.runs();
    if (runs.empty()) return;
    const auto resumed = storage->transact([&](auto& objects) -> result<std::vector<run_info>> {
      return renew_lease(objects, log.keys(), here, options.lease_ms, now(), runs);
    });
    if (resumed)
      for (const run_info& each : *resumed) options.watcher.emit(run_resumed{each});
  }

  millrace::detail::mutex mutex_;
  random_engine random_;
  millrace::detail::light_atomic<bool> has_lease_{false};
  std::uint64_t renewed_at_ = steady_clock().ticks();  // the thread's
  std::uint64_t renewals_ = 0;                         // likewise
};

/// The points of a metric from the `first`-th on, at most `limit`, of the chunks whose keys begin with `prefix`.
template <class Objects>
result<std::vector<metric_point>> read_history(const Objects& objects, const std::string& prefix, std::uint64_t first,
                                               std::size_t limit) {
  std::vector<metric_point> made;
  // The chunk that has the first point, and those behind it.
  auto chunks = objects.list_backward(prefix, prefix + store::number_key_part(first) + '~', 1);
  if (!chunks) return std::move(chunks).error();
  std::string after = prefix;
  bool is_first = true;
  while (made.size() < limit) {
    if (!is_first) {
      chunks = objects.list(prefix, after, 100);
      if (!chunks) return std::move(chunks).error();
      if (chunks->empty()) break;
    }
    is_first = false;
    for (const store::storage_entry& each : *chunks) {
      after = each.key;
      const auto begin = store::read_key_part_number<std::uint64_t>(std::string_view(each.key).substr(prefix.size()));
      if (!begin) return begin.error();
      const auto bytes = objects.read(each.key);
      if (!bytes) return bytes.error();
      auto points = load_points(*bytes);
      if (!points) return std::move(points).error().wrap("cannot read " + quoted_text(each.key));
      for (std::size_t i = *begin < first ? first - *begin : 0; i < points->size() && made.size() < limit; ++i)
        made.push_back((*points)[i]);
      if (made.size() == limit) break;
    }
  }
  return made;
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_TRACKER_CORE_HPP
