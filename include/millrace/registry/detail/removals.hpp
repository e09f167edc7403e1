#ifndef MILLRACE_REGISTRY_DETAIL_REMOVALS_HPP
#define MILLRACE_REGISTRY_DETAIL_REMOVALS_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/detail/requests.hpp>
#include <millrace/registry/detail/transitions.hpp>
#include <millrace/registry/detail/version_index.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How models and versions are deleted and restored, each function within a transaction.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

/// Marks a version as deleted. It leaves the stage that it is in, so that the history tells until when it was there,
/// and nobody can approve a request for it any more. The caller keeps the model, whose changes it counts.
template <class Ledger>
result<void> delete_version(Ledger& books, model& of, model_version& version, std::string_view actor,
                            std::string_view reason) {
  const bool is_held = version.stage == stage::staging || version.stage == stage::production;
  result<void> told;
  if (is_held) {
    stage_change left;
    left.to = stage::archived;
    left.actor = actor;
    left.reason = reason.empty() ? std::string_view("the version was deleted") : reason;
    told = move_version(books, of, version, left, "version_deleted");
  } else {
    told = books.note("version_deleted", actor, object_of(of.name, version.version), reason);
  }
  if (!told) return told;
  version.is_deleted = true;
  if (auto done = leave_indexes(books, of, version); !done) return done;
  if (auto done = books.keep(of, version); !done) return done;
  return end_requests(books, of, version.version, actor);
}

/// Deletes all versions of a model that is deleted, so that they stay so when its name is used again.
template <class Ledger>
result<void> delete_versions(Ledger& books, model& of, std::string_view actor) {
  auto all = books.template load_all<model_version>(books.keys().versions(of.id));
  if (!all) return std::move(all).error();
  for (model_version& each : *all)
    if (!each.is_deleted)
      if (auto done = delete_version(books, of, each, actor, "another model has the name of its model"); !done)
        return done;
  return {};
}

template <class Ledger>
result<void> remove_model(Ledger& books, const removal& asked) {
  auto of = books.find_model(asked.model);
  if (!of) return std::move(of).error();
  const auto live = books.in_stage(of->id, stage::production);
  if (!live) return live.error();
  if (!live->empty() && !asked.also_in_production)
    return error(errc::conflict, name_of(of->name, live->front()) + " is in production");
  of->is_deleted = true;
  if (auto done = books.keep(*of); !done) return done;
  return books.note("model_deleted", asked.actor, object_of(of->name), asked.reason);
}

template <class Ledger>
result<void> remove_version(Ledger& books, const removal& asked) {
  auto of = books.find_model(asked.model);
  if (!of) return std::move(of).error();
  auto version = books.find_version(*of, asked.version);
  if (!version) return std::move(version).error();
  if (version->stage == stage::production && !asked.also_in_production)
    return error(errc::conflict, name_of(of->name, version->version) + " is in production");
  if (auto done = delete_version(books, *of, *version, asked.actor, asked.reason); !done) return done;
  std::vector<alias> left;
  for (const alias& each : of->aliases)
    if (each.version != version->version) left.push_back(each);
  of->aliases = std::move(left);
  return books.keep(*of);
}

/// Brings back a model, with the versions that were there, or a version, which begins in development again.
template <class Ledger>
result<void> restore(Ledger& books, std::string_view name, std::uint64_t number, std::string_view actor) {
  auto of = books.any_model(name);
  if (!of) return std::move(of).error();
  if (number == 0) {
    if (!of->is_deleted) return error(errc::conflict, "the model " + quoted_text(name) + " is not deleted");
    of->is_deleted = false;
    if (auto done = books.keep(*of); !done) return done;
    return books.note("model_restored", actor, object_of(of->name));
  }
  if (of->is_deleted) return books.find_model(name).error();
  auto version = books.any_version(*of, number);
  if (!version) return std::move(version).error();
  if (!version->is_deleted) return error(errc::conflict, name_of(of->name, number) + " is not deleted");
  version->is_deleted = false;
  result<void> told;
  if (version->stage == stage::development) {
    told = books.note("version_restored", actor, object_of(of->name, number));
  } else {
    stage_change back;
    back.actor = actor;
    back.reason = "the version was restored";
    told = move_version(books, *of, *version, back, "version_restored");
    if (told) told = books.keep(*of);
  }
  if (!told) return told;
  if (auto done = enter_indexes(books, *of, *version); !done) return done;
  return books.keep(*of, *version);
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_REMOVALS_HPP
