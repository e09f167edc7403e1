#include <millrace/connect/mlflow/web_pages.hpp>

// What browsers ask: MLflow's web pages, and pages that should not.
#include <millrace/connect/mlflow/server.hpp>
#include <millrace/store/memory_storage.hpp>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ms = millrace::store;
namespace mt = millrace::track;
namespace mlflow = millrace::connect::mlflow;

namespace {

using json = nlohmann::json;
using storage = ms::memory_storage;

class served {
 public:
  explicit served(mlflow::server_options options = {})
      : tracker_(*mt::tracker<storage>::open(storage_, {.seed = 7, .wall_clock = time})),
        server_(tracker_, std::move(options)) {}
  ms::http_response send(const ms::http_request& request) const { return server_.handle(request); }
  json get(const std::string& target) const { return json::parse(send({"GET", target, {}, {}}).body); }
  json query(const std::string& text, const json& variables = json::object()) const {
    const json body = {{"query", text}, {"variables", variables}};
    return json::parse(send({"POST", "/graphql", {{"Content-Type", "application/json"}}, body.dump()}).body);
  }
  mt::tracker<storage>& tracker() { return tracker_; }

 private:
  static std::uint64_t time() noexcept { return 1'700'000'000'123'000'000U; }
  storage storage_;
  mt::tracker<storage> tracker_;
  mlflow::server<mt::tracker<storage>> server_;
};

std::vector<double> values_of(const json& response) {
  std::vector<double> made;
  for (const json& each : response.value("metrics", json::array())) made.push_back(each.at("value"));
  return made;
}

/// In place of an API: says what it was asked.
struct echo {
  ms::http_response handle(const ms::http_request& request) const { return {299, {}, request.method + request.target}; }
};

}  // namespace

TEST_CASE("MLflow's pages are served from its folder, and the rest is the API's") {
  ms::memory_storage files;
  const auto write = [&](const std::string& path, const std::string& text) {
    REQUIRE(files.write(path, std::as_bytes(std::span(text))));
  };
  const echo rest;
  using pages = mlflow::web_pages<ms::memory_storage, echo>;
  CHECK(pages::make(files, rest).error().code() == millrace::errc::not_found);
  write("index.html", "<html>");
  write("static/js/main.1.js", "js");
  write("static/odd", "?");
  const auto made = pages::make(files, rest);
  REQUIRE(made);
  const auto get = [&](const std::string& target) { return made->handle({"GET", target, {}, {}}); };
  const auto type_of = [](const ms::http_response& of) { return *ms::find_header(of.headers, "Content-Type"); };

  const auto index = get("/");
  CHECK(index.status == 200);
  CHECK(index.body == "<html>");
  CHECK(type_of(index) == "text/html; charset=utf-8");
  CHECK(*ms::find_header(index.headers, "Cache-Control") == "no-cache");
  const auto script = get("/static-files/static/js/main.1.js?v=1");
  CHECK(script.body == "js");
  CHECK(type_of(script) == "text/javascript; charset=utf-8");
  CHECK(*ms::find_header(script.headers, "Cache-Control") == "max-age=2419200");
  CHECK(type_of(get("/static-files/static/odd")) == "application/octet-stream");
  CHECK(get("/static-files/none").status == 404);
  for (const char* wrong : {"/static-files/", "/static-files/../x", "/static-files/a/%2e%2e/x",
                            "/static-files//etc/passwd", "/static-files/a%00", "/static-files/%"})
    CHECK(get(wrong).status == 400);
  CHECK(get("/api/2.0/x").body == "GET/api/2.0/x");
  CHECK(made->handle({"POST", "/", {}, {}}).body == "POST/");
}

TEST_CASE("points are sampled as SQL's NTILE parts them, with the last one") {
  using places = std::vector<std::size_t>;
  using mlflow::detail::sampled_places;
  CHECK(sampled_places(0, 3).empty());
  CHECK(sampled_places(3, 3) == places{0, 1, 2});
  CHECK(sampled_places(2, 9) == places{0, 1});
  CHECK(sampled_places(10, 1) == places{9});
  CHECK(sampled_places(10, 3) == places{0, 4, 9});      // parts of 4, 3 and 3: 0, 4, 7, and the last for the third
  CHECK(sampled_places(11, 4) == places{0, 3, 6, 10});  // parts of 3, 3, 3 and 2
}

TEST_CASE("the curves of many runs come at once, all of them or evenly chosen") {
  served server;
  REQUIRE(server.tracker().create_experiment("e"));
  std::vector<std::string> ids;
  for (int run = 0; run < 2; ++run) {
    ids.push_back(server.tracker().create_run("1")->id);
    mt::run_batch batch;
    for (int i = 9; i >= 0; --i) batch.metrics.push_back({"m/a b", {i, 100 - i, run * 100. + i}});
    REQUIRE(server.tracker().log_batch(ids.back(), batch));
  }
  const std::string api = "/ajax-api/2.0/mlflow/metrics/get-history-bulk";
  const std::string both = "metric_key=m%2Fa+b&run_id=" + ids[0] + "&run_id=" + ids[1];
  const json all = server.get(api + "?" + both + "&run_id=none");
  REQUIRE(all.at("metrics").size() == 20);
  const bool in_order = ids[0] < ids[1];
  CHECK(all.at("metrics")[0] == json{{"key", "m/a b"},
                                     {"value", in_order ? 9. : 109.},
                                     {"timestamp", 91},
                                     {"step", 9},
                                     {"run_id", in_order ? ids[0] : ids[1]}});
  CHECK(server.get(api + "?" + both + "&max_results=13").at("metrics").size() == 13);
  CHECK(server.get(api + "?metric_key=none&run_id=" + ids[0]) == json{{"metrics", json::array()}});

  const std::string one = api + "-interval?metric_key=m%2Fa+b&run_ids=" + ids[0];
  CHECK(values_of(server.get(one)) == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(values_of(server.get(one + "&max_results=3")) == std::vector<double>{0, 4, 9});
  CHECK(values_of(server.get(one + "&start_step=2&end_step=4")) == std::vector<double>{2, 3, 4});
  CHECK(values_of(server.get(one + "&run_ids=" + ids[1] + "&max_results=1")) == std::vector<double>{9, 109});
  CHECK(server.get(one + "&start_step=20&end_step=30") == json::object());
  for (const char* wrong : {"&max_results=0", "&max_results=2501", "&start_step=1", "&end_step=1",
                            "&start_step=2&end_step=1", "&start_step=x&end_step=1"})
    CHECK(server.get(one + wrong).at("error_code") == "INVALID_PARAMETER_VALUE");
  CHECK(values_of(server.get(one + "&run_ids=none&max_results=1")) == std::vector<double>{9});
  std::string many = api + "?metric_key=a";
  for (int i = 0; i < 101; ++i) many += "&run_id=r";
  for (const std::string& wrong : {api + "?metric_key=a", api + "?run_id=a", api + "-interval?run_ids=a", many})
    CHECK(server.get(wrong).at("error_code") == "INVALID_PARAMETER_VALUE");
}

TEST_CASE("queries of GraphQL have what they ask for, under the labels that they give") {
  served server;
  REQUIRE(server.tracker().create_experiment("tuning", {.tags = {{"team", "ds"}}}));
  const std::string id = server.tracker().create_run("1", {.name = "n", .parameters = {{"lr", "0.1"}}, .start = 5})->id;
  REQUIRE(server.tracker().log_batch(
      id, {.metrics = {{"acc", {3, 7, 0.5}}, {"bad", {0, 1, std::numeric_limits<double>::quiet_NaN()}}},
           .tags = {{"value", "7"}}}));
  const json run = server.query(R"gql(
      # what the page of a run asks
      query GetRun($data: MlflowGetRunInput! = {runId: ")"
}) @component(name: "MLflow.ExperimentRunTracking") {
        mine: mlflowGetRun(input: $data) {
          __typename, apiError { code }
          run {
            info { runName status runUuid startTime endTime }
            experiment { __typename name tags { key value } lastUpdateTime }
            modelVersions { version }
            data { metrics { key value step timestamp } params { key value } tags { key value } }
            inputs { datasetInputs { dataset { name } } }
          }
        }
      })gql",
                                {{"data", {{"runId", id}}}});
  INFO(run.dump(1));
  CHECK(run.at("errors").is_null());
  const json& of = run.at("data").at("mine").at("run");
  CHECK(run.at("data").at("mine").at("__typename") == "MlflowGetRunResponse");
  CHECK(run.at("data").at("mine").at("apiError").is_null());
  CHECK(of.at("info") ==
        json{{"runName", "n"}, {"status", "RUNNING"}, {"runUuid", id}, {"startTime", "5"}, {"endTime", nullptr}});
  CHECK(of.at("experiment") == json{{"__typename", "MlflowExperiment"},
                                    {"name", "tuning"},
                                    {"tags", {{{"key", "team"}, {"value", "ds"}}}},
                                    {"lastUpdateTime", "1700000000123"}});
  CHECK(of.at("modelVersions") == json::array());
  CHECK(of.at("inputs") == json{{"datasetInputs", json::array()}});
  const json metrics = {{{"key", "acc"}, {"value", 0.5}, {"step", "3"}, {"timestamp", "7"}},
                        {{"key", "bad"}, {"value", nullptr}, {"step", "0"}, {"timestamp", "1"}}};
  CHECK(of.at("data").at("metrics") == metrics);
  const json tag = {{"key", "value"}, {"value", "7"}};
  const json& tags = of.at("data").at("tags");
  CHECK(std::find(tags.begin(), tags.end(), tag) != tags.end());

  CHECK(server.query("{ mlflowGetExperiment(input: {experimentId: \"1\"}) { experiment { experimentId } } }") ==
        json{{"data", {{"mlflowGetExperiment", {{"experiment", {{"experimentId", "1"}}}}}}}, {"errors", nullptr}});
  const json found = server.query(
      "query ($ids: [String]) { mlflowSearchRuns(input: {experimentIds: $ids, maxResults: 1, runViewType: ALL, "
      "orderBy: [\"metrics.acc DESC\"]}) { runs { info { runId } } } }",
      {{"ids", {"1"}}});
  CHECK(found.at("data").at("mlflowSearchRuns").at("runs")[0].at("info").at("runId") == id);

  const json none = server.query("{ mlflowGetRun(input: {runId: \"none\"}) { run { info { runId } } } }");
  CHECK(none.at("data") == json{{"mlflowGetRun", nullptr}});
  CHECK(none.at("errors").size() == 1);
  CHECK(server.query("{ nothing { a } }").at("errors").size() == 1);
  std::string deep;
  for (int i = 0; i < 11; ++i) deep += "{a";
  std::string wide = "{";
  for (int i = 0; i < 1001; ++i) wide += " a";
  for (const std::string& wrong :
       {std::string(), std::string("mutation { a }"), std::string("{"), std::string("{ a "), std::string("{ a(b: 1) }"),
        std::string("{ a(input: ) }"), std::string("{ a(input: \"x) }"), std::string("{ ...f }"),
        std::string("{ a @skip(if: true) }"), std::string("{ a } { b }"), std::string("query ("), deep, wide + " }"})
    CHECK(server.query(wrong).at("error_code") == "INVALID_PARAMETER_VALUE");
}

TEST_CASE("a page of another server's, or a name that leads here, asks for nothing") {
  const served server({.hosts = {"track.example"}});
  const std::string target = "/api/2.0/mlflow/experiments/search";
  const auto status = [&](const std::string& method, std::vector<ms::http_header> headers) {
    headers.push_back({"Content-Type", "application/json"});
    return server.send({method, target, headers, "{}"}).status;
  };
  for (const char* host :
       {"localhost", "LOCALHOST:5000", "127.0.0.1:5000", "[::1]:5000", "192.168.1.7", "Track.Example:80"})
    CHECK(status("GET", {{"Host", host}}) == 200);
  for (const char* host : {"evil.example", "evil.example:5000", "localhost.evil.example", "1.2.3.4.evil.example", "",
                           "127.0.0.1.", "track.example.evil"})
    CHECK(status("GET", {{"Host", host}}) == 403);
  for (const char* origin :
       {"http://localhost:3000", "http://127.0.0.1", "https://track.example", "http://10.0.0.1:5000"})
    CHECK(status("POST", {{"Host", "10.0.0.1:5000"}, {"Origin", origin}}) == 200);
  for (const char* origin : {"http://evil.example", "http://10.0.0.2:5000", "http://10.0.0.1", "null", "file://",
                             "http://localhost.evil.example", "ftp://localhost"})
    CHECK(status("POST", {{"Host", "10.0.0.1:5000"}, {"Origin", origin}}) == 403);
  CHECK(status("GET", {{"Host", "localhost"}, {"Origin", "http://evil.example"}}) == 200);  // which it cannot read
}

TEST_CASE("pages ask what the server has, and for the files of a run") {
  served server;
  for (const char* root : {"/api/3.0/", "/ajax-api/3.0/"})
    CHECK(server.get(root + std::string("mlflow/server-info")).at("workspaces_enabled") == false);
  CHECK(server.send({"GET", "/version", {}, {}}).body == mlflow::served_version);
  REQUIRE(server.tracker().create_experiment("e"));
  const std::string id = server.tracker().create_run("1")->id;
  const std::string text = "<script>";
  REQUIRE(server.tracker().log_artifact(id, "a b/c.html", std::as_bytes(std::span(text))));
  const auto file = server.send({"GET", "/get-artifact?path=a%20b%2Fc.html&run_uuid=" + id, {}, {}});
  CHECK(file.body == text);
  CHECK(*ms::find_header(file.headers, "Content-Disposition") == "attachment");
  CHECK(server.send({"GET", "/get-artifact?path=none&run_uuid=" + id, {}, {}}).status == 404);
  CHECK(server.send({"GET", "/get-artifact?path=..%2Fx&run_uuid=" + id, {}, {}}).status == 400);
  CHECK(server.send({"GET", "/get-artifact?path=a", {}, {}}).status == 400);
}
