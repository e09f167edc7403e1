#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_REPLIES_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_REPLIES_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/track/records.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The messages of MLflow's API as the records that a tracker has of them. What a server leaves out is empty or 0.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// Reads members one after the other, and keeps the first error.
class member_reader {
 public:
  explicit member_reader(const message& in) noexcept : in_(&in) {}

  member_reader& text(std::string_view name, std::string& to) {
    if (!done_) return *this;
    auto found = in_->text(name);
    if (found)
      to = *std::move(found);
    else
      done_ = std::move(found).error();
    return *this;
  }
  /// A text, or a number as it is spelled: what some servers send as the one and others as the other.
  member_reader& spelled(std::string_view name, std::string& to) {
    to = in_->spelled(name);
    return *this;
  }
  template <class Integer>
  member_reader& integer(std::string_view name, Integer& to) {
    if (!done_) return *this;
    const auto found = in_->integer(name, 0);
    if (!found)
      done_ = found.error();
    else if (static_cast<std::int64_t>(static_cast<Integer>(*found)) != *found || (Integer(-1) > 0 && *found < 0))
      done_ = message::no(name, "an integer of its kind");
    else
      to = static_cast<Integer>(*found);
    return *this;
  }
  member_reader& real(std::string_view name, double& to) {
    if (!done_) return *this;
    const auto found = in_->real(name);
    if (found)
      to = *found;
    else
      done_ = found.error();
    return *this;
  }
  /// A list of keys and values, of a tracker's or a registry's kind.
  template <class Pair>
  member_reader& pairs(std::string_view name, std::vector<Pair>& to) {
    return list(name, to, [](const message& each) -> result<Pair> {
      Pair made;
      auto done = member_reader(each).text("key", made.key).text("value", made.value).done();
      if (!done) return std::move(done).error();
      return made;
    });
  }
  /// `read(message)` returns a result<Item>.
  template <class Item, class Read>
  member_reader& list(std::string_view name, std::vector<Item>& to, const Read& read) {
    if (!done_) return *this;
    done_ = in_->for_each(name, [&](const message& each) -> result<void> {
      auto made = read(each);
      if (!made) return std::move(made).error();
      to.push_back(*std::move(made));
      return {};
    });
    return *this;
  }

  result<void> done() const { return done_; }

 private:
  const message* in_;
  result<void> done_;
};

inline result<track::lifecycle> read_lifecycle(const message& in) {
  const auto stage = in.spelled("lifecycle_stage");
  if (stage.empty() || stage == to_string(track::lifecycle::active)) return track::lifecycle::active;
  if (stage == to_string(track::lifecycle::deleted)) return track::lifecycle::deleted;
  return message::no("lifecycle_stage", "active or deleted");
}

inline result<track::experiment> read_experiment(const message& in) {
  track::experiment made;
  const auto stage = read_lifecycle(in);
  if (!stage) return stage.error();
  made.stage = *stage;
  auto done = member_reader(in)
                  .spelled("experiment_id", made.id)
                  .text("name", made.name)
                  .text("artifact_location", made.artifact_location)
                  .integer("creation_time", made.created)
                  .integer("last_update_time", made.updated)
                  .pairs("tags", made.tags)
                  .done();
  if (!done) return std::move(done).error();
  if (made.id.empty()) return message::missing("experiment_id");
  return made;
}

inline result<track::run_status> read_status(std::string_view text) {
  for (int i = 0;; ++i) {
    const auto each = static_cast<track::run_status>(i);
    if (to_string(each).empty()) return message::no("status", "RUNNING, SCHEDULED, FINISHED, FAILED or KILLED");
    if (to_string(each) == text) return each;
  }
}

inline result<track::metric_point> read_point(const message& in) {
  track::metric_point made;
  auto done =
      member_reader(in).real("value", made.value).integer("timestamp", made.time).integer("step", made.step).done();
  if (!done) return std::move(done).error();
  return made;
}
/// The last value of a metric; how many there were, and their figures, MLflow does not say.
inline result<track::metric_summary> read_summary(const message& in) {
  track::metric_summary made;
  auto key = in.required("key");
  if (!key) return std::move(key).error();
  made.key = *std::move(key);
  const auto last = read_point(in);
  if (!last) return last.error();
  made.last = *last;
  made.min = made.max = made.mean = made.p50 = made.p90 = made.p99 = __builtin_nan("");
  return made;
}

/// A message Run.
inline result<track::run_record> read_run(const message& in) {
  track::run_record made;
  track::run_info& info = made.info;
  const auto head = in.object("info");
  if (!head) return head.error();
  const auto stage = read_lifecycle(*head);
  if (!stage) return stage.error();
  info.stage = *stage;
  const auto status = read_status(head->spelled("status"));
  if (!status) return status.error();
  info.status = *status;
  auto done = member_reader(*head)
                  .text(head->has("run_id") ? "run_id" : "run_uuid", info.id)
                  .spelled("experiment_id", info.experiment_id)
                  .text("run_name", info.name)
                  .text("user_id", info.user)
                  .integer("start_time", info.start)
                  .integer("end_time", info.end)
                  .done();
  if (!done) return std::move(done).error();
  if (info.id.empty()) return message::missing("run_id");
  const auto data = in.has("data") ? in.object("data") : result<message>(message());
  if (!data) return data.error();
  done = member_reader(*data)
             .list("metrics", made.metrics, read_summary)
             .pairs("params", info.parameters)
             .pairs("tags", info.tags)
             .done();
  if (!done) return std::move(done).error();
  for (const track::key_value& each : info.tags) {
    if (each.key == track::run_name_tag) info.name = each.value;
    if (each.key == track::user_tag) info.user = each.value;
    if (each.key == track::parent_run_tag) info.parent = each.value;
  }
  return made;
}

/// A message FileInfo.
inline result<track::artifact_entry> read_entry(const message& in) {
  track::artifact_entry made;
  auto path = in.required("path");
  if (!path) return std::move(path).error();
  made.file.path = *std::move(path);
  made.is_folder = in.is_true("is_dir");
  auto done = member_reader(in).integer("file_size", made.file.size).done();
  if (!done) return std::move(done).error();
  return made;
}

/// A page of a search: the list `name`, each of whose items `read(message)` reads.
template <class Page, class Read>
result<Page> read_page(const message& in, std::string_view name, const Read& read) {
  Page made;
  auto done = member_reader(in).list(name, made.items, read).text("next_page_token", made.next_page_token).done();
  if (!done) return std::move(done).error();
  return made;
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_REPLIES_HPP
