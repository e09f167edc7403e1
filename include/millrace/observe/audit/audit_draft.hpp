#ifndef MILLRACE_OBSERVE_AUDIT_AUDIT_DRAFT_HPP
#define MILLRACE_OBSERVE_AUDIT_AUDIT_DRAFT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_event.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace observe {

class audit_draft;

namespace detail {
/// A text that goes with the expression that made it.
template <class T>
concept passing_text = std::same_as<std::remove_const_t<T>, std::string>;
}  // namespace detail

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

/// An audit event in the making, with room for its fields, also for those that are numbers. The texts are views, as in
/// `audit_event`.
///
///     const payout_approved payout{"ada", "DE89 3704 0044 0532 0130 00", 1200.5};
///     const mr::observe::audit_draft draft(payout);
///     if (const auto event = draft.event()) trail.append(*event);
///
/// A text that is put together for the event is a member of the program's own type, or has a name elsewhere: a draft
/// takes no text that is gone before its event is used.
///
/// Allocates: for an error alone.
class audit_draft {
 public:
  explicit audit_draft(audit_name kind) noexcept { event_.kind = kind; }
  /// The draft views the value's texts, so the value must outlive it, or at least the use of its event.
  template <audit_describable T>
  explicit audit_draft(const T& value) {
    event_.kind = T::kind;
    value.describe(*this);
  }
  template <audit_describable T>
  explicit audit_draft(const T&&) {
    static_assert(!audit_describable<T>,
                  "millrace[AUDIT-4]: a draft views the texts of its value, so the value needs a name and must outlive "
                  "the event: const payout_approved payout{...}; const audit_draft draft(payout);");
  }
  audit_draft(const audit_draft&) = delete;
  audit_draft& operator=(const audit_draft&) = delete;

  audit_draft& severity(audit_severity severity) noexcept {
    event_.severity = severity;
    return *this;
  }
  audit_draft& actor(std::string_view name, pii_type pii = pii_type::none) noexcept {
    event_.actor = name;
    event_.actor_pii = pii;
    return *this;
  }
  audit_draft& object(std::string_view name) noexcept {
    event_.object = name;
    return *this;
  }
  audit_draft& reason(std::string_view why) noexcept {
    event_.reason = why;
    return *this;
  }
  audit_draft& at(std::uint64_t unix_nanoseconds) noexcept {
    event_.unix_nanoseconds = unix_nanoseconds;
    return *this;
  }
  audit_draft& field(audit_name name, std::string_view value, pii_type pii = pii_type::none) noexcept {
    if (size_ < max_audit_fields) fields_[size_] = {name, value, pii};
    ++size_;
    return *this;
  }
  /// A number, in the shortest form that reads back to the same value; `true` or `false`.
  template <class T>
  requires std::is_arithmetic_v<T>
  audit_draft& field(audit_name name, T value, pii_type pii = pii_type::none) noexcept {
    if constexpr (std::is_same_v<T, bool>) {
      return field(name, value ? std::string_view("true") : std::string_view("false"), pii);
    } else {
      if (size_ >= max_audit_fields) return field(name, std::string_view(), pii);
      if constexpr (std::is_floating_point_v<T>)
        if (const char* word = detail::non_finite_name(value); word != nullptr)
          return field(name, std::string_view(word), pii);
      std::array<char, 40>& text = numbers_[size_];
      const char* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
      return field(name, std::string_view(text.data(), static_cast<std::size_t>(end - text.data())), pii);
    }
  }

  // millrace[AUDIT-5]: a draft views its texts, and this one is gone at the end of the line: give it a name.
  template <detail::passing_text millrace_AUDIT_5_a_draft_views_its_texts_give_this_one_a_name>
  audit_draft& actor(millrace_AUDIT_5_a_draft_views_its_texts_give_this_one_a_name&&, pii_type = {}) = delete;
  template <detail::passing_text millrace_AUDIT_5_a_draft_views_its_texts_give_this_one_a_name>
  audit_draft& object(millrace_AUDIT_5_a_draft_views_its_texts_give_this_one_a_name&&) = delete;
  template <detail::passing_text millrace_AUDIT_5_a_draft_views_its_texts_give_this_one_a_name>
  audit_draft& reason(millrace_AUDIT_5_a_draft_views_its_texts_give_this_one_a_name&&) = delete;
  template <detail::passing_text millrace_AUDIT_5_a_draft_views_its_texts_give_this_one_a_name>
  audit_draft& field(audit_name, millrace_AUDIT_5_a_draft_views_its_texts_give_this_one_a_name&&,
                     pii_type = {}) = delete;

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
  audit_event event_;
  std::size_t size_ = 0;  // of fields given, also of those without room
  std::array<audit_field, max_audit_fields> fields_{};
  std::array<std::array<char, 40>, max_audit_fields> numbers_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_AUDIT_DRAFT_HPP
