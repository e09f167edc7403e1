#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_TRACKING_CALLS_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_TRACKING_CALLS_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/records.hpp>
#include <millrace/connect/mlflow/detail/refusal.hpp>
#include <millrace/connect/mlflow/detail/search_request.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/track/logged_models.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/tracker.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

// Limits of MLflow's requests.
inline constexpr std::size_t max_batch_metrics = 1000;
inline constexpr std::size_t max_batch_texts = 100;  // parameters, and tags
inline constexpr std::size_t max_batch = 1000;       // all together
inline constexpr std::int64_t max_history_page = 25'000;

/// By name, or by the number that MLflow's message has for it.
inline result<track::run_status> parse_status(std::string_view text) {
  for (int i = 0;; ++i) {
    const auto each = static_cast<track::run_status>(i);
    if (to_string(each).empty()) return message::no("status", "RUNNING, SCHEDULED, FINISHED, FAILED or KILLED");
    if (to_string(each) == text || std::to_string(i + 1) == text) return each;
  }
}
/// What MLflow's server keeps of a value that is too long: its beginning.
inline std::string shortened(std::string text, std::size_t most) {
  text.resize(track::size_of_characters(text, most));
  return text;
}
inline void shorten(std::vector<track::key_value>& pairs, std::size_t most) {
  for (track::key_value& each : pairs) each.value = shortened(std::move(each.value), most);
}
/// Whether an address names a place, and not a part of one.
inline result<void> check_location(std::string_view address) {
  if (address.find_first_of("#;") == address.npos) return {};
  return error(errc::invalid_argument,
               "'artifact_location' URL can't include fragments or params: " + quoted_text(address));
}
/// Names each key once.
inline result<void> check_unique(const std::vector<track::key_value>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (parameters[i].key == parameters[j].key)
        return error(errc::invalid_argument,
                     "Duplicate parameter keys have been submitted: " + quoted_text(parameters[i].key));
  return {};
}
/// Which experiments or runs a search is about: by name, or by the number that MLflow's message has for it.
inline result<track::lifecycle_view> view_of(const message& in, std::string_view name) {
  using track::lifecycle_view;
  const auto sent = in.spelled(name);
  for (const lifecycle_view each : {lifecycle_view::active_only, lifecycle_view::deleted_only, lifecycle_view::all})
    if (sent == to_string(each) || sent == std::to_string(static_cast<int>(each) + 1)) return each;
  if (sent.empty()) return lifecycle_view::active_only;
  return message::no(name, "ACTIVE_ONLY, DELETED_ONLY or ALL");
}
inline result<track::search_options> search_of(const message& in, std::string_view view,
                                               store::search_grammar grammar) {
  track::search_options made;
  made.grammar = grammar;
  if (auto read = read_search(in, 1000, made); !read) return std::move(read).error();
  const auto which = view_of(in, view);
  if (!which) return which.error();
  made.view = *which;
  return made;
}
inline result<track::named_point> point_of(const message& in) {
  track::named_point made;
  auto key = in.required("key");
  if (!key) return std::move(key).error();
  made.key = *std::move(key);
  const auto value = in.real("value");
  if (!value) return value.error();
  made.point.value = *value;
  if (!in.has("timestamp")) return message::missing("timestamp");
  const auto time = in.integer("timestamp", 0);
  if (!time) return time.error();
  if (*time < 0) return message::no("timestamp", "a time since 1970");
  made.point.time = *time;
  const auto step = in.integer("step", 0);
  if (!step) return step.error();
  made.point.step = *step;
  return made;
}

/// Where the next page of a history begins. The token has a checksum of what it is a page of, so that one of another
/// history is refused instead of skipping points.
class history_token {
 public:
  history_token(std::string_view run, std::string_view key) {
    const std::string of = std::string(run) + '\n' + std::string(key);
    check_ = crc32(0, reinterpret_cast<const unsigned char*>(of.data()), of.size());
  }
  std::string make(std::uint64_t first) const { return std::to_string(first) + '-' + std::to_string(check_); }
  result<std::uint64_t> parse(std::string_view token) const {
    std::uint64_t first = 0;
    if (token.empty()) return first;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), first);
    if (read.ec != std::errc() || make(first) != token)
      return message::no("page_token", "the token of the page before");
    return first;
  }

 private:
  std::uint32_t check_ = 0;
};

/// What keeps experiments and runs.
template <class T>
concept keeps_runs = requires(T& tracker, std::string_view text) {
  tracker.create_experiment(text);
  tracker.get_run(text);
};

/// The calls about experiments and runs. Each writes the members of its response.
template <class Tracker>
class tracking_calls {
 public:
  tracking_calls(Tracker& tracker, store::search_grammar grammar) noexcept : tracker_(&tracker), grammar_(grammar) {}

  static constexpr refusal refusal_of(errc code) noexcept { return detail::refusal_of(code); }

  // ---- experiments

  result<void> create_experiment(const message& in, json_writer& out) const {
    track::experiment_options options;
    auto name = in.required("name");
    if (!name) return std::move(name).error();
    auto location = in.text("artifact_location");
    if (!location) return std::move(location).error();
    if (auto fine = check_location(*location); !fine) return fine;
    options.artifact_location = *std::move(location);
    auto tags = pairs_of<track::key_value>(in, "tags");
    if (!tags) return std::move(tags).error();
    options.tags = *std::move(tags);
    const auto made = tracker_->create_experiment(*name, options);
    if (!made) return made.error();
    out.member("experiment_id", made->id);
    return {};
  }
  result<void> get_experiment(const message& in, json_writer& out) const {
    return with_text(in, "experiment_id", [&](const std::string& id) { return show(out, experiment(id)); });
  }
  result<void> get_experiment_by_name(const message& in, json_writer& out) const {
    return with_text(in, "experiment_name", [&](const std::string& name) {
      return show(out, name == track::default_experiment_name ? tracker_->default_experiment()
                                                              : tracker_->find_experiment(name));
    });
  }
  result<void> update_experiment(const message& in, json_writer&) const {
    return with_experiment(in, [&](const track::experiment& of) -> result<void> {
      const auto name = in.required("new_name");
      if (!name) return name.error();
      return done(tracker_->rename_experiment(of.id, *name));
    });
  }
  // To MLflow, an experiment that is deleted is not there for who deletes it, nor one that is not for who restores it.
  result<void> delete_experiment(const message& in, json_writer&) const {
    return with_experiment(in, [&](const track::experiment& of) {
      return done(recoded(tracker_->delete_experiment(of.id), errc::conflict, errc::not_found));
    });
  }
  result<void> restore_experiment(const message& in, json_writer&) const {
    return with_experiment(in, [&](const track::experiment& of) {
      return done(recoded(tracker_->restore_experiment(of.id), errc::conflict, errc::not_found));
    });
  }
  result<void> set_experiment_tag(const message& in, json_writer&) const {
    return with_experiment(in, [&](const track::experiment& of) -> result<void> {
      auto tag = pair(in, track::max_tag_value);
      if (!tag) return std::move(tag).error();
      return done(tracker_->set_experiment_tag(of.id, *tag));
    });
  }
  result<void> delete_experiment_tag(const message& in, json_writer&) const {
    return with_experiment(in, [&](const track::experiment& of) -> result<void> {
      const auto key = in.required("key");
      if (!key) return key.error();
      return done(tracker_->delete_experiment_tag(of.id, *key));
    });
  }

  result<void> search_experiments(const message& in, json_writer& out) const {
    const auto options = search_of(in, "view_type", grammar_);
    if (!options) return options.error();
    if (const auto usual = tracker_->default_experiment(); !usual) return usual.error();
    const auto found = track::search_experiments(*tracker_, *options);
    if (!found) return found.error();
    if (!found->items.empty()) {
      out.key("experiments").begin_array();
      for (const track::experiment& each : found->items) put_experiment(out, each);
      out.end_array();
    }
    if (!found->next_page_token.empty()) out.member("next_page_token", found->next_page_token);
    return {};
  }

  // ---- runs

  /// Experiments that are not there have no runs.
  result<void> search_runs(const message& in, json_writer& out) const {
    const auto options = search_of(in, "run_view_type", grammar_);
    if (!options) return options.error();
    auto asked = texts_of(in, "experiment_ids");
    if (!asked) return std::move(asked).error();
    std::vector<track::experiment> known;
    std::vector<std::string> ids;
    for (const std::string& each : *asked) {
      auto found = experiment(each);
      if (!found && found.error().code() != errc::not_found) return std::move(found).error();
      if (!found) continue;
      ids.push_back(found->id);
      known.push_back(*std::move(found));
    }
    const auto found = track::search_runs(*tracker_, ids, *options);
    if (!found) return found.error();
    if (!found->items.empty()) {
      out.key("runs").begin_array();
      for (const track::run_record& each : found->items)
        for (const track::experiment& of : known)
          if (of.id == each.info.experiment_id) {
            const auto lineage = track::get_lineage(*tracker_, each.info.id);
            if (!lineage && lineage.error().code() != errc::not_found) return lineage.error();
            const track::run_lineage nothing;  // of a run that was removed since it was found
            put_run(out, of, each, lineage ? &*lineage : &nothing);
            break;
          }
      out.end_array();
    }
    if (!found->next_page_token.empty()) out.member("next_page_token", found->next_page_token);
    return {};
  }
  result<void> create_run(const message& in, json_writer& out) const {
    track::run_options options;
    auto id = in.text("experiment_id");
    auto name = in.text("run_name");
    auto user = in.text("user_id");
    const auto start = in.integer("start_time", 0);
    for (const auto* each : {&id, &name, &user})
      if (!*each) return each->error();
    if (!start) return start.error();
    options.start = *start;
    auto tags = pairs_of<track::key_value>(in, "tags");
    if (!tags) return std::move(tags).error();
    options.tags = *std::move(tags);
    shorten(options.tags, track::max_tag_value);
    bool names_user = false;
    for (const track::key_value& each : options.tags) {
      names_user = names_user || each.key == track::user_tag;
      if (each.key == track::run_name_tag && !name->empty() && each.value != *name)
        return error(errc::invalid_argument,
                     "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with "
                     "different values: " +
                         quoted_text(*name) + " and " + quoted_text(each.value));
    }
    options.name = *std::move(name);
    if (!names_user && *user != "unknown") options.user = *std::move(user);  // as clients say who know no user
    const auto of = experiment(id->empty() ? track::default_experiment_id : std::string_view(*id));
    if (!of) return of.error();
    const auto made = tracker_->create_run(of->id, options);
    if (!made) return made.error();
    out.key("run");
    put_run(out, *of, {*made, {}}, nullptr);
    return {};
  }
  result<void> get_run(const message& in, json_writer& out) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      const auto found = tracker_->get_run(id);
      if (!found) return found.error();
      const auto of = tracker_->get_experiment(found->info.experiment_id);
      if (!of) return of.error();
      const auto lineage = track::get_lineage(*tracker_, id);
      if (!lineage) return lineage.error();
      out.key("run");
      put_run(out, *of, *found, &*lineage);
      return {};
    });
  }
  result<void> update_run(const message& in, json_writer& out) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      const std::string_view status = in.spelled("status");
      const auto name = in.text("run_name");
      if (!name) return name.error();
      const auto end = in.integer("end_time", 0);
      if (!end) return end.error();
      auto found = tracker_->get_run(id);
      if (!found) return found.error();
      track::run_info run = std::move(found->info);
      if (run.stage == track::lifecycle::deleted)
        return error(errc::invalid_argument, "The run " + id + " must be in the 'active' state. It is deleted");
      if (!status.empty() || *end != 0) {
        const auto parsed = status.empty() ? result<track::run_status>(run.status) : parse_status(status);
        if (!parsed) return parsed.error();
        auto ended = tracker_->end_run(id, *parsed, *end);
        if (!ended) return std::move(ended).error();
        run = *std::move(ended);
      }
      if (!name->empty()) {
        auto renamed = tracker_->rename_run(id, *name);
        if (!renamed) return std::move(renamed).error();
        run = *std::move(renamed);
      }
      const auto of = tracker_->get_experiment(run.experiment_id);
      if (!of) return of.error();
      out.key("run_info");
      put_run_info(out, *of, run);
      return {};
    });
  }
  // Deleting twice is no error to MLflow, nor is restoring what is there.
  result<void> delete_run(const message& in, json_writer&) const {
    return with_run(in, [&](const std::string& id) { return unless_so_already(tracker_->delete_run(id)); });
  }
  result<void> restore_run(const message& in, json_writer&) const {
    return with_run(in, [&](const std::string& id) { return unless_so_already(tracker_->restore_run(id)); });
  }
  result<void> log_metric(const message& in, json_writer&) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      track::run_batch batch;
      auto point = point_of(in);
      if (!point) return std::move(point).error();
      batch.metrics.push_back(*std::move(point));
      return tracker_->log_batch(id, batch);
    });
  }
  result<void> log_parameter(const message& in, json_writer&) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      auto parameter = pair(in, track::max_parameter_value);
      if (!parameter) return std::move(parameter).error();
      return done(
          recoded(tracker_->log_parameters(id, {*std::move(parameter)}), errc::already_exists, errc::invalid_argument));
    });
  }
  result<void> set_tag(const message& in, json_writer&) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      auto tag = pair(in, track::max_tag_value);
      if (!tag) return std::move(tag).error();
      return done(tracker_->set_tags(id, {*std::move(tag)}));
    });
  }
  result<void> delete_tag(const message& in, json_writer&) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      const auto key = in.required("key");
      if (!key) return key.error();
      return done(tracker_->delete_tag(id, *key));
    });
  }
  result<void> log_batch(const message& in, json_writer&) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      track::run_batch batch;
      auto walked = in.for_each("metrics", [&](const message& each) -> result<void> {
        auto point = point_of(each);
        if (!point) return std::move(point).error();
        batch.metrics.push_back(*std::move(point));
        return {};
      });
      if (!walked) return walked;
      auto parameters = pairs_of<track::key_value>(in, "params");
      if (!parameters) return std::move(parameters).error();
      batch.parameters = *std::move(parameters);
      auto tags = pairs_of<track::key_value>(in, "tags");
      if (!tags) return std::move(tags).error();
      batch.tags = *std::move(tags);
      if (batch.metrics.size() > max_batch_metrics || batch.parameters.size() > max_batch_texts ||
          batch.tags.size() > max_batch_texts ||
          batch.metrics.size() + batch.parameters.size() + batch.tags.size() > max_batch)
        return error(errc::invalid_argument,
                     "A batch logging request can contain at most 1000 metrics, 100 params and 100 tags, and 1000 of "
                     "all together");
      if (auto fine = check_unique(batch.parameters); !fine) return fine;
      shorten(batch.parameters, track::max_parameter_value);
      shorten(batch.tags, track::max_tag_value);
      return recoded(tracker_->log_batch(id, batch), errc::already_exists, errc::invalid_argument);
    });
  }
  result<void> get_history(const message& in, json_writer& out) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      const auto key = in.required("metric_key");
      if (!key) return key.error();
      const auto most = in.integer("max_results", max_history_page);
      if (!most) return most.error();
      if (*most <= 0) return message::no("max_results", "a positive integer");
      const auto limit = static_cast<std::size_t>(*most < max_history_page ? *most : max_history_page);
      const auto token = in.text("page_token");
      if (!token) return token.error();
      const history_token tokens(id, *key);
      const auto first = tokens.parse(*token);
      if (!first) return first.error();
      const auto points = tracker_->history(id, *key, *first, limit + 1);  // one more shows that there is another page
      if (!points) return points.error();
      const std::size_t count = points->size() < limit ? points->size() : limit;
      if (count > 0) {
        out.key("metrics").begin_array();
        for (std::size_t i = 0; i < count; ++i) put_metric(out, *key, (*points)[i]);
        out.end_array();
      }
      if (points->size() > limit) out.member("next_page_token", tokens.make(*first + limit));
      return {};
    });
  }

  // ---- artifacts

  result<void> list_artifacts(const message& in, json_writer& out) const {
    return with_run(in, [&](const std::string& id) -> result<void> {
      const auto path = in.text("path");
      if (!path) return path.error();
      const auto run = tracker_->get_run(id);
      if (!run) return run.error();
      const auto of = tracker_->get_experiment(run->info.experiment_id);
      if (!of) return of.error();
      out.member("root_uri", artifact_uri(*of, run->info));
      return put_files(id, *path, false, out);
    });
  }
  /// The files of a folder; `names`: by their last parts alone.
  result<void> put_files(std::string_view run, std::string_view folder, bool names, json_writer& out) const {
    if (!folder.empty())
      if (auto fine = store::check_storage_key(folder); !fine) return fine;
    const auto found = tracker_->list_artifacts(run, folder);
    if (!found) return found.error();
    if (found->empty()) return {};
    out.key("files").begin_array();
    for (const track::artifact_entry& each : *found) {
      const std::string_view path = each.file.path;
      out.begin_object().member("path", names ? path.substr(path.rfind('/') + 1) : path);
      out.member("is_dir", each.is_folder);
      if (!each.is_folder && each.file.size != 0) out.member("file_size", each.file.size);  // as MLflow's server
      out.end_object();
    }
    out.end_array();
    return {};
  }

  Tracker& tracker() const noexcept { return *tracker_; }
  store::search_grammar grammar() const noexcept { return grammar_; }

 protected:
  template <class Result>
  static result<void> done(Result&& made) {
    if (!made) return std::move(made).error();
    return {};
  }
  static result<void> unless_so_already(result<track::run_info> made) {
    if (!made && made.error().code() != errc::conflict) return std::move(made).error();
    return {};
  }
  template <class Use>
  static result<void> with_text(const message& in, std::string_view name, Use&& use) {
    const auto found = in.required(name);
    if (!found) return found.error();
    return use(*found);
  }
  /// Older clients call a run's id `run_uuid`.
  template <class Use>
  static result<void> with_run(const message& in, Use&& use) {
    return with_text(in, in.has("run_id") || !in.has("run_uuid") ? "run_id" : "run_uuid", use);
  }
  template <class Use>
  result<void> with_experiment(const message& in, Use&& use) const {
    return with_text(in, "experiment_id", [&](const std::string& id) -> result<void> {
      const auto of = experiment(id);
      if (!of) return of.error();
      return use(*of);
    });
  }
  static result<track::key_value> pair(const message& in, std::size_t most) {
    auto key = in.required("key");
    if (!key) return std::move(key).error();
    auto value = in.text("value");
    if (!value) return std::move(value).error();
    return track::key_value{*std::move(key), shortened(*std::move(value), most)};
  }
  result<track::experiment> experiment(std::string_view id) const {
    if (id == track::default_experiment_id) return tracker_->default_experiment();
    std::int64_t number = 0;
    const auto read = std::from_chars(id.data(), id.data() + id.size(), number);
    if (read.ec != std::errc() || read.ptr != id.data() + id.size())
      return error(errc::invalid_argument, "Invalid experiment ID " + quoted_text(id) + ": an integer is expected");
    return tracker_->get_experiment(id);
  }
  static result<void> show(json_writer& out, const result<track::experiment>& found) {
    if (!found) return found.error();
    out.key("experiment");
    put_experiment(out, *found);
    return {};
  }

  Tracker* tracker_;
  store::search_grammar grammar_;
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_TRACKING_CALLS_HPP
