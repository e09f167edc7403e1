#ifndef MILLRACE_MODEL_PIPELINE_STEPS_HPP
#define MILLRACE_MODEL_PIPELINE_STEPS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/calibration/calibrator.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>

#include <cstdint>
#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {

/// Step of a pipeline: which model is fitted, and how: `trained_by<boosted_trees<>>({.rounds = 200})`.
///
/// A model whose `fit` takes more than rows, targets, options and weights is fitted by a function of yours in the place
/// of this step: `[](const matrix_view& rows, std::span<const float> targets, std::span<const float> weights)`, which
/// returns a result of the model.
template <class M>
class trained_by {
  static_assert(predictor<M>,
                "millrace[PIPELINE-1]: trained_by<M>: M is no predictor: model/predictor.hpp says what a model has; "
                "inputs, outputs and both predict are const and noexcept");
  static_assert(!predictor<M> || fits_targets<M> || fits_rows<M>,
                "millrace[PIPELINE-2]: trained_by<M>: M cannot be fitted: it needs options_type and a static fit(rows, "
                "targets, options, weights), or fit(rows, options) without targets");

 public:
  using model_type = M;

  trained_by() = default;
  explicit trained_by(typename M::options_type options) : options_(std::move(options)) {}

  const typename M::options_type& options() const noexcept { return options_; }

  result<M> operator()(const matrix_view& rows, std::span<const float> targets, std::span<const float> weights) const
  requires fits_targets<M>
  {
    return M::fit(rows, targets, options_, weights);
  }
  result<M> operator()(const matrix_view& rows) const
  requires fits_rows<M>
  {
    return M::fit(rows, options_);
  }

 private:
  typename M::options_type options_{};
};

/// Which events are kept from features and model, for the calibration.
struct held_out {
  /// The share of the events, drawn at random.
  double share = 0.2;
  std::uint64_t seed = 1;
};

/// Step of a pipeline: what makes probabilities of the model's scores: `calibrated_by<platt>()`. It is fitted to a
/// share of the events that neither the features nor the model have seen.
template <class C>
struct calibrated_by {
  static_assert(calibrator<C>,
                "millrace[PIPELINE-3]: calibrated_by<C>: C is no calibrator: platt and isotonic are, and any type with "
                "fit(scores, labels, weights), a noexcept operator()(double), save and load");
  using calibration_type = C;
  held_out from{};

  calibrated_by() = default;
  explicit calibrated_by(held_out events) : from(events) {}
};

/// The calibration of a pipeline that has none.
struct uncalibrated {};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_STEPS_HPP
