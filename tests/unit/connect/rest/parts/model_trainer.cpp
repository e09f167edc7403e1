#include <millrace/connect/rest/parts/model_trainer.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace mr = millrace;
namespace rest = millrace::connect::rest;

static_assert(rest::api_trainer<rest::model_trainer>);

TEST_CASE("events become rows of the features that are asked for") {
  const std::vector<std::string> keys{"a", "b"};
  const auto rows = rest::detail::read_event_rows(
      R"([{"a":1,"x":{"a":[9]},"b":2},{"b":true,"y":[[1],{"b":7}],"a":null},{"\u0061":3,"a":4},{}])", keys);
  REQUIRE(rows);
  REQUIRE(rows->size() == 8);
  CHECK((*rows)[0] == 1);
  CHECK((*rows)[1] == 2);
  CHECK(std::isnan((*rows)[2]));
  CHECK((*rows)[3] == 1);
  CHECK((*rows)[4] == 4);
  CHECK(std::isnan((*rows)[7]));
  for (const char* bad : {R"([{"a":"1"}])", R"([{"a":[]}])", R"([{"a":1e39}])", R"([{},{"b":{}}])"})
    CHECK(rest::detail::read_event_rows(bad, keys).error().code() == mr::errc::invalid_data);
}

TEST_CASE("a model that is trained again serves in the place of the one before") {
  rest::served_models models;
  const rest::model_trainer trainer(models);
  const mr::detail::light_atomic<bool> stop{false};
  for (const char* type : {"linear_regression", "random_forest"}) {
    auto job = trainer.prepare({"m", type, {"a"}, "y", R"([{"a":1,"y":1},{"a":2,"y":2},{"a":3,"y":3}])"});
    REQUIRE(job);
    CHECK(*(*job)(rest::job_control(stop)) ==
          std::string(R"({"model_name":"m","model_type":")") + type + R"(","rows":3})");
    CHECK(models.list().size() == 1);
  }
  const mr::detail::light_atomic<bool> stopped{true};
  auto job = trainer.prepare({"n", "random_forest", {"a"}, "y", R"([{"a":1,"y":1}])"});
  CHECK((*job)(rest::job_control(stopped)).error().code() == mr::errc::cancelled);
  CHECK(models.list().size() == 1);
}
