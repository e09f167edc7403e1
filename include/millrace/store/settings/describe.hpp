#ifndef MILLRACE_STORE_SETTINGS_DESCRIBE_HPP
#define MILLRACE_STORE_SETTINGS_DESCRIBE_HPP

#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/store/settings/detail/setting_text.hpp>
#include <millrace/store/settings/load.hpp>
#include <millrace/store/settings/origin.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

/// A text in which `${` stands for itself.
inline std::string escaped_variables(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) made += '$';
    made += text[i];
  }
  return made;
}

/// Appends a scalar as JSON, or as YAML where it is a text; a secret as its reference.
inline void append_scalar(std::string& out, const setting_row& row, const setting_type& type, const void* object,
                          const setting_origins& origins, const std::string& key, bool is_yaml) {
  const auto text = [&](std::string_view shown) { is_yaml ? append_yaml(out, shown) : append_json_text(out, shown); };
  if (type.kind == setting_kind::secret) {
    const setting_origin* const found = origins.find(key);
    return text(found != nullptr ? std::string_view(found->reference) : std::string_view());
  }
  const setting_value value = type.get(object);
  if (is_yaml && type.kind == setting_kind::text) return append_yaml(out, escaped_variables(value.text));
  const bool is_bare =
      type.kind == setting_kind::flag || type.kind == setting_kind::whole || type.kind == setting_kind::real;
  if (is_bare)
    out += scalar_text(row, type, value);
  else
    text(scalar_text(row, type, value));
}

struct settings_writer {
  std::string& out;
  const setting_origins& origins;

  void indent(std::size_t depth) { out.append(2 * depth, ' '); }
  bool is_empty(const setting_type& type, const void* object) const {
    bool empty = true;
    for_each_item(type, object, [&](std::string_view, const void*) { empty = false; });
    return empty;
  }
  /// Whether something is left out: an option that is empty, or a secret that is not set.
  bool is_left_out(const setting_type& type, const void* object, const std::string& key) const {
    if (type.kind == setting_kind::secret) return origins.find(key) == nullptr;
    return type.kind == setting_kind::optional && is_empty(type, object);
  }
  void yaml_rows(const setting_type& type, const void* object, const std::string& key, std::size_t depth) {
    std::size_t count = 0;
    for (const setting_row& each : type.rows()) {
      if (each.role != setting_row::roles::value) continue;
      const std::string own = joined_key(key, each.name);
      const void* const member = member_of(each, object);
      if (is_left_out(each.type(), member, own)) continue;
      if (count++ != 0) indent(depth);
      (out += each.name) += ':';
      yaml(each, each.type(), member, own, depth);
    }
    if (count == 0) out += "{}\n";
  }
  /// What stands behind `key:`, with its line's end.
  void yaml(const setting_row& row, const setting_type& type, const void* object, const std::string& key,
            std::size_t depth) {
    if (type.kind == setting_kind::optional)
      return for_each_item(type, object,
                           [&](std::string_view, const void* item) { yaml(row, type.element(), item, key, depth); });
    if (type.kind == setting_kind::section) {
      out += '\n';
      indent(depth + 1);
      return yaml_rows(type, object, key, depth + 1);
    }
    if (type.element == nullptr) {
      out += ' ';
      append_scalar(out, row, type, object, origins, key, true);
      out += '\n';
      return;
    }
    if (is_empty(type, object)) {
      out += type.kind == setting_kind::list ? " []\n" : " {}\n";
      return;
    }
    out += '\n';
    std::size_t at = 0;
    for_each_item(type, object, [&](std::string_view name, const void* item) {
      indent(depth + 1);
      const setting_type& element = type.element();
      if (type.kind == setting_kind::names) {
        append_yaml(out, name);
        out += ':';
        return yaml(row, element, item, joined_key(key, name), depth + 1);
      }
      out += '-';
      if (element.kind != setting_kind::section) return yaml(row, element, item, item_key(key, at++), depth + 1);
      out += ' ';
      yaml_rows(element, item, item_key(key, at++), depth + 2);
    });
  }
  void json(const setting_row& row, const setting_type& type, const void* object, const std::string& key) {
    if (type.kind == setting_kind::optional) {
      if (is_empty(type, object)) {
        out += "null";
        return;
      }
      return for_each_item(type, object,
                           [&](std::string_view, const void* item) { json(row, type.element(), item, key); });
    }
    const bool is_section = type.kind == setting_kind::section;
    if (!is_section && type.element == nullptr) return append_scalar(out, row, type, object, origins, key, false);
    const bool is_list = type.kind == setting_kind::list;
    out += is_list ? '[' : '{';
    std::size_t at = 0;
    const auto member = [&](std::string_view name) {
      if (at++ != 0) out += ',';
      if (is_list) return;
      append_json_text(out, name);
      out += ':';
    };
    if (is_section) {
      for (const setting_row& each : type.rows()) {
        if (each.role != setting_row::roles::value) continue;
        const std::string own = joined_key(key, each.name);
        if (is_left_out(each.type(), member_of(each, object), own)) continue;
        member(each.name);
        json(each, each.type(), member_of(each, object), own);
      }
    } else {
      for_each_item(type, object, [&](std::string_view name, const void* item) {
        member(name);
        json(row, type.element(), item, is_list ? item_key(key, at - 1) : joined_key(key, name));
      });
    }
    out += is_list ? ']' : '}';
  }
};

}  // namespace detail

/// A line for each setting: its key, its value and where it comes from. A secret is shown by its reference.
///
///     inference.default_batch_size = 100 (service.yaml:20:25)
///     registry.token = (secret) (service.yaml:9:10, env:REGISTRY_TOKEN)
template <class T>
std::string describe(const loaded_settings<T>& settings) {
  std::string out;
  const auto line = [&](const std::string& key, const setting_row& row, const detail::setting_type& type,
                        const void* object) {
    const setting_origin* const from = settings.origins.find(key);
    if (type.kind == detail::setting_kind::secret) {
      out += key + (from != nullptr ? " = (secret)" : " is not set");
    } else {
      out += key + " = ";
      if (type.kind == detail::setting_kind::text)
        detail::append_json_text(out, type.get(object).text);
      else
        out += detail::scalar_text(row, type, type.get(object));
    }
    out += " (" + (from != nullptr ? from->text() : std::string("default"));
    if (from != nullptr && !from->reference.empty()) out += ", " + from->reference;
    out += ")\n";
  };
  const setting_row whole;
  detail::for_each_leaf(whole, detail::setting_type_of<T>(), &settings.value, "", line);
  return out;
}

/// The settings as YAML, which loads as the same: secrets as their references.
template <class T>
std::string to_yaml(const loaded_settings<T>& settings) {
  std::string out;
  detail::settings_writer{out, settings.origins}.yaml_rows(detail::setting_type_of<T>(), &settings.value, "", 0);
  return out;
}

/// The same as JSON, for who shows it.
template <class T>
std::string to_json(const loaded_settings<T>& settings) {
  std::string out;
  detail::settings_writer{out, settings.origins}.json({}, detail::setting_type_of<T>(), &settings.value, "");
  return out;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_DESCRIBE_HPP
