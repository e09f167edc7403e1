#ifndef MILLRACE_CONNECT_REST_MEMBER_HPP
#define MILLRACE_CONNECT_REST_MEMBER_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// What a member of a request's body is.
enum class value_kind : std::uint8_t {
  text,     // without control characters
  number,   // that a double has
  integer,  // of 64 bits
  boolean,
  texts,    // an array
  rows,     // an array of rows, which are arrays of numbers of one length; `null` is a number that is missing
  object,   // any
  objects,  // an array
  any,
};

/// Says what a member of a request's body has to be: bodies are checked against it, and the description of the API says
/// it, so that the two cannot differ.
struct member {
  std::string_view name;
  value_kind kind = value_kind::text;
  bool is_required = true;
  /// The bounds of a number; of a text, in characters, and of an array, those of its length.
  double least = -__builtin_inf();
  double most = __builtin_inf();
  std::string_view about = {};
  /// Of a text: the ones that there are, with commas between; empty: any.
  std::string_view choices = {};
};

namespace detail {

/// Calls `use(word)` for each word of a list with commas between; false ends the walk, and is returned.
template <class Use>
constexpr bool for_each_word(std::string_view list, const Use& use) {
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    if (!use(list.substr(0, end))) return false;
    list = end == list.npos ? std::string_view() : list.substr(end + 1);
  }
  return true;
}

inline void write_bounds(json_writer& out, const member& of, const char* least, const char* most) {
  if (of.least > -__builtin_inf()) out.member(least, of.least);
  if (of.most < __builtin_inf()) out.member(most, of.most);
}

/// What a text without control characters matches, as a JSON Schema says it.
inline constexpr std::string_view text_pattern = "^[^\\u0000-\\u001f\\u007f]*$";

/// Writes the JSON Schema of a member, with its bounds.
inline void write_schema(json_writer& out, const member& of) {
  out.begin_object();
  switch (of.kind) {
    case value_kind::text:
      out.member("type", "string");
      if (of.choices.empty()) {
        write_bounds(out, of, "minLength", "maxLength");
        out.member("pattern", text_pattern);
      } else {
        out.key("enum").begin_array();
        for_each_word(of.choices, [&](std::string_view word) {
          out.value(word);
          return true;
        });
        out.end_array();
      }
      break;
    case value_kind::number:
    case value_kind::integer:
      out.member("type", of.kind == value_kind::number ? "number" : "integer");
      write_bounds(out, of, "minimum", "maximum");
      break;
    case value_kind::boolean: out.member("type", "boolean"); break;
    case value_kind::texts:
    case value_kind::rows:
    case value_kind::objects:
      out.member("type", "array");
      write_bounds(out, of, "minItems", "maxItems");
      out.key("items").raw(of.kind == value_kind::texts  ? R"({"type":"string"})"
                           : of.kind == value_kind::rows ? R"({"type":"array","items":{"type":["number","null"]}})"
                                                         : R"({"type":"object"})");
      break;
    case value_kind::object: out.member("type", "object"); break;
    case value_kind::any: break;
  }
  if (!of.about.empty()) out.member("description", of.about);
  out.end_object();
}

/// Writes the JSON Schema of an object of these members, and of no others.
inline void write_schema(json_writer& out, std::span<const member> members) {
  out.begin_object().member("type", "object").key("properties").begin_object();
  bool has_required = false;
  for (const member& each : members) {
    out.key(each.name);
    write_schema(out, each);
    has_required = has_required || each.is_required;
  }
  out.end_object();
  if (has_required) {
    out.key("required").begin_array();
    for (const member& each : members)
      if (each.is_required) out.value(each.name);
    out.end_array();
  }
  out.member("additionalProperties", false).end_object();
}

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_MEMBER_HPP
