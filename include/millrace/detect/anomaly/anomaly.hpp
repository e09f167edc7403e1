#ifndef MILLRACE_DETECT_ANOMALY_ANOMALY_HPP
#define MILLRACE_DETECT_ANOMALY_ANOMALY_HPP

#include <millrace/detect/change/detail/run_length.hpp>
#include <millrace/detect/signal.hpp>

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

/// In the place of a run length: the limit is given when the detector is made, in the unit of its score. It need not be
/// written: `z_score outlier(3.0)` is a `z_score<given_limit>`.
struct given_limit {};

namespace detail {

/// Of a detector whose limit is given.
template <class RunLength>
inline constexpr bool limit_is_given = false;
template <>
inline constexpr bool limit_is_given<given_limit> = true;

template <class RunLength>
struct require_limit : require_arl<RunLength> {};
template <>
struct require_limit<given_limit> {};

/// The normal deviate that one in `RunLength::drift` exceeds, on either side.
template <class RunLength>
double promised_limit() noexcept {
  static_assert(!limit_is_given<RunLength>,
                "millrace[DETECT-10]: a detector with a given limit is made with it, as in z_score outlier(3.0)");
  if constexpr (limit_is_given<RunLength>)
    return 0;
  else
    return gaussian_upper_quantile(0.5 / static_cast<double>(RunLength::drift));
}
/// A limit that was given. One that is not positive, or NaN, flags whatever differs.
template <class RunLength>
double checked_limit(double limit) noexcept {
  static_assert(limit_is_given<RunLength>,
                "millrace[DETECT-11]: this detector has its limit from the run length that it promises; for a limit of "
                "your own leave the run length out, as in z_score outlier(3.0)");
  return limit > 0 ? limit : 0;
}

/// A detector to load into.
template <class Detector, class RunLength>
Detector blank_of() noexcept {
  if constexpr (limit_is_given<RunLength>)
    return Detector(1.0);
  else
    return Detector();
}

}  // namespace detail

/// Judges single observations of a stream, where a drift_detector looks for a lasting change.
///
/// Laws: an observation is judged by those before it, then taken up. NaN is flagged, with a score of NaN, and not taken
/// up; infinities are flagged and not taken up, nor are observations beyond 1e150 in size, whose squares are infinite
/// (`quantile_bands` takes all that are finite). Until enough was seen the band is infinite and nothing is flagged.
/// update allocates never; the detector is trivially copyable.
template <class D>
concept anomaly_detector = std::copyable<D> && std::is_trivially_copyable_v<D> && requires(D& d, double x) {
  { d.update(x) } noexcept -> std::same_as<anomaly>;
  { d.reset() } noexcept;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_ANOMALY_HPP
