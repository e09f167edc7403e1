#include <millrace/store/line_log.hpp>

#include <support/catch.hpp>
#include <support/faulty_file_system.hpp>
#include <support/temp_dir.hpp>

#include <millrace/core/json_check.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <laws/moving.hpp>

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

/// A line is a JSON object; the record is its text.
struct object_lines : mr::store::plain_lines {
  void dropped(std::string& out, std::uint64_t count) { out += "{\"lost\":" + std::to_string(count) + "}\n"; }
  static bool is_line(std::string_view text) noexcept { return mr::is_json_object(text); }
  static bool may_begin(std::string_view text) noexcept { return text.front() == '{' || text.front() == '\0'; }
};
using object_log = mr::store::basic_line_log<object_lines>;
template <class Full>
using faulty_log =
    mr::store::basic_line_log<mr::store::plain_lines, mr::store::exclusive, Full, support::faulty_file_system>;

std::string content(const std::string& path) { return mr::store::read_file(path).value(); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  REQUIRE(begin == text.size());
  return lines;
}

template <class Done>
bool eventually(Done done) {
  for (int i = 0; i < 20'000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

mr::store::line_log_options with(mr::store::sync_policy sync) {
  mr::store::line_log_options options;
  options.sync = sync;
  return options;
}

}  // namespace

TEST_CASE("lines come out in order, reopening appends, and closing twice answers the same", "[line_log]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  for (int round = 0; round < 3; ++round) {
    auto log = mr::store::line_log::open(path);
    REQUIRE(log);
    CHECK_FALSE(log->repaired());
    for (int i = 0; i < 100; ++i) CHECK(log->append(std::to_string(round * 100 + i)) != 0);
    CHECK(log->close());
    CHECK(log->close());
    CHECK(log->append("late") == 0);
    CHECK(log->statistics().written_bytes == (round == 0 ? 290 : 400));
  }
  const auto lines = lines_of(content(path));
  REQUIRE(lines.size() == 300);
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == std::to_string(i));
}

TEST_CASE("destruction writes and syncs what was appended, also after moves", "[line_log]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  {
    auto opened = mr::store::line_log::open(path);
    REQUIRE(opened);
    mr::store::line_log log = std::move(*opened);
    log.append("one");
    mr::store::line_log moved = std::move(log);
    moved.append("two");
    mr::store::line_log other = mr::store::line_log::open(dir / "b.log").value();
    other.append("three");
    other = std::move(moved);  // closes b.log
    other.append("four");
    CHECK(content(dir / "b.log") == "three\n");
  }
  CHECK(content(path) == "one\ntwo\nfour\n");
}

TEST_CASE("wait_durable returns once the record is synced; sequence numbers only grow", "[line_log]") {
  const support::temp_dir dir;
  const auto policy = GENERATE(mr::store::sync_policy::every_group, mr::store::sync_policy::interval,
                               mr::store::sync_policy::on_request);
  auto log = mr::store::line_log::open(dir / "a.log", with(policy));
  REQUIRE(log);
  CHECK(log->wait_durable(0, 0s));
  std::uint64_t last = 0;
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t seq = log->append("line");
    CHECK(seq > last);
    CHECK(seq == log->appended_seq());
    last = seq;
    REQUIRE(log->wait_durable(seq, 10s));
    CHECK(log->durable_seq() >= seq);
    CHECK(log->written_seq() >= seq);
    expected += "line\n";
    CHECK(content(dir / "a.log") == expected);
  }
  CHECK(log->statistics().syncs >= 20);
  CHECK(log->flush());
  const auto beyond = log->wait_durable(last + 1, 1ms);
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().code() == mr::errc::out_of_range);
}

TEST_CASE("records reach the file by themselves, from an idle writer too", "[line_log]") {
  const support::temp_dir dir;
  mr::store::line_log_options options = with(mr::store::sync_policy::interval);
  options.max_delay_ms = 1;
  options.sync_interval_ms = 5;
  auto log = mr::store::line_log::open(dir / "a.log", options);
  REQUIRE(log);
  const std::uint64_t first = log->append("first");
  CHECK(eventually([&] { return log->durable_seq() == first; }));
  // Asleep, the writer would look again after a second; the record wakes it. A busy machine gets three tries.
  bool woken = false;
  for (int i = 0; i < 3 && !woken; ++i) {
    std::this_thread::sleep_for(150ms);  // more than 50 pauses
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t second = log->append("second");
    CHECK(eventually([&] { return log->written_seq() == second; }));
    woken = std::chrono::steady_clock::now() - begin < 800ms;
  }
  CHECK(woken);
}

TEST_CASE("on_request never syncs by itself, and closing does", "[line_log]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  auto log = faulty_log<mr::store::block>::open(dir / "a.log", with(mr::store::sync_policy::on_request), {},
                                                support::faulty_file_system(disk));
  REQUIRE(log);
  log->append("x");
  CHECK(eventually([&] { return log->written_seq() == log->appended_seq(); }));
  std::this_thread::sleep_for(20ms);
  CHECK(log->durable_seq() == 0);
  CHECK(log->statistics().syncs == 0);
  CHECK(log->close());
  CHECK(log->durable_seq() == log->appended_seq());
}

TEST_CASE("a blocking log loses nothing through a ring far too small", "[line_log][threads]") {
  const support::temp_dir dir;
  mr::store::line_log_options options;
  options.ring_bytes = 4096;
  auto log = mr::store::line_log::open(dir / "a.log", options);
  REQUIRE(log);
  CHECK(log->try_append(std::size_t{1} << 30, [](std::byte*) {}) == 0);
  constexpr int count = 100'000;
  for (int i = 0; i < count; ++i) REQUIRE(log->append(std::to_string(i)) != 0);
  CHECK(log->append(std::string(log->max_record() + 1, 'x')) == 0);
  CHECK(log->append(std::string(log->max_record(), 'x')) != 0);
  REQUIRE(log->close());
  CHECK(log->statistics().dropped == 1);
  const auto lines = lines_of(content(dir / "a.log"));
  REQUIRE(lines.size() == count + 2);
  bool right = true;
  for (int i = 0; i < count; ++i) right = right && lines[static_cast<std::size_t>(i)] == std::to_string(i);
  CHECK(right);
  CHECK(lines[count] == "... 1 lines lost");
}

TEST_CASE("a dropping log says where and how many, and the sum is right", "[line_log][threads]") {
  const support::temp_dir dir;
  mr::store::line_log_options options;
  options.ring_bytes = 4096;
  auto log = mr::store::basic_line_log<object_lines, mr::store::exclusive, mr::store::drop_and_count>::open(
      dir / "a.log", options);
  REQUIRE(log);
  constexpr std::uint64_t count = 200'000;
  std::uint64_t dropped = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string line = "{\"n\":" + std::to_string(i) + "}";
    if (log->append(line) == 0) ++dropped;
  }
  REQUIRE(log->close());
  REQUIRE(dropped > 0);
  CHECK(log->statistics().dropped == dropped);
  // Every gap in the numbers has its line, in its place and with its size.
  std::uint64_t next = 0;
  bool right = true;
  for (const std::string& line : lines_of(content(dir / "a.log"))) {
    if (line.rfind("{\"lost\":", 0) == 0) {
      next += std::stoull(line.substr(8));
    } else {
      right = right && line == "{\"n\":" + std::to_string(next) + "}";
      ++next;
    }
  }
  CHECK(right);
  CHECK(next == count);
}

TEST_CASE("many producers share a log; waiting and asking run beside them", "[line_log][threads]") {
  const support::temp_dir dir;
  mr::store::line_log_options options = with(mr::store::sync_policy::every_group);
  options.ring_bytes = 1 << 14;
  auto log = mr::store::basic_line_log<mr::store::plain_lines, mr::store::shared>::open(dir / "a.log", options);
  REQUIRE(log);
  constexpr int producers = 4;
  constexpr int count = 5'000;
  std::atomic<bool> failed{false};
  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (int i = 0; i < count; ++i) {
        const std::uint64_t seq = log->append(std::to_string(p) + " " + std::to_string(i));
        if (seq == 0) failed = true;
        if (i % 1000 == 0 && (!log->wait_durable(seq, 10s) || log->durable_seq() < seq)) failed = true;
        if (!log->status()) failed = true;
      }
    });
  for (std::thread& thread : threads) thread.join();
  REQUIRE(log->close());
  CHECK_FALSE(failed);
  std::vector<int> next(producers, 0);
  bool right = true;
  for (const std::string& line : lines_of(content(dir / "a.log"))) {
    const auto p = static_cast<std::size_t>(line[0] - '0');
    right = right && line.substr(2) == std::to_string(next[p]++);
  }
  CHECK(right);
  CHECK(next == std::vector<int>(producers, count));
}

TEST_CASE("lines are echoed, and an echo that fails is told at the end", "[line_log]") {
  const support::temp_dir dir;
  mr::store::line_log_options options;
  options.echo = std::tmpfile();
  {
    auto log = mr::store::line_log::open(dir / "a.log", options);
    REQUIRE(log);
    log->append("one");
    log->append("two");
    REQUIRE(log->close());
  }
  std::rewind(options.echo);
  char text[16] = "";
  CHECK(std::fread(text, 1, sizeof text, options.echo) == 8);
  CHECK(std::string(text) == "one\ntwo\n");
  std::fclose(options.echo);

  options.echo = std::fopen("/dev/full", "w");
  if (options.echo != nullptr) {
    auto log = mr::store::line_log::open(dir / "a.log", options);
    REQUIRE(log);
    log->append("three");
    const auto closed = log->close();
    REQUIRE_FALSE(closed);
    CHECK(closed.error().code() == mr::errc::no_space);
    CHECK(content(dir / "a.log") == "one\ntwo\nthree\n");
    std::fclose(options.echo);
  }
}

TEST_CASE("what cannot be opened is said with its path and reason", "[line_log]") {
  const support::temp_dir dir;
  const auto missing = mr::store::line_log::open(dir / "no/a.log");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == mr::errc::not_found);
  CHECK(missing.error().message().find("no/a.log") != std::string::npos);
  const auto folder = mr::store::line_log::open(dir.path().string());
  REQUIRE_FALSE(folder);
  const auto device = mr::store::line_log::open("/dev/null");
  REQUIRE_FALSE(device);
  CHECK(device.error().message() == "cannot append to \"/dev/null\": no regular file");

  auto first = mr::store::line_log::open(dir / "a.log");
  REQUIRE(first);
  const auto second = mr::store::line_log::open(dir / "a.log");
  REQUIRE_FALSE(second);
  CHECK(second.error().code() == mr::errc::unavailable);
  mr::store::line_log_options unlocked;
  unlocked.lock = false;
  CHECK(mr::store::line_log::open(dir / "a.log", unlocked));
  CHECK(first->close());
  CHECK(mr::store::line_log::open(dir / "a.log"));

  support::disk_faults disk;
  disk.lock_error = ENOLCK;
  CHECK_FALSE(faulty_log<mr::store::block>::open(dir / "a.log", {}, {}, support::faulty_file_system(disk)));
}

// ---- torn ends

TEST_CASE("a log cut off at any byte is repaired to its whole lines and goes on", "[line_log][repair]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  const std::string whole = "{\"a\":1}\n{\"text\":\"two } words\"}\n{\"c\":[3,4]}\n";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    INFO("cut at " << length);
    REQUIRE(mr::store::write_file(path, whole.substr(0, length)));
    std::remove((path + ".torn").c_str());
    const std::size_t keep = length == 0 ? 0 : whole.rfind('\n', length - 1) + 1;
    {
      auto log = object_log::open(path);
      REQUIRE(log);
      CHECK(log->repaired().offset == keep);
      CHECK(log->repaired().removed_bytes == length - keep);
      log->append("{}");
    }
    CHECK(content(path) == whole.substr(0, keep) + "{}\n");
    if (keep != length)
      CHECK(content(path + ".torn") == whole.substr(keep, length - keep) + "\n");
    else
      CHECK_FALSE(mr::store::read_file(path + ".torn"));
  }
}

TEST_CASE("whole but invalid last lines go too; a file that is no such log is left alone", "[line_log][repair]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  const auto opened = [&](const std::string& before) {
    REQUIRE(mr::store::write_file(path, before));
    auto log = object_log::open(path);
    return log ? mr::result<mr::store::tail_repair>(log->repaired())
               : mr::result<mr::store::tail_repair>(std::move(log).error());
  };
  using namespace std::string_literals;
  CHECK(opened("{}\n\0\0\0\n"s)->offset == 3);
  CHECK(opened("{}\n{\"a\"\n{\"b\":\n\n{"s)->offset == 3);
  CHECK(content(path) == "{}\n");
  CHECK(opened("\0\0\0\0"s)->offset == 0);
  CHECK(opened("{\"type"s)->offset == 0);
  CHECK(opened("{}\n" + std::string(300'000, 'x'))->offset == 3);
  CHECK(opened("{}\n" + std::string(300'000, 'x') + "\n" + std::string(300'000, '\0'))->removed_bytes == 600'001);
  for (const std::string& foreign : {"hello\n"s, "hello\nworld\n"s, "weights"s, "\x7f\x45LF\n\n\n"s, "\n"s,
                                     "{}\n" + std::string((1 << 24) + 5, 'x'), std::string(100'000, '\n')}) {
    const auto refused = opened(foreign);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::corrupt);
    CHECK(content(path) == foreign);
  }
}

TEST_CASE("a repair that the disk refuses leaves the file as it was", "[line_log][repair]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  const auto fails = [&](auto&& prepare, mr::errc code) {
    REQUIRE(mr::store::write_file(path, "one\ntw"));
    support::disk_faults disk;
    prepare(disk);
    const auto log = faulty_log<mr::store::block>::open(path, {}, {}, support::faulty_file_system(disk));
    REQUIRE_FALSE(log);
    CHECK(log.error().code() == code);
    CHECK(content(path) == "one\ntw");
  };
  fails([](auto& disk) { disk.writes = {{1, 0}, {0, EINTR}, {0, ENOSPC}}; }, mr::errc::no_space);
  fails([](auto& disk) { disk.syncs = {EIO}; }, mr::errc::io);
  fails([](auto& disk) { disk.truncates = {EPERM}; }, mr::errc::permission_denied);
  support::disk_faults fine;
  CHECK(faulty_log<mr::store::block>::open(path, {}, {}, support::faulty_file_system(fine)));
  CHECK(content(path) == "one\n");
}

// ---- a disk that fails

TEST_CASE("short and interrupted writes leave no seam", "[line_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  for (int i = 0; i < 50; ++i) disk.writes.push_back({static_cast<std::size_t>(i % 5 + 1), i % 3 == 0 ? EINTR : 0});
  disk.syncs = {EINTR, EINTR, 0};
  auto log = faulty_log<mr::store::block>::open(dir / "a.log", with(mr::store::sync_policy::every_group), {},
                                                support::faulty_file_system(disk));
  REQUIRE(log);
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    log->append("line " + std::to_string(i));
    expected += "line " + std::to_string(i) + "\n";
  }
  CHECK(log->flush());
  CHECK(log->status());
  CHECK(content(dir / "a.log") == expected);
}

TEST_CASE("a full disk is told, keeps whole lines only, and is tried again until there is room", "[line_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  disk.room = 25;
  auto log = faulty_log<mr::store::block>::open(dir / "a.log", {}, {}, support::faulty_file_system(disk));
  REQUIRE(log);
  std::uint64_t seq = 0;
  for (int i = 0; i < 10; ++i) seq = log->append("line " + std::to_string(i));
  const auto waited = log->wait_durable(seq, 10s);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().code() == mr::errc::no_space);
  CHECK(waited.error().message().find("a.log") != std::string::npos);
  CHECK_FALSE(log->healthy());
  CHECK_FALSE(log->status());
  CHECK(log->durable_seq() < seq);
  CHECK(content(dir / "a.log") == "line 0\nline 1\nline 2\n");
  disk.set_room(~std::uint64_t{0});
  CHECK(eventually([&] { return log->healthy(); }));
  CHECK(log->status());
  log->append("end");
  REQUIRE(log->close());
  const auto lines = lines_of(content(dir / "a.log"));
  REQUIRE(lines.size() == 11);
  CHECK(lines[9] == "line 9");
  CHECK(lines[10] == "end");
}

TEST_CASE("the program's sink is told when the disk begins to refuse, and when it takes lines again",
          "[line_log][faults]") {
  struct kept_diagnostics {
    std::mutex mutex;
    std::vector<std::string> lines;
    void report(const mr::diagnostic& said) noexcept {
      const std::lock_guard held(mutex);
      std::string line(mr::to_string(said.level));
      line.append(" ").append(said.component).append(": ").append(said.message);
      if (said.why != nullptr) line.append("; ").append(mr::to_string(said.why->code()));
      for (const auto& each : said.fields)
        each.visit([&]<class T>(const T& value) {
          if constexpr (std::is_same_v<T, std::string_view>) line.append("; ").append(value);
        });
      lines.push_back(std::move(line));
    }
    std::size_t count() {
      const std::lock_guard held(mutex);
      return lines.size();
    }
  };
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  support::disk_faults disk;
  kept_diagnostics said;
  mr::store::line_log_options options;
  options.diagnostics = said;
  auto log = faulty_log<mr::store::block>::open(path, options, {}, support::faulty_file_system(disk));
  REQUIRE(log);
  log->append("first");
  REQUIRE(log->flush());
  CHECK(said.count() == 0);
  for (int round = 0; round < 2; ++round) {
    disk.set_room(0);
    log->append("waits");
    CHECK_FALSE(log->flush());  // it tries again and again, and says so once
    REQUIRE(eventually([&] { return said.count() == static_cast<std::size_t>(2 * round + 1); }));
    disk.set_room(~std::uint64_t{0});
    REQUIRE(eventually([&] { return log->healthy() && said.count() == static_cast<std::size_t>(2 * round + 2); }));
  }
  {
    const std::lock_guard held(disk.mutex);
    disk.writes.push_back({0, EIO});
  }
  log->append("never");
  REQUIRE(eventually([&] { return said.count() == 5; }));
  CHECK_FALSE(log->close());
  REQUIRE(said.lines.size() == 5);
  CHECK(said.lines[0] == "error log: the disk refuses; no_space; " + path);
  CHECK(said.lines[1] == "info log: the disk takes records again; " + path);
  CHECK(said.lines[2] == said.lines[0]);
  CHECK(said.lines[3] == said.lines[1]);
  CHECK(said.lines[4] == "error log: the disk refuses; io; " + path);
}

TEST_CASE("a blocking producer is told of a full disk instead of waiting for ever", "[line_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  disk.room = 1000;
  mr::store::line_log_options options;
  options.ring_bytes = 4096;
  auto log = faulty_log<mr::store::block>::open(dir / "a.log", options, {}, support::faulty_file_system(disk));
  REQUIRE(log);
  std::uint64_t refused = 0;
  for (int i = 0; i < 100'000 && refused < 3; ++i)
    if (log->append("line " + std::to_string(i)) == 0) ++refused;
  REQUIRE(refused == 3);
  disk.set_room(~std::uint64_t{0});
  CHECK(eventually([&] { return log->healthy(); }));
  CHECK(log->append("end") != 0);
  REQUIRE(log->close());
  CHECK(log->statistics().dropped == 3);
  const auto lines = lines_of(content(dir / "a.log"));
  CHECK(lines[lines.size() - 2] == "... 3 lines lost");
}

TEST_CASE("a disk that stays full: closing says so, and the file still ends in a whole line", "[line_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  disk.room = 10;
  auto log = faulty_log<mr::store::block>::open(dir / "a.log", {}, {}, support::faulty_file_system(disk));
  REQUIRE(log);
  for (int i = 0; i < 5; ++i) log->append("line " + std::to_string(i));
  const auto closed = log->close();
  REQUIRE_FALSE(closed);
  CHECK(closed.error().code() == mr::errc::no_space);
  CHECK_FALSE(log->close());
  CHECK_FALSE(log->status());
  CHECK(content(dir / "a.log") == "line 0\n");
}

TEST_CASE("when the torn line cannot be cut off either, nothing is written behind it", "[line_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  disk.writes = {{10, 0}, {0, ENOSPC}};
  disk.truncates = {EIO, ENOSPC};
  {
    auto log = faulty_log<mr::store::block>::open(dir / "a.log", {}, {}, support::faulty_file_system(disk));
    REQUIRE(log);
    for (int i = 0; i < 5; ++i) log->append("line " + std::to_string(i));
    CHECK_FALSE(log->flush());
    CHECK(eventually([&] { return log->healthy(); }));  // the third try cuts and goes on
    CHECK(log->flush());
  }
  CHECK(content(dir / "a.log") == "line 0\nline 1\nline 2\nline 3\nline 4\n");
}

TEST_CASE("a file shortened from outside: a write that then fails midway leaves no NUL bytes and no torn line",
          "[line_log][faults]") {
  // copytruncate cuts the file to nothing; somebody else may cut it anywhere, also while a group is half written.
  const std::size_t left = GENERATE(std::size_t{0}, std::size_t{7 * 100}, std::size_t{7 * 100 + 3});
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  support::disk_faults disk;
  auto log = faulty_log<mr::store::block>::open(path, {}, {}, support::faulty_file_system(disk));
  REQUIRE(log);
  std::string before;
  for (int i = 100; i < 999; ++i) {
    log->append("old" + std::to_string(i));
    before += "old" + std::to_string(i) + "\n";
  }
  REQUIRE(log->flush());
  REQUIRE(::truncate(path.c_str(), static_cast<off_t>(left)) == 0);
  {
    const std::lock_guard held(disk.mutex);
    disk.writes = {{10, 0}, {0, ENOSPC}};
  }
  for (int i = 100; i < 110; ++i) log->append("new" + std::to_string(i));
  CHECK(eventually([&] { return log->written_seq() == log->appended_seq(); }));
  REQUIRE(log->close());
  const std::string text = content(path);
  CHECK(text.find('\0') == std::string::npos);
  std::string after;
  for (int i = 100; i < 110; ++i) after += "new" + std::to_string(i) + "\n";
  // What the cut from outside tore stays as torn as it was: another line may follow it, never NUL bytes.
  CHECK(text.substr(0, left / 7 * 7) == before.substr(0, left / 7 * 7));
  CHECK(text.substr(text.size() - after.size()) == after);
}

TEST_CASE("a file shortened between a torn line and its cutting off gets no NUL bytes", "[line_log][faults]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  struct meddler : support::faulty_file_system {
    using faulty_file_system::faulty_file_system;
    const char* path = nullptr;
    int truncate(int fd, std::uint64_t size) noexcept {
      if (path != nullptr) (void)!::truncate(std::exchange(path, nullptr), 0);
      return faulty_file_system::truncate(fd, size);
    }
  };
  support::disk_faults disk;
  meddler files(disk);
  files.path = path.c_str();
  auto log = mr::store::basic_line_log<mr::store::plain_lines, mr::store::exclusive, mr::store::block, meddler>::open(
      path, {}, {}, files);
  REQUIRE(log);
  for (int i = 0; i < 10'000; ++i) log->append("old line");
  REQUIRE(log->flush());
  {
    const std::lock_guard held(disk.mutex);
    disk.writes = {{10, 0}, {0, ENOSPC}};
  }
  for (int i = 0; i < 3; ++i) log->append("new line");
  REQUIRE(log->flush().error().code() == mr::errc::no_space);
  CHECK(eventually([&] { return log->healthy(); }));
  REQUIRE(log->close());
  const auto lines = lines_of(content(path));
  // The first new line stood whole before the file was shortened; the others came after.
  CHECK(lines == std::vector<std::string>{"new line", "new line"});
}

TEST_CASE("a failed sync is final: the watermark stays, and everyone is told", "[line_log][faults]") {
  const int why = GENERATE(EIO, ENOSPC);  // delayed allocation makes a sync run out of space, too
  const support::temp_dir dir;
  support::disk_faults disk;
  auto log = faulty_log<mr::store::block>::open(dir / "a.log", with(mr::store::sync_policy::on_request), {},
                                                support::faulty_file_system(disk));
  REQUIRE(log);
  const std::uint64_t good = log->append("good");
  REQUIRE(log->wait_durable(good, 10s));
  {
    const std::lock_guard held(disk.mutex);
    disk.syncs = {why};
  }
  const std::uint64_t bad = log->append("bad");
  const auto waited = log->wait_durable(bad, 10s);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().code() == (why == EIO ? mr::errc::io : mr::errc::no_space));
  CHECK_FALSE(log->healthy());
  CHECK(log->durable_seq() == good);
  CHECK(log->wait_durable(good, 0s));
  CHECK_FALSE(log->wait_durable(log->append("worse"), 10s));
  CHECK_FALSE(log->close());
  CHECK(log->durable_seq() == good);
}

TEST_CASE("errors other than a full disk are final; a close that fails is told", "[line_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  disk.writes = {{0, EIO}};
  {
    auto log = faulty_log<mr::store::drop_and_count>::open(dir / "a.log", {}, {}, support::faulty_file_system(disk));
    REQUIRE(log);
    log->append("x");
    CHECK_FALSE(log->flush());
    std::this_thread::sleep_for(50ms);
    CHECK_FALSE(log->healthy());
    CHECK(log->close().error().code() == mr::errc::io);
  }
  CHECK(content(dir / "a.log").empty());
  disk.close_error = EIO;
  auto log = faulty_log<mr::store::block>::open(dir / "a.log", {}, {}, support::faulty_file_system(disk));
  REQUIRE(log);
  CHECK(log->close().error().message().find("cannot close") == 0);
}

TEST_CASE("waiting gives up after its time", "[line_log]") {
  const support::temp_dir dir;
  struct slow : support::faulty_file_system {
    using faulty_file_system::faulty_file_system;
    int sync_data(int fd) noexcept {
      std::this_thread::sleep_for(80ms);
      return faulty_file_system::sync_data(fd);
    }
  };
  support::disk_faults disk;
  auto log = mr::store::basic_line_log<mr::store::plain_lines, mr::store::exclusive, mr::store::block, slow>::open(
      dir / "a.log", {}, {}, slow(disk));
  REQUIRE(log);
  const std::uint64_t seq = log->append("x");
  const auto waited = log->wait_durable(seq, 5ms);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().code() == mr::errc::timeout);
  CHECK(log->wait_durable(seq, 10s));
}

TEST_CASE("memory that runs out while lines are made stops the log with an error", "[line_log][faults]") {
  struct greedy : mr::store::plain_lines {
    void line(std::string& out, const std::byte* record, std::size_t size) {
      if (size == 3) {
        out += "half a li";
        throw std::bad_alloc();
      }
      plain_lines::line(out, record, size);
    }
  };
  const support::temp_dir dir;
  auto log = mr::store::basic_line_log<greedy>::open(dir / "a.log");
  REQUIRE(log);
  log->append("a");
  log->append("bcd");
  log->append("e");
  CHECK(log->flush().error().code() == mr::errc::unavailable);
  CHECK(log->statistics().dropped == 1);
  CHECK_FALSE(log->close());
  CHECK(log->durable_seq() < log->appended_seq());
  CHECK(content(dir / "a.log") == "a\n... 1 lines lost\n");
  CHECK(log->statistics().dropped == 2);
}

TEST_CASE("a record that memory has no room for is counted even where the log cannot say so", "[line_log][faults]") {
  struct starved : mr::store::plain_lines {
    void line(std::string&, const std::byte*, std::size_t) { throw std::bad_alloc(); }
    void dropped(std::string& out, std::uint64_t) {
      out += "half";
      throw std::bad_alloc();
    }
  };
  const support::temp_dir dir;
  auto log = mr::store::basic_line_log<starved, mr::store::exclusive, mr::store::drop_and_count>::open(dir / "a.log");
  REQUIRE(log);
  const std::string too_large(log->max_record() + 1, 'x');
  CHECK(log->append(too_large) == 0);
  CHECK(log->append("a") != 0);
  CHECK_FALSE(log->flush());
  CHECK_FALSE(log->close());
  CHECK(log->statistics().dropped == 2);
  CHECK(content(dir / "a.log").empty());
}

// ---- a file that is moved

namespace {
mr::store::line_log_options with(mr::store::moved_policy policy) {
  mr::store::line_log_options options = with(mr::store::sync_policy::interval);
  options.max_delay_ms = 1;
  options.when_moved = policy;
  return options;
}
std::string numbered(int begin, int end) {
  std::string text;
  for (int i = begin; i < end; ++i) text += std::to_string(i) + '\n';
  return text;
}
void append_numbers(auto& log, int begin, int end) {
  for (int i = begin; i < end; ++i) REQUIRE(log.append(std::to_string(i)) != 0);
}
}  // namespace

TEST_CASE("a file deleted while open is made anew, with every line that came after", "[line_log][moved]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  auto log = mr::store::line_log::open(path, with(mr::store::moved_policy::reopen));
  REQUIRE(log);
  append_numbers(*log, 0, 300);
  REQUIRE(log->flush());
  REQUIRE(::unlink(path.c_str()) == 0);
  append_numbers(*log, 300, 600);
  REQUIRE(log->flush());
  CHECK(content(path) == numbered(300, 600));
  REQUIRE(::unlink(path.c_str()) == 0);
  append_numbers(*log, 600, 700);
  CHECK(log->close());
  CHECK(content(path) == numbered(600, 700));
  CHECK(log->statistics().reopened == 2);
  CHECK(log->statistics().dropped == 0);
}

TEST_CASE("a log that refuses says that its file was deleted, and keeps the lines for the next one",
          "[line_log][moved]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  const bool comes_back = GENERATE(true, false);
  auto log = mr::store::line_log::open(path, with(mr::store::moved_policy::refuse));
  REQUIRE(log);
  append_numbers(*log, 0, 10);
  REQUIRE(log->flush());
  REQUIRE(::unlink(path.c_str()) == 0);
  append_numbers(*log, 10, 20);
  const auto told = log->flush();
  REQUIRE_FALSE(told);
  CHECK(told.error().code() == mr::errc::not_found);
  CHECK(told.error().message() == "cannot go on in \"" + path + "\": the file was deleted while the log had it open");
  CHECK_FALSE(log->healthy());
  if (!comes_back) {
    CHECK_FALSE(log->close());
    CHECK(log->statistics().dropped == 10);
    CHECK_FALSE(mr::store::read_file(path));
    return;
  }
  REQUIRE(log->reopen());
  CHECK(log->flush());
  CHECK(log->healthy());
  append_numbers(*log, 20, 30);
  CHECK(log->close());
  CHECK(content(path) == numbered(10, 30));
}

TEST_CASE("nothing to write is no reason to overlook a deleted file", "[line_log][moved]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  auto log = mr::store::line_log::open(path, with(mr::store::moved_policy::refuse));
  REQUIRE(log);
  append_numbers(*log, 0, 600);
  REQUIRE(log->flush());
  REQUIRE(::unlink(path.c_str()) == 0);
  CHECK(log->close().error().code() == mr::errc::not_found);
}

TEST_CASE("a renamed file takes lines until another stands in its place, or for a second", "[line_log][moved]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  const bool created = GENERATE(true, false);
  auto log = mr::store::line_log::open(path, with(mr::store::moved_policy::reopen));
  REQUIRE(log);
  append_numbers(*log, 0, 10);
  REQUIRE(log->flush());
  REQUIRE(std::rename(path.c_str(), (path + ".1").c_str()) == 0);
  append_numbers(*log, 10, 20);
  REQUIRE(log->flush());
  if (created) std::fclose(std::fopen(path.c_str(), "w"));
  CHECK(eventually([&] { return log->statistics().reopened == 1; }));
  append_numbers(*log, 20, 30);
  CHECK(log->close());
  CHECK(content(path + ".1") == numbered(0, 20));
  CHECK(content(path) == numbered(20, 30));
}

TEST_CASE("a renamed file that comes back is gone on with; a log that refuses recovers", "[line_log][moved]") {
  const auto policy = GENERATE(mr::store::moved_policy::reopen, mr::store::moved_policy::refuse);
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  auto log = mr::store::line_log::open(path, with(policy));
  REQUIRE(log);
  append_numbers(*log, 0, 10);
  REQUIRE(log->flush());
  REQUIRE(std::rename(path.c_str(), (path + ".1").c_str()) == 0);
  append_numbers(*log, 10, 20);
  CHECK(log->flush().has_value() == (policy == mr::store::moved_policy::reopen));
  REQUIRE(std::rename((path + ".1").c_str(), path.c_str()) == 0);
  CHECK(eventually([&] { return log->healthy(); }));
  append_numbers(*log, 20, 30);
  CHECK(log->close());
  CHECK(content(path) == numbered(0, 30));
  CHECK(log->statistics().reopened == 0);
}

TEST_CASE("reopen on request: to the file at the path, to none where it is the same, with an error where it cannot",
          "[line_log][moved]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  auto log = mr::store::line_log::open(path, with(mr::store::moved_policy::keep));
  REQUIRE(log);
  append_numbers(*log, 0, 10);
  CHECK(log->reopen());
  CHECK(log->statistics().reopened == 0);
  REQUIRE(std::rename(path.c_str(), (path + ".1").c_str()) == 0);
  append_numbers(*log, 10, 20);
  REQUIRE(log->flush());
  CHECK(content(path + ".1") == numbered(0, 20));
  CHECK(log->reopen());
  append_numbers(*log, 20, 30);
  REQUIRE(log->flush());
  REQUIRE(::mkdir((path + ".d").c_str(), 0700) == 0);
  REQUIRE(std::rename(path.c_str(), (path + ".2").c_str()) == 0);
  REQUIRE(std::rename((path + ".d").c_str(), path.c_str()) == 0);
  const auto folder = log->reopen();
  REQUIRE_FALSE(folder);
  CHECK(folder.error().message().find(path) != std::string::npos);
  CHECK(log->healthy());  // it goes on with the file it has
  append_numbers(*log, 30, 40);
  REQUIRE(log->flush());
  REQUIRE(::rmdir(path.c_str()) == 0);
  log->request_reopen();
  CHECK(eventually([&] { return log->statistics().reopened == 2; }));
  append_numbers(*log, 40, 50);
  CHECK(log->close());
  CHECK_FALSE(log->reopen());
  CHECK(content(path + ".2") == numbered(20, 40));
  CHECK(content(path) == numbered(40, 50));
}

TEST_CASE("a reopened file is one that open would take", "[line_log][moved]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  auto log = object_log::open(path, with(mr::store::moved_policy::reopen));
  REQUIRE(log);
  log->append("{}");
  REQUIRE(log->flush());
  const auto replace_by = [&](const std::string& text) {
    REQUIRE(mr::store::write_file(path + ".new", text));
    REQUIRE(std::rename((path + ".new").c_str(), path.c_str()) == 0);
  };
  replace_by("something else\n");
  log->append("{\"a\":1}");
  CHECK(log->flush().error().code() == mr::errc::corrupt);
  CHECK(content(path) == "something else\n");
  replace_by("{\"n\":0}\n{\"torn");
  CHECK(eventually([&] { return log->healthy(); }));
  log->append("{\"n\":1}");
  {
    auto other = object_log::open(dir / "b.log");
    REQUIRE(other);
    CHECK(log->flush());
    CHECK(content(path) == "{\"n\":0}\n{\"a\":1}\n{\"n\":1}\n");
    REQUIRE(std::rename((dir / "b.log").c_str(), path.c_str()) == 0);
    log->append("{\"n\":2}");
    CHECK(log->flush().error().message().find("another log has it open") != std::string::npos);
  }
  CHECK(eventually([&] { return log->healthy(); }));
  CHECK(log->close());
}

TEST_CASE("a log of a relative path stays with its file when the working directory changes", "[line_log][moved]") {
  const support::temp_dir dir;
  char before[4096];
  REQUIRE(::getcwd(before, sizeof before) != nullptr);
  REQUIRE(::chdir(dir.path().c_str()) == 0);
  auto log = mr::store::line_log::open("a.log", with(mr::store::moved_policy::reopen));
  REQUIRE(::chdir("/") == 0);
  REQUIRE(log);
  append_numbers(*log, 0, 10);
  REQUIRE(log->flush());
  REQUIRE(::unlink((dir / "a.log").c_str()) == 0);
  append_numbers(*log, 10, 20);
  CHECK(log->close());
  CHECK(::chdir(before) == 0);
  CHECK(content(dir / "a.log") == numbered(10, 20));
}

namespace {
std::atomic<mr::store::line_log*> log_to_reopen{nullptr};
void on_hangup(int) {
  if (mr::store::line_log* const log = log_to_reopen.load()) log->request_reopen();
}
/// Where logrotate is, or nothing.
std::string logrotate() {
  for (const char* place :
       {"/usr/sbin/logrotate", "/usr/bin/logrotate", "/sbin/logrotate", "/usr/local/sbin/logrotate"})
    if (::access(place, X_OK) == 0) return place;
  return {};
}
}  // namespace

TEST_CASE("under the real logrotate every line is in one of the files, once and in order",
          "[line_log][moved][logrotate]") {
  const std::string program = logrotate();
  if (program.empty()) {
    WARN("skipped: logrotate is not installed");
    return;
  }
  const std::string way = GENERATE(std::string("create"), std::string("nocreate"), std::string("copytruncate"),
                                   std::string("create and signal"));
  const bool by_signal = way == "create and signal";
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  std::string rules = path + " {\n  rotate 9\n  nodateext\n  " + (by_signal ? "create" : way) + "\n";
  if (by_signal) rules += "  postrotate\n    kill -HUP " + std::to_string(::getpid()) + "\n  endscript\n";
  REQUIRE(mr::store::write_file(dir / "rules", rules + "}\n"));
  REQUIRE(::chmod((dir / "rules").c_str(), 0600) == 0);
  auto log = mr::store::line_log::open(
      path, with(by_signal ? mr::store::moved_policy::keep : mr::store::moved_policy::reopen));
  REQUIRE(log);
  log_to_reopen = &*log;
  void (*const before)(int) = std::signal(SIGHUP, on_hangup);
  constexpr int rotations = 3;
  int next = 0;
  for (int i = 0; i < rotations; ++i) {
    append_numbers(*log, next, next + 1000);
    next += 1000;
    REQUIRE(log->flush());
    std::atomic<bool> rotating{true};
    std::thread writer;
    // Between copytruncate's copy and its cut no line may come: it would be in neither.
    if (way != "copytruncate")
      writer = std::thread([&] {
        for (; rotating || next % 100 != 0; ++next) {
          log->append(std::to_string(next));
          std::this_thread::sleep_for(100us);
        }
      });
    const int status = std::system((program + " -f -s '" + (dir / "state") + "' '" + (dir / "rules") + "'").c_str());
    if (way != "copytruncate") CHECK(eventually([&] { return log->statistics().reopened == std::uint64_t(i) + 1; }));
    rotating = false;
    if (writer.joinable()) writer.join();
    REQUIRE(status == 0);
  }
  append_numbers(*log, next, next + 1000);
  next += 1000;
  CHECK(log->close());
  std::signal(SIGHUP, before);
  log_to_reopen = nullptr;
  CHECK(log->statistics().dropped == 0);
  std::string all;
  for (int i = rotations; i > 0; --i) all += content(path + '.' + std::to_string(i));
  const std::string last = content(path);
  INFO(way);
  CHECK_FALSE(last.empty());
  CHECK((all + last == numbered(0, next)));
}

// ---- crashes

namespace {

/// A disk in memory that forgets what was not synced. Shared by the log's thread and the test.
struct forgetful_disk {
  std::mutex mutex;
  std::string written;
  std::string synced;
};
struct forgetful_file_system {
  forgetful_disk* disk = nullptr;
  int open(const char*, int, unsigned) noexcept { return 100; }
  int close(int) noexcept { return 0; }
  // Out of line, where g++ 12's -Wrestrict sees no overlap of what it knows nothing about.
  [[gnu::noinline]] std::ptrdiff_t write(int, const void* from, std::size_t size) noexcept {
    const std::lock_guard held(disk->mutex);
    disk->written.append(static_cast<const char*>(from), size);
    return static_cast<std::ptrdiff_t>(size);
  }
  std::ptrdiff_t read_at(int, void*, std::size_t, std::uint64_t) noexcept { return 0; }
  int truncate(int, std::uint64_t) noexcept { return 0; }
  int sync_data(int) noexcept {
    const std::lock_guard held(disk->mutex);
    disk->synced = disk->written;
    return 0;
  }
  int sync_directory_of(const char*) noexcept { return 0; }
  int lock(int) noexcept { return 0; }
  std::int64_t regular_size(int) noexcept { return 0; }
  mr::store::file_place place_of(int, const char*) noexcept { return mr::store::file_place::here; }
};

}  // namespace

TEST_CASE("what is at or below the durable watermark was synced before the watermark moved", "[line_log][crash]") {
  const auto policy = GENERATE(mr::store::sync_policy::every_group, mr::store::sync_policy::interval);
  forgetful_disk disk;
  mr::store::line_log_options options = with(policy);
  options.sync_interval_ms = 1;
  options.max_delay_ms = 1;
  auto log =
      mr::store::basic_line_log<mr::store::plain_lines, mr::store::exclusive, mr::store::block,
                                forgetful_file_system>::open("memory", options, {}, forgetful_file_system{&disk});
  REQUIRE(log);
  std::vector<std::uint64_t> seqs;
  bool right = true;
  for (int i = 0; i < 20'000; ++i) {
    seqs.push_back(log->append(std::string(1 + static_cast<std::size_t>(i) % 50, 'x')));
    if (i % 100 != 0) continue;
    const std::uint64_t durable = log->durable_seq();
    const std::lock_guard held(disk.mutex);
    std::size_t bytes = 0;
    for (std::size_t k = 0; k < seqs.size() && seqs[k] <= durable; ++k) bytes += 2 + k % 50;
    right = right && disk.synced.size() >= bytes;
  }
  CHECK(right);
  CHECK(log->close());
  CHECK(disk.synced == disk.written);
}

TEST_CASE("kill -9 at a random moment, 220 times: every acknowledged record is there, whole, and appending goes on",
          "[line_log][crash]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.jsonl";
  mr::random_engine random(mr::entropy_seed());
  std::uint64_t records = 0;      // whole ones in the file so far
  std::size_t checked_bytes = 0;  // of the file
  std::uint64_t torn = 0;
  std::uint64_t acknowledged_at_all = 0;
  for (int round = 0; round < 220; ++round) {
    if (round % 20 == 0) {
      std::remove(path.c_str());
      records = 0;
      checked_bytes = 0;
    }
    int acks[2];
    REQUIRE(::pipe(acks) == 0);
    const auto policy = static_cast<mr::store::sync_policy>(round % 2);
    const std::size_t padding = random.below(2) == 0 ? 40 : 900;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      // The child numbers its records from where the file ends, and tells what is durable.
      ::close(acks[0]);
      mr::store::line_log_options options = with(policy);
      options.sync_interval_ms = 1;
      options.max_delay_ms = 1;
      options.ring_bytes = 1 << 16;
      auto log = object_log::open(path, options);
      if (!log) ::_exit(9);
      std::vector<std::uint64_t> seqs;
      std::size_t durable = 0;
      std::uint64_t told = 0;
      for (std::uint64_t i = records;; ++i) {
        const std::string line = "{\"n\":" + std::to_string(i) + ",\"pad\":\"" +
                                 std::string(padding + static_cast<std::size_t>(i % 7), 'p') + "\"}";
        seqs.push_back(log->append(line));
        const std::uint64_t mark = log->durable_seq();
        while (durable < seqs.size() && seqs[durable] <= mark) ++durable;
        const std::uint64_t known = durable == 0 ? 0 : records + durable;  // records 0 .. known-1 are durable
        if (known != told && ::write(acks[1], &known, sizeof known) == sizeof known) told = known;
        if (i % 64 == 0) ::usleep(200);
      }
    }
    ::close(acks[1]);
    if (round % 4 != 0) {
      // Most rounds wait for an acknowledgement, so that a slow disk does not make the test say nothing.
      pollfd first{acks[0], POLLIN, 0};
      (void)::poll(&first, 1, 2'000);
    }
    ::usleep(static_cast<useconds_t>(random.below(15'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    std::uint64_t acknowledged = 0;
    for (std::uint64_t known = 0; ::read(acks[0], &known, sizeof known) == sizeof known;) acknowledged = known;
    ::close(acks[0]);
    if (acknowledged != 0) ++acknowledged_at_all;

    const std::string text = mr::store::read_file(path).value_or(std::string());
    REQUIRE(text.size() >= checked_bytes);
    std::size_t begin = checked_bytes;
    bool right = true;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      const std::string head = "{\"n\":" + std::to_string(records) + ",";
      right = right && mr::is_json_object(line) && line.substr(0, head.size()) == head;
      ++records;
    }
    INFO("round " << round);
    REQUIRE(right);
    REQUIRE(records >= acknowledged);
    if (begin != text.size()) ++torn;
    checked_bytes = begin;
  }
  CHECK(acknowledged_at_all > 100);
  WARN("220 kills: " << acknowledged_at_all << " with acknowledged records, " << torn << " with a torn last line");
}

TEST_CASE("a forked copy refuses to work, and destroying it leaves the parent's log alone", "[line_log][crash]") {
  const support::temp_dir dir;
  mr::store::line_log_options options;
  options.ring_bytes = 4096;
  auto log = mr::store::line_log::open(dir / "a.log", options);
  REQUIRE(log);
  log->append("before");
  REQUIRE(log->flush());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool right = true;
    int refused = 0;
    for (int i = 0; i < 1000; ++i) refused += log->append("from the child") == 0 ? 1 : 0;
    right = right && !log->flush() && !log->status();
    // The first record already is refused, as on a full disk, and counted.
    right = right && refused == 1000 && !log->healthy() && log->is_forked_copy() && !log->reopen();
    right = right && !log->close() && log->close().error().code() == mr::errc::unavailable;
    right = right && log->statistics().dropped == 1000;
    {
      const mr::store::line_log gone = std::move(*log);
    }
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  log->append("after");
  REQUIRE(log->close());
  CHECK(content(dir / "a.log") == "before\nafter\n");
}

TEST_CASE("a line log that was moved from says so and is assigned to; moving one to itself changes nothing",
          "[line_log]") {
  STATIC_REQUIRE(laws::moves_by_copying<mr::store::plain_lines>);
  const support::temp_dir dir;
  const auto at = [&](const char* name) { return mr::store::line_log::open(dir / name).value(); };
  laws::moving_from(
      at("a.log"), at("b.log"),
      [](mr::store::line_log& log) {
        log.append("x");
        return log.path();
      },
      [](const mr::store::line_log& left) { CHECK_FALSE(left); });
  CHECK(content(dir / "a.log") == "x\nx\nx\n");
  CHECK(content(dir / "b.log") == "x\nx\nx\n");
}

TEST_CASE("a NUL byte in a line is written as a backslash and a zero, so that the line stays", "[line_log][repair]") {
  using namespace std::string_view_literals;
  const support::temp_dir dir;
  const std::string path = dir / "a.log";
  for (const std::string_view text : {"a\0b"sv, "\0"sv, "\0\0end\0"sv, ""sv, std::string_view()}) {
    std::remove(path.c_str());
    {
      auto log = mr::store::line_log::open(path);
      REQUIRE(log);
      CHECK(log->append("line one") != 0);
      CHECK(log->append(text) != 0);
      CHECK(log->flush());
    }
    std::string shown;
    for (const char c : text) shown += c == '\0' ? "\\0" : std::string(1, c);
    CHECK(content(path) == "line one\n" + shown + "\n");
    auto again = mr::store::line_log::open(path);
    REQUIRE(again);
    CHECK_FALSE(again->repaired());
  }
  // Nor is a file lost whose only line has one.
  std::remove(path.c_str());
  {
    auto log = mr::store::line_log::open(path);
    REQUIRE(log);
    log->append("\0"sv);
  }
  CHECK(mr::store::line_log::open(path));
}
