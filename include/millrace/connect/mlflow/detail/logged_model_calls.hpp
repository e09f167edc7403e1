#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_LOGGED_MODEL_CALLS_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_LOGGED_MODEL_CALLS_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/records.hpp>
#include <millrace/connect/mlflow/detail/search_request.hpp>
#include <millrace/connect/mlflow/detail/web_calls.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/json_check.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>
#include <millrace/track/logged_models.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// The path of a call with `{id}` and `{key}` in place of what stands there: `logged-models/{id}/tags/{key}`. What
/// stands there becomes parameters, `model_id` and `tag_key`.
inline std::string path_pattern(std::string_view path, std::vector<store::http_parameter>& values) {
  constexpr std::string_view root = "logged-models/";
  constexpr std::string_view tags = "/tags/";
  if (!path.starts_with(root) || path == "logged-models/search") return std::string(path);
  path.remove_prefix(root.size());
  const std::string_view id = path.substr(0, path.find('/'));
  path.remove_prefix(id.size());
  values.push_back({"model_id", std::string(id)});
  std::string made = std::string(root) + "{id}";
  if (!path.starts_with(tags)) return made.append(path);
  values.push_back({"tag_key", std::string(path.substr(tags.size()))});  // which may have slashes
  return made + "/tags/{key}";
}

/// By name, or by the number that MLflow's message has for it.
inline result<track::model_status> parse_model_status(std::string_view text) {
  for (int i = 0;; ++i) {
    const auto each = static_cast<track::model_status>(i);
    if (to_string(each).empty()) return message::no("status", "LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED");
    if (to_string(each) == text || std::to_string(i + 1) == text) return each;
  }
}

/// Where a logged model's files are, for clients.
inline std::string artifact_uri(const track::experiment& of, const track::logged_model& model) {
  return of.artifact_location + "/models/" + model.id + "/artifacts";
}
inline void put_logged_model(json_writer& out, const track::experiment& of, const track::logged_model& model) {
  out.begin_object().key("info").begin_object();
  out.member("model_id", model.id).member("experiment_id", model.experiment_id).member("name", model.name);
  out.member("creation_timestamp_ms", model.created).member("last_updated_timestamp_ms", model.updated);
  out.member("artifact_uri", artifact_uri(of, model)).member("status", to_string(model.status));
  out.member("model_type", model.type).member("source_run_id", model.run_id);
  put_pairs(out, "tags", model.tags);
  out.end_object().key("data").begin_object();
  put_pairs(out, "params", model.parameters);
  out.end_object().end_object();
}

/// The calls about experiments and runs, with those about models that MLflow 3 keeps beside runs, and about what runs
/// have used and made.
template <class Tracker>
class logged_model_calls : public web_calls<Tracker> {
 public:
  using web_calls<Tracker>::web_calls;

  result<void> create_logged_model(const message& in, json_writer& out) const {
    const auto experiment = in.required("experiment_id");
    if (!experiment) return experiment.error();
    track::logged_model_options options;
    for (const auto& [name, to] : {std::pair{"name", &options.name}, std::pair{"model_type", &options.type},
                                   std::pair{"source_run_id", &options.run_id}}) {
      auto text = in.text(name);
      if (!text) return std::move(text).error();
      *to = *std::move(text);
    }
    auto parameters = pairs_of<track::key_value>(in, "params");
    if (!parameters) return std::move(parameters).error();
    options.parameters = *std::move(parameters);
    auto tags = pairs_of<track::key_value>(in, "tags");
    if (!tags) return std::move(tags).error();
    options.tags = *std::move(tags);
    const auto of = this->experiment(*experiment);
    if (!of) return of.error();
    return show(track::create_logged_model(this->tracker(), of->id, options), out);
  }
  result<void> get_logged_model(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& id) { return show(find(id), out); });
  }
  result<void> finalize_logged_model(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& id) -> result<void> {
      if (!in.has("status")) return message::missing("status");
      const auto status = parse_model_status(in.spelled("status"));
      if (!status) return status.error();
      return show(track::set_model_status(this->tracker(), id, *status), out);
    });
  }
  /// Deleting twice is no error to MLflow.
  result<void> delete_logged_model(const message& in, json_writer&) const {
    return with_model(in, [&](const std::string& id) -> result<void> {
      const auto found = track::get_logged_model(this->tracker(), id);
      if (!found) return found.error();
      if (found->stage == track::lifecycle::deleted) return {};
      return done(track::delete_logged_model(this->tracker(), id));
    });
  }
  result<void> set_logged_model_tags(const message& in, json_writer&) const {
    return with_model(in, [&](const std::string& id) -> result<void> {
      const auto tags = pairs_of<track::key_value>(in, "tags");
      if (!tags) return tags.error();
      return done(track::set_model_tags(this->tracker(), id, *tags));
    });
  }
  result<void> delete_logged_model_tag(const message& in, json_writer&) const {
    return with_model(in, [&](const std::string& id) -> result<void> {
      const auto key = in.required("tag_key");
      if (!key) return key.error();
      return done(track::delete_model_tag(this->tracker(), id, *key));
    });
  }
  result<void> log_logged_model_params(const message& in, json_writer&) const {
    return with_model(in, [&](const std::string& id) -> result<void> {
      const auto parameters = pairs_of<track::key_value>(in, "params");
      if (!parameters) return parameters.error();
      return recoded(done(track::log_model_parameters(this->tracker(), id, *parameters)), errc::already_exists,
                     errc::invalid_argument);
    });
  }
  result<void> list_logged_model_artifacts(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& id) -> result<void> {
      const auto folder = in.text("artifact_directory_path");
      if (!folder) return folder.error();
      const auto found = find(id);
      if (!found) return found.error();
      const auto of = this->tracker().get_experiment(found->experiment_id);
      if (!of) return of.error();
      out.member("root_uri", artifact_uri(*of, *found));
      return this->put_files(id, *folder, false, out);
    });
  }
  result<void> search_logged_models(const message& in, json_writer& out) const {
    auto asked = texts_of(in, "experiment_ids");
    if (!asked) return std::move(asked).error();
    if (!in.has("experiment_ids")) return message::missing("experiment_ids");
    const auto options = search_of_models(in);
    if (!options) return options.error();
    std::vector<track::experiment> known;
    std::vector<std::string> ids;
    for (const std::string& each : *asked) {
      auto found = this->experiment(each);
      if (!found && found.error().code() != errc::not_found) return std::move(found).error();
      if (!found) continue;
      ids.push_back(found->id);
      known.push_back(*std::move(found));
    }
    const auto found = track::search_logged_models(this->tracker(), ids, *options);
    if (!found) return found.error();
    if (!found->items.empty()) {
      out.key("models").begin_array();
      for (const track::logged_model& each : found->items)
        for (const track::experiment& of : known)
          if (of.id == each.experiment_id) {
            put_logged_model(out, of, each);
            break;
          }
      out.end_array();
    }
    if (!found->next_page_token.empty()) out.member("next_page_token", found->next_page_token);
    return {};
  }

  // ---- of runs

  result<void> log_inputs(const message& in, json_writer&) const {
    const auto run = in.required("run_id");
    if (!run) return run.error();
    track::run_lineage more;
    auto walked = in.for_each("datasets", [&](const message& each) -> result<void> {
      auto one = data_set_of(each);
      if (!one) return std::move(one).error();
      more.data_sets.push_back(*std::move(one));
      return {};
    });
    if (walked)
      walked = in.for_each("models", [&](const message& each) -> result<void> {
        auto id = each.required("model_id");
        if (!id) return std::move(id).error();
        more.used_models.push_back(*std::move(id));
        return {};
      });
    if (!walked) return walked;
    return done(track::log_lineage(this->tracker(), *run, more));
  }
  result<void> log_outputs(const message& in, json_writer&) const {
    const auto run = in.required("run_id");
    if (!run) return run.error();
    track::run_lineage more;
    auto walked = in.for_each("models", [&](const message& each) -> result<void> {
      auto id = each.required("model_id");
      if (!id) return std::move(id).error();
      const auto step = each.integer("step", 0);
      if (!step) return step.error();
      more.made_models.push_back({*std::move(id), *step});
      return {};
    });
    if (!walked) return walked;
    if (more.made_models.empty()) return message::missing("models");
    return done(track::log_lineage(this->tracker(), *run, more));
  }
  /// Models of clients before MLflow 3: a tag of the run has what each of them says about itself.
  result<void> log_model(const message& in, json_writer&) const {
    const auto run = in.required("run_id");
    if (!run) return run.error();
    const auto text = in.required("model_json");
    if (!text) return text.error();
    if (!is_json_object(*text))
      return error(errc::invalid_argument, "Malformed model info: model_json is no JSON object");
    const auto said = message::from_json(*text);
    if (!said) return said.error();
    for (const char* member : {"artifact_path", "flavors", "utc_time_created", "run_id"})
      if (!said->has(member)) return message::missing(member);
    constexpr std::string_view tag = "mlflow.log-model.history";
    const auto found = this->tracker().get_run(*run);
    if (!found) return found.error();
    const std::string* const before = found->tag(tag);
    std::string all = before == nullptr || !before->ends_with(']') ? "[" : before->substr(0, before->size() - 1) + ", ";
    all += *text;
    return done(this->tracker().set_tags(*run, {{std::string(tag), all + ']'}}));
  }

  /// A model that is not deleted.
  result<track::logged_model> find(std::string_view id) const {
    auto found = track::get_logged_model(this->tracker(), id);
    if (found && found->stage == track::lifecycle::deleted)
      return error(errc::not_found, "logged model " + quoted_text(id) + " is deleted");
    return found;
  }

 private:
  using tracking_calls<Tracker>::done;

  template <class Use>
  static result<void> with_model(const message& in, Use&& use) {
    const auto id = in.required("model_id");
    if (!id) return id.error();
    return use(*id);
  }
  result<void> show(const result<track::logged_model>& model, json_writer& out) const {
    if (!model) return model.error();
    const auto of = this->tracker().get_experiment(model->experiment_id);
    if (!of) return of.error();
    out.key("model");
    put_logged_model(out, *of, *model);
    return {};
  }
  result<track::search_options> search_of_models(const message& in) const {
    track::search_options made;
    made.grammar = this->grammar();
    if (in.has("datasets"))
      return error(errc::unsupported, "models are not searched by the data sets of their metrics");
    auto filter = in.text("filter");
    if (!filter) return std::move(filter).error();
    made.filter = *std::move(filter);
    auto walked = in.for_each("order_by", [&](const message& each) -> result<void> {
      auto field = each.required("field_name");
      if (!field) return std::move(field).error();
      made.order_by.push_back(*field + (each.json("ascending") == "false" ? " DESC" : " ASC"));
      return {};
    });
    if (!walked) return std::move(walked).error();
    const auto most = in.integer("max_results", 100);
    if (!most) return most.error();
    if (*most <= 0) return message::no("max_results", "a positive integer");
    made.max_results = static_cast<std::size_t>(*most);
    auto token = in.text("page_token");
    if (!token) return std::move(token).error();
    made.page_token = *std::move(token);
    return made;
  }
  static result<track::used_data_set> data_set_of(const message& in) {
    track::used_data_set made;
    auto tags = pairs_of<track::key_value>(in, "tags");
    if (!tags) return std::move(tags).error();
    made.tags = *std::move(tags);
    if (!in.has("dataset")) return message::missing("dataset");
    const auto of = message::from_json(in.spelled("dataset"));
    if (!of) return message::no("dataset", "an object");
    for (const auto& [name, to] :
         {std::pair{"name", &made.name}, std::pair{"digest", &made.digest}, std::pair{"source_type", &made.source_type},
          std::pair{"source", &made.source}, std::pair{"schema", &made.schema}, std::pair{"profile", &made.profile}}) {
      auto text = of->text(name);
      if (!text) return std::move(text).error();
      *to = *std::move(text);
    }
    return made;
  }
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_LOGGED_MODEL_CALLS_HPP
