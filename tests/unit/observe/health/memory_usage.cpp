#include <millrace/observe/health/memory_usage.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <utility>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

/// A folder with files as /proc and /sys have them.
struct tree {
  support::temp_dir folder;

  explicit tree(std::initializer_list<std::pair<std::string, std::string>> files) {
    for (const auto& [path, text] : files) put(path, text);
  }
  void put(const std::string& path, const std::string& text) const {
    const std::filesystem::path full = folder.path().string() + path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  std::string root() const { return folder.path().string(); }
  mr::result<mo::memory_usage> read() const { return mo::read_memory_usage(root()); }
};

const std::string meminfo = "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     300 kB\n";
const std::string statm = "5000 30 20 1 0 100 0\n";
const std::string v2_mount = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const std::string v1_mounts =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

}  // namespace

TEST_CASE("version 2: the limit of the process' own group, without its inactive file cache, with its pressure") {
  const tree files{
      {"/proc/meminfo", meminfo},
      {"/proc/self/statm", statm},
      {"/proc/self/cgroup", "0::/service.slice/a.service\n"},
      {"/proc/self/mountinfo", v2_mount},
      {"/sys/fs/cgroup/service.slice/a.service/memory.max", "524288\n"},
      {"/sys/fs/cgroup/service.slice/a.service/memory.current", "400000\n"},
      {"/sys/fs/cgroup/service.slice/a.service/memory.stat", "anon 200000\ninactive_file 100000\nactive_file 1\n"},
      {"/sys/fs/cgroup/service.slice/a.service/memory.pressure",
       "some avg10=12.50 avg60=1.00 avg300=0.00 total=9\nfull avg10=3.25 avg60=0.00 avg300=0.00 total=1\n"},
      {"/sys/fs/cgroup/service.slice/memory.max", "max\n"},
      {"/sys/fs/cgroup/service.slice/memory.current", "900000\n"}};
  const auto usage = files.read();
  REQUIRE(usage);
  CHECK(usage->by == mo::memory_limit_of::cgroup_v2);
  CHECK(usage->limit == 524288);
  CHECK(usage->used == 300000);
  CHECK(usage->group_usage == 400000);
  CHECK(usage->fraction() == 300000.0 / 524288.0);
  CHECK(usage->some_stalled == 12.5);
  CHECK(usage->all_stalled == 3.25);
  CHECK(usage->resident == 30 * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_CASE("the lowest limit above the process counts, with the usage of the group that has it") {
  tree files{{"/proc/meminfo", meminfo},
             {"/proc/self/cgroup", "0::/pod/container\n"},
             {"/proc/self/mountinfo", v2_mount},
             {"/sys/fs/cgroup/pod/container/memory.max", "max\n"},
             {"/sys/fs/cgroup/pod/container/memory.current", "1000\n"},
             {"/sys/fs/cgroup/pod/memory.max", "8000\n"},
             {"/sys/fs/cgroup/pod/memory.current", "5000\n"}};
  const auto above = files.read();
  REQUIRE(above);
  CHECK(above->limit == 8000);
  CHECK(above->used == 5000);
  CHECK(above->group_usage == 1000);
  files.put("/sys/fs/cgroup/pod/container/memory.max", "4000\n");
  CHECK(files.read()->limit == 4000);
  CHECK(files.read()->used == 1000);
  // A group with a limit above the machine's memory has none; one of 0 has one.
  files.put("/sys/fs/cgroup/pod/container/memory.max", "99999999999\n");
  files.put("/sys/fs/cgroup/pod/memory.max", "99999999999\n");
  CHECK(files.read()->by == mo::memory_limit_of::system);
  CHECK(files.read()->limit == 1000 * 1024);
  CHECK(files.read()->used == 700 * 1024);
  files.put("/sys/fs/cgroup/pod/memory.max", "0\n");
  CHECK(files.read()->limit == 0);
  CHECK(files.read()->fraction() == 1);
}

TEST_CASE("version 1, and both at once: the hierarchy that has the memory controller counts") {
  tree files{{"/proc/meminfo", meminfo},
             {"/proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/job/7\n0::/elsewhere\n"},
             {"/proc/self/mountinfo", v1_mounts},
             {"/sys/fs/cgroup/memory/job/7/memory.limit_in_bytes", "300000\n"},
             {"/sys/fs/cgroup/memory/job/7/memory.usage_in_bytes", "250000\n"},
             {"/sys/fs/cgroup/memory/job/7/memory.stat", "inactive_file 1\ntotal_inactive_file 50000\n"},
             {"/proc/pressure/memory", "some avg10=1.00 avg60=0.00 avg300=0.00 total=0\n"}};
  const auto usage = files.read();
  REQUIRE(usage);
  CHECK(usage->by == mo::memory_limit_of::cgroup_v1);
  CHECK(usage->limit == 300000);
  CHECK(usage->used == 200000);
  CHECK(usage->some_stalled == 1);
  CHECK(usage->all_stalled < 0);
  files.put("/sys/fs/cgroup/memory/job/7/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(files.read()->by == mo::memory_limit_of::system);
}

TEST_CASE("in a container the top of the mount may be its group, or lie outside of what it sees") {
  tree files{{"/proc/meminfo", meminfo},
             {"/proc/self/cgroup", "0::/docker/abc/inner\n"},
             {"/proc/self/mountinfo", "31 23 0:28 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n"},
             {"/sys/fs/cgroup/inner/memory.max", "7000\n"},
             {"/sys/fs/cgroup/inner/memory.current", "1\n"}};
  CHECK(files.read()->limit == 7000);
  files.put("/proc/self/cgroup", "0::/../other\n");
  files.put("/sys/fs/cgroup/memory.max", "6000\n");
  files.put("/sys/fs/cgroup/memory.current", "2\n");
  CHECK(files.read()->limit == 6000);
  CHECK(files.read()->used == 2);
  // Without mountinfo, the usual place.
  files.put("/proc/self/mountinfo", "");
  files.put("/proc/self/cgroup", "0::/\n");
  CHECK(files.read()->limit == 6000);
}

TEST_CASE("a /proc that lacks files or says nonsense gives what is left, or an error, and nothing else") {
  CHECK(tree{}.read().error().code() == mr::errc::unavailable);
  // Version 1 says by a number that there is no limit.
  CHECK(tree{{"/proc/self/cgroup", "4:memory:/\n"},
             {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
             {"/sys/fs/cgroup/memory/memory.usage_in_bytes", "5\n"}}
            .read()
            .error()
            .code() == mr::errc::unavailable);
  CHECK(tree{{"/proc/meminfo", "MemTotal: lots kB\n"}}.read().error().code() == mr::errc::unavailable);
  CHECK(tree{{"/proc/meminfo", "MemTotal: 18446744073709551616 kB\n"}}.read().error().code() == mr::errc::unavailable);
  CHECK(tree{{"/proc/meminfo", "MemTotal: 18446744073709551615 kB\n"}}.read().error().code() == mr::errc::unavailable);
  CHECK(tree{{"/proc/meminfo", "MemTotal: 10 kB\nMemAvailable: 20 kB\n"}}.read()->used == 10 * 1024);
  CHECK(tree{{"/proc/meminfo", "MemTotal: 10 kB"}}.read()->used == 0);
  const std::string nonsense[] = {"",
                                  "\n",
                                  ":",
                                  "::",
                                  ":memory",
                                  "4:memory",
                                  "4:memory:",
                                  "0::",
                                  "0::x",
                                  std::string(64, '/'),
                                  std::string("4:memory:/a\0b\n", 13),
                                  "4:memory://///\n",
                                  "0::/../..\n"};
  for (const std::string& groups : nonsense)
    for (const std::string& mounts : nonsense) {
      const tree files{{"/proc/meminfo", meminfo}, {"/proc/self/cgroup", groups}, {"/proc/self/mountinfo", mounts}};
      CHECK(files.read()->limit == 1000 * 1024);
    }
  const std::string numbers[] = {"", "-1", "1e3", "99999999999999999999", "max", "4 4"};
  for (const std::string& number : numbers) {
    const tree files{{"/proc/meminfo", meminfo},
                     {"/proc/self/statm", number},
                     {"/proc/self/cgroup", "0::/\n"},
                     {"/sys/fs/cgroup/memory.max", number},
                     {"/sys/fs/cgroup/memory.current", "5"},
                     {"/sys/fs/cgroup/memory.pressure", "some\nfull avg10=\nfull avg10=" + number}};
    const auto usage = files.read();
    REQUIRE(usage);
    CHECK(usage->limit == (number == "4 4" ? 4 : 1000 * 1024));
  }
}

TEST_CASE("this machine's memory can be read") {
  const auto usage = mo::read_memory_usage();
  REQUIRE(usage);
  CHECK(usage->limit > 0);
  CHECK(usage->used > 0);
  CHECK(usage->resident > 0);
  CHECK(usage->resident < usage->limit);
}
