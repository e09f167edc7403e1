#include <millrace/connect/rest/parts/training.hpp>

#include <millrace/connect/rest/api.hpp>
#include <millrace/connect/rest/parts/predictions.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <chrono>
#include <string>
#include <thread>

namespace mr = millrace;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

namespace {

/// Trains when it is let.
struct slow_trainer {
  static constexpr std::string_view types = "slow";
  struct job {
    mr::result<std::string> operator()(const rest::job_control& control) const {
      while (!control.is_cancelled()) std::this_thread::yield();
      return mr::error(mr::errc::cancelled, "asked to");
    }
  };
  mr::result<job> prepare(rest::training_request) const { return job(); }
};

template <class Api>
nlohmann::json when_over(const Api& api, const std::string& id) {
  for (int i = 0; i < 5000; ++i) {
    const auto got = ask(api, "GET", "/pipeline/jobs/" + id).json;
    if (got["status"] != "queued" && got["status"] != "running") return got;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  FAIL("the job does not end");
  return {};
}

}  // namespace

TEST_CASE("a model that is trained by a job predicts once the job has succeeded") {
  rest::served_models models;
  rest::job_queue jobs;
  const rest::api api({}, rest::training(jobs, rest::model_trainer(models)), rest::predictions(models));
  const auto taken = ask(api, "POST", "/pipeline/ml/train",
                         R"({"model_name":"latency","model_type":"linear_regression","feature_keys":["cpu","disk"],)"
                         R"("target":"y","events":[{"cpu":1,"disk":0,"y":3,"other":"x"},{"cpu":2,"disk":1,"y":6},)"
                         R"({"cpu":3,"disk":0,"y":7},{"cpu":4,"disk":1,"y":10}]})");
  CHECK(taken.status() == 202);
  const std::string id = taken.json["job_id"];
  CHECK(taken.header("Location") == "/pipeline/jobs/" + id);
  const auto done = when_over(api, id);
  CHECK(done["status"] == "succeeded");
  CHECK(done["result"]["rows"] == 4);
  CHECK(done["result"]["model_type"] == "linear_regression");
  const auto predicted =
      ask(api, "POST", "/pipeline/ml/predict", R"({"model_name":"latency","features":[[5,0],[6,1]]})").json;
  CHECK(predicted["predictions"][0].get<double>() == Approx(11));  // 2 cpu + disk + 1
  CHECK(predicted["predictions"][1].get<double>() == Approx(14));
  CHECK(ask(api, "GET", "/pipeline/jobs").json["jobs"][0]["job_id"] == id);

  const auto forest = ask(api, "POST", "/pipeline/ml/train",
                          R"({"model_name":"f","feature_keys":["a"],"events":[{"a":1,"target":1},{"target":2}]})");
  CHECK(when_over(api, forest.json["job_id"])["result"]["model_type"] == "random_forest");
  const auto failed = ask(api, "POST", "/pipeline/ml/train",
                          R"({"model_name":"l","model_type":"linear_regression","feature_keys":["none"],)"
                          R"("events":[{"target":1},{"target":2}]})");
  const auto why = when_over(api, failed.json["job_id"]);
  CHECK(why["status"] == "failed");
  INFO(why);
  CHECK(why["error"].get<std::string>().find("column 0") != std::string::npos);

  const auto status = [&](const char* body) { return ask(api, "POST", "/pipeline/ml/train", body).status(); };
  CHECK(status(R"({"model_name":"m","feature_keys":["a"],"events":[{"a":1}]})") == 422);  // no target
  CHECK(status(R"({"model_name":"m","feature_keys":["a"],"events":[{"a":"x","target":1}]})") == 422);
  CHECK(status(R"({"model_name":"m","feature_keys":["a"],"events":[{"a":1e39,"target":1}]})") == 422);
  CHECK(status(R"({"model_name":"m","feature_keys":[],"events":[{"target":1}]})") == 422);
  CHECK(status(R"({"model_name":"m","model_type":"k_means","feature_keys":["a"],"events":[{}]})") == 422);
}

TEST_CASE("jobs of an API are cancelled, and refused where too many wait") {
  rest::job_queue jobs({.max_waiting = 1});
  const rest::api api({}, rest::training(jobs, slow_trainer()));
  const auto post = [&] {
    return ask(api, "POST", "/pipeline/ml/train", R"({"model_name":"m","feature_keys":["a"],"events":[{}]})");
  };
  const std::string first = post().json["job_id"];
  for (int i = 0; i < 5000 && jobs.waiting() != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const std::string second = post().json["job_id"];
  const auto refused = post();
  CHECK(refused.status() == 429);
  CHECK(refused.header("Retry-After") == "1");
  CHECK(ask(api, "DELETE", "/pipeline/jobs/" + second).json["status"] == "cancelled");
  CHECK(ask(api, "DELETE", "/pipeline/jobs/" + second).status() == 409);
  CHECK(ask(api, "DELETE", "/pipeline/jobs/" + first).status() == 200);
  CHECK(when_over(api, first)["status"] == "cancelled");
  CHECK(ask(api, "GET", "/pipeline/jobs/none").status() == 404);
  CHECK(ask(api, "DELETE", "/pipeline/jobs/none").status() == 404);
  jobs.close();
  CHECK(post().status() == 503);
}
