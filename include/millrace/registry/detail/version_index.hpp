#ifndef MILLRACE_REGISTRY_DETAIL_VERSION_INDEX_HPP
#define MILLRACE_REGISTRY_DETAIL_VERSION_INDEX_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/keys.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/semantic_version.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// The entries by which versions are found that are there, which are written in the transaction that changes what they
// are derived from. A version that is deleted is in none of them.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

/// The key of a semantic version's entry: without its build, which makes no other version.
inline std::string semantic_key(const keys& of, std::uint64_t id, semantic_version version) {
  version.build.clear();
  return of.semantic(id, to_string(version));
}
inline std::string metric_entry(const keys& of, std::uint64_t id, const metric& figure, std::uint64_t version) {
  return of.metric(id, figure.key) + store::number_key_part(figure.value) + '/' + from_last(version);
}

template <class Ledger>
result<void> leave_indexes(Ledger& books, const model& of, const model_version& version) {
  const keys& entries = books.keys();
  if (auto done = books.remove(entries.stage(of.id, version.stage) + store::number_key_part(version.version)); !done)
    return done;
  for (const metric& each : version.metrics)
    if (auto done = books.remove(metric_entry(entries, of.id, each, version.version)); !done) return done;
  if (version.semantic.empty()) return {};
  auto semantic = parse_semantic_version(version.semantic);
  if (!semantic) return std::move(semantic).error();
  return books.remove(semantic_key(entries, of.id, std::move(*semantic)));
}
/// Errors: already_exists: its semantic version is another one's.
template <class Ledger>
result<void> enter_indexes(Ledger& books, const model& of, const model_version& version) {
  const keys& entries = books.keys();
  if (!version.semantic.empty()) {
    auto semantic = parse_semantic_version(version.semantic);
    if (!semantic) return std::move(semantic).error();
    const std::string key = semantic_key(entries, of.id, std::move(*semantic));
    const auto other = books.number_at(key);
    if (other)
      return error(errc::already_exists, "version " + std::to_string(*other) + " of the model " + quoted_text(of.name) +
                                             " is " + version.semantic + " already");
    if (other.error().code() != errc::not_found) return other.error();
    if (auto done = books.keep_number(key, version.version); !done) return done;
  }
  for (const metric& each : version.metrics)
    if (auto done = books.keep_entry(metric_entry(entries, of.id, each, version.version)); !done) return done;
  return books.keep_entry(entries.stage(of.id, version.stage) + store::number_key_part(version.version));
}

/// Writes the entries that a storage of an earlier version of the library lacks: of metrics, and of changes.
template <class Ledger>
result<void> build_indexes(Ledger& books) {
  return books.for_each_part(books.keys().names(), [&](std::string_view part) -> result<void> {
    const auto id = books.number_at(books.keys().names() + std::string(part));
    if (!id) return id.error();
    const auto of = books.model_of(*id);
    if (!of) return of.error();
    for (std::uint64_t number = 1; number <= of->last_version; ++number) {
      const auto version = books.template load<model_version>(books.keys().version(*id, number));
      if (!version) return version.error();
      if (version->is_deleted) continue;
      for (const metric& each : version->metrics)
        if (auto done = books.keep_entry(metric_entry(books.keys(), *id, each, number)); !done) return done;
      if (auto done = books.keep_entry(books.keys().updated_entry(*id, version->updated, number)); !done) return done;
    }
    return {};
  });
}

/// Begins a registry, or brings one forward that an earlier version of the library has written. Returns what it has in
/// common. Errors: unsupported: a newer version has written it.
template <class Ledger>
result<registry_state> begin_books(Ledger& books, const std::string& new_id) {
  auto made = books.state();  // another process may have begun it
  if (!made && made.error().code() != errc::not_found) return made;
  if (made && made->indexes >= registry_state::current_indexes) return made;
  if (made) {
    if (auto done = build_indexes(books); !done) return std::move(done).error();
  } else {
    made = registry_state();
    made->id = new_id;
  }
  made->indexes = registry_state::current_indexes;
  if (auto done = books.keep(books.keys().state(), *made); !done) return std::move(done).error();
  return made;
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_VERSION_INDEX_HPP
