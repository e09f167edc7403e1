#ifndef MILLRACE_STORE_DOCUMENT_HPP
#define MILLRACE_STORE_DOCUMENT_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/storage.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

class document_reader;
class document_writer;

/// A struct that says its members once, for writing and for reading:
///
///     struct reading {
///       std::string sensor;
///       std::vector<double> values;
///       template <class Self, class Members>
///       static void describe(Self& self, Members& members) {
///         members("sensor", self.sensor)("values", self.values);
///       }
///     };
///
/// Members are texts in UTF-8, integers, doubles (NaN and infinities too), bools, enums for which `to_string` returns a
/// name and, for numbers that are none, nothing, such structs, and vectors of these.
template <class T>
concept described = requires(T& value, document_reader& reader, const T& same, document_writer& writer) {
  T::describe(value, reader);
  T::describe(same, writer);
};

/// A described struct that is kept as a document of its own: `document_kind` is what errors call it, `document_format`
/// the number of its format, which a change of its members makes one greater. `describe` asks `members.format()` for
/// the format that is read, to leave out what it did not have yet.
template <class T>
concept document = described<T> && requires {
  { T::document_kind } -> std::convertible_to<std::string_view>;
  { T::document_format } -> std::convertible_to<unsigned>;
};

/// A member that is kept as the JSON text that it is, for who reads it on: it refers to the text that is read.
struct json_text {
  std::string_view text = "null";
};

/// Writes the members of a described struct as JSON.
class document_writer {
 public:
  document_writer(json_writer& out, unsigned format) noexcept : out_(&out), format_(format) {}

  unsigned format() const noexcept { return format_; }

  template <class T>
  document_writer& operator()(std::string_view name, const T& value) {
    out_->key(name);
    put(value);
    return *this;
  }

 private:
  template <class T>
  void put(const T& value) {
    if constexpr (described<T>) {
      out_->begin_object();
      T::describe(value, *this);
      out_->end_object();
    } else if constexpr (std::is_enum_v<T>) {
      out_->value(to_string(value));
    } else if constexpr (std::is_same_v<T, json_text>) {
      out_->raw(value.text);
    } else {
      out_->value(value);
    }
  }
  template <class T>
  void put(const std::vector<T>& values) {
    out_->begin_array();
    for (const T& each : values) put(each);
    out_->end_array();
  }

  json_writer* out_;
  unsigned format_;
};

/// Reads the members of a described struct from JSON. The first fault is noted, with the member's path; what follows
/// is passed over.
class document_reader {
 public:
  /// `text`: one JSON object. `format`: that of the document that it is of.
  document_reader(std::string_view text, unsigned format) : document_reader(text, format, false) {}

  /// For messages of others, which newer programs than this one send: what is missing, `null` or a name that is none
  /// of an enum's stays what it is, what nobody asks for is passed over, the last of two members of one name counts,
  /// and an integer may be a text. `text`: one JSON object.
  static document_reader of_message(std::string_view text) { return document_reader(text, 0, true); }

  unsigned format() const noexcept { return format_; }
  /// What follows is read as that format.
  void read_as(unsigned format) noexcept { format_ = format; }

  template <class T>
  document_reader& operator()(std::string_view name, T& value) {
    if (!fault_.empty()) return *this;
    if (member* const found = find(name)) {
      found->is_known = true;
      if (!lenient_ || found->raw != "null") get(found->raw, value, {name});
      return *this;
    }
    if (lenient_) return *this;
    fault_ = "the member `" + std::string(name) + "` is missing";
    return *this;
  }
  /// Ends the reading: a member that nobody has asked for is a fault too. Returns the fault, or an empty text.
  std::string finish() && {
    for (const member& each : members_)
      if (fault_.empty() && !each.is_known && !lenient_) fault_ = "the member `" + each.name + "` is unknown";
    return std::move(fault_);
  }

 private:
  struct member {
    std::string name;
    std::string_view raw;
    bool is_known = false;
  };

  /// Where a value stands, for errors: `name` or, as an element, `name[2]`.
  struct place {
    std::string_view name;
    const place* in = nullptr;  // the array that it is an element of
    std::size_t index = 0;

    std::string text() const {
      return in == nullptr ? std::string(name) : in->text() + '[' + std::to_string(index) + ']';
    }
  };

  document_reader(std::string_view text, unsigned format, bool lenient) : document_reader(format, lenient) {
    detail::json_reader reader(text);
    if (reader.next() == detail::json_token::object)
      read_members(reader, text);
    else
      fault_ = "it is no JSON object";
    if (fault_.empty() && reader.next() != detail::json_token::end)
      fault_ = "it is no JSON from byte " + std::to_string(reader.at()) + " on";
  }
  document_reader(unsigned format, bool lenient) : format_(format), lenient_(lenient) { members_.reserve(16); }

  /// Reads the members of an object in `text` whose bracket has been read.
  void read_members(detail::json_reader& reader, std::string_view text);
  member* find(std::string_view name) noexcept {
    // Most are asked for in the order in which they stand.
    if (!lenient_ && next_ < members_.size() && members_[next_].name == name) return &members_[next_++];
    for (std::size_t i = members_.size(); i > 0; --i)
      if (members_[i - 1].name == name) {
        next_ = i;
        return &members_[i - 1];
      }
    return nullptr;
  }
  /// Reads past the rest of a value whose first token has been read.
  static bool pass(detail::json_reader& reader, detail::json_token token) {
    for (std::size_t depth = 0;;) {
      if (token == detail::json_token::wrong || token == detail::json_token::end) return false;
      if (token == detail::json_token::object || token == detail::json_token::array) ++depth;
      if (token == detail::json_token::close) --depth;
      if (depth == 0) return true;
      token = reader.next();
    }
  }
  void expects(const place& at, const char* what) { fault_ = "`" + at.text() + "`: " + what + " is expected"; }
  /// What is wrong in an object within this one.
  void note(const place& at, const std::string& fault) {
    if (!fault.empty()) fault_ = "`" + at.text() + "`: " + fault;
  }

  void get(std::string_view raw, std::string& value, const place& at) {
    if (raw.size() < 2 || raw[0] != '"') return expects(at, "a text");
    value = detail::json_unescaped(raw.substr(1, raw.size() - 2));
  }
  void get(std::string_view raw, bool& value, const place& at) {
    value = raw == "true";
    if (!value && raw != "false") expects(at, "true or false");
  }
  void get(std::string_view raw, double& value, const place& at) {
    if (raw == "\"NaN\"")
      value = __builtin_nan("");
    else if (raw == "\"Infinity\"" || raw == "\"-Infinity\"")
      value = raw[1] == '-' ? -__builtin_inf() : __builtin_inf();
    else if (raw.empty() || raw[0] == '"' || !detail::read_real(raw, value))
      expects(at, "a number");
  }
  void get(std::string_view raw, json_text& value, const place&) { value.text = raw; }
  template <class T>
  requires(std::integral<T> && !std::same_as<T, bool>)
  void get(std::string_view raw, T& value, const place& at) {
    if (lenient_ && raw.size() >= 2 && raw.front() == '"') raw = raw.substr(1, raw.size() - 2);
    const char* const end = raw.data() + raw.size();
    const auto read = std::from_chars(raw.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) expects(at, "an integer of its range");
  }
  template <class T>
  requires std::is_enum_v<T>
  void get(std::string_view raw, T& value, const place& at) {
    std::string name;
    get(raw, name, at);
    for (int i = 0;; ++i) {
      const auto each = static_cast<T>(i);
      const std::string_view known = to_string(each);
      if (known.empty() && lenient_) return;
      if (known.empty()) return expects(at, "one of the names that there are");
      if (known == name) return void(value = each);
    }
  }
  template <described T>
  void get(std::string_view raw, T& value, const place& at) {
    document_reader inner(raw, format_, lenient_);
    T::describe(value, inner);
    note(at, std::move(inner).finish());
  }
  template <class T>
  void get(std::string_view raw, std::vector<T>& values, const place& at) {
    values.clear();
    detail::json_reader reader(raw);
    if (reader.next() != detail::json_token::array) return expects(at, "an array");
    for (;;) {
      const std::size_t before = reader.at();
      const detail::json_token token = reader.next();
      if (token == detail::json_token::close) return;
      const place element{{}, &at, values.size()};
      values.emplace_back();
      if constexpr (described<T>)
        if (token == detail::json_token::object) {  // in the same pass
          document_reader inner(format_, lenient_);
          inner.read_members(reader, raw);
          T::describe(values.back(), inner);
          note(element, std::move(inner).finish());
          if (!fault_.empty()) return;
          continue;
        }
      if (!pass(reader, token)) return expects(at, "an array");
      get(trimmed(raw.substr(before, reader.at() - before)), values.back(), element);
      if (!fault_.empty()) return;
    }
  }
  /// A value without the comma, colon and white space before it.
  static std::string_view trimmed(std::string_view raw) noexcept {
    const std::size_t begin = raw.find_first_not_of(", :\t\r\n");
    return begin == raw.npos ? std::string_view() : raw.substr(begin);
  }

  unsigned format_;
  bool lenient_;
  std::vector<member> members_;
  std::size_t next_ = 0;  // the member behind the one asked for last
  std::string fault_;
};

inline void document_reader::read_members(detail::json_reader& reader, std::string_view text) {
  for (;;) {
    if (reader.next() != detail::json_token::key) return;  // the end, or what is no JSON
    member made{detail::json_unescaped(reader.raw()), {}};
    const std::size_t before = reader.at();
    if (!pass(reader, reader.next())) return;
    made.raw = trimmed(text.substr(before, reader.at() - before));
    for (const member& each : members_)
      if (!lenient_ && each.name == made.name)
        return void(fault_ = "the member `" + made.name + "` stands in it twice");
    members_.push_back(std::move(made));
  }
}

/// Reads a described struct from a message of others, as `document_reader::of_message` does. `name` is what errors call
/// it. Complexity, allocation: those of `read_document`.
/// Errors: corrupt: it is no JSON object, or a member has another type.
template <described T>
result<T> read_message(std::string_view text, std::string_view name) {
  T made;
  document_reader members = document_reader::of_message(text);
  T::describe(made, members);
  std::string fault = std::move(members).finish();
  if (!fault.empty()) return error(errc::corrupt, std::string(name) + ": " + fault);
  return made;
}

/// A document as JSON text, whose first member is its format.
template <document T>
std::string write_document(const T& value) {
  std::string text;
  json_writer json(text);
  json.begin_object();
  json.member("format", static_cast<unsigned>(T::document_format));
  document_writer members(json, T::document_format);
  T::describe(value, members);
  json.end_object();
  return text;
}

/// Reads a document that `write_document` of this or an earlier version has written. `name` is what errors call it,
/// such as its key.
/// Complexity: linear in the text, for each level of nesting. Allocates: what it returns, and the members' names.
/// Errors: unsupported: a newer version has written it; corrupt: with the member and what is wrong with it.
template <document T>
result<T> read_document(std::string_view text, std::string_view name) {
  const auto called = [&] { return std::string(T::document_kind) + " " + detail::quoted_text(name); };
  document_reader members(text, 0);
  unsigned format = 0;
  members("format", format);
  if (format > T::document_format)
    return error(errc::unsupported, called() + " is of format " + std::to_string(format) +
                                        ", which a newer version wrote; this one reads formats up to " +
                                        std::to_string(T::document_format));
  T made;
  members.read_as(format);
  T::describe(made, members);
  std::string fault = std::move(members).finish();
  if (fault.empty() && format == 0) fault = "format 0 is none";
  if (!fault.empty()) return error(errc::corrupt, called() + ": " + fault);
  return made;
}

/// Reads the document at a key. Errors: not_found; those of the storage and of `read_document`.
template <document T, reads_objects S>
result<T> load_document(const S& storage, std::string_view key) {
  auto bytes = storage.read(key);
  if (!bytes) return std::move(bytes).error();
  return read_document<T>(std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()), key);
}
/// Writes a document to a key. Errors: those of the storage.
template <document T, writes_objects S>
result<void> keep_document(S& storage, std::string_view key, const T& value) {
  const std::string text = write_document(value);
  return storage.write(key, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DOCUMENT_HPP
