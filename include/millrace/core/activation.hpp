#ifndef MILLRACE_CORE_ACTIVATION_HPP
#define MILLRACE_CORE_ACTIVATION_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {
inline namespace v0 {

/// The function that a layer of a network applies to each of its weighted sums x; `train` and `model` both name it.
enum class activation : std::uint8_t {
  identity,    // x
  relu,        // max(0, x)
  leaky_relu,  // x, or x / 100 where x is negative
  tanh,        // the hyperbolic tangent of x
  sigmoid,     // 1 / (1 + exp(-x))
  gelu,        // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
};

namespace detail {
inline constexpr std::string_view activation_names[] = {"identity", "relu", "leaky_relu", "tanh", "sigmoid", "gelu"};
inline constexpr std::size_t activation_count = sizeof(activation_names) / sizeof(activation_names[0]);
constexpr bool is_activation(activation function) noexcept {
  return static_cast<std::size_t>(function) < activation_count;
}
}  // namespace detail

/// The name of an activation, which saved models contain and which does not change between versions.
/// Precondition: it is one of the above.
constexpr std::string_view to_string(activation function) noexcept {
  return detail::activation_names[static_cast<std::size_t>(function)];
}

/// The activation with this name; nothing if there is none.
constexpr std::optional<activation> parse_activation(std::string_view name) noexcept {
  for (std::size_t i = 0; i < detail::activation_count; ++i)
    if (detail::activation_names[i] == name) return static_cast<activation>(i);
  return std::nullopt;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_ACTIVATION_HPP
