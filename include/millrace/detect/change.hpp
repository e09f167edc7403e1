#ifndef MILLRACE_DETECT_CHANGE_HPP
#define MILLRACE_DETECT_CHANGE_HPP

/// detect/change: detectors of a lasting change in a stream of numbers or errors, set by their average run length.

#include <millrace/detect/change/adwin.hpp>
#include <millrace/detect/change/bocpd.hpp>
#include <millrace/detect/change/cusum.hpp>
#include <millrace/detect/change/ddm.hpp>
#include <millrace/detect/change/ewma.hpp>
#include <millrace/detect/change/hddm.hpp>
#include <millrace/detect/change/kswin.hpp>
#include <millrace/detect/change/page_hinkley.hpp>

#endif  // MILLRACE_DETECT_CHANGE_HPP
