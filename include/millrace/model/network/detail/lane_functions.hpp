#ifndef MILLRACE_MODEL_NETWORK_DETAIL_LANE_FUNCTIONS_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_LANE_FUNCTIONS_HPP

#include <millrace/core/detail/fused.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/network/activation.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The activations and their derivatives, on vectors of floats, which functions change in place: to pass wide vectors
/// by value, a function needs the CPU's calling convention. No product is added to anything but by `add_fused`, so the
/// compiler has nothing to contract, and the bits are the same with every set of lanes. A NaN stays a NaN.
template <class Lanes>
struct lane_functions {
  using v = typename Lanes::type;
  using words = vector<int, sizeof(v)>;

  /// p = p * x + c: a step of Horner's scheme.
  [[gnu::always_inline]] static inline void horner(v& p, const v& x, float c) noexcept {
    v sum = c - v{};
    Lanes::add_fused(sum, p, x);
    p = sum;
  }
  /// to += x * c.
  [[gnu::always_inline]] static inline void add_multiple(v& to, const v& x, float c) noexcept {
    const v factor = c - v{};
    Lanes::add_fused(to, x, factor);
  }

  /// x becomes e^x, to about 1e-7 of itself; it is brought into [-87, 88] before. 2^k of the whole part of x / ln 2,
  /// and a polynomial of what is left. Source: the coefficients are those of Cephes, expf.
  [[gnu::always_inline]] static inline void exp(v& x) noexcept {
    const v least = -87.0F - v{};
    const v most = 88.0F - v{};
    x = x < least ? least : x;
    x = x > most ? most : x;
    v shifted = 0x1.8p23F - v{};
    add_multiple(shifted, x, 1.44269504F);  // becomes a whole number, which stands in the lowest bits
    const v k = shifted - 0x1.8p23F;
    add_multiple(x, k, -0.693359375F);
    add_multiple(x, k, 2.12194440e-4F);
    v p = 1.9875691e-4F - v{};
    horner(p, x, 1.3981999e-3F);
    horner(p, x, 8.3334519e-3F);
    horner(p, x, 4.1665796e-2F);
    horner(p, x, 1.6666665e-1F);
    horner(p, x, 0.5F);
    v sum = x + 1.0F;
    const v square = x * x;
    Lanes::add_fused(sum, p, square);
    words bits;
    load_vector(bits, &shifted);
    bits = (bits << 23) + 0x3f800000;
    v power;
    load_vector(power, &bits);
    x = sum * power;
  }
  [[gnu::always_inline]] static inline void sigmoid(v& x) noexcept {
    x = -x;
    exp(x);
    x = 1.0F / (1.0F + x);
  }
  /// A polynomial near 0, and (e^2x - 1) / (e^2x + 1) elsewhere.
  /// Source: the coefficients are those of Cephes, tanhf.
  [[gnu::always_inline]] static inline void tanh(v& x) noexcept {
    const v size = x < 0.0F ? -x : x;
    const v square = x * x;
    v p = -5.70498872745e-3F - v{};
    horner(p, square, 2.06390887954e-2F);
    horner(p, square, -5.37397155531e-2F);
    horner(p, square, 1.33314422036e-1F);
    horner(p, square, -3.33332819422e-1F);
    p *= square;
    v close = x;
    Lanes::add_fused(close, p, x);
    v beyond = size + size;
    exp(beyond);
    beyond = 1.0F - 2.0F / (beyond + 1.0F);
    beyond = x < 0.0F ? -beyond : beyond;
    x = size < 0.625F ? close : beyond;
  }
  /// x becomes the hyperbolic tangent in gelu.
  [[gnu::always_inline]] static inline void gelu_tanh(v& x) noexcept {
    const v square = x * x;
    const v cubic = x * 0.044715F;
    Lanes::add_fused(x, square, cubic);
    x *= 0.7978845608F;
    tanh(x);
  }

  /// Weighted sums become the function's values.
  template <activation Function>
  [[gnu::always_inline]] static inline void value(v& x) noexcept {
    if constexpr (Function == activation::relu) x = x < 0.0F ? v{} : x;
    if constexpr (Function == activation::leaky_relu) x = x < 0.0F ? x * 0.01F : x;
    if constexpr (Function == activation::tanh) tanh(x);
    if constexpr (Function == activation::sigmoid) sigmoid(x);
    if constexpr (Function == activation::gelu) {
      v t = x;
      gelu_tanh(t);
      x = x * 0.5F * (1.0F + t);
    }
  }
  /// Multiplies gradients by the derivative, which comes from the function's values y; that of gelu from the sums.
  template <activation Function>
  [[gnu::always_inline]] static inline void backwards(v& gradient, const v& y) noexcept {
    if constexpr (Function == activation::relu) gradient = y <= 0.0F ? v{} : gradient;
    if constexpr (Function == activation::leaky_relu) gradient = y <= 0.0F ? gradient * 0.01F : gradient;
    if constexpr (Function == activation::sigmoid) gradient *= y * (1.0F - y);
    if constexpr (Function == activation::tanh) {
      v slope = 1.0F - v{};
      const v negative = -y;
      Lanes::add_fused(slope, negative, y);
      gradient *= slope;
    }
    if constexpr (Function == activation::gelu) gelu_backwards(gradient, y);
  }
  /// With u = c (x + k x^3) and t = tanh(u), the function is x (1 + t) / 2 and its derivative
  /// (1 + t) / 2 + x (1 - t^2) u' / 2, with u' = c (1 + 3 k x^2).
  [[gnu::always_inline]] static inline void gelu_backwards(v& gradient, const v& x) noexcept {
    v t = x;
    gelu_tanh(t);
    v inner = 1.0F - v{};
    const v square = x * x;
    add_multiple(inner, square, 0.134145F);
    inner *= 0.7978845608F;
    v rest = 1.0F - v{};
    const v negative = -t;
    Lanes::add_fused(rest, negative, t);
    rest *= x;
    v sum = 1.0F + t;
    Lanes::add_fused(sum, rest, inner);
    gradient *= 0.5F * sum;
  }

  /// Calls `work` with the activation as a constant.
  template <class Work>
  [[gnu::always_inline]] static inline void choose(activation function, const Work& work) noexcept {
    switch (function) {
      case activation::relu: return work.template of<activation::relu>();
      case activation::leaky_relu: return work.template of<activation::leaky_relu>();
      case activation::tanh: return work.template of<activation::tanh>();
      case activation::sigmoid: return work.template of<activation::sigmoid>();
      case activation::gelu: return work.template of<activation::gelu>();
      case activation::identity: return;
    }
  }
  struct apply_work {
    float* x;
    std::size_t size;
    template <activation Function>
    [[gnu::always_inline]] inline void of() const noexcept {
      for (std::size_t i = 0; i < size; i += Lanes::lanes) {
        v at;
        load_vector(at, x + i);
        value<Function>(at);
        store_vector(x + i, at);
      }
    }
  };
  struct backwards_work {
    float* gradient;
    const float* y;
    std::size_t size;
    template <activation Function>
    [[gnu::always_inline]] inline void of() const noexcept {
      for (std::size_t i = 0; i < size; i += Lanes::lanes) {
        v at;
        v of_function;
        load_vector(at, gradient + i);
        load_vector(of_function, y + i);
        backwards<Function>(at, of_function);
        store_vector(gradient + i, at);
      }
    }
  };
};

/// Replaces `size` sums, a multiple of 16, by the function's values.
struct apply_activation {
  activation function;
  float* x;
  std::size_t size;
  template <class Lanes>
  [[gnu::always_inline]] inline void run() const noexcept {
    using functions = lane_functions<Lanes>;
    functions::choose(function, typename functions::apply_work{x, size});
  }
};
/// Multiplies `size` gradients, a multiple of 16, by the derivative, from what `backwards` takes.
struct apply_derivative {
  activation function;
  float* gradient;
  const float* y;
  std::size_t size;
  template <class Lanes>
  [[gnu::always_inline]] inline void run() const noexcept {
    using functions = lane_functions<Lanes>;
    functions::choose(function, typename functions::backwards_work{gradient, y, size});
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_DETAIL_LANE_FUNCTIONS_HPP
