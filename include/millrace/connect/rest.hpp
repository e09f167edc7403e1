#ifndef MILLRACE_CONNECT_REST_HPP
#define MILLRACE_CONNECT_REST_HPP

/// connect/rest: an API over HTTP of what a program has: aggregates, models, jobs, a registry, its own health.
///
/// - `api`: handles requests (store/http.hpp) by the parts that it is made of, and describes itself as OpenAPI
/// - parts: `aggregates`, `predictions`, `open_inference`; connect/rest/parts.hpp has all of them, and is included by
///   name, because who predicts should not pay for a registry
/// - `served_models`: models by name; `shared_metrics`: an aggregator for many threads; `job_queue`: what takes long
/// - `route`, `member`, `body`: what a part of your own is made of
///
/// Standard library alone: connect/http.hpp, or any other server, carries the requests.

#include <millrace/connect/rest/api.hpp>
#include <millrace/connect/rest/body.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/job_queue.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/options.hpp>
#include <millrace/connect/rest/parts/aggregates.hpp>
#include <millrace/connect/rest/parts/open_inference.hpp>
#include <millrace/connect/rest/parts/predictions.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/connect/rest/served_models.hpp>
#include <millrace/connect/rest/watching.hpp>

#endif  // MILLRACE_CONNECT_REST_HPP
