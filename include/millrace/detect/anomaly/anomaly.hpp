#ifndef MILLRACE_DETECT_ANOMALY_ANOMALY_HPP
#define MILLRACE_DETECT_ANOMALY_ANOMALY_HPP

#include <millrace/core/config.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detect {

/// What an anomaly detector says of one observation: how far it is from what was expected, in the detector's unit
/// (standard deviations unless said otherwise), the band it should have been in, and whether it was outside.
struct anomaly {
  double score = 0;
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  bool flagged = false;
};

/// Judges single observations of a stream, where a drift_detector looks for a lasting change.
///
/// Laws: an observation is judged by those before it, then taken up. NaN is flagged, with a score of NaN, and not taken
/// up; infinities are flagged and not taken up. Until enough was seen the band is infinite and nothing is flagged.
/// update allocates never; the detector is trivially copyable.
template <class D>
concept anomaly_detector = std::copyable<D> && std::is_trivially_copyable_v<D> && requires(D& d, double x) {
  { d.update(x) }
  noexcept->std::same_as<anomaly>;
  { d.reset() }
  noexcept;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_ANOMALY_HPP
