#ifndef MILLRACE_OBSERVE_AUDIT_TRAIL_QUERIES_HPP
#define MILLRACE_OBSERVE_AUDIT_TRAIL_QUERIES_HPP

#include <millrace/core/detail/nearest_names.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_query.hpp>
#include <millrace/observe/audit/compliance_report.hpp>
#include <millrace/observe/audit/detail/tally.hpp>
#include <millrace/observe/audit/detail/trail_folder.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/observe/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

/// Why a record was not read.
inline error no_record(const std::string& folder, std::uint64_t index) {
  auto files = list_trail(folder);
  if (!files) return std::move(files).error();
  const trail_file* holder = nullptr;
  for (const trail_file& each : *files)
    if (each.first_index <= index) holder = &each;
  if (holder == nullptr || holder->pruned)
    return error(errc::not_found, "record " + std::to_string(index) + " was pruned: only its hash is left");
  return error(errc::out_of_range, '"' + folder + "\" has no record " + std::to_string(index));
}

/// The error for a kind that no record can have, with the kinds nearest to it.
inline error no_kind(const std::string& kind, std::span<const std::string_view> names) {
  std::string text = "no record has the kind \"" + valid_utf8(std::string_view(kind).substr(0, max_audit_name)) + '"';
  const std::string near_ones = nearest_names(kind, names);
  text += near_ones.empty()
              ? ", which is none of audit_kinds; a program's own have a name in front: acme.payout_approved"
              : "; the nearest there are: " + near_ones;
  return error(errc::invalid_argument, std::move(text));
}

/// Refuses kinds that are no names, and collects those that a record has only if a program did not put its own name in
/// front.
inline result<void> check_kinds(const std::vector<std::string>& kinds, std::vector<std::string>& doubtful) {
  std::vector<std::string_view> known;
  for (const audit_name each : known_audit_kinds) known.push_back(each.view());
  for (const std::string& kind : kinds) {
    const std::string_view name = std::string_view(kind).substr(0, kind.size() - (kind.ends_with('.') ? 1 : 0));
    if (!is_audit_name(name)) return no_kind(kind, known);
    bool is_known = name.size() != kind.size() || name.find('.') != name.npos;
    for (const std::string_view each : known) is_known |= each == name;
    if (!is_known) doubtful.push_back(kind);
  }
  return {};
}

/// Whether records of the trail have these kinds. `found` are some of the records.
inline result<void> find_kinds(const std::string& folder, const std::vector<std::string>& kinds,
                               const std::vector<audit_entry>& found) {
  const auto is_found = [&](const std::string& kind) {
    for (const audit_entry& each : found)
      if (each.kind == kind) return true;
    return false;
  };
  for (const std::string& kind : kinds) {
    if (is_found(kind)) continue;
    tally all;
    if (auto read = read_trail(folder, [&](const audit_entry& entry) { all.add(entry.kind); }); !read) return read;
    std::vector<std::string_view> names;
    bool there = false;
    for (const tally::line& each : all.sorted()) {
      there |= each.name == kind;
      names.push_back(each.name);
    }
    for (const audit_name each : known_audit_kinds) names.push_back(each.view());
    if (!there) return no_kind(kind, names);
  }
  return {};
}

}  // namespace detail

/// The records of a trail that a query asks for. Segments whose records are all of other times, or other than
/// `indexes`, are not read; without a limit or with the newest first, all others are.
///
///     auto denied = mr::observe::query_trail("audit", {.kinds = {"access_denied"}, .limit = 20, .newest_first =
///     true});
///
/// Guarantee: that of `read_trail`, which does not verify.
/// Allocates: the records that match, at most `limit`.
/// Errors: invalid_argument: nothing can match: the time ends before it begins, or a kind is no name, or has no dot, is
/// none of `audit_kinds` and is no record's (with the nearest that there are; to look for such a kind, the trail is
/// read as a whole); out_of_range, not_found: there is no record of an index, or it was pruned; those of `read_trail`.
inline result<std::vector<audit_entry>> query_trail(const std::string& folder, audit_query query) {
  if (query.from > query.until)
    return error(errc::invalid_argument, "the time that a query of \"" + folder + "\" asks for ends before it begins");
  std::vector<std::string> doubtful;
  if (auto names = detail::check_kinds(query.kinds, doubtful); !names) return std::move(names).error();
  const std::vector<std::uint64_t> indexes = query.indexes;
  const audit_period period = indexes.empty() ? audit_period{query.from, query.until} : audit_period{};
  const auto wants = [&](std::uint64_t first, std::uint64_t end) {
    for (const std::uint64_t each : indexes)
      if (each >= first && each < end) return true;
    return indexes.empty();
  };
  audit_selection selection(std::move(query));
  std::vector<bool> seen(indexes.size());
  bool goes_on = true;
  const auto take = [&](const audit_entry& entry) {
    for (std::size_t i = 0; i < indexes.size(); ++i)
      if (indexes[i] == entry.index) seen[i] = true;
    return goes_on = selection.update(entry);
  };
  auto done = detail::read_segments(folder, period, wants, take);
  if (!done) return std::move(done).error();
  std::vector<audit_entry> found = std::move(selection).entries();
  for (std::size_t i = 0; i < indexes.size() && goes_on; ++i)
    if (!seen[i]) return detail::no_record(folder, indexes[i]);
  if (auto there = detail::find_kinds(folder, doubtful, found); !there) return std::move(there).error();
  return found;
}

/// What `verify_trail` found, as a report says it.
inline report_verification verification_of(const trail_report& found) {
  return {.intact = found.sound,
          .records = found.records,
          .head = to_string(found.head.root.hash),
          .finding = found.sound ? std::string() : summary(found)};
}

/// A report about a trail, which is verified first unless the options say what came of that. If it is not as it was
/// written, the report says so, and counts the records before the first that cannot be read.
/// Complexity: linear in the bytes: the approvals of earlier times are looked for too.
/// Errors: those of `verify_trail`; of `read_trail`, unless the verification found the same.
inline result<compliance_report> report_trail(const std::string& folder, compliance_options options) {
  if (!options.verification) {
    auto found = verify_trail(folder);
    if (!found) return std::move(found).error();
    options.verification = verification_of(*found);
  }
  const bool intact = options.verification->intact;
  report_builder builder(std::move(options));
  auto done = read_trail(folder, [&](const audit_entry& entry) { builder.update(entry); });
  if (!done && (intact || done.error().code() != errc::corrupt)) return std::move(done).error();
  return std::move(builder).finish();
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_TRAIL_QUERIES_HPP
