#ifndef MILLRACE_OBSERVE_AUDIT_AUDIT_QUERY_HPP
#define MILLRACE_OBSERVE_AUDIT_AUDIT_QUERY_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/detail/tally.hpp>

#include <array>
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

/// Which records are wanted: those for which everything that is given holds. A default query asks for all, oldest
/// first.
///
///     mr::observe::audit_query denied{.kinds = {"access_denied", "login_failed"}, .limit = 20, .newest_first = true};
struct audit_query {
  std::vector<std::string> kinds = {};      // any of these; `acme.` is every kind that begins so
  std::vector<std::string> actors = {};     // any of these
  std::vector<std::uint64_t> indexes = {};  // any of these places in the trail
  audit_severity at_least = audit_severity::info;
  std::uint64_t from = 0;                   // at this time or later, in nanoseconds since 1970
  std::uint64_t until = ~std::uint64_t{0};  // and before this one
  std::string object = {};                  // exactly this
  std::string object_prefix = {};           // or everything below this: `model/churn/`
  std::string text = {};                    // in the object, the reason or a value; letters of ASCII in either case
  std::size_t limit = 0;                    // at most so many; 0: all
  bool newest_first = false;

  /// Whether the record is wanted; `limit` and `newest_first` do not matter.
  /// Complexity: O(size of the record), for each kind and actor.
  /// Allocates: never.
  bool matches(const audit_entry& entry) const noexcept;
  /// Whether `indexes` has this one.
  bool wants_index(std::uint64_t index) const noexcept {
    for (const std::uint64_t each : indexes)
      if (each == index) return true;
    return false;
  }
};

namespace detail {

/// Whether `part` stands in `text`, letters of ASCII in either case.
inline bool has_text(std::string_view text, std::string_view part) noexcept {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  for (std::size_t at = 0; at + part.size() <= text.size(); ++at) {
    std::size_t same = 0;
    while (same < part.size() && low(text[at + same]) == low(part[same])) ++same;
    if (same == part.size()) return true;
  }
  return false;
}

}  // namespace detail

inline bool audit_query::matches(const audit_entry& entry) const noexcept {
  if (entry.severity < at_least || entry.unix_nanoseconds < from ||
      (entry.unix_nanoseconds >= until && until != ~std::uint64_t{0}))
    return false;
  const auto any = [](const std::vector<std::string>& names, const auto& same) {
    for (const std::string& name : names)
      if (same(std::string_view(name))) return true;
    return names.empty();
  };
  if (!any(kinds, [&](std::string_view kind) {
        return kind.ends_with('.') ? entry.kind.starts_with(kind) : entry.kind == kind;
      }))
    return false;
  if (!indexes.empty() && !wants_index(entry.index)) return false;
  if (!any(actors, [&](std::string_view actor) { return !entry.actor.erased && entry.actor.text == actor; }))
    return false;
  if (!object.empty() && entry.object != object) return false;
  if (!entry.object.starts_with(object_prefix)) return false;
  if (text.empty() || detail::has_text(entry.object, text) || detail::has_text(entry.reason, text)) return true;
  for (const audit_entry_field& field : entry.fields)
    if (detail::has_text(field.value.text, text)) return true;
  return false;
}

/// Collects what a query asks for from records that come in their order.
class audit_selection {
 public:
  explicit audit_selection(audit_query query) noexcept : query_(std::move(query)) {}

  /// Keeps the record if it is wanted. Returns false when no later record can be wanted any more.
  bool update(const audit_entry& entry) {
    if (!query_.matches(entry)) return wants_more();
    ++matched_;
    if (query_.limit == 0 || kept_.size() < query_.limit) {
      kept_.push_back(entry);
    } else if (query_.newest_first) {
      kept_[oldest_] = entry;
      oldest_ = (oldest_ + 1) % kept_.size();
    }
    return wants_more();
  }

  /// How many records the query asks for, also those beyond its limit; with a limit and the oldest first, of those
  /// seen.
  std::uint64_t matched() const noexcept { return matched_; }

  /// The records, in the order that the query asks for.
  std::vector<audit_entry> entries() && {
    std::vector<audit_entry> made;
    made.reserve(kept_.size());
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const std::size_t place = query_.newest_first ? kept_.size() - 1 - i : i;
      made.push_back(std::move(kept_[(oldest_ + place) % kept_.size()]));
    }
    kept_.clear();
    return made;
  }

 private:
  bool wants_more() const noexcept { return query_.newest_first || query_.limit == 0 || kept_.size() < query_.limit; }

  audit_query query_;
  std::uint64_t matched_ = 0;
  std::size_t oldest_ = 0;  // of kept_, once it is full
  std::vector<audit_entry> kept_;
};

/// The records of `entries` that the query asks for.
inline std::vector<audit_entry> select(std::span<const audit_entry> entries, audit_query query) {
  audit_selection selection(std::move(query));
  for (const audit_entry& entry : entries)
    if (!selection.update(entry)) break;
  return std::move(selection).entries();
}

/// How many records there are of a kind.
struct audit_kind_count {
  std::string kind;
  std::uint64_t count = 0;
  friend bool operator==(const audit_kind_count&, const audit_kind_count&) = default;
};
/// How many records there are of an actor.
struct audit_actor_count {
  audit_text actor;  // everybody who was erased is one
  std::uint64_t count = 0;
  friend bool operator==(const audit_actor_count&, const audit_actor_count&) = default;
};
/// How many records there are of a day.
struct audit_day_count {
  std::uint64_t unix_nanoseconds = 0;  // when the day begins, in UTC
  std::uint64_t count = 0;
  friend bool operator==(const audit_day_count&, const audit_day_count&) = default;
};

/// Counts records by kind, actor, severity and day of UTC.
/// Complexity: O(1) a record on average; one that is of an earlier day than the last costs O(days).
/// Allocates: for each new kind, actor and day.
class audit_counts {
 public:
  void update(const audit_entry& entry) {
    ++total_;
    const auto severity = static_cast<std::size_t>(entry.severity);
    if (severity < audit_severities) ++severities_[severity];
    kinds_->add(entry.kind);
    key_.assign(1, entry.actor.erased ? '\xff' : static_cast<char>(entry.actor.pii));
    if (!entry.actor.erased) key_ += entry.actor.text;
    actors_->add(key_);
    add_day(entry.unix_nanoseconds / day * day);
  }

  std::uint64_t total() const noexcept { return total_; }
  std::uint64_t count(audit_severity severity) const noexcept {
    const auto at = static_cast<std::size_t>(severity);
    return at < audit_severities ? severities_[at] : 0;
  }
  /// The most frequent first, then by name.
  std::vector<audit_kind_count> by_kind() const {
    std::vector<audit_kind_count> made;
    for (const detail::tally::line& each : kinds_->sorted()) made.push_back({std::string(each.name), each.count});
    return made;
  }
  /// The most frequent first, then by type of personal data and name.
  std::vector<audit_actor_count> by_actor() const {
    std::vector<audit_actor_count> made;
    for (const detail::tally::line& each : actors_->sorted()) {
      const bool erased = each.name.front() == '\xff';
      made.push_back({{.text = std::string(each.name.substr(1)),
                       .pii = erased ? pii_type::none : static_cast<pii_type>(each.name.front()),
                       .erased = erased},
                      each.count});
    }
    return made;
  }
  /// The days that have records, in their order.
  const std::vector<audit_day_count>& by_day() const noexcept { return days_; }

 private:
  static constexpr std::uint64_t day = 86'400'000'000'000U;

  void add_day(std::uint64_t begin) {
    std::size_t at = days_.size();
    while (at > 0 && days_[at - 1].unix_nanoseconds > begin) --at;
    if (at > 0 && days_[at - 1].unix_nanoseconds == begin)
      ++days_[at - 1].count;
    else
      days_.insert(days_.begin() + static_cast<std::ptrdiff_t>(at), {begin, 1});
  }

  std::uint64_t total_ = 0;
  std::array<std::uint64_t, audit_severities> severities_{};
  detail::owning_pointer<detail::tally> kinds_ = detail::make_owning<detail::tally>();
  detail::owning_pointer<detail::tally> actors_ = detail::make_owning<detail::tally>();
  std::vector<audit_day_count> days_;
  std::string key_;  // of an actor: its type of personal data, and its name
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_AUDIT_QUERY_HPP
