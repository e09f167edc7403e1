#include <millrace/observe/health/process_collector.hpp>

#include <millrace/observe/export/emf.hpp>
#include <millrace/observe/export/json_export.hpp>
#include <millrace/observe/export/openmetrics.hpp>
#include <millrace/observe/export/otlp_metrics.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/observe/export/prometheus_protobuf.hpp>
#include <millrace/observe/export/statsd.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

void put(const support::temp_dir& root, const std::string& path, const std::string& text) {
  const std::filesystem::path full = root.path() / path;
  std::filesystem::create_directories(full.parent_path());
  std::ofstream(full) << text;
}

// What proc(5) numbers 10 is minor faults, 12 major ones, 14 and 15 ticks, 20 threads, 22 start, 23 bytes, 24 pages.
std::string stat_of(int minor, int ticks) {
  return "8988 (a (b) c) S 8973 8973 4795 0 -1 4194304 " + std::to_string(minor) + " 0 7 0 " + std::to_string(ticks) +
         " 25 0 0 20 0 9 0 5000 1432968 413 18446744073709551615 1 1 1\n";
}

void put_process(const support::temp_dir& root) {
  put(root, "proc/self/stat", stat_of(99, 150));
  put(root, "proc/stat", "cpu  1 2 3\nbtime 1700000000\nprocesses 5\n");
  put(root, "proc/self/status", "Name:\tx\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n");
  put(root, "proc/self/limits",
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max open files            20000                30000                files     \n");
  put(root, "proc/self/fd/0", "");
  put(root, "proc/self/fd/1", "");
  put(root, "proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 300 kB\n");
}

bool has(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a registry shows what /proc says of the process, by Prometheus' names") {
  REQUIRE(::sysconf(_SC_CLK_TCK) == 100);
  const support::temp_dir root;
  put_process(root);
  mo::metrics_registry registry;
  auto process = mo::process_collector::make(registry, root.path().string());
  REQUIRE(process);
  const std::string page = mo::to_prometheus(registry.snapshot());
  INFO(page);
  CHECK(has(page, "# TYPE process_cpu_seconds_total counter"));
  CHECK(has(page, "process_cpu_seconds_total 1.75"));
  CHECK(has(page, "process_virtual_memory_bytes 1432968"));
  CHECK(has(page, "process_resident_memory_bytes " + std::to_string(413 * ::sysconf(_SC_PAGESIZE))));
  CHECK(has(page, "process_open_fds 2"));
  CHECK(has(page, "process_max_fds 20000"));
  CHECK(has(page, "process_start_time_seconds 1700000050"));
  CHECK(has(page, "process_threads 9"));
  CHECK(has(page, "process_page_faults_total{kind=\"minor\"} 99"));
  CHECK(has(page, "process_page_faults_total{kind=\"major\"} 7"));
  CHECK(has(page, "process_context_switches_total{kind=\"voluntary\"} 12"));
  CHECK(has(page, "process_context_switches_total{kind=\"involuntary\"} 3"));
  CHECK(has(page, "process_memory_limit_bytes 1024000"));
  CHECK(has(page, "process_memory_usage_bytes 716800"));

  // Later: counters grow by what is new, and never fall.
  put(root, "proc/self/stat", stat_of(109, 151));
  REQUIRE(process->update());
  CHECK(has(mo::to_prometheus(registry.snapshot()), "process_cpu_seconds_total 1.76"));
  put(root, "proc/self/stat", stat_of(100, 149));
  REQUIRE(process->update());
  const std::string later = mo::to_prometheus(registry.snapshot());
  CHECK(has(later, "process_cpu_seconds_total 1.76"));
  CHECK(has(later, "process_page_faults_total{kind=\"minor\"} 109"));
}

TEST_CASE("what /proc lacks or gets wrong has no series, until it is there") {
  const support::temp_dir root;
  mo::metrics_registry registry;
  auto process = mo::process_collector::make(registry, root.path().string());
  REQUIRE(process);
  CHECK(registry.snapshot().families().empty());
  const std::string wrong[] = {"",
                               ")",
                               "1 (x",
                               "1 (x) S",
                               stat_of(1, 1).substr(0, 60),
                               std::string(100000, '9'),
                               "1 (x) S 1 1 1 1 1 1 -5 1 -5 1 18446744073709551615 18446744073709551615 1 1 1 1 x 1 "
                               "18446744073709551615 18446744073709551616 18446744073709551615"};
  for (const std::string& stat : wrong) {
    put(root, "proc/self/stat", stat);
    put(root, "proc/stat", "btime -1\n");
    put(root, "proc/self/limits", "Max open files unlimited unlimited files\n");
    REQUIRE(process->update());
    const std::string page = mo::to_prometheus(registry.snapshot());
    INFO(page);
    CHECK(page.find("cpu") == std::string::npos);
    CHECK(page.find("resident") == std::string::npos);
    CHECK(page.find("start") == std::string::npos);
    CHECK(page.find("max_fds") == std::string::npos);
  }
  put_process(root);
  REQUIRE(process->update());
  CHECK(has(mo::to_prometheus(registry.snapshot()), "process_cpu_seconds_total 1.75"));
}

TEST_CASE("names that a registry has already are an error, and the heap is shown from a struct as mallinfo2's") {
  mo::metrics_registry taken;
  REQUIRE(taken.counter({"process_threads_total", "Of ours."}));
  const auto refused = mo::process_collector::make(taken);
  REQUIRE(!refused);
  CHECK(refused.error().code() == mr::errc::already_exists);

  struct heap_info {
    std::size_t arena, hblkhd, uordblks, fordblks;
  };
  const support::temp_dir root;
  mo::metrics_registry registry;
  auto process = mo::process_collector::make(registry, root.path().string());
  REQUIRE(process);
  REQUIRE(process->update_heap(heap_info{1, 2, 3, 4}));
  const std::string page = mo::to_prometheus(registry.snapshot());
  CHECK(has(page, "process_malloc_arena_bytes 1"));
  CHECK(has(page, "process_malloc_mapped_bytes 2"));
  CHECK(has(page, "process_malloc_used_bytes 3"));
  CHECK(has(page, "process_malloc_free_bytes 4"));
}

TEST_CASE("this process: its descriptors are counted and its start lies before now") {
  const auto before = mo::read_process_usage();
  REQUIRE(before.open_files);
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  CHECK(mo::read_process_usage().open_files.value == before.open_files.value + 1);
  ::close(fd);
  CHECK(before.threads.value >= 1);
  CHECK(before.resident_bytes.value > 0);
  CHECK(before.virtual_bytes.value >= before.resident_bytes.value);
  CHECK(before.cpu_nanoseconds);
  CHECK(before.max_files);
  const std::uint64_t now = mr::unix_nanoseconds() / 1'000'000'000;
  CHECK(before.start_unix_seconds.value <= now + 1);
  CHECK(before.start_unix_seconds.value + 86'400 > now);
}

TEST_CASE("a counter of time is seconds with a fraction in every format, and is no counter of numbers") {
  mo::metrics_registry registry;
  const auto busy = registry.time_counter({"busy_seconds_total", "Time at work."});
  REQUIRE(busy);
  busy->add(mr::seconds(1.5));
  busy->add(mr::duration(-7));
  busy->add(std::chrono::milliseconds(250));
  const auto taken = registry.snapshot();
  CHECK(has(mo::to_prometheus(taken), "busy_seconds_total 1.75"));
  CHECK(has(mo::to_openmetrics(taken), "busy_seconds_total 1.75"));
  CHECK(mo::to_json(taken).find("\"value\":1.75") != std::string::npos);
  mo::statsd_writer statsd;
  std::string sent;
  const auto send = [&](std::string_view datagram) -> mr::result<void> {
    sent = datagram;
    return {};
  };
  REQUIRE(statsd.flush(taken, send));
  CHECK(sent == "busy_seconds:1.75|c");
  CHECK(mo::to_otlp(taken).find("\"asDouble\":1.75") != std::string::npos);
  const std::string binary = mo::to_prometheus_protobuf(taken);
  CHECK(binary.find(std::string("\x09\0\0\0\0\0\0\xfc\x3f", 9)) != std::string::npos);  // field 1: 1.75
  mo::emf_writer emf;
  REQUIRE(emf.flush(registry.snapshot(), send));
  CHECK(sent.find("\"busy_seconds\":1.75") != std::string::npos);
  busy->add(mr::seconds(0.5));
  REQUIRE(statsd.flush(registry.snapshot(), send));
  CHECK(sent == "busy_seconds:0.5|c");
  REQUIRE(emf.flush(registry.snapshot(), send));
  CHECK(sent.find("\"busy_seconds\":0.5") != std::string::npos);
  std::string delta;
  REQUIRE(mo::append_otlp(delta, registry.snapshot(), taken));
  CHECK(delta.find("\"asDouble\":0.5") != std::string::npos);
  const auto other = registry.counter({"busy_seconds_total", "Time at work.", "seconds"});
  REQUIRE(!other);
  CHECK(other.error().message().find("there already, as a counter of time") != std::string::npos);
  CHECK(registry.time_counter({"busy_seconds", "Time at work."}));
  CHECK(!registry.time_counter({"busy_minutes", "Time at work."}));
}
