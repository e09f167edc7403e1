#ifndef MILLRACE_AGGREGATE_WINDOWS_HPP
#define MILLRACE_AGGREGATE_WINDOWS_HPP

/// aggregate/windows: an aggregate over a stretch of a stream, by event time or by time of arrival; `decayed`, in which
/// the weight of the past fades; rates of events and counters.

#include <millrace/aggregate/windows/decayed.hpp>
#include <millrace/aggregate/windows/rates.hpp>
#include <millrace/aggregate/windows/session.hpp>
#include <millrace/aggregate/windows/sliding.hpp>
#include <millrace/aggregate/windows/sliding_count.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>
#include <millrace/aggregate/windows/sliding_window.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>
#include <millrace/aggregate/windows/window.hpp>

#endif  // MILLRACE_AGGREGATE_WINDOWS_HPP
