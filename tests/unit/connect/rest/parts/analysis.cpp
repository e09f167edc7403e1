#include <millrace/connect/rest/parts/analysis.hpp>

#include <millrace/connect/rest/api.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>

namespace rest = millrace::connect::rest;
using rest_tests::ask;

TEST_CASE("rows that are posted are parted into clusters") {
  const rest::api api({}, rest::analysis());
  const auto got =
      ask(api, "POST", "/pipeline/ml/clustering", R"({"features":[[0,0],[0,1],[10,10],[10,11]],"n_clusters":2})");
  CHECK(got.status() == 200);
  CHECK(got.json["labels"][0] == got.json["labels"][1]);
  CHECK(got.json["labels"][2] == got.json["labels"][3]);
  CHECK(got.json["labels"][0] != got.json["labels"][2]);
  CHECK(got.json["inertia"].get<double>() == Approx(1.0));
  CHECK(got.json["centers"].size() == 2);
  CHECK(got.json["centers"][0].size() == 2);
  for (const char* body : {R"({"features":[[1],[2]],"n_clusters":3})", R"({"features":[[1],[null]],"n_clusters":1})",
                           R"({"features":[[]],"n_clusters":1})", R"({"features":[[1]],"n_clusters":0})",
                           R"({"features":[[1]],"n_clusters":1.5})", R"({"features":[[1]],"n_clusters":101})"})
    CHECK(ask(api, "POST", "/pipeline/ml/clustering", body).status() == 422);
}

TEST_CASE("rows that are unlike the others are found among those that are posted") {
  const rest::api api({}, rest::analysis());
  std::string rows;
  for (int i = 0; i < 99; ++i) rows += '[' + std::to_string(i % 10) + ',' + std::to_string(i % 7) + "],";
  const auto got =
      ask(api, "POST", "/pipeline/ml/anomalies", R"({"contamination":0.01,"features":[)" + rows + "[1000,-1000]]}");
  CHECK(got.status() == 200);
  REQUIRE(got.json["anomalies"].size() == 100);
  CHECK(got.json["anomalies"][99] == -1);
  CHECK(got.json["anomalies"][0] == 1);
  CHECK(got.json["scores"][99].get<double>() < got.json["scores"][0].get<double>());
  for (const char* body : {R"({"features":[[1]],"contamination":0.6})", R"({"features":[[]]})"})
    CHECK(ask(api, "POST", "/pipeline/ml/anomalies", body).status() == 422);
}
