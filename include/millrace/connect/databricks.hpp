#ifndef MILLRACE_CONNECT_DATABRICKS_HPP
#define MILLRACE_CONNECT_DATABRICKS_HPP

/// connect/databricks: a workspace of Databricks, over whatever carries requests there.
///
/// - `credentials`: host and token, from the environment
/// - `workspace`: asks, and asks again where it is told to; itself a transport, for MLflow's experiments and runs
/// - `unity_name`: `catalog.schema.object`
/// - `model_catalog`: registered models of Unity Catalog, versions with a signature, aliases in the place of stages
/// - `workspace_models`: requests to enter a stage, approvals and comments of the workspace's own registry
/// - `volume`: files of a volume, as a storage
/// - `warehouse`: statements of SQL, whose parameters are bound and never part of the text (`sql<"...">`, `bind`)
/// - `api_error`: what a response says went wrong
///
/// All of it was tested against a server that checks requests by the published API, and against no workspace.
///
/// Standard library alone: connect/curl.hpp, or any other store::http_transport, carries the requests.

#include <millrace/connect/databricks/api_error.hpp>
#include <millrace/connect/databricks/credentials.hpp>
#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/connect/databricks/model_catalog.hpp>
#include <millrace/connect/databricks/model_signature.hpp>
#include <millrace/connect/databricks/sql_rows.hpp>
#include <millrace/connect/databricks/statement.hpp>
#include <millrace/connect/databricks/unity_name.hpp>
#include <millrace/connect/databricks/volume.hpp>
#include <millrace/connect/databricks/warehouse.hpp>
#include <millrace/connect/databricks/workspace.hpp>
#include <millrace/connect/databricks/workspace_models.hpp>

#endif  // MILLRACE_CONNECT_DATABRICKS_HPP
