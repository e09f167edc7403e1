#ifndef MILLRACE_OBSERVE_AUDIT_AUDIT_EXPORT_HPP
#define MILLRACE_OBSERVE_AUDIT_AUDIT_EXPORT_HPP

#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/mask.hpp>

#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

// Records as lines of JSON, CSV and YAML. In all of them personal data is masked, unless the policy says otherwise, and
// names the type that it has; a value that was erased is null (empty in CSV). Times stand twice: as ISO 8601 and, to
// the nanosecond, as a number in a text, because many readers of JSON keep 53 bits alone. Bytes that are no UTF-8 are
// `\xHH`, as in `label_set`. The same records give the same bytes.

namespace detail {

template <class Append, class Mask>
void append_shown(std::string& out, const audit_text& value, const Mask& mask, const Append& append) {
  if (value.erased)
    out += "null";
  else
    append(out, mask.value(value));
}

/// `{"name":"value",...}` of the fields, or of their types.
template <class Append, class Mask>
void append_fields(std::string& out, const audit_entry& entry, const Mask& mask, const Append& append, bool types) {
  bool first = true;
  out += '{';
  for (const audit_entry_field& field : entry.fields) {
    if (types && field.value.pii == pii_type::none) continue;
    if (!first) out += ", ";
    first = false;
    append(out, field.name);
    out += ": ";
    if (types)
      append(out, std::string(to_string(field.value.pii)));
    else
      append_shown(out, field.value, mask, append);
  }
  out += '}';
}

inline bool has_personal_field(const audit_entry& entry) noexcept {
  for (const audit_entry_field& field : entry.fields)
    if (field.value.pii != pii_type::none) return true;
  return false;
}

/// The members of a record, each behind what `next` writes.
template <class Append, class Mask, class Next>
void append_members(std::string& out, const audit_entry& entry, const Mask& mask, const Append& append,
                    const Next& next) {
  const auto text = [&](std::string_view name, const std::string& value) {
    next(name);
    append(out, value);
  };
  next("index");
  append_json(out, entry.index);
  text("time", to_iso8601(entry.unix_nanoseconds));
  text("unix_nanoseconds", std::to_string(entry.unix_nanoseconds));
  text("severity", std::string(to_string(entry.severity)));
  text("kind", entry.kind);
  next("actor");
  append_shown(out, entry.actor, mask, append);
  if (entry.actor.pii != pii_type::none) text("actor_pii", std::string(to_string(entry.actor.pii)));
  text("object", entry.object);
  text("reason", mask.text(entry.reason));
  next("fields");
  append_fields(out, entry, mask, append, false);
  if (has_personal_field(entry)) {
    next("fields_pii");
    append_fields(out, entry, mask, append, true);
  }
}

}  // namespace detail

/// Appends a record as one line of JSON:
/// `{"index":7, "time":"...", "kind":"data_accessed", "actor":"A***", "actor_pii":"person_name", ..., "fields":{...}}`.
template <mask_policy Mask = masked>
void append_json_line(std::string& out, const audit_entry& entry, const Mask& mask = {}) {
  char before = '{';
  detail::append_members(
      out, entry, mask, [](std::string& to, const std::string& text) { detail::append_json_text(to, text); },
      [&](std::string_view name) {
        out += before;
        append_json(out, name);
        out += ':';
        before = ',';
      });
  out += "}\n";
}

/// Appends a record as an item of a list in YAML.
template <mask_policy Mask = masked>
void append_yaml_item(std::string& out, const audit_entry& entry, const Mask& mask = {}) {
  std::string_view before = "- ";
  detail::append_members(
      out, entry, mask, [](std::string& to, const std::string& text) { detail::append_yaml(to, text); },
      [&](std::string_view name) {
        ((out += before) += name) += ": ";
        before = "\n  ";
      });
  out += '\n';
}

/// The first line of an export as CSV.
inline constexpr std::string_view csv_header =
    "index,time,unix_nanoseconds,severity,kind,actor,object,reason,fields\r\n";

/// Appends a record as a line of CSV, fields as an object of JSON in one cell. Cells that a spreadsheet could take for
/// a formula have an apostrophe in front, and so have those that begin with one.
template <mask_policy Mask = masked>
void append_csv_line(std::string& out, const audit_entry& entry, const Mask& mask = {}) {
  append_json(out, entry.index);
  const auto cell = [&](std::string_view text) {
    out += ',';
    detail::append_csv(out, text);
  };
  cell(to_iso8601(entry.unix_nanoseconds));
  cell(std::to_string(entry.unix_nanoseconds));
  cell(to_string(entry.severity));
  cell(entry.kind);
  cell(entry.actor.erased ? std::string() : std::string(mask.value(entry.actor)));
  cell(entry.object);
  cell(mask.text(entry.reason));
  std::string fields;
  detail::append_fields(
      fields, entry, mask, [](std::string& to, const std::string& text) { detail::append_json_text(to, text); }, false);
  out += ',';
  detail::append_quoted(out, fields);  // JSON has escaped it already
  out += "\r\n";
}

/// All the records as lines of JSON.
template <mask_policy Mask = masked>
std::string to_json_lines(std::span<const audit_entry> entries, const Mask& mask = {}) {
  std::string out;
  for (const audit_entry& entry : entries) append_json_line(out, entry, mask);
  return out;
}
/// All the records as a table of CSV.
template <mask_policy Mask = masked>
std::string to_csv(std::span<const audit_entry> entries, const Mask& mask = {}) {
  std::string out(csv_header);
  for (const audit_entry& entry : entries) append_csv_line(out, entry, mask);
  return out;
}
/// All the records as a list in YAML.
template <mask_policy Mask = masked>
std::string to_yaml(std::span<const audit_entry> entries, const Mask& mask = {}) {
  if (entries.empty()) return "[]\n";
  std::string out;
  for (const audit_entry& entry : entries) append_yaml_item(out, entry, mask);
  return out;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_AUDIT_EXPORT_HPP
