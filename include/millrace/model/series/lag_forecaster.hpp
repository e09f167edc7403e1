#ifndef MILLRACE_MODEL_SERIES_LAG_FORECASTER_HPP
#define MILLRACE_MODEL_SERIES_LAG_FORECASTER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Forecasts of a series by a model of numbers, whose columns are earlier values of the series: with the lags 1, 2 and
/// 12 those of the last two months and of the same month a year ago. Beyond the first step forecasts take the place of
/// values that are not known yet.
///
///     auto fitted = mr::model::lag_forecaster<mr::model::ridge>::fit(sales, {1, 2, 12});
///     if (!fitted) return std::move(fitted).error();
///     std::vector<double> next_year(12);
///     fitted->forecast(next_year);
///
/// Shapes: the values are evenly spaced in time, the oldest first. NaN is a gap: rows whose target is one are not
/// fitted on; in columns it is left to the model. Complexity: the model's fit of as many rows as values less the
/// greatest lag; a forecast is a prediction a step. Allocates: to fit and to copy; never to forecast or update.
/// Threads: const calls from any number.
template <trainer Model>
class lag_forecaster {
 public:
  using options_type = typename Model::options_type;
  static constexpr std::size_t most_lags = 256;

  /// Errors: invalid_argument: no lag, more than 256, or a lag of 0; invalid_data: no value behind the greatest lag
  /// that is not a gap; those of the model's fit; shape_mismatch: the model predicts more than one number.
  static result<lag_forecaster> fit(std::span<const float> series, std::vector<std::size_t> lags,
                                    const options_type& with = {});

  const Model& model() const noexcept { return model_; }
  const std::vector<std::size_t>& lags() const noexcept { return lags_; }

  /// Writes the next out.size() values.
  void forecast(std::span<double> out) const noexcept {
    float row[most_lags];
    for (std::size_t step = 0; step < out.size(); ++step) {
      for (std::size_t i = 0; i < lags_.size(); ++i)
        row[i] = step >= lags_[i] ? static_cast<float>(out[step - lags_[i]]) : known(lags_[i] - step);
      model_.predict(std::span<const float>(row, lags_.size()), out.subspan(step, 1));
    }
  }
  /// Takes the next value of the series; the model stays.
  void update(float value) noexcept {
    recent_[next_] = value;
    next_ = next_ + 1 == recent_.size() ? 0 : next_ + 1;
  }

 private:
  lag_forecaster(Model model, std::vector<std::size_t> lags, std::vector<float> recent)
      : model_(std::move(model)), lags_(std::move(lags)), recent_(std::move(recent)) {}

  /// The value that was the last but (back - 1).
  float known(std::size_t back) const noexcept {
    return recent_[next_ >= back ? next_ - back : next_ + recent_.size() - back];
  }

  Model model_;
  std::vector<std::size_t> lags_;
  std::vector<float> recent_;  // as many as the greatest lag; the oldest stands at next_
  std::size_t next_ = 0;
};

template <trainer Model>
result<lag_forecaster<Model>> lag_forecaster<Model>::fit(std::span<const float> series, std::vector<std::size_t> lags,
                                                         const options_type& with) {
  std::size_t greatest = 0;
  bool possible = !lags.empty() && lags.size() <= most_lags;
  for (const std::size_t lag : lags) {
    possible = possible && lag != 0;
    greatest = lag > greatest ? lag : greatest;
  }
  if (!possible) return error(errc::invalid_argument, "lag_forecaster: lags are 1 to 256 numbers from 1 on");
  std::vector<float> rows;
  std::vector<float> targets;
  for (std::size_t at = greatest; at < series.size(); ++at) {
    if (detail::math::is_nan(series[at])) continue;
    targets.push_back(series[at]);
    for (const std::size_t lag : lags) rows.push_back(series[at - lag]);
  }
  if (targets.empty())
    return error(errc::invalid_data, "lag_forecaster: " + std::to_string(series.size()) +
                                         " values have none behind the greatest lag, " + std::to_string(greatest));
  auto model = Model::fit(matrix_view(rows.data(), targets.size(), lags.size()), targets, with);
  if (!model) return std::move(model).error().wrap("lag_forecaster");
  if (model->outputs() != 1)
    return error(errc::shape_mismatch,
                 "lag_forecaster: the model predicts " + std::to_string(model->outputs()) + " numbers, not one");
  const std::span<const float> last = series.last(greatest);
  return lag_forecaster(std::move(*model), std::move(lags), std::vector<float>(last.begin(), last.end()));
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SERIES_LAG_FORECASTER_HPP
