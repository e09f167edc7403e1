// What the registry tool can do with the models of a store. Every function prints what it found or did, or returns why
// it could not.
#ifndef EXAMPLES_REGISTRY_TOOL_COMMANDS_HPP
#define EXAMPLES_REGISTRY_TOOL_COMMANDS_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/rules.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace registry_tool {

namespace mr = millrace;
namespace mg = millrace::registry;

/// What a command ends with, as its exit code.
enum class verdict { done = 0, refused = 1, wrong_options = 2, failed = 3 };

/// Where the models are, and who asks.
struct place {
  std::string store;
  std::string audit;  // the folder of the audit trail that the changes go to; empty: they wait in the store
  std::string actor;
};
/// A version of a model: its number, its semantic version, `@alias`, or the stage in which it is alone.
struct version_name {
  std::string model;
  std::string version;
};

mr::result<verdict> list_models(const place& in);

struct wanted_versions {
  std::string filter;
  std::vector<std::string> order;
  std::size_t limit = 100;
};
/// The versions of a model, or of all if its name is empty.
mr::result<verdict> list_versions(const place& in, const std::string& model, const wanted_versions& wanted);
mr::result<verdict> show(const place& in, const version_name& which);
mr::result<verdict> compare(const place& in, const std::string& model, const std::vector<std::string>& versions,
                            const std::string& format);
/// What happened to a model's versions; or which were in which stage at a moment, if it is not 0.
mr::result<verdict> show_history(const place& in, const std::string& model, std::uint64_t moment);

/// `files` are paths, each with its type and a colon before it where its name does not say what it is.
mr::result<verdict> register_version(const place& in, mg::version_draft draft, const std::vector<std::string>& files);
/// `gates` are `auc>=0.9`, or `auc>=production-0.01` beside the version in production.
mr::result<verdict> set_rule(const place& in, const std::string& model, mg::stage_rule rule,
                             const std::vector<std::string>& gates);
mr::result<verdict> set_alias(const place& in, const version_name& which, const std::string& alias);

/// The requests of a model, or the open ones of all if its name is empty.
mr::result<verdict> list_requests(const place& in, const std::string& model);
mr::result<verdict> request(const place& in, const version_name& which, mg::request_draft draft);
mr::result<verdict> review(const place& in, mg::review_draft draft);
mr::result<verdict> withdraw(const place& in, const std::string& model, std::uint64_t number,
                             const std::string& reason);
mr::result<verdict> promote(const place& in, const version_name& which, mg::transition what);
mr::result<verdict> roll_back(const place& in, const std::string& model, const std::string& reason);

/// `layout` is mlflow, triton or folders; the last has all versions, and the audit trail if one is named.
mr::result<verdict> export_to(const place& in, const version_name& which, const std::string& layout,
                              const std::string& folder);
/// Registers what an export of the layout `folders` wrote.
mr::result<verdict> import_from(const place& in, const std::string& model, const std::string& folder);

}  // namespace registry_tool

#endif
