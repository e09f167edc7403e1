#include <millrace/connect/rest/parts/model_stages.hpp>

#include <millrace/connect/rest/api.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;
using mr::registry::stage;
using rest_tests::ask;

namespace {

rest::api_options with_users() {
  rest::api_options made;
  for (const char* name : {"ada", "bob"})
    made.users.push_back({name, ms::secret<std::string>(std::string(name) + "-token")});
  return made;
}
std::vector<ms::http_header> as(const std::string& user) { return {{"Authorization", "Bearer " + user + "-token"}}; }

}  // namespace

TEST_CASE("versions of models are registered, found, promoted and approved over HTTP") {
  ms::memory_storage storage;
  auto models = mr::registry::open_registry(storage);
  REQUIRE(models);
  const rest::api api(with_users(), rest::model_stages(*models));
  const auto made = ask(api, "POST", "/models/register",
                        R"({"name":"churn","version":"1.2.0","framework":"onnx","metrics":{"auc":0.95},)"
                        R"("hyperparameters":{"depth":6,"fast":true},"tags":{"team":"risk"}})",
                        as("ada"));
  CHECK(made.status() == 201);
  CHECK(made.json["version"] == 1);
  CHECK(made.json["semantic_version"] == "1.2.0");
  CHECK(made.json["stage"] == "development");
  CHECK(made.json["metrics"]["auc"] == 0.95);
  CHECK(made.json["hyperparameters"]["depth"] == "6");
  CHECK(made.json["hyperparameters"]["fast"] == "true");
  CHECK(made.json["created_by"] == "ada");
  REQUIRE(models->set_alias("churn", "champion", 1, "ada"));
  for (const char* version : {"1", "1.2.0", "champion"})
    CHECK(ask(api, "GET", std::string("/models/churn/") + version, {}, as("ada")).json["version"] == 1);
  for (const char* path : {"/models/churn/2", "/models/churn/1.3.0", "/models/churn/none", "/models/none/1",
                           "/models/..%2F..%2Fetc/1", "/models/churn/..", "/models/churn/.", "/models/churn/%20"}) {
    INFO(path);
    CHECK(ask(api, "GET", path, {}, as("ada")).status() == 404);
  }
  CHECK(ask(api, "POST", "/models/register", R"({"name":"churn","version":"1.2.0"})", as("ada")).status() == 409);
  CHECK(ask(api, "POST", "/models/register", R"({"name":"churn","version":"one"})", as("ada")).status() == 422);
  CHECK(ask(api, "POST", "/models/register", R"({"name":"churn","metrics":{"auc":"x"}})", as("ada")).status() == 422);
  CHECK(ask(api, "POST", "/models/register", R"({"name":"churn","tags":{"a":{}}})", as("ada")).status() == 422);

  const auto promote = [&](const char* to) {
    return ask(api, "POST", "/models/churn/1/promote", std::string(R"({"reason":"good","stage":")") + to + "\"}",
               as("ada"));
  };
  CHECK(promote("production").status() == 422);  // not without staging
  const auto moved = promote("staging");
  CHECK(moved.status() == 200);
  CHECK(moved.json["from"] == "development");
  CHECK(moved.json["to"] == "staging");
  CHECK(promote("staging").status() == 409);
  REQUIRE(models->set_rule("churn", {.to = stage::production, .approvals = 1, .reviewers = {"bob"}}, "ada"));
  const auto approve = [&](const char* who) {
    return ask(api, "POST", "/models/churn/1/approve", R"({"comment":"seen"})", as(who));
  };
  CHECK(approve("bob").status() == 404);
  const auto asked = promote("production");
  CHECK(asked.status() == 202);
  CHECK(asked.json["status"] == "open");
  CHECK(asked.json["request"] == 1);
  CHECK(approve("ada").status() == 403);
  const auto approved = approve("bob");
  CHECK(approved.status() == 200);
  CHECK(approved.json["status"] == "approved");
  CHECK(models->find_version("churn", 1)->stage == stage::production);
  CHECK(approve("bob").status() == 404);
  CHECK(ask(api, "GET", "/models/churn/1").status() == 401);
}

TEST_CASE("a reviewer rejects a promotion over HTTP") {
  ms::memory_storage storage;
  auto models = mr::registry::open_registry(storage);
  const rest::api api(with_users(), rest::model_stages(*models));
  REQUIRE(ask(api, "POST", "/models/register", R"({"name":"m"})", as("ada")).status() == 201);
  REQUIRE(models->set_rule("m", {.to = stage::staging, .approvals = 1}, "ada"));
  REQUIRE(ask(api, "POST", "/models/m/1/promote", R"({"stage":"staging"})", as("ada")).status() == 202);
  const auto rejected = ask(api, "POST", "/models/m/1/approve", R"({"verdict":"reject","comment":"no"})", as("bob"));
  CHECK(rejected.json["status"] == "rejected");
  CHECK(models->find_version("m", 1)->stage == stage::development);
}
