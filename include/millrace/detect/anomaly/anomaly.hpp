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

/// What an anomaly detector returns for one observation.
struct anomaly {
  /// How far the observation is from the expected value, in standard deviations unless the detector says otherwise.
  double score = 0;
  /// The band in which the observation was expected.
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  /// Whether it was outside.
  bool flagged = false;
};

/// Stands in the place of a run length where the detector's constructor is given the limit of the score. It is deduced:
/// `z_score outlier(3.0)` is a `z_score<given_limit>`.
struct given_limit {};

namespace detail {

/// Whether a detector's limit is given to its constructor.
template <class RunLength>
inline constexpr bool limit_is_given = false;
template <>
inline constexpr bool limit_is_given<given_limit> = true;

template <class RunLength>
struct require_limit : require_arl<RunLength> {};
template <>
struct require_limit<given_limit> {};

/// The limit that the absolute value of one standard normal number in `RunLength::drift` exceeds.
template <class RunLength>
double promised_limit() noexcept {
  static_assert(!limit_is_given<RunLength>,
                "millrace[DETECT-10]: a detector with a given limit is made with it, as in z_score outlier(3.0)");
  if constexpr (limit_is_given<RunLength>)
    return 0;
  else
    return gaussian_upper_quantile(0.5 / static_cast<double>(RunLength::drift));
}
/// The limit that was given; 0, which flags every score but 0, if that is NaN or not positive.
template <class RunLength>
double checked_limit(double limit) noexcept {
  static_assert(limit_is_given<RunLength>,
                "millrace[DETECT-11]: this detector has its limit from the run length that it promises; for a limit of "
                "your own leave the run length out, as in z_score outlier(3.0)");
  return limit > 0 ? limit : 0;
}

/// A detector whose figures are about to be read from saved bytes.
template <class Detector, class RunLength>
Detector blank_of() noexcept {
  if constexpr (limit_is_given<RunLength>)
    return Detector(1.0);
  else
    return Detector();
}

}  // namespace detail

/// Compares each observation of a stream with those before it. (A drift_detector looks for a lasting change instead.)
///
/// Laws: an observation is compared with those before it, and then becomes one of them. NaN, infinities and numbers
/// whose squares are too large (in general above 1e140) are flagged and do not become one of them; the score of a NaN
/// is NaN. Before enough observations have come the band is infinite and nothing finite is flagged. update never
/// allocates. A detector is trivially copyable: moved from,
/// it is unchanged.
template <class D>
concept anomaly_detector = std::copyable<D> && std::is_trivially_copyable_v<D> && requires(D& d, double x) {
  { d.update(x) } noexcept -> std::same_as<anomaly>;
  { d.reset() } noexcept;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_ANOMALY_HPP
