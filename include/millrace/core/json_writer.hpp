#ifndef MILLRACE_CORE_JSON_WRITER_HPP
#define MILLRACE_CORE_JSON_WRITER_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/unprinted.hpp>
#include <millrace/core/detail/utf8.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {

/// Appends a JSON string literal. Any bytes are allowed, and the output is strict JSON: control bytes are escaped, and
/// a byte that is not part of well-formed UTF-8 becomes the four characters `\xHH`. A text that holds four such
/// characters itself looks the same afterwards; all other texts that differ are still different.
inline void append_json(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t clean = 0;  // start of the run that needs no escape
  std::size_t i = 0;
  const auto flush = [&] { out.append(text.data() + clean, i - clean); };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80) {
      if (const std::size_t length = detail::utf8_sequence(text.substr(i)); length != 0) {
        i += length;
        continue;
      }
      flush();
      const char escape[] = {'\\', '\\', 'x', hex[c >> 4], hex[c & 15U]};
      out.append(escape, sizeof escape);
    } else {
      flush();
      switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default: {
          const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15U]};
          out.append(escape, sizeof escape);
        }
      }
    }
    clean = ++i;
  }
  flush();
  out += '"';
}

/// Appends a number in the shortest form that reads back to the same value, whatever the locale.
/// JSON has no NaN and no infinities: they become the strings "NaN", "Infinity", "-Infinity".
template <class T>
requires std::floating_point<T>
void append_json(std::string& out, T value) {
  if (const char* name = detail::non_finite_name(value); name != nullptr)
    ((out += '"') += name) += '"';
  else
    detail::append_number(out, value);
}
/// Appends an integer in decimal.
template <class T>
requires(std::integral<T> && !std::same_as<T, bool>)
void append_json(std::string& out, T value) {
  detail::append_number(out, value);
}
/// Appends `true` or `false`.
inline void append_json(std::string& out, bool value) { out += value ? "true" : "false"; }
/// Appends `null`.
inline void append_json(std::string& out, std::nullptr_t) { out += "null"; }
/// Appends a zero-terminated text as a JSON string literal, and `null` for a null pointer.
inline void append_json(std::string& out, const char* text) {
  if (text == nullptr)
    append_json(out, nullptr);
  else
    append_json(out, std::string_view(text));
}

/// Appends JSON to a string and sets the commas: `w.begin_object().key("n").value(3).end_object()`. The string must
/// outlive the writer.
/// Precondition: keys stand in objects, and every begin has its end; the writer does not check either.
/// Allocates: only as the string grows.
class json_writer {
 public:
  explicit json_writer(std::string& out) noexcept : out_(&out) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  json_writer& key(std::string_view name) {
    separate();
    append_json(*out_, name);
    *out_ += ':';
    comma_ = false;
    return *this;
  }
  template <class T>
  json_writer& value(const T& item) {
    static_assert(!detail::is_unprinted<T>,
                  "millrace[SECRET-1]: a secret is not printed; write `expose()` where its value has to leave");
    separate();
    append_json(*out_, item);
    comma_ = true;
    return *this;
  }
  /// Writes `json`, which must be one JSON value, as it is.
  json_writer& raw(std::string_view json) {
    separate();
    out_->append(json);
    comma_ = true;
    return *this;
  }
  template <class T>
  json_writer& member(std::string_view name, const T& item) {
    return key(name).value(item);
  }

 private:
  void separate() {
    if (comma_) *out_ += ',';
  }
  json_writer& open(char bracket) {
    separate();
    *out_ += bracket;
    comma_ = false;
    return *this;
  }
  json_writer& close(char bracket) {
    *out_ += bracket;
    comma_ = true;
    return *this;
  }

  std::string* out_;
  bool comma_ = false;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_JSON_WRITER_HPP
