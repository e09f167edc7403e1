#ifndef MILLRACE_REGISTRY_DETAIL_TRANSITIONS_HPP
#define MILLRACE_REGISTRY_DETAIL_TRANSITIONS_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/rules.hpp>
#include <millrace/registry/stage.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How versions go from stage to stage, each function within a transaction.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

constexpr std::string_view change_kind_of(stage to) noexcept {
  return to == stage::archived ? "model_archived" : "model_promoted";
}

/// Moves one version and writes down that it was. Whether it may go there has been asked.
template <class Ledger>
result<void> move_version(Ledger& books, model& of, model_version& version, stage_change& made, std::string_view kind) {
  const auto entry = [&](stage which) {
    return books.keys().stage(of.id, which) + store::number_key_part(version.version);
  };
  made.model = of.name;
  made.version = version.version;
  made.from = version.stage;
  made.at = books.now();
  if (auto done = books.remove(entry(made.from)); !done) return done;
  if (auto done = books.keep_entry(entry(made.to)); !done) return done;
  version.stage = made.to;
  if (auto done = books.keep(of, version); !done) return done;
  ++of.changes;
  if (auto done = books.keep(books.keys().history(of.id) + store::number_key_part(of.changes), made); !done)
    return done;
  std::vector<tag> fields{{"from", std::string(to_string(made.from))},
                          {"to", std::string(to_string(made.to))},
                          {"version", std::to_string(made.version)}};
  if (made.request != 0) fields.push_back({"request", std::to_string(made.request)});
  return books.note(kind, made.actor, object_of(of.name, made.version), made.reason, std::move(fields));
}

/// The version in production, or none: where there are several, the one that got there last.
template <class Ledger>
result<std::vector<model_version>> production_of(const Ledger& books, const model& of) {
  const auto live = books.in_stage(of.id, stage::production);
  if (!live) return live.error();
  std::vector<model_version> made;
  for (const std::uint64_t each : *live) {
    auto version = books.find_version(of, each);
    if (!version) return std::move(version).error();
    if (made.empty() || made.back().updated <= version->updated) {
      made.clear();
      made.push_back(std::move(*version));
    }
  }
  return made;
}

/// Archives what is in a stage, but for one version, and adds what it has moved.
template <class Ledger>
result<void> archive_others(Ledger& books, model& of, const stage_change& maker, std::vector<std::uint64_t>& moved) {
  const auto others = books.in_stage(of.id, maker.to);
  if (!others) return others.error();
  for (const std::uint64_t each : *others) {
    if (each == maker.version) continue;
    auto version = books.any_version(of, each);
    if (!version) return std::move(version).error();
    stage_change change;
    change.to = stage::archived;
    change.actor = maker.actor;
    change.reason = "version " + std::to_string(maker.version) + " takes its place";
    change.request = maker.request;
    if (auto done = move_version(books, of, *version, change, change_kind_of(stage::archived)); !done) return done;
    moved.push_back(each);
  }
  return {};
}

/// Whether a version passes the gates of a stage. Errors: conflict: it does not, with the gate and its figures.
template <class Ledger>
result<void> pass_gates(const Ledger& books, const model& of, const model_version& version, const stage_rule& rule) {
  if (rule.gates.empty()) return {};
  const auto live = production_of(books, of);
  if (!live) return live.error();
  return check_gates(rule, version, live->empty() ? nullptr : &live->front());
}

/// Moves a version to a stage past the stage's gates, and with `archives_others` empties the stage for it.
template <class Edges, class Ledger>
result<stage_change> enter_stage(Ledger& books, model& of, model_version& version, const transition& asked,
                                 const stage_rule& rule, std::uint64_t request) {
  if (auto fine = check_edge<Edges>(version.stage, asked.to); !fine)
    return std::move(fine).error().wrap(name_of(of.name, version.version));
  if (auto fine = pass_gates(books, of, version, rule); !fine) return std::move(fine).error();
  stage_change made;
  made.version = version.version;
  made.to = asked.to;
  made.actor = asked.actor;
  made.reason = asked.reason;
  made.request = request;
  std::vector<std::uint64_t> archived;
  const bool is_held_by_few = asked.to == stage::staging || asked.to == stage::production;
  if (asked.archives_others && is_held_by_few)
    if (auto done = archive_others(books, of, made, archived); !done) return std::move(done).error();
  if (auto done = move_version(books, of, version, made, change_kind_of(asked.to)); !done)
    return std::move(done).error();
  if (auto done = books.keep(of); !done) return std::move(done).error();
  made.archived = std::move(archived);
  return made;
}

/// A transition that nobody needs to approve.
template <class Edges, class Ledger>
result<stage_change> transition_now(Ledger& books, const transition& asked) {
  auto of = books.find_model(asked.model);
  if (!of) return std::move(of).error();
  auto version = books.find_version(*of, asked.version);
  if (!version) return std::move(version).error();
  if (auto fine = check_edge<Edges>(version->stage, asked.to); !fine)
    return std::move(fine).error().wrap(name_of(of->name, version->version));
  const auto rule = books.rule(of->id, asked.to);
  if (!rule) return rule.error();
  if (rule->approvals != 0)
    return error(errc::permission_denied,
                 name_of(of->name, asked.version) + " enters " + std::string(to_string(asked.to)) + " when " +
                     std::to_string(rule->approvals) + " reviewers have approved a request for it");
  return enter_stage<Edges>(books, *of, *version, asked, *rule, 0);
}

/// The version that was in production before the one that is: of the changes that brought a version there, the last
/// whose version is not there now and is not deleted.
template <class Ledger>
result<model_version> production_before(const Ledger& books, const model& of) {
  for (std::uint64_t at = of.changes; at > 0; --at) {
    const auto change = books.template load<stage_change>(books.keys().history(of.id) + store::number_key_part(at));
    if (!change) return change.error();
    if (change->to != stage::production) continue;
    auto version = books.any_version(of, change->version);
    if (!version) return version;
    if (version->stage != stage::production && !version->is_deleted) return version;
  }
  return error(errc::not_found,
               "no other version of the model " + quoted_text(of.name) + " that is there has been in production");
}

/// Brings the version back into production that was there before, and archives the one that is. Gates and approvals are
/// not asked: it has passed them.
template <class Ledger>
result<stage_change> roll_back(Ledger& books, std::string_view name, std::string_view actor, std::string_view reason) {
  auto of = books.find_model(name);
  if (!of) return std::move(of).error();
  auto before = production_before(books, *of);
  if (!before) return std::move(before).error();
  stage_change made;
  made.version = before->version;
  made.to = stage::production;
  made.actor = actor;
  made.reason = reason;
  std::vector<std::uint64_t> archived;
  if (auto done = archive_others(books, *of, made, archived); !done) return std::move(done).error();
  if (auto done = move_version(books, *of, *before, made, "model_rolled_back"); !done) return std::move(done).error();
  if (auto done = books.keep(*of); !done) return std::move(done).error();
  made.archived = std::move(archived);
  return made;
}

/// Calls `use(change)` for the changes of a model, oldest first, until one returns false.
template <class Ledger, class Use>
result<void> for_each_change(const Ledger& books, const model& of, const Use& use) {
  for (std::uint64_t at = 1; at <= of.changes; ++at) {
    auto change = books.template load<stage_change>(books.keys().history(of.id) + store::number_key_part(at));
    if (!change) return std::move(change).error();
    change->model = of.name;
    if (!use(std::move(*change))) break;
  }
  return {};
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_TRANSITIONS_HPP
