#ifndef MILLRACE_CONNECT_REDIS_REPLY_HPP
#define MILLRACE_CONNECT_REDIS_REPLY_HPP

#include <millrace/connect/redis/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

/// What a server may reply, by RESP2.
enum class reply_kind : std::uint8_t { nil, integer, status, bytes, failure, array };

/// The kind's name: `bytes`.
constexpr std::string_view to_string(reply_kind kind) noexcept {
  constexpr std::string_view names[] = {"nil", "integer", "status", "bytes", "failure", "array"};
  return names[static_cast<std::uint8_t>(kind) % 6];
}

/// A server's reply to one command.
struct reply {
  reply_kind kind = reply_kind::nil;
  std::int64_t integer = 0;
  /// Of a status, a failure and bytes; any bytes.
  std::string text{};
  std::vector<reply> elements{};

  bool is_nil() const noexcept { return kind == reply_kind::nil; }
  bool is_failure() const noexcept { return kind == reply_kind::failure; }
  std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span(text)); }
  /// A failure's first word, by which programs tell failures apart: `WRONGTYPE`.
  std::string_view failure_word() const noexcept {
    return is_failure() ? std::string_view(text).substr(0, text.find(' ')) : std::string_view();
  }
};

/// How large a reply may be. Beyond, the connection is closed: what would come next is unknown.
struct reply_limits {
  /// Bytes of one reply, with what it is made of.
  std::size_t bytes = std::size_t{64} << 20;
  /// Elements of its arrays, together.
  std::size_t elements = std::size_t{1} << 20;
  /// Arrays within arrays; 7 at most.
  std::size_t depth = 6;
};

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_REPLY_HPP
