#ifndef MILLRACE_TRACK_DETAIL_TRACKER_CORE_HPP
#define MILLRACE_TRACK_DETAIL_TRACKER_CORE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/content_storage.hpp>
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

/// What a tracker has done since it was opened.
struct tracker_counts {
  millrace::detail::light_atomic<std::uint64_t> experiments_created{0};
  millrace::detail::light_atomic<std::uint64_t> artifacts_stored{0};
  millrace::detail::light_atomic<std::uint64_t> active_runs{0};  // scopes that have not ended
};

/// What a tracker and its runs share.
template <class Storage, class Contents>
struct tracker_core {
  tracker_core(Storage& to, Contents& artifacts, tracker_options wanted)
      : storage(&to),
        options(std::move(wanted)),
        contents(artifacts, {layout(options.folder).contents(), options.wall_clock}),
        log(to, layout(options.folder),
            {store::sync_policy::interval, options.gather_ms, options.gather_ms, options.queue_bytes,
             options.diagnostics},
            {options.window_of_key, options.window_of_run}),
        random_(options.seed) {}
  tracker_core(const tracker_core&) = delete;
  tracker_core& operator=(const tracker_core&) = delete;

  /// Milliseconds since 1970.
  std::int64_t now() const noexcept { return static_cast<std::int64_t>(options.wall_clock() / 1'000'000U); }

  /// 32 hexadecimal digits.
  std::string next_id() {
    std::uint64_t words[2] = {entropy_seed(), entropy_seed()};
    if (options.seed != 0) {
      const millrace::detail::lock_guard held(mutex_);
      words[0] = random_();
      words[1] = random_();
    }
    std::string id(32, '0');
    for (std::size_t i = 0; i < 32; ++i) id[i] = "0123456789abcdef"[words[i / 16] >> (60 - 4 * (i % 16)) & 15U];
    return id;
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
        return create_run(objects, log.keys(), asked.experiment_id, asks, id, process, now());
      });
    };
    return watch(draft, work, [](const run_info& run) { return run_started{run}; });
  }
  result<run_info> end(std::string_view id, run_status status, std::int64_t at) {
    run_end asked{std::string(id), status};
    const auto work = [&](const run_end& ends) -> result<run_info> {
      return storage->transact(
          [&](auto& objects) -> result<run_info> { return end_run(objects, log.keys(), ends.id, ends.status, at); });
    };
    return watch(asked, work, [](const run_info& run) { return run_ended{run}; });
  }

  result<void> flush() { return log.wait_durable(log.ring.head(), ~std::uint64_t{0} / 4); }

  Storage* storage;
  const tracker_options options;
  const run_process here = this_run_process();
  store::content_storage<Contents> contents;
  tracker_counts counts;
  metric_log<Storage> log;

 private:
  millrace::detail::mutex mutex_;
  random_engine random_;
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
