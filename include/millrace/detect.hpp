#ifndef MILLRACE_DETECT_HPP
#define MILLRACE_DETECT_HPP

/// detect: drift and anomalies of streams.
///
/// A detector is a value without allocations: `update(x)` takes an observation and returns `signal::none`, `warning` or
/// `drift`. It is set by its average run length, `cusum<arl<10'000>>`: how many observations it takes on average, while
/// nothing changes, until the first false alarm.
///
/// Changes of a mean whose value in control is known:
/// - `cusum`: a lasting shift, quickest for a shift of the size it is set to
/// - `ewma_chart`: a small lasting shift
/// Changes of a mean that is learnt from the stream:
/// - `adwin`: a change of any size; keeps a window of the observations since the last change
/// - `page_hinkley`: a lasting shift, up or down
/// A rising error rate of a model, or a rising mean of a stream in [0, 1]:
/// - `ddm`: the error rate against the lowest one so far
/// - `eddm`: the distance between errors against the greatest one so far
/// - `hddm_a`, `hddm_w`: a mean that rises abruptly or gradually, by Hoeffding's and McDiarmid's bounds
/// Changes of a distribution:
/// - `kswin`: the newest observations against those before them, by the Kolmogorov-Smirnov test
/// - `bocpd`: a change of mean or variance, and the probability of each place of it, by Bayes' rule
///
/// Single observations that do not belong: `update(x)` returns an `anomaly` with a score, a band, and whether x is
/// flagged.
/// - `z_score`: against mean and deviation of all observations before
/// - `ewma_bands`: against a moving average and deviation
/// - `quantile_bands`: against quantiles of all observations before, for a stream of any shape
/// - `robust_z`, `iqr_fence`: against a sliding window, of which a part may be anomalous itself
/// - `seasonal`: against level, trend and season
/// - `half_space_trees`: rows of several features
///
/// A window of a feature against a reference, both samples or sketches:
/// - `drift_reference`: PSI, Kullback-Leibler, Jensen-Shannon, chi-squared, Kolmogorov-Smirnov, Wasserstein, MMD, and a
///   score in [0, 1]
/// - `table_drift`: every feature of a table, with p-values corrected as one family
///
/// Values are trivially copyable, and unchanged when they were moved from, where their comments do not say otherwise.
/// Structs with a name or rows of features (`feature_drift`, `feature_window`, `table_drift_report`) move member by
/// member: moved from, they may only be assigned to or destroyed.
///
/// Standard library alone.

#include <millrace/detect/anomaly.hpp>
#include <millrace/detect/change.hpp>
#include <millrace/detect/features.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#endif  // MILLRACE_DETECT_HPP
