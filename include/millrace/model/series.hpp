#ifndef MILLRACE_MODEL_SERIES_HPP
#define MILLRACE_MODEL_SERIES_HPP

/// series: forecasts of values that are evenly spaced in time.
///
/// - `holt_winters`: exponential smoothing of level, trend and season, with intervals

#include <millrace/model/series/holt_winters.hpp>

#endif  // MILLRACE_MODEL_SERIES_HPP
