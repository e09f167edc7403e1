#ifndef MILLRACE_OBSERVE_HEALTH_MEMORY_USAGE_HPP
#define MILLRACE_OBSERVE_HEALTH_MEMORY_USAGE_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/health/detail/proc_text.hpp>

#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Whose limit a process' memory has.
enum class memory_limit_of : std::uint8_t { system, cgroup_v1, cgroup_v2 };

/// How much memory there is, and how much of it is used: of the control group whose limit is the lowest, which may be
/// one above the process' own, or of the machine, if no group has a limit below its memory. Bytes.
struct memory_usage {
  memory_limit_of by = memory_limit_of::system;
  std::uint64_t limit = 0;
  /// What counts against the limit and cannot be freed at once: a group's usage without its inactive file cache, and of
  /// a machine all that is not available.
  std::uint64_t used = 0;
  /// The usage of the process' own group as it is, 0 if there is none; and what the process itself has in memory.
  std::uint64_t group_usage = 0;
  std::uint64_t resident = 0;
  /// For what part of the last ten seconds some, and all, tasks waited for memory, in percent; negative if the kernel
  /// does not say so.
  double some_stalled = -1;
  double all_stalled = -1;

  double fraction() const noexcept {
    return limit != 0 ? static_cast<double>(used) / static_cast<double>(limit) : used != 0 ? 1 : 0;
  }
};

namespace detail {

/// Where the control group of a process stands.
struct memory_group {
  memory_limit_of version = memory_limit_of::system;  // `system`: there is none
  std::string mount;                                  // the folder of the hierarchy's top, as this process sees it
  std::string path;                                   // below that, without a slash at the end; empty at the top
};

inline bool has_word(std::string_view list, std::string_view word) noexcept {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

/// The path of a group below its mount: in a container the top of the mount may be the container's group already.
inline std::string below_mount(std::string_view path, std::string_view top) {
  if (top.size() > 1 && path.substr(0, top.size()) == top && (path.size() == top.size() || path[top.size()] == '/'))
    path.remove_prefix(top.size());
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  // `/..` is a group outside of what this process sees.
  return path.find("/..") == std::string_view::npos ? std::string(path) : std::string();
}

/// Finds the group in /proc/self/cgroup (proc(5): `id:controllers:path`) and its mount in /proc/self/mountinfo.
inline memory_group find_memory_group(const std::string& root) {
  memory_group found;
  std::string path;
  const std::string groups = read_text(root, "/proc/self/cgroup");
  for (std::string_view rest = groups; !rest.empty();) {
    const std::string_view line = next_line(rest);
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (has_word(controllers, "memory")) {
      found.version = memory_limit_of::cgroup_v1;
      path = line.substr(second + 1);
    } else if (controllers.empty() && found.version == memory_limit_of::system) {
      found.version = memory_limit_of::cgroup_v2;
      path = line.substr(second + 1);
    }
  }
  if (found.version == memory_limit_of::system) return found;
  const bool is_v1 = found.version == memory_limit_of::cgroup_v1;
  found.mount = is_v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  std::string top = "/";
  const std::string mounts = read_text(root, "/proc/self/mountinfo");
  for (std::string_view rest = mounts; !rest.empty();) {
    std::string_view line = next_line(rest);
    for (int skipped = 0; skipped < 3; ++skipped) next_word(line);
    const std::string_view top_here = next_word(line);
    const std::string_view mount_here = next_word(line);
    std::string_view word = next_word(line);
    while (!word.empty() && word != "-") word = next_word(line);
    const std::string_view type = next_word(line);
    next_word(line);
    if (type != (is_v1 ? "cgroup" : "cgroup2") || (is_v1 && !has_word(next_word(line), "memory"))) continue;
    found.mount = mount_here;
    top = top_here;
    break;
  }
  found.path = below_mount(path, top);
  return found;
}

/// What one group says of itself.
struct group_memory {
  reported_number limit;  // not there: it has none
  reported_number usage;
  std::uint64_t inactive_file = 0;
};
inline group_memory read_group(const std::string& root, const memory_group& group) {
  const bool is_v1 = group.version == memory_limit_of::cgroup_v1;
  const std::string folder = group.mount + group.path;
  group_memory read;
  read.limit = only_number(read_text(root, folder + (is_v1 ? "/memory.limit_in_bytes" : "/memory.max")));
  // Version 1 says that there is none by the greatest number of pages.
  if (is_v1 && read.limit.value >= std::uint64_t{1} << 62) read.limit = {};
  read.usage = only_number(read_text(root, folder + (is_v1 ? "/memory.usage_in_bytes" : "/memory.current")));
  const std::string counts = read_text(root, folder + "/memory.stat");
  read.inactive_file = number_after(counts, is_v1 ? "total_inactive_file" : "inactive_file").value;
  return read;
}

}  // namespace detail

/// Reads how much memory this process may use and what is used. `root` stands before /proc and /sys, for tests and for
/// a host's folders that are mounted elsewhere.
/// Errors: unavailable: neither a group's limit nor the machine's memory can be read.
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst; accounting/psi.rst.
inline result<memory_usage> read_memory_usage(const std::string& root = {}) {
  memory_usage read;
  const std::string machine = detail::read_text(root, "/proc/meminfo");
  const reported_number total = detail::number_after(machine, "MemTotal:");
  const reported_number available = detail::number_after(machine, "MemAvailable:");
  if (total && total.value <= ~std::uint64_t{0} / 1024) {
    read.limit = total.value * 1024;
    const std::uint64_t left = available && available.value < total.value ? available.value : 0;
    read.used = available ? (total.value - left) * 1024 : 0;
  }
  const detail::memory_group own = detail::find_memory_group(root);
  if (own.version != memory_limit_of::system) {
    detail::memory_group group = own;
    for (bool is_own = true;; is_own = false) {
      const detail::group_memory here = detail::read_group(root, group);
      if (is_own) read.group_usage = here.usage.value;
      if (here.limit && here.usage && (read.limit == 0 || here.limit.value < read.limit)) {
        read.by = group.version;
        read.limit = here.limit.value;
        const std::uint64_t kept = here.usage.value;
        read.used = here.inactive_file < kept ? kept - here.inactive_file : 0;
      }
      if (group.path.empty()) break;
      group.path.resize(group.path.rfind('/') == std::string::npos ? 0 : group.path.rfind('/'));
    }
  }
  if (read.limit == 0 && read.by == memory_limit_of::system)
    return error(errc::unavailable, "cannot read how much memory there is from " + root + "/proc/meminfo");
  std::string pressure;
  if (own.version == memory_limit_of::cgroup_v2)
    pressure = detail::read_text(root, own.mount + own.path + "/memory.pressure");
  if (pressure.empty()) pressure = detail::read_text(root, "/proc/pressure/memory");
  read.some_stalled = detail::pressure_of(pressure, "some", "avg10");
  read.all_stalled = detail::pressure_of(pressure, "full", "avg10");
  const std::string pages = detail::read_text(root, "/proc/self/statm");
  std::string_view words = pages;
  detail::next_word(words);
  const long page = ::sysconf(_SC_PAGESIZE);
  read.resident =
      detail::number_of(detail::next_word(words)).value * static_cast<std::uint64_t>(page > 0 ? page : 4096);
  return read;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_MEMORY_USAGE_HPP
