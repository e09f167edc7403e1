#ifndef MILLRACE_MODEL_SERIES_LAG_FORECASTER_HPP
#define MILLRACE_MODEL_SERIES_LAG_FORECASTER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
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
/// greatest lag; a forecast is a prediction a step. Allocates: to fit, save, load and copy; never to forecast or
/// update. Threads: const calls from any number. Moved from, it may only be assigned to or destroyed.
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

  /// The model, the lags and the values that they look back to: what is loaded goes on as this would have.
  std::vector<std::byte> save() const
  requires saved_as_bytes<Model>
  {
    envelope_writer to(saved_as);
    to.block(model_.save());
    to.u64(lags_.size());
    for (const std::size_t lag : lags_) to.u64(lag);
    to.u64(recent_.size());
    for (std::size_t back = recent_.size(); back > 0; --back) to.f64(static_cast<double>(known(back)));
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`, and of the model.
  static result<lag_forecaster> load(std::span<const std::byte> bytes)
  requires saved_as_bytes<Model>;

 private:
  static constexpr const char* saved_as = "lag_forecaster";

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

template <trainer Model>
result<lag_forecaster<Model>> lag_forecaster<Model>::load(std::span<const std::byte> bytes)
requires saved_as_bytes<Model>
{
  auto from = envelope_reader::open(bytes, saved_as);
  if (!from) return std::move(from).error();
  auto model = Model::load(from->block());
  if (!model) return std::move(model).error().wrap(saved_as);
  std::vector<std::size_t> lags(from->count(8));
  std::size_t greatest = 0;
  bool valid = !lags.empty() && lags.size() <= most_lags;
  for (std::size_t& lag : lags) {
    lag = static_cast<std::size_t>(from->u64());
    valid = valid && lag != 0;
    greatest = lag > greatest ? lag : greatest;
  }
  std::vector<float> recent(from->count(8));
  for (float& value : recent) value = static_cast<float>(from->f64());
  valid = valid && greatest == recent.size() && model->inputs() == lags.size() && model->outputs() == 1;
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return lag_forecaster(*std::move(model), std::move(lags), std::move(recent));
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SERIES_LAG_FORECASTER_HPP
