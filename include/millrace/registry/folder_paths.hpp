#ifndef MILLRACE_REGISTRY_FOLDER_PATHS_HPP
#define MILLRACE_REGISTRY_FOLDER_PATHS_HPP

#include <millrace/registry/fwd.hpp>
#include <millrace/store/documents/path_rule.hpp>

namespace millrace {
inline namespace v0 {
namespace registry {

/// Where a `store::document_folder` keeps the documents of a registry of the default folder, so that people find them:
///
///     model_registry/models/1.json             a model                  models/index.parquet       all of them
///     model_registry/metadata/1/v2.json        a version of it          metadata/1/index.parquet   all of its versions
///     model_registry/history/1/3.json          a change of a stage
///     model_registry/requests/1/1.json         a request of a transition
///     model_registry/comments/1/v2/1.json      a comment
///     model_registry/rules/production.json     a rule of all models, rules/1/production.json one of a model
///     model_registry/outbox/7.json             a change that no sink has yet
///     model_registry/state.json                counters
///
///     mr::store::document_folder_options options;
///     for (const auto& each : mr::registry::folder_paths) options.paths.push_back(each);
///     auto storage = mr::store::document_folder<>::open("out/store", options);
inline constexpr store::path_rule folder_paths[] = {
    {"registry/state", "model_registry/state.json"},
    {"registry/models/#/model", "model_registry/models/#.json"},
    {"registry/models/#/versions/#", "model_registry/metadata/#/v#.json"},
    {"registry/models/#/history/#", "model_registry/history/#/#.json"},
    {"registry/models/#/requests/#", "model_registry/requests/#/#.json"},
    {"registry/models/#/comments/#/#", "model_registry/comments/#/v#/#.json"},
    {"registry/models/#/rules/*", "model_registry/rules/#/*.json"},
    {"registry/rules/*", "model_registry/rules/*.json"},
    {"registry/outbox/#", "model_registry/outbox/#.json"},
};

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_FOLDER_PATHS_HPP
