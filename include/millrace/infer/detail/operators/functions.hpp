#ifndef MILLRACE_INFER_DETAIL_OPERATORS_FUNCTIONS_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_FUNCTIONS_HPP

#include <millrace/core/config.hpp>

#include <cmath>
#include <cstdint>
#include <type_traits>

// Functions of one and of two numbers.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

// Whole numbers wrap as NumPy's do: they are computed without a sign.
template <class T>
constexpr T wrapped(auto unsigned_result) noexcept {
  return static_cast<T>(unsigned_result);
}
template <class T>
using unsigned_of = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;

struct add_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return wrapped<T>(static_cast<unsigned_of<T>>(a) + static_cast<unsigned_of<T>>(b));
    else
      return a + b;
  }
};
struct subtract_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return wrapped<T>(static_cast<unsigned_of<T>>(a) - static_cast<unsigned_of<T>>(b));
    else
      return a - b;
  }
};
struct multiply_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return wrapped<T>(static_cast<unsigned_of<T>>(a) * static_cast<unsigned_of<T>>(b));
    else
      return a * b;
  }
};
/// Whole numbers are cut towards zero; a division by zero gives 0.
struct divide_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>)
        if (b == T(-1)) return wrapped<T>(unsigned_of<T>(0) - static_cast<unsigned_of<T>>(a));
      return static_cast<T>(a / b);
    } else {
      return a / b;
    }
  }
};
/// NaN if one of them is.
struct larger {
  template <class T>
  T operator()(T a, T b) const noexcept {
    return a != a || a > b ? a : b;
  }
};
struct smaller {
  template <class T>
  T operator()(T a, T b) const noexcept {
    return a != a || a < b ? a : b;
  }
};
/// The remainder has the divisor's sign, as in Python.
struct python_remainder {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>)
        if (b == T(-1)) return 0;
      const T left = static_cast<T>(a % b);
      return left != 0 && (left < 0) != (b < 0) ? static_cast<T>(left + b) : left;
    } else {
      const T left = std::fmod(a, b);
      return left != 0 && (left < 0) != (b < 0) ? left + b : left;
    }
  }
};
struct c_remainder {
  template <class T>
  T operator()(T a, T b) const noexcept {
    if constexpr (std::is_integral_v<T>)
      return b == 0 || (std::is_signed_v<T> && b == static_cast<T>(-1)) ? T(0) : static_cast<T>(a % b);
    else
      return std::fmod(a, b);
  }
};
struct equal_two {
  bool operator()(auto a, auto b) const noexcept { return a == b; }
};
struct less_two {
  bool operator()(auto a, auto b) const noexcept { return a < b; }
};
struct greater_two {
  bool operator()(auto a, auto b) const noexcept { return a > b; }
};
struct at_most {
  bool operator()(auto a, auto b) const noexcept { return a <= b; }
};
struct at_least {
  bool operator()(auto a, auto b) const noexcept { return a >= b; }
};
struct and_two {
  bool operator()(bool a, bool b) const noexcept { return a && b; }
};
struct or_two {
  bool operator()(bool a, bool b) const noexcept { return a || b; }
};
struct xor_two {
  bool operator()(bool a, bool b) const noexcept { return a != b; }
};
struct slope_below_zero {
  template <class T>
  T operator()(T x, T slope) const noexcept {
    return x < 0 ? static_cast<T>(x * slope) : x;
  }
};

struct power_of_two {
  template <class T>
  T operator()(T a, T b) const noexcept {
    return std::pow(a, b);
  }
};

/// One overflow-free formula for both signs.
template <class T>
T logistic(T x) noexcept {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const T e = std::exp(x);
  return e / (1 + e);
}

// std's overload sets as functions, which a template can take, and functions that ONNX defines.
inline constexpr auto exp_of = [](auto x) noexcept { return std::exp(x); };
inline constexpr auto log_of = [](auto x) noexcept { return std::log(x); };
inline constexpr auto sqrt_of = [](auto x) noexcept { return std::sqrt(x); };
inline constexpr auto tanh_of = [](auto x) noexcept { return std::tanh(x); };
inline constexpr auto erf_of = [](auto x) noexcept { return std::erf(x); };
inline constexpr auto floor_of = [](auto x) noexcept { return std::floor(x); };
inline constexpr auto ceil_of = [](auto x) noexcept { return std::ceil(x); };
inline constexpr auto round_of = [](auto x) noexcept { return std::nearbyint(x); };  // half to even
inline constexpr auto sin_of = [](auto x) noexcept { return std::sin(x); };
inline constexpr auto cos_of = [](auto x) noexcept { return std::cos(x); };
inline constexpr auto tan_of = [](auto x) noexcept { return std::tan(x); };
inline constexpr auto asin_of = [](auto x) noexcept { return std::asin(x); };
inline constexpr auto acos_of = [](auto x) noexcept { return std::acos(x); };
inline constexpr auto atan_of = [](auto x) noexcept { return std::atan(x); };
inline constexpr auto sinh_of = [](auto x) noexcept { return std::sinh(x); };
inline constexpr auto cosh_of = [](auto x) noexcept { return std::cosh(x); };
inline constexpr auto asinh_of = [](auto x) noexcept { return std::asinh(x); };
inline constexpr auto acosh_of = [](auto x) noexcept { return std::acosh(x); };
inline constexpr auto atanh_of = [](auto x) noexcept { return std::atanh(x); };
inline constexpr auto inverse_of = [](auto x) noexcept { return 1 / x; };
inline constexpr auto logistic_of = [](auto x) noexcept { return logistic(x); };
inline constexpr auto softsign_of = [](auto x) noexcept { return x / (1 + std::fabs(x)); };
inline constexpr auto not_of = [](bool x) noexcept { return !x; };
inline constexpr auto is_nan_of = [](auto x) noexcept { return x != x; };
inline constexpr auto absolute_of = []<class T>(T x) noexcept {
  if constexpr (std::is_floating_point_v<T>)
    return std::fabs(x);
  else
    return x < 0 ? subtract_two()(T(0), x) : x;
};
inline constexpr auto negative_of = []<class T>(T x) noexcept {
  if constexpr (std::is_floating_point_v<T>)
    return -x;
  else
    return subtract_two()(T(0), x);
};
inline constexpr auto sign_of = []<class T>(T x) noexcept { return x > 0 ? T(1) : x < 0 ? T(-1) : x; };
inline constexpr auto relu_of = []<class T>(T x) noexcept { return x < 0 ? T(0) : x; };
inline constexpr auto leaky_relu_of = []<class T>(T x, T a, T) noexcept { return x < 0 ? a * x : x; };
inline constexpr auto elu_of = []<class T>(T x, T a, T) noexcept { return x < 0 ? a * (std::exp(x) - 1) : x; };
inline constexpr auto celu_of = []<class T>(T x, T a, T) noexcept { return x > 0 ? x : a * (std::exp(x / a) - 1); };
inline constexpr auto selu_of = []<class T>(T x, T a, T b) noexcept { return b * (x > 0 ? x : a * (std::exp(x) - 1)); };
inline constexpr auto thresholded_relu_of = []<class T>(T x, T a, T) noexcept { return x > a ? x : T(0); };
inline constexpr auto within_one = []<class T>(T x) noexcept { return x < 0 ? T(0) : x > 1 ? T(1) : x; };
inline constexpr auto hard_sigmoid_of = []<class T>(T x, T a, T b) noexcept { return within_one(a * x + b); };
inline constexpr auto hard_swish_of = []<class T>(T x) noexcept { return x * within_one(x / 6 + T(0.5)); };
inline constexpr auto softplus_of = []<class T>(T x) noexcept {
  return (x > 0 ? x : T(0)) + std::log1p(std::exp(-std::fabs(x)));
};
inline constexpr auto mish_of = [](auto x) noexcept { return x * std::tanh(softplus_of(x)); };
inline constexpr auto gelu_of = []<class T>(T x) noexcept { return x / 2 * (1 + std::erf(x * T(0.7071067811865476))); };
inline constexpr auto gelu_by_tanh_of = []<class T>(T x) noexcept {
  return x / 2 * (1 + std::tanh(T(0.7978845608028654) * (x + T(0.044715) * x * x * x)));
};
/// Which of both infinities: a for those below 0, b for those above.
inline constexpr auto is_infinite_of = []<class T>(T x, T a, T b) noexcept {
  return std::isinf(x) && (x < 0 ? a : b) != 0;
};

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_FUNCTIONS_HPP
