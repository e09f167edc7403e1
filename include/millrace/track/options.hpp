#ifndef MILLRACE_TRACK_OPTIONS_HPP
#define MILLRACE_TRACK_OPTIONS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/track/records.hpp>
#include <millrace/track/watcher.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

/// How a tracker works.
struct tracker_options {
  /// The first part of all keys: a storage may hold more than one tracker's, and a registry's.
  std::string folder = "experiment_tracking";
  /// How many milliseconds of points a transaction gathers, unless somebody waits for one.
  std::uint32_t gather_ms = 5;
  /// The size of the queue between those who log points and the thread that makes them durable. A point takes about 64
  /// bytes. Whoever finds it full waits.
  std::size_t queue_bytes = std::size_t{4} << 20;
  /// How many of its last points a metric's, and a run's, memory holds to know those that come again without reading.
  /// A metric's window is 1,024 at least. They bound memory alone: all points are kept.
  std::uint64_t window_of_key = 10'000;
  std::uint64_t window_of_run = 100'000;
  /// Where experiments that do not say it have their artifacts, for programs that ask. An experiment's id is appended.
  std::string artifact_location = "mlflow-artifacts:/";
  /// Whether runs are marked as killed whose process is gone: at opening, and later once a lease.
  bool mark_killed = true;
  /// How many milliseconds a tracker may be silent before others, on other machines, take its runs for killed: it
  /// renews its lease four times as often, in the storage. Clocks of machines may differ by half of it. 0: no lease;
  /// then the runs of a machine that is gone go on for ever.
  std::uint32_t lease_ms = 60'000;
  /// Of ids of runs; 0: from the system's entropy.
  std::uint64_t seed = 0;
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
  diagnostics_ref diagnostics = {};
  /// Who is asked before and told after what the tracker does; see track/observed.hpp.
  watcher_ref watcher = {};
};

/// What a new experiment has beside its name.
struct experiment_options {
  std::string description = {};
  std::string artifact_location = {};  // empty: by the tracker's
  std::vector<key_value> tags = {};
};

/// What a new run has.
struct run_options {
  std::string name = {};  // empty: made from its id
  std::string parent = {};
  std::string description = {};
  std::string user = {};
  std::string source = {};  // what runs, such as a program's path
  std::vector<key_value> tags = {};
  std::vector<key_value> parameters = {};
  /// In milliseconds since 1970; 0: now.
  std::int64_t start = 0;
};

/// What `remove_older` removes: runs, and deleted experiments that have none any more.
struct retention {
  /// Those that ended, or were deleted, longer ago than so many days.
  std::uint32_t days = 30;
  /// Of runs only those that are deleted.
  bool deleted_only = false;
  /// Of one experiment; empty: of all.
  std::string experiment_id = {};
  /// Contents that no artifact has any more stay for so many nanoseconds after they were logged last.
  std::uint64_t unused_for = 3'600'000'000'000U;
};
/// What `remove_older` has removed.
struct removed_counts {
  std::uint64_t runs = 0;
  std::uint64_t experiments = 0;
  std::uint64_t contents = 0;
};

/// A metric's value with its name, for `log_batch`.
struct named_point {
  std::string key;
  metric_point point;
};

/// What `log_batch` logs at once.
struct run_batch {
  std::vector<named_point> metrics = {};
  std::vector<key_value> parameters = {};
  std::vector<key_value> tags = {};
};

/// Which experiments or runs are searched.
enum class lifecycle_view : std::uint8_t { active_only, deleted_only, all };

constexpr std::string_view to_string(lifecycle_view view) noexcept {
  switch (view) {
    case lifecycle_view::active_only: return "ACTIVE_ONLY";
    case lifecycle_view::deleted_only: return "DELETED_ONLY";
    case lifecycle_view::all: return "ALL";
  }
  return {};
}

/// What to search for, and how much of it.
struct search_options {
  /// As `store::search_filter` reads it: `metrics.loss < 0.1 AND params.net = 'a'`; empty: everything.
  std::string filter = {};
  /// As `store::search_order` reads it: `metrics.loss DESC`.
  std::vector<std::string> order_by = {};
  lifecycle_view view = lifecycle_view::active_only;
  /// Of a page: 1 to 50,000.
  std::size_t max_results = 1000;
  /// That of the last page; empty: the first page.
  std::string page_token = {};
  store::search_grammar grammar = store::search_grammar::full;
};

/// A page of what was found. The token is empty if it is the last one.
template <class Item>
struct search_page {
  std::vector<Item> items;
  std::string next_page_token;
};

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_OPTIONS_HPP
