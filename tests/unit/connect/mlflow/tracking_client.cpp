#include <millrace/connect/mlflow/tracking_client.hpp>

#include <millrace/connect/mlflow/server.hpp>
#include <millrace/resilience/calls/sleeper.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/spool.hpp>

#include <laws/tracking.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;
namespace rs = millrace::resilience;
namespace mlflow = millrace::connect::mlflow;
using mr::errc;

namespace {

using storage = ms::memory_storage;

std::uint64_t client_time() noexcept { return 1'700'000'000'123'000'000U; }

/// A tracker of our own behind a server of our own.
struct behind_server {
  storage kept;
  mt::tracker<storage> tracker = *mt::tracker<storage>::open(kept, {.seed = 7, .wall_clock = client_time});
  mlflow::server<mt::tracker<storage>> server{tracker};
  ms::handler_transport<mlflow::server<mt::tracker<storage>>> transport{server};
};

/// Asks another transport, if `before` has nothing to say first, and keeps what it was asked.
template <class Inner>
struct watched_transport {
  Inner& inner;
  std::vector<ms::http_request> asked = {};
  std::function<std::vector<mr::result<ms::http_response>>(const ms::http_request&)> before = {};
  bool acts = false;  // whether the request reaches the server before `before` has its say

  mr::result<ms::http_response> send(const ms::http_request& request) {
    asked.push_back(request);
    auto instead = before ? before(request) : std::vector<mr::result<ms::http_response>>();
    if (instead.empty()) return inner.send(request);
    if (acts) static_cast<void>(inner.send(request));
    return std::move(instead.front());
  }
};

/// Says always the same.
struct says {
  mr::result<ms::http_response> response;
  mr::result<ms::http_response> send(const ms::http_request&) const { return response; }
};

std::vector<mr::result<ms::http_response>> nothing() { return {}; }
std::vector<mr::result<ms::http_response>> instead(mr::result<ms::http_response> made) {
  std::vector<mr::result<ms::http_response>> all;
  all.push_back(std::move(made));
  return all;
}

}  // namespace

TEST_CASE("a tracker in this process passes what holds for tracking") {
  storage kept;
  auto tracker = mt::tracker<storage>::open(kept);
  REQUIRE(tracker);
  laws::tracks(*tracker, "local ");
}

TEST_CASE("a client of a server passes what holds for tracking") {
  behind_server behind;
  mlflow::tracking_client client(behind.transport);
  laws::tracks(client, "remote ");
}

TEST_CASE("a spool sends the runs of this process to a client of a server, each once") {
  STATIC_REQUIRE(mt::run_target<mlflow::tracking_client<says>>);
  storage kept;
  auto tracker = *mt::tracker<storage>::open(kept);
  const auto experiment = tracker.create_experiment("spooled");
  auto run = tracker.start_run(experiment->id, {.name = "n", .parameters = {{"lr", "0.1"}}});
  for (int step = 0; step < 1500; ++step) run->log_metric("loss", 1. / (step + 1), step);
  REQUIRE(run->end());
  REQUIRE(tracker.log_artifact(run->id(), "a/b.png", std::as_bytes(std::span("png", 3)), "image/png"));

  behind_server behind;
  watched_transport<decltype(behind.transport)> transport{behind.transport};
  mlflow::tracking_client client(transport, {}, rs::retry<rs::attempts<1>>());
  mt::spool spool(tracker);
  // The response to every third request gets lost, whatever the server has done.
  int number = 0;
  transport.acts = true;
  transport.before = [&](const ms::http_request&) {
    return ++number % 3 == 0 ? instead(mr::error(errc::io, "cut")) : nothing();
  };
  for (int i = 0; i < 20; ++i) static_cast<void>(spool.send(client));
  transport.before = {};
  const auto sent = spool.send(client);
  REQUIRE(sent);
  CHECK(sent->status);
  const auto there = client.search_runs(std::vector<std::string>{client.find_experiment("spooled")->id});
  REQUIRE(there);
  REQUIRE(there->items.size() == 1);
  CHECK(*there->items[0].parameter("lr") == "0.1");
  CHECK(there->items[0].info.status == mt::run_status::finished);
  CHECK(client.history(there->items[0].info.id, "loss")->size() == 1500);
  CHECK(client.read_artifact(there->items[0].info.id, "a/b.png")->size() == 3);
}

TEST_CASE("a client says what MLflow's API asks for") {
  behind_server behind;
  watched_transport<decltype(behind.transport)> transport{behind.transport};
  mlflow::tracking_client client(transport, {.wall_clock = client_time});
  const auto experiment = client.create_experiment("a b", {.tags = {{"k", "v"}}});
  REQUIRE(experiment);
  REQUIRE(transport.asked.size() == 2);
  CHECK(transport.asked[0].method == "POST");
  CHECK(transport.asked[0].target == "/api/2.0/mlflow/experiments/create");
  CHECK(*ms::find_header(transport.asked[0].headers, "content-type") == "application/json");
  CHECK(transport.asked[0].body == R"({"name":"a b","tags":[{"key":"k","value":"v"}]})");
  CHECK(transport.asked[1].target == "/api/2.0/mlflow/experiments/get?experiment_id=1");
  CHECK(client.find_experiment("a b"));
  CHECK(transport.asked.back().target == "/api/2.0/mlflow/experiments/get-by-name?experiment_name=a%20b");

  const auto run = client.create_run(experiment->id, {.name = "n", .parent = "", .user = "ada"});
  REQUIRE(run);
  CHECK(transport.asked.back().body ==
        R"({"experiment_id":"1","start_time":1700000000123,"run_name":"n","user_id":"ada","tags":[)"
        R"({"key":"mlflow.runName","value":"n"},{"key":"mlflow.user","value":"ada"}]})");
  CHECK(client.log_metric(run->id, "loss", -0.0));
  CHECK(transport.asked.back().body ==
        R"({"run_id":")" + run->id + R"(","key":"loss","value":-0.0,"timestamp":1700000000123,"step":0})");
  CHECK(client.end_run(run->id));
  CHECK(transport.asked.back().body ==
        R"({"run_id":")" + run->id + R"(","status":"FINISHED","end_time":1700000000123})");
  CHECK(client.log_artifact(run->id, "a b/c+d%", {}));
  CHECK(transport.asked.back().method == "PUT");
  CHECK(transport.asked.back().target ==
        "/api/2.0/mlflow-artifacts/artifacts/1/" + run->id + "/artifacts/a%20b/c%2Bd%25");

  mlflow::tracking_client elsewhere(transport, {.root = "/ajax-api/2.0/mlflow/"});
  CHECK(elsewhere.get_run(run->id));
  CHECK(transport.asked.back().target == "/ajax-api/2.0/mlflow/runs/get?run_id=" + run->id);
}

TEST_CASE("errors have the server's code and say its name, and those of the way there stay what they are") {
  const auto code = [](int status, const char* body, const char* part) {
    says transport{ms::http_response{status, {}, body}};
    mlflow::tracking_client client(transport, {}, rs::retry<rs::attempts<1>>());
    const auto run = client.get_run("r");
    REQUIRE_FALSE(run);
    INFO(run.error().describe());
    CHECK(run.error().describe().find(part) != std::string::npos);
    CHECK(run.error().describe().find("runs/get") != std::string::npos);
    return run.error().code();
  };
  const auto named = [](const char* name) {
    return std::string(R"({"error_code":")") + name + R"(","message":"why"})";
  };
  for (const auto& [name, expected] : {std::pair{"RESOURCE_DOES_NOT_EXIST", errc::not_found},
                                       {"RESOURCE_ALREADY_EXISTS", errc::already_exists},
                                       {"INVALID_PARAMETER_VALUE", errc::invalid_argument},
                                       {"PERMISSION_DENIED", errc::permission_denied},
                                       {"UNAUTHENTICATED", errc::permission_denied},
                                       {"TEMPORARILY_UNAVAILABLE", errc::unavailable},
                                       {"REQUEST_LIMIT_EXCEEDED", errc::unavailable},
                                       {"ENDPOINT_NOT_FOUND", errc::unsupported},
                                       {"INTERNAL_ERROR", errc::io},
                                       {"A_NEW_ONE", errc::conflict}})
    CHECK(code(409, named(name).c_str(), name) == expected);
  CHECK(code(404, "<html>", "status 404") == errc::not_found);
  CHECK(code(503, "", "status 503") == errc::unavailable);
  CHECK(code(302, "", "status 302") == errc::unsupported);
  CHECK(code(500, named("no code\n").c_str(), "status 500") == errc::io);
  CHECK(code(200, "", "none of MLflow's") == errc::invalid_data);
  CHECK(code(200, "{}", "run") == errc::invalid_data);
  CHECK(code(200, "<html>", "none of MLflow's") == errc::invalid_data);
  CHECK(code(200, R"({"run":{"info":{"run_id":"r","status":"DONE"}}})", "status") == errc::invalid_data);

  says broken{mr::error(errc::not_authentic, "the certificate")};
  mlflow::tracking_client client(broken);
  CHECK(client.get_run("r").error().code() == errc::not_authentic);
}

TEST_CASE("a call is made again only where twice is as good as once") {
  behind_server behind;
  watched_transport<decltype(behind.transport)> transport{behind.transport};
  std::uint64_t now = 1;
  rs::retry again{rs::retry_options{.attempts = 4, .base = mr::seconds(1), .seed = 1}, mr::manual_clock(now),
                  rs::manual_sleeper(now)};
  mlflow::tracking_client client(transport, {}, std::move(again));
  const auto experiment = client.create_experiment("e");
  const auto run = client.create_run(experiment->id);
  REQUIRE(run);
  REQUIRE(client.log_artifact(run->id, "file", {}));

  // Of each call the server acts on the first request, and the response gets lost.
  transport.acts = true;
  const auto asked = [&](const auto& call) {
    transport.asked.clear();
    bool is_first = true;
    transport.before = [&](const ms::http_request& request) {
      if (request.target.find("runs/get?") != std::string::npos && request.method == "GET" && !is_first)
        return nothing();
      return std::exchange(is_first, false) ? instead(mr::error(errc::io, "cut")) : nothing();
    };
    const bool fine = static_cast<bool>(call());
    transport.before = {};
    return std::pair(fine, transport.asked.size());
  };
  using outcome = std::pair<bool, std::size_t>;
  const std::string id = run->id;
  const outcome twice(true, 2);
  const outcome once(false, 1);
  CHECK(asked([&] { return client.get_experiment(experiment->id); }) == twice);
  CHECK(asked([&] { return client.find_experiment("e"); }) == twice);
  CHECK(asked([&] { return client.get_run(id); }) == twice);
  CHECK(asked([&] { return client.search_experiments(); }) == twice);
  CHECK(asked([&] { return client.search_runs(std::vector<std::string>{experiment->id}); }) == twice);
  CHECK(asked([&] { return client.history(id, "m"); }) == twice);
  CHECK(asked([&] { return client.list_artifacts(id); }) == twice);
  CHECK(asked([&] { return client.log_metric(id, "m", 1); }) == twice);
  CHECK(asked([&] { return client.log_batch(id, {.parameters = {{"p", "1"}}}); }) == twice);
  CHECK(asked([&] { return client.set_tags(id, {{"t", "1"}}); }) == twice);
  CHECK(asked([&] { return client.set_experiment_tag(experiment->id, {"t", "1"}); }) == twice);
  CHECK(asked([&] { return client.rename_experiment(experiment->id, "f"); }) == twice);
  CHECK(asked([&] { return client.rename_run(id, "n"); }) == twice);
  CHECK(asked([&] { return client.end_run(id); }) == twice);
  CHECK(asked([&] { return client.create_experiment("g"); }) == once);
  CHECK(asked([&] { return client.create_run(experiment->id); }) == once);
  CHECK(asked([&] { return client.delete_tag(id, "t"); }) == once);
  CHECK(asked([&] { return client.delete_run(id); }) == once);
  CHECK(asked([&] { return client.restore_run(id); }) == once);
  CHECK(asked([&] { return client.delete_experiment(experiment->id); }) == once);
  CHECK(asked([&] { return client.restore_experiment(experiment->id); }) == once);
  CHECK(client.history(id, "m")->size() == 1);
  CHECK(search_runs(client, {experiment->id})->items.size() == 2);  // the one whose response got lost

  // Artifacts ask where they are first.
  const auto artifact = [&](const char* method, const auto& call) {
    transport.asked.clear();
    bool is_first = true;
    transport.before = [&, method](const ms::http_request& request) {
      return request.method == method && request.target.find("mlflow-artifacts") != std::string::npos &&
                     std::exchange(is_first, false)
                 ? instead(mr::error(errc::timeout, "late"))
                 : nothing();
    };
    const bool fine = static_cast<bool>(call());
    transport.before = {};
    return std::pair(fine, transport.asked.size());
  };
  CHECK(artifact("PUT", [&] { return client.log_artifact(id, "f", {}); }) == outcome(true, 3));
  CHECK(artifact("GET", [&] { return client.read_artifact(id, "f"); }) == outcome(true, 3));
  CHECK(artifact("DELETE", [&] { return client.delete_artifact(id, "f"); }) == outcome(false, 2));

  // A server that has no time says when it will have some.
  transport.acts = false;
  int refusals = 2;
  transport.before = [&](const ms::http_request&) {
    return refusals-- > 0 ? instead(ms::http_response{429, {{"Retry-After", "7"}}, ""}) : nothing();
  };
  const std::uint64_t before = now;
  CHECK(client.get_run(id));
  CHECK(now - before >= 14'000'000'000U);
}

TEST_CASE("artifacts that the server does not hand on are said to be elsewhere") {
  for (const char* uri :
       {"s3://bucket/1/r/artifacts", "mlflow-artifacts://other:5000/1/r/artifacts", "/mlruns/1/r", "file:///x"}) {
    says transport{ms::http_response{
        200, {}, std::string(R"({"run":{"info":{"run_id":"r","status":"RUNNING","artifact_uri":")") + uri + R"("}}})"}};
    mlflow::tracking_client client(transport);
    const auto read = client.read_artifact("r", "f");
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == errc::unsupported);
    CHECK(read.error().describe().find(uri) != std::string::npos);
  }
}

TEST_CASE("a history whose pages do not end is an error") {
  says transport{ms::http_response{200, {}, R"({"metrics":[{"value":1}],"next_page_token":"t"})"}};
  mlflow::tracking_client client(transport);
  CHECK(client.history("r", "m").error().code() == errc::invalid_data);
}

TEST_CASE("responses that are cut or damaged are errors or records, and never more") {
  const std::string run =
      R"({"run":{"info":{"run_id":"r","experiment_id":"1","status":"FINISHED","start_time":"5","end_time":6.0,)"
      R"("lifecycle_stage":"active","artifact_uri":"mlflow-artifacts:/1/r/artifacts"},"data":{"metrics":[{"key":"a",)"
      R"("value":"NaN","timestamp":-1,"step":3},{"key":"b","value":-Infinity}],"params":[{"key":"p","value":"\u20ac"}],)"
      R"("tags":[{"key":"mlflow.runName","value":"n"}]}},"new":[{"x":{}}]})";
  {
    says transport{ms::http_response{200, {}, run}};
    const auto read = mlflow::tracking_client(transport).get_run("r");
    REQUIRE(read);
    CHECK(read->info.start == 5);
    CHECK(read->info.end == 6);
    CHECK(read->info.name == "n");
    CHECK(read->metric("b")->last.value == -std::numeric_limits<double>::infinity());
    CHECK(*read->parameter("p") == "\xe2\x82\xac");
  }
  for (std::size_t cut = 0; cut < run.size(); ++cut) {
    says transport{ms::http_response{200, {}, run.substr(0, cut)}};
    CHECK(mlflow::tracking_client(transport).get_run("r").error().code() == errc::invalid_data);
  }
  mr::random_engine random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = run;
    for (int i = 0; i < 2; ++i) damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
    says transport{ms::http_response{round % 2 == 0 ? 200 : 400, {}, damaged}};
    const auto read = mlflow::tracking_client(transport, {}, rs::retry<rs::attempts<1>>()).get_run("r");
    if (round % 2 != 0) CHECK_FALSE(read);
    if (!read) CHECK_FALSE(read.error().message().empty());
  }
}
