#ifndef MILLRACE_INFER_ONLINE_HPP
#define MILLRACE_INFER_ONLINE_HPP

/// infer/online: models that learn while they are in use.
///
/// - `online_learner`: predicts each sample, measures it, learns in mini-batches, and watches for drift
/// - `prequential`: measures of predictions that were made before their targets were known
/// - `checkpoint`, `resume`: a learner's state in a file, which goes on as if it had never stopped
/// - `publisher`: the model as it is now, for readers on other threads
/// - `online_metrics`: updates, score and drift of a learner in a metrics registry

#include <millrace/infer/online/checkpoint.hpp>
#include <millrace/infer/online/online_learner.hpp>
#include <millrace/infer/online/online_metrics.hpp>
#include <millrace/infer/online/online_options.hpp>
#include <millrace/infer/online/prequential.hpp>
#include <millrace/infer/online/publisher.hpp>

#endif  // MILLRACE_INFER_ONLINE_HPP
