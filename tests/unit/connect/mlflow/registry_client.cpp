#include <millrace/connect/mlflow/registry_client.hpp>

#include <millrace/connect/mlflow/server.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <laws/registering.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mreg = millrace::registry;
namespace rs = millrace::resilience;
namespace mlflow = millrace::connect::mlflow;
using mr::errc;

namespace {

using storage = ms::memory_storage;
using tracker = mr::track::tracker<storage>;
using models = mreg::model_registry<storage, mreg::any_edge>;

/// A registry of our own behind a server of our own.
struct behind_server {
  storage kept;
  tracker runs = *tracker::open(kept);
  models versions = *mreg::open_registry(kept, {}, mreg::any_edge());
  mlflow::server<tracker, models> server{runs, versions};
  ms::handler_transport<mlflow::server<tracker, models>> transport{server};
};

/// A registry of this process, with the calls of a client.
struct local_calls {
  models& own;
  std::string actor = "ada";

  auto create_model(mreg::model_draft draft) {
    draft.actor = actor;
    return own.create_model(std::move(draft));
  }
  auto find_model(std::string_view name) { return own.find_model(name); }
  auto rename_model(std::string_view from, std::string_view to) { return own.rename_model(from, to, actor); }
  auto search_models(const mreg::search_options& options) { return mreg::search_models(own, options); }
  auto search_versions(const mreg::search_options& options) { return mreg::search_versions(own, options); }
  auto register_version(mreg::version_draft draft) {
    draft.actor = actor;
    return own.register_version(std::move(draft));
  }
  auto find_version(std::string_view name, std::uint64_t version) { return own.find_version(name, version); }
  auto find_alias(std::string_view name, std::string_view called) { return own.find_alias(name, called); }
  auto move(std::string name, std::uint64_t version, mreg::stage to, bool archives_others = true) {
    return own.move({std::move(name), version, to, archives_others, actor});
  }
  auto set_description(std::string_view name, std::uint64_t version, std::string text) {
    return own.set_description(name, version, std::move(text), actor);
  }
  auto set_tag(std::string_view name, std::uint64_t version, const mreg::tag& what) {
    return own.set_tag(name, version, what, actor);
  }
  auto remove_tag(std::string_view name, std::uint64_t version, std::string_view key) {
    return own.remove_tag(name, version, key, actor);
  }
  auto set_alias(std::string_view name, std::string_view called, std::uint64_t version) {
    return own.set_alias(name, called, version, actor);
  }
  auto remove_alias(std::string_view name, std::string_view called) { return own.remove_alias(name, called, actor); }
  auto remove(std::string name, std::uint64_t version = 0) {
    return own.remove({std::move(name), version, actor, "", true});
  }
};

/// Says always the same, and keeps what it was asked.
struct says {
  mr::result<ms::http_response> response;
  std::vector<ms::http_request> asked = {};
  mr::result<ms::http_response> send(const ms::http_request& request) {
    asked.push_back(request);
    return response;
  }
};

}  // namespace

TEST_CASE("a registry in this process passes what holds for registering models") {
  storage kept;
  models own = *mreg::open_registry(kept, {}, mreg::any_edge());
  local_calls calls{own};
  laws::registers_models(calls, "local ");
  laws::registers_versions(calls, "local ", "s3://bucket/model");
}

TEST_CASE("a client of a server passes what holds for registering models") {
  behind_server behind;
  mlflow::registry_client client(behind.transport);
  laws::registers_models(client, "remote ");
  laws::registers_versions(client, "remote ", "s3://bucket/model");
}

TEST_CASE("a client says what MLflow's API of models asks for") {
  says transport{
      ms::http_response{200, {}, R"({"model_version":{"name":"m","version":"7","current_stage":"Staging"}})"}};
  mlflow::registry_client client(transport);
  const auto asked = [&](const auto& call) {
    transport.asked.clear();
    static_cast<void>(call());
    REQUIRE(transport.asked.size() == 1);
    const ms::http_request& one = transport.asked.front();
    return one.method + ' ' + one.target.substr(std::string_view("/api/2.0/mlflow/").size()) + ' ' + one.body;
  };
  CHECK(asked([&] { return client.register_version({.model = "m", .run_id = "r", .source = "s"}); }) ==
        R"(POST model-versions/create {"name":"m","source":"s","run_id":"r"})");
  CHECK(asked([&] { return client.find_version("a b", 7); }) == "GET model-versions/get?name=a%20b&version=7 ");
  CHECK(
      asked([&] { return client.move("m", 7, mreg::stage::development, false); }) ==
      R"(POST model-versions/transition-stage {"name":"m","version":"7","stage":"None","archive_existing_versions":false})");
  CHECK(asked([&] {
          return client.search_versions({.filter = "name='m'", .order_by = {"a", "b"}, .max_results = 5});
        }) == "GET model-versions/search?max_results=5&filter=name%3D%27m%27&order_by=a&order_by=b ");
  CHECK(asked([&] { return client.remove("m"); }) == R"(DELETE registered-models/delete {"name":"m"})");
  CHECK(asked([&] { return client.remove("m", 7); }) == R"(DELETE model-versions/delete {"name":"m","version":"7"})");
  CHECK(asked([&] { return client.set_alias("m", "best", 7); }) ==
        R"(POST registered-models/alias {"name":"m","version":"7","alias":"best"})");
  CHECK(asked([&] { return client.set_description("m", 7, "d"); }) ==
        R"(PATCH model-versions/update {"name":"m","version":"7","description":"d"})");
  CHECK(client.find_alias("m", "best")->stage == mreg::stage::staging);

  // Nothing is asked that the server would not understand.
  transport.asked.clear();
  for (const mreg::version_draft& draft :
       {mreg::version_draft{.model = "m", .semantic = "1.0.0"}, mreg::version_draft{.model = "m", .framework = "onnx"},
        mreg::version_draft{.model = "m", .metrics = {{"auc", .9}}},
        mreg::version_draft{.model = "m", .parents = {{"m", 1}}}}) {
    const auto refused = client.register_version(draft);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errc::unsupported);
  }
  CHECK(transport.asked.empty());
}

TEST_CASE("a call about models is made again only where twice is as good as once") {
  says transport{mr::error(errc::io, "cut")};
  std::uint64_t now = 1;
  mlflow::registry_client client(
      transport, {},
      rs::retry{rs::retry_options{.attempts = 3, .seed = 1}, mr::manual_clock(now), rs::manual_sleeper(now)});
  const auto times = [&](const auto& call) {
    transport.asked.clear();
    CHECK_FALSE(call());
    return transport.asked.size();
  };
  CHECK(times([&] { return client.find_model("m"); }) == 3);
  CHECK(times([&] { return client.find_version("m", 1); }) == 3);
  CHECK(times([&] { return client.find_alias("m", "a"); }) == 3);
  CHECK(times([&] { return client.latest_versions("m"); }) == 3);
  CHECK(times([&] { return client.download_uri("m", 1); }) == 3);
  CHECK(times([&] { return client.search_models(); }) == 3);
  CHECK(times([&] { return client.search_versions(); }) == 3);
  CHECK(times([&] { return client.set_tag("m", 1, {"k", "v"}); }) == 3);
  CHECK(times([&] { return client.set_alias("m", "a", 1); }) == 3);
  CHECK(times([&] { return client.set_description("m", 0, "d"); }) == 3);
  CHECK(times([&] { return client.create_model({.name = "m"}); }) == 1);
  CHECK(times([&] { return client.register_version({.model = "m"}); }) == 1);
  CHECK(times([&] { return client.rename_model("m", "n"); }) == 1);
  CHECK(times([&] { return client.move("m", 1, mreg::stage::staging); }) == 1);
  CHECK(times([&] { return client.remove("m"); }) == 1);
  CHECK(times([&] { return client.remove_tag("m", 1, "k"); }) == 1);
  CHECK(times([&] { return client.remove_alias("m", "a"); }) == 1);
}

TEST_CASE("responses about models that are cut or damaged are errors or records, and never more") {
  const std::string version =
      R"({"model_version":{"name":"m","version":"3","creation_timestamp":1700000000000,"last_updated_timestamp":"5",)"
      R"("current_stage":"Production","description":"d","source":"s","run_id":"r","tags":[{"key":"k","value":"v"}],)"
      R"("aliases":["a","b"],"status":"READY"}})";
  {
    says transport{ms::http_response{200, {}, version}};
    const auto read = mlflow::registry_client(transport).find_version("m", 3);
    REQUIRE(read);
    CHECK(read->version == 3);
    CHECK(read->created == 1'700'000'000'000'000'000U);
    CHECK(read->updated == 5'000'000);
    CHECK(read->stage == mreg::stage::production);
    CHECK(read->aliases == std::vector<std::string>{"a", "b"});
  }
  const auto code = [](const std::string& body) {
    says transport{ms::http_response{200, {}, body}};
    const auto read = mlflow::registry_client(transport).find_version("m", 3);
    REQUIRE_FALSE(read);
    return read.error().code();
  };
  for (std::size_t cut = 0; cut < version.size(); ++cut) CHECK(code(version.substr(0, cut)) == errc::invalid_data);
  for (const char* wrong :
       {R"({"name":"m"})", R"({"name":"m","version":"0"})", R"({"name":"m","version":"-1"})",
        R"({"name":"m","version":"x"})", R"({"name":"m","version":1,"current_stage":"Nowhere"})",
        R"({"name":"m","version":1,"creation_timestamp":-1})",
        R"({"name":"m","version":1,"creation_timestamp":9223372036854775807})", R"({"name":["m"],"version":1})"})
    CHECK(code(std::string(R"({"model_version":)") + wrong + "}") == errc::invalid_data);
}
