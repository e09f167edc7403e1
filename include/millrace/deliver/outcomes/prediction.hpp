#ifndef MILLRACE_DELIVER_OUTCOMES_PREDICTION_HPP
#define MILLRACE_DELIVER_OUTCOMES_PREDICTION_HPP

#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/measurement.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What a model predicted for one request. It refers to the caller's memory.
struct prediction {
  /// What the outcome will be known by, not empty. A prediction of the same id by another model, version or arm is one
  /// of its own; one by the same is the first once more, as a retry logs it.
  std::string_view id;
  /// Nanoseconds since 1970; 0 is now.
  std::uint64_t time = 0;
  std::string_view model = {};
  std::string_view version = {};
  deliver::arm arm = deliver::arm::stable;
  /// With what probability the request came to this arm, for estimates that weigh by it.
  double propensity = 1;
  /// Who asked (unit_hash), and in which step of a rollout, for a judge that is told the label.
  std::uint64_t unit = 0;
  std::uint32_t step = 0;
  /// The number of the rollout that placed it, if chance did, so that it is evidence; 0: it is none.
  std::uint32_t rollout = 0;
  std::span<const double> outputs = {};
  std::span<const float> features = {};
};

/// What came true, whenever that is known.
struct outcome {
  std::string_view id;
  double label = 0;
  /// Nanoseconds since 1970; 0 is now.
  std::uint64_t time = 0;
};

/// A prediction and its outcome. It refers to memory that is reused for the next one.
struct joined_row {
  deliver::prediction prediction;
  double label = 0;
  /// Nanoseconds since 1970.
  std::uint64_t label_time = 0;

  /// How long the label took, in seconds; negative if it was known before the prediction.
  double delay() const noexcept {
    return 1e-9 * (label_time >= prediction.time ? static_cast<double>(label_time - prediction.time)
                                                 : -static_cast<double>(prediction.time - label_time));
  }
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_PREDICTION_HPP
