#ifndef MILLRACE_CONNECT_MLFLOW_HPP
#define MILLRACE_CONNECT_MLFLOW_HPP

/// connect/mlflow: what MLflow's own clients talk to, and a client of MLflow's servers.
///
/// - `server`: handles requests of MLflow's REST API from a tracker and a registry: experiments, runs, metrics,
///   artifacts, registered models
/// - `web_pages`: serves MLflow's own web pages beside it
/// - `tracking_client`: the experiments and runs of such a server, over any transport (store/http.hpp)
/// - `registry_client`: its models and versions
///
/// Standard library alone: connect/http.hpp, or any other server, carries the requests,
/// and connect/curl.hpp, or any other transport, those of clients.

#include <millrace/connect/mlflow/client_options.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/connect/mlflow/registry_client.hpp>
#include <millrace/connect/mlflow/server.hpp>
#include <millrace/connect/mlflow/tracking_client.hpp>
#include <millrace/connect/mlflow/web_pages.hpp>

#endif  // MILLRACE_CONNECT_MLFLOW_HPP
