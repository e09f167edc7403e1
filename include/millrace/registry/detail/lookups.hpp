#ifndef MILLRACE_REGISTRY_DETAIL_LOOKUPS_HPP
#define MILLRACE_REGISTRY_DETAIL_LOOKUPS_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/detail/transitions.hpp>
#include <millrace/registry/detail/version_index.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/semantic_version.hpp>
#include <millrace/registry/transition_request.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Questions about models and versions, each function within a snapshot.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

/// Shows what is beside a registry, such as a search, its documents of one moment.
struct registry_access {
  template <class Registry, class Use>
  static auto look(const Registry& models, const Use& use) {
    return models.look(use);
  }
};

template <class Ledger>
result<model_version> find_semantic(const Ledger& books, const model& of, const semantic_version& wanted) {
  const auto version = books.number_at(semantic_key(books.keys(), of.id, wanted));
  if (!version && version.error().code() == errc::not_found)
    return error(errc::not_found, "the model " + quoted_text(of.name) + " has no version " + to_string(wanted));
  if (!version) return version.error();
  return books.find_version(of, *version);
}

template <class Ledger>
result<model_version> find_alias(const Ledger& books, const model& of, std::string_view called) {
  for (const alias& each : of.aliases)
    if (each.name == called) return books.find_version(of, each.version);
  return error(errc::not_found, "the model " + quoted_text(of.name) + " has no alias " + quoted_text(called));
}

template <class Ledger>
result<std::vector<model_version>> versions_in_stage(const Ledger& books, const model& of, stage which) {
  const auto numbers = books.in_stage(of.id, which);
  if (!numbers) return numbers.error();
  std::vector<model_version> made;
  for (const std::uint64_t each : *numbers) {
    auto version = books.find_version(of, each);
    if (!version) return std::move(version).error();
    made.push_back(std::move(*version));
  }
  return made;
}

/// The greatest version of each stage that has one, in the stages' order.
template <class Ledger>
result<std::vector<model_version>> latest_versions(const Ledger& books, const model& of) {
  std::vector<model_version> made;
  for (std::size_t i = 0; i < stages; ++i) {
    const auto last = books.last_in_stage(of.id, static_cast<stage>(i));
    if (!last) return last.error();
    if (*last == 0) continue;
    auto version = books.find_version(of, *last);
    if (!version) return std::move(version).error();
    made.push_back(std::move(*version));
  }
  return made;
}

template <class Ledger>
result<std::vector<model_version>> versions_after(const Ledger& books, const model& of, std::uint64_t after,
                                                  std::size_t limit) {
  std::vector<model_version> made;
  for (std::uint64_t number = after + 1; number <= of.last_version && made.size() < limit; ++number) {
    auto version = books.any_version(of, number);
    if (!version) return std::move(version).error();
    if (!version->is_deleted) made.push_back(std::move(*version));
  }
  return made;
}

/// The versions that index entries `<model>-<version>` name; those that are deleted are left out.
template <class Ledger>
result<std::vector<model_version>> versions_named(const Ledger& books, const std::string& prefix) {
  std::vector<model_version> made;
  auto walked = books.for_each_part(prefix, [&](std::string_view part) -> result<void> {
    std::uint64_t id = 0, number = 0;
    if (!read_number_pair(part, id, number))
      return error(errc::corrupt, "a registry's entry names no version: " + quoted_text(prefix + std::string(part)));
    const auto of = books.model_of(id);
    if (!of) return of.error();
    if (of->is_deleted) return {};
    auto version = books.any_version(*of, number);
    if (!version) return std::move(version).error();
    if (!version->is_deleted) made.push_back(std::move(*version));
    return {};
  });
  if (!walked) return std::move(walked).error();
  return made;
}

template <class Ledger, class Use>
result<void> for_each_model(const Ledger& books, const Use& use) {
  return books.for_each_part(books.keys().names(), [&](std::string_view part) -> result<void> {
    const auto id = books.number_at(books.keys().names() + std::string(part));
    if (!id) return id.error();
    auto of = books.model_of(*id);
    if (!of) return std::move(of).error();
    if (!of->is_deleted) use(std::move(*of));
    return {};
  });
}

template <class Ledger, class Use>
result<void> for_each_version(const Ledger& books, const Use& use) {
  result<void> done;
  auto walked = for_each_model(books, [&](const model& of) {
    for (std::uint64_t number = 1; number <= of.last_version && done; ++number) {
      auto version = books.any_version(of, number);
      if (!version)
        done = std::move(version).error();
      else if (!version->is_deleted)
        use(std::move(*version));
    }
  });
  return walked ? std::move(done) : std::move(walked);
}

template <class Ledger>
result<std::vector<stage_change>> all_changes(const Ledger& books, const model& of) {
  std::vector<stage_change> made;
  auto walked = for_each_change(books, of, [&](stage_change&& each) {
    made.push_back(std::move(each));
    return true;
  });
  if (!walked) return std::move(walked).error();
  return made;
}

/// How long which versions were in a stage, in the order in which they entered it.
template <class Ledger>
result<std::vector<stage_period>> periods_in(const Ledger& books, const model& of, stage which) {
  std::vector<stage_period> made;
  const auto leave = [&](std::uint64_t version, std::uint64_t at) {
    for (stage_period& each : made)
      if (each.version == version && each.until == 0) each.until = at;
  };
  std::vector<stage_period> deleted;  // in development, which no change tells either
  for (std::uint64_t number = 1; which == stage::development && number <= of.last_version; ++number) {
    const auto version = books.template load<model_version>(books.keys().version(of.id, number));
    if (!version) return version.error();
    made.push_back({number, version->created, 0, {}, 0});
    if (version->is_deleted && version->stage == stage::development)
      deleted.push_back({number, 0, version->updated, {}, 0});
  }
  auto walked = for_each_change(books, of, [&](const stage_change& each) {
    if (each.from == which) leave(each.version, each.at);
    if (each.to == which) made.push_back({each.version, each.at, 0, each.actor, each.request});
    return true;
  });
  if (!walked) return std::move(walked).error();
  for (const stage_period& each : deleted) leave(each.version, each.until);
  sort_by(made, [](const stage_period& a, const stage_period& b) {
    return a.from != b.from ? a.from < b.from : a.version < b.version;
  });
  return made;
}

/// The versions of the periods that a time is in.
inline std::vector<std::uint64_t> held_at(const std::vector<stage_period>& periods, std::uint64_t time) {
  std::vector<std::uint64_t> held;
  for (const stage_period& each : periods)
    if (each.contains(time)) held.push_back(each.version);
  return held;
}

template <class Ledger>
result<std::vector<transition_request>> all_requests(const Ledger& books, const model& of) {
  std::vector<transition_request> made;
  for (std::uint64_t number = 1; number <= of.last_request; ++number) {
    auto request = books.find_request(of, number);
    if (!request) return std::move(request).error();
    made.push_back(std::move(*request));
  }
  return made;
}

/// The requests of all models that nobody has closed.
template <class Ledger>
result<std::vector<transition_request>> open_requests(const Ledger& books) {
  std::vector<transition_request> made;
  auto walked = books.for_each_part(books.keys().open_requests(), [&](std::string_view part) -> result<void> {
    std::uint64_t id = 0, number = 0;
    if (!read_number_pair(part, id, number))
      return error(errc::corrupt, "a registry's entry names no request: " + quoted_text(part));
    const auto of = books.model_of(id);
    if (!of) return of.error();
    if (of->is_deleted) return {};
    auto request = books.find_request(*of, number);
    if (!request) return std::move(request).error();
    made.push_back(std::move(*request));
    return {};
  });
  if (!walked) return std::move(walked).error();
  return made;
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_LOOKUPS_HPP
