#ifndef MILLRACE_CONNECT_MLFLOW_REGISTRY_CLIENT_HPP
#define MILLRACE_CONNECT_MLFLOW_REGISTRY_CLIENT_HPP

#include <millrace/connect/mlflow/client_options.hpp>
#include <millrace/connect/mlflow/detail/model_records.hpp>
#include <millrace/connect/mlflow/detail/registry_replies.hpp>
#include <millrace/connect/mlflow/detail/remote.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/store/http.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {

/// The models and versions of a server that speaks MLflow's REST API.
///
///     mr::connect::mlflow::registry_client models(*transport);
///     auto version = models.register_version({.model = "fraud", .run_id = run->id, .source = artifacts});
///     models.set_alias("fraud", "champion", version->version);
///     models.move("fraud", version->version, mr::registry::stage::production);
///
/// It has calls of a `registry::model_registry` under the same names, and returns its records; what MLflow's API does
/// not say of them (identifiers, who made it, semantic versions, figures, artifacts) is empty. Who acts the server
/// knows by the transport's token: an `actor` is not sent. As a registry's functions have it, a version of 0 is the
/// model. `Retry`, allocation, threads and errors: as of a tracking_client. Registering, renaming, moving and deleting
/// are asked once. Source: MLflow's REST API, version 2.0.
template <class Transport, class Retry = resilience::retry<>>
class registry_client {
 public:
  explicit registry_client(Transport& transport, client_options options = {}, Retry retry = Retry())
      : server_(transport, std::move(options.root), std::move(retry)) {}
  explicit registry_client(const Transport&&, client_options = {}, Retry = Retry()) = delete;

  // Models.

  result<registry::model> create_model(const registry::model_draft& draft) {
    return server_.template send<registry::model>(
        "POST", "registered-models/create", detail::sending::once,
        [&](json_writer& out) {
          out.member("name", draft.name);
          put_texts(out, draft.description, draft.tags);
        },
        read_model);
  }
  result<registry::model> find_model(std::string_view name) const {
    return server_.template get<registry::model>("registered-models/get", {{"name", std::string(name)}}, read_model);
  }
  result<registry::model> rename_model(std::string_view from, std::string_view to) {
    return server_.template send<registry::model>(
        "POST", "registered-models/rename", detail::sending::once,
        [&](json_writer& out) { out.member("name", from).member("new_name", to); }, read_model);
  }
  /// By the server's grammar.
  result<registry::search_page<registry::model>> search_models(const registry::search_options& options = {}) const {
    using page = registry::search_page<registry::model>;
    return server_.template get<page>("registered-models/search", query_of(options), [](const detail::message& in) {
      return detail::read_page<page>(in, "registered_models", detail::read_model);
    });
  }

  // Versions.

  /// Registers a version, and makes the model before it where there is none and the draft says so.
  /// Errors: also unsupported: the draft has what MLflow's API has no place for, which is named.
  result<registry::model_version> register_version(const registry::version_draft& draft) {
    if (const char* const what = unsaid(draft); what != nullptr)
      return error(errc::unsupported, std::string("MLflow's API has no place for a version's ") + what);
    auto made = create_version(draft);
    if (made || !draft.creates_model || made.error().code() != errc::not_found) return made;
    const auto model = create_model({draft.model});
    if (!model && model.error().code() != errc::already_exists) return model.error();
    return create_version(draft);
  }
  result<registry::model_version> find_version(std::string_view name, std::uint64_t version) const {
    return server_.template get<registry::model_version>(
        "model-versions/get", {{"name", std::string(name)}, {"version", std::to_string(version)}}, read_version);
  }
  result<registry::model_version> find_alias(std::string_view name, std::string_view called) const {
    return server_.template get<registry::model_version>(
        "registered-models/alias", {{"name", std::string(name)}, {"alias", std::string(called)}}, read_version);
  }
  /// The latest version in each stage that has one.
  result<std::vector<registry::model_version>> latest_versions(std::string_view name) const {
    return server_.template send<std::vector<registry::model_version>>(
        "POST", "registered-models/get-latest-versions", detail::sending::again,
        [&](json_writer& out) { out.member("name", name); },
        [](const detail::message& in) -> result<std::vector<registry::model_version>> {
          std::vector<registry::model_version> made;
          auto done = detail::member_reader(in).list("model_versions", made, detail::read_version).done();
          if (!done) return std::move(done).error();
          return made;
        });
  }
  /// By the server's grammar.
  result<registry::search_page<registry::model_version>> search_versions(
      const registry::search_options& options = {}) const {
    using page = registry::search_page<registry::model_version>;
    return server_.template get<page>("model-versions/search", query_of(options), [](const detail::message& in) {
      return detail::read_page<page>(in, "model_versions", detail::read_version);
    });
  }
  /// Where a version's files are.
  result<std::string> download_uri(std::string_view name, std::uint64_t version) const {
    return server_.template get<std::string>("model-versions/get-download-uri",
                                             {{"name", std::string(name)}, {"version", std::to_string(version)}},
                                             [](const detail::message& in) { return in.required("artifact_uri"); });
  }
  /// Moves a version to another stage; `archives_others`: those that are in it.
  result<registry::model_version> move(std::string_view name, std::uint64_t version, registry::stage to,
                                       bool archives_others = true) {
    return server_.template send<registry::model_version>(
        "POST", "model-versions/transition-stage", detail::sending::once,
        [&](json_writer& out) {
          put_place(out, name, version);
          out.member("stage", detail::stage_name(to)).member("archive_existing_versions", archives_others);
        },
        read_version);
  }

  // Of models and of versions.

  result<void> set_description(std::string_view name, std::uint64_t version, std::string_view text) {
    return server_.send("PATCH", version == 0 ? "registered-models/update" : "model-versions/update",
                        detail::sending::again, [&](json_writer& out) {
                          put_place(out, name, version);
                          out.member("description", text);
                        });
  }
  result<void> set_tag(std::string_view name, std::uint64_t version, const registry::tag& what) {
    return server_.send("POST", version == 0 ? "registered-models/set-tag" : "model-versions/set-tag",
                        detail::sending::again, [&](json_writer& out) {
                          put_place(out, name, version);
                          out.member("key", what.key).member("value", what.value);
                        });
  }
  result<void> remove_tag(std::string_view name, std::uint64_t version, std::string_view key) {
    return server_.send("DELETE", version == 0 ? "registered-models/delete-tag" : "model-versions/delete-tag",
                        detail::sending::once, [&](json_writer& out) {
                          put_place(out, name, version);
                          out.member("key", key);
                        });
  }
  result<void> set_alias(std::string_view name, std::string_view called, std::uint64_t version) {
    return server_.send("POST", "registered-models/alias", detail::sending::again, [&](json_writer& out) {
      put_place(out, name, version);
      out.member("alias", called);
    });
  }
  result<void> remove_alias(std::string_view name, std::string_view called) {
    return server_.send("DELETE", "registered-models/alias", detail::sending::once,
                        [&](json_writer& out) { out.member("name", name).member("alias", called); });
  }
  /// For good, as MLflow deletes.
  result<void> remove(std::string_view name, std::uint64_t version = 0) {
    return server_.send("DELETE", version == 0 ? "registered-models/delete" : "model-versions/delete",
                        detail::sending::once, [&](json_writer& out) { put_place(out, name, version); });
  }

 private:
  static result<registry::model> read_model(const detail::message& in) {
    const auto found = in.object("registered_model");
    if (!found) return found.error();
    return detail::read_model(*found);
  }
  static result<registry::model_version> read_version(const detail::message& in) {
    const auto found = in.object("model_version");
    if (!found) return found.error();
    return detail::read_version(*found);
  }

  /// Versions are texts in MLflow's API.
  static void put_place(json_writer& out, std::string_view name, std::uint64_t version) {
    out.member("name", name);
    if (version != 0) out.member("version", std::to_string(version));
  }
  static void put_texts(json_writer& out, const std::string& description, const std::vector<registry::tag>& tags) {
    if (!description.empty()) out.member("description", description);
    detail::put_tags(out, tags);
  }
  static std::vector<store::http_parameter> query_of(const registry::search_options& options) {
    std::vector<store::http_parameter> made = {{"max_results", std::to_string(options.max_results)}};
    if (!options.filter.empty()) made.push_back({"filter", options.filter});
    for (const std::string& each : options.order_by) made.push_back({"order_by", each});
    if (!options.page_token.empty()) made.push_back({"page_token", options.page_token});
    return made;
  }
  /// What a draft has that MLflow's API cannot be told, or null.
  static const char* unsaid(const registry::version_draft& draft) noexcept {
    if (!draft.semantic.empty()) return "semantic version";
    if (!draft.framework.empty()) return "framework";
    if (!draft.hyperparameters.empty()) return "hyperparameters";
    if (!draft.metrics.empty()) return "metrics";
    if (!draft.parents.empty()) return "parents";
    if (!draft.data_sets.empty()) return "data sets";
    if (!draft.artifacts.empty()) return "artifacts: it has a `source` for where they are";
    return nullptr;
  }
  result<registry::model_version> create_version(const registry::version_draft& draft) {
    return server_.template send<registry::model_version>(
        "POST", "model-versions/create", detail::sending::once,
        [&](json_writer& out) {
          out.member("name", draft.model).member("source", draft.source);
          if (!draft.run_id.empty()) out.member("run_id", draft.run_id);
          if (!draft.run_link.empty()) out.member("run_link", draft.run_link);
          put_texts(out, draft.description, draft.tags);
        },
        read_version);
  }

  detail::remote<Transport, Retry> server_;
};

}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_REGISTRY_CLIENT_HPP
