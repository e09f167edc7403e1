#ifndef MILLRACE_CONNECT_REST_PARTS_HPP
#define MILLRACE_CONNECT_REST_PARTS_HPP

/// connect/rest/parts: all parts of an API, and watchers of its requests. connect/rest.hpp leaves this room out, but
/// for what needs no more than models and aggregates.
///
/// - `predictions`, `open_inference`: models that predict, by JSON of the document, and by the open inference protocol
/// - `aggregates`: events of metrics, and their statistics
/// - `training`, `model_trainer`: jobs that train models; `analysis`: clusters and anomalies of rows
/// - `batches`: statistics, windows, joins and anomalies of events
/// - `publishing`: events for topics
/// - `model_stages`: versions of models in a registry, promoted and approved
/// - `process_health`, `metrics_page`: for a listener of those who run the process
/// - `audited`, `watched_requests`: watchers, for an audit trail and a metrics registry

#include <millrace/connect/rest/parts/aggregates.hpp>
#include <millrace/connect/rest/parts/analysis.hpp>
#include <millrace/connect/rest/parts/audited.hpp>
#include <millrace/connect/rest/parts/batches.hpp>
#include <millrace/connect/rest/parts/model_stages.hpp>
#include <millrace/connect/rest/parts/model_trainer.hpp>
#include <millrace/connect/rest/parts/open_inference.hpp>
#include <millrace/connect/rest/parts/predictions.hpp>
#include <millrace/connect/rest/parts/process_health.hpp>
#include <millrace/connect/rest/parts/publishing.hpp>
#include <millrace/connect/rest/parts/training.hpp>
#include <millrace/connect/rest/parts/watched_requests.hpp>

#endif  // MILLRACE_CONNECT_REST_PARTS_HPP
