#ifndef MILLRACE_MODEL_SELECTION_GOAL_HPP
#define MILLRACE_MODEL_SELECTION_GOAL_HPP

#include <millrace/core/config.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {

/// Whether a measure is better when it is low, as a loss is, or when it is high, as an accuracy is.
enum class goal : std::uint8_t { low, high };

/// Whether the measure `a` is better than `b`.
constexpr bool is_better(goal wanted, double a, double b) noexcept { return wanted == goal::low ? a < b : a > b; }

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SELECTION_GOAL_HPP
