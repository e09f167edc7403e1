#ifndef MILLRACE_MIDDLEWARE_DETAIL_AUDIT_RECORD_HPP
#define MILLRACE_MIDDLEWARE_DETAIL_AUDIT_RECORD_HPP

#include <millrace/core/error.hpp>
#include <millrace/core/field.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/middleware/audit_codec.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

// What goes through the audit log's ring: a pointer to the record's schema, an audit_schema with static storage, then
// raw bytes. The schema holds the event's name and the function that turns the context's bytes into JSON, so a record
// carries neither names nor types.
namespace millrace {
inline namespace v0 {
namespace detail {

enum class audit_kind : unsigned char {
  text,      // a whole line
  anchor,    // chain time, UTC
  start,     // id, time or no_time, context
  complete,  // id, start, end, context
  failed,    // id, start, end, error, context
  rejected,  // id, time, error, context
};

/// Stands in a start record whose time is not known. 0 is a time: a clock may start there.
inline constexpr std::uint64_t no_time = ~std::uint64_t{0};

/// What all records of one kind, about one event, have in common.
struct audit_schema {
  audit_kind kind;
  std::string_view event;
  void (*render_context)(const std::byte* at, std::string& json);
};

/// Whether a name needs no escape in JSON.
constexpr bool plain_in_json(std::string_view name) noexcept {
  for (const char c : name)
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') return false;
  return true;
}
template <class Field>
void append_key(std::string& json) {
  constexpr std::string_view name = Field::name;
  if constexpr (plain_in_json(name)) {
    json += '"';
    json += name;
    json += '"';
  } else {
    append_json(json, name);
  }
  json += ':';
}

template <class Field>
constexpr std::size_t fixed_size_of() noexcept {
  if constexpr (audit_fixed<typename Field::type>)
    return audit_codec<typename Field::type>::fixed_size;
  else
    return 1;  // whether the value follows
}

/// Writes and renders the fields of a list as bytes: one whose type has a fixed size as it is, another after a byte
/// that says whether its value follows or was too large. `head` is how many bytes of the record come before the fields.
template <class List>
struct audit_fields;
template <class... Fields>
struct audit_fields<field_list<Fields...>> {
  static constexpr std::size_t fixed = (fixed_size_of<Fields>() + ... + 0);

  template <class Context>
  static std::size_t size(const Context& ctx, const audit_limits& limits, std::size_t head) noexcept {
    std::size_t bytes = fixed;
    ((bytes += variable_size<Fields>(ctx, limits, head + bytes)), ...);
    return bytes;
  }
  template <class Context>
  static void write([[maybe_unused]] std::byte* at, const Context& ctx, const audit_limits& limits,
                    std::size_t head) noexcept {
    [[maybe_unused]] std::size_t bytes = head + fixed;
    ((at = write_field<Fields>(at, ctx, limits, bytes)), ...);
  }
  static void render([[maybe_unused]] const std::byte* at, std::string& json) {
    json += '{';
    [[maybe_unused]] bool first = true;
    ((at = render_field<Fields>(at, json, first)), ...);
    json += '}';
  }

 private:
  template <class Field, class Context>
  static std::size_t variable_size(const Context& ctx, const audit_limits& limits, std::size_t so_far) noexcept {
    if constexpr (audit_fixed<typename Field::type>) {
      return 0;
    } else {
      const std::size_t bytes = audit_codec<typename Field::type>::size(ctx[Field{}], limits);
      return so_far + bytes <= limits.record_bytes ? bytes : 0;
    }
  }
  template <class Field, class Context>
  static std::byte* write_field(std::byte* at, const Context& ctx, const audit_limits& limits,
                                std::size_t& so_far) noexcept {
    using codec = audit_codec<typename Field::type>;
    const typename Field::type& value = ctx[Field{}];
    if constexpr (audit_fixed<typename Field::type>) {
      return codec::write(at, value, limits);
    } else {
      const std::size_t bytes = codec::size(value, limits);
      const bool fits = so_far + bytes <= limits.record_bytes;
      at = put(at, fits);
      if (!fits) return at;
      so_far += bytes;
      return codec::write(at, value, limits);
    }
  }
  template <class Field>
  static const std::byte* render_field(const std::byte* at, std::string& json, bool& first) {
    if (!first) json += ',';
    first = false;
    append_key<Field>(json);
    if constexpr (!audit_fixed<typename Field::type>) {
      if (!take<bool>(at)) {
        json += "\"... (too large for the record)\"";
        return at;
      }
    }
    return audit_codec<typename Field::type>::render(at, json);
  }
};

/// Those fields of a list that the context has.
template <class Context, class List>
struct present_fields;
template <class Context, class... Fields>
struct present_fields<Context, field_list<Fields...>> {
  using type = merge_fields_t<std::conditional_t<Context::template has<Fields>, field_list<Fields>, field_list<>>...>;
};

/// Whether a context may hold tensors: whether some field's type has no fixed size and is no text.
template <class Slots>
inline constexpr bool any_may_summarize = false;
template <class... Fields>
inline constexpr bool any_may_summarize<field_list<Fields...>> =
    ((!audit_fixed<typename Fields::type> && !audit_text<typename Fields::type>) || ...);
template <class Context>
inline constexpr bool audit_may_summarize = any_may_summarize<typename Context::slots>;

inline constexpr audit_schema text_schema{audit_kind::text, {}, nullptr};
inline constexpr audit_schema anchor_schema{audit_kind::anchor, {}, nullptr};
template <audit_kind Kind, class Stage>
inline constexpr audit_schema bare_schema{Kind, Stage::name, nullptr};
template <audit_kind Kind, class Stage, class List>
inline constexpr audit_schema event_schema{Kind, Stage::name, &audit_fields<List>::render};

/// Writes values one after the other. The compiler would build a struct on the stack first, and copying it from there
/// would wait until the stores of its members are done.
template <class... T>
std::byte* put_all(std::byte* at, const T&... values) noexcept {
  ((at = put(at, values)), ...);
  return at;
}

/// An error in a record: its code, and its text with all causes. audit_error<> takes no bytes, for records without one.
template <class... Error>
class audit_error {
 public:
  static constexpr std::size_t size(const audit_limits&) noexcept { return 0; }
  static std::byte* write(std::byte* at, const audit_limits&) noexcept { return at; }
};
template <>
class audit_error<error> {
 public:
  explicit audit_error(const error& why) : code_(why.code()), said_(why.describe()) {}
  std::size_t size(const audit_limits& limits) const noexcept {
    return 2 + audit_codec<std::string>::size(said_, limits);
  }
  std::byte* write(std::byte* at, const audit_limits& limits) const noexcept {
    return audit_codec<std::string>::write(put(at, static_cast<std::uint16_t>(code_)), said_, limits);
  }

 private:
  errc code_;
  std::string said_;
};
inline const std::byte* render_error(const std::byte* at, std::string& json) {
  const auto code = take<std::uint16_t>(at);
  json += "{\"code\":";
  append_json(json, to_string(static_cast<errc>(code)));
  json += ",\"message\":";
  at = audit_codec<std::string_view>::render(at, json);
  json += '}';
  return at;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_DETAIL_AUDIT_RECORD_HPP
