#ifndef MILLRACE_OBSERVE_AUDIT_AUDIT_EVENT_HPP
#define MILLRACE_OBSERVE_AUDIT_AUDIT_EVENT_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_name.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// How much an event matters. The numbers are stable: trails hold them.
enum class audit_severity : std::uint8_t { info = 0, warning = 1, error = 2, critical = 3 };

inline constexpr std::size_t audit_severities = 4;

/// The severity's stable name; empty for a number that is none.
constexpr std::string_view to_string(audit_severity severity) noexcept {
  constexpr std::string_view names[audit_severities] = {"info", "warning", "error", "critical"};
  const auto at = static_cast<std::size_t>(severity);
  return at < audit_severities ? names[at] : std::string_view();
}

/// What kind of personal data a value is. It decides how the value is masked, and everything but `none` can be erased
/// later. The numbers are stable: trails hold them.
enum class pii_type : std::uint8_t {
  none = 0,
  person_name = 1,
  email = 2,
  phone = 3,
  card = 4,     // a payment card's number
  account = 5,  // IBAN or another number of an account
  address = 6,
  ip_address = 7,
  national_id = 8,
  birth_date = 9,
  secret = 10,  // passwords, tokens, keys
  other = 11,
};

inline constexpr std::size_t pii_types = 12;

/// The type's stable name; empty for a number that is none.
constexpr std::string_view to_string(pii_type type) noexcept {
  constexpr std::string_view names[pii_types] = {"none",        "person_name", "email",   "phone",
                                                 "card",        "account",     "address", "ip_address",
                                                 "national_id", "birth_date",  "secret",  "other"};
  const auto at = static_cast<std::size_t>(type);
  return at < pii_types ? names[at] : std::string_view();
}

/// The kinds of events that a model's life has. A program adds its own as constants of the same type.
namespace audit_kinds {
inline constexpr audit_name model_registered = "model_registered";
inline constexpr audit_name model_promoted = "model_promoted";
inline constexpr audit_name model_deployed = "model_deployed";
inline constexpr audit_name model_rolled_back = "model_rolled_back";
inline constexpr audit_name model_archived = "model_archived";
inline constexpr audit_name approval_requested = "approval_requested";
inline constexpr audit_name approval_granted = "approval_granted";
inline constexpr audit_name approval_rejected = "approval_rejected";
inline constexpr audit_name ab_test_started = "ab_test_started";
inline constexpr audit_name ab_test_ended = "ab_test_ended";
inline constexpr audit_name shadow_started = "shadow_started";
inline constexpr audit_name shadow_ended = "shadow_ended";
inline constexpr audit_name data_accessed = "data_accessed";
inline constexpr audit_name data_changed = "data_changed";
inline constexpr audit_name data_deleted = "data_deleted";
inline constexpr audit_name access_granted = "access_granted";  // a right was given
inline constexpr audit_name access_revoked = "access_revoked";  // a right was withdrawn
inline constexpr audit_name access_denied = "access_denied";    // somebody without the right tried
inline constexpr audit_name login_succeeded = "login_succeeded";
inline constexpr audit_name login_failed = "login_failed";
inline constexpr audit_name credentials_changed = "credentials_changed";
inline constexpr audit_name security_violation = "security_violation";
inline constexpr audit_name configuration_changed = "configuration_changed";
inline constexpr audit_name incident_reported = "incident_reported";
// About the trail itself.
inline constexpr audit_name trail_started = "trail_started";
inline constexpr audit_name trail_stopped = "trail_stopped";
inline constexpr audit_name records_pruned = "records_pruned";              // older than they have to be kept
inline constexpr audit_name personal_data_erased = "personal_data_erased";  // fields of a record that stays
inline constexpr audit_name records_dropped =
    "records_dropped";                                          // events found no room; the field `count` says how many
inline constexpr audit_name trail_repaired = "trail_repaired";  // what a crash left torn was cut off when it was opened
}  // namespace audit_kinds

/// All of `audit_kinds`.
inline constexpr audit_name known_audit_kinds[] = {
    audit_kinds::model_registered,     audit_kinds::model_promoted,        audit_kinds::model_deployed,
    audit_kinds::model_rolled_back,    audit_kinds::model_archived,        audit_kinds::approval_requested,
    audit_kinds::approval_granted,     audit_kinds::approval_rejected,     audit_kinds::ab_test_started,
    audit_kinds::ab_test_ended,        audit_kinds::shadow_started,        audit_kinds::shadow_ended,
    audit_kinds::data_accessed,        audit_kinds::data_changed,          audit_kinds::data_deleted,
    audit_kinds::access_granted,       audit_kinds::access_revoked,        audit_kinds::access_denied,
    audit_kinds::login_succeeded,      audit_kinds::login_failed,          audit_kinds::credentials_changed,
    audit_kinds::security_violation,   audit_kinds::configuration_changed, audit_kinds::incident_reported,
    audit_kinds::trail_started,        audit_kinds::trail_stopped,         audit_kinds::records_pruned,
    audit_kinds::personal_data_erased, audit_kinds::records_dropped,       audit_kinds::trail_repaired};

/// One more thing that an event says: a name, and any text as its value.
struct audit_field {
  audit_name name;
  std::string_view value;
  pii_type pii = pii_type::none;
};

/// What happened, as a program hands it to an audit trail: who did what to what, when, and why. All texts are views,
/// which need to live only until the trail has taken the event.
///
/// Personal data belongs into `actor` or `fields`, with its type: only what has a type is masked in outputs and can be
/// erased. `object` and `reason` stay for good.
struct audit_event {
  audit_name kind;
  audit_severity severity = audit_severity::info;
  std::string_view actor = {};          // who did it: a user, a service
  pii_type actor_pii = pii_type::none;  // whether the actor's name is personal data
  std::string_view object = {};         // what it was done to, such as "model/churn/3"
  std::string_view reason = {};         // why, in words
  std::uint64_t unix_nanoseconds = 0;   // when; 0: when the trail takes the event
  std::span<const audit_field> fields = {};
};

inline constexpr std::size_t max_audit_fields = 64;

/// Whether a trail may hold the event: it has a kind, at most `max_audit_fields` fields, each with a name of its own,
/// and known severities and types. How large the whole may be is the trail's to say.
/// Allocates: for the error alone.
/// Errors: invalid_argument, with the field's name.
inline result<void> validate(const audit_event& event) {
  const auto wrong = [&](std::string what) {
    return error(errc::invalid_argument, "audit event \"" + std::string(event.kind.view()) + "\": " + std::move(what));
  };
  if (event.kind.view().empty()) return error(errc::invalid_argument, "audit event: it has no kind");
  if (to_string(event.severity).empty()) return wrong("its severity is none of the four");
  if (to_string(event.actor_pii).empty()) return wrong("the actor's type of personal data is unknown");
  if (event.fields.size() > max_audit_fields)
    return wrong(std::to_string(event.fields.size()) + " fields; at most " + std::to_string(max_audit_fields));
  for (std::size_t i = 0; i < event.fields.size(); ++i) {
    const audit_field& field = event.fields[i];
    const std::string name(field.name.view());
    if (name.empty()) return wrong("field " + std::to_string(i) + " has no name");
    if (to_string(field.pii).empty()) return wrong("field \"" + name + "\": its type of personal data is unknown");
    for (std::size_t k = 0; k < i; ++k)
      if (event.fields[k].name == field.name) return wrong("field \"" + name + "\" is given twice");
  }
  return {};
}

/// A text as it is read back: what it is, and whether it was erased since.
struct audit_text {
  std::string text = {};  // empty once it is erased
  pii_type pii = pii_type::none;
  bool erased = false;

  friend bool operator==(const audit_text&, const audit_text&) = default;
};

/// A field of a record, as it is read back.
struct audit_entry_field {
  std::string name = {};
  audit_text value = {};

  friend bool operator==(const audit_entry_field&, const audit_entry_field&) = default;
};

/// An event as a trail gives it back, with its place in the trail.
struct audit_entry {
  std::uint64_t index = 0;  // the first record of a trail is 0
  std::uint64_t unix_nanoseconds = 0;
  audit_severity severity = audit_severity::info;
  std::string kind = {};
  audit_text actor = {};
  std::string object = {};
  std::string reason = {};
  std::vector<audit_entry_field> fields = {};

  /// The field of this name, or null.
  const audit_text* find(std::string_view name) const noexcept {
    for (const audit_entry_field& field : fields)
      if (field.name == name) return &field.value;
    return nullptr;
  }

  friend bool operator==(const audit_entry&, const audit_entry&) = default;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_AUDIT_EVENT_HPP
