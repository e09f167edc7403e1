#ifndef MILLRACE_DETECT_FEATURES_HPP
#define MILLRACE_DETECT_FEATURES_HPP

/// detect/features: whether features are still distributed as in a reference, such as the training data.

#include <millrace/detect/features/drift_metrics.hpp>
#include <millrace/detect/features/drift_reference.hpp>
#include <millrace/detect/features/table_drift.hpp>

#endif  // MILLRACE_DETECT_FEATURES_HPP
