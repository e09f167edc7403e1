#ifndef MILLRACE_STORE_SETTINGS_DETAIL_SETTINGS_READER_HPP
#define MILLRACE_STORE_SETTINGS_DETAIL_SETTINGS_READER_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/detail/nearest_names.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/store/secret_file.hpp>
#include <millrace/store/settings/detail/setting_text.hpp>
#include <millrace/store/settings/detail/setting_type.hpp>
#include <millrace/store/settings/origin.hpp>
#include <millrace/store/settings/problem.hpp>
#include <millrace/store/settings/row.hpp>
#include <millrace/store/settings/settings_node.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// A source of variables whose type is not known.
struct variables_ref {
  const void* source = nullptr;
  const char* (*look)(const void*, const char*) = nullptr;

  /// Null where the variable is not set, or empty.
  const char* find(const std::string& name) const {
    const char* const value = look(source, name.c_str());
    return value == nullptr || *value == '\0' ? nullptr : value;
  }
};

constexpr bool is_variable_letter(char c, bool is_first) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!is_first && is_digit(c));
}

/// Reads settings of any type from nodes, variables and texts, one source after another, and gathers what is wrong.
class settings_reader {
 public:
  explicit settings_reader(variables_ref variables) noexcept : variables_(variables) {}

  settings_problems problems = {};
  setting_origins origins = {};

  void read_file(const setting_type& type, const settings_node& node, void* object, std::string file) {
    source_ = std::move(file);
    is_file_ = true;
    if (node.kind == settings_node::kinds::none) return;
    const setting_row whole;
    read(whole, type, node, object, "");
  }
  void read_environment(const setting_type& type, void* object, const std::string& prefix);
  void read_code(const setting_type& type, void* object, const std::string& key, const std::string& text);
  /// Looks for what is required and was not said, for defaults and values of the program beyond their limits, and lets
  /// structs examine themselves.
  void examine(const setting_type& type, const void* object) {
    for (std::size_t i = origins.all().size(); i > 0; --i)
      if (const setting_origin& each = origins.all()[i - 1]; index_.find(each.key) == nullptr)
        index_.insert(each.key, i - 1);
    read_problems_ = problems.all().size();
    examine_section(type, object, "");
  }

 private:
  void add(errc code, setting_place at, std::string_view key, std::string what) {
    problems.add({code, source_, at, std::string(key), std::move(what)});
  }
  void said(const std::string& key, setting_place at, std::string reference = {}) {
    origins.add({key, source_, at, std::move(reference)});
  }
  void read(const setting_row& row, const setting_type& type, const settings_node& node, void* object,
            const std::string& key);
  void read_section(const setting_type& type, const settings_node& node, void* object, const std::string& key);
  void read_items(const setting_row& row, const setting_type& type, const settings_node& node, void* object,
                  const std::string& key);
  void read_scalar(const setting_row& row, const setting_type& type, const settings_node& node, void* object,
                   const std::string& key);
  void read_secret_at(const settings_node& node, const setting_type& type, void* object, const std::string& key);
  bool expand(const settings_node& node, const std::string& key, std::string& text);
  bool has_twice(const settings_node& node, const std::string& key);
  void unknown(const setting_type& type, const settings_node& node, const std::string& key);
  void read_variables(std::span<const setting_row> rows, void* object, const std::string& prefix,
                      const std::string& key);
  void read_variable(const setting_row& row, const setting_type& type, void* object, const char* value,
                     const std::string& key);
  void examine_value(const setting_row& row, const setting_type& type, const void* object, const std::string& key);

  const setting_origin* origin(std::string_view key) const noexcept {
    const std::size_t* const found = index_.find(key);
    return found != nullptr ? &origins.all()[*found] : nullptr;
  }
  bool has_problem_within(std::string_view key) const noexcept;
  void examine_section(const setting_type& type, const void* object, const std::string& key);

  variables_ref variables_;
  std::string source_ = "default";
  name_index<std::size_t> index_ = {};  // of origins, once all is read
  std::size_t read_problems_ = 0;       // problems of reading; the others are of examining
  bool is_file_ = false;
};

inline std::string nearest_setting(std::span<const setting_row> rows, std::string_view name) {
  std::vector<std::string_view> names;
  for (const setting_row& each : rows)
    if (each.role == setting_row::roles::value) names.push_back(each.name);
  if (std::string close = nearest_names(name, names); !close.empty()) return "; the nearest: " + close;
  std::string all;
  for (const std::string_view each : names) (all += all.empty() ? "" : ", ") += each;
  return names.size() <= 12 ? "; there are " + all : "";
}

inline void settings_reader::unknown(const setting_type& type, const settings_node& node, const std::string& key) {
  add(errc::not_found, node.name_at, joined_key(key, node.name.substr(0, 100)),
      "unknown key" + nearest_setting(type.rows(), node.name));
}

inline bool settings_reader::has_twice(const settings_node& node, const std::string& key) {
  name_index<std::size_t> seen;
  bool found = false;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const settings_node& each = node.items[i];
    if (const std::size_t* const first = seen.find(each.name); first != nullptr) {
      add(errc::already_exists, each.name_at, joined_key(key, each.name.substr(0, 100)),
          "stands here twice; first in line " + std::to_string(node.items[*first].name_at.line));
      found = true;
    } else {
      seen.insert(each.name, i);
    }
  }
  return found;
}

inline void settings_reader::read(const setting_row& row, const setting_type& type, const settings_node& node,
                                  void* object, const std::string& key) {
  using kinds = settings_node::kinds;
  if (problems.is_full()) return problems.add({});
  if (type.kind == setting_kind::optional) {
    type.reset(object);
    if (node.kind == kinds::none) return said(key, node.at);
    return read(row, type.element(), node, type.append(object, {}), key);
  }
  const bool holds_items = type.kind == setting_kind::section || type.element != nullptr;
  if (type.kind != setting_kind::secret) said(key, holds_items && node.name_at ? node.name_at : node.at);
  const kinds wanted = !holds_items ? kinds::scalar : type.kind == setting_kind::list ? kinds::list : kinds::names;
  if (node.kind == kinds::none && holds_items) {  // `key:` with nothing: as if it were empty
    if (type.reset != nullptr) type.reset(object);
    return;
  }
  if (node.kind != wanted) {
    if (type.kind == setting_kind::secret) said(key, node.at);
    const char* const has = node.kind == kinds::list    ? "a list"
                            : node.kind == kinds::names ? "keys with values"
                            : node.kind == kinds::none  ? "nothing (null or ~)"
                                                        : "a scalar";
    return add(errc::type_mismatch, node.at, key, "is " + std::string(kind_words(type.kind)) + ", not " + has);
  }
  if (type.kind == setting_kind::section) return read_section(type, node, object, key);
  if (type.element != nullptr) return read_items(row, type, node, object, key);
  if (type.kind == setting_kind::secret) return read_secret_at(node, type, object, key);
  read_scalar(row, type, node, object, key);
}

inline void settings_reader::read_section(const setting_type& type, const settings_node& node, void* object,
                                          const std::string& key) {
  const bool is_twice = has_twice(node, key);
  const std::span<const setting_row> rows = type.rows();
  for (const setting_row& each : rows)
    if (each.role == setting_row::roles::place)
      *static_cast<setting_place*>(each.member(object)) = node.name_at ? node.name_at : node.at;
  for (const settings_node& item : node.items) {
    const setting_row* found = nullptr;
    for (const setting_row& each : rows)
      if (each.role != setting_row::roles::place && each.name == item.name) found = &each;
    if (found == nullptr)
      unknown(type, item, key);
    else if (found->role == setting_row::roles::refused)
      add(errc::unsupported, item.name_at, joined_key(key, item.name),
          "is not used here: " + std::string(found->about));
    else if (!is_twice)
      read(*found, found->type(), item, found->member(object), joined_key(key, item.name));
  }
}

inline void settings_reader::read_items(const setting_row& row, const setting_type& type, const settings_node& node,
                                        void* object, const std::string& key) {
  if (type.kind == setting_kind::names && has_twice(node, key)) return;
  type.reset(object);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const settings_node& item = node.items[i];
    read(row, type.element(), item, type.append(object, item.name),
         type.kind == setting_kind::names ? joined_key(key, item.name) : item_key(key, i));
  }
}

inline void settings_reader::read_scalar(const setting_row& row, const setting_type& type, const settings_node& node,
                                         void* object, const std::string& key) {
  std::string text = node.text;
  const bool has_variables = is_file_ && text.find("${") != text.npos;
  if (has_variables && !expand(node, key, text)) return;
  const bool takes_quotes = type.kind == setting_kind::text || type.kind == setting_kind::choice ||
                            type.kind == setting_kind::duration || type.kind == setting_kind::size;
  setting_value value;
  std::string why = node.is_quoted && !takes_quotes && !has_variables
                        ? "is a text, since it stands in quotes, and not " + std::string(kind_words(type.kind))
                        : read_scalar_text(row, type, text, value);
  if (!why.empty()) {
    const bool is_limit = why.starts_with("is below") || why.starts_with("is above") || why.starts_with("is not from");
    // As it is written: what a variable holds may be a secret, in a wrong place.
    return add(is_limit ? errc::out_of_range : errc::type_mismatch, node.at, key,
               (is_file_ ? quoted_text(node.text) : std::string("what it holds")) + ' ' + why);
  }
  type.set(object, value);
}

/// A reference to a secret: what stands behind `env:` or `file:`, else an empty view.
inline std::string_view secret_reference(std::string_view text, std::string_view scheme) noexcept {
  return text.starts_with(scheme) ? text.substr(scheme.size()) : std::string_view();
}

inline void settings_reader::read_secret_at(const settings_node& node, const setting_type& type, void* object,
                                            const std::string& key) {
  const std::string_view variable = secret_reference(node.text, "env:");
  const std::string_view path = secret_reference(node.text, "file:");
  bool is_name = !variable.empty();
  said(key, node.at);
  for (std::size_t i = 0; i < variable.size(); ++i) is_name = is_name && is_variable_letter(variable[i], i == 0);
  if (!is_name && path.empty())
    return add(errc::invalid_data, node.at, key,
               "is a secret, which is not written here: give env:NAME, the variable that holds it, or file:/path");
  if (is_name) {
    const char* const value = variables_.find(std::string(variable));
    if (value == nullptr)
      return add(errc::not_found, node.at, key,
                 "the environment variable " + std::string(variable) + " is not set, or empty");
    type.set_secret(object, secret<std::string>(std::string(value)));
  } else {
    auto got = read_secret(std::string(path));
    if (!got) return add(got.error().code(), node.at, key, got.error().describe());
    type.set_secret(object, *std::move(got));
  }
  said(key, node.at, node.text);
}

inline bool settings_reader::expand(const settings_node& node, const std::string& key, std::string& text) {
  const std::string_view from = node.text;
  text.clear();
  for (std::size_t at = 0; at < from.size();) {
    if (from.substr(at).starts_with("$${")) {
      text += "${";
      at += 3;
      continue;
    }
    if (!from.substr(at).starts_with("${")) {
      text += from[at++];
      continue;
    }
    std::size_t end = at += 2;
    while (end < from.size() && is_variable_letter(from[end], end == at)) ++end;
    const std::string name(from.substr(at, end - at));
    const std::size_t close = from.find('}', end);
    const bool has_default = from.substr(end).starts_with(":-");
    if (name.empty() || close == from.npos || (!has_default && close != end) ||
        from.substr(end, close - end).find("${") != from.npos) {
      add(errc::invalid_data, node.at, key,
          quoted_text(from) + " is neither ${NAME} nor ${NAME:-default}; $${ writes ${");
      return false;
    }
    if (const char* const value = variables_.find(name); value != nullptr) {
      text += value;
    } else if (has_default) {
      text += from.substr(end + 2, close - end - 2);
    } else {
      add(errc::not_found, node.at, key, "the environment variable " + name + " is not set, or empty");
      return false;
    }
    at = close + 1;
  }
  return true;
}

inline void settings_reader::read_environment(const setting_type& type, void* object, const std::string& prefix) {
  is_file_ = false;
  read_variables(type.rows(), object, prefix.empty() ? "" : prefix + '_', "");
}

inline std::string variable_name(const std::string& prefix, std::string_view name) {
  std::string made = prefix;
  for (const char c : name) made += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return made;
}

inline void settings_reader::read_variables(std::span<const setting_row> rows, void* object, const std::string& prefix,
                                            const std::string& key) {
  for (const setting_row& row : rows) {
    if (row.role != setting_row::roles::value) continue;
    const setting_type& type = row.type();
    const std::string name = prefix.empty() ? "" : variable_name(prefix, row.name);
    const std::string own = joined_key(key, row.name);
    if (type.kind == setting_kind::section) {
      read_variables(type.rows(), row.member(object), name.empty() ? "" : name + '_', own);
      continue;
    }
    const setting_kind leaf = type.element != nullptr ? type.element().kind : type.kind;
    if (type.kind == setting_kind::names || leaf == setting_kind::section || type.kind == setting_kind::place) continue;
    const std::string named(row.variable);
    const std::string* const both[] = {&name, &named};
    for (const std::string* const each : both) {
      if (each->empty()) continue;
      const char* const value = variables_.find(*each);
      const char* const path = leaf == setting_kind::secret ? variables_.find(*each + "_FILE") : nullptr;
      if (value == nullptr && path == nullptr) continue;
      source_ = "environment " + *each + (path != nullptr ? "_FILE" : "");
      if (type.kind == setting_kind::secret) {
        settings_node reference;
        reference.text = path != nullptr ? "file:" + std::string(path) : "env:" + *each;
        read_secret_at(reference, type, row.member(object), own);
      } else if (leaf != setting_kind::secret) {
        read_variable(row, type, row.member(object), value, own);
      }
      break;
    }
  }
}

inline void settings_reader::read_variable(const setting_row& row, const setting_type& type, void* object,
                                           const char* value, const std::string& key) {
  settings_node node;
  node.kind = settings_node::kinds::scalar;
  node.text = value;
  if (type.kind == setting_kind::list) {
    settings_node list;
    list.kind = settings_node::kinds::list;
    for (std::string_view rest = value;;) {
      std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(item.size());
      while (item.starts_with(' ')) item.remove_prefix(1);
      while (item.ends_with(' ')) item.remove_suffix(1);
      node.text = item;
      list.items.push_back(node);
      if (rest.empty()) break;
      rest.remove_prefix(1);
    }
    return read(row, type, list, object, key);
  }
  read(row, type, node, object, key);
}

inline void settings_reader::read_code(const setting_type& type, void* object, const std::string& key,
                                       const std::string& text) {
  source_ = "code";
  is_file_ = false;
  const setting_type* at = &type;
  std::string way;
  for (std::string_view rest = key;;) {
    const std::string name(rest.substr(0, rest.find('.')));
    const setting_row* found = nullptr;
    if (at->kind == setting_kind::section)
      for (const setting_row& each : at->rows())
        if (each.role == setting_row::roles::value && each.name == name) found = &each;
    if (found == nullptr) {
      const std::string close = at->kind == setting_kind::section ? nearest_setting(at->rows(), name) : std::string();
      return add(errc::not_found, {}, key, "unknown key" + close);
    }
    at = &found->type();
    object = found->member(object);
    way = joined_key(way, name);
    rest.remove_prefix(name.size());
    if (!rest.empty()) {
      rest.remove_prefix(1);
      continue;
    }
    if (at->kind != setting_kind::secret) return read_variable(*found, *at, object, text.c_str(), way);
    settings_node node;
    node.kind = settings_node::kinds::scalar;
    node.text = text;
    return read_secret_at(node, *at, object, way);
  }
}

inline void settings_reader::examine_value(const setting_row& row, const setting_type& type, const void* object,
                                           const std::string& key) {
  if (type.kind == setting_kind::section) return examine_section(type, object, key);
  if (type.element != nullptr) {
    std::size_t at = 0;
    for_each_item(type, object, [&](std::string_view name, const void* item) {
      examine_value(row, type.element(), item,
                    type.kind == setting_kind::optional ? key
                    : type.kind == setting_kind::names  ? joined_key(key, name)
                                                        : item_key(key, at++));
    });
    return;
  }
  if (type.get == nullptr) return;
  const setting_value value = type.get(object);
  if (const std::string why = limits_broken(row, type, value); !why.empty()) {
    source_ = origin(key) != nullptr ? "code" : "default";
    add(errc::out_of_range, {}, key, "its value " + why);
  }
}

inline bool settings_reader::has_problem_within(std::string_view key) const noexcept {
  for (std::size_t i = 0; i < read_problems_; ++i)
    if (std::string_view(problems.all()[i].key).starts_with(key)) return true;
  return false;
}

inline void settings_reader::examine_section(const setting_type& type, const void* object, const std::string& key) {
  for (const setting_row& row : type.rows()) {
    if (row.role != setting_row::roles::value) continue;
    const std::string own = joined_key(key, row.name);
    if (row.is_required && origin(own) == nullptr) {
      const setting_origin* const section = origin(key);
      source_ = section != nullptr ? section->source : "settings";
      add(errc::not_found, section != nullptr ? section->at : setting_place(), own, "is required, and nobody says it");
    } else {
      examine_value(row, row.type(), member_of(row, object), own);
    }
  }
  if (type.examine == nullptr || has_problem_within(key)) return;
  settings_faults faults;
  type.examine(object, faults);
  for (const auto& [name, what] : faults.all()) {
    const std::string own = name.empty() ? key : joined_key(key, name);
    const setting_origin* found = origin(own);
    if (found == nullptr) found = origin(key);
    source_ = found != nullptr ? found->source : "default";
    add(errc::invalid_data, found != nullptr ? found->at : setting_place(), own, what);
  }
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_DETAIL_SETTINGS_READER_HPP
