#include <millrace/middleware/merkle_proofs.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/chain.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"step", int> step;
inline constexpr mr::field<"loss", double> loss;

struct learn {
  using reads = mr::fields<step>;
  using writes = mr::fields<loss>;
  void operator()(auto& ctx) { ctx[loss] = 1.0 / ctx[step]; }
};

/// So that texts are the same in each run.
std::uint64_t same_time() noexcept { return 1'700'000'000'000'000'000U; }

using log_type = mr::audit_log<mr::merkle_proofs>;

/// Ends once the line that says that it began is in the file, from the second time on.
struct wait_for_line {
  using reads = mr::fields<step>;
  using writes = mr::fields<loss>;
  const log_type* log;
  void operator()(auto& ctx) const {
    for (int i = 0; ctx[step] > 1 && log->written_seq() < log->appended_seq() && i < 4'000; ++i) ::usleep(500);
  }
};

/// What a session of so many events leaves in a file, behind what is there.
mr::store::tree_head write_session(const std::string& path, int events, std::string id) {
  auto log = log_type::open(path, {.session_id = std::move(id), .wall_clock = same_time}).value();
  {
    auto chain = mr::chain(learn{}).use(mr::borrow(log));
    auto ctx = chain.context(step = 1);
    for (int i = 1; i <= events; ++i) {
      ctx[step] = i;
      REQUIRE(chain(ctx));
    }
  }
  REQUIRE(log.close());
  return log.head();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = text.find('\n', from);
    lines.push_back(text.substr(from, end + 1 - from));
    from = end + 1;
  }
  return lines;
}
std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace

TEST_CASE("an audit log with proofs vouches for all its lines, session by session") {
  const support::temp_dir folder;
  const std::string path = folder / "audit.jsonl";
  const auto first = write_session(path, 20, "a");
  const auto second = write_session(path, 300, "b \"quoted\"");
  CHECK(first.origin == "a");
  CHECK(first.root.size == 42);  // the session's first and last line, and two of each event
  CHECK(second.root.size == 602);

  const auto report = mr::verify_audit_log(path);
  REQUIRE(report);
  CHECK(*report);
  CHECK(report->lines == 42 + 1 + 602 + 1);
  CHECK(report->sessions == 2);
  CHECK(report->unproven == 0);
  REQUIRE(report->heads.size() == 2);
  CHECK(report->heads[0].root == first.root);
  CHECK(report->heads[1].root == second.root);
  CHECK(summary(*report) == "646 lines of 2 sessions are as they were written");
  const mr::store::tree_head kept[] = {first};
  CHECK(mr::verify_audit_log(path, kept).value());
}

TEST_CASE("every line of an audit log with proofs that is changed, removed, added or moved is found") {
  const support::temp_dir folder;
  const std::string path = folder / "audit.jsonl";
  write_session(path, 15, "a");
  write_session(path, 15, "b");
  const std::string text = mr::store::read_file(path).value();
  const std::vector<std::string> lines = lines_of(text);
  REQUIRE(mr::verify_audit_lines(text));

  const auto find = [&](const std::string& tampered, std::size_t line) {
    const auto report = mr::verify_audit_lines(tampered);
    CAPTURE(line, summary(report));
    REQUIRE_FALSE(report);
    CHECK(report.first_line <= line + 1);
    CHECK(report.last_line >= line);  // a removed line is missed at the next one
    CHECK(report.last_line - report.first_line <= 33);
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool begins = lines[i].starts_with("{\"type\":\"session_start\"");
    // The last head of a session may go, and then nothing vouches for the session's end: for that heads are kept.
    const bool last_head = i + 1 == lines.size() || lines[i + 1].starts_with("{\"type\":\"session_start\"");
    if (!begins && !last_head) {
      auto removed = lines;
      removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(i));
      find(joined(removed), i + 1);
      auto swapped = lines;
      std::swap(swapped[i], swapped[i + 1]);
      if (!lines[i + 1].starts_with("{\"type\":\"tree_head\"")) find(joined(swapped), i + 1);
    }
    if (!begins) {
      auto added = lines;
      added.insert(added.begin() + static_cast<std::ptrdiff_t>(i), "{\"type\":\"event_start\"}\n");
      find(joined(added), i + 1);
    }
    for (const std::size_t at : {std::size_t{3}, std::size_t{12}, lines[i].size() / 3, lines[i].size() - 2}) {
      auto changed = lines;
      changed[i][at] ^= 1;
      const auto report = mr::verify_audit_lines(joined(changed));
      CAPTURE(i, at, changed[i], summary(report));
      CHECK_FALSE(report);
    }
  }
}

TEST_CASE("a line of an audit log that is no JSON any more is named by itself") {
  const support::temp_dir folder;
  const std::string path = folder / "audit.jsonl";
  write_session(path, 10, "a");
  std::string text = mr::store::read_file(path).value();
  const std::size_t at = text.find("event_complete");
  text[at - 1] = 'x';
  const auto report = mr::verify_audit_lines(text);
  REQUIRE_FALSE(report);
  CHECK(report.first_line == 3);
  CHECK(report.last_line == 3);
  CHECK(report.offset == text.rfind('\n', at) + 1);
  CHECK(summary(report).starts_with("line 3: it is no object of JSON (byte "));
}

TEST_CASE("a head that was kept shows what a file that was cut, or written anew, does not") {
  const support::temp_dir folder;
  const std::string path = folder / "audit.jsonl";
  const mr::store::tree_head kept[] = {write_session(path, 10, "a")};
  const std::string text = mr::store::read_file(path).value();
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t left = 1; left + 1 < lines.size(); ++left) {
    const std::string cut = joined({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(left)});
    const auto alone = mr::verify_audit_lines(cut);
    CHECK(alone);
    CHECK(alone.unproven == left);
    const auto report = mr::verify_audit_lines(cut, kept);
    CAPTURE(left);
    REQUIRE_FALSE(report);
    CHECK(report.what.find("is cut off: it has " + std::to_string(left) + " lines") != std::string::npos);
  }
  CHECK(mr::verify_audit_lines(text.substr(0, text.size() - 5), kept).torn_bytes > 0);

  const std::string other = folder / "other.jsonl";
  write_session(other, 11, "a");
  CHECK_FALSE(mr::verify_audit_log(other, kept).value());
  write_session(folder / "third.jsonl", 10, "b");
  const auto missing = mr::verify_audit_log(folder / "third.jsonl", kept);
  CHECK(missing->what == "the session \"a\", of which a head was kept, is not in the file");
}

TEST_CASE("a line whose time is filled in when its group ends is hashed with that time") {
  const support::temp_dir folder;
  const std::string path = folder / "audit.jsonl";
  auto log = log_type::open(path, {.session_id = "a"}).value();
  {
    auto chain = mr::chain(wait_for_line{&log}).use(mr::borrow(log));
    auto ctx = chain.context(step = 1);
    for (int i = 1; i <= 3; ++i) {  // an event that was quick before begins without a time
      ctx[step] = i;
      REQUIRE(chain(ctx));
      ctx[step] = 1;
      REQUIRE(chain(ctx));
    }
  }
  REQUIRE(log.close());
  CHECK(mr::verify_audit_log(path).value());
}

TEST_CASE("lines of a log without proofs are counted as unproven") {
  const support::temp_dir folder;
  const std::string path = folder / "audit.jsonl";
  {
    auto log = mr::audit_log<>::open(path, {.session_id = "plain"}).value();
    REQUIRE(log.close());
  }
  write_session(path, 3, "a");
  const auto report = mr::verify_audit_log(path);
  CHECK(*report);
  CHECK(report->unproven == 2);
  CHECK(report->heads.size() == 1);
  CHECK(summary(*report) == "11 lines of 2 sessions are as they were written, but for 2 that no tree head vouches for");
  CHECK(mr::verify_audit_lines(""));
  CHECK(mr::verify_audit_log(folder / "none").error().code() == mr::errc::not_found);
}

TEST_CASE("heads of an audit log are read while many threads write it") {
  const support::temp_dir folder;
  const std::string path = folder / "audit.jsonl";
  mr::audit_log<mr::merkle_proofs, mr::store::shared> log(path, {.session_id = "many"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      auto chain = mr::chain(learn{}).use(mr::borrow(log));
      auto ctx = chain.context(step = 1);
      for (int i = 0; i < 500; ++i) {
        static_cast<void>(chain(ctx));
        static_cast<void>(log.head());
      }
    });
  for (std::thread& each : threads) each.join();
  REQUIRE(log.close());
  const mr::store::tree_head kept[] = {log.head()};
  CHECK(kept[0].root.size == 2 + 4 * 500 * 2);
  CHECK(mr::verify_audit_log(path, kept).value());
}
