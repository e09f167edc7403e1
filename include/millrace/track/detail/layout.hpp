#ifndef MILLRACE_TRACK_DETAIL_LAYOUT_HPP
#define MILLRACE_TRACK_DETAIL_LAYOUT_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

// Where a tracker keeps what (under its folder, `experiment_tracking`):
//
//     experiments/EXPERIMENT.json             an experiment
//     runs/EXPERIMENT/RUN.json                a run, its parameters and tags
//     metrics/RUN/summary.json                what is known of each of its metrics
//     metrics/RUN/points/KEY/FIRST            1 to 1,024 points of a metric, from the FIRST-th (16 digits) on
//     metrics/RUN/sketches/KEY                the percentiles of the points in full chunks
//     artifacts/RUN/PATH                      an artifact of a run, or of a logged model: its hash, size and type
//     models/EXPERIMENT/MODEL.json            a logged model, its parameters and tags
//     lineage/RUN.json                        what a run has used and made
//     contents/...                            what artifacts are, each content once (store/content_storage.hpp)
//     counters/experiments.json               the next experiment's id
//     leases/OWNER.json                       that a tracker which runs some is alive
//     index/...                               derived, keys alone
//
// An index's entries are written in the transaction that changes what they are derived from.

/// The members of `counters/experiments.json`.
struct counter {
  std::uint64_t next = 1;

  static constexpr std::string_view document_kind = "counter";
  static constexpr unsigned document_format = 1;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("next", self.next);
  }
};

/// Makes the keys. What ends with a slash is the beginning of keys.
class layout {
 public:
  explicit layout(std::string_view folder) : root_(std::string(folder) + '/') {}

  const std::string& root() const noexcept { return root_; }

  std::string experiments() const { return key("experiments/"); }
  std::string experiment(std::string_view id) const { return key("experiments/", id, ".json"); }
  std::string runs(std::string_view experiment) const { return key("runs/", experiment, "/"); }
  std::string run(std::string_view experiment, std::string_view id) const {
    return key("runs/", experiment, "/", id, ".json");
  }
  std::string metrics(std::string_view run) const { return key("metrics/", run, "/"); }
  std::string summary(std::string_view run) const { return key("metrics/", run, "/summary.json"); }
  std::string points(std::string_view run, std::string_view metric) const {
    return key("metrics/", run, "/points/", store::text_key_part(metric), "/");
  }
  std::string sketch(std::string_view run, std::string_view metric) const {
    return key("metrics/", run, "/sketches/", store::text_key_part(metric));
  }
  std::string models(std::string_view experiment) const { return key("models/", experiment, "/"); }
  std::string model(std::string_view experiment, std::string_view id) const {
    return key("models/", experiment, "/", id, ".json");
  }
  std::string lineage(std::string_view run) const { return key("lineage/", run, ".json"); }
  std::string artifacts(std::string_view run) const { return key("artifacts/", run, "/"); }
  std::string counter_of_experiments() const { return key("counters/experiments.json"); }

  std::string leases() const { return key("leases/"); }
  std::string lease(std::string_view owner) const { return key("leases/", owner, ".json"); }

  std::string indexes() const { return key("index/"); }
  /// The experiment of a name.
  std::string name(std::string_view name) const { return key("index/names/", store::text_key_part(name), "/"); }
  std::string experiment_of(std::string_view run) const { return key("index/runs/", run, "/"); }
  /// Runs that are running.
  std::string open_runs() const { return key("index/open/"); }
  std::string open_run(std::string_view experiment, std::string_view run) const {
    return key("index/open/", experiment, "/", run);
  }
  /// Artifacts that have a content.
  std::string users(std::string_view content) const { return key("index/contents/", content, "/"); }
  std::string user(std::string_view content, std::string_view run, std::string_view path) const {
    return key("index/contents/", content, "/", run, "/", store::text_key_part(path));
  }
  std::string contents() const { return root_ + "contents"; }
  std::string children(std::string_view parent) const { return key("index/children/", parent, "/"); }
  /// Runs of an experiment by their start, the last one first: START/RUN, where START is that of `from_last`.
  std::string starts(std::string_view experiment, lifecycle stage) const {
    return key("index/start/", experiment, "/", to_string(stage), "/");
  }
  /// Runs of an experiment by a figure (`last`, `min`, `max`) of a metric: VALUE/START/RUN.
  std::string metric_values(std::string_view experiment, lifecycle stage, std::string_view metric,
                            std::string_view figure) const {
    return key("index/metrics/", experiment, "/", to_string(stage), "/", store::text_key_part(metric), "/", figure,
               "/");
  }
  /// Runs of an experiment by the value of a parameter (`parameters`) or tag (`tags`): VALUE/RUN.
  std::string text_values(std::string_view kind, std::string_view experiment, lifecycle stage,
                          std::string_view name) const {
    return key("index/", kind, "/", experiment, "/", to_string(stage), "/", store::text_key_part(name), "/");
  }

 private:
  template <class... Parts>
  std::string key(const Parts&... parts) const {
    std::string made(root_);
    (made.append(std::string_view(parts)), ...);
    return made;
  }

  std::string root_;
};

/// A time as a part of a key, so that later ones come first.
inline std::string from_last(std::int64_t time) { return store::number_key_part(static_cast<std::int64_t>(~time)); }
inline result<std::int64_t> read_from_last(std::string_view part) {
  const auto read = store::read_key_part_number<std::int64_t>(part);
  return read ? result<std::int64_t>(~*read) : result<std::int64_t>(read.error());
}

/// The keys under which indexes have a run, without those of its metrics.
inline std::vector<std::string> index_keys(const layout& keys, const run_info& run) {
  std::vector<std::string> made;
  made.push_back(keys.experiment_of(run.id) + run.experiment_id);
  made.push_back(keys.starts(run.experiment_id, run.stage) + from_last(run.start) + '/' + run.id);
  if (run.status == run_status::running) made.push_back(keys.open_run(run.experiment_id, run.id));
  if (!run.parent.empty()) made.push_back(keys.children(run.parent) + run.id);
  const auto texts = [&](std::string_view kind, const std::vector<key_value>& all) {
    for (const key_value& each : all)
      made.push_back(keys.text_values(kind, run.experiment_id, run.stage, each.key) + store::text_key_part(each.value) +
                     '/' + run.id);
  };
  texts("parameters", run.parameters);
  texts("tags", run.tags);
  return made;
}
/// Appends the keys under which indexes have a metric of a run.
inline void append_index_keys(std::vector<std::string>& made, const layout& keys, const run_info& run,
                              const metric_summary& metric) {
  const auto number = [&](std::string_view figure, double value) {
    made.push_back(keys.metric_values(run.experiment_id, run.stage, metric.key, figure) +
                   store::number_key_part(value) + '/' + from_last(run.start) + '/' + run.id);
  };
  number("last", metric.last.value);
  number("min", metric.min);
  number("max", metric.max);
}

/// Writes the keys that are only in `after`, and removes those that are only in `before`.
template <class Objects>
result<void> change_index(Objects& objects, std::vector<std::string> before, std::vector<std::string> after) {
  constexpr auto less = [](const std::string& a, const std::string& b) { return a < b; };
  millrace::detail::sort_by(before, less);
  millrace::detail::sort_by(after, less);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    const int order = i == before.size() ? 1 : j == after.size() ? -1 : before[i].compare(after[j]);
    result<void> done;
    if (order < 0) done = objects.remove(before[i]);
    if (order > 0) done = objects.write(after[j], {});
    if (!done) return done;
    i += order <= 0;
    j += order >= 0;
  }
  return {};
}

/// What stands behind the last slash of a key.
inline std::string last_part(std::string_view key) { return std::string(key.substr(key.rfind('/') + 1)); }

/// Removes all objects whose keys begin with `prefix`.
template <class Objects>
result<void> remove_all(Objects& objects, std::string_view prefix) {
  return store::for_each_object(objects, prefix,
                                [&](const store::storage_entry& each) { return objects.remove(each.key); });
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_LAYOUT_HPP
