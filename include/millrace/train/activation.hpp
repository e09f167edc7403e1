#ifndef MILLRACE_TRAIN_ACTIVATION_HPP
#define MILLRACE_TRAIN_ACTIVATION_HPP

#include <millrace/core/activation.hpp>

#include <Eigen/Core>

#include <algorithm>

namespace millrace {
inline namespace v0 {
namespace train {

using millrace::activation;
using millrace::parse_activation;
using millrace::to_string;

namespace detail {

/// out[i] = f(out[i], in[i]), in blocks of a constant length, for which compilers use vector instructions at -O2 as
/// well.
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

/// Whether the derivative is computed from the weighted sum; if not, it is computed from the function's value.
constexpr bool needs_input(activation function) noexcept { return function == activation::gelu; }

/// Replaces `size` weighted sums by the function's values. A NaN stays a NaN. Allocates: never.
template <class Scalar>
void activate(activation function, Scalar* values, Eigen::Index size) noexcept {
  using array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;
  Eigen::Map<array> x(values, size);
  switch (function) {
    case activation::identity: break;
    case activation::relu:
      x = (x.max)(Scalar(0));  // Eigen's max returns its first argument, x, if that is NaN
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

/// Turns gradients with respect to the function's values into gradients with respect to the weighted sums, by
/// multiplying them by the derivative. `values` are the function's values, or the weighted sums where
/// `needs_input(function)`. At 0 relu and leaky_relu have the derivative of negative numbers. Allocates: never.
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
      // With u = c (x + k x^3) and t = tanh(u) the function is x (1 + t) / 2. Its derivative is
      // (1 + t) / 2 + x (1 - t^2) u' / 2 with u' = c (1 + 3 k x^2). t is needed more than once, so it is computed
      // first, for a block at a time, into an array on the stack.
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
