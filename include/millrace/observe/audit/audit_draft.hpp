#ifndef MILLRACE_OBSERVE_AUDIT_AUDIT_DRAFT_HPP
#define MILLRACE_OBSERVE_AUDIT_AUDIT_DRAFT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_event.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

class audit_draft;

/// A type of a program's own that can become an audit event: it has a constant `kind`, and says the rest to a draft.
///
///     struct payout_approved {
///       static constexpr mr::observe::audit_name kind = "acme.payout_approved";
///       std::string officer, iban;
///       double euros;
///       void describe(mr::observe::audit_draft& event) const {
///         event.actor(officer).field("iban", iban, mr::observe::pii_type::account).field("euros", euros);
///       }
///     };
template <class T>
concept audit_describable = requires(const T& value, audit_draft& event) {
  { T::kind } -> std::convertible_to<audit_name>;
  value.describe(event);
};

/// An audit event in the making, also with fields that are numbers. It copies what it is told, so that a text may be
/// put together on the way and a value may be gone before the event is used: no other bytes of the memory can get into
/// a trail, where nobody can erase them.
///
///     trail.append(payout_approved{"ada", "DE89 3704 0044 0532 0130 00", 1200.5});   // by a draft of its own
///
///     mr::observe::audit_draft draft("acme.payout_denied");
///     draft.actor("ada").object("payout/" + std::to_string(number)).field("euros", 1200.5);
///     trail.append(draft);
///
/// Allocates: for texts beyond `audit_draft::room` bytes in all, and for an error. A function that takes a text throws
/// nothing but std::bad_alloc, and what describe() throws passes.
class audit_draft {
 public:
  /// The bytes of texts, names and numbers that a draft holds without memory of its own.
  static constexpr std::size_t room = 2048;

  explicit audit_draft(audit_name kind) { event_.kind = kept(kind); }
  template <audit_describable T>
  explicit audit_draft(const T& value) : audit_draft(audit_name(T::kind)) {
    value.describe(*this);
  }
  audit_draft(const audit_draft&) = delete;
  audit_draft& operator=(const audit_draft&) = delete;

  audit_draft& severity(audit_severity severity) noexcept {
    event_.severity = severity;
    return *this;
  }
  audit_draft& actor(std::string_view name, pii_type pii = pii_type::none) {
    event_.actor = kept(name);
    event_.actor_pii = pii;
    return *this;
  }
  audit_draft& object(std::string_view name) {
    event_.object = kept(name);
    return *this;
  }
  audit_draft& reason(std::string_view why) {
    event_.reason = kept(why);
    return *this;
  }
  audit_draft& at(std::uint64_t unix_nanoseconds) noexcept {
    event_.unix_nanoseconds = unix_nanoseconds;
    return *this;
  }
  audit_draft& field(audit_name name, std::string_view value, pii_type pii = pii_type::none) {
    if (size_ < max_audit_fields) fields_[size_] = {kept(name), kept(value), pii};
    ++size_;
    return *this;
  }
  /// A number, in the shortest form that reads back to the same value; `true` or `false`.
  template <class T>
  requires std::is_arithmetic_v<T>
  audit_draft& field(audit_name name, T value, pii_type pii = pii_type::none) {
    if constexpr (std::is_same_v<T, bool>) {
      return field(name, value ? std::string_view("true") : std::string_view("false"), pii);
    } else {
      if constexpr (std::is_floating_point_v<T>)
        if (const char* word = detail::non_finite_name(value); word != nullptr)
          return field(name, std::string_view(word), pii);
      char text[40];
      const char* const end = std::to_chars(text, text + sizeof text, value).ptr;
      return field(name, std::string_view(text, static_cast<std::size_t>(end - text)), pii);
    }
  }

  /// The event, which views the draft.
  /// Errors: those of `validate`.
  result<audit_event> event() const& {
    audit_event made = event_;
    if (size_ > max_audit_fields)
      return error(errc::invalid_argument, "audit event \"" + std::string(made.kind.view()) +
                                               "\": " + std::to_string(size_) + " fields; at most " +
                                               std::to_string(max_audit_fields));
    made.fields = std::span(fields_.data(), size_);
    if (result<void> valid = validate(made); !valid) return std::move(valid).error();
    return made;
  }
  result<audit_event> event() && = delete;  // it would view a draft that is gone

 private:
  /// A copy of the text, which stays where it is as long as the draft.
  std::string_view kept(std::string_view text) {
    if (text.empty()) return {};
    char* to = texts_ + used_;
    if (text.size() <= room - used_) {
      used_ += text.size();
    } else {
      to = more_.emplace_back(text.size()).data();
    }
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  audit_name kept(audit_name name) {
    name.text_ = kept(name.text_);
    return name;
  }

  audit_event event_;
  std::size_t size_ = 0;  // of fields given, also of those without room
  std::array<audit_field, max_audit_fields> fields_{};
  std::size_t used_ = 0;  // of texts_
  char texts_[room];
  std::vector<std::vector<char>> more_;  // texts that found no room there
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_AUDIT_DRAFT_HPP
