#ifndef MILLRACE_RESILIENCE_LOCKS_LOCK_OWNER_HPP
#define MILLRACE_RESILIENCE_LOCKS_LOCK_OWNER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/resilience/fwd.hpp>

#include <unistd.h>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Who holds a file lock, as the lock's file says for people to read:
///
///     millrace lock 1
///     pid 4711
///     host build-7
///     since 2025-01-21T14:30:22.123456Z
///     purpose nightly training
///
/// Each line ends with a line feed. It is a note beside the lock, which the kernel keeps: nobody has the lock because
/// of what the file says.
struct lock_owner {
  std::int64_t pid = 0;
  std::string host;
  std::string since;    // ISO 8601 in UTC
  std::string purpose;  // as the owner put it, in one line; may be empty

  bool operator==(const lock_owner&) const = default;
};

namespace detail {

inline constexpr std::string_view lock_kind = "millrace lock 1\n";
inline constexpr std::size_t max_lock_text = 1024;

/// A word or sentence as one line of visible characters, at most `most` bytes: what a file or a program says must not
/// end a line, nor move a terminal's cursor.
inline std::string one_line(std::string_view text, std::size_t most) {
  std::string line(text.substr(0, most));
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return line;
}

}  // namespace detail

/// This process, as the owner of a lock since now.
inline lock_owner this_process(std::string_view purpose, std::uint64_t unix_time = unix_nanoseconds()) {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return {::getpid(), detail::one_line(host, 255), to_iso8601(unix_time), detail::one_line(purpose, 256)};
}

/// What stands in the lock's file.
inline std::string to_text(const lock_owner& owner) {
  std::string text(detail::lock_kind);
  ((text += "pid ") += std::to_string(owner.pid)) += '\n';
  ((text += "host ") += owner.host) += '\n';
  ((text += "since ") += owner.since) += '\n';
  ((text += "purpose ") += owner.purpose) += '\n';
  return text;
}

/// Reads that text. What it says is made fit to be shown: without control characters, each part of 256 bytes at most.
/// Errors: not_found: it is empty, nobody is recorded; truncated: its writer has not finished, or was killed;
/// unsupported: another version; corrupt: it is no such text.
inline result<lock_owner> read_lock_owner(std::string_view text) {
  if (text.empty()) return error(errc::not_found, "the lock's file names no owner");
  if (!text.starts_with(detail::lock_kind)) {
    if (detail::lock_kind.starts_with(text)) return error(errc::truncated, "the lock's file ends too soon");
    if (text.starts_with("millrace lock ")) return error(errc::unsupported, "a lock's file of another version");
    return error(errc::corrupt, "this is no lock's file");
  }
  text.remove_prefix(detail::lock_kind.size());
  lock_owner owner;
  std::string pid;
  constexpr std::string_view words[] = {"pid ", "host ", "since ", "purpose "};
  std::string* const parts[] = {&pid, &owner.host, &owner.since, &owner.purpose};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return error(errc::truncated, "the lock's file ends too soon");
    const std::string_view line = text.substr(0, end);
    if (!line.starts_with(words[i]))
      return error(errc::corrupt, "line " + std::to_string(i + 2) + " of the lock's file is not of its form");
    *parts[i] = detail::one_line(line.substr(words[i].size()), 256);
    text.remove_prefix(end + 1);
  }
  const auto number = std::from_chars(pid.data(), pid.data() + pid.size(), owner.pid);
  if (number.ec != std::errc() || number.ptr != pid.data() + pid.size() || owner.pid <= 0 || !text.empty())
    return error(errc::corrupt, text.empty() ? "line 2 of the lock's file has no process" : "the lock's file goes on");
  return owner;
}

/// The owner in a sentence: `pid 4711 on build-7 since 2025-01-21T14:30:22.123456Z, for "nightly training"`.
inline std::string describe(const lock_owner& owner) {
  std::string text = "pid " + std::to_string(owner.pid);
  if (!owner.host.empty()) text += " on " + owner.host;
  if (!owner.since.empty()) text += " since " + owner.since;
  if (!owner.purpose.empty()) text += ", for \"" + owner.purpose + '"';
  return text;
}

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_LOCKS_LOCK_OWNER_HPP
