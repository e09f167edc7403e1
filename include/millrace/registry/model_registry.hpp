#ifndef MILLRACE_REGISTRY_MODEL_REGISTRY_HPP
#define MILLRACE_REGISTRY_MODEL_REGISTRY_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/registry/change.hpp>
#include <millrace/registry/detail/approvals.hpp>
#include <millrace/registry/detail/catalog.hpp>
#include <millrace/registry/detail/edits.hpp>
#include <millrace/registry/detail/input_checks.hpp>
#include <millrace/registry/detail/keys.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/detail/lookups.hpp>
#include <millrace/registry/detail/outbox.hpp>
#include <millrace/registry/detail/registry_policies.hpp>
#include <millrace/registry/detail/stored_artifacts.hpp>
#include <millrace/registry/detail/transitions.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/rules.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/transition_request.hpp>
#include <millrace/registry/watcher.hpp>
#include <millrace/store/content_storage.hpp>
#include <millrace/store/transaction.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

/// Where a registry keeps its documents, and what its times come from.
struct model_registry_options {
  /// The first part of all keys of the registry's documents.
  std::string folder = "registry";
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
  /// Of the artifacts' bytes: the folder, shared with whoever keeps the same bytes.
  store::content_options artifacts = {};
};

/// Models, their versions and what may be done with them, in any storage with transactions.
///
///     auto opened = mr::registry::open_registry(storage);
///     auto& models = *opened;
///     auto file = models.put_artifact("model.onnx", bytes, artifact_type::onnx);
///     auto version = models.register_version({.model = "fraud", .metrics = {{"auc", .95}}, .artifacts = {*file},
///                                             .actor = "ada"});
///     auto moved = models.promote<stage::development, stage::staging>({.model = "fraud", .version = 1, .actor =
///     "ada"});
///
/// Versions have numbers 1, 2, 3, ... that are never given twice, and semantic versions beside them if they like. What
/// a version was made of (artifacts, figures, parents) never changes; its description, tags, aliases and stage do.
///
/// Policies, in any order, defaults first:
/// - `standard_edges`, `any_edge` or `edges<...>`: which steps from stage to stage there are
/// - `outbox_only`, a `change_sink` such as `audit_sink`, or `unrecorded`: where changes are written down
/// - `unwatched`, or a `watcher` such as `watched`: hooks, events and metrics
/// - `artifacts_in<Storage>`: where artifacts' bytes are, if not in the same storage
///
/// Guarantee: each call is one transaction: all of it happens or nothing, for all processes that have the storage open,
/// and the change that a sink gets is written in the same one. A sink gets each change once, in their order, also when
/// the process is killed in between: what it does not have yet is handed to it by the next call, or the next `open`.
/// One registry at a time has a sink for a storage. Complexity: a few documents of the model for each call.
/// Threads: any number, if the storage allows it. The storage, and what policies refer to, outlive the registry.
/// Errors: not_found: the model, version or request; invalid_argument: what was asked for cannot be, with the reason;
/// corrupt, unsupported: a document in the storage is none, or a newer version's; those of the storage.
template <class Storage, class... Policies>
class model_registry {
  static_assert(millrace::detail::requirement<store::transactional_storage<Storage>, Storage>,
                "millrace[REGISTRY-4]: a registry needs a storage with transactions, such as memory_storage or "
                "sqlite_storage; a folder of files has none");
  static_assert((detail::is_registry_policy<Policies> && ...),
                "millrace[REGISTRY-5]: a model_registry's policies are edges, a sink of changes, a watcher and "
                "artifacts_in");

  using edges = detail::policy_or<detail::is_edges, standard_edges, Policies...>;
  using sink = detail::policy_or<detail::is_sink, outbox_only, Policies...>;
  using watch = detail::policy_or<detail::is_watcher, unwatched, Policies...>;
  using artifacts = detail::policy_or<detail::is_artifacts, artifacts_in<Storage>, Policies...>;
  using artifact_storage = std::remove_reference_t<decltype(std::declval<artifacts&>().storage())>;
  static constexpr bool is_recorded = !std::is_same_v<sink, unrecorded>;
  using writer = detail::ledger_writer<typename Storage::transaction>;
  using reader = detail::ledger<const typename Storage::snapshot>;

 public:
  /// Opens the registry in a storage, or begins one, and hands the sink what it does not have yet.
  /// Errors: unsupported: a newer version has written it; corrupt; those of the storage and of the sink.
  static result<model_registry> open(Storage& storage, model_registry_options options, Policies... policies) {
    if (auto fine = store::check_storage_key(options.folder); !fine) return std::move(fine).error();
    model_registry made(storage, std::move(options), policies...);
    if (auto begun = made.begin(); !begun) return std::move(begun).error();
    if (auto delivered = made.deliver_changes(); !delivered) return std::move(delivered).error();
    return made;
  }
  template <class... Rest>
  static result<model_registry> open(Storage&&, Rest&&...) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
    return error(errc::invalid_argument, "a temporary");
  }

  /// The registry's identifier: 32 hexadecimal digits, which its changes carry.
  const std::string& id() const noexcept { return self_->id; }

  // Models.

  /// Errors: already_exists.
  result<model> create_model(model_draft draft) {
    return self_->watcher.around(draft, [&](const model_draft& asked) -> result<model> {
      if (auto fine = detail::check_draft(asked); !fine) return std::move(fine).error();
      return transact([&](writer& books) { return detail::make_model(books, asked); });
    });
  }
  result<model> find_model(std::string_view name) const {
    return look([&](const reader& books) { return books.find_model(name); });
  }
  /// Gives a model another name; its versions go with it. Errors: already_exists.
  result<model> rename_model(std::string_view from, std::string_view to, std::string_view actor) {
    return transact([&](writer& books) { return detail::rename(books, from, to, actor); });
  }
  /// At most `limit` models in the order of their names, from the first behind `after`.
  result<std::vector<model>> list_models(std::string_view after = {}, std::size_t limit = 1000) const {
    return look([&](const reader& books) { return books.models_by_name(after, limit); });
  }

  /// Calls `use(model&&)` for all models that are not deleted, in the order of their names, of one moment.
  template <class Use>
  result<void> for_each_model(const Use& use) const {
    return look([&](const reader& books) { return detail::for_each_model(books, use); });
  }
  /// The same with `use(model_version&&)` for all versions of all models.
  template <class Use>
  result<void> for_each_version(const Use& use) const {
    return look([&](const reader& books) { return detail::for_each_version(books, use); });
  }

  /// Deletes a model or a version, which can be restored. A version leaves its stage, as the history tells, and open
  /// requests for it are withdrawn. Errors: conflict: it, or a version of it, is in production.
  result<void> remove(removal asked) {
    return self_->watcher.around(asked, [&](const removal& what) -> result<void> {
      auto done = transact([&](writer& books) {
        return what.version == 0 ? detail::remove_model(books, what) : detail::remove_version(books, what);
      });
      if (done) self_->watcher.emit(model_deleted{what});
      return done;
    });
  }
  /// Brings back a model with its versions, or a version, which begins in development again.
  /// Errors: conflict: it is not deleted; already_exists: its semantic version is another one's by now.
  result<void> restore(std::string_view name, std::uint64_t version, std::string_view actor) {
    return transact([&](writer& books) { return detail::restore(books, name, version, actor); });
  }

  // Versions.

  /// Keeps a file's bytes, once however many versions have them, and returns what a version names them by.
  result<artifact> put_artifact(std::string path, std::span<const std::byte> bytes,
                                artifact_type type = artifact_type::other) {
    if (auto fine = store::check_storage_key(path); !fine) return std::move(fine).error();
    auto id = contents().put(bytes);
    if (!id) return std::move(id).error();
    artifact made{std::move(path), to_string(*id), bytes.size(), type};
    self_->watcher.emit(artifact_stored{made});
    return made;
  }
  /// The bytes of a version's artifact. Errors: checksum_mismatch: they are not those that were registered.
  result<std::vector<std::byte>> read_artifact(const model_version& of, std::string_view path) const {
    return detail::read_artifact(contents(), of, path);
  }
  /// Whether the bytes of all its artifacts are those that were registered.
  result<void> verify_artifacts(const model_version& of) const { return detail::verify_artifacts(contents(), of); }

  /// Registers a version, whose number is one greater than any before.
  /// Errors: already_exists: its semantic version is another one's; not_found: an artifact's bytes, a parent, or the
  /// model where the draft does not create it.
  result<model_version> register_version(version_draft draft) {
    return self_->watcher.around(draft, [&](const version_draft& asked) -> result<model_version> {
      if (auto fine = detail::check_draft(asked); !fine) return std::move(fine).error();
      if (auto there = detail::find_contents(contents(), asked.artifacts); !there) return std::move(there).error();
      auto made = transact([&](writer& books) { return detail::make_version(books, asked); });
      if (made) self_->watcher.emit(model_registered{*made});
      return made;
    });
  }
  result<model_version> find_version(std::string_view name, std::uint64_t version) const {
    return with_model(name, [&](const reader& books, const model& of) { return books.find_version(of, version); });
  }
  /// The version of a semantic version, whatever its build.
  result<model_version> find_semantic(std::string_view name, std::string_view semantic) const {
    auto wanted = parse_semantic_version(semantic);
    if (!wanted) return std::move(wanted).error();
    return with_model(name,
                      [&](const reader& books, const model& of) { return detail::find_semantic(books, of, *wanted); });
  }
  /// The version that an alias stands for.
  result<model_version> find_alias(std::string_view name, std::string_view called) const {
    return with_model(name,
                      [&](const reader& books, const model& of) { return detail::find_alias(books, of, called); });
  }
  /// The versions of a model in a stage, ascending.
  result<std::vector<model_version>> in_stage(std::string_view name, stage which) const {
    return with_model(
        name, [&](const reader& books, const model& of) { return detail::versions_in_stage(books, of, which); });
  }
  /// The greatest version of each stage that has one, in the stages' order.
  result<std::vector<model_version>> latest_versions(std::string_view name) const {
    return with_model(name, [](const reader& books, const model& of) { return detail::latest_versions(books, of); });
  }
  /// At most `limit` versions of a model that are not deleted, ascending from the first behind `after`.
  result<std::vector<model_version>> list_versions(std::string_view name, std::uint64_t after = 0,
                                                   std::size_t limit = 1000) const {
    return with_model(
        name, [&](const reader& books, const model& of) { return detail::versions_after(books, of, after, limit); });
  }

  // Where versions come from, and what came of them. What is deleted is left out.

  /// The versions that name this one as a parent.
  result<std::vector<model_version>> children(std::string_view name, std::uint64_t version) const {
    return with_model(name, [&](const reader& books, const model& of) {
      return detail::versions_named(books, books.keys().children(of.id, version));
    });
  }
  result<std::vector<model_version>> versions_of_run(std::string_view run) const {
    return look([&](const reader& books) { return detail::versions_named(books, books.keys().run(run)); });
  }
  result<std::vector<model_version>> versions_of_data_set(std::string_view name) const {
    return look([&](const reader& books) { return detail::versions_named(books, books.keys().data_set(name)); });
  }

  // What may change. A version of 0 is the model itself.

  result<void> set_description(std::string_view name, std::uint64_t version, std::string text, std::string_view actor) {
    if (auto fine = detail::check_texts(actor, text); !fine) return fine;
    return transact([&](writer& books) {
      return detail::edit_texts(books, name, version, "description_changed", actor, {},
                                [&](std::string& description, std::vector<tag>&) {
                                  description = text;
                                  return result<void>();
                                });
    });
  }
  result<void> set_tag(std::string_view name, std::uint64_t version, const tag& what, std::string_view actor) {
    if (auto fine = detail::check_tags("the tag", {what}); !fine) return fine;
    if (auto fine = detail::check_actor(actor); !fine) return fine;
    return transact([&](writer& books) { return detail::set_tag(books, name, version, what, actor); });
  }
  result<void> remove_tag(std::string_view name, std::uint64_t version, std::string_view key, std::string_view actor) {
    if (auto fine = detail::check_texts(actor, key); !fine) return fine;
    return transact([&](writer& books) { return detail::remove_tag(books, name, version, key, actor); });
  }
  /// Lets an alias stand for a version, whatever it stood for before.
  result<void> set_alias(std::string_view name, std::string_view called, std::uint64_t version,
                         std::string_view actor) {
    if (auto fine = detail::check_actor(actor); !fine) return fine;
    return transact([&](writer& books) { return detail::set_alias(books, name, called, version, actor); });
  }
  result<void> remove_alias(std::string_view name, std::string_view called, std::string_view actor) {
    if (auto fine = detail::check_texts(actor, called); !fine) return fine;
    return transact([&](writer& books) { return detail::remove_alias(books, name, called, actor); });
  }
  /// Puts a comment under a version, or changes the text of one, whose number is given, as its author.
  /// Errors: permission_denied: it is another author's.
  result<comment> write_comment(std::string_view name, std::uint64_t version, std::string text, std::string author,
                                std::uint64_t number = 0) {
    if (auto fine = detail::check_name("the author", author); !fine) return std::move(fine).error();
    if (auto fine = detail::check_text("the comment", text); !fine) return std::move(fine).error();
    const comment what{number, std::move(author), std::move(text)};
    return transact([&](writer& books) { return detail::write_comment(books, name, version, what); });
  }
  result<void> remove_comment(std::string_view name, std::uint64_t version, std::uint64_t number,
                              std::string_view actor) {
    if (auto fine = detail::check_actor(actor); !fine) return fine;
    return transact([&](writer& books) { return detail::remove_comment(books, name, version, number, actor); });
  }
  result<std::vector<comment>> comments(std::string_view name, std::uint64_t version) const {
    return with_model(name, [&](const reader& books, const model& of) {
      return books.template load_all<comment>(books.keys().comments(of.id, version));
    });
  }

  // Stages.

  /// Moves a version by a step that the compiler knows to be legal.
  /// Errors: conflict: the version is not in `From`; those of `move`.
  template <stage From, stage To>
  result<stage_change> promote(transition asked) {
    static_assert(millrace::detail::requirement<edges::allows(From, To), edge<From, To>>,
                  "millrace[REGISTRY-1]: no version goes from this stage to that one: see the registry's edges");
    asked.to = To;
    return move_from(std::move(asked), From);
  }
  /// Moves a version; its stage is asked when it runs, as a server does.
  /// Errors: invalid_argument: there is no such step, with those that there are; conflict: the version is in that stage
  /// already, or a gate keeps it out, with its figures; permission_denied: reviewers have to approve a request.
  result<stage_change> move(transition asked) {
    return self_->watcher.around(asked, [&](const transition& what) -> result<stage_change> {
      if (auto fine = detail::check_texts(what.actor, what.reason); !fine) return std::move(fine).error();
      return told(transact([&](writer& books) { return detail::transition_now<edges>(books, what); }));
    });
  }
  /// Brings back the version that was in production before, without gates and approvals, and archives the one that is
  /// there. Errors: not_found: there was none before.
  result<stage_change> roll_back(std::string_view name, std::string_view actor, std::string_view reason) {
    if (auto fine = detail::check_texts(actor, reason); !fine) return std::move(fine).error();
    return told(transact([&](writer& books) { return detail::roll_back(books, name, actor, reason); }));
  }
  /// All changes of stages of a model, oldest first.
  result<std::vector<stage_change>> history(std::string_view name) const {
    return with_model(name, [](const reader& books, const model& of) { return detail::all_changes(books, of); });
  }
  /// Which versions were in a stage from when until when, in the order in which they entered it: which was in
  /// production when. Those that are deleted by now are among them.
  /// Complexity: the model's changes; of development, its versions too.
  result<std::vector<stage_period>> periods_in_stage(std::string_view name, stage which) const {
    return with_model(name, [&](const reader& books, const model& of) { return detail::periods_in(books, of, which); });
  }
  /// Which versions were in a stage at a time, in the order in which they entered it. As `periods_in_stage`.
  result<std::vector<std::uint64_t>> in_stage_at(std::string_view name, stage which, std::uint64_t time) const {
    const auto periods = periods_in_stage(name, which);
    if (!periods) return periods.error();
    return detail::held_at(*periods, time);
  }

  // Rules and requests.

  /// Sets what has to be fulfilled before a version of a model enters a stage; of all models that have no rule of their
  /// own, if the name is empty.
  result<void> set_rule(std::string_view name, const stage_rule& rule, std::string_view actor) {
    if (auto fine = detail::check_rule(rule, actor); !fine) return fine;
    return transact([&](writer& books) { return detail::set_rule(books, name, rule, actor); });
  }
  /// The rule that holds for a model and a stage.
  result<stage_rule> find_rule(std::string_view name, stage to) const {
    return with_model(name, [&](const reader& books, const model& of) { return books.rule(of.id, to); });
  }

  /// Asks that a version be moved.
  /// Errors: those of `move` but of gates, which are asked when it is moved; invalid_argument: nobody could approve it.
  result<transition_request> request_transition(request_draft draft) {
    return self_->watcher.around(draft, [&](const request_draft& asked) -> result<transition_request> {
      if (auto fine = detail::check_draft(asked); !fine) return std::move(fine).error();
      auto made = transact([&](writer& books) { return detail::open_request<edges>(books, asked); });
      if (made) self_->watcher.emit(approval_requested{*made});
      return made;
    });
  }
  /// Approves or rejects a request. The approval that makes them enough moves the version in the same transaction.
  /// One that would be enough, but for a gate, is not counted; the request's remarks and a change tell of it.
  /// Errors: permission_denied: the reviewer has asked for it, or is none of its reviewers; already_exists: has
  /// reviewed it already; timeout: it has expired; closed: it was rejected or withdrawn; conflict: it is approved
  /// already, or a gate keeps the version out; checksum_mismatch: artifacts are not those that were asked for.
  result<transition_request> review(review_draft draft);
  /// Takes a request back, which who has asked may. Errors: as of `review`.
  result<transition_request> withdraw(std::string_view name, std::uint64_t request, std::string_view actor,
                                      std::string_view reason) {
    if (auto fine = detail::check_texts(actor, reason); !fine) return std::move(fine).error();
    return told(transact([&](writer& books) { return detail::withdraw_request(books, name, request, actor, reason); }));
  }
  /// Says something about a request.
  result<transition_request> discuss(std::string_view name, std::uint64_t request, std::string_view actor,
                                     std::string_view text) {
    if (auto fine = detail::check_texts(actor, text); !fine) return std::move(fine).error();
    return transact([&](writer& books) { return detail::remark_on(books, name, request, actor, text); });
  }
  result<transition_request> find_request(std::string_view name, std::uint64_t number) const {
    return seen(with_model(name, [&](const reader& books, const model& of) { return books.find_request(of, number); }));
  }
  /// All requests of a model, oldest first.
  result<std::vector<transition_request>> list_requests(std::string_view name) const {
    return seen(with_model(name, [](const reader& books, const model& of) { return detail::all_requests(books, of); }));
  }
  /// The requests of all models that are open.
  result<std::vector<transition_request>> open_requests() const {
    auto found = seen(look([](const reader& books) { return detail::open_requests(books); }));
    if (found)
      std::erase_if(*found, [](const transition_request& each) { return each.status != request_status::open; });
    return found;
  }

  // Changes.

  /// Hands the sink all changes that it does not have, and waits until it has them; nothing without a sink. Every call
  /// that changes something does the same, and leaves the changes where they are if the sink fails.
  /// Errors: those of the sink and the storage.
  result<void> deliver_changes() {
    if constexpr (change_sink<sink>)
      return self_->outbox.deliver(*self_->storage, self_->keys, self_->changes);
    else
      return {};
  }
  /// At most `limit` changes that no sink has, oldest first.
  result<std::vector<registry::change>> pending_changes(std::size_t limit = 1000) const {
    return look([&](const reader& books) {
      return books.template load_all<registry::change>(books.keys().outbox(), {}, limit);
    });
  }

 private:
  friend detail::registry_access;

  struct state {
    Storage* storage;
    model_registry_options options;
    detail::keys keys;
    sink changes;
    watch watcher;
    artifacts files;
    std::string id = {};
    detail::outbox outbox = {};
  };

  model_registry(Storage& storage, model_registry_options&& options, Policies&... policies)
      : self_(new state{&storage,
                        std::move(options),
                        {},
                        detail::pick_policy<sink>(policies...),
                        detail::pick_policy<watch>(policies...),
                        files_of(storage, policies...)}) {
    self_->keys.root = self_->options.folder + '/';
  }
  static artifacts files_of(Storage& storage, Policies&... policies) {
    if constexpr ((detail::is_artifacts<Policies>::value || ...))
      return detail::pick_policy<artifacts>(policies...);
    else
      return artifacts(storage);
  }
  store::content_storage<artifact_storage> contents() const {
    return store::content_storage<artifact_storage>(self_->files.storage(), self_->options.artifacts);
  }

  /// Calls `use(writer&)` in a transaction, and hands over what it has noted.
  template <class Use>
  auto transact(const Use& use) -> decltype(use(std::declval<writer&>())) {
    const std::uint64_t now = self_->options.wall_clock();
    auto made = self_->storage->transact([&](typename Storage::transaction& transaction) {
      writer books(transaction, self_->keys, now, is_recorded);
      return use(books);
    });
    // What the sink does not take waits for the next call: what was done is done.
    if (made) static_cast<void>(deliver_changes());
    return made;
  }
  template <class Use>
  auto look(const Use& use) const -> decltype(use(std::declval<const reader&>())) {
    return std::as_const(*self_->storage).look([&](const typename Storage::snapshot& snapshot) {
      const reader books(snapshot, self_->keys);
      return use(books);
    });
  }
  /// Calls `use(reader, model)` with a model that is there.
  template <class Use>
  auto with_model(std::string_view name, const Use& use) const
      -> decltype(use(std::declval<const reader&>(), std::declval<const model&>())) {
    return look([&](const reader& books) -> decltype(use(books, std::declval<const model&>())) {
      const auto of = books.find_model(name);
      if (!of) return of.error();
      return use(books, *of);
    });
  }

  result<void> begin();
  result<stage_change> move_from(transition asked, stage from);
  /// Tells the watcher of what a transition did.
  result<stage_change> told(result<stage_change> made) {
    if (!made) return made;
    for (const std::uint64_t each : made->archived) self_->watcher.emit(model_archived{made->model, each});
    if (made->to == stage::archived)
      self_->watcher.emit(model_archived{made->model, made->version});
    else
      self_->watcher.emit(model_promoted{*made});
    return made;
  }
  /// What a review or a withdrawal came to, for who asked for it.
  result<transition_request> told(result<detail::review_outcome> made) {
    if (!made) return std::move(made).error();
    if (!made->stopped) return std::move(made->stopped).error();
    self_->watcher.emit(approval_changed{made->request});
    if (made->was_expired) return detail::closed_request(made->request);
    if (!made->moved.empty()) static_cast<void>(told(result<stage_change>(std::move(made->moved.front()))));
    return std::move(made->request);
  }
  /// A request as it is now: expired, if its time is over, though nobody has written that down yet.
  result<transition_request> seen(result<transition_request> request) const {
    if (request && request->is_overdue(self_->options.wall_clock())) request->status = request_status::expired;
    return request;
  }

  result<std::vector<transition_request>> seen(result<std::vector<transition_request>> requests) const {
    if (requests)
      for (transition_request& each : *requests)
        if (each.is_overdue(self_->options.wall_clock())) each.status = request_status::expired;
    return requests;
  }

  detail::owning_pointer<state> self_;
};

/// Opens a registry with policies that the arguments are: `open_registry(storage, {}, audit_sink(trail), any_edge())`.
template <class Storage, class... Policies>
result<model_registry<Storage, Policies...>> open_registry(Storage& storage, model_registry_options options = {},
                                                           Policies... policies) {
  return model_registry<Storage, Policies...>::open(storage, std::move(options), std::move(policies)...);
}

template <class Storage, class... Rest>
requires(!std::is_lvalue_reference_v<Storage>)
result<model_registry<Storage>> open_registry(Storage&& storage, Rest&&...) {
  return model_registry<Storage>::open(std::move(storage));
}

template <class Storage, class... Policies>
result<void> model_registry<Storage, Policies...>::begin() {
  const auto found = look([](const reader& books) { return books.state(); });
  if (!found && found.error().code() != errc::not_found) return found.error();
  if (found && found->indexes >= detail::registry_state::current_indexes) {
    self_->id = found->id;
    return {};
  }
  return self_->storage->transact([&](typename Storage::transaction& transaction) -> result<void> {
    writer books(transaction, self_->keys, 0, is_recorded);
    std::string id;
    for (int half = 0; half < 2; ++half) id += store::number_key_part(entropy_seed());
    auto made = detail::begin_books(books, id);
    if (!made) return std::move(made).error();
    self_->id = std::move(made->id);
    return {};
  });
}

template <class Storage, class... Policies>
result<stage_change> model_registry<Storage, Policies...>::move_from(transition asked, stage from) {
  return self_->watcher.around(asked, [&](const transition& what) -> result<stage_change> {
    if (auto fine = detail::check_texts(what.actor, what.reason); !fine) return std::move(fine).error();
    return told(transact([&](writer& books) -> result<stage_change> {
      const auto of = books.find_model(what.model);
      if (!of) return of.error();
      const auto version = books.find_version(*of, what.version);
      if (!version) return version.error();
      if (version->stage != from)
        return error(errc::conflict, detail::name_of(of->name, what.version) + " is in " +
                                         std::string(to_string(version->stage)) + ", not in " +
                                         std::string(to_string(from)));
      return detail::transition_now<edges>(books, what);
    }));
  });
}

template <class Storage, class... Policies>
result<transition_request> model_registry<Storage, Policies...>::review(review_draft draft) {
  return self_->watcher.around(draft, [&](const review_draft& asked) -> result<transition_request> {
    if (auto fine = detail::check_draft(asked); !fine) return std::move(fine).error();
    if (asked.verdict == verdict::approve) {  // outside of the transaction, since artifacts are large
      const auto of = with_model(asked.model, [&](const reader& books, const model& model) -> result<model_version> {
        const auto request = books.find_request(model, asked.request);
        if (!request) return request.error();
        return books.find_version(model, request->version);
      });
      if (of)
        if (auto same = verify_artifacts(*of); !same) return std::move(same).error();
    }
    return told(transact([&](writer& books) { return detail::review_request<edges>(books, asked); }));
  });
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_MODEL_REGISTRY_HPP
