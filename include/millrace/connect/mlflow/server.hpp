#ifndef MILLRACE_CONNECT_MLFLOW_SERVER_HPP
#define MILLRACE_CONNECT_MLFLOW_SERVER_HPP

#include <millrace/connect/mlflow/detail/graphql_answer.hpp>
#include <millrace/connect/mlflow/detail/logged_model_calls.hpp>
#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/origin.hpp>
#include <millrace/connect/mlflow/detail/refusal.hpp>
#include <millrace/connect/mlflow/detail/registry_calls.hpp>
#include <millrace/connect/mlflow/detail/review_calls.hpp>
#include <millrace/connect/mlflow/detail/route.hpp>
#include <millrace/connect/mlflow/detail/tracking_calls.hpp>
#include <millrace/connect/mlflow/detail/version_files.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/store/secret.hpp>
#include <millrace/track/tracker.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {

/// The version of MLflow whose API is served: what its own server is compared with, call by call.
inline constexpr std::string_view served_version = "3.17.2";

/// Somebody who may call, and the name that stands for them in what they do: who asks for a transition, who approves
/// it.
struct server_user {
  std::string name;
  store::secret<std::string> token;
};

struct server_options {
  /// What clients have to send as `Authorization: Bearer TOKEN` (MLflow's clients do, with MLFLOW_TRACKING_TOKEN set).
  /// Empty, and no users: nobody is asked, which is for a server that only this machine reaches.
  store::secret<std::string> token = {};
  /// Those who have tokens of their own. Whoever sends another, or none where none is needed, is called `unknown`.
  std::vector<server_user> users = {};
  /// Names, besides those of this machine and addresses as such, by which browsers may ask and whose pages may. So no
  /// page elsewhere can make a browser ask: neither by a name that it lets lead here, nor from its own address.
  std::vector<std::string> hosts = {};
  /// How searches are read: MLflow's grammar alone, or also what goes beyond it, such as OR.
  store::search_grammar grammar = store::search_grammar::full;
};

/// In place of a registry: there is none.
struct no_registry {};

/// Handles requests of MLflow's REST API, version 2.0, from a tracker and, if there is one, a registry, so that
/// MLflow's clients work on them.
///
///     mr::connect::mlflow::server server(tracker, models);     // or server(tracker): no registered models
///     auto response = server.handle({.method = "GET", .target = "/api/2.0/mlflow/experiments/get?experiment_id=1"});
///
/// Under `/api/2.0/` and `/ajax-api/2.0/` there are
///
///     mlflow/experiments/  create, get, get-by-name, search, update, delete, restore, set-experiment-tag,
///                          delete-experiment-tag
///     mlflow/runs/         create, get, search, update, delete, restore, log-metric, log-batch, log-parameter,
///                          set-tag, delete-tag, log-inputs, outputs, log-model
///     mlflow/logged-models[/MODEL]: create, search, get, finalize, delete, tags, params, artifacts
///     mlflow/metrics/      get-history, get-history-bulk, get-history-bulk-interval
///     mlflow/artifacts/list
///     mlflow-artifacts/artifacts[/EXPERIMENT/RUN/artifacts/PATH]: list, download, upload, delete
///     mlflow-artifacts/artifacts[/models/NAME/VERSION/PATH]: list, download, of versions with files in the registry
///     mlflow/registered-models/  create, get, rename, update, delete, search, get-latest-versions, set-tag,
///                                delete-tag, alias (set, get, delete)
///     mlflow/model-versions/     create, get, update, delete, search, transition-stage, get-download-uri, set-tag,
///                                delete-tag
///     mlflow/transition-requests/  create, list, approve, reject, delete
///     mlflow/comments/             create, update, delete
///     mlflow/databricks/           registered-models/get, model-versions/transition-stage
///
/// and, at the root, `health`, `version`, `get-artifact` and `graphql`, and `api/3.0/mlflow/server-info`: what MLflow's
/// web pages ask besides (web_pages.hpp). Browsers are heard by names of this machine, by addresses and by
/// `server_options::hosts`, and with pages from there. Experiment 0 is the one of the name `Default`.
/// Errors are MLflow's: `error_code`, `message`, and the status of HTTP that goes with the code; what there is none of
/// is ENDPOINT_NOT_FOUND. Guarantee: what a response acknowledges is as durable as the tracker's storage makes it. The
/// body of a request is taken as JSON by its content type alone, so that no page in a browser can post a form here.
/// Threads: any number at once. The tracker and the registry outlive the server. Source: MLflow's service.proto,
/// model_registry.proto and handlers.py, `served_version`.
template <class Tracker, class Registry = no_registry>
class server {
  static constexpr bool has_registry = !std::is_same_v<Registry, no_registry>;
  static_assert(millrace::detail::requirement<detail::keeps_runs<Tracker>, Tracker>,
                "millrace[MLFLOW-1]: a server of MLflow's API has its runs in a tracker, such as track::tracker");
  static_assert(millrace::detail::requirement<!has_registry || detail::keeps_models<Registry>, Registry>,
                "millrace[MLFLOW-2]: a server of MLflow's API has its models in a registry, such as "
                "registry::model_registry, or is given none");

 public:
  explicit server(Tracker& tracker, server_options options = {})
  requires(std::is_same_v<Registry, no_registry>)
      : options_(std::move(options)), tracking_(tracker, options_.grammar) {}
  server(Tracker& tracker, Registry& models, server_options options = {})
      : options_(std::move(options)), tracking_(tracker, options_.grammar), models_(&models) {}
  explicit server(Tracker&&, server_options = {}) = delete;

  store::http_response handle(const store::http_request& request) const {
    using namespace detail;
    auto target = store::http_target::parse(request.target);
    if (!target) return refuse(target.error());
    if (target->path == "/version") return {200, {{"Content-Type", "text/plain"}}, std::string(served_version)};
    if (target->path == "/health") return {200, {{"Content-Type", "text/plain"}}, "OK"};
    if (!has_own_host(request, options_.hosts))
      return refuse({"PERMISSION_DENIED", 403}, "Host is no name of this server's");
    if (!has_own_origin(request, options_.hosts))
      return refuse({"PERMISSION_DENIED", 403}, "the request comes from another server's page");
    std::string_view who;
    if (!identify(request, who)) {
      auto made = refuse({"UNAUTHENTICATED", 401}, "the request has no valid token");
      made.headers.push_back({"WWW-Authenticate", "Bearer"});
      return made;
    }
    std::string_view path = target->path;
    if (path == "/graphql") return handle_query(request, who, std::move(target->query));
    if (path == "/get-artifact") return handle_download(std::move(target->query));
    for (const std::string_view root : {"/api/3.0/", "/ajax-api/3.0/"})
      if (path.starts_with(root) && path.substr(root.size()) == "mlflow/server-info")
        return {200, {{"Content-Type", "application/json"}}, std::string(server_info)};
    for (const std::string_view root : {"/api/2.0/", "/ajax-api/2.0/"})
      if (path.starts_with(root)) {
        path.remove_prefix(root.size());
        if (path == artifacts || path.starts_with(std::string(artifacts) + '/'))
          return handle_artifact(request, path.substr(artifacts.size()), std::move(target->query));
        if (path.starts_with("mlflow/")) return call(request, who, path.substr(7), std::move(target->query));
      }
    return refuse({"ENDPOINT_NOT_FOUND", 404}, "there is nothing at " + quoted_text(target->path));
  }

 private:
  static constexpr std::string_view artifacts = "mlflow-artifacts/artifacts";
  using calls = detail::logged_model_calls<Tracker>;
  using model_calls = detail::registry_calls<Registry, Tracker>;
  /// What clients and pages ask before they ask for what not every server has.
  static constexpr std::string_view server_info =
      R"({"store_type":"SqlStore","workspaces_enabled":false,"trace_archival_enabled":false,)"
      R"("multipart_uploads_enabled":false,"multipart_downloads_enabled":false,)"
      R"("presigned_upload_run_id_supported":false,"presigned_upload_model_id_supported":false,)"
      R"("features_enabled":{"gateway":false}})";
  static constexpr detail::route<calls> routes[] = {
      {"POST", "experiments/create", &calls::create_experiment},
      {"GET", "experiments/get", &calls::get_experiment},
      {"GET", "experiments/get-by-name", &calls::get_experiment_by_name},
      {"GET", "experiments/search", &calls::search_experiments},
      {"POST", "experiments/search", &calls::search_experiments},
      {"POST", "experiments/update", &calls::update_experiment},
      {"POST", "experiments/delete", &calls::delete_experiment},
      {"POST", "experiments/restore", &calls::restore_experiment},
      {"POST", "experiments/set-experiment-tag", &calls::set_experiment_tag},
      {"POST", "experiments/delete-experiment-tag", &calls::delete_experiment_tag},
      {"POST", "runs/create", &calls::create_run},
      {"GET", "runs/get", &calls::get_run},
      {"POST", "runs/search", &calls::search_runs},
      {"POST", "runs/update", &calls::update_run},
      {"POST", "runs/delete", &calls::delete_run},
      {"POST", "runs/restore", &calls::restore_run},
      {"POST", "runs/log-metric", &calls::log_metric},
      {"POST", "runs/log-batch", &calls::log_batch},
      {"POST", "runs/log-parameter", &calls::log_parameter},
      {"POST", "runs/set-tag", &calls::set_tag},
      {"POST", "runs/delete-tag", &calls::delete_tag},
      {"POST", "runs/log-inputs", &calls::log_inputs},
      {"POST", "runs/outputs", &calls::log_outputs},
      {"POST", "runs/log-model", &calls::log_model},
      {"POST", "logged-models", &calls::create_logged_model},
      {"POST", "logged-models/search", &calls::search_logged_models},
      {"GET", "logged-models/{id}", &calls::get_logged_model},
      {"PATCH", "logged-models/{id}", &calls::finalize_logged_model},
      {"DELETE", "logged-models/{id}", &calls::delete_logged_model},
      {"PATCH", "logged-models/{id}/tags", &calls::set_logged_model_tags},
      {"DELETE", "logged-models/{id}/tags/{key}", &calls::delete_logged_model_tag},
      {"POST", "logged-models/{id}/params", &calls::log_logged_model_params},
      {"GET", "logged-models/{id}/artifacts/directories", &calls::list_logged_model_artifacts},
      {"GET", "metrics/get-history", &calls::get_history},
      {"GET", "metrics/get-history-bulk", &calls::get_history_bulk},
      {"GET", "metrics/get-history-bulk-interval", &calls::get_history_bulk_interval},
      {"GET", "artifacts/list", &calls::list_artifacts},
  };

  /// Whether a request may be handled, and who has sent it.
  bool identify(const store::http_request& request, std::string_view& who) const {
    who = detail::unknown_user;
    if (options_.token.expose().empty() && options_.users.empty()) return true;
    const std::string* const sent = store::find_header(request.headers, "Authorization");
    constexpr std::string_view scheme = "Bearer ";
    if (sent == nullptr || !millrace::detail::same_but_case(std::string_view(*sent).substr(0, scheme.size()), scheme))
      return false;
    const store::secret<std::string> token(sent->substr(scheme.size()));  // a copy that is wiped
    if (token.expose().empty()) return false;
    for (const server_user& each : options_.users)
      if (each.token == token) {
        who = each.name;
        return true;
      }
    return options_.token == token;
  }

  store::http_response call(const store::http_request& request, std::string_view who, std::string_view path,
                            std::vector<store::http_parameter> query) const {
    using namespace detail;
    bool is_there = false;
    std::vector<store::http_parameter> named;
    const std::string pattern = path_pattern(path, named);
    if (pattern == "logged-models/{id}/artifacts/files" && request.method == "GET") {
      const auto file = message::from_query(std::move(query)).required("artifact_file_path");
      return file ? download(named[0].value, *file) : refuse(file.error());
    }
    if (const auto* const found = find_route(routes, pattern, request.method, is_there))
      return handle_call(tracking_, *found, request, std::move(query), named);
    if constexpr (has_registry) {
      if (const auto* const found = find_route(model_calls::routes, path, request.method, is_there))
        return handle_call(model_calls(*models_, tracking_.tracker(), options_.grammar, who), *found, request,
                           std::move(query));
      using review_calls = detail::review_calls<Registry>;
      if (const auto* const found = find_route(review_calls::routes, path, request.method, is_there))
        return handle_call(review_calls(*models_, who), *found, request, std::move(query));
    }
    if (is_there)
      return refuse({"BAD_REQUEST", 405}, quoted_text(path) + " has no method " + quoted_text(request.method));
    return refuse({"ENDPOINT_NOT_FOUND", 404}, "there is nothing at " + quoted_text(path));
  }
  template <class Calls>
  static store::http_response handle_call(const Calls& calls, const detail::route<Calls>& route,
                                          const store::http_request& request, std::vector<store::http_parameter> query,
                                          const std::vector<store::http_parameter>& named = {}) {
    auto in = read(request, std::move(query));
    if (!in) return detail::refuse(in.error());
    for (const store::http_parameter& each : named) in->set(each.key, each.value);
    store::http_response made{200, {{"Content-Type", "application/json"}}, {}};
    json_writer out(made.body);
    out.begin_object();
    if (auto done = (calls.*route.call)(*in, out); !done)
      return detail::refuse(Calls::refusal_of(done.error().code()), done.error().message());
    out.end_object();
    return made;
  }
  /// The response to a query of GraphQL.
  store::http_response handle_query(const store::http_request& request, std::string_view who,
                                    std::vector<store::http_parameter> query) const {
    using namespace detail;
    const auto in = read(request, std::move(query));
    if (!in) return refuse(in.error());
    const auto ask = [&](std::string_view path, const message& input, json_writer& out) -> result<void> {
      bool is_there = false;
      for (const char* method : {"GET", "POST"}) {
        if (const auto* const found = find_route(routes, path, method, is_there))
          return (tracking_.*found->call)(input, out);
        if constexpr (has_registry)
          if (const auto* const found = find_route(model_calls::routes, path, method, is_there))
            return (model_calls(*models_, tracking_.tracker(), options_.grammar, who).*found->call)(input, out);
      }
      return error(errc::unsupported, "there is nothing at " + quoted_text(path));
    };
    store::http_response made{200, {{"Content-Type", "application/json"}}, {}};
    json_writer out(made.body);
    out.begin_object();
    if (auto done = graphql_answer(ask).put(*in, out); !done) return refuse(done.error());
    out.end_object();
    return made;
  }
  static result<detail::message> read(const store::http_request& request, std::vector<store::http_parameter> query) {
    // Databricks' clients delete by a query, MLflow's by a body.
    if (request.method == "GET" || (request.method == "DELETE" && request.body.empty()))
      return detail::message::from_query(std::move(query));
    const std::string* const type = store::find_header(request.headers, "Content-Type");
    if (type == nullptr || !millrace::detail::same_but_case(
                               std::string_view(*type).substr(0, type->find_first_of("; ")), "application/json"))
      return error(errc::invalid_argument, "Bad Request. Content-Type must be application/json");
    return request.body.empty() ? detail::message() : detail::message::from_json(request.body);
  }

  /// `/EXPERIMENT/RUN/artifacts[/PATH]` and `/EXPERIMENT/models/MODEL/artifacts[/PATH]`, by which clients have the
  /// artifacts of a run and of a logged model.
  struct artifact_place {
    std::string run;   // or the model
    std::string path;  // empty: the folder of all of them
  };
  result<artifact_place> find_place(std::string_view path) const {
    const auto next = [&] {
      const std::size_t slash = path.find('/');
      const std::string_view part = path.substr(0, slash);
      path = slash == path.npos ? std::string_view() : path.substr(slash + 1);
      return part;
    };
    const std::string_view experiment = next();
    std::string_view owner = next();
    std::string of;
    if (owner == "models") {
      owner = next();
      const auto model = tracking_.find(owner);
      if (!model) return model.error();
      of = model->experiment_id;
    } else {
      const auto run = tracking_.tracker().get_run(owner);
      if (!run) return run.error();
      of = run->info.experiment_id;
    }
    if (of != experiment || next() != "artifacts")
      return error(errc::not_found, "no run has its artifacts there: EXPERIMENT/RUN/artifacts is expected");
    return artifact_place{std::string(owner), std::string(path)};
  }

  /// `/get-artifact?run_uuid=RUN&path=PATH`, by which pages have a run's artifacts.
  store::http_response handle_download(std::vector<store::http_parameter> query) const {
    const auto in = detail::message::from_query(std::move(query));
    const auto run = in.required(in.has("run_id") ? "run_id" : "run_uuid");
    if (!run) return detail::refuse(run.error());
    const auto path = in.required("path");
    if (!path) return detail::refuse(path.error());
    return download(*run, *path);
  }
  store::http_response download(std::string_view run, std::string_view path) const {
    return file_of(tracking_.tracker().read_artifact(run, path));
  }
  static store::http_response file_of(const result<std::vector<std::byte>>& bytes) {
    if (!bytes) return detail::refuse(bytes.error());
    return {200,
            {{"Content-Type", "application/octet-stream"},
             {"Content-Disposition", "attachment"},
             {"X-Content-Type-Options", "nosniff"}},  // no page of an artifact's author runs here
            std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size())};
  }

  store::http_response handle_artifact(const store::http_request& request, std::string_view path,
                                       std::vector<store::http_parameter> query) const {
    using namespace detail;
    store::http_response made{200, {{"Content-Type", "application/json"}}, {}};
    if (path.size() <= 1) {
      if (request.method != "GET") return refuse({"BAD_REQUEST", 405}, "an artifact's path is expected");
      const auto folder = message::from_query(std::move(query)).required("path");
      if (!folder) return refuse(folder.error());
      if (auto fine = store::check_storage_key(*folder); !fine) return refuse(fine.error());
      if constexpr (has_registry)
        if (folder->starts_with(version_folder)) return handle_version_file(std::string_view(*folder), true);
      const auto place = find_place(*folder);
      if (!place) return refuse(place.error());
      json_writer out(made.body);
      out.begin_object();
      if (auto done = tracking_.put_files(place->run, place->path, true, out); !done) return refuse(done.error());
      out.end_object();
      return made;
    }
    if constexpr (has_registry)
      if (path.substr(1).starts_with(version_folder)) {
        if (request.method == "GET") return handle_version_file(path.substr(1), false);
        return refuse({"PERMISSION_DENIED", 403}, "the files of a version stay as they were registered");
      }
    const auto place = find_place(path.substr(1));
    if (!place) return refuse(place.error());
    auto& tracker = tracking_.tracker();
    if (request.method == "GET") return download(place->run, place->path);
    result<track::artifact> changed =
        request.method == "PUT" ? tracker.log_artifact(place->run, place->path, std::as_bytes(std::span(request.body)))
        : request.method == "DELETE"
            ? tracker.delete_artifact(place->run, place->path)
            : result<track::artifact>(
                  error(errc::unsupported, "artifacts have no method " + quoted_text(request.method)));
    if (!changed) return refuse(changed.error());
    made.body = "{}";
    return made;
  }

  /// A file of a version that the registry has, or what its folder has.
  store::http_response handle_version_file(std::string_view place, bool is_folder) const {
    using namespace detail;
    const auto at = version_file::parse(place.substr(version_folder.size()));
    if (!at) return refuse(at.error());
    const auto version = models_->find_version(at->model, at->version);
    if (!version) return refuse(version.error());
    if (!is_folder) return file_of(models_->read_artifact(*version, at->path));
    store::http_response made{200, {{"Content-Type", "application/json"}}, {}};
    json_writer out(made.body);
    out.begin_object();
    put_version_files(out, *version, at->path);
    out.end_object();
    return made;
  }

  server_options options_;
  calls tracking_;
  Registry* models_ = nullptr;
};

}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_SERVER_HPP
