#ifndef MILLRACE_MODEL_CALIBRATION_RELIABILITY_HPP
#define MILLRACE_MODEL_CALIBRATION_RELIABILITY_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/detail/weighted_share.hpp>
#include <millrace/model/validation/weighted_measures.hpp>
#include <millrace/stats/evidence.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A bin of the calibration curve with Wilson's interval of the share of class 1 in it: [0, 1] where there are no rows.
struct reliability_bin {
  calibration_bin bin;
  stats::interval interval;

  /// Whether the mean probability lies in the interval, so that chance may be all that parts it from the share.
  bool agrees() const noexcept { return bin.rows == 0 || interval.contains(bin.mean_probability); }
};

/// How far probabilities are from what happened.
struct reliability {
  double log_loss = 0;
  double brier_score = 0;
  double expected_calibration_error = 0;
  std::vector<reliability_bin> bins;
};

/// How far the probabilities of class 1 are from what happened: call it with those before and those after calibration,
/// of rows that neither the model nor the calibration was fitted on.
///
/// Each interval is one of `bins`: of twenty at 95 %, one leaves out its mean probability by chance.
/// `weights`: none, or one for each row; a row of weight 2 counts as two, and one of weight 0 not at all.
/// Complexity: O(rows + bins).
/// Allocates: the bins.
/// Errors: those of `calibration_curve`; of the weights shape_mismatch, not_finite, out_of_range (a negative one) and
/// invalid_data (all are 0); and out_of_range: a confidence outside (0, 1).
inline result<reliability> measure_reliability(const label_view& labels, real_view probabilities, std::size_t bins = 10,
                                               double confidence = 0.95, std::span<const float> weights = {}) {
  auto curve = calibration_curve(labels, probabilities, bins, weights);
  if (!curve) return std::move(curve).error();
  if (!(confidence > 0 && confidence < 1))
    return error(errc::out_of_range, "confidence: " + detail::number_text(confidence) + " is outside (0, 1)");
  reliability found;
  found.log_loss = *log_loss(labels, probabilities, weights);
  found.brier_score = *brier_score(labels, probabilities, weights);
  found.expected_calibration_error = expected_calibration_error(*curve);
  for (const calibration_bin& bin : *curve)
    found.bins.push_back({bin, detail::interval_of_share(bin.positive_share * bin.weight,
                                                         {bin.weight, bin.squared_weights}, confidence)});
  return found;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_RELIABILITY_HPP
