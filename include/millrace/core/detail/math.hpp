#ifndef MILLRACE_CORE_DETAIL_MATH_HPP
#define MILLRACE_CORE_DETAIL_MATH_HPP

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail::math {

// The functions of <cmath> that the headers need, for doubles, by the compiler's built-in names. <cmath> itself brings
// in the special functions and takes as long to parse as all of <vector>.

inline constexpr double nan = __builtin_nan("");

inline double absolute(double x) noexcept { return __builtin_fabs(x); }
inline float absolute(float x) noexcept { return __builtin_fabsf(x); }
inline double acos(double x) noexcept { return __builtin_acos(x); }
inline double atan2(double y, double x) noexcept { return __builtin_atan2(y, x); }
inline double ceil(double x) noexcept { return __builtin_ceil(x); }
inline double copysign(double size, double sign) noexcept { return __builtin_copysign(size, sign); }
inline double cos(double x) noexcept { return __builtin_cos(x); }
inline double cosh(double x) noexcept { return __builtin_cosh(x); }
inline double erfc(double x) noexcept { return __builtin_erfc(x); }
inline double exp(double x) noexcept { return __builtin_exp(x); }
inline double exp2(double x) noexcept { return __builtin_exp2(x); }
inline double expm1(double x) noexcept { return __builtin_expm1(x); }
inline double floor(double x) noexcept { return __builtin_floor(x); }
inline double fma(double a, double b, double c) noexcept { return __builtin_fma(a, b, c); }
/// The larger, and the smaller, of two numbers; if one is NaN, the other.
inline double fmax(double a, double b) noexcept { return __builtin_fmax(a, b); }
inline double fmin(double a, double b) noexcept { return __builtin_fmin(a, b); }
inline double frexp(double x, int* exponent) noexcept { return __builtin_frexp(x, exponent); }
inline double hypot(double x, double y) noexcept { return __builtin_hypot(x, y); }
inline int ilogb(double x) noexcept { return __builtin_ilogb(x); }
inline double ldexp(double x, int exponent) noexcept { return __builtin_ldexp(x, exponent); }
inline long long llround(double x) noexcept { return __builtin_llround(x); }
inline double log(double x) noexcept { return __builtin_log(x); }
inline double log1p(double x) noexcept { return __builtin_log1p(x); }
inline double log2(double x) noexcept { return __builtin_log2(x); }
inline double nextafter(double from, double to) noexcept { return __builtin_nextafter(from, to); }
inline double pow(double x, double y) noexcept { return __builtin_pow(x, y); }
inline double sin(double x) noexcept { return __builtin_sin(x); }
inline double sinh(double x) noexcept { return __builtin_sinh(x); }
inline double sqrt(double x) noexcept { return __builtin_sqrt(x); }
inline bool is_finite(double x) noexcept { return __builtin_isfinite(x) != 0; }
inline bool is_infinite(double x) noexcept { return __builtin_isinf(x) != 0; }
/// Linear interpolation: exactly a at t = 0 and exactly b at t = 1; monotone in t, which is in [0, 1]; never overflows.
inline double interpolate(double a, double b, double t) noexcept {
  if ((a <= 0) != (b <= 0)) return t * b + (1 - t) * a;
  if (t == 1) return b;
  const double x = a + t * (b - a);
  return (a < b) == (b < x) ? b : x;
}
/// Whether x is NaN, the one value that differs from itself; false for an integer.
template <class T>
constexpr bool is_nan(T x) noexcept {
  return x != x;
}

}  // namespace detail::math
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_MATH_HPP
