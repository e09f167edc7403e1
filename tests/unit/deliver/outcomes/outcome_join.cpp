#include <millrace/deliver/outcomes/outcome_join.hpp>

#include <millrace/deliver/outcomes/prediction_log.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;
using md::outcome_found;

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t day = 86'400 * second;
/// When the tests' predictions are made.
const std::uint64_t start = mr::unix_nanoseconds() - 2 * day;

/// The rows that were joined: by id, version and arm, the label.
struct seen_rows {
  std::map<std::string, double> rows;
  std::size_t count = 0;
  void operator()(const md::joined_row& row) {
    ++count;
    rows[std::string(row.prediction.id) + '/' + std::string(row.prediction.version) +
         (row.prediction.arm == md::arm::candidate ? "/c" : "/s")] = row.label;
  }
};

void log_one(md::prediction_log& log, const std::string& id, const std::string& version = "1",
             md::arm arm = md::arm::stable, std::uint64_t time = start) {
  const double output = 0.5;
  REQUIRE(log.append({.id = id, .time = time, .model = "m", .version = version, .arm = arm, .outputs = {&output, 1}}));
}
std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::uint64_t now_of_test = start;
std::uint64_t test_clock() noexcept { return now_of_test; }

struct opened {
  md::prediction_log log;
  md::outcome_join join;
  explicit opened(const std::string& folder, const md::prediction_log_options& of_log = {},
                  md::outcome_join_options of_join = {})
      : log(*md::prediction_log::open(folder, of_log)), join(*md::outcome_join::open(folder, of_join)) {}
  void refresh(seen_rows& rows) {
    REQUIRE(log.flush());
    REQUIRE(join.refresh(rows));
  }
};

}  // namespace

TEST_CASE("outcome_join: a row is there once both of its halves are, whichever comes first") {
  support::temp_dir dir;
  opened of(dir / "log");
  seen_rows rows;
  log_one(of.log, "a");
  of.refresh(rows);
  CHECK(rows.count == 0);
  CHECK(of.join.update({.id = "a", .label = 1, .time = start + day}, rows)->what == outcome_found::joined);
  CHECK(rows.rows == std::map<std::string, double>{{"a/1/s", 1}});

  CHECK(of.join.update({.id = "b", .label = 0.5, .time = start - day}, rows)->what == outcome_found::waiting);
  CHECK(of.join.statistics().waiting == 1);
  log_one(of.log, "b");
  of.refresh(rows);
  CHECK(rows.rows.at("b/1/s") == 0.5);
  CHECK(of.join.statistics().waiting == 0);
  CHECK(of.join.statistics().rows == 2);

  seen_rows all;
  CHECK(of.join.rows(all));
  CHECK(all.rows == rows.rows);
  CHECK(all.count == 2);
}

TEST_CASE("outcome_join: the first outcome of an id counts, and the first prediction of a model, version and arm") {
  support::temp_dir dir;
  opened of(dir / "log");
  seen_rows rows;
  log_one(of.log, "a");
  log_one(of.log, "a");
  log_one(of.log, "a", "2");
  log_one(of.log, "a", "2", md::arm::candidate);
  log_one(of.log, "a", "2", md::arm::candidate);
  of.refresh(rows);
  CHECK(of.join.statistics().predictions == 3);
  CHECK(of.join.statistics().duplicate_predictions == 2);
  const auto found = of.join.update({.id = "a", .label = 1}, rows);
  CHECK(found->rows == 3);
  CHECK(rows.rows.size() == 3);
  CHECK(of.join.update({.id = "a", .label = 1}, rows)->what == outcome_found::duplicate);
  CHECK(of.join.update({.id = "a", .label = 0}, rows)->what == outcome_found::duplicate);
  CHECK(rows.count == 3);
  CHECK(of.join.statistics().duplicate_outcomes == 1);
  CHECK(of.join.statistics().conflicting_outcomes == 1);
  log_one(of.log, "a", "3");  // after its outcome
  of.refresh(rows);
  CHECK(rows.count == 4);
  seen_rows all;
  CHECK(of.join.rows(all));
  CHECK(all.rows == rows.rows);
  CHECK(all.count == 4);
}

TEST_CASE("outcome_join: what comes too late is counted, and joined to nothing") {
  support::temp_dir dir;
  opened of(dir / "log", {}, {.max_delay = mr::seconds(3600), .wall_clock = test_clock});
  seen_rows rows;
  log_one(of.log, "a");
  log_one(of.log, "b");
  of.refresh(rows);
  CHECK(of.join.update({.id = "a", .label = 1, .time = start + 3600 * second}, rows)->what == outcome_found::joined);
  CHECK(of.join.update({.id = "b", .label = 1, .time = start + 3601 * second}, rows)->what == outcome_found::late);
  CHECK(of.join.update({.id = "c", .label = 1, .time = start + 7200 * second}, rows)->what == outcome_found::waiting);
  log_one(of.log, "c");
  of.refresh(rows);
  CHECK(rows.count == 1);
  CHECK(of.join.statistics().late == 2);
  CHECK(of.join.statistics().waiting == 0);
  seen_rows all;
  CHECK(of.join.rows(all));
  CHECK(all.count == 1);
}

TEST_CASE("outcome_join: files of an earlier version are read, and written as they were") {
  support::temp_dir dir;
  std::filesystem::create_directory(dir / "log");
  for (const std::string name : {"predictions", "outcomes"})
    std::filesystem::copy_file(std::string(MILLRACE_GOLDEN_DIR) + "/deliver/" + name + ".jsonl",
                               dir / ("log/" + name + ".0.jsonl"));
  auto join = md::outcome_join::open(dir / "log", {.max_age = mr::seconds(1e9)});
  REQUIRE(join);
  seen_rows rows;
  REQUIRE(join->rows(rows));
  CHECK(rows.rows == std::map<std::string, double>{{"a17/7/c", 1}, {"a17/7/s", 1}, {"b \"18\"/7/s", 0}});
  CHECK(join->statistics().dropped == 3);
  CHECK(join->statistics().waiting == 1);
  CHECK(join->statistics().refused == 0);

  auto log = md::prediction_log::open(dir / "again");
  auto again = md::outcome_join::open(dir / "again", {.max_age = mr::seconds(1e9)});
  REQUIRE(log);
  REQUIRE(again);
  const double outputs[] = {0.25, 0.75};
  const float features[] = {1, 2.5F, std::numeric_limits<float>::quiet_NaN()};
  md::prediction one{.id = "a17",
                     .time = 1'764'590'400'000'000'000,
                     .model = "fraud",
                     .version = "7",
                     .outputs = outputs,
                     .features = features};
  CHECK(log->append(one));
  one.arm = md::arm::candidate;
  one.propensity = 0.2;
  one.unit = 31;
  one.step = 2;
  CHECK(log->append(one));
  CHECK(log->append({.id = "b \"18\"", .time = 1'764'590'401'000'000'000, .version = "7"}));
  CHECK(log->close());
  CHECK(again->update({.id = "a17", .label = 1, .time = 1'764'690'400'000'000'000}, rows));
  CHECK(again->update({.id = "b \"18\"", .label = 0, .time = 1'764'690'401'000'000'000}, rows));
  CHECK(again->update({.id = "c", .label = 2.5, .time = 1'764'690'402'000'000'000}, rows));
  CHECK(again->flush());
  CHECK(text_of(dir / "again/outcomes.0.jsonl") == text_of(dir / "log/outcomes.0.jsonl"));
  const std::string golden = text_of(dir / "log/predictions.0.jsonl");
  CHECK(text_of(dir / "again/predictions.0.jsonl") == golden.substr(0, golden.find("{\"dropped\"")));
}

TEST_CASE("outcome_join: ids are any bytes") {
  support::temp_dir dir;
  opened of(dir / "log");
  std::vector<std::string> ids{"\"", "\\", "a\nb", std::string("a\0b", 3), "\xc3\xa9", std::string(5000, 'x'),
                               "{}", " "};
  seen_rows rows;
  for (const auto& id : ids) log_one(of.log, id);
  of.refresh(rows);
  for (const auto& id : ids) CHECK(of.join.update({.id = id, .label = 1}, rows)->rows == 1);
  CHECK(rows.rows.count("a\nb/1/s") == 1);
  CHECK_FALSE(of.join.update({.id = "", .label = 1}, rows));
  CHECK_FALSE(of.join.update({.id = std::string(1 << 20, 'x'), .label = 1}, rows));
}

TEST_CASE("outcome_join: whatever the order and however often it is opened again, the rows are the same") {
  std::mt19937_64 draw(7);
  for (int round = 0; round < 4; ++round) {
    support::temp_dir dir;
    const md::prediction_log_options small{.segment_bytes = 4'000, .max_bytes = 4'000'000};
    const md::outcome_join_options small_join{.segment_bytes = 2'000, .max_bytes = 4'000'000};
    std::optional<opened> of;
    of.emplace(dir / "log", small, small_join);
    std::map<std::string, double> labels;                 // the first of each id
    std::set<std::pair<std::string, std::string>> known;  // id and version
    seen_rows rows;
    std::map<std::string, double> expected;
    for (int step = 0; step < 300; ++step) {
      const std::string id = std::to_string(draw() % 60);
      switch (draw() % 8) {
        case 0:
        case 1:
        case 2: {
          const std::string version = std::to_string(draw() % 2);
          log_one(of->log, id, version);
          known.insert({id, version});
          break;
        }
        case 3:
        case 4:
        case 5: {
          const double label = static_cast<double>(draw() % 3);
          REQUIRE(of->join.update({.id = id, .label = label, .time = start}, rows));
          labels.insert({id, label});
          break;
        }
        case 6: of->refresh(rows); break;
        default:
          if (draw() % 4 != 0) break;
          of.reset();
          of.emplace(dir / "log", small, small_join);
          rows = {};
          REQUIRE(of->join.rows(rows));
      }
    }
    of->refresh(rows);
    for (const auto& [id, version] : known)
      if (labels.count(id) != 0) expected[id + '/' + version + "/s"] = labels[id];
    CHECK(rows.rows == expected);
    seen_rows all;
    CHECK(of->join.rows(all));
    CHECK(all.rows == expected);
    CHECK(all.count == expected.size());
    CHECK(of->join.statistics().refused == 0);
  }
}

TEST_CASE("outcome_join: after kill -9 what was flushed is there, and every row once") {
  support::temp_dir dir;
  for (int kill = 0; kill < 2; ++kill) {
    int told[2];
    REQUIRE(::pipe(told) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      opened of(dir / "log", {.segment_bytes = 30'000, .max_bytes = 40'000'000});
      seen_rows rows;
      for (int i = 0;; ++i) {
        const std::string id = std::to_string(kill) + '-' + std::to_string(i);
        const double output = 0.5;
        of.log.append({.id = id, .time = start, .outputs = {&output, 1}});
        if (i % 100 != 99) continue;
        if (!of.log.flush() || !of.join.refresh(rows)) ::_exit(1);
        for (int k = i - 99; k < i; k += 2)
          if (!of.join.update({.id = std::to_string(kill) + '-' + std::to_string(k), .label = 1.0 * k, .time = start},
                              rows))
            ::_exit(2);
        if (!of.join.flush()) ::_exit(3);
        if (::write(told[1], &i, sizeof i) != sizeof i) ::_exit(4);
      }
    }
    ::close(told[1]);
    int last = -1;
    while (last < 300 * (kill + 1)) REQUIRE(::read(told[0], &last, sizeof last) == sizeof last);
    ::kill(child, SIGKILL);
    while (::read(told[0], &last, sizeof last) == sizeof last) {
    }
    ::close(told[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));

    auto join = md::outcome_join::open(dir / "log");
    REQUIRE(join);
    seen_rows all;
    REQUIRE(join->rows(all));
    CHECK(all.count == all.rows.size());
    int missing = 0;
    for (int k = 0; k < last; ++k) {
      const auto found = all.rows.find(std::to_string(kill) + '-' + std::to_string(k) + "//s");
      if (k % 2 == 0 && (found == all.rows.end() || found->second != k)) ++missing;
      if (k % 2 == 1 && found != all.rows.end()) ++missing;
    }
    CHECK(missing == 0);
    CHECK(join->statistics().refused == 0);
  }
}

TEST_CASE("outcome_join: files that are torn, flipped or somebody else's cost their own lines alone") {
  support::temp_dir dir;
  {
    opened of(dir / "log");
    for (int i = 0; i < 100; ++i) log_one(of.log, std::to_string(i));
    CHECK(of.log.close());
    seen_rows rows;
    for (int i = 0; i < 100; ++i) REQUIRE(of.join.update({.id = std::to_string(i), .label = 1}, rows));
  }
  std::string text = text_of(dir / "log/predictions.0.jsonl");
  text[text.find("\"time\"", text.size() / 2) + 8] ^= 1;                               // one digit
  std::ofstream(dir / "log/predictions.0.jsonl") << text.substr(0, text.size() - 30);  // and the end
  std::ofstream(dir / "log/predictions.other.jsonl") << "dear diary\n\n{\"id\":\n" << std::string(3000, '\0') << '\n';
  std::ofstream(dir / "log/predictions.txt") << "no file of ours\n";
  std::filesystem::create_directory(dir / "log/predictions.5.jsonl");
  std::ofstream(dir / "log/predictions.zeros.jsonl").flush();
  std::filesystem::resize_file(dir / "log/predictions.zeros.jsonl", std::size_t{80} << 20);  // without a line feed
  auto join = md::outcome_join::open(dir / "log");
  REQUIRE(join);
  CHECK(join->statistics().predictions == 98);
  CHECK(join->statistics().refused == 1 + 4 + 1);
  CHECK(join->statistics().rows == 98);
  seen_rows rows;
  CHECK(join->rows(rows));
  CHECK(rows.count == 98);
  const auto second_one = md::outcome_join::open(dir / "log");
  REQUIRE_FALSE(second_one);
  CHECK(second_one.error().code() == mr::errc::unavailable);
}

TEST_CASE("outcome_join: predictions whose files are gone are counted, and outcomes that waited too long") {
  support::temp_dir dir;
  now_of_test = start;
  opened of(dir / "log", {.segment_bytes = 5'000, .max_bytes = 20'000},
            {.max_age = mr::seconds(86'400), .wall_clock = test_clock});
  seen_rows rows;
  REQUIRE(of.join.update({.id = "never", .label = 1}, rows));
  for (int i = 0; i < 30; ++i) {
    for (int k = 0; k < 20; ++k) log_one(of.log, std::to_string(i * 20 + k));
    of.refresh(rows);
  }
  const auto seen = of.join.statistics();
  CHECK(seen.predictions + seen.unlabeled == 600);
  CHECK(seen.unlabeled > 300);
  CHECK(of.join.update({.id = "0", .label = 1}, rows)->what == outcome_found::waiting);
  CHECK(of.join.update({.id = "599", .label = 1}, rows)->what == outcome_found::joined);
  now_of_test -= 50 * day;  // a clock that goes back forgets nothing
  of.refresh(rows);
  CHECK(of.join.statistics().outcomes == 3);
  now_of_test = start + 4 * day;
  of.refresh(rows);
  CHECK(of.join.statistics().outcomes == 0);
  CHECK(of.join.statistics().unmatched == 2);
  CHECK(of.join.statistics().waiting == 0);
}

TEST_CASE("outcome_join: more predictions and outcomes than may be known are given up and refused") {
  support::temp_dir dir;
  opened of(dir / "log", {.segment_bytes = 5'000, .max_bytes = 1'000'000}, {.max_predictions = 100, .max_outcomes = 2});
  seen_rows rows;
  for (int i = 0; i < 20; ++i) {
    for (int k = 0; k < 20; ++k) log_one(of.log, std::to_string(i * 20 + k));
    of.refresh(rows);
  }
  CHECK(of.join.statistics().predictions <= 140);
  CHECK(of.join.statistics().predictions + of.join.statistics().unlabeled == 400);
  CHECK(of.join.update({.id = "399", .label = 1}, rows)->rows == 1);
  CHECK(of.join.update({.id = "x", .label = 1}, rows));
  const auto full = of.join.update({.id = "y", .label = 1}, rows);
  REQUIRE_FALSE(full);
  CHECK(full.error().code() == mr::errc::no_space);
}

TEST_CASE("outcome_join: while the disk refuses, what was not kept is told, and may come again") {
  support::temp_dir dir;
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    auto join = md::outcome_join::open(dir / "log");
    if (!join) ::_exit(2);
    seen_rows rows;
    const rlimit small{4'000, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 200; ++i) (void)join->update({.id = std::to_string(i), .label = 1, .time = start}, rows);
    const auto kept = join->flush();
    if (kept || kept.error().code() != mr::errc::no_space) ::_exit(3);
    ::_exit(join->update({.id = "more", .label = 1}, rows) ? 4 : 0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  auto join = md::outcome_join::open(dir / "log");
  REQUIRE(join);
  CHECK(join->statistics().outcomes > 10);
  CHECK(join->statistics().outcomes < 200);
  seen_rows rows;
  for (int i = 0; i < 200; ++i) CHECK(join->update({.id = std::to_string(i), .label = 1, .time = start}, rows));
  CHECK(join->flush());
  CHECK(join->statistics().outcomes == 200);
}
