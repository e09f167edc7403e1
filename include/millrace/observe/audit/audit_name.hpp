#ifndef MILLRACE_OBSERVE_AUDIT_AUDIT_NAME_HPP
#define MILLRACE_OBSERVE_AUDIT_AUDIT_NAME_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/label_set.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

inline constexpr std::size_t max_audit_name = 64;

namespace detail {
/// Whether a name is 1 to `max_audit_name` of `a-z`, `0-9`, `_` and `.`, a letter first, and each part between dots
/// has something in it.
constexpr bool is_audit_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > max_audit_name || name.back() == '.') return false;
  if (!(name.front() >= 'a' && name.front() <= 'z')) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '.' ? name[i - 1] == '.' : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

/// millrace[AUDIT-2]: a literal that is no name. No constant calls this, and compilers print its name.
inline void millrace_AUDIT_2_a_name_is_1_to_64_of_a_to_z_0_to_9_underscore_and_dot_a_letter_first() noexcept {}
}  // namespace detail

class audit_draft;

/// The name of a kind of event or of a field: at most 64 of a to z, 0 to 9, underscore and point, a letter first. The
/// names without a dot are the library's; a program puts its own in front: `acme.payout_approved`. A literal is checked
/// by the compiler, other texts by `make`. It is a view: its text must live as long as it is used.
class audit_name {
 public:
  /// No name; no event with it is valid.
  constexpr audit_name() noexcept = default;

  template <std::size_t Size>
  consteval audit_name(const char (&literal)[Size]) : text_(literal, Size - 1) {
    if (!detail::is_audit_name(text_))
      detail::millrace_AUDIT_2_a_name_is_1_to_64_of_a_to_z_0_to_9_underscore_and_dot_a_letter_first();
  }

  /// Errors: invalid_argument, with the text.
  static result<audit_name> make(std::string_view text) {
    if (!detail::is_audit_name(text))
      return error(errc::invalid_argument, "\"" + detail::valid_utf8(text.substr(0, max_audit_name)) +
                                               "\" is no name of an audit event or field: 1 to 64 of a-z, 0-9, '_' "
                                               "and '.', and a letter is first");
    audit_name made;
    made.text_ = text;
    return made;
  }

  constexpr std::string_view view() const noexcept { return text_; }

  friend constexpr bool operator==(audit_name a, audit_name b) noexcept { return a.text_ == b.text_; }

 private:
  friend class audit_draft;  // which keeps a copy of the text

  std::string_view text_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_AUDIT_NAME_HPP
