#ifndef MILLRACE_STORE_MESSAGES_CODEC_HPP
#define MILLRACE_STORE_MESSAGES_CODEC_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// How values become the bytes of a message, and come back: a type with `encode(value)`, which returns a
/// result<std::string>, and `decode<T>(bytes)`, a result<T>. The law: what `encode` returns, `decode` makes the same
/// value of; any other bytes are a value or an error, and never more.
template <class C, class T>
concept message_codec = requires(const T& value, std::string_view bytes) {
  { C::encode(value) } -> std::same_as<result<std::string>>;
  { C::template decode<T>(bytes) } -> std::same_as<result<T>>;
};

/// Bytes as they are: of texts, and of what others have encoded.
struct raw_bytes {
  static result<std::string> encode(const std::string& value) { return value; }
  template <std::same_as<std::string> T>
  static result<T> decode(std::string_view bytes) {
    return T(bytes);
  }
};

/// JSON of structs that say their members once (store/document.hpp). Of a `document` its format is the first member,
/// and what does not belong there is an error; other structs are read as messages of others are: unknown members are
/// passed over.
struct json_members {
  template <described T>
  static result<std::string> encode(const T& value) {
    if constexpr (document<T>) {
      return write_document(value);
    } else {
      std::string text;
      json_writer json(text);
      json.begin_object();
      document_writer members(json, 0);
      T::describe(value, members);
      json.end_object();
      return text;
    }
  }
  template <described T>
  static result<T> decode(std::string_view bytes) {
    if constexpr (document<T>)
      return read_document<T>(bytes, "message");
    else
      return read_message<T>(bytes, "JSON");
  }
};

/// Two functions of yours: `Encode(const T&)` returns a std::string or a result of one, `Decode(std::string_view)` a T
/// or a result<T>.
template <auto Encode, auto Decode>
struct coded_by {
  template <class T>
  requires std::is_invocable_v<decltype(Encode), const T&>
  static result<std::string> encode(const T& value) {
    return Encode(value);
  }
  template <class T>
  requires std::is_convertible_v<std::invoke_result_t<decltype(Decode), std::string_view>, result<T>>
  static result<T> decode(std::string_view bytes) {
    return Decode(bytes);
  }
};

/// The saved form of our own states (core/saved.hpp): `save()` and `load(bytes)`.
struct saved_form {
  template <class T>
  requires requires(const T& value) {
    { value.save() } -> std::same_as<std::vector<std::byte>>;
  }
  static result<std::string> encode(const T& value) {
    const std::vector<std::byte> bytes = value.save();
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  template <class T>
  requires requires(std::span<const std::byte> bytes) {
    { T::load(bytes) } -> std::same_as<result<T>>;
  }
  static result<T> decode(std::string_view bytes) {
    return T::load(std::as_bytes(std::span(bytes.data(), bytes.size())));
  }
};

namespace detail {

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

}  // namespace detail

/// Several values in one message, of a std::vector: each the length of its bytes (u32, little-endian), then these, as
/// `Each` makes them.
template <class Each>
struct length_prefixed {
  template <class T>
  requires message_codec<Each, T>
  static result<std::string> encode(const std::vector<T>& values) {
    std::string made;
    for (const T& one : values) {
      const result<std::string> bytes = Each::encode(one);
      if (!bytes) return bytes.error();
      if (bytes->size() > 0xffff'ffffU) return error(errc::out_of_range, "a value of a message has more than 4 GiB");
      for (unsigned i = 0; i < 4; ++i) made += static_cast<char>(bytes->size() >> (8 * i));
      made += *bytes;
    }
    return made;
  }
  template <class Values>
  requires detail::is_vector<Values> && message_codec<Each, typename Values::value_type>
  static result<Values> decode(std::string_view bytes) {
    Values made;
    while (!bytes.empty()) {
      std::size_t size = 0;
      for (unsigned i = 0; i < 4 && i < bytes.size(); ++i)
        size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
      if (bytes.size() < 4 || size > bytes.size() - 4)
        return error(errc::truncated,
                     "a message ends within the value " + std::to_string(made.size()) + " of those that it has");
      auto one = Each::template decode<typename Values::value_type>(bytes.substr(4, size));
      if (!one) return std::move(one).error().wrap("the value " + std::to_string(made.size()) + " of a message");
      made.push_back(*std::move(one));
      bytes.remove_prefix(4 + size);
    }
    return made;
  }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_CODEC_HPP
