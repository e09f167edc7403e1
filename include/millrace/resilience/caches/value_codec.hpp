#ifndef MILLRACE_RESILIENCE_CACHES_VALUE_CODEC_HPP
#define MILLRACE_RESILIENCE_CACHES_VALUE_CODEC_HPP

#include <millrace/core/result.hpp>
#include <millrace/resilience/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Makes bytes of values, and values of bytes, which may be damaged or another version's: decode returns an error then.
/// Threads: const calls from any number.
template <class C, class Value>
concept value_codec = requires(const C& codec, const Value& value, std::span<const std::byte> bytes) {
  { codec.encode(value) } -> std::same_as<std::vector<std::byte>>;
  { codec.decode(bytes) } -> std::same_as<result<Value>>;
};

/// The codec of texts, of bytes, and of types with `save()` and `load(bytes)`. Other types have none.
template <class Value>
struct default_codec {};

template <class Value>
requires requires(const Value& value, std::span<const std::byte> bytes) {
  { value.save() } -> std::same_as<std::vector<std::byte>>;
  { Value::load(bytes) } -> std::same_as<result<Value>>;
}
struct default_codec<Value> {
  std::vector<std::byte> encode(const Value& value) const { return value.save(); }
  result<Value> decode(std::span<const std::byte> bytes) const { return Value::load(bytes); }
};

template <>
struct default_codec<std::string> {
  std::vector<std::byte> encode(const std::string& value) const {
    const auto bytes = std::as_bytes(std::span(value));
    return {bytes.begin(), bytes.end()};
  }
  result<std::string> decode(std::span<const std::byte> bytes) const {
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
};

template <>
struct default_codec<std::vector<std::byte>> {
  std::vector<std::byte> encode(const std::vector<std::byte>& value) const { return value; }
  result<std::vector<std::byte>> decode(std::span<const std::byte> bytes) const {
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_VALUE_CODEC_HPP
