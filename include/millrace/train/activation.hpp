#ifndef MILLRACE_TRAIN_ACTIVATION_HPP
#define MILLRACE_TRAIN_ACTIVATION_HPP

#include <millrace/core/config.hpp>

#include <Eigen/Core>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace train {

/// What a layer does to its weighted sums.
enum class activation : std::uint8_t {
  identity,    // x
  relu,        // max(0, x)
  leaky_relu,  // x, or x / 100 where negative
  tanh,        //
  sigmoid,     // 1 / (1 + exp(-x))
  gelu,        // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
};

namespace detail {
inline constexpr std::array<std::string_view, 6> activation_names{"identity", "relu",    "leaky_relu",
                                                                  "tanh",     "sigmoid", "gelu"};
}

/// The stable name, as it stands in saved models.
constexpr std::string_view to_string(activation function) noexcept {
  return detail::activation_names[static_cast<std::size_t>(function)];
}

constexpr std::optional<activation> parse_activation(std::string_view name) noexcept {
  for (std::size_t i = 0; i < detail::activation_names.size(); ++i)
    if (detail::activation_names[i] == name) return static_cast<activation>(i);
  return std::nullopt;
}

namespace detail {

/// out[i] = f(out[i], in[i]), in blocks of a known length so that compilers use vectors at -O2 too.
template <class Scalar, class F>
void zip(Eigen::Index size, Scalar* __restrict out, const Scalar* __restrict in, F f) noexcept {
  constexpr Eigen::Index block = 16;
  Eigen::Index i = 0;
  for (; i + block <= size; i += block)
    for (Eigen::Index j = 0; j < block; ++j) out[i + j] = f(out[i + j], in[i + j]);
  for (; i < size; ++i) out[i] = f(out[i], in[i]);
}

/// out[i] = f(out[i]), likewise.
template <class Scalar, class F>
void transform(Eigen::Index size, Scalar* out, F f) noexcept {
  constexpr Eigen::Index block = 16;
  Eigen::Index i = 0;
  for (; i + block <= size; i += block)
    for (Eigen::Index j = 0; j < block; ++j) out[i + j] = f(out[i + j]);
  for (; i < size; ++i) out[i] = f(out[i]);
}

template <class Scalar>
inline constexpr Scalar leaky_slope = Scalar(0.01);
template <class Scalar>
inline constexpr Scalar gelu_scale = Scalar(0.7978845608028654);  // sqrt(2 / pi)
template <class Scalar>
inline constexpr Scalar gelu_cubic = Scalar(0.044715);

}  // namespace detail

/// Whether the derivative needs the weighted sums themselves; for the others the outputs suffice.
constexpr bool needs_input(activation function) noexcept { return function == activation::gelu; }

/// Replaces `size` weighted sums by the function's values. A NaN stays one. Allocates: never.
template <class Scalar>
void activate(activation function, Scalar* values, Eigen::Index size) noexcept {
  using array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;
  Eigen::Map<array> x(values, size);
  switch (function) {
    case activation::identity: break;
    case activation::relu:
      x = (x.max)(Scalar(0));  // with x first, a NaN stays one
      break;
    case activation::leaky_relu:
      detail::transform(size, values, [](Scalar v) { return Scalar(0) > v ? v * detail::leaky_slope<Scalar> : v; });
      break;
    case activation::tanh: x = x.tanh(); break;
    case activation::sigmoid: x = x.logistic(); break;
    case activation::gelu:
      x = Scalar(0.5) * x *
          (Scalar(1) + (detail::gelu_scale<Scalar> * (x + detail::gelu_cubic<Scalar> * x.cube())).tanh());
      break;
  }
}

/// Multiplies gradients with respect to the outputs by the function's derivative. `values` are the
/// outputs, or the weighted sums where `needs_input(function)`. At a kink the derivative is the one
/// from the left. Allocates: never.
template <class Scalar>
void activate_backward(activation function, const Scalar* values, Scalar* gradients, Eigen::Index size) noexcept {
  using array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;
  const Eigen::Map<const array> y(values, size);
  Eigen::Map<array> g(gradients, size);
  switch (function) {
    case activation::identity: break;
    case activation::relu:
      detail::zip(size, gradients, values, [](Scalar d, Scalar v) { return v <= Scalar(0) ? Scalar(0) : d; });
      break;
    case activation::leaky_relu:
      detail::zip(size, gradients, values,
                  [](Scalar d, Scalar v) { return v <= Scalar(0) ? d * detail::leaky_slope<Scalar> : d; });
      break;
    case activation::tanh: g *= Scalar(1) - y.square(); break;
    case activation::sigmoid: g *= y * (Scalar(1) - y); break;
    case activation::gelu: {
      // With u = c (x + k x^3) and t = tanh(u): (1 + t) / 2 + x (1 - t^2) u' / 2, u' = c (1 + 3 k x^2).
      // In pieces that fit the stack, so that t is computed once.
      constexpr Eigen::Index block = 64;
      for (Eigen::Index i = 0; i < size; i += block) {
        const Eigen::Index length = (std::min)(block, size - i);
        Eigen::Array<Scalar, Eigen::Dynamic, 1, 0, block, 1> t(length);
        const auto x = y.segment(i, length);
        t = (detail::gelu_scale<Scalar> * (x + detail::gelu_cubic<Scalar> * x.cube())).tanh();
        g.segment(i, length) *= Scalar(0.5) * (Scalar(1) + t +
                                               x * (Scalar(1) - t.square()) * detail::gelu_scale<Scalar> *
                                                   (Scalar(1) + Scalar(3) * detail::gelu_cubic<Scalar> * x.square()));
      }
      break;
    }
  }
}

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_ACTIVATION_HPP
