#ifndef MILLRACE_DETECT_DETAIL_SAVED_DETECTOR_HPP
#define MILLRACE_DETECT_DETAIL_SAVED_DETECTOR_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/fields.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <cstddef>
#include <string>

namespace millrace {
inline namespace v0 {
namespace detect {
namespace detail {

/// The name of a detector in saved bytes, with the template arguments that decide its meaning:
/// `kswin<10000,1000,307,32>` has the run lengths to drift and to warning, then the sizes.
template <class RunLength, std::size_t... Sizes>
std::string detector_name(const char* kind) {
  std::string name = std::string(kind) + '<';
  if constexpr (requires { RunLength::drift; })
    name += std::to_string(RunLength::drift) + ',' + std::to_string(RunLength::warning);
  else
    name += "limit";
  ((name += ',', name += std::to_string(Sizes)), ...);
  return name + '>';
}

/// Refuses a reference that is not possible. The message calls the detector `chart`.
inline result<void> checked_reference(const char* chart, in_control reference) {
  if (reference.is_possible()) return {};
  const bool mean = detail::math::is_finite(reference.mean);
  const std::string number = std::to_string(mean ? reference.stddev : reference.mean);
  return error(errc::invalid_argument, std::string(chart) + ": the in-control " +
                                           (mean ? "standard deviation is " : "mean is ") + number +
                                           (mean ? "; it must be positive and finite" : "; it must be finite"));
}

template <class... Numbers>
bool all_finite(Numbers... numbers) noexcept {
  return (detail::math::is_finite(numbers) && ...);
}
template <class Numbers>
bool each_finite(const Numbers& numbers) noexcept {
  for (const double x : numbers)
    if (!detail::math::is_finite(x)) return false;
  return true;
}

}  // namespace detail
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_DETAIL_SAVED_DETECTOR_HPP
