#ifndef MILLRACE_DETECT_HPP
#define MILLRACE_DETECT_HPP

/// detect: drift and anomalies of streams.
///
/// A detector is a value: `update(x)` returns `signal::none`, `warning` or `drift`. It is set by what it promises while
/// nothing changes, the average run length to a false alarm, `cusum<arl<10'000>>`, and allocates never.
///
/// A mean, whose normal value is known:
/// - `cusum`: a lasting shift, soonest for the size it is set to; `ewma_chart`: small shifts
/// A mean, learnt from the stream:
/// - `adwin`: a change of any size, and a window that holds what came after it
/// - `page_hinkley`: a lasting shift, up or down, in the stream's own deviations
/// The errors of a model, or any stream in [0, 1]:
/// - `ddm`, `eddm`: a rising error rate, by its lowest value and by the distance of errors
/// - `hddm_a`, `hddm_w`: a rising mean by Hoeffding's and McDiarmid's bounds, abrupt and gradual
/// A distribution:
/// - `kswin`: the newest observations against those before them, by Kolmogorov and Smirnov
/// - `bocpd`: changes of mean or spread and where they may have been, by Bayes
///
/// Single observations, `update(x)` returns an `anomaly`: score, band, flagged.
/// - `z_score`, `ewma_bands`, `quantile_bands`: against all before, a moving average, any shape
/// - `robust_z`, `iqr_fence`: against a sliding window of which a part may be wrong
/// - `seasonal`: against level, trend and season
/// - `half_space_trees`: rows of several features
///
/// Two windows of a feature, samples or sketches:
/// - `drift_reference`: PSI, Kullback-Leibler, Jensen-Shannon, chi-squared, Kolmogorov-Smirnov, Wasserstein, MMD, and a
///   score in [0, 1]
/// - `table_drift`: every feature of a table, corrected as one family
///
/// Standard library alone.

#include <millrace/detect/anomaly.hpp>
#include <millrace/detect/change.hpp>
#include <millrace/detect/features.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#endif  // MILLRACE_DETECT_HPP
