#ifndef MILLRACE_DETECT_CHANGE_DETAIL_CALIBRATION_HPP
#define MILLRACE_DETECT_CHANGE_DETAIL_CALIBRATION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detect {
namespace detail {

/// A detector's thresholds for the nine run lengths below, found by simulation (benchmarks/calibration.cpp).
using calibration = std::array<double, 9>;
inline constexpr std::array<double, 9> calibrated_lengths{100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6};

/// The threshold for any run length: between those of the table linear in the logarithm of the run length, and below
/// the first one on the line through the first two.
inline double calibrated(const calibration& thresholds, std::uint64_t run_length) noexcept {
  const auto length = static_cast<double>(run_length);
  std::size_t i = 1;
  while (i + 1 < thresholds.size() && length > calibrated_lengths[i]) ++i;
  const double from = detail::math::log(calibrated_lengths[i - 1]);
  const double part = (detail::math::log(length) - from) / (detail::math::log(calibrated_lengths[i]) - from);
  return thresholds[i - 1] + part * (thresholds[i] - thresholds[i - 1]);
}

/// Both thresholds for the run lengths of an `arl`.
template <class RunLength>
thresholds promised(const calibration& found) noexcept {
  return {calibrated(found, RunLength::drift), calibrated(found, RunLength::warning)};
}

}  // namespace detail
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_DETAIL_CALIBRATION_HPP
