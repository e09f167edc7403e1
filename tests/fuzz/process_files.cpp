// Whatever stands in /proc and /sys, what is read of it is numbers that can be shown, or nothing, or an error.
#include <millrace/observe/health/memory_check.hpp>
#include <millrace/observe/health/process_collector.hpp>

#include <support/temp_dir.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

namespace mo = millrace::observe;

/// The files that are read, which the parts of an input between zero bytes fill in turn.
constexpr std::string_view files[] = {"proc/self/cgroup",
                                      "proc/self/mountinfo",
                                      "proc/meminfo",
                                      "sys/fs/cgroup/memory.max",
                                      "sys/fs/cgroup/memory.current",
                                      "sys/fs/cgroup/memory.stat",
                                      "sys/fs/cgroup/memory.pressure",
                                      "sys/fs/cgroup/memory/a/memory.limit_in_bytes",
                                      "sys/fs/cgroup/memory/a/memory.usage_in_bytes",
                                      "proc/pressure/memory",
                                      "proc/self/statm",
                                      "proc/self/stat",
                                      "proc/stat",
                                      "proc/self/status",
                                      "proc/self/limits"};

bool is_shown(double value) { return value == value && value >= 0 && value < 1e300; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const support::temp_dir root;
  static std::string written[std::size(files)];
  static bool begun = false;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (std::size_t i = 0; i < std::size(files); ++i) {
    const std::string_view text = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(text.size() < rest.size() ? text.size() + 1 : rest.size());
    if (begun && written[i] == text) continue;  // most of what a fuzzer changes is in one file
    const std::string path = root / std::string(files[i]);
    if (!begun) static_cast<void>(std::filesystem::create_directories(std::filesystem::path(path).parent_path()));
    std::filesystem::remove(path);  // a file cut to nothing and written anew is waited for by some file systems
    std::ofstream(path, std::ios::binary) << text;
    written[i] = text;
  }
  begun = true;
  const std::string where = root.path().string();
  if (const auto usage = mo::read_memory_usage(where)) {
    if (!is_shown(usage->fraction())) std::abort();
    if (usage->all_stalled >= 0 && !is_shown(usage->all_stalled)) std::abort();
    if (usage->some_stalled != usage->some_stalled) std::abort();
  }
  for (const mo::health_measure& each : mo::memory_check("memory", {}, where).examine().measured)
    if (!is_shown(each.value)) std::abort();
  mo::metrics_registry registry;
  if (!mo::process_collector::make(registry, where)) std::abort();
  return 0;
}
