#include <millrace/mlops/settings.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/atomic_file.hpp>

#include <cstdlib>
#include <map>
#include <string>
#include <type_traits>

namespace mr = millrace;
namespace ml = millrace::mlops;

namespace {

struct made_up_variables {
  std::map<std::string, std::string> all;
  const char* find(const char* name) const {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second.c_str();
  }
};
const std::string canary = "canary-51c9-of-a-token-that-no-message-may-hold";

}  // namespace

TEST_CASE("settings are those of MILLRACE_, and of the others' variables where these are not set") {
  static_assert(ml::variable_source<made_up_variables> && ml::variable_source<ml::process_environment>);
  static_assert(!std::is_copy_constructible_v<ml::context_settings>);
  const auto none = ml::read_settings(made_up_variables{});
  REQUIRE(none);
  CHECK(none->backend.empty());
  CHECK(none->path.empty());
  CHECK(none->token.expose().empty());

  made_up_variables from{{{"TAURO_MLOPS_BACKEND", "databricks"},
                          {"TAURO_MLOPS_PATH", "mlops_data"},
                          {"TAURO_MLOPS_CATALOG", "main"},
                          {"TAURO_MLOPS_SCHEMA", "mlops"},
                          {"MLFLOW_TRACKING_URI", "https://mlflow.example/base"},
                          {"DATABRICKS_HOST", "https://workspace.example"},
                          {"DATABRICKS_TOKEN", canary}}};
  const auto others = ml::read_settings(from);
  REQUIRE(others);
  CHECK(others->backend == "databricks");
  CHECK(others->said_by == "TAURO_MLOPS_BACKEND");
  CHECK(others->path == "mlops_data");
  CHECK(others->catalog == "main");
  CHECK(others->schema == "mlops");
  CHECK(others->tracking_uri == "https://mlflow.example/base");
  CHECK(others->host == "https://workspace.example");
  CHECK(others->token.expose() == canary);

  from.all.insert({{"MILLRACE_BACKEND", "local"},
                   {"MILLRACE_PATH", "runs.db"},
                   {"MILLRACE_CATALOG", ""},
                   {"MILLRACE_TOKEN", "own"}});
  const auto own = ml::read_settings(from);
  REQUIRE(own);
  CHECK(own->backend == "local");
  CHECK(own->said_by == "MILLRACE_BACKEND");
  CHECK(own->path == "runs.db");
  CHECK(own->catalog == "main");  // an empty variable is not set
  CHECK(own->token.expose() == "own");
}

TEST_CASE("a token comes from a file, and errors do not repeat what is secret") {
  const support::temp_dir scratch;
  const std::string folder = scratch.path().string();
  const std::string path = folder + "/token";
  REQUIRE(mr::store::write_secret(path, mr::store::secret<std::string>(std::string(canary))));
  const auto read =
      ml::read_settings(made_up_variables{{{"MILLRACE_TOKEN_FILE", path}, {"DATABRICKS_TOKEN", "other"}}});
  REQUIRE(read);
  CHECK(read->token.expose() == canary);
  const auto missing =
      ml::read_settings(made_up_variables{{{"MILLRACE_TOKEN_FILE", folder + "/none"}, {"DATABRICKS_TOKEN", canary}}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().describe().find("MILLRACE_TOKEN_FILE") != std::string::npos);
  CHECK(missing.error().describe().find("/none") != std::string::npos);
  CHECK(missing.error().describe().find(canary) == std::string::npos);

  for (const char* name : {"MILLRACE_TRACKING_URI", "MLFLOW_TRACKING_URI", "MILLRACE_HOST", "DATABRICKS_HOST"})
    for (const std::string& address :
         {"https://user:" + canary + "@host/x", canary + "@host", "https://" + canary + "@host?x"}) {
      const auto refused = ml::read_settings(made_up_variables{{{name, address}}});
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code() == mr::errc::invalid_argument);
      CHECK(refused.error().describe().find(name) != std::string::npos);
      CHECK(refused.error().describe().find(canary) == std::string::npos);
    }
  CHECK(ml::read_settings(made_up_variables{{{"DATABRICKS_HOST", "https://host/path@1"}}}));
}

TEST_CASE("the environment of the process is a source") {
  REQUIRE(::setenv("MILLRACE_SCHEMA", "of this process", 1) == 0);
  const auto read = ml::read_settings();
  REQUIRE(read);
  CHECK(read->schema == "of this process");
  REQUIRE(::unsetenv("MILLRACE_SCHEMA") == 0);
  CHECK(ml::process_environment().find("MILLRACE_SCHEMA") == nullptr);
}
