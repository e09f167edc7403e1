#ifndef MILLRACE_STORE_SETTINGS_SETTINGS_SCHEMA_HPP
#define MILLRACE_STORE_SETTINGS_SETTINGS_SCHEMA_HPP

#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/store/settings/describe.hpp>
#include <millrace/store/settings/detail/setting_text.hpp>
#include <millrace/store/settings/table.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

/// Writes the schema of a type. `object` has the defaults, or is null in lists, where there are none.
class schema_writer {
 public:
  explicit schema_writer(std::string& out) noexcept : out_(&out) {}

  void section(const setting_type& type, const void* object);
  void value(const setting_row& row, const setting_type& type, const void* object, bool with_words);

 private:
  void text(std::string_view name, std::string_view value) {
    append_json_text(*out_, name);
    *out_ += ':';
    append_json_text(*out_, value);
  }
  void limits(const setting_row& row, const setting_type& type);
  void scalar(const setting_row& row, const setting_type& type);
  void items(const setting_row& row, const setting_type& type);

  std::string* out_;
};

inline void schema_writer::limits(const setting_row& row, const setting_type& type) {
  const bool is_real = type.kind == setting_kind::real;
  if (is_real && !row.limits.has_least && !row.limits.has_most) return;
  const whole_number least = row.limits.has_least ? row.limits.least_whole : type.least;
  const whole_number most = row.limits.has_most ? row.limits.most_whole : type.most;
  if (!is_real || row.limits.has_least) *out_ += ",\"minimum\":" + limit_text(type.kind, least, row.limits.least_real);
  if (!is_real || row.limits.has_most) *out_ += ",\"maximum\":" + limit_text(type.kind, most, row.limits.most_real);
}

inline void schema_writer::scalar(const setting_row& row, const setting_type& type) {
  // What a file may have in the place of any scalar: a variable.
  constexpr std::string_view variable = R"(,{"$ref":"#/$defs/variable"}])";
  switch (type.kind) {
    case setting_kind::flag: (*out_ += R"("anyOf":[{"type":"boolean"})") += variable; break;
    case setting_kind::whole:
    case setting_kind::real:
      *out_ += R"("anyOf":[{"type":")";
      (*out_ += type.kind == setting_kind::real ? "number" : "integer") += '"';
      limits(row, type);
      (*out_ += '}') += variable;
      break;
    case setting_kind::duration:
      *out_ += R"("anyOf":[{"$ref":"#/$defs/duration"},{"type":"number")";
      (*out_ += row.bare_unit == 0 ? R"(,"const":0})" : "}") += variable;
      break;
    case setting_kind::size:
      (*out_ += R"("anyOf":[{"$ref":"#/$defs/size"},{"type":"integer","minimum":0})") += variable;
      break;
    case setting_kind::secret: *out_ += R"("$ref":"#/$defs/secret")"; break;
    default:
      if (row.choices.empty()) {
        *out_ += R"("type":"string")";
        break;
      }
      *out_ += R"("anyOf":[{"enum":[)";
      for (const setting_choice& each : row.choices) {
        if (&each != row.choices.data()) *out_ += ',';
        append_json_text(*out_, each.name);
      }
      (*out_ += "]}") += variable;
  }
}

inline void schema_writer::items(const setting_row& row, const setting_type& type) {
  *out_ += type.kind == setting_kind::list ? R"("type":["array","null"],"items":{)"
                                           : R"("type":["object","null"],"additionalProperties":{)";
  value(row, type.element(), nullptr, false);
  *out_ += '}';
}

/// The members of a schema, without its braces.
inline void schema_writer::value(const setting_row& row, const setting_type& type, const void* object,
                                 bool with_words) {
  if (type.kind == setting_kind::section) {
    section(type, object);
  } else if (type.kind == setting_kind::optional) {
    *out_ += R"("anyOf":[{"type":"null"},{)";
    value(row, type.element(), nullptr, false);
    *out_ += "}]";
  } else if (type.element != nullptr) {
    items(row, type);
  } else {
    scalar(row, type);
  }
  if (!with_words) return;
  *out_ += ',';
  text("description", row.about);
  const bool has_default = object != nullptr && !row.is_required && type.kind != setting_kind::section &&
                           type.kind != setting_kind::secret && type.kind != setting_kind::optional;
  if (has_default) {
    *out_ += ",\"default\":";
    settings_writer{*out_, {}}.json(row, type, object, "");
  }
}

inline void schema_writer::section(const setting_type& type, const void* object) {
  if (object == nullptr) {  // in a list: each of its own defaults
    struct fresh_section {
      schema_writer* writer;
      const setting_type* type;
    } context{this, &type};
    return type.with_fresh(
        [](void* about, void* fresh) {
          const auto* const in = static_cast<fresh_section*>(about);
          in->writer->section(*in->type, fresh);
        },
        &context);
  }
  *out_ += R"("type":["object","null"],"additionalProperties":false,"properties":{)";
  std::string required;
  std::size_t count = 0;
  for (const setting_row& each : type.rows()) {
    if (each.role != setting_row::roles::value) continue;
    if (count++ != 0) *out_ += ',';
    append_json_text(*out_, each.name);
    *out_ += ":{";
    value(each, each.type(), member_of(each, object), true);
    *out_ += '}';
    if (!each.is_required) continue;
    required += required.empty() ? "" : ",";
    append_json_text(required, each.name);
  }
  *out_ += '}';
  if (!required.empty()) *out_ += ",\"required\":[" + required + ']';
}

}  // namespace detail

/// The JSON schema of T's files, for editors and pipelines: with types, limits, choices, defaults and what each setting
/// is for. It asks for quotes around texts that YAML would take for something else, such as 1.10, where `load_settings`
/// does not; what is required may also be said by a variable, which the schema does not know.
/// Source: JSON Schema, draft 2020-12.
template <class T>
std::string settings_schema(std::string_view title) {
  std::string out = R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":)";
  detail::append_json_text(out, title);
  out += ',';
  detail::schema_writer writer(out);
  static_assert(!detail::rows_of<T>().empty());
  writer.section(detail::setting_type_of<T>(), nullptr);
  out += R"(,"$defs":{"variable":{"type":"string","pattern":"\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}"},)";
  out += R"("duration":{"type":"string","pattern":"^-?([0-9]+(\\.[0-9]+)? ?(ns|us|\u00b5s|ms|s|m|h|d))+$"},)";
  out += R"("size":{"type":"string","pattern":"^[0-9]+(\\.[0-9]+)? ?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$"},)";
  out += R"("secret":{"type":"string","pattern":"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$"}}})";
  return out;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_SETTINGS_SCHEMA_HPP
