#include <millrace/observe/health/memory_check.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <filesystem>
#include <fstream>
#include <string>

namespace mo = millrace::observe;
using mo::health_status;

namespace {

/// A machine without control groups, of 100 MiB.
struct machine {
  support::temp_dir folder;

  machine(int available_kib, const std::string& stalled, int pages = 1) {
    std::filesystem::create_directories(folder / "proc/self");
    std::filesystem::create_directories(folder / "proc/pressure");
    std::ofstream(folder / "proc/meminfo") << "MemTotal: 102400 kB\nMemAvailable: " << available_kib << " kB\n";
    std::ofstream(folder / "proc/self/statm") << "100 " << pages << " 1 1 0 1 0\n";
    if (!stalled.empty())
      std::ofstream(folder / "proc/pressure/memory")
          << "some avg10=50.00 avg60=0.00\nfull avg10=" << stalled << " avg60=0.00\n";
  }
  mo::health_result examine(const mo::memory_thresholds& thresholds = {}) const {
    return mo::memory_check("memory", thresholds, folder.path().string()).examine();
  }
};

}  // namespace

TEST_CASE("memory is judged by the part of its limit that is used") {
  CHECK(machine(15361, "").examine().status == health_status::healthy);
  const auto degraded = machine(15360, "").examine();
  CHECK(degraded.status == health_status::degraded);
  CHECK(degraded.message == "85 % of 100 MiB are used, the machine's memory");
  REQUIRE(degraded.measured.size() == 4);
  CHECK(degraded.measured[0].value == 0.85);
  CHECK(degraded.measured[2].value == 100 * 1048576);
  CHECK(machine(5120, "").examine().status == health_status::unhealthy);
  CHECK(machine(50000, "").examine({.degraded_at = 0.4, .unhealthy_at = 0.5}).status == health_status::unhealthy);
  CHECK(machine(50000, "").examine({.unhealthy_at = 0.5}).status == health_status::unhealthy);  // each limit counts
}

TEST_CASE("memory is judged by how long tasks wait for it, and by the process itself") {
  const auto stalled = machine(90000, "12.00").examine();
  CHECK(stalled.status == health_status::degraded);
  CHECK(stalled.message == "all tasks wait for memory 12 % of the time");
  REQUIRE(stalled.measured.size() == 5);
  CHECK(stalled.measured[4].value == 12);
  CHECK(machine(90000, "9.99").examine().status == health_status::healthy);
  CHECK(machine(90000, "99.00").examine({.degraded_stall = 0}).status == health_status::healthy);
  const auto large = machine(90000, "", 1000).examine({.degraded_resident = 1000});
  CHECK(large.status == health_status::degraded);
  CHECK(large.message.find("the process has ") == 0);
}

TEST_CASE("a limit far below what is used, and a stall that cannot be, are no crash") {
  const machine odd(50000, "99999999999999999999");
  std::filesystem::create_directories(odd.folder / "sys/fs/cgroup");
  std::ofstream(odd.folder / "proc/self/cgroup") << "0::/\n";
  std::ofstream(odd.folder / "sys/fs/cgroup/memory.max") << "1\n";
  std::ofstream(odd.folder / "sys/fs/cgroup/memory.current") << "18446744073709551615\n";
  const auto found = odd.examine();
  CHECK(found.status == health_status::unhealthy);
  CHECK(
      found.message ==
      "1000000000 % of 0 MiB are used, the control group's limit; all tasks wait for memory 1000000000 % of the time");
}

TEST_CASE("memory that cannot be read is unhealthy and said") {
  const support::temp_dir empty;
  mo::memory_check nothing("memory", {}, empty.path().string());
  CHECK(nothing.name() == "memory");
  CHECK(nothing.examine().status == health_status::unhealthy);
  CHECK(nothing.examine().message.find("cannot read how much memory there is") == 0);
}
