#ifndef MILLRACE_MODEL_CALIBRATION_CALIBRATOR_HPP
#define MILLRACE_MODEL_CALIBRATION_CALIBRATOR_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Turns a score into the probability of class 1: `platt`, `isotonic` and any type of yours with these members.
///
/// It is fitted to scores of rows that the model was not fitted on, and their labels. A higher score never gets a lower
/// probability where the labels say that higher scores are likelier of class 1.
template <class C>
concept calibrator =
    std::copyable<C> && requires(const C& c, std::span<const double> scores, std::span<const float> labels,
                                 std::span<const std::byte> bytes, double score) {
      { C::fit(scores, labels, labels) } -> std::same_as<result<C>>;
      { c(score) } noexcept -> std::same_as<double>;
      { c.save() } -> std::same_as<std::vector<std::byte>>;
      { C::load(bytes) } -> std::same_as<result<C>>;
    };

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_CALIBRATOR_HPP
