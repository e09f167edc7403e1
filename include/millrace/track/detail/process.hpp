#ifndef MILLRACE_TRACK_DETAIL_PROCESS_HPP
#define MILLRACE_TRACK_DETAIL_PROCESS_HPP

#include <millrace/store/file.hpp>
#include <millrace/track/records.hpp>

#include <signal.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// A small file of /proc as text, without the line feed at its end; empty if it cannot be read.
inline std::string proc_text(const std::string& path) {
  const auto bytes = store::read_bytes(path);
  if (!bytes) return {};
  std::string text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}
/// When a process started, in ticks since the machine is up: the 22nd field of /proc/PID/stat, of which the second is a
/// name in parentheses that may hold anything. 0: it is not known.
inline std::uint64_t start_of(std::int64_t pid) {
  const std::string stat = proc_text("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == stat.npos) return 0;
  std::size_t at = name_end + 1;
  for (int field = 2; field < 22; ++field) {
    at = stat.find(' ', at);
    if (at == stat.npos) return 0;
    ++at;
  }
  std::uint64_t ticks = 0;
  std::from_chars(stat.data() + at, stat.data() + stat.size(), ticks);
  return ticks;
}

/// This process.
inline run_process this_run_process() {
  run_process made;
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) == 0) made.host = host;
  char space[64] = {};
  if (::readlink("/proc/self/ns/pid", space, sizeof space - 1) > 0) made.space = space;
  made.boot = proc_text("/proc/sys/kernel/random/boot_id");
  made.pid = ::getpid();
  made.started = start_of(made.pid);
  return made;
}

/// Whether a process has a number that means something here, `here` being this process.
inline bool is_visible(const run_process& other, const run_process& here) noexcept {
  return other.pid > 0 && other.host == here.host && other.boot == here.boot && other.space == here.space;
}
/// Whether a process is gone for sure. `here`: this one. Of another machine's nothing is known.
inline bool is_gone(const run_process& other, const run_process& here) {
  if (other.pid > 0 && other.host == here.host && other.boot != here.boot) return true;  // started again since
  if (!is_visible(other, here)) return false;
  if (::kill(static_cast<pid_t>(other.pid), 0) != 0) return errno == ESRCH;
  return other.started != 0 && start_of(other.pid) != other.started;
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_PROCESS_HPP
