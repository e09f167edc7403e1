#ifndef MILLRACE_STORE_SETTINGS_DETAIL_SETTING_TEXT_HPP
#define MILLRACE_STORE_SETTINGS_DETAIL_SETTING_TEXT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/store/settings/detail/setting_type.hpp>
#include <millrace/store/settings/row.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

inline constexpr std::string_view kind_words(setting_kind kind) noexcept {
  switch (kind) {
    case setting_kind::flag: return "true or false";
    case setting_kind::whole: return "an integer";
    case setting_kind::real: return "a number";
    case setting_kind::text: return "a text";
    case setting_kind::choice: return "one of some words";
    case setting_kind::duration: return "a length of time";
    case setting_kind::size: return "a size";
    case setting_kind::secret: return "a secret";
    case setting_kind::section: return "keys with values";
    case setting_kind::list: return "a list";
    case setting_kind::names: return "names with values";
    default: return "a value";
  }
}

/// The choice of a value, or null.
inline const setting_choice* choice_of(const setting_row& row, const setting_type& type,
                                       const setting_value& value) noexcept {
  for (const setting_choice& each : row.choices)
    if (type.kind == setting_kind::choice ? each.value == value.whole : each.name == value.text) return &each;
  return nullptr;
}

/// A limit as messages spell it.
inline std::string limit_text(setting_kind kind, const whole_number& whole, double real) {
  if (kind == setting_kind::real) return number_text(real);
  if (kind == setting_kind::duration) return duration_text(whole);
  return kind == setting_kind::size ? size_text(whole) : whole.text();
}

/// A scalar as files spell it; a text as it is.
inline std::string scalar_text(const setting_row& row, const setting_type& type, const setting_value& value) {
  switch (type.kind) {
    case setting_kind::flag: return value.flag ? "true" : "false";
    case setting_kind::text: return std::string(value.text);
    case setting_kind::choice:
      if (const setting_choice* const found = choice_of(row, type, value); found != nullptr)
        return std::string(found->name);
      return value.whole.text();
    default: return limit_text(type.kind, value.whole, value.real);
  }
}

/// "hash, random"
inline std::string choices_text(const setting_row& row) {
  std::string made;
  for (const setting_choice& each : row.choices) (made += made.empty() ? "" : ", ") += each.name;
  return made;
}

/// What is wrong with a value of the right type, or an empty text.
inline std::string limits_broken(const setting_row& row, const setting_type& type, const setting_value& value) {
  const setting_limits& limits = row.limits;
  const bool is_real = type.kind == setting_kind::real;
  if (is_real && !(value.real - value.real == 0)) return "is not finite";
  if (type.kind == setting_kind::text || type.kind == setting_kind::choice)
    return row.choices.empty() || choice_of(row, type, value) != nullptr ? "" : "is none of " + choices_text(row);
  if (type.kind == setting_kind::whole && (value.whole < type.least || type.most < value.whole))
    return "is not from " + type.least.text() + " to " + type.most.text();
  if (limits.has_least && (is_real ? value.real < limits.least_real : value.whole < limits.least_whole))
    return "is below " + limit_text(type.kind, limits.least_whole, limits.least_real);
  if (limits.has_most && (is_real ? value.real > limits.most_real : limits.most_whole < value.whole))
    return "is above " + limit_text(type.kind, limits.most_whole, limits.most_real);
  return {};
}

/// Reads a scalar of a kind. `choice` texts are looked up. Returns what is wrong, or an empty text.
inline std::string read_scalar_text(const setting_row& row, const setting_type& type, std::string_view text,
                                    setting_value& value) {
  const char* why = nullptr;
  switch (type.kind) {
    case setting_kind::flag: why = read_flag(text, value.flag); break;
    case setting_kind::whole: why = read_whole(text, value.whole); break;
    case setting_kind::real: why = read_finite(text, value.real); break;
    case setting_kind::duration: why = read_duration(text, row.bare_unit, value.whole); break;
    case setting_kind::size: why = read_size(text, value.whole); break;
    case setting_kind::text: value.text = text; break;
    case setting_kind::choice: {
      bool is_found = false;
      for (const setting_choice& each : row.choices)
        if (each.name == text) {
          value.whole = each.value;
          is_found = true;
        }
      if (!is_found) return "is none of " + choices_text(row);
      break;
    }
    default: why = "is no scalar"; break;
  }
  return why != nullptr ? std::string(why) : limits_broken(row, type, value);
}

inline std::string joined_key(std::string_view path, std::string_view name) {
  std::string made(path);
  if (!made.empty()) made += '.';
  return made += name;
}
inline std::string item_key(std::string_view path, std::size_t at) {
  return std::string(path) + '[' + std::to_string(at) + ']';
}

/// Calls visit(key, row, type, object) with each scalar of an object, and with each secret, in the order of its tables.
/// `row` has what is said of it; `type` is its own.
template <class Visit>
void for_each_leaf(const setting_row& row, const setting_type& type, const void* object, const std::string& key,
                   Visit& visit) {
  if (type.kind == setting_kind::section) {
    for (const setting_row& each : type.rows())
      if (each.role == setting_row::roles::value)
        for_each_leaf(each, each.type(), member_of(each, object), joined_key(key, each.name), visit);
  } else if (type.element != nullptr) {
    std::size_t at = 0;
    for_each_item(type, object, [&](std::string_view name, const void* item) {
      const std::string own = type.kind == setting_kind::optional ? key
                              : type.kind == setting_kind::names  ? joined_key(key, name)
                                                                  : item_key(key, at++);
      for_each_leaf(row, type.element(), item, own, visit);
    });
  } else {
    visit(key, row, type, object);
  }
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_DETAIL_SETTING_TEXT_HPP
