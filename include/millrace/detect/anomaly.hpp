#ifndef MILLRACE_DETECT_ANOMALY_HPP
#define MILLRACE_DETECT_ANOMALY_HPP

/// detect/anomaly: single observations, or rows, that do not belong to a stream.

#include <millrace/detect/anomaly/anomaly.hpp>
#include <millrace/detect/anomaly/bands.hpp>
#include <millrace/detect/anomaly/half_space_trees.hpp>
#include <millrace/detect/anomaly/seasonal.hpp>
#include <millrace/detect/anomaly/window_bands.hpp>

#endif  // MILLRACE_DETECT_ANOMALY_HPP
