#include <millrace/connect/configuration/data_pipeline.hpp>

#include <support/catch.hpp>

#include <vector>

namespace mr = millrace;
namespace mc = millrace::connect::configuration;

TEST_CASE("aggregation, batches and models of a pipeline are as its settings say") {
  auto made = mr::streaming_aggregator::make(mc::streaming({.window_size_seconds = 60, .max_metric_streams = 2}));
  REQUIRE(made);
  for (const char* const metric : {"a", "b", "c", "d"}) made->update(metric, 1);
  CHECK(made->stats("(overflow)").count == 2);
  CHECK(mc::streaming({}).window == mr::seconds(300));
  CHECK(mc::streaming({}).most_metrics == 10'000);
  CHECK(mc::batch_window({}) == mr::seconds(3600));

  std::vector<float> rows;
  std::vector<float> targets;
  for (int i = 0; i < 60; ++i) {
    rows.push_back(static_cast<float>(i));
    targets.push_back(static_cast<float>(2 * i + 1));
  }
  const mr::model::matrix_view table{rows.data(), 60, 1};
  const auto forest = mc::fit(mc::regression_model::random_forest, table, targets);
  REQUIRE(forest);
  CHECK(forest->index() == 0);
  const auto line = mc::fit(mc::regression_model::linear_regression, table, targets);
  REQUIRE(line);
  REQUIRE(line->index() == 1);
  const std::vector<float> row{100};
  CHECK(std::get<1>(*line)(row) == Approx(201).epsilon(1e-4));
  CHECK_FALSE(mc::fit(mc::regression_model::random_forest, table, std::vector<float>{1}));
}
