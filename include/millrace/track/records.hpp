#ifndef MILLRACE_TRACK_RECORDS_HPP
#define MILLRACE_TRACK_RECORDS_HPP

#include <millrace/track/names.hpp>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

/// Whether an experiment or a run is there, or was deleted and can be restored.
enum class lifecycle : std::uint8_t { active, deleted };

constexpr std::string_view to_string(lifecycle stage) noexcept {
  switch (stage) {
    case lifecycle::active: return "active";
    case lifecycle::deleted: return "deleted";
  }
  return {};
}

/// What became of a run.
enum class run_status : std::uint8_t {
  running,
  scheduled,
  finished,
  failed,  // left by an exception, or ended so
  killed,  // its process, or the machine of that, ended without a word
};

/// The status as MLflow spells it: `RUNNING`.
constexpr std::string_view to_string(run_status status) noexcept {
  switch (status) {
    case run_status::running: return "RUNNING";
    case run_status::scheduled: return "SCHEDULED";
    case run_status::finished: return "FINISHED";
    case run_status::failed: return "FAILED";
    case run_status::killed: return "KILLED";
  }
  return {};
}

/// A group of runs. Times are milliseconds since 1970.
struct experiment {
  std::string id;
  std::string name;
  std::string artifact_location;  // of runs that do not say another; for people and programs that ask, kept as it is
  lifecycle stage = lifecycle::active;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::vector<key_value> tags;

  static constexpr std::string_view document_kind = "experiment";
  static constexpr unsigned document_format = 1;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("name", self.name)("artifact_location", self.artifact_location)("stage", self.stage);
    members("created", self.created)("updated", self.updated)("tags", self.tags);
  }
  friend bool operator==(const experiment&, const experiment&) = default;
};

/// The process that runs a run, as far as another one needs to know to find out whether it is still there.
struct run_process {
  std::string host;
  std::string boot;           // of that machine, since when it is up
  std::string space;          // the space of process numbers, which containers have of their own
  std::int64_t pid = 0;       // 0: nobody that is known
  std::uint64_t started = 0;  // in the kernel's ticks: another process of the same number has another start
  std::string owner;          // the tracker in it, which renews a lease while it is there; empty: it has none

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("host", self.host)("boot", self.boot)("space", self.space)("pid", self.pid)("started", self.started);
    if (members.format() >= 2) members("owner", self.owner);
  }
  friend bool operator==(const run_process&, const run_process&) = default;
};

/// One run of an experiment, without its metrics. Times are milliseconds since 1970.
struct run_info {
  std::string id;  // 32 hexadecimal digits, as MLflow's
  std::string experiment_id;
  std::string name;
  run_status status = run_status::running;
  lifecycle stage = lifecycle::active;
  std::int64_t start = 0;
  std::int64_t end = 0;      // 0: it has not ended
  std::int64_t deleted = 0;  // when it was; 0: it is not
  std::string parent;        // the run within which it runs; empty: none
  std::string user;
  std::vector<key_value> parameters;  // in the order in which they came
  std::vector<key_value> tags;
  run_process process;  // who runs it, while it is running, or ran it when it was taken for gone

  static constexpr std::string_view document_kind = "run";
  static constexpr unsigned document_format = 2;  // 1: processes had no owner
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("experiment_id", self.experiment_id)("name", self.name)("status", self.status);
    members("stage", self.stage)("start", self.start)("end", self.end)("deleted", self.deleted);
    members("parent", self.parent)("user", self.user)("parameters", self.parameters)("tags", self.tags);
    members("process", self.process);
  }
  friend bool operator==(const run_info&, const run_info&) = default;
};

/// A value of a metric. Any double, NaN and the infinities too.
struct metric_point {
  std::int64_t step = 0;
  std::int64_t time = 0;  // milliseconds since 1970
  double value = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("step", self.step)("time", self.time)("value", self.value);
  }
  /// Equal bit by bit, so that a NaN is equal to itself.
  friend constexpr bool operator==(const metric_point& a, const metric_point& b) noexcept {
    return a.step == b.step && a.time == b.time &&
           std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
  }
};

/// What is known of all values of a metric in a run.
struct metric_summary {
  std::string key;
  std::uint64_t count = 0;   // points
  std::uint64_t finite = 0;  // points whose value is
  metric_point last;         // the latest: of the greatest step, then time, then value
  double min = 0;            // of values that are not NaN; NaN if there is none
  double max = 0;
  double mean = 0;  // of finite values; NaN if there is none, as are the percentiles
  double p50 = 0;   // approximate: aggregate's t-digest
  double p90 = 0;
  double p99 = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("key", self.key)("count", self.count)("finite", self.finite)("last", self.last)("min", self.min);
    members("max", self.max)("mean", self.mean)("p50", self.p50)("p90", self.p90)("p99", self.p99);
  }
};

/// The summaries of all metrics of a run, in the order of their names.
struct metric_summaries {
  std::vector<metric_summary> metrics;

  static constexpr std::string_view document_kind = "metrics of run";
  static constexpr unsigned document_format = 1;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("metrics", self.metrics);
  }
};

/// A file of a run. Its bytes are kept once, however many runs have them.
struct artifact {
  std::string path;     // parts with slashes between them: `model/weights.bin`
  std::string content;  // SHA-256, 64 hexadecimal digits
  std::uint64_t size = 0;
  std::string type;          // the caller's word for what it is: `onnx`, `image/png`; may be empty
  std::int64_t created = 0;  // milliseconds since 1970

  static constexpr std::string_view document_kind = "artifact";
  static constexpr unsigned document_format = 1;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("path", self.path)("content", self.content)("size", self.size)("type", self.type)("created", self.created);
  }
  friend bool operator==(const artifact&, const artifact&) = default;
};

/// What a folder of a run's artifacts has: files, and folders, of which the path alone is set.
struct artifact_entry {
  artifact file;
  bool is_folder = false;
};

/// A run with the summaries of its metrics, in the order of their names.
struct run_record {
  run_info info;
  std::vector<metric_summary> metrics;

  /// Null: the run has no such metric, parameter or tag.
  const metric_summary* metric(std::string_view key) const noexcept {
    for (const metric_summary& each : metrics)
      if (each.key == key) return &each;
    return nullptr;
  }
  const std::string* parameter(std::string_view key) const noexcept { return detail::value_of(info.parameters, key); }
  const std::string* tag(std::string_view key) const noexcept { return detail::value_of(info.tags, key); }
};

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_RECORDS_HPP
