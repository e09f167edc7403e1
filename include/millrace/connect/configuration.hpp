#ifndef MILLRACE_CONNECT_CONFIGURATION_HPP
#define MILLRACE_CONNECT_CONFIGURATION_HPP

/// connect/configuration: the configuration files of machine learning services as structs, and the library's parts that
/// they describe. Any parser reads them; connect/yaml.hpp is the one of YAML.
///
/// - `ml_file`, `ml_settings`: a registry, models, inference, online learning, A/B tests; `load_models`,
///   `register_models`, `open_registry`, `ab_experiment`, `make_experiments`, `batching`, `learning`, `checkpoints`
/// - `mlops_file`, `mlops_settings`: where runs and models are, caches and health; `context_of`, `tracking_of`,
///   `experiment_of`, `caching`, `memory_limits`, `disk_limits`, `event_history`
/// - `node_functions`, `node_pipeline`: pipelines whose nodes name functions of the program
/// - `data_pipeline_settings`: events, batches, aggregation and models on request; `streaming`, `batch_window`, `fit`
///
/// Who opens no registry and no context includes single headers: models.hpp and mlops_context.hpp bring both modules
/// in. Which key of which file is used by what, or refused and why: docs/guide/configuration.md. Standard library and
/// POSIX alone.

#include <millrace/connect/configuration/data_pipeline.hpp>
#include <millrace/connect/configuration/data_pipeline_settings.hpp>
#include <millrace/connect/configuration/experiments.hpp>
#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/connect/configuration/ml_settings.hpp>
#include <millrace/connect/configuration/mlops_context.hpp>
#include <millrace/connect/configuration/mlops_settings.hpp>
#include <millrace/connect/configuration/models.hpp>
#include <millrace/connect/configuration/nodes.hpp>
#include <millrace/connect/configuration/serving.hpp>

#endif  // MILLRACE_CONNECT_CONFIGURATION_HPP
