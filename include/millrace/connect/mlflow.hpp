#ifndef MILLRACE_CONNECT_MLFLOW_HPP
#define MILLRACE_CONNECT_MLFLOW_HPP

/// connect/mlflow: what MLflow's own clients talk to.
///
/// - `server`: handles requests of MLflow's REST API from a tracker and a registry: experiments, runs, metrics,
///   artifacts, registered models
/// - `web_pages`: serves MLflow's own web pages beside it
///
/// Standard library alone: connect/http.hpp, or any other server, carries the requests.

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/connect/mlflow/server.hpp>
#include <millrace/connect/mlflow/web_pages.hpp>

#endif  // MILLRACE_CONNECT_MLFLOW_HPP
