#ifndef MILLRACE_MODEL_SERIES_HPP
#define MILLRACE_MODEL_SERIES_HPP

/// series: forecasts of values that are evenly spaced in time.
///
/// - `holt_winters`: exponential smoothing of level, trend and season, with intervals
/// - `lag_forecaster`: any model of numbers, on earlier values of the series

#include <millrace/model/series/holt_winters.hpp>
#include <millrace/model/series/lag_forecaster.hpp>

#endif  // MILLRACE_MODEL_SERIES_HPP
