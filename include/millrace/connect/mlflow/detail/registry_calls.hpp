#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_REGISTRY_CALLS_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_REGISTRY_CALLS_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/model_names.hpp>
#include <millrace/connect/mlflow/detail/model_records.hpp>
#include <millrace/connect/mlflow/detail/refusal.hpp>
#include <millrace/connect/mlflow/detail/route.hpp>
#include <millrace/connect/mlflow/detail/search_request.hpp>
#include <millrace/connect/mlflow/detail/version_sources.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/search.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/search/schema.hpp>

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

// The most results of a page: of models as MLflow has it; of versions, larger pages that MLflow takes come in several.
inline constexpr std::size_t max_models_page = 1000;
inline constexpr std::size_t max_versions_asked = 200'000;
inline constexpr std::size_t max_versions_page = 50'000;

/// What keeps models and their versions.
template <class R>
concept keeps_models = requires(R& models, std::string_view name, std::uint64_t version) {
  models.find_model(name);
  models.find_version(name, version);
  models.latest_versions(name);
};

/// The calls about models and their versions, in the name of who sends the request. Each writes the members of its
/// response.
template <class Registry, class Tracker>
class registry_calls {
 public:
  registry_calls(Registry& models, const Tracker& tracker, store::search_grammar grammar, std::string_view who) noexcept
      : models_(&models), tracker_(&tracker), grammar_(grammar), who_(who) {}

  static constexpr refusal refusal_of(errc code) noexcept {
    if (code == errc::conflict) return {"RESOURCE_CONFLICT", 409};  // a gate, or a stage that it is in already
    return detail::refusal_of(code);
  }

  // ---- models

  result<void> create_model(const message& in, json_writer& out) const {
    registry::model_draft draft;
    auto name = model_name_of(in);
    if (!name) return std::move(name).error();
    draft.name = *std::move(name);
    auto description = in.text("description");
    if (!description) return std::move(description).error();
    draft.description = *std::move(description);
    auto tags = model_tags_of(in);
    if (!tags) return std::move(tags).error();
    draft.tags = *std::move(tags);
    draft.actor = who_;
    const auto made = models_->create_model(std::move(draft));
    if (!made) return made.error();
    put_model(out, *made, {});
    return {};
  }
  result<void> get_model(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& name) { return show_model(name, out); });
  }
  /// Databricks' call, which also says who may do what: whoever may call may do everything.
  result<void> get_databricks_model(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& name) -> result<void> {
      const auto found = models_->find_model(name);
      if (!found) return found.error();
      const auto latest = models_->latest_versions(name);
      if (!latest) return latest.error();
      out.key("registered_model_databricks").begin_object();
      put_model_members(out, *found, *latest);
      out.member("id", std::to_string(found->id)).member("permission_level", "CAN_MANAGE").end_object();
      return {};
    });
  }
  result<void> rename_model(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& name) -> result<void> {
      const auto to = model_name_of(in, "new_name");
      if (!to) return to.error();
      const auto renamed = models_->rename_model(name, *to, who_);
      if (!renamed) return renamed.error();
      return show_model(*to, out);
    });
  }
  result<void> update_model(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& name) { return describe(in, {name, 0}, out); });
  }
  result<void> delete_model(const message& in, json_writer&) const {
    return with_model(in, [&](const std::string& name) { return remove({name, 0}); });
  }
  result<void> search_models(const message& in, json_writer& out) const {
    registry::search_options asked;
    asked.grammar = grammar_;
    if (auto read = read_search(in, 100, asked); !read) return read;
    if (asked.max_results > max_models_page) return message::no("max_results", "at most 1000");
    if (auto hidden = hide_prompts(store::registered_model_schema, asked); !hidden) return hidden;
    const auto found = registry::search_models(*models_, asked);
    if (!found) return found.error();
    if (!found->items.empty()) {
      out.key("registered_models").begin_array();
      for (const registry::model& each : found->items) {
        const auto latest = models_->latest_versions(each.name);
        if (!latest && latest.error().code() != errc::not_found) return latest.error();
        if (!latest) continue;  // deleted meanwhile
        out.begin_object();
        put_model_members(out, each, *latest);
        out.end_object();
      }
      out.end_array();
    }
    if (!found->next_page_token.empty()) out.member("next_page_token", found->next_page_token);
    return {};
  }
  result<void> get_latest_versions(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& name) -> result<void> {
      const auto asked = texts_of(in, "stages");
      if (!asked) return asked.error();
      bool is_wanted[registry::stages] = {};
      for (const std::string& each : *asked) {
        const auto which = parse_stage_name(each);
        if (!which) return which.error();
        is_wanted[static_cast<std::size_t>(*which)] = true;
      }
      auto latest = models_->latest_versions(name);
      if (!latest) return std::move(latest).error();
      if (!asked->empty())
        std::erase_if(*latest, [&](const auto& each) { return !is_wanted[static_cast<std::size_t>(each.stage)]; });
      put_versions(out, "model_versions", *latest);
      return {};
    });
  }
  result<void> set_model_tag(const message& in, json_writer&) const {
    return with_model(in, [&](const std::string& name) { return set_tag(in, {name, 0}); });
  }
  result<void> delete_model_tag(const message& in, json_writer&) const {
    return with_model(in, [&](const std::string& name) { return delete_tag(in, {name, 0}); });
  }

  // ---- aliases

  result<void> set_alias(const message& in, json_writer&) const {
    return with_version(in, [&](const version_place& at) -> result<void> {
      const auto called = new_alias_of(in);
      if (!called) return called.error();
      return models_->set_alias(at.model, *called, at.version, who_);
    });
  }
  result<void> get_alias(const message& in, json_writer& out) const {
    return with_model(in, [&](const std::string& name) -> result<void> {
      const auto called = alias_of(in);
      if (!called) return called.error();
      if (same_but_case(*called, latest_alias)) return show_latest(name, out);
      const auto of = models_->find_model(name);
      if (!of) return of.error();
      for (const registry::alias& each : of->aliases)
        if (each.name == *called) return show_version({name, each.version}, out);
      return error(errc::invalid_argument, "Registered model alias " + quoted_text(*called) + " not found");
    });
  }
  /// An alias that is not there is no error to MLflow.
  result<void> delete_alias(const message& in, json_writer&) const {
    return with_model(in, [&](const std::string& name) -> result<void> {
      const auto called = alias_of(in);
      if (!called) return called.error();
      return unless_gone_already(models_->remove_alias(name, *called, who_), {name, 0});
    });
  }

  // ---- versions

  result<void> create_version(const message& in, json_writer& out) const {
    registry::version_draft draft;
    draft.creates_model = false;
    auto name = model_name_of(in);
    if (!name) return std::move(name).error();
    draft.model = *std::move(name);
    auto source = in.required("source");
    auto run = in.text("run_id"), link = in.text("run_link"), description = in.text("description");
    for (auto* each : {&source, &run, &link, &description})
      if (!*each) return std::move(*each).error();
    draft.source = *std::move(source);
    draft.run_id = *std::move(run);
    draft.run_link = *std::move(link);
    draft.description = *std::move(description);
    auto tags = model_tags_of(in);
    if (!tags) return std::move(tags).error();
    draft.tags = *std::move(tags);
    draft.actor = who_;
    if (auto settled = sources().settle(in, draft); !settled) return settled;
    const auto made = models_->register_version(std::move(draft));
    if (!made) return made.error();
    put_version(out, *made);
    return {};
  }
  result<void> get_version(const message& in, json_writer& out) const {
    return with_version(in, [&](const version_place& at) { return show_version(at, out); });
  }
  result<void> update_version(const message& in, json_writer& out) const {
    return with_version(in, [&](const version_place& at) { return describe(in, at, out); });
  }
  result<void> delete_version(const message& in, json_writer&) const {
    return with_version(in, [&](const version_place& at) { return remove(at); });
  }
  result<void> transition_stage(const message& in, json_writer& out) const {
    return with_transition(in, [&](const version_place& at) { return show_version(at, out); });
  }
  result<void> transition_databricks_stage(const message& in, json_writer& out) const {
    return with_transition(in, [&](const version_place& at) -> result<void> {
      const auto found = models_->find_version(at.model, at.version);
      if (!found) return found.error();
      out.key("model_version_databricks").begin_object();
      put_version_members(out, *found);
      out.member("permission_level", "CAN_MANAGE").end_object();
      return {};
    });
  }
  result<void> get_download_uri(const message& in, json_writer& out) const {
    return with_version(in, [&](const version_place& at) -> result<void> {
      auto found = models_->find_version(at.model, at.version);
      if (!found) return std::move(found).error();
      auto place = sources().files_of(*std::move(found));
      if (!place) return std::move(place).error();
      out.member("artifact_uri", *place);
      return {};
    });
  }
  result<void> search_versions(const message& in, json_writer& out) const {
    registry::search_options asked;
    asked.grammar = grammar_;
    if (auto read = read_search(in, 10'000, asked); !read) return read;
    if (asked.max_results > max_versions_asked) return message::no("max_results", "at most 200000");
    if (asked.max_results > max_versions_page) asked.max_results = max_versions_page;
    const auto& schema =
        grammar_ == store::search_grammar::mlflow ? store::model_version_schema : registry::searched_versions;
    if (auto hidden = hide_prompts(schema, asked); !hidden) return hidden;
    const auto found = registry::search_versions(*models_, asked);
    if (!found) return found.error();
    put_versions(out, "model_versions", found->items);
    if (!found->next_page_token.empty()) out.member("next_page_token", found->next_page_token);
    return {};
  }
  result<void> set_version_tag(const message& in, json_writer&) const {
    return with_version(in, [&](const version_place& at) { return set_tag(in, at); });
  }
  result<void> delete_version_tag(const message& in, json_writer&) const {
    return with_version(in, [&](const version_place& at) { return delete_tag(in, at); });
  }

  static constexpr route<registry_calls> routes[] = {
      {"POST", "registered-models/create", &registry_calls::create_model},
      {"GET", "registered-models/get", &registry_calls::get_model},
      {"POST", "registered-models/rename", &registry_calls::rename_model},
      {"PATCH", "registered-models/update", &registry_calls::update_model},
      {"DELETE", "registered-models/delete", &registry_calls::delete_model},
      {"GET", "registered-models/search", &registry_calls::search_models},
      {"GET", "registered-models/get-latest-versions", &registry_calls::get_latest_versions},
      {"POST", "registered-models/get-latest-versions", &registry_calls::get_latest_versions},
      {"POST", "registered-models/set-tag", &registry_calls::set_model_tag},
      {"DELETE", "registered-models/delete-tag", &registry_calls::delete_model_tag},
      {"POST", "registered-models/alias", &registry_calls::set_alias},
      {"GET", "registered-models/alias", &registry_calls::get_alias},
      {"DELETE", "registered-models/alias", &registry_calls::delete_alias},
      {"POST", "model-versions/create", &registry_calls::create_version},
      {"GET", "model-versions/get", &registry_calls::get_version},
      {"PATCH", "model-versions/update", &registry_calls::update_version},
      {"DELETE", "model-versions/delete", &registry_calls::delete_version},
      {"POST", "model-versions/transition-stage", &registry_calls::transition_stage},
      {"POST", "databricks/model-versions/transition-stage", &registry_calls::transition_databricks_stage},
      {"GET", "databricks/registered-models/get", &registry_calls::get_databricks_model},
      {"GET", "model-versions/get-download-uri", &registry_calls::get_download_uri},
      {"GET", "model-versions/search", &registry_calls::search_versions},
      {"POST", "model-versions/set-tag", &registry_calls::set_version_tag},
      {"DELETE", "model-versions/delete-tag", &registry_calls::delete_version_tag},
  };

 private:
  template <class Use>
  static result<void> with_model(const message& in, const Use& use) {
    const auto name = model_name_of(in);
    if (!name) return name.error();
    return use(*name);
  }
  template <class Use>
  static result<void> with_version(const message& in, const Use& use) {
    const auto at = version_of(in);
    if (!at) return at.error();
    return use(*at);
  }

  static void put_model(json_writer& out, const registry::model& of,
                        const std::vector<registry::model_version>& latest) {
    out.key("registered_model").begin_object();
    put_model_members(out, of, latest);
    out.end_object();
  }
  static void put_version(json_writer& out, const registry::model_version& of) {
    out.key("model_version").begin_object();
    put_version_members(out, of);
    out.end_object();
  }
  result<void> show_model(const std::string& name, json_writer& out) const {
    const auto found = models_->find_model(name);
    if (!found) return found.error();
    const auto latest = models_->latest_versions(name);
    if (!latest) return latest.error();
    put_model(out, *found, *latest);
    return {};
  }
  result<void> show_version(const version_place& at, json_writer& out) const {
    const auto found = models_->find_version(at.model, at.version);
    if (!found) return found.error();
    put_version(out, *found);
    return {};
  }
  result<void> show_latest(const std::string& name, json_writer& out) const {
    const auto latest = models_->latest_versions(name);
    if (!latest) return latest.error();
    const registry::model_version* last = nullptr;
    for (const registry::model_version& each : *latest)
      if (last == nullptr || last->version < each.version) last = &each;
    if (last == nullptr) return error(errc::not_found, "Latest version not found for model " + quoted_text(name));
    put_version(out, *last);
    return {};
  }

  version_sources<Registry, Tracker> sources() const noexcept { return {*models_, *tracker_}; }

  // What models and versions have in common; a version of 0 is the model.

  result<void> describe(const message& in, const version_place& at, json_writer& out) const {
    auto text = in.text("description");
    if (!text) return std::move(text).error();
    if (auto set = models_->set_description(at.model, at.version, *std::move(text), who_); !set) return set;
    return at.version == 0 ? show_model(at.model, out) : show_version(at, out);
  }
  result<void> remove(const version_place& at) const {
    // MLflow asks nobody whether it is in production.
    return models_->remove({at.model, at.version, std::string(who_), {}, true});
  }
  result<void> set_tag(const message& in, const version_place& at) const {
    auto key = in.required("key");
    if (!key) return std::move(key).error();
    auto value = in.text("value");
    if (!value) return std::move(value).error();
    const registry::tag what{*std::move(key), *std::move(value)};
    if (auto fine = check_model_tag(what); !fine) return fine;
    return models_->set_tag(at.model, at.version, what, who_);
  }
  /// A tag that is not there is no error to MLflow.
  result<void> delete_tag(const message& in, const version_place& at) const {
    const auto key = in.required("key");
    if (!key) return key.error();
    if (auto fine = track::check_name(*key); !fine) return fine;
    return unless_gone_already(models_->remove_tag(at.model, at.version, *key, who_), at);
  }
  result<void> unless_gone_already(result<void> removed, const version_place& at) const {
    if (removed || removed.error().code() != errc::not_found) return removed;
    if (at.version != 0) return without_value(models_->find_version(at.model, at.version));
    return without_value(models_->find_model(at.model));
  }
  template <class Result>
  static result<void> without_value(Result&& made) {
    if (!made) return std::move(made).error();
    return {};
  }

  /// Moves a version, and calls `use(version_place)` once it is there.
  template <class Use>
  result<void> with_transition(const message& in, const Use& use) const {
    return with_version(in, [&](const version_place& at) -> result<void> {
      const auto to = stage_of(in);
      if (!to) return to.error();
      const auto archives = in.boolean("archive_existing_versions", false);
      if (!archives) return archives.error();
      auto comment = in.text("comment");  // of Databricks' clients
      if (!comment) return std::move(comment).error();
      const bool is_held_by_few = *to == registry::stage::staging || *to == registry::stage::production;
      if (*archives && !is_held_by_few)
        return error(errc::invalid_argument,
                     "Model version transition cannot archive existing model versions because " +
                         quoted_text(stage_name(*to)) +
                         " is not an Active stage. Valid stages are Staging and Production");
      auto moved = move({at.model, at.version, *to, *archives, std::string(who_), *std::move(comment)});
      if (!moved) return moved;
      return use(at);
    });
  }
  /// To MLflow, going where it is already is no error.
  result<void> move(registry::transition asked) const {
    const auto before = models_->find_version(asked.model, asked.version);
    if (!before) return before.error();
    if (before->stage != asked.to) return without_value(models_->move(std::move(asked)));
    if (!asked.archives_others) return {};
    const auto others = models_->in_stage(asked.model, asked.to);
    if (!others) return others.error();
    for (const registry::model_version& each : *others) {
      if (each.version == asked.version) continue;
      auto moved =
          models_->move({asked.model, each.version, registry::stage::archived, false, asked.actor, asked.reason});
      if (!moved) return std::move(moved).error();
    }
    return {};
  }

  /// MLflow keeps prompts among the models. Its server leaves them out unless a filter asks for them.
  static result<void> hide_prompts(const store::search_schema& schema, registry::search_options& asked) {
    const auto filter = store::search_filter::make(asked.filter, schema, asked.grammar);
    if (!filter) return filter.error();
    for (const store::search_node& each : filter->nodes()) {
      if (each.operation != store::search_operation::equal && each.operation != store::search_operation::not_equal)
        continue;
      const store::search_field& field = filter->fields()[each.field];
      if (field.kind != store::search_kind::tag || field.key != prompt_tag) continue;
      const bool equals = each.operation == store::search_operation::equal;
      const store::search_value value = filter->value(each.first);
      if (value.is_text() && same_but_case(value.text(), equals ? "true" : "false")) return {};
    }
    const std::string no_prompts = "tags.`" + std::string(prompt_tag) + "` != 'true'";
    if (filter->nodes().empty())
      asked.filter = no_prompts;
    else if (asked.grammar == store::search_grammar::mlflow)
      asked.filter += " AND " + no_prompts;
    else
      asked.filter = '(' + asked.filter + ") AND " + no_prompts;
    return {};
  }

  Registry* models_;
  const Tracker* tracker_;
  store::search_grammar grammar_;
  std::string_view who_;
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_REGISTRY_CALLS_HPP
