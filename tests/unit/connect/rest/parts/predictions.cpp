#include <millrace/connect/rest/parts/predictions.hpp>

#include <millrace/connect/rest/api.hpp>
#include <millrace/infer/serving.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>

namespace mr = millrace;
namespace rest = millrace::connect::rest;
using rest_tests::ask;
using rest_tests::sum_model;

// The request and the response of the fourth document.
TEST_CASE("rows that are posted are predicted by the model that they name") {
  rest::served_models models;
  REQUIRE(models.put("latency_predictor", sum_model{3, 1}));
  REQUIRE(models.put("error_classifier", sum_model{2, 2}));
  const rest::api api({}, rest::predictions(models));
  const auto done = ask(api, "POST", "/pipeline/ml/predict",
                        R"({"model_name":"latency_predictor","features":[[50.0,60.0,70.0],[55.0,null,75.0]]})");
  CHECK(done.status() == 200);
  CHECK(done.response.body == R"({"predictions":[180,null],"model_name":"latency_predictor"})");
  const auto two = ask(api, "POST", "/pipeline/ml/predict", R"({"features":[[1,2]],"model_name":"error_classifier"})");
  CHECK(two.response.body == R"({"predictions":[[3,-3]],"model_name":"error_classifier"})");
  const auto listed = ask(api, "GET", "/pipeline/ml/models");
  CHECK(listed.response.body == R"({"models":["latency_predictor","error_classifier"],"count":2})");

  const auto status = [&](const char* body) { return ask(api, "POST", "/pipeline/ml/predict", body).status(); };
  CHECK(status(R"({"model_name":"none","features":[[1]]})") == 404);
  CHECK(status(R"({"model_name":"error_classifier","features":[[1]]})") == 422);
  CHECK(status(R"({"model_name":"error_classifier","features":[[]]})") == 422);
  CHECK(status(R"({"model_name":"error_classifier","features":[]})") == 422);
  CHECK(status(R"({"model_name":"error_classifier","features":[["a","b"]]})") == 422);
  CHECK(status(R"({"model_name":"error_classifier"})") == 422);
}

TEST_CASE("a batcher that refuses, or is closed, is told as 429 and 503") {
  const sum_model model;
  mr::infer::batcher full{
      model, mr::infer::batcher_options{.policy = mr::infer::batching::by_deadline, .max_rows = 1, .max_waiting = 0}};
  mr::infer::swappable live{sum_model{}};
  mr::infer::batcher shut{live};
  shut.close();
  rest::served_models models;
  REQUIRE(models.add("full", full));
  REQUIRE(models.add("shut", shut));
  const rest::api api({}, rest::predictions(models));
  const auto refused = ask(api, "POST", "/pipeline/ml/predict", R"({"model_name":"full","features":[[1,2]]})");
  CHECK(refused.status() == 429);
  CHECK(refused.header("Retry-After") == "1");
  const auto closed = ask(api, "POST", "/pipeline/ml/predict", R"({"model_name":"shut","features":[[1,2]]})");
  CHECK(closed.status() == 503);
  CHECK(closed.header("Retry-After") == "1");
}
