#ifndef MILLRACE_CONNECT_DATABRICKS_WORKSPACE_MODELS_HPP
#define MILLRACE_CONNECT_DATABRICKS_WORKSPACE_MODELS_HPP

#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/connect/databricks/workspace.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/http.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

/// What happened to a version of the workspace's registry: a request, a transition, an approval. Times are milliseconds
/// since 1970-01-01T00:00:00Z.
struct model_activity {
  std::string id;
  std::string type;  // `REQUESTED_TRANSITION`, `APPROVED_REQUEST`, ...
  std::string user;
  std::string comment;
  std::string from_stage;  // `None`, `Staging`, `Production`, `Archived`
  std::string to_stage;
  std::int64_t created = 0;
  std::vector<std::string> available_actions;  // what the caller may do about it: `APPROVE_TRANSITION_REQUEST`, ...

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("activity_type", self.type)("user_id", self.user)("comment", self.comment);
    members("from_stage", self.from_stage)("to_stage", self.to_stage)("creation_timestamp", self.created);
    members("available_actions", self.available_actions);
  }
};

/// A comment on a version.
struct model_comment {
  std::string id;
  std::string user;
  std::string text;
  std::int64_t created = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("user_id", self.user)("comment", self.text)("creation_timestamp", self.created);
  }
};

/// The stage's name in the workspace's registry: `None`, `Staging`, `Production`, `Archived`.
constexpr std::string_view workspace_stage(registry::stage stage) noexcept {
  switch (stage) {
    case registry::stage::staging: return "Staging";
    case registry::stage::production: return "Production";
    case registry::stage::archived: return "Archived";
    default: return "None";
  }
}

namespace detail {

struct activity_response {
  model_activity activity;
  model_activity request;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("activity", self.activity)("request", self.request);
  }
};
struct request_list {
  std::vector<model_activity> requests;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("requests", self.requests);
  }
};
struct comment_response {
  model_comment comment;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("comment", self.comment);
  }
};
struct staged_version {
  struct inner {
    std::string stage;
    template <class Self, class Members>
    static void describe(Self& self, Members& members) {
      members("current_stage", self.stage);
    }
  };
  inner version;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("model_version_databricks", self.version);
  }
};

}  // namespace detail

/// The stages of the workspace's own model registry, the older one beside Unity Catalog: requests that a version enter
/// a stage, their approval, and comments. Models and versions themselves are made through MLflow's API, by a client of
/// it over the workspace.
///
///     mr::connect::databricks::workspace_models models(workspace);
///     auto asked = models.request_transition("churn", 3, mr::registry::stage::production, "better by 2 points");
///     auto done = models.approve_transition("churn", 3, mr::registry::stage::production, true);   // archives others
///
/// Errors: those of `workspace::perform`, such as permission_denied where the token may not approve.
/// Threads: any number. The workspace outlives it.
/// Source: Databricks REST API, "Model Registry", version 2.0.
template <class Workspace>
class workspace_models {
 public:
  explicit workspace_models(Workspace& workspace) noexcept : workspace_(&workspace) {}

  /// Asks that a version enter a stage.
  result<model_activity> request_transition(std::string_view model, std::uint64_t version, registry::stage to,
                                            std::string_view comment = {}) {
    auto made = act("transition-requests/create", model, version, to, comment);
    if (!made) return std::move(made).error();
    return std::move(made->request);
  }
  /// Approves a request. `archive_others`: the versions that are in the stage now leave it.
  result<model_activity> approve_transition(std::string_view model, std::uint64_t version, registry::stage to,
                                            bool archive_others, std::string_view comment = {}) {
    auto made = act("transition-requests/approve", model, version, to, comment, archive_others ? 1 : 0);
    if (!made) return std::move(made).error();
    return std::move(made->activity);
  }
  result<model_activity> reject_transition(std::string_view model, std::uint64_t version, registry::stage to,
                                           std::string_view comment = {}) {
    auto made = act("transition-requests/reject", model, version, to, comment);
    if (!made) return std::move(made).error();
    return std::move(made->activity);
  }
  /// Withdraws the request of a user.
  result<void> withdraw_transition(std::string_view model, std::uint64_t version, registry::stage to,
                                   std::string_view creator, std::string_view comment = {}) {
    store::http_target target{path_of("transition-requests/delete"),
                              {{"name", std::string(model)},
                               {"version", std::to_string(version)},
                               {"stage", std::string(workspace_stage(to))},
                               {"creator", std::string(creator)}}};
    if (!comment.empty()) target.query.push_back({"comment", std::string(comment)});
    return removed(target);
  }
  /// The open requests of a version.
  result<std::vector<model_activity>> list_transitions(std::string_view model, std::uint64_t version) {
    const store::http_target target{path_of("transition-requests/list"),
                                    {{"name", std::string(model)}, {"version", std::to_string(version)}}};
    auto made = workspace_->template ask<detail::request_list>({.target = target.text()});
    if (!made) return std::move(made).error();
    return std::move(made->requests);
  }
  /// Brings a version into a stage, without a request; the result is the stage that it is in then.
  result<std::string> transition(std::string_view model, std::uint64_t version, registry::stage to, bool archive_others,
                                 std::string_view comment = {}) {
    auto made = workspace_->template ask<detail::staged_version>(
        {.method = "POST",
         .target = path_of("databricks/model-versions/transition-stage"),
         .body = body_of(model, version, to, comment, archive_others ? 1 : 0)});
    if (!made) return std::move(made).error();
    return std::move(made->version.stage);
  }

  result<model_comment> create_comment(std::string_view model, std::uint64_t version, std::string_view text) {
    std::string body;
    json_writer json(body);
    json.begin_object()
        .member("name", model)
        .member("version", std::to_string(version))
        .member("comment", text)
        .end_object();
    return comment({.method = "POST", .target = path_of("comments/create"), .body = std::move(body)});
  }
  result<model_comment> update_comment(std::string_view id, std::string_view text) {
    std::string body;
    json_writer(body).begin_object().member("id", id).member("comment", text).end_object();
    return comment({.method = "PATCH", .target = path_of("comments/update"), .body = std::move(body)});
  }
  result<void> delete_comment(std::string_view id) {
    return removed({path_of("comments/delete"), {{"id", std::string(id)}}});
  }

 private:
  static std::string path_of(std::string_view what) { return "/api/2.0/mlflow/" + std::string(what); }

  static std::string body_of(std::string_view model, std::uint64_t version, registry::stage to,
                             std::string_view comment, int archives) {
    std::string body;
    json_writer json(body);
    json.begin_object().member("name", model).member("version", std::to_string(version));
    json.member("stage", workspace_stage(to));
    if (archives >= 0) json.member("archive_existing_versions", archives == 1);
    if (!comment.empty()) json.member("comment", comment);
    json.end_object();
    return body;
  }
  result<detail::activity_response> act(const char* what, std::string_view model, std::uint64_t version,
                                        registry::stage to, std::string_view comment, int archives = -1) {
    return workspace_->template ask<detail::activity_response>(
        {.method = "POST", .target = path_of(what), .body = body_of(model, version, to, comment, archives)});
  }
  result<model_comment> comment(store::http_request request) {
    auto made = workspace_->template ask<detail::comment_response>(std::move(request));
    if (!made) return std::move(made).error();
    return std::move(made->comment);
  }
  result<void> removed(const store::http_target& target) {
    auto response = workspace_->perform({.method = "DELETE", .target = target.text()});
    return response ? result<void>() : std::move(response).error();
  }

  Workspace* workspace_;
};

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_WORKSPACE_MODELS_HPP
