#ifndef MILLRACE_MODEL_CALIBRATION_RELIABILITY_HPP
#define MILLRACE_MODEL_CALIBRATION_RELIABILITY_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/tests/proportion.hpp>

#include <cstddef>
#include <cstdint>
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
/// Complexity: O(rows + bins).
/// Allocates: the bins.
/// Errors: those of `calibration_curve`, and out_of_range: a confidence outside (0, 1).
inline result<reliability> measure_reliability(const label_view& labels, real_view probabilities, std::size_t bins = 10,
                                               double confidence = 0.95) {
  auto curve = calibration_curve(labels, probabilities, bins);
  if (!curve) return std::move(curve).error();
  reliability found;
  found.log_loss = *log_loss(labels, probabilities);
  found.brier_score = *brier_score(labels, probabilities);
  found.expected_calibration_error = expected_calibration_error(*curve);
  // Asked once for the first row, so that a wrong confidence is refused whatever the bins hold.
  if (auto usable = stats::wilson_interval({0, 1}, confidence); !usable) return std::move(usable).error();
  for (const calibration_bin& bin : *curve) {
    stats::interval interval{0, 1, confidence};
    const auto rows = static_cast<std::int64_t>(bin.rows);
    const auto ones = static_cast<std::int64_t>(bin.positive_share * static_cast<double>(bin.rows) + 0.5);
    if (rows > 0) interval = *stats::wilson_interval({ones, rows}, confidence);
    found.bins.push_back({bin, interval});
  }
  return found;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_RELIABILITY_HPP
