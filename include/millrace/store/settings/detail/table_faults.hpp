#ifndef MILLRACE_STORE_SETTINGS_DETAIL_TABLE_FAULTS_HPP
#define MILLRACE_STORE_SETTINGS_DETAIL_TABLE_FAULTS_HPP

#include <millrace/store/settings/detail/setting_type.hpp>
#include <millrace/store/settings/row.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

enum class table_faults : std::uint8_t {
  none,
  bad_name,
  same_name,
  same_member,
  other_struct,
  empty_range,
  bad_choices,
  no_words,
  same_variable
};
struct table_fault {
  table_faults kind = table_faults::none;
  std::string_view row = {};
};

constexpr bool is_setting_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 64 || !(name[0] >= 'a' && name[0] <= 'z')) return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '_')) return false;
  return true;
}

constexpr bool has_bad_choices(const setting_row& row) {
  const setting_type* type = &row.type();
  while (holds_elements(type->kind)) type = &type->element();
  if (type->kind == setting_kind::choice && row.choices.empty()) return true;
  for (std::size_t i = 0; i < row.choices.size(); ++i) {
    const setting_choice& one = row.choices[i];
    if (one.name.empty() || one.owner != (type->kind == setting_kind::choice ? type->mark : nullptr)) return true;
    for (std::size_t k = 0; k < i; ++k)
      if (row.choices[k].name == one.name) return true;
  }
  return false;
}

constexpr bool has_empty_range(const setting_row& row) {
  const setting_limits& limits = row.limits;
  if (limits.least_real != limits.least_real || limits.most_real != limits.most_real) return true;
  return limits.has_least && limits.has_most &&
         (limits.most_whole < limits.least_whole || limits.most_real < limits.least_real);
}

/// The names of a way through sections, with _ between: what a variable is named.
struct variable_way {
  const variable_way* before = nullptr;
  std::string_view name = {};

  constexpr std::size_t size() const noexcept { return name.size() + (before != nullptr ? before->size() + 1 : 0); }
  constexpr char letter(std::size_t at) const noexcept {  // counted from the end
    if (at < name.size()) return name[name.size() - 1 - at];
    return at == name.size() ? '_' : before->letter(at - name.size() - 1);
  }
};
constexpr bool is_same_variable(const variable_way& a, const variable_way& b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a.letter(i) != b.letter(i)) return false;
  return true;
}

/// Calls f(way, row) with each row that a variable can set, through all sections; returns whether one call was true.
template <class F>
constexpr bool any_variable(std::span<const setting_row> rows, const variable_way* before, const F& f) {
  for (const setting_row& row : rows) {
    if (row.role != setting_row::roles::value) continue;
    const variable_way way{before, row.name};
    const setting_type& type = row.type();
    if (type.kind == setting_kind::section ? any_variable(type.rows(), &way, f) : f(way, row)) return true;
  }
  return false;
}

constexpr table_fault find_same_variable(std::span<const setting_row> rows) {
  table_fault found;
  std::size_t one = 0;
  any_variable(rows, nullptr, [&](const variable_way& way, const setting_row& row) {
    std::size_t two = 0;
    ++one;
    const bool is_twice = any_variable(rows, nullptr, [&](const variable_way& other_way, const setting_row& other) {
      if (++two <= one) return false;
      return is_same_variable(way, other_way) || (!row.variable.empty() && row.variable == other.variable);
    });
    if (is_twice) found = {table_faults::same_variable, row.name};
    return is_twice;
  });
  return found;
}

template <class T>
constexpr table_fault find_table_fault(std::span<const setting_row> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const setting_row& row = rows[i];
    if (row.role != setting_row::roles::refused) {
      if (row.owner != &type_mark<T>) return {table_faults::other_struct, row.name};
      for (std::size_t k = 0; k < i; ++k)
        if (rows[k].mark == row.mark) return {table_faults::same_member, row.name};
    }
    if (row.role == setting_row::roles::place) continue;
    if (!is_setting_name(row.name)) return {table_faults::bad_name, row.name};
    if (row.about.empty()) return {table_faults::no_words, row.name};
    for (std::size_t k = 0; k < i; ++k)
      if (rows[k].name == row.name) return {table_faults::same_name, row.name};
    if (row.role == setting_row::roles::refused) continue;
    if (has_empty_range(row)) return {table_faults::empty_range, row.name};
    if (has_bad_choices(row)) return {table_faults::bad_choices, row.name};
  }
  return find_same_variable(rows);
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_DETAIL_TABLE_FAULTS_HPP
