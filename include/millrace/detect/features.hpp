#ifndef MILLRACE_DETECT_FEATURES_HPP
#define MILLRACE_DETECT_FEATURES_HPP

/// detect/features: whether the features of today are distributed as those of the training.

#include <millrace/detect/features/drift_reference.hpp>
#include <millrace/detect/features/table_drift.hpp>

#endif  // MILLRACE_DETECT_FEATURES_HPP
