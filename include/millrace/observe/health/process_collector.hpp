#ifndef MILLRACE_OBSERVE_HEALTH_PROCESS_COLLECTOR_HPP
#define MILLRACE_OBSERVE_HEALTH_PROCESS_COLLECTOR_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/health/detail/proc_text.hpp>
#include <millrace/observe/health/memory_usage.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <dirent.h>
#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What the system says of this process; a number that it does not say is not there.
struct process_usage {
  reported_number cpu_nanoseconds;
  reported_number start_unix_seconds;
  reported_number virtual_bytes;
  reported_number resident_bytes;
  reported_number threads;
  reported_number minor_faults;  // pages that were in memory already
  reported_number major_faults;  // pages that had to be read
  reported_number voluntary_switches;
  reported_number involuntary_switches;
  reported_number open_files;
  reported_number max_files;
};

namespace detail {

/// How many entries a folder below `root` has, without itself and the one above.
inline reported_number count_entries(const std::string& root, std::string_view path) {
  DIR* const folder = ::opendir((root + std::string(path)).c_str());
  if (folder == nullptr) return {};
  reported_number count{0, true};
  while (const dirent* const entry = ::readdir(folder)) count.value += entry->d_name[0] != '.' ? 1U : 0U;
  ::closedir(folder);
  return count;
}

/// A number times units of `per_second`, in nanoseconds; not there if it exceeds 64 bits.
constexpr reported_number nanoseconds_of(reported_number ticks, std::uint64_t per_second) noexcept {
  if (!ticks || per_second == 0 || ticks.value / per_second > 18'000'000'000U) return {};
  return {ticks.value / per_second * 1'000'000'000U + ticks.value % per_second * 1'000'000'000U / per_second, true};
}
constexpr reported_number product(reported_number a, std::uint64_t by) noexcept {
  if (!a || (by != 0 && a.value > ~std::uint64_t{0} / by)) return {};
  return {a.value * by, true};
}

}  // namespace detail

/// Reads it from /proc/self, below `root`.
/// Source: proc(5).
inline process_usage read_process_usage(const std::string& root = {}) {
  process_usage read;
  const std::string stat = detail::read_text(root, "/proc/self/stat");
  // A text that is cut off may end within a number. The program's name stands in parentheses and may have any of them,
  // and spaces, in it.
  std::string_view words = stat.ends_with('\n') ? std::string_view(stat) : std::string_view();
  const std::size_t name_end = words.rfind(')');
  words.remove_prefix(name_end == std::string_view::npos ? words.size() : name_end + 1);
  reported_number fields[25];
  for (std::size_t field = 3; field <= 24; ++field) fields[field] = detail::number_of(detail::next_word(words));
  const long clock_ticks = ::sysconf(_SC_CLK_TCK);
  const std::uint64_t per_second = clock_ticks > 0 ? static_cast<std::uint64_t>(clock_ticks) : 100;
  const long page = ::sysconf(_SC_PAGESIZE);
  read.minor_faults = fields[10];
  read.major_faults = fields[12];
  if (fields[14] && fields[15] && fields[14].value <= ~std::uint64_t{0} - fields[15].value)
    read.cpu_nanoseconds = detail::nanoseconds_of({fields[14].value + fields[15].value, true}, per_second);
  read.threads = fields[20];
  read.virtual_bytes = fields[23];
  read.resident_bytes = detail::product(fields[24], static_cast<std::uint64_t>(page > 0 ? page : 4096));
  const reported_number booted = detail::number_after(detail::read_text(root, "/proc/stat"), "btime");
  if (booted && fields[22] && booted.value < std::uint64_t{1} << 40)
    read.start_unix_seconds = {booted.value + fields[22].value / per_second, true};
  const std::string status = detail::read_text(root, "/proc/self/status");
  read.voluntary_switches = detail::number_after(status, "voluntary_ctxt_switches:");
  read.involuntary_switches = detail::number_after(status, "nonvoluntary_ctxt_switches:");
  read.open_files = detail::count_entries(root, "/proc/self/fd");
  // The folder that is being read has a descriptor itself.
  if (read.open_files && read.open_files.value > 0 && root.empty()) --read.open_files.value;
  const std::string limits = detail::read_text(root, "/proc/self/limits");
  for (std::string_view rest = limits; !rest.empty();) {
    std::string_view line = detail::next_line(rest);
    if (!line.starts_with("Max open files ")) continue;
    line.remove_prefix(std::string_view("Max open files ").size());
    read.max_files = detail::number_of(detail::next_word(line));
  }
  return read;
}

/// Shows in a registry what this process uses, by the names that Prometheus' clients have agreed on:
///
///     auto process = mr::observe::process_collector::make(registry);
///     if (!process) return std::move(process).error();
///     ...
///     if (auto read = process->update(); !read) ...       // before each snapshot
///     process->update_heap(::mallinfo2());                // if there is one: #include <malloc.h>
///
/// `process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_open_fds`,
/// `process_max_fds`, `process_start_time_seconds`, `process_threads`, `process_page_faults_total` (kind: minor,
/// major), `process_context_switches_total` (kind: voluntary, involuntary), `process_memory_limit_bytes` and
/// `process_memory_usage_bytes` (of the control group whose limit is the lowest, or the machine: see `memory_usage`),
/// and of the heap `process_malloc_arena_bytes`, `process_malloc_mapped_bytes`, `process_malloc_used_bytes`,
/// `process_malloc_free_bytes`. A number that the system does not say has no series until it does.
/// Complexity: about ten small files of /proc and /sys. Threads: one at a time. The registry outlives it.
/// Errors: those of `metrics_registry`.
class process_collector {
 public:
  /// `root` stands before /proc and /sys, for tests and for folders that are mounted elsewhere.
  static result<process_collector> make(metrics_registry& registry, std::string root = {}) {
    process_collector made(registry, std::move(root));
    if (auto read = made.update(); !read) return std::move(read).error();
    return made;
  }

  /// Reads everything anew.
  result<void> update();

  /// The same of the heap, from what mallinfo2 of glibc returns, or anything with these members.
  template <class Info>
  requires requires(const Info& info) { info.arena + info.hblkhd + info.uordblks + info.fordblks; }
  result<void> update_heap(const Info& info) {
    const auto there = [](auto bytes) { return reported_number{static_cast<std::uint64_t>(bytes), true}; };
    result<void> done;
    show(done, arena_, there(info.arena), {"process_malloc_arena_bytes", "Memory that malloc has from brk.", "bytes"});
    show(done, mapped_, there(info.hblkhd), {"process_malloc_mapped_bytes", "Memory that malloc has mapped.", "bytes"});
    show(done, used_, there(info.uordblks), {"process_malloc_used_bytes", "Memory from malloc in use.", "bytes"});
    show(done, free_, there(info.fordblks), {"process_malloc_free_bytes", "Memory that malloc keeps free.", "bytes"});
    return done;
  }

 private:
  /// An instrument that is made with its first number.
  struct shown_gauge {
    observe::gauge gauge;
    bool is_made = false;
  };
  template <class Counter>
  struct shown_counter {
    Counter counter;
    std::uint64_t last = 0;
    bool is_made = false;

    /// Adds what is new; a number that fell, which none of these does, adds nothing until it is higher again.
    template <class Add>
    void raise(std::uint64_t now, Add&& add) {
      if (now <= last) return;
      add(counter, now - last);
      last = now;
    }
  };

  process_collector(metrics_registry& registry, std::string root) : registry_(&registry), root_(std::move(root)) {}

  void show(result<void>& done, shown_gauge& to, reported_number number, const metric_info& info) {
    if (!done || !number) return;
    if (!to.is_made) {
      auto made = registry_->gauge(info);
      if (!made) return static_cast<void>(done = std::move(made).error());
      to = {*made, true};
    }
    to.gauge.set(static_cast<double>(number.value));
  }
  void show(result<void>& done, shown_counter<counter>& to, reported_number number, const metric_info& info,
            std::string_view kind) {
    if (!done || !number) return;
    if (!to.is_made) {
      auto made = registry_->counter(info, {{"kind", kind}});
      if (!made) return static_cast<void>(done = std::move(made).error());
      to.counter = *made;
      to.is_made = true;
    }
    to.raise(number.value, [](const counter& with, std::uint64_t by) { with.add(by); });
  }

  metrics_registry* registry_;
  std::string root_;
  shown_counter<time_counter> cpu_;
  shown_gauge resident_, virtual_, open_files_, max_files_, start_, threads_, limit_, usage_;
  shown_gauge arena_, mapped_, used_, free_;
  shown_counter<counter> minor_, major_, voluntary_, involuntary_;
};

inline result<void> process_collector::update() {
  const process_usage usage = read_process_usage(root_);
  result<void> done;
  if (usage.cpu_nanoseconds) {
    if (!cpu_.is_made) {
      auto made = registry_->time_counter({"process_cpu_seconds_total", "Time on processors, user and system."});
      if (!made) return std::move(made).error();
      cpu_.counter = *made;
      cpu_.is_made = true;
    }
    cpu_.raise(usage.cpu_nanoseconds.value, [](const time_counter& with, std::uint64_t by) { with.add(duration(by)); });
  }
  show(done, resident_, usage.resident_bytes, {"process_resident_memory_bytes", "Memory that is in RAM.", "bytes"});
  show(done, virtual_, usage.virtual_bytes, {"process_virtual_memory_bytes", "Addresses that are in use.", "bytes"});
  show(done, open_files_, usage.open_files, {"process_open_fds", "Open file descriptors."});
  show(done, max_files_, usage.max_files, {"process_max_fds", "The most that may be open."});
  show(done, start_, usage.start_unix_seconds,
       {"process_start_time_seconds", "When the process started, since 1970.", "seconds"});
  show(done, threads_, usage.threads, {"process_threads", "Threads."});
  const metric_info faults{"process_page_faults_total", "Pages that were missing."};
  show(done, minor_, usage.minor_faults, faults, "minor");
  show(done, major_, usage.major_faults, faults, "major");
  const metric_info switches{"process_context_switches_total", "Times that a thread left its processor."};
  show(done, voluntary_, usage.voluntary_switches, switches, "voluntary");
  show(done, involuntary_, usage.involuntary_switches, switches, "involuntary");
  if (const auto memory = read_memory_usage(root_)) {
    show(done, limit_, {memory->limit, true}, {"process_memory_limit_bytes", "The lowest limit of memory.", "bytes"});
    show(done, usage_, {memory->used, true}, {"process_memory_usage_bytes", "What is used of that limit.", "bytes"});
  }
  return done;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_PROCESS_COLLECTOR_HPP
