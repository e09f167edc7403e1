#ifndef MILLRACE_MODEL_VALIDATION_DETAIL_WEIGHTED_SHARE_HPP
#define MILLRACE_MODEL_VALIDATION_DETAIL_WEIGHTED_SHARE_HPP

#include <millrace/model/fwd.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/tests/weighted_proportion.hpp>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The sum of the weights of rows, and that of their squares, which says how sure a share of these rows is.
struct weight_sum {
  double sum = 0;
  double squares = 0;

  void update(double weight) noexcept {
    sum += weight;
    squares += weight * weight;
  }
  /// How many rows of equal weight would be as sure.
  double effective() const noexcept { return sum > 0 ? sum / (squares / sum) : 0; }
  weight_sum operator+(const weight_sum& other) const noexcept { return {sum + other.sum, squares + other.squares}; }
};

/// Wilson's interval of a share of these rows: [0, 1] of none. Precondition: the confidence is in (0, 1).
inline stats::interval interval_of_share(double part, const weight_sum& whole, double confidence) {
  if (whole.sum == 0) return {0, 1, confidence};
  return *stats::wilson_interval(stats::weighted_proportion(part, whole.sum, whole.squares), confidence);
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_DETAIL_WEIGHTED_SHARE_HPP
