#ifndef MILLRACE_MLOPS_SETTINGS_HPP
#define MILLRACE_MLOPS_SETTINGS_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/mlops/fwd.hpp>
#include <millrace/store/secret.hpp>
#include <millrace/store/secret_file.hpp>
#include <millrace/store/settings/environment.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace mlops {

using store::process_environment;
using store::variable_source;

/// What the environment says about where runs and models are. A variable that is empty counts as not set, and one of
/// MILLRACE_ goes before the other of its line.
///
///     MILLRACE_BACKEND       TAURO_MLOPS_BACKEND   which backend: `local`, `sqlite`, `folders`, `memory`, ...
///     MILLRACE_PATH          TAURO_MLOPS_PATH      the file, or the folder in which it is `millrace.db`;
///                                                  of `folders`: the folder
///     MILLRACE_CATALOG       TAURO_MLOPS_CATALOG   of Databricks' Unity Catalog
///     MILLRACE_SCHEMA        TAURO_MLOPS_SCHEMA    in that catalog
///     MILLRACE_TRACKING_URI  MLFLOW_TRACKING_URI   an MLflow server
///     MILLRACE_HOST          DATABRICKS_HOST       a Databricks workspace
///     MILLRACE_TOKEN         DATABRICKS_TOKEN, MLFLOW_TRACKING_TOKEN
///     MILLRACE_TOKEN_FILE                          a file with the token, which goes before the token itself
///
/// It cannot be copied, since it has the token.
struct context_settings {
  std::string backend = {};  // empty: the program's first
  std::string said_by = {};  // the variable that named it
  std::string path = {};     // empty: the backend's own
  std::string catalog = {};
  std::string schema = {};
  std::string tracking_uri = {};
  std::string host = {};
  store::secret<std::string> token = {};  // empty: none
};

namespace detail {

/// The first of these variables that is set, or null.
template <class Source, class... Names>
const char* first_set(const Source& source, const char** said_by, Names... names) {
  const char* found = nullptr;
  const auto look = [&](const char* name) {
    if (found != nullptr) return;
    const char* const value = source.find(name);
    if (value == nullptr || *value == '\0') return;
    found = value;
    if (said_by != nullptr) *said_by = name;
  };
  (look(names), ...);
  return found;
}

/// Whether an address has a user or a password in it: `https://user:password@host`.
inline bool has_credentials(std::string_view address) noexcept {
  const std::size_t scheme = address.find("://");
  if (scheme != address.npos) address.remove_prefix(scheme + 3);
  return address.substr(0, address.find_first_of("/?#")).find('@') != address.npos;
}

}  // namespace detail

/// Reads the settings. Errors: invalid_argument: an address with a password in it, which is not repeated; those of
/// `store::read_secret`.
template <variable_source Source = process_environment>
result<context_settings> read_settings(const Source& source = {}) {
  context_settings made;
  const char* said_by = "";
  const auto take_text = [&](std::string& to, auto... names) {
    if (const char* const value = detail::first_set(source, &said_by, names...); value != nullptr) to = value;
  };
  take_text(made.backend, "MILLRACE_BACKEND", "TAURO_MLOPS_BACKEND");
  made.said_by = said_by;
  take_text(made.path, "MILLRACE_PATH", "TAURO_MLOPS_PATH");
  take_text(made.catalog, "MILLRACE_CATALOG", "TAURO_MLOPS_CATALOG");
  take_text(made.schema, "MILLRACE_SCHEMA", "TAURO_MLOPS_SCHEMA");
  for (const bool is_host : {false, true}) {
    std::string& address = is_host ? made.host : made.tracking_uri;
    if (is_host)
      take_text(address, "MILLRACE_HOST", "DATABRICKS_HOST");
    else
      take_text(address, "MILLRACE_TRACKING_URI", "MLFLOW_TRACKING_URI");
    if (detail::has_credentials(address)) {
      store::secret<std::string> wiped(std::move(address));
      return error(errc::invalid_argument, std::string(said_by) +
                                               " has a user or a password in it: set MILLRACE_TOKEN or "
                                               "MILLRACE_TOKEN_FILE, and give the address without");
    }
  }
  if (const char* const file = detail::first_set(source, nullptr, "MILLRACE_TOKEN_FILE"); file != nullptr) {
    auto read = store::read_secret(file);
    if (!read) return std::move(read).error().wrap("MILLRACE_TOKEN_FILE");
    made.token = *std::move(read);
  } else if (const char* const value =
                 detail::first_set(source, nullptr, "MILLRACE_TOKEN", "DATABRICKS_TOKEN", "MLFLOW_TRACKING_TOKEN");
             value != nullptr) {
    made.token = store::secret<std::string>(std::string(value));
  }
  return made;
}

}  // namespace mlops
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MLOPS_SETTINGS_HPP
