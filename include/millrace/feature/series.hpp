#ifndef MILLRACE_FEATURE_SERIES_HPP
#define MILLRACE_FEATURE_SERIES_HPP

/// feature/series: features that depend on what happened before.
///
/// - `as_of_join`: joins what was known at the time of each row of a table
/// - `make_history`: windows of event time, rolling statistics, lags, differences and times since, by key, for training
///   and for serving; `parts.hpp` has its parts

#include <millrace/feature/series/as_of_join.hpp>
#include <millrace/feature/series/history.hpp>
#include <millrace/feature/series/parts.hpp>

#endif  // MILLRACE_FEATURE_SERIES_HPP
