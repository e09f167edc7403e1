#ifndef MILLRACE_CORE_REAL_HPP
#define MILLRACE_CORE_REAL_HPP

#include <millrace/core/config.hpp>

#include <type_traits>

namespace millrace {
inline namespace v0 {

/// A number as a template argument, such as the .99 of `quantile_of<"latency", .99>`; integers are converted. clang
/// before 18 takes no double there.
struct real {
  double value;
  template <class Number>
  requires std::is_arithmetic_v<Number>
  constexpr real(Number v) noexcept : value(static_cast<double>(v)) {}
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_REAL_HPP
