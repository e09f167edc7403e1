#ifndef MILLRACE_REGISTRY_DETAIL_CATALOG_HPP
#define MILLRACE_REGISTRY_DETAIL_CATALOG_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/input_checks.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/detail/removals.hpp>
#include <millrace/registry/detail/version_index.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/semantic_version.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How models and versions come to be, each function within a transaction.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

template <class Ledger>
result<model> make_model(Ledger& books, const model_draft& draft) {
  auto before = books.any_model(draft.name);
  if (!before && before.error().code() != errc::not_found) return before;
  if (before && !before->is_deleted)
    return error(errc::already_exists, "there is a model " + quoted_text(draft.name) + " already");
  model made;
  if (before) {
    // The name of a model that is deleted is free. Its versions stay deleted, and their numbers are not given again.
    made.id = before->id;
    made.last_version = before->last_version;
    made.last_request = before->last_request;
    made.changes = before->changes;
    made.name = draft.name;
    if (auto done = delete_versions(books, made, draft.actor); !done) return std::move(done).error();
  } else {
    auto state = books.state();
    if (!state) return std::move(state).error();
    made.id = ++state->last_model;
    if (auto done = books.keep(books.keys().state(), *state); !done) return std::move(done).error();
    if (auto done = books.keep_number(books.keys().name(draft.name), made.id); !done) return std::move(done).error();
  }
  made.name = draft.name;
  made.description = draft.description;
  made.tags = draft.tags;
  made.created = books.now();
  made.created_by = draft.actor;
  if (auto done = books.keep(made); !done) return std::move(done).error();
  if (auto done = books.note("model_created", draft.actor, object_of(made.name)); !done) return std::move(done).error();
  return made;
}

/// The identifiers of a draft's parents, which have to be there.
template <class Ledger>
result<std::vector<version_reference>> find_parents(Ledger& books, const version_draft& draft) {
  std::vector<version_reference> made;
  for (const version_reference& each : draft.parents) {
    const auto parent = books.find_model(each.model);
    if (!parent) return error(parent.error()).wrap("a parent of the new version");
    const auto version = books.find_version(*parent, each.version);
    if (!version) return error(version.error()).wrap("a parent of the new version");
    made.push_back({parent->name, each.version, parent->id});
  }
  return made;
}

template <class Ledger>
result<model> model_for(Ledger& books, const version_draft& draft) {
  auto found = books.find_model(draft.model);
  if (found || found.error().code() != errc::not_found || !draft.creates_model) return found;
  if (const auto deleted = books.any_model(draft.model); deleted) return found;
  return make_model(books, model_draft{draft.model, {}, {}, draft.actor});
}

template <class Ledger>
result<model_version> make_version(Ledger& books, const version_draft& draft) {
  auto of = model_for(books, draft);
  if (!of) return std::move(of).error();
  auto parents = find_parents(books, draft);
  if (!parents) return std::move(parents).error();
  if (of->last_version == ~std::uint64_t{0})
    return error(errc::out_of_range, "the model " + quoted_text(of->name) + " has no version number left");
  model_version made;
  made.model = of->name;
  made.version = ++of->last_version;
  made.description = draft.description;
  made.framework = draft.framework;
  made.hyperparameters = draft.hyperparameters;
  made.metrics = draft.metrics;
  made.tags = draft.tags;
  made.run_id = draft.run_id;
  made.run_link = draft.run_link;
  made.source = draft.source;
  made.parents = std::move(*parents);
  made.data_sets = draft.data_sets;
  made.artifacts = draft.artifacts;
  made.digest = digest_of(made.source, made.artifacts);
  made.created = books.now();
  made.created_by = draft.actor;
  if (!draft.semantic.empty()) {
    auto semantic = parse_semantic_version(draft.semantic);
    if (!semantic) return std::move(semantic).error();
    made.semantic = to_string(*semantic);
  }
  if (auto done = enter_indexes(books, *of, made); !done) return std::move(done).error();
  if (auto done = enter_lineage(books, *of, made); !done) return std::move(done).error();
  if (auto done = books.keep(*of, made); !done) return std::move(done).error();
  if (auto done = books.keep(*of); !done) return std::move(done).error();
  std::vector<tag> fields{{"version", std::to_string(made.version)}, {"digest", made.digest}};
  if (!made.semantic.empty()) fields.push_back({"semantic_version", made.semantic});
  if (!made.run_id.empty()) fields.push_back({"run", made.run_id});
  auto done = books.note("model_registered", draft.actor, object_of(of->name, made.version), draft.description,
                         std::move(fields));
  if (!done) return std::move(done).error();
  return made;
}

/// The entries by which a version is found from its parents, its run and its data.
template <class Ledger>
result<void> enter_lineage(Ledger& books, const model& of, const model_version& version) {
  const std::string self = number_pair(of.id, version.version);
  for (const version_reference& each : version.parents)
    if (auto done = books.keep_entry(books.keys().children(each.model_id, each.version) + self); !done) return done;
  for (const data_set& each : version.data_sets)
    if (auto done = books.keep_entry(books.keys().data_set(each.name) + self); !done) return done;
  if (version.run_id.empty()) return {};
  return books.keep_entry(books.keys().run(version.run_id) + self);
}

template <class Ledger>
result<model> rename(Ledger& books, std::string_view from, std::string_view to, std::string_view actor) {
  auto of = books.find_model(from);
  if (!of) return of;
  if (auto fine = check_name("a model's name", to); !fine) return std::move(fine).error();
  if (from == to) return of;
  const auto other = books.any_model(to);
  if (other)
    return error(errc::already_exists,
                 "there is a model " + quoted_text(to) + (other->is_deleted ? ", which is deleted" : ""));
  if (other.error().code() != errc::not_found) return other.error();
  of->name = to;
  if (auto done = books.remove(books.keys().name(from)); !done) return std::move(done).error();
  if (auto done = books.keep_number(books.keys().name(to), of->id); !done) return std::move(done).error();
  if (auto done = books.keep(*of); !done) return std::move(done).error();
  auto done = books.note("model_renamed", actor, object_of(of->name), {}, {{"from", std::string(from)}});
  if (!done) return std::move(done).error();
  return of;
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_CATALOG_HPP
