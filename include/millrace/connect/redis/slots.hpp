#ifndef MILLRACE_CONNECT_REDIS_SLOTS_HPP
#define MILLRACE_CONNECT_REDIS_SLOTS_HPP

#include <millrace/connect/redis/address.hpp>
#include <millrace/connect/redis/fwd.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

/// Into how many slots a cluster's keys fall.
inline constexpr std::size_t slot_count = 16384;

namespace detail {

constexpr std::array<std::uint16_t, 256> make_crc16_table() noexcept {
  std::array<std::uint16_t, 256> made{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned r = i << 8;
    for (int bit = 0; bit < 8; ++bit) r = (r & 0x8000U) != 0 ? (r << 1) ^ 0x1021U : r << 1;
    made[i] = static_cast<std::uint16_t>(r & 0xffffU);
  }
  return made;
}
inline constexpr std::array<std::uint16_t, 256> crc16_table = make_crc16_table();

}  // namespace detail

/// The slot of a cluster that a key is in: of what stands between the first `{` and the next `}` if that is not empty,
/// else of the whole key. Keys with the same part in braces are on one node.
/// Source: Redis Cluster specification, "Key distribution model" and "Hash tags": CRC16 (XMODEM) modulo 16384.
constexpr std::uint16_t key_slot(std::string_view key) noexcept {
  if (const std::size_t open = key.find('{'); open != std::string_view::npos) {
    const std::size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  unsigned crc = 0;
  for (const char c : key)
    crc = ((crc << 8) & 0xffffU) ^ detail::crc16_table[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xffU];
  return static_cast<std::uint16_t>(crc % slot_count);
}

/// Where a cluster's node sends a command on to: `MOVED 3999 127.0.0.1:6381`, `ASK ...`.
struct redirect {
  bool is_for_good = false;  // MOVED: the slot is there from now on; ASK: this once
  std::uint16_t slot = 0;
  endpoint to{};  // an empty host: that of the node which says it
};

/// The redirect that a failure is, if it is one.
inline std::optional<redirect> parse_redirect(std::string_view failure) {
  redirect made;
  if (failure.substr(0, 6) == "MOVED ") {
    made.is_for_good = true;
    failure.remove_prefix(6);
  } else if (failure.substr(0, 4) == "ASK ") {
    failure.remove_prefix(4);
  } else {
    return std::nullopt;
  }
  const std::size_t space = failure.find(' ');
  const std::size_t colon = failure.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) return std::nullopt;
  const auto number = [](std::string_view text, std::uint16_t& out) {
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
    return fault == std::errc() && stop == text.data() + text.size();
  };
  if (!number(failure.substr(0, space), made.slot) || made.slot >= slot_count) return std::nullopt;
  if (!number(failure.substr(colon + 1), made.to.port) || made.to.port == 0) return std::nullopt;
  std::string_view host = failure.substr(space + 1, colon - space - 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  made.to.host = host == "?" ? std::string_view() : host;
  return made;
}

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_SLOTS_HPP
