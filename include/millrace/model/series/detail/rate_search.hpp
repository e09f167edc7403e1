#ifndef MILLRACE_MODEL_SERIES_DETAIL_RATE_SEARCH_HPP
#define MILLRACE_MODEL_SERIES_DETAIL_RATE_SEARCH_HPP

#include <millrace/model/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

inline constexpr int rate_count = 4;
/// Those of level, trend and season, and what is left of the trend after a step.
using smoothing_rates = double[rate_count];

/// Rates, and the squared error that they lead to.
struct rate_trial {
  smoothing_rates rates = {0, 0, 0, 1};
  double squared = 0;
};

/// The rates moved, but not out of (0, 1), nor the damping out of [0.8, 0.995], and the error that they then lead to.
template <class ErrorOf>
rate_trial moved(rate_trial from, const smoothing_rates& by, const ErrorOf& error_of) noexcept {
  constexpr smoothing_rates least = {1e-4, 1e-4, 1e-4, 0.8};
  constexpr smoothing_rates most = {1 - 1e-4, 1 - 1e-4, 1 - 1e-4, 0.995};
  for (int i = 0; i < rate_count; ++i) {
    if (by[i] == 0) continue;
    const double rate = from.rates[i] + by[i];
    from.rates[i] = rate < least[i] ? least[i] : rate > most[i] ? most[i] : rate;
  }
  from.squared = error_of(from.rates);
  return from;
}

/// Steps along the axes that are open, from a point on, which become smaller where none is better; what was gained by
/// them is gone on with as long as that helps (Hooke and Jeeves, "Direct search", Journal of the ACM 8, 1961).
template <class ErrorOf>
void descend(const bool (&open)[rate_count], rate_trial& best, const ErrorOf& error_of) noexcept {
  double reach = 0.1;
  for (int sweep = 0; sweep < 300 && reach > 1e-6; ++sweep) {
    const rate_trial before = best;
    for (int direction = 0; direction < 2 * rate_count; ++direction) {
      if (!open[direction / 2]) continue;
      smoothing_rates by = {};
      by[direction / 2] = direction % 2 == 0 ? reach : -reach;
      if (const rate_trial next = moved(best, by, error_of); next.squared < best.squared) best = next;
    }
    if (!(best.squared < before.squared * (1 - 1e-9))) {
      reach /= 2;
      continue;
    }
    smoothing_rates by;
    for (int i = 0; i < rate_count; ++i) by[i] = best.rates[i] - before.rates[i];
    for (int further = 0; further < 30; ++further) {
      const rate_trial next = moved(best, by, error_of);
      if (!(next.squared < best.squared)) break;
      best = next;
      for (double& one : by) one *= 2;
    }
  }
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SERIES_DETAIL_RATE_SEARCH_HPP
