#ifndef MILLRACE_CONNECT_CONFIGURATION_DATA_PIPELINE_HPP
#define MILLRACE_CONNECT_CONFIGURATION_DATA_PIPELINE_HPP

#include <millrace/aggregate/keyed/streaming_aggregator.hpp>
#include <millrace/connect/configuration/data_pipeline_settings.hpp>
#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/linear/linear_regression.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/random_forest.hpp>

#include <span>
#include <utility>
#include <variant>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

/// What a `streaming_aggregator` is made with.
inline streaming_options streaming(const aggregation_settings& by) {
  streaming_options made;
  made.window = seconds(by.window_size_seconds);
  made.most_metrics = by.max_metric_streams;
  return made;
}

/// How long the windows of a batch are.
inline duration batch_window(const spark_settings& by) { return seconds(60.0 * by.window_minutes); }

/// A model of the kind that settings name.
using regression = std::variant<model::random_forest, model::linear_regression>;

/// Fits a model of that kind. Errors: those of its `fit`.
inline result<regression> fit(regression_model kind, const model::matrix_view& rows, std::span<const float> targets) {
  if (kind == regression_model::linear_regression) {
    auto made = model::linear_regression::fit(rows, targets);
    if (!made) return std::move(made).error();
    return regression(*std::move(made));
  }
  auto made = model::random_forest::fit(rows, targets);
  if (!made) return std::move(made).error();
  return regression(*std::move(made));
}

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_DATA_PIPELINE_HPP
