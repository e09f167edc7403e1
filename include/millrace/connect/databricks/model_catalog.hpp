#ifndef MILLRACE_CONNECT_DATABRICKS_MODEL_CATALOG_HPP
#define MILLRACE_CONNECT_DATABRICKS_MODEL_CATALOG_HPP

#include <millrace/connect/databricks/detail/files_api.hpp>
#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/connect/databricks/model_signature.hpp>
#include <millrace/connect/databricks/unity_name.hpp>
#include <millrace/connect/databricks/workspace.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/storage.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

/// An alias of a model in Unity Catalog, and the version that it stands for.
struct model_alias {
  std::string name;
  std::uint64_t version = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("alias_name", self.name)("version_num", self.version);
  }
  friend bool operator==(const model_alias&, const model_alias&) = default;
};

/// A registered model of Unity Catalog. Times are milliseconds since 1970-01-01T00:00:00Z.
struct catalog_model {
  std::string full_name;
  std::string comment;
  std::string owner;
  std::string storage_location;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::vector<model_alias> aliases;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("full_name", self.full_name)("comment", self.comment)("owner", self.owner);
    members("storage_location", self.storage_location)("created_at", self.created)("updated_at", self.updated);
    members("aliases", self.aliases);
  }
};

/// Whether a version is whole. Names are Databricks'.
enum class version_status : std::uint8_t { unknown, pending_registration, failed_registration, ready };

constexpr std::string_view to_string(version_status status) noexcept {
  constexpr std::string_view names[] = {"MODEL_VERSION_STATUS_UNKNOWN", "PENDING_REGISTRATION", "FAILED_REGISTRATION",
                                        "READY"};
  const auto at = static_cast<std::size_t>(status);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

/// A version of a model of Unity Catalog. Times are milliseconds since 1970-01-01T00:00:00Z.
struct catalog_version {
  std::string catalog;
  std::string schema;
  std::string model;
  std::uint64_t version = 0;
  std::string comment;
  std::string source;
  std::string run_id;
  version_status status = version_status::unknown;
  std::string storage_location;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::vector<model_alias> aliases;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("catalog_name", self.catalog)("schema_name", self.schema)("model_name", self.model)("version",
                                                                                                self.version);
    members("comment", self.comment)("source", self.source)("run_id", self.run_id)("status", self.status);
    members("storage_location", self.storage_location)("created_at", self.created)("updated_at", self.updated);
    members("aliases", self.aliases);
  }
};

/// What is said of a new version.
struct new_catalog_version {
  std::string source = {};  // where its files come from; empty: their place in the storage
  std::string run_id = {};  // of MLflow, in the same workspace
  std::string description = {};
  std::vector<registry::tag> tags = {};
};

/// The alias that stands for a stage, which Unity Catalog does not have: `staging`, `production`; empty for development
/// and archived, in which a version has none of the two.
constexpr std::string_view alias_of(registry::stage stage) noexcept {
  return stage == registry::stage::staging || stage == registry::stage::production ? to_string(stage)
                                                                                   : std::string_view();
}
/// The stage of a version, by its aliases. One that was archived is in development: no alias says more.
inline registry::stage stage_of(const catalog_version& version) noexcept {
  registry::stage found = registry::stage::development;
  for (const model_alias& each : version.aliases)
    for (const registry::stage stage : {registry::stage::staging, registry::stage::production})
      if (each.name == alias_of(stage) && stage > found) found = stage;
  return found;
}

namespace detail {

struct model_page {
  std::vector<catalog_model> items;
  std::string next;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("registered_models", self.items)("next_page_token", self.next);
  }
};
struct version_page {
  std::vector<catalog_version> items;
  std::string next;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("model_versions", self.items)("next_page_token", self.next);
  }
};
/// What MLflow's side of Unity Catalog returns of a version.
struct created_version {
  struct inner {
    std::uint64_t version = 0;
    template <class Self, class Members>
    static void describe(Self& self, Members& members) {
      members("version", self.version);
    }
  };
  inner of;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("model_version", self.of);
  }
};

/// Calls `use(item)` for all items of all pages. A page that is followed by itself is an error.
template <class Page, class Workspace, class Use>
result<void> for_each_item(Workspace& workspace, const std::string& path, std::vector<store::http_parameter> query,
                           Use&& use) {
  const std::size_t fixed = query.size();
  std::string token;
  for (;;) {
    query.resize(fixed);
    if (!token.empty()) query.push_back({"page_token", token});
    auto page = workspace.template ask<Page>({.target = store::http_target{path, query}.text()});
    if (!page) return std::move(page).error();
    for (const auto& each : page->items) {
      if constexpr (std::same_as<decltype(use(each)), result<void>>) {
        if (auto done = use(each); !done) return done;
      } else {
        use(each);
      }
    }
    if (page->next.empty()) return {};
    if (page->next == token) return error(errc::corrupt, path + ": a page is followed by itself");
    token = std::move(page->next);
  }
}

}  // namespace detail

/// Registered models of Unity Catalog and their versions.
///
///     mr::connect::databricks::model_catalog models(workspace);
///     auto name = mr::connect::databricks::unity_name::make("main.ml.churn");
///     auto version = models.register_version(*name, folder, "churn/");          // an MLflow model with a signature
///     if (version) auto done = models.enter_stage(*name, version->version, mr::registry::stage::production);
///
/// Unity Catalog has no stages: an alias of the stage's name stands for one (`alias_of`), so that one version at a time
/// is in staging, and one in production; setting it is one request, after which all see the new version.
/// Errors: those of `workspace::perform`; corrupt: a response that is none.
/// Threads: any number. The workspace outlives it.
/// Source: Databricks REST API, "Registered Models" and "Model Versions", version 2.1; for the making of versions,
/// MLflow's `databricks_uc_registry_service.proto`, version 3.17.
template <class Workspace>
class model_catalog {
 public:
  explicit model_catalog(Workspace& workspace) noexcept : workspace_(&workspace) {}

  /// Errors: also already_exists.
  result<catalog_model> create_model(const unity_name& name, std::string_view comment = {}) {
    std::string body;
    json_writer json(body);
    json.begin_object().member("catalog_name", name.catalog()).member("schema_name", name.schema());
    json.member("name", name.object());
    if (!comment.empty()) json.member("comment", comment);
    json.end_object();
    return workspace_->template ask<catalog_model>({.method = "POST", .target = models, .body = std::move(body)});
  }
  /// Errors: also not_found.
  result<catalog_model> get_model(const unity_name& name) {
    return workspace_->template ask<catalog_model>({.target = path_of(name) + "?include_aliases=true"});
  }
  /// Calls `use(model)` for all models of a schema that the token may see. Where `use` returns a `result<void>`, its
  /// error ends the walk.
  template <class Use>
  result<void> for_each_model(std::string_view catalog, std::string_view schema, Use&& use) {
    return detail::for_each_item<detail::model_page>(
        *workspace_, models, {{"catalog_name", std::string(catalog)}, {"schema_name", std::string(schema)}},
        std::forward<Use>(use));
  }
  result<catalog_model> set_comment(const unity_name& name, std::string_view comment) {
    return workspace_->template ask<catalog_model>(
        {.method = "PATCH", .target = path_of(name), .body = comment_body(comment)});
  }
  /// Deletes a model with all of its versions.
  result<void> delete_model(const unity_name& name) { return done({.method = "DELETE", .target = path_of(name)}); }

  result<catalog_version> get_version(const unity_name& name, std::uint64_t version) {
    return workspace_->template ask<catalog_version>({.target = path_of(name, version) + "?include_aliases=true"});
  }
  result<catalog_version> get_version(const unity_name& name, std::string_view alias) {
    return workspace_->template ask<catalog_version>({.target = alias_path(name, alias) + "?include_aliases=true"});
  }
  /// The version of a stage that an alias stands for. Errors: not_found: there is none; invalid_argument: development
  /// and archived are not of one version.
  result<catalog_version> version_in(const unity_name& name, registry::stage stage) {
    if (alias_of(stage).empty())
      return error(errc::invalid_argument, "any number of versions is in the stage " + std::string(to_string(stage)));
    return get_version(name, alias_of(stage));
  }
  template <class Use>
  result<void> for_each_version(const unity_name& name, Use&& use) {
    return detail::for_each_item<detail::version_page>(*workspace_, path_of(name) + "/versions", {},
                                                       std::forward<Use>(use));
  }
  result<catalog_version> set_comment(const unity_name& name, std::uint64_t version, std::string_view comment) {
    return workspace_->template ask<catalog_version>(
        {.method = "PATCH", .target = path_of(name, version), .body = comment_body(comment)});
  }
  result<void> delete_version(const unity_name& name, std::uint64_t version) {
    return done({.method = "DELETE", .target = path_of(name, version)});
  }

  /// Sets an alias to a version, whichever version it stood for before.
  result<void> set_alias(const unity_name& name, std::string_view alias, std::uint64_t version) {
    std::string body;
    json_writer(body).begin_object().member("version_num", version).end_object();
    return done({.method = "PUT", .target = alias_path(name, alias), .body = std::move(body)});
  }
  result<void> delete_alias(const unity_name& name, std::string_view alias) {
    return done({.method = "DELETE", .target = alias_path(name, alias)});
  }
  /// Brings a version into a stage: sets the stage's alias to it and takes away the other's, if it has that;
  /// development and archived take away both. Which steps versions may go is the caller's: `registry::check_edge`.
  result<void> enter_stage(const unity_name& name, std::uint64_t version, registry::stage stage) {
    const auto found = get_version(name, version);
    if (!found) return found.error();
    if (!alias_of(stage).empty())
      if (auto fine = set_alias(name, alias_of(stage), version); !fine) return fine;
    for (const registry::stage other : {registry::stage::staging, registry::stage::production})
      for (const model_alias& each : found->aliases)
        if (other != stage && each.name == alias_of(other))
          if (auto fine = delete_alias(name, each.name); !fine) return fine;
    return {};
  }

  /// Makes a version of what a storage has below `prefix`: an MLflow model, with its `MLmodel` file, whose signature is
  /// looked for before anything is sent. The version is made, its files are uploaded, and it is made ready; should an
  /// upload fail, it is deleted again. Errors: not_found: there is no `MLmodel`; invalid_argument: it has no signature;
  /// those of the storage.
  template <store::storage Storage>
  result<catalog_version> register_version(const unity_name& name, const Storage& files, std::string_view prefix,
                                           const new_catalog_version& about = {}) {
    const auto head = files.read(std::string(prefix) + "MLmodel");
    if (!head) return head.error();
    if (auto fine = check_signature({reinterpret_cast<const char*>(head->data()), head->size()}); !fine)
      return std::move(fine).error();
    const auto made =
        workspace_->template ask<detail::created_version>({.method = "POST",
                                                           .target = std::string(mlflow_versions) + "create",
                                                           .body = version_body(name, prefix, about)});
    if (!made) return made.error();
    const std::uint64_t version = made->of.version;
    if (version == 0)
      return error(errc::corrupt, "Databricks made a version of " + name.text() + " and does not say which");
    auto ready = upload(name, version, files, prefix);
    if (ready) ready = finalize(name, version);
    if (ready) return get_version(name, version);
    error why = std::move(ready).error();
    if (const auto undone = delete_version(name, version); !undone)
      return std::move(why).wrap("version " + std::to_string(version) + " of " + name.text() + " is left half-made");
    return why;
  }
  /// Copies a version's files into a storage, below `prefix`, which is empty or ends with a slash.
  template <store::storage Storage>
  result<void> download_version(const unity_name& name, std::uint64_t version, Storage& into,
                                const std::string& prefix = {}) {
    return download(files_of(name, version), into, prefix, 0);
  }

 private:
  static constexpr const char* models = "/api/2.1/unity-catalog/models";
  static constexpr const char* mlflow_versions = "/api/2.0/mlflow/unity-catalog/model-versions/";

  static std::string path_of(const unity_name& name) {
    return std::string(models) + '/' + store::percent_encoded(name.text());
  }
  static std::string path_of(const unity_name& name, std::uint64_t version) {
    return path_of(name) + "/versions/" + std::to_string(version);
  }
  static std::string alias_path(const unity_name& name, std::string_view alias) {
    return path_of(name) + "/aliases/" + store::percent_encoded(alias);
  }
  static std::string files_of(const unity_name& name, std::uint64_t version) {
    return "/Models/" + name.path() + '/' + std::to_string(version);
  }
  static std::string comment_body(std::string_view comment) {
    std::string body;
    json_writer(body).begin_object().member("comment", comment).end_object();
    return body;
  }
  static std::string version_body(const unity_name& name, std::string_view prefix, const new_catalog_version& about) {
    std::string body;
    json_writer json(body);
    json.begin_object().member("name", name.text());
    json.member("source", about.source.empty() ? "millrace:" + std::string(prefix) : about.source);
    if (!about.run_id.empty()) json.member("run_id", about.run_id);
    if (!about.description.empty()) json.member("description", about.description);
    if (!about.tags.empty()) {
      json.key("tags").begin_array();
      for (const registry::tag& each : about.tags)
        json.begin_object().member("key", each.key).member("value", each.value).end_object();
      json.end_array();
    }
    json.end_object();
    return body;
  }

  result<void> done(store::http_request request) {
    if (!request.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    auto response = workspace_->perform(std::move(request));
    return response ? result<void>() : std::move(response).error();
  }
  result<void> finalize(const unity_name& name, std::uint64_t version) {
    std::string body;
    json_writer(body)
        .begin_object()
        .member("name", name.text())
        .member("version", std::to_string(version))
        .end_object();
    return done({.method = "POST", .target = std::string(mlflow_versions) + "finalize", .body = std::move(body)});
  }
  template <class Storage>
  result<void> upload(const unity_name& name, std::uint64_t version, const Storage& files, std::string_view prefix) {
    const std::string place = files_of(name, version) + '/';
    return store::for_each_object(files, prefix, [&](const store::storage_entry& each) -> result<void> {
      const auto bytes = files.read(each.key);
      if (!bytes) return bytes.error();
      return detail::put_file(*workspace_, place + each.key.substr(prefix.size()), *bytes, true);
    });
  }
  template <class Storage>
  result<void> download(const std::string& directory, Storage& into, const std::string& prefix, std::size_t depth) {
    if (depth == 100) return error(errc::unsupported, "directories are nested more than 100 deep: " + directory);
    return detail::for_each_file(*workspace_, directory, [&](const file_entry& each) -> result<void> {
      if (each.is_directory) return download(each.path, into, prefix + each.name + '/', depth + 1);
      const auto body = detail::get_file(*workspace_, each.path);
      if (!body) return body.error();
      return into.write(prefix + each.name, std::as_bytes(std::span(body->data(), body->size())));
    });
  }

  Workspace* workspace_;
};

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_MODEL_CATALOG_HPP
