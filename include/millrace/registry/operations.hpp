#ifndef MILLRACE_REGISTRY_OPERATIONS_HPP
#define MILLRACE_REGISTRY_OPERATIONS_HPP

#include <millrace/registry/fwd.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/transition_request.hpp>
#include <millrace/store/search/schema.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a registry is asked to do. Hooks are named by these types: those before an operation may change or veto it.
namespace millrace {
inline namespace v0 {
namespace registry {

/// A model to be made.
struct model_draft {
  using outcome = model;
  std::string name;
  std::string description = {};
  std::vector<tag> tags = {};
  std::string actor = {};
};

/// A version to be registered. Its number is the registry's to choose.
struct version_draft {
  using outcome = model_version;
  std::string model;
  std::string semantic = {};  // its semantic version, if it has one
  std::string description = {};
  std::string framework = {};
  std::vector<tag> hyperparameters = {};
  std::vector<metric> metrics = {};
  std::vector<tag> tags = {};
  std::string run_id = {};
  std::string run_link = {};
  std::string source = {};
  std::vector<version_reference> parents = {};  // by model and version
  std::vector<data_set> data_sets = {};
  std::vector<artifact> artifacts = {};  // what `put_artifact` returned
  bool creates_model = true;             // where there is none of that name
  std::string actor = {};
};

/// A version to be moved to another stage.
struct transition {
  using outcome = stage_change;
  std::string model;
  std::uint64_t version = 0;
  stage to = stage::production;
  bool archives_others = true;  // those that are in that stage
  std::string actor = {};
  std::string reason = {};
};

/// Asks that a version be moved.
struct request_draft {
  using outcome = transition_request;
  std::string model;
  std::uint64_t version = 0;
  stage to = stage::production;
  bool archives_others = true;
  std::string justification = {};
  std::string actor = {};
  /// Where the model has no rule for the stage: who may review, how many have to approve, how long it stays open.
  std::vector<std::string> reviewers = {};
  std::uint32_t approvals = 1;
  std::uint64_t lifetime = 0;
};

/// What a reviewer says to a request.
struct review_draft {
  using outcome = transition_request;
  std::string model;
  std::uint64_t request = 0;
  registry::verdict verdict = registry::verdict::approve;
  std::string comment = {};
  std::string actor = {};
  /// Of the approval that makes them enough: whether those that are in the stage make room; empty: as the request has
  /// it.
  std::optional<bool> archives_others = {};
};

/// A model, or a version of it, to be deleted. What is deleted can be restored.
struct removal {
  using outcome = void;
  std::string model;
  std::uint64_t version = 0;  // 0: the model with all its versions
  std::string actor = {};
  std::string reason = {};
  bool also_in_production = false;  // otherwise what is in production is refused
};

/// What to search for, and how much of it.
struct search_options {
  /// As `store::search_filter` reads it: `name = 'fraud' AND metrics.auc > 0.9`; empty: everything.
  std::string filter = {};
  /// As `store::search_order` reads it: `metrics.auc DESC`.
  std::vector<std::string> order_by = {};
  /// Of a page: 1 to 50,000.
  std::size_t max_results = 1000;
  /// That of the last page; empty: the first page.
  std::string page_token = {};
  /// `mlflow` takes what MLflow's own registry takes, and nothing else.
  store::search_grammar grammar = store::search_grammar::full;
};

/// A page of what was found. The token is empty if it is the last one.
template <class Item>
struct search_page {
  std::vector<Item> items;
  std::string next_page_token;
};

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_OPERATIONS_HPP
