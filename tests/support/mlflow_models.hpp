#ifndef MILLRACE_SUPPORT_MLFLOW_MODELS_HPP
#define MILLRACE_SUPPORT_MLFLOW_MODELS_HPP

#include <millrace/connect/mlflow/server.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace_tests {

/// A server of MLflow's API with a registry, on a storage of its own, asked as clients ask. A millisecond goes by with
/// each change.
template <class... Policies>
class served_models {
 public:
  using json = nlohmann::json;
  using storage = millrace::store::memory_storage;
  using tracker = millrace::track::tracker<storage>;
  using registry = millrace::registry::model_registry<storage, Policies...>;

  explicit served_models(millrace::connect::mlflow::server_options options = {})
      : tracker_(*tracker::open(storage_, {.seed = 7, .wall_clock = now})),
        models_(*registry::open(storage_, {.wall_clock = later}, Policies()...)),
        server_(tracker_, models_, std::move(options)) {
    clock() = 1'700'000'000'000;
  }

  /// The response as JSON, with `status` in it.
  json get(const std::string& path, const std::string& token = {}) const { return sent("GET", path, {}, token); }
  json post(const std::string& path, const json& body, const std::string& token = {}) const {
    return sent("POST", path, body.dump(), token);
  }
  json patch(const std::string& path, const json& body, const std::string& token = {}) const {
    return sent("PATCH", path, body.dump(), token);
  }
  json remove(const std::string& path, const json& body) const { return sent("DELETE", path, body.dump(), {}); }
  json remove_by_query(const std::string& path_and_query, const std::string& token = {}) const {
    return sent("DELETE", path_and_query, {}, token);
  }
  json sent(const std::string& method, const std::string& path, const std::string& body,
            const std::string& token) const {
    const auto response = send({method,
                                "/api/2.0/mlflow/" + path,
                                {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + token}},
                                body});
    json made = json::parse(response.body);
    made["status"] = response.status;
    return made;
  }
  millrace::store::http_response send(const millrace::store::http_request& request) const {
    return server_.handle(request);
  }

  /// A model with versions whose sources are `s3://b/1`, `s3://b/2`, ...
  void model(const std::string& name, int versions = 0) const {
    REQUIRE(post("registered-models/create", json{{"name", name}}).at("status") == 200);
    for (int i = 1; i <= versions; ++i)
      REQUIRE(
          post("model-versions/create", json{{"name", name}, {"source", "s3://b/" + std::to_string(i)}}).at("status") ==
          200);
  }
  json version(const std::string& name, int number) const {
    return get("model-versions/get?name=" + name + "&version=" + std::to_string(number)).at("model_version");
  }
  std::string run() {
    return tracker_.create_run(tracker_.create_experiment("e" + std::to_string(++experiments_))->id)->id;
  }
  registry& models() { return models_; }
  storage& stored() { return storage_; }

  static std::uint64_t& clock() noexcept {
    static std::uint64_t milliseconds = 0;
    return milliseconds;
  }

 private:
  static std::uint64_t now() noexcept { return clock() * 1'000'000; }
  static std::uint64_t later() noexcept { return ++clock() * 1'000'000; }

  storage storage_;
  tracker tracker_;
  registry models_;
  millrace::connect::mlflow::server<tracker, registry> server_;
  int experiments_ = 0;
};

inline bool refused(const nlohmann::json& response, int status, const std::string& code) {
  INFO(response.dump());
  CHECK(response.at("status") == status);
  CHECK(response.value("error_code", "") == code);
  CHECK(!response.value("message", "").empty());
  return response.at("status") == status && response.value("error_code", "") == code;
}

}  // namespace millrace_tests

#endif  // MILLRACE_SUPPORT_MLFLOW_MODELS_HPP
