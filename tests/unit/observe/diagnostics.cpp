#include <millrace/observe/diagnostics.hpp>

#include <support/catch.hpp>
#include <support/faulty_file_system.hpp>
#include <support/temp_dir.hpp>

#include <millrace/core/json_check.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t moment = 1'737'469'822'123'456'000U;  // 2025-01-21T14:30:22.123456Z
std::uint64_t& wall() {
  static std::uint64_t now = moment;
  return now;
}
std::uint64_t wall_clock() noexcept { return wall(); }

std::string content(const std::string& path) { return mr::store::read_file(path).value_or(std::string("(none)")); }

/// The lines' messages, each of which is checked to be a JSON object.
std::vector<std::string> messages(const std::string& path) {
  std::vector<std::string> found;
  const std::string text = content(path);
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string line = text.substr(begin, end - begin);
    CHECK(mr::is_json_object(line));
    found.push_back(nlohmann::json::parse(line)["message"]);
  }
  CHECK(begin == text.size());
  return found;
}
using texts = std::vector<std::string>;

struct kept_diagnostics {
  std::vector<std::string> lines;
  void report(const mr::diagnostic& said) noexcept {
    std::string line(said.message);
    for (const auto& each : said.fields)
      each.visit([&]<class T>(const T& value) {
        if constexpr (!std::is_same_v<T, std::string_view>)
          line.append(" ").append(each.name()).append("=").append(std::to_string(value));
      });
    lines.push_back(std::move(line));
  }
};

static_assert(mr::diagnostics_sink<mo::stderr_diagnostics> && mr::diagnostics_sink<mo::diagnostics_file> &&
              mr::diagnostics_sink<mo::diagnostics_fan_out<2>> && mr::diagnostics_sink<mo::repeat_limiter<>>);

}  // namespace

TEST_CASE("a diagnostic is one line of JSON, whatever it holds", "[diagnostics]") {
  CHECK(mo::to_json({mr::severity::info, "job", "begins"}, moment) ==
        R"({"time":"2025-01-21T14:30:22.123456Z","severity":"info","component":"job","message":"begins"})");
  const mr::error why = mr::error(mr::errc::no_space, "No space left on device").wrap("cannot write \"a.log\"");
  const mr::diagnostic_field fields[] = {{"path", "a.log"}, {"dropped", 3}, {"most", ~std::uint64_t{0}}, {"rate", 0.5}};
  CHECK(mo::to_json({mr::severity::error, "log", "the disk refuses", &why, fields}, moment) ==
        R"({"time":"2025-01-21T14:30:22.123456Z","severity":"error","component":"log","message":"the disk refuses",)"
        R"("error":{"code":"no_space","message":"cannot write \"a.log\": No space left on device"},)"
        R"("fields":{"path":"a.log","dropped":3,"most":18446744073709551615,"rate":0.5}})");

  const mr::error hostile(mr::errc::io, "a\nb\"\xff\0");
  const mr::diagnostic_field odd[] = {{"\n\"", "\x1b[2J"}, {"", std::numeric_limits<double>::quiet_NaN()}};
  const std::string line = mo::to_json({mr::severity::critical, "\xc0", "\r\n", &hostile, odd}, moment);
  CHECK(mr::is_json_object(line));
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("diagnostics go to a descriptor line by line, and what it does not take is counted", "[diagnostics]") {
  const support::temp_dir dir;
  {
    const int fd = ::open((dir / "err").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    REQUIRE(fd >= 0);
    mo::stderr_diagnostics to(mr::severity::warning, fd);
    to.report({mr::severity::info, "a", "too little"});
    to.report({mr::severity::warning, "a", "one"});
    to.report({mr::severity::critical, "a", "two"});
    CHECK(to.dropped() == 0);
    ::close(fd);
    to.report({mr::severity::error, "a", "lost"});
    CHECK(to.dropped() == 1);
  }
  CHECK(messages(dir / "err") == texts{"one", "two"});
}

TEST_CASE("a diagnostics file goes over to another when it is too large, and keeps a number of old ones",
          "[diagnostics]") {
  const support::temp_dir dir;
  const std::string path = dir / "run.log";
  const std::size_t line = mo::to_json({mr::severity::info, "a", "line 10"}, moment).size() + 1;
  wall() = moment;
  mo::diagnostics_file_options options;
  options.max_bytes = 3 * line;
  options.keep = 2;
  options.wall_clock = wall_clock;
  auto log = mo::diagnostics_file::open(path, options);
  REQUIRE(log);
  CHECK(mo::diagnostics_file::open(path, options).error().code() == mr::errc::unavailable);
  for (int i = 10; i < 24; ++i) log->report({mr::severity::info, "a", "line " + std::to_string(i)});
  CHECK(messages(path) == texts{"line 22", "line 23"});
  CHECK(messages(path + ".1") == texts{"line 19", "line 20", "line 21"});
  CHECK(messages(path + ".2") == texts{"line 16", "line 17", "line 18"});
  CHECK(content(path + ".3") == "(none)");
  log->report({mr::severity::info, "a", std::string(1000, 'x')});  // longer than a file may be: one of its own
  CHECK(messages(path) == texts{std::string(1000, 'x')});
  CHECK(log->statistics().lines == 15);
  CHECK(log->statistics().rotations == 5);
  CHECK(log->statistics().dropped == 0);

  // Opened again, it goes on, and keeps fewer if it is told so.
  mo::diagnostics_file moved = *std::move(log);
  moved = [&] {
    auto other = mo::diagnostics_file::open(dir / "other.log", options);
    return *std::move(other);
  }();
  options.keep = 1;
  auto again = mo::diagnostics_file::open(path, options);
  REQUIRE(again);
  CHECK(content(path + ".2") == "(none)");
  again->report({mr::severity::info, "a", "line 30"});
  CHECK(messages(path) == texts{"line 30"});
  CHECK(messages(path + ".1") == texts{std::string(1000, 'x')});
  options.keep = 0;
  auto alone = mo::diagnostics_file::open(dir / "alone.log", options);
  for (int i = 10; i < 15; ++i) alone->report({mr::severity::info, "a", "line " + std::to_string(i)});
  CHECK(messages(dir / "alone.log") == texts{"line 13", "line 14"});
  CHECK(content(dir / "alone.log.1") == "(none)");
}

TEST_CASE("a diagnostics file goes over to another when its first line is too old, also after a restart",
          "[diagnostics]") {
  const support::temp_dir dir;
  const std::string path = dir / "run.log";
  wall() = moment;
  mo::diagnostics_file_options options;
  options.max_age = 1h;
  options.wall_clock = wall_clock;
  {
    auto log = mo::diagnostics_file::open(path, options);
    log->report({mr::severity::info, "a", "first"});
    wall() += 3'599'000'000'000U;
    log->report({mr::severity::info, "a", "second"});
    wall() -= 7'000'000'000'000U;
    log->report({mr::severity::info, "a", "the clock was set back"});
  }
  wall() = moment + 3'600'000'000'000U + 1'000;
  auto log = mo::diagnostics_file::open(path, options);
  log->report({mr::severity::info, "a", "third"});
  CHECK(messages(path) == texts{"third"});
  CHECK(messages(path + ".1") == texts{"first", "second", "the clock was set back"});
}

TEST_CASE("a full disk costs a diagnostics file whole lines, which are counted, and no half ones", "[diagnostics]") {
  const support::temp_dir dir;
  const std::string path = dir / "run.log";
  support::disk_faults faults;
  auto log =
      mo::basic_diagnostics_file<support::faulty_file_system>::open(path, {}, support::faulty_file_system(faults));
  REQUIRE(log);
  log->report({mr::severity::info, "a", "one"});
  faults.set_room(20);
  log->report({mr::severity::info, "a", "two"});
  CHECK(log->status().error().code() == mr::errc::no_space);
  CHECK(log->status().error().message().find(path) != std::string::npos);
  CHECK(messages(path) == texts{"one"});  // the twenty bytes were cut off again
  faults.set_room(~std::uint64_t{0});
  faults.writes.push_back({10, 0});  // the system takes a part, and then the rest
  log->report({mr::severity::info, "a", "three"});
  CHECK(log->status());
  faults.writes.push_back({10, 0});
  faults.writes.push_back({0, EIO});
  faults.truncates.push_back(EIO);  // what was written can not be cut off
  log->report({mr::severity::info, "a", "four"});
  CHECK(log->status().error().code() == mr::errc::io);
  log->report({mr::severity::info, "a", "five"});
  CHECK(log->statistics().dropped == 2);
  CHECK(log->statistics().lines == 3);
  const std::string text = content(path);
  CHECK(text.find("\n{\"time\":\"2\n{\"time\":\"20") != std::string::npos);  // the part has a line of its own
  CHECK(text.find("five") != std::string::npos);

  const pid_t child = ::fork();
  if (child == 0) {
    log->report({mr::severity::info, "a", "of the child"});
    ::_exit(log->statistics().dropped == 3 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(content(path) == text);
}

TEST_CASE("a diagnostics file that somebody else moves or blocks goes on", "[diagnostics]") {
  const support::temp_dir dir;
  const std::string path = dir / "run.log";
  mo::diagnostics_file_options options;
  options.max_bytes = 300;
  options.keep = 1;
  auto log = mo::diagnostics_file::open(path, options);
  log->report({mr::severity::info, "a", "one"});
  std::filesystem::rename(path, dir / "moved.log");
  log->report({mr::severity::info, "a", "two"});
  std::filesystem::remove(path);
  log->report({mr::severity::info, "a", "three"});
  CHECK(messages(dir / "moved.log") == texts{"one"});
  CHECK(messages(path) == texts{"three"});
  // A folder stands where the old file should go: it grows on, and tries again later.
  std::filesystem::create_directories(dir / "run.log.1/taken");
  for (int i = 10; i < 20; ++i) log->report({mr::severity::info, "a", "line " + std::to_string(i)});
  CHECK(log->statistics().dropped == 0);
  CHECK(log->statistics().lines == 13);
  CHECK(log->statistics().stuck > 0);
  CHECK(log->statistics().stuck < 8);
  CHECK(messages(path).size() == 11);

  CHECK(mo::diagnostics_file::open(dir.path()).error().code() == mr::errc::invalid_argument);
  CHECK(mo::diagnostics_file::open(dir / "no/run.log").error().code() == mr::errc::not_found);
  REQUIRE(mr::store::write_file(dir / "torn.log", std::string_view("{\"time\":\"2025-01")));
  auto torn = mo::diagnostics_file::open(dir / "torn.log");
  torn->report({mr::severity::info, "a", "after"});
  CHECK(content(dir / "torn.log").starts_with("{\"time\":\"2025-01\n{\"time\":"));
}

TEST_CASE("what is repeated is told once a window, and then how often", "[diagnostics]") {
  std::uint64_t now = 0;
  kept_diagnostics kept;
  kept_diagnostics other;
  mo::diagnostics_fan_out both(kept, other);
  const mr::error full(mr::errc::no_space, "full");
  const mr::error broken(mr::errc::io, "broken");
  {
    mo::repeat_limiter calm(both, 10s, mr::manual_clock(now));
    for (int i = 0; i < 5; ++i) {
      const mr::diagnostic_field fields[] = {{"n", i}};
      calm.report({mr::severity::error, "log", "refused", &full, fields});
      now += 1'000'000'000;
    }
    calm.report({mr::severity::error, "log", "refused", &broken});
    calm.report({mr::severity::error, "net", "refused", &full});
    calm.report({mr::severity::warning, "log", "refused", &full});
    CHECK(kept.lines == texts{"refused n=0", "refused", "refused", "refused"});
    now = 10'000'000'000;
    calm.report({mr::severity::info, "a", "another"});
    CHECK(kept.lines.size() == 6);
    CHECK(kept.lines[4] == "refused repeated=4 within_ms=10000");
    calm.report({mr::severity::error, "log", "refused", &full});  // the first of a new window
    CHECK(kept.lines.size() == 7);
    calm.report({mr::severity::error, "log", "refused", &full});
    calm.report({mr::severity::error, "log", "refused", &full});
    calm.flush();
    CHECK(kept.lines.back() == "refused repeated=2 within_ms=0");
    calm.report({mr::severity::error, "log", "refused", &full});
    calm.report({mr::severity::error, "log", "refused", &full});
    CHECK(kept.lines.size() == 9);
  }
  CHECK(kept.lines.back() == "refused repeated=1 within_ms=0");
  CHECK(other.lines == kept.lines);

  // More different ones than are kept apart: none is lost.
  kept.lines.clear();
  {
    mo::repeat_limiter calm(kept, 10s, mr::manual_clock(now));
    for (int round = 0; round < 2; ++round)
      for (int i = 0; i < 64; ++i, ++now) calm.report({mr::severity::info, "a", "kind " + std::to_string(i)});
    CHECK(kept.lines.size() == 64);
    calm.report({mr::severity::info, "a", "one more"});
    CHECK(kept.lines.size() == 66);
    CHECK(kept.lines[64] == "kind 0 repeated=1 within_ms=0");
  }
  CHECK(kept.lines.size() == 66 + 63);
}

TEST_CASE("threads write whole lines to one diagnostics file while it is rotated", "[diagnostics]") {
  const support::temp_dir dir;
  const std::string path = dir / "run.log";
  mo::diagnostics_file_options options;
  options.max_bytes = 5'000;
  options.keep = 1'000;
  auto log = mo::diagnostics_file::open(path, options);
  mo::repeat_limiter calm(*log, 1h);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        log->report({mr::severity::info, "a", std::to_string(t * 100 + i)});
        calm.report({mr::severity::info, "a", "the same"});
      }
    });
  for (std::thread& each : threads) each.join();
  calm.flush();
  std::size_t lines = messages(path).size();
  for (unsigned i = 1; content(path + '.' + std::to_string(i)) != "(none)"; ++i)
    lines += messages(path + '.' + std::to_string(i)).size();
  CHECK(lines == 402);
  CHECK(log->statistics().lines == 402);
  CHECK(log->statistics().rotations >= 5);
}

TEST_CASE("a diagnostics file is free when its process has gone, though a forked child lives on", "[diagnostics]") {
  const support::temp_dir dir;
  int forked[2] = {-1, -1};
  REQUIRE(::pipe(forked) == 0);
  pid_t child = 0;
  {
    auto log = mo::diagnostics_file::open(dir / "run.log");
    REQUIRE(log);
    child = ::fork();
    if (child == 0) {
      (void)!::write(forked[1], "x", 1);
      for (;;) ::pause();
    }
    char byte = 0;
    CHECK(::read(forked[0], &byte, 1) == 1);
    log->report({mr::severity::info, "a", "one"});
    CHECK(mo::diagnostics_file::open(dir / "run.log").error().code() == mr::errc::unavailable);
  }
  CHECK(mo::diagnostics_file::open(dir / "run.log"));
  CHECK(messages(dir / "run.log") == texts{"one"});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (const int end : forked) ::close(end);
}

TEST_CASE("a window of repeats holds though a clock goes back a little, and ends when it goes back far",
          "[diagnostics]") {
  std::uint64_t now = 1'000'000'000'000;
  kept_diagnostics kept;
  mo::repeat_limiter calm(kept, 10s, mr::manual_clock(now));
  calm.report({mr::severity::info, "a", "b"});
  now -= 1;  // as another thread may have read the clock before the first told its own
  calm.report({mr::severity::info, "a", "b"});
  CHECK(kept.lines == texts{"b"});
  now -= 500'000'000'000;
  calm.report({mr::severity::info, "a", "b"});
  CHECK(kept.lines == texts{"b", "b repeated=1 within_ms=0", "b"});
}
