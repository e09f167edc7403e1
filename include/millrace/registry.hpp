#ifndef MILLRACE_REGISTRY_HPP
#define MILLRACE_REGISTRY_HPP

/// registry: which models there are, what they were made of, who let them into production, and when.
///
/// - `model_registry`, `open_registry`: models, versions, stages, rules and approvals in any storage with transactions
/// - `model`, `model_version`, `artifact`, `metric`, `tag`, `data_set`: what it holds
/// - `stage`, `edges`, `standard_edges`, `any_edge`: stages and the steps between them; an illegal one does not compile
/// - `semantic_version`: versions such as 1.4.0-rc.1 and their order; `next_version`
/// - `stage_rule`, `gate`: what a version needs to enter a stage: figures, and approvals of n of m reviewers
/// - `transition_request`, `review`: who asked for what, and what the others said
/// - `change`, `change_sink`: everything that was done, handed to an audit trail once each
/// - `watcher`: what stands around a registry's operations and sees what they did
/// - `version_draft`, `transition`, `request_draft` and so on: what a registry is asked to do
/// - `compare`: versions side by side, as a table, CSV, HTML or JSON; `to_open_lineage`: where one comes from
/// - `export_mlflow_model`, `export_triton_model`, `export_registry_folders`, `import_registry_folders`: the folders of
///   others
/// - `folder_paths`: where a `store::document_folder` keeps its documents
/// - registry/search.hpp, included by name: `search_versions`, `search_models`: by MLflow's filter grammar and beyond,
///   page by page, by indexes
/// - registry/observed.hpp, likewise: `audit_sink` for an audit trail; `watched` for hooks, events and metrics
///
/// Standard library and POSIX alone.

#include <millrace/registry/change.hpp>
#include <millrace/registry/compare.hpp>
#include <millrace/registry/folder_paths.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/model_folders.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/registry/open_lineage.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/rules.hpp>
#include <millrace/registry/semantic_version.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/transition_request.hpp>
#include <millrace/registry/watcher.hpp>

#endif  // MILLRACE_REGISTRY_HPP
