#include <millrace/connect/mlflow/server.hpp>

#include <millrace/store/memory_storage.hpp>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;
namespace mlflow = millrace::connect::mlflow;

namespace {

using json = nlohmann::json;
using storage = ms::memory_storage;

std::uint64_t server_time() noexcept { return 1'700'000'000'123'000'000U; }

/// A server on a storage of its own, asked as a client asks.
class asked {
 public:
  explicit asked(std::string token = {})
      : tracker_(*mt::tracker<storage>::open(storage_, {.seed = 7, .wall_clock = server_time})),
        server_(tracker_, {.token = ms::secret<std::string>(std::move(token))}) {}

  /// The response as JSON, with `status` in it.
  json get(const std::string& path) const { return parsed(server_.handle({"GET", root + path, {}, {}})); }
  json send_text(const std::string& path, const std::string& body) const {
    return parsed(server_.handle({"POST", root + path, {{"content-type", "application/json"}}, body}));
  }
  json post(const std::string& path, const json& body) const { return send_text(path, body.dump()); }
  ms::http_response send(const ms::http_request& request) const { return server_.handle(request); }

  std::string experiment(const std::string& name = "e") const {
    return post("experiments/create", json{{"name", name}}).at("experiment_id");
  }
  std::string run(const std::string& experiment) const {
    return post("runs/create", json{{"experiment_id", experiment}}).at("run").at("info").at("run_id");
  }
  mt::tracker<storage>& tracker() { return tracker_; }

  static inline const std::string root = "/api/2.0/mlflow/";

 private:
  static json parsed(const ms::http_response& response) {
    json made = json::parse(response.body);
    made["status"] = response.status;
    return made;
  }

  storage storage_;
  mt::tracker<storage> tracker_;
  mlflow::server<mt::tracker<storage>> server_;
};

bool refused(const json& response, int status, const std::string& code) {
  INFO(response.dump());
  CHECK(response.at("status") == status);
  CHECK(response.at("error_code") == code);
  CHECK(response.at("message").is_string());
  return response.at("status") == status && response.at("error_code") == code;
}

}  // namespace

TEST_CASE("experiments are created, found and changed as MLflow's clients ask for it") {
  const asked server;
  const json made =
      server.send_text("experiments/create", R"({"name":"a/b %20","tags":[{"key":"t","value":"1"}],"new":{}})");
  CHECK(made == json{{"experiment_id", "1"}, {"status", 200}});
  const json expected = {{"experiment_id", "1"},
                         {"name", "a/b %20"},
                         {"artifact_location", "mlflow-artifacts:/1"},
                         {"lifecycle_stage", "active"},
                         {"last_update_time", 1'700'000'000'123},
                         {"creation_time", 1'700'000'000'123},
                         {"tags", {{{"key", "t"}, {"value", "1"}}}}};
  CHECK(server.get("experiments/get?experiment_id=1") == json{{"experiment", expected}, {"status", 200}});
  CHECK(server.get("experiments/get-by-name?experiment_name=a%2Fb+%2520").at("experiment") == expected);
  CHECK(server.send({"GET", "/ajax-api/2.0/mlflow/experiments/get?experiment_id=1", {}, {}}).status == 200);

  CHECK(refused(server.post("experiments/create", json{{"name", "a/b %20"}}), 400, "RESOURCE_ALREADY_EXISTS"));
  CHECK(refused(server.post("experiments/create", json{{"name", ""}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("experiments/create", json{{"name", 3}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("experiments/create", json{{"name", nullptr}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.get("experiments/get?experiment_id=9"), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(server.get("experiments/get?experiment_id=a"), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("experiments/create", json{{"name", "f"}, {"artifact_location", "s3://a#b"}}), 400,
                "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.get("experiments/get-by-name?experiment_name=no"), 404, "RESOURCE_DOES_NOT_EXIST"));

  CHECK(server.post("experiments/update", json{{"experiment_id", "1"}, {"new_name", "b"}}).at("status") == 200);
  CHECK(server.post("experiments/set-experiment-tag", json{{"experiment_id", "1"}, {"key", "t"}, {"value", "2"}}) ==
        json{{"status", 200}});
  const json changed = server.get("experiments/get-by-name?experiment_name=b").at("experiment");
  CHECK(changed.at("tags") == json{{{"key", "t"}, {"value", "2"}}});
  const json tag = {{"experiment_id", "1"}, {"key", "t"}};
  CHECK(server.post("experiments/delete-experiment-tag", tag) == json{{"status", 200}});
  CHECK(refused(server.post("experiments/delete-experiment-tag", tag), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK_FALSE(server.get("experiments/get?experiment_id=1").at("experiment").contains("tags"));

  CHECK(server.post("experiments/delete", json{{"experiment_id", "1"}}) == json{{"status", 200}});
  CHECK(server.get("experiments/get?experiment_id=1").at("experiment").at("lifecycle_stage") == "deleted");
  CHECK(refused(server.post("experiments/delete", json{{"experiment_id", "1"}}), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(server.post("runs/create", json{{"experiment_id", "1"}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(server.post("experiments/restore", json{{"experiment_id", "1"}}) == json{{"status", 200}});
  CHECK(refused(server.post("experiments/restore", json{{"experiment_id", "1"}}), 404, "RESOURCE_DOES_NOT_EXIST"));
}

TEST_CASE("experiment 0 is the default one, made when somebody asks for it") {
  for (const char* query :
       {"experiments/search", "experiments/get?experiment_id=0", "experiments/get-by-name?experiment_name=Default"}) {
    const asked other;
    const json response = other.get(query);
    CHECK((response.contains("experiment") ? response.at("experiment") : response.at("experiments")[0]) ==
          other.get("experiments/get?experiment_id=0").at("experiment"));
  }
  const asked server;
  const json run = server.post("runs/create", json{{"experiment_id", "0"}}).at("run").at("info");
  const json found = server.get("experiments/get?experiment_id=0").at("experiment");
  CHECK(found.at("name") == "Default");
  CHECK(found.at("experiment_id") == "0");
  CHECK(run.at("experiment_id") == found.at("experiment_id"));
  CHECK(server.get("experiments/get-by-name?experiment_name=Default").at("experiment") == found);
  CHECK(server.experiment() == "1");
  REQUIRE(server.post("experiments/update", json{{"experiment_id", "0"}, {"new_name", "renamed"}}).at("status") == 200);
  CHECK(server.get("experiments/get?experiment_id=0").at("experiment").at("name") == "renamed");
  REQUIRE(server.post("experiments/delete", json{{"experiment_id", "0"}}).at("status") == 200);
  CHECK(refused(server.post("runs/create", json::object()), 400, "INVALID_PARAMETER_VALUE"));

  asked older;  // one that has the name and another id stays what runs are of
  REQUIRE(older.tracker().create_experiment("Default"));
  CHECK(older.get("experiments/get?experiment_id=0").at("experiment").at("experiment_id") == "1");
}

TEST_CASE("a run's life by way of MLflow's API") {
  const asked server;
  const std::string e = server.experiment();
  const json made = server.post("runs/create", json{{"experiment_id", e},
                                                    {"run_name", "n"},
                                                    {"user_id", "unknown"},
                                                    {"start_time", 1'600'000'000'000},
                                                    {"tags", {{{"key", "mlflow.user"}, {"value", "ada"}}}}});
  const std::string id = made.at("run").at("info").at("run_id");
  json info = {{"run_id", id},
               {"run_uuid", id},
               {"run_name", "n"},
               {"experiment_id", e},
               {"user_id", "ada"},
               {"status", "RUNNING"},
               {"start_time", 1'600'000'000'000},
               {"artifact_uri", "mlflow-artifacts:/1/" + id + "/artifacts"},
               {"lifecycle_stage", "active"}};
  CHECK(made.at("run").at("info") == info);
  CHECK(made.at("run").at("inputs") == json::object());
  CHECK_FALSE(made.at("run").contains("outputs"));
  CHECK(server.get("runs/get?run_id=" + id).at("run").at("outputs") == json::object());

  CHECK(server.post("runs/log-parameter", json{{"run_id", id}, {"key", "lr"}, {"value", "0.1"}}).at("status") == 200);
  CHECK(server.post("runs/log-parameter", json{{"run_uuid", id}, {"key", "lr"}, {"value", "0.1"}}).at("status") == 200);
  CHECK(refused(server.post("runs/log-parameter", json{{"run_id", id}, {"key", "lr"}, {"value", "0.2"}}), 400,
                "INVALID_PARAMETER_VALUE"));
  CHECK(server.post("runs/set-tag", json{{"run_id", id}, {"key", "a b"}, {"value", ""}}).at("status") == 200);
  CHECK(server
            .post("runs/log-metric",
                  json{{"run_id", id}, {"key", "loss"}, {"value", 0.5}, {"timestamp", 5}, {"step", "2"}})
            .at("status") == 200);
  const json run = server.get("runs/get?run_id=" + id).at("run");
  const json metrics = {{{"key", "loss"}, {"value", 0.5}, {"timestamp", 5}, {"step", 2}}};
  CHECK(run.at("data").at("metrics") == metrics);
  const json parameters = {{{"key", "lr"}, {"value", "0.1"}}};
  CHECK(run.at("data").at("params") == parameters);
  CHECK(run.at("data").at("tags").size() == 3);

  CHECK(server.post("runs/delete-tag", json{{"run_id", id}, {"key", "a b"}}).at("status") == 200);
  CHECK(refused(server.post("runs/delete-tag", json{{"run_id", id}, {"key", "a b"}}), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(server.get("runs/get?run_uuid=" + id).at("run").at("data").at("tags").size() == 2);

  const json updated = server.post("runs/update", json{{"run_id", id}, {"status", "FAILED"}, {"run_name", "m"}});
  info["status"] = "FAILED";
  info["run_name"] = "m";
  info["end_time"] = 1'700'000'000'123;
  CHECK(updated.at("run_info") == info);
  CHECK(refused(server.post("runs/update", json{{"run_id", id}, {"status", "DONE"}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("runs/update", json{{"run_id", id}, {"end_time", "x"}}), 400, "INVALID_PARAMETER_VALUE"));
  info["status"] = "KILLED";
  info["end_time"] = 1'600'000'000'500;
  CHECK(
      server.post("runs/update", json{{"run_id", id}, {"status", 5}, {"end_time", 1'600'000'000'500}}).at("run_info") ==
      info);
  info["end_time"] = 7;
  CHECK(server.post("runs/update", json{{"run_id", id}, {"end_time", 7}}).at("run_info") == info);

  for (int twice = 0; twice < 2; ++twice) CHECK(server.post("runs/delete", json{{"run_id", id}}).at("status") == 200);
  CHECK(server.get("runs/get?run_id=" + id).at("run").at("info").at("lifecycle_stage") == "deleted");
  CHECK(refused(server.post("runs/set-tag", json{{"run_id", id}, {"key", "k"}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("runs/update", json{{"run_id", id}, {"status", "FINISHED"}}), 400,
                "INVALID_PARAMETER_VALUE"));
  for (int twice = 0; twice < 2; ++twice) CHECK(server.post("runs/restore", json{{"run_id", id}}).at("status") == 200);
  CHECK(refused(server.get("runs/get?run_id=none"), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(server.get("runs/get"), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("runs/create", json{{"experiment_id", e},
                                                {"run_name", "a"},
                                                {"tags", {{{"key", "mlflow.runName"}, {"value", "b"}}}}}),
                400, "INVALID_PARAMETER_VALUE"));
}

TEST_CASE("of values that are too long the beginning is kept, as by MLflow's server") {
  asked server;
  const std::string id = server.run(server.experiment());
  const std::string letters = std::string(5999, 'p') + "\u00e4" + std::string(3000, 'p');
  REQUIRE(server.post("runs/log-parameter", json{{"run_id", id}, {"key", "one"}, {"value", letters}}).at("status") ==
          200);
  REQUIRE(server
              .post("runs/log-batch", json{{"run_id", id},
                                           {"params", {{{"key", "two"}, {"value", letters}}}},
                                           {"tags", {{{"key", "tag"}, {"value", letters}}}}})
              .at("status") == 200);
  const mt::run_record run = *server.tracker().get_run(id);
  CHECK(*run.parameter("one") == letters.substr(0, 6001));  // 6,000 characters, one of them of two bytes
  CHECK(*run.parameter("two") == *run.parameter("one"));
  CHECK(*run.tag("tag") == letters.substr(0, 8001));
}

TEST_CASE("a batch is logged whole or not at all, and NaN and infinities come back") {
  const asked server;
  const std::string id = server.run(server.experiment());
  // NaN as MLflow's own client writes it, and bare as other programs do.
  CHECK(server
            .send_text("runs/log-batch", R"({"run_id":")" + id + R"(","metrics":[
      {"key":"x","value":"NaN","timestamp":1},{"key":"x","value":Infinity,"timestamp":2,"step":1},
      {"key":"x","value":"-Infinity","timestamp":"3","step":2.0},{"key":"x","value":1e-320,"timestamp":4,"step":3}],
      "params":[{"key":"p","value":"v"}],"tags":[{"key":"t","value":"w"}]})")
            .at("status") == 200);
  const json history = server.get("metrics/get-history?metric_key=x&run_id=" + id).at("metrics");
  REQUIRE(server.post("runs/log-metric", json{{"run_id", id}, {"key", "zero"}, {"value", -0.0}, {"timestamp", 1}})
              .at("status") == 200);
  CHECK(server.send({"GET", server.root + "metrics/get-history?metric_key=zero&run_id=" + id, {}, {}})
            .body.find("\"value\":-0.0") != std::string::npos);
  REQUIRE(history.size() == 4);
  CHECK(history[0].at("value") == "NaN");
  CHECK(history[1].at("value") == "Infinity");
  CHECK(history[2] == json{{"key", "x"}, {"value", "-Infinity"}, {"timestamp", 3}, {"step", 2}});
  CHECK(history[3].at("value").get<double>() == 1e-320);

  const json before = server.get("runs/get?run_id=" + id);
  const std::string start = R"({"run_id":")" + id + R"(",)";
  for (const char* wrong :
       {R"("metrics":[{"key":"y","value":1,"timestamp":1},{"key":"y","value":"one","timestamp":1}]})",
        R"("metrics":[{"key":"y","value":1,"timestamp":1},{"key":"y","value":1}]})",
        R"("metrics":[{"key":"y","value":1,"timestamp":1},{"key":"","value":1,"timestamp":1}]})",
        R"("metrics":[{"key":"y","value":1,"timestamp":1.5}]})", R"("metrics":[{"key":"y","timestamp":1}]})",
        R"("metrics":[{"key":"y","value":1,"timestamp":1}],"params":[{"key":"p","value":"other"}]})",
        R"("metrics":[{"key":"y","value":1,"timestamp":1}],"tags":[{"value":"no key"}]})", R"("metrics":{}})",
        R"("metrics":[3]})", R"("metrics":[{"key":"y","value":1,"timestamp":1}])",
        R"("metrics":[{"key":"y","value":1,"timestamp":1}]}x)", R"("metrics":[{"key":"y","value":1,"timestamp":-1}]})",
        R"("params":[{"key":"twice","value":"v"},{"key":"twice","value":"v"}]})",
        R"("metrics":[{"key":"../y","value":1,"timestamp":1}]})"})
    CHECK(refused(server.send_text("runs/log-batch", start + wrong), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(server.get("runs/get?run_id=" + id) == before);

  json large = {{"run_id", id}, {"metrics", json::array()}};
  for (int i = 0; i < 1000; ++i)
    large["metrics"].push_back({{"key", "z"}, {"value", i}, {"timestamp", i}, {"step", i}});
  CHECK(server.post("runs/log-batch", large).at("status") == 200);
  large["metrics"].push_back({{"key", "z"}, {"value", 1}, {"timestamp", 1}, {"step", 1}});
  CHECK(refused(server.post("runs/log-batch", large), 400, "INVALID_PARAMETER_VALUE"));
}

TEST_CASE("a history comes in pages, and a token of another history is refused") {
  asked server;
  const std::string id = server.run(server.experiment());
  mt::run_batch batch;
  for (int i = 0; i < 25; ++i) batch.metrics.push_back({"m/a b", {i, i, i * .5}});
  batch.metrics.push_back({"other", {0, 0, 1}});
  REQUIRE(server.tracker().log_batch(id, batch));
  const std::string query = "metrics/get-history?metric_key=m%2Fa+b&run_id=" + id + "&max_results=10";
  std::string token;
  std::vector<double> seen;
  int pages = 0;
  do {
    const json page = server.get(query + "&page_token=" + token);
    for (const json& each : page.at("metrics")) seen.push_back(each.at("value"));
    token = page.value("next_page_token", "");
    if (++pages == 1)
      CHECK(refused(server.get("metrics/get-history?metric_key=other&run_id=" + id + "&page_token=" + token), 400,
                    "INVALID_PARAMETER_VALUE"));
  } while (!token.empty());
  CHECK(pages == 3);
  REQUIRE(seen.size() == 25);
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == static_cast<double>(i) * .5);
  CHECK(server.get("metrics/get-history?metric_key=none&run_id=" + id) == json{{"status", 200}});
  for (const char* wrong : {"&max_results=0", "&max_results=-1", "&max_results=x", "&page_token=10", "&page_token=1-1"})
    CHECK(refused(server.get("metrics/get-history?metric_key=other&run_id=" + id + wrong), 400,
                  "INVALID_PARAMETER_VALUE"));
}

TEST_CASE("experiments and runs are searched for, in pages") {
  const asked server;
  for (const char* name : {"a1", "a2", "b1"}) server.experiment(name);
  REQUIRE(server.post("experiments/delete", json{{"experiment_id", "3"}}).at("status") == 200);
  const auto names = [](const json& found) {
    std::string made;
    for (const json& each : found.value("experiments", json::array())) made += each.at("name").get<std::string>() + ' ';
    return made;
  };
  CHECK(names(server.get("experiments/search?max_results=9&order_by=name+ASC")) == "Default a1 a2 ");
  CHECK(names(server.get("experiments/search?view_type=3&order_by=name+DESC")) == "b1 a2 a1 Default ");
  CHECK(names(server.get("experiments/search?view_type=DELETED_ONLY")) == "b1 ");
  CHECK(names(server.post("experiments/search", json{{"filter", "name LIKE 'a%'"}, {"order_by", {"name"}}})) ==
        "a1 a2 ");
  const json first = server.post("experiments/search", json{{"max_results", 1}, {"order_by", {"name"}}});
  CHECK(names(first) == "Default ");
  CHECK(names(server.post(
            "experiments/search",
            json{{"max_results", 1}, {"order_by", {"name"}}, {"page_token", first.at("next_page_token")}})) == "a1 ");
  CHECK(refused(server.get("experiments/search?view_type=4"), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.get("experiments/search?filter=name+%3D"), 400, "INVALID_PARAMETER_VALUE"));

  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(server.run("1"));
    const json batch = {{"run_id", ids.back()},
                        {"metrics", {{{"key", "loss"}, {"value", i}, {"timestamp", 1}}}},
                        {"params", {{{"key", "net"}, {"value", i % 2 ? "odd" : "even"}}}}};
    REQUIRE(server.post("runs/log-batch", batch).at("status") == 200);
  }
  const auto runs = [](const json& found) {
    std::vector<std::string> made;
    for (const json& each : found.value("runs", json::array())) made.push_back(each.at("info").at("run_id"));
    return made;
  };
  using texts = std::vector<std::string>;
  json query = {{"experiment_ids", {"1", "99"}},  // one that is not there has no runs
                {"filter", "params.net = 'even' AND metrics.loss > 0"},
                {"order_by", {"metrics.loss DESC"}},
                {"max_results", 1}};
  const json page = server.post("runs/search", query);
  CHECK(runs(page) == texts{ids[4]});
  CHECK(page.at("runs")[0] == server.get("runs/get?run_id=" + ids[4]).at("run"));
  query["page_token"] = page.at("next_page_token");
  const json last = server.post("runs/search", query);
  CHECK(runs(last) == texts{ids[2]});
  CHECK_FALSE(last.contains("next_page_token"));
  query["filter"] = "metrics.loss < 1 OR metrics.loss > 3";
  CHECK(refused(server.post("runs/search", query), 400, "INVALID_PARAMETER_VALUE"));  // a token of another query
  query.erase("page_token");
  query["max_results"] = 50'000;
  CHECK(runs(server.post("runs/search", query)) == texts{ids[4], ids[0]});
  query["max_results"] = 50'001;
  CHECK(refused(server.post("runs/search", query), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(server.post("runs/search", json{{"experiment_ids", {"99"}}}) == json{{"status", 200}});
  CHECK(refused(server.post("runs/search", json{{"experiment_ids", "1"}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(server.post("runs/search", json{{"experiment_ids", json::array()}}) == json{{"status", 200}});
  REQUIRE(server.post("runs/delete", json{{"run_id", ids[0]}}).at("status") == 200);
  CHECK(runs(server.post("runs/search", json{{"experiment_ids", {"1"}}, {"run_view_type", "DELETED_ONLY"}})) ==
        texts{ids[0]});
}

TEST_CASE("models of MLflow 3 are kept beside runs, with files of their own") {
  const asked server;
  const std::string e = server.experiment();
  const std::string run = server.run(e);
  const json made = server.post("logged-models", json{{"experiment_id", e},
                                                      {"name", "net"},
                                                      {"model_type", "cnn"},
                                                      {"source_run_id", run},
                                                      {"params", {{{"key", "a"}, {"value", "1"}}}},
                                                      {"tags", {{{"key", "t/u"}, {"value", "v"}}}}});
  REQUIRE(made.at("status") == 200);
  const std::string id = made.at("model").at("info").at("model_id");
  const json info = {{"model_id", id},
                     {"experiment_id", e},
                     {"name", "net"},
                     {"creation_timestamp_ms", 1'700'000'000'123},
                     {"last_updated_timestamp_ms", 1'700'000'000'123},
                     {"artifact_uri", "mlflow-artifacts:/1/models/" + id + "/artifacts"},
                     {"status", "LOGGED_MODEL_PENDING"},
                     {"model_type", "cnn"},
                     {"source_run_id", run},
                     {"tags", {{{"key", "t/u"}, {"value", "v"}}}}};
  CHECK(made.at("model").at("info") == info);
  const json data = {{"params", {{{"key", "a"}, {"value", "1"}}}}};
  CHECK(made.at("model").at("data") == data);
  CHECK(server.get("logged-models/" + id).at("model") == made.at("model"));

  const auto send = [&](const std::string& method, const std::string& path, const json& body) {
    const auto response = server.send(
        {method, asked::root + "logged-models/" + path, {{"content-type", "application/json"}}, body.dump()});
    json read = json::parse(response.body);
    read["status"] = response.status;
    return read;
  };
  CHECK(send("PATCH", id, json{{"status", "LOGGED_MODEL_READY"}}).at("model").at("info").at("status") ==
        "LOGGED_MODEL_READY");
  CHECK(send("PATCH", id, json{{"model_id", "m-0"}, {"status", 3}}).at("model").at("info").at("status") ==
        "LOGGED_MODEL_UPLOAD_FAILED");  // the path says which model
  CHECK(refused(send("PATCH", id, json{{"status", "DONE"}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(send("PATCH", id + "/tags", json{{"tags", {{{"key", "k"}, {"value", "w"}}}}}) == json{{"status", 200}});
  CHECK(send("DELETE", id + "/tags/t%2Fu", json::object()) == json{{"status", 200}});
  CHECK(refused(send("DELETE", id + "/tags/t%2Fu", json::object()), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(send("POST", id + "/params", json{{"params", {{{"key", "b"}, {"value", "2"}}}}}) == json{{"status", 200}});
  CHECK(refused(send("POST", id + "/params", json{{"params", {{{"key", "b"}, {"value", "3"}}}}}), 400,
                "INVALID_PARAMETER_VALUE"));

  const std::string files = "/api/2.0/mlflow-artifacts/artifacts/" + e + "/models/" + id + "/artifacts/";
  CHECK(server.send({"PUT", files + "a/w.bin", {}, "weights"}).status == 200);
  CHECK(server.send({"GET", files + "a/w.bin", {}, {}}).body == "weights");
  for (const char* path : {"../x", "%2e%2e/x", "", "a//b"})
    CHECK(server.send({"PUT", files + path, {}, "x"}).status == 400);
  for (const std::string& place : {"9/models/" + id, e + "/models/m-0", e + "/models/" + run, e + "/model/" + id})
    CHECK(server.send({"GET", "/api/2.0/mlflow-artifacts/artifacts/" + place + "/artifacts/a/w.bin", {}, {}}).status ==
          404);
  const json listed = server.get("logged-models/" + id + "/artifacts/directories?artifact_directory_path=a");
  const json inner = {{{"path", "a/w.bin"}, {"is_dir", false}, {"file_size", 7}}};
  CHECK(listed.at("files") == inner);
  CHECK(
      server
          .send({"GET", asked::root + "logged-models/" + id + "/artifacts/files?artifact_file_path=a%2Fw.bin", {}, {}})
          .body == "weights");

  json query = {{"experiment_ids", {e, "99"}}, {"filter", "name = 'net' AND tags.k = 'w'"}};
  CHECK(server.post("logged-models/search", query).at("models")[0].at("info").at("model_id") == id);
  query["order_by"] = {{{"field_name", "creation_timestamp"}, {"ascending", false}}};
  CHECK(server.post("logged-models/search", query).at("models").size() == 1);
  CHECK(refused(server.post("logged-models/search", json{{"experiment_ids", 1}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("logged-models/search", json::object()), 400, "INVALID_PARAMETER_VALUE"));

  CHECK(server.post("runs/outputs", json{{"run_id", run}, {"models", {{{"model_id", id}, {"step", 3}}}}}) ==
        json{{"status", 200}});
  const json set = {{"name", "d"}, {"digest", "x"}, {"source_type", "s"}, {"source", "{}"}, {"schema", "c"}};
  const json used = {{"dataset", set}, {"tags", {{{"key", "mlflow.data.context"}, {"value", "train"}}}}};
  CHECK(server.post("runs/log-inputs", json{{"run_id", run}, {"datasets", {used}}, {"models", {{{"model_id", id}}}}}) ==
        json{{"status", 200}});
  const json of = server.get("runs/get?run_id=" + run).at("run");
  const json inputs = {{"dataset_inputs", {used}}, {"model_inputs", {{{"model_id", id}}}}};
  CHECK(of.at("inputs") == inputs);
  const json outputs = {{"model_outputs", {{{"model_id", id}, {"step", 3}}}}};
  CHECK(of.at("outputs") == outputs);
  CHECK(server.post("runs/search", json{{"experiment_ids", {e}}}).at("runs")[0] == of);
  CHECK(refused(server.post("runs/outputs", json{{"run_id", run}, {"models", {{{"model_id", "m-0"}}}}}), 404,
                "RESOURCE_DOES_NOT_EXIST"));

  CHECK(send("DELETE", id, json::object()) == json{{"status", 200}});
  CHECK(send("DELETE", id, json::object()) == json{{"status", 200}});
  CHECK(refused(server.get("logged-models/" + id), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(server.send({"GET", files + "a/w.bin", {}, {}}).status == 404);
  CHECK(refused(server.post("logged-models/" + id, json::object()), 405, "BAD_REQUEST"));
  CHECK(refused(server.get("logged-models/" + id + "/none"), 404, "ENDPOINT_NOT_FOUND"));
}

TEST_CASE("models of older clients are a tag of their run") {
  const asked server;
  const std::string run = server.run(server.experiment());
  const std::string said = R"({"artifact_path":"m","flavors":{"x":{}},"utc_time_created":"t","run_id":"r"})";
  for (int i = 0; i < 2; ++i)
    CHECK(server.post("runs/log-model", json{{"run_id", run}, {"model_json", said}}) == json{{"status", 200}});
  for (const char* wrong : {"", "{", "[]", "{}", R"({"artifact_path":"m","flavors":{},"run_id":"r"})"})
    CHECK(refused(server.post("runs/log-model", json{{"run_id", run}, {"model_json", wrong}}), 400,
                  "INVALID_PARAMETER_VALUE"));
  const json tagged = server.get("runs/get?run_id=" + run);
  for (const json& each : tagged.at("run").at("data").at("tags"))
    if (each.at("key") == "mlflow.log-model.history")
      CHECK(json::parse(each.at("value").get<std::string>()) == json{json::parse(said), json::parse(said)});
}

TEST_CASE("artifacts are uploaded, listed, downloaded and deleted, and stay within their run") {
  const asked server;
  const std::string e = server.experiment();
  const std::string id = server.run(e);
  const std::string base = "/api/2.0/mlflow-artifacts/artifacts/" + e + '/' + id + "/artifacts/";
  const std::string bytes("\0<script>\xff", 10);
  CHECK(server.send({"PUT", base + "model/a%20b.bin", {}, bytes}).status == 200);
  CHECK(server.send({"PUT", base + "top.txt", {}, "t"}).status == 200);
  const auto back = server.send({"GET", base + "model/a%20b.bin", {}, {}});
  CHECK(back.status == 200);
  CHECK(back.body == bytes);
  CHECK(*ms::find_header(back.headers, "content-type") == "application/octet-stream");

  const json root = server.get("artifacts/list?run_id=" + id);
  CHECK(root.at("root_uri") == "mlflow-artifacts:/1/" + id + "/artifacts");
  const json files = {{{"path", "model"}, {"is_dir", true}},
                      {{"path", "top.txt"}, {"is_dir", false}, {"file_size", 1}}};
  CHECK(root.at("files") == files);
  const json inner = {{{"path", "model/a b.bin"}, {"is_dir", false}, {"file_size", 10}}};
  CHECK(server.get("artifacts/list?path=model&run_id=" + id).at("files") == inner);
  const auto listed = server.send(
      {"GET", "/ajax-api/2.0/mlflow-artifacts/artifacts?path=" + e + '/' + id + "/artifacts/model", {}, {}});
  const json by_name = {{{"path", "a b.bin"}, {"is_dir", false}, {"file_size", 10}}};
  CHECK(json::parse(listed.body).at("files") == by_name);

  for (const char* path :
       {"..", "../x", "a/../../x", "%2e%2e/x", "a/%2e%2e/%2e%2e/x", "a%2f..%2fx", "%2fetc/passwd", "a//b", "a%00b",
        "a%5cb", "a%23b", "a%3fb", "./a", "a/.", "a/", "%", "%252e%252e/x%2f..", ""}) {
    INFO(path);
    const auto refusal = server.send({"PUT", base + path, {}, "x"});
    CHECK(refusal.status == 400);
    CHECK(server.send({"GET", base + path, {}, {}}).status >= 400);
    const std::string query = server.root + "artifacts/list?run_id=" + id + "&path=";
    CHECK((std::string_view(path).empty() || server.send({"GET", query + path, {}, {}}).status >= 400));
  }
  CHECK(server.send({"PUT", base + "%252e%252e", {}, "x"}).status == 200);  // the plain name `%2e%2e`
  for (const std::string& place : {e + "/none/artifacts/a", "9/" + id + "/artifacts/a", e + '/' + id + "/a/a"})
    CHECK(server.send({"GET", "/api/2.0/mlflow-artifacts/artifacts/" + place, {}, {}}).status == 404);

  CHECK(server.send({"DELETE", base + "top.txt", {}, {}}).status == 200);
  CHECK(server.send({"GET", base + "top.txt", {}, {}}).status == 404);
  CHECK(server.send({"PATCH", base + "top.txt", {}, {}}).status == 501);
}

TEST_CASE("requests that are none of the API's are refused by what is wrong with them") {
  const asked server;
  CHECK(server.send({"GET", "/health", {}, {}}).body == "OK");
  CHECK(refused(server.get("experiments/no-such-call"), 404, "ENDPOINT_NOT_FOUND"));
  CHECK(refused(server.get("experiments/create"), 405, "BAD_REQUEST"));
  for (const char* target : {"/", "/api/2.0/", "/api/3.0/mlflow/runs/get", "/api/2.0/mlflow", "/api/2.0/mlflow/"})
    CHECK(server.send({"GET", target, {}, {}}).status == 404);
  CHECK(server.send({"GET", "/api/%zz", {}, {}}).status == 400);
  const auto form = [&](const std::vector<ms::http_header>& headers) {
    return server.send({"POST", server.root + "experiments/create", headers, R"({"name":"x"})"}).status;
  };
  CHECK(form({}) == 400);
  CHECK(form({{"Content-Type", "text/plain"}}) == 400);
  CHECK(form({{"Content-Type", "application/jsonx"}}) == 400);
  CHECK(form({{"Content-Type", "Application/JSON; charset=utf-8"}}) == 200);
  const std::string body = R"({"name":"a","tags":[{"key":"k","value":"v"}],"x":[1,{"y":null}]})";
  CHECK(server.send_text("experiments/create", body).at("status") == 200);
  for (std::size_t i = 1; i < body.size(); ++i) {
    INFO(body.substr(0, i));
    CHECK(refused(server.send_text("experiments/create", body.substr(0, i)), 400, "INVALID_PARAMETER_VALUE"));
  }
  CHECK(refused(server.send_text("experiments/create", std::string(100'000, '[')), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.send_text("experiments/create", R"({"x":)" + std::string(100'000, '[')), 400,
                "INVALID_PARAMETER_VALUE"));
}

TEST_CASE("with a token, requests without it are refused, and no response has it") {
  const asked server("correct-horse");
  const auto with = [&](const std::string& value) {
    return server.send({"GET", server.root + "experiments/get?experiment_id=0", {{"authorization", value}}, {}});
  };
  CHECK(with("Bearer correct-horse").status == 200);
  CHECK(with("bearer correct-horse").status == 200);
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer correct-hors", "Bearer correct-horsf",
                            "Basic correct-horse", "correct-horse", "Bearer correct-horse "}) {
    const auto refusal = with(wrong);
    CHECK(refusal.status == 401);
    CHECK(*ms::find_header(refusal.headers, "WWW-Authenticate") == "Bearer");
    CHECK(refusal.body.find("horse") == std::string::npos);
  }
  CHECK(server.send({"GET", "/health", {}, {}}).status == 200);
  CHECK(server.send({"GET", "/api/2.0/mlflow-artifacts/artifacts?path=a", {}, {}}).status == 401);
}
