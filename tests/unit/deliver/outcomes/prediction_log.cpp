#include <millrace/deliver/outcomes/prediction_log.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;

namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}
std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}
std::uint64_t bytes_in(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  for (const auto& each : std::filesystem::directory_iterator(folder)) sum += each.file_size();
  return sum;
}

const std::vector<double> outputs{0.25, 0.75};
const std::vector<float> features{1.0F, std::numeric_limits<float>::quiet_NaN(), 0.1F};

std::uint64_t now_of_test = 0;
std::uint64_t test_clock() noexcept { return now_of_test; }

}  // namespace

TEST_CASE("prediction_log: a line is JSON with all that was given") {
  support::temp_dir dir;
  {
    auto log = md::prediction_log::open(dir / "log");
    REQUIRE(log);
    CHECK(log->append({.id = "a \"17\" \n \xff é",
                       .time = 1234,
                       .model = "fraud",
                       .version = "7",
                       .arm = md::arm::candidate,
                       .propensity = 0.2,
                       .outputs = outputs,
                       .features = features}));
    CHECK(log->append({.id = "b"}));
    CHECK_FALSE(log->append({.id = ""}));
    CHECK(log->flush());
    CHECK(log->statistics().appended == 2);
    CHECK(log->statistics().refused == 1);
    CHECK(log->close());
  }
  const auto lines = lines_of(dir / "log/predictions.0.jsonl");
  REQUIRE(lines.size() == 2);
  const auto json = nlohmann::json::parse(lines[0]);
  CHECK(json["id"] == "a \"17\" \n \\xff é");
  CHECK(json["time"] == 1234);
  CHECK(json["arm"] == "candidate");
  CHECK(json["propensity"] == 0.2);
  CHECK(json["outputs"] == std::vector<double>{0.25, 0.75});
  CHECK(json["features"][1] == "NaN");
  CHECK(json["features"][2].get<float>() == 0.1F);
  CHECK(nlohmann::json::parse(lines[1])["time"].get<std::uint64_t>() > 1'700'000'000'000'000'000U);
}

TEST_CASE("prediction_log: lines are read back as they were written, and no others") {
  md::detail::kept_prediction row;
  std::string out;
  md::detail::segment_rotation rotation("", "", {});
  md::detail::prediction_lines format{&rotation};
  md::detail::prediction_record head{7, 0.5, 31, 4, 3, 2, 1, 0, 2, 1, 1};
  std::vector<std::byte> record(sizeof head + 16 + 4 + 3);
  const double numbers[] = {1e300, -std::numeric_limits<double>::infinity()};
  const float feature = 1e-40F;
  std::memcpy(record.data(), &head, sizeof head);
  std::memcpy(record.data() + sizeof head, numbers, 16);
  std::memcpy(record.data() + sizeof head + 16, &feature, 4);
  std::memcpy(record.data() + sizeof head + 20, "\"\\m", 3);
  format.line(out, record.data(), record.size());
  const std::string line = out.substr(0, out.size() - 1);
  REQUIRE(md::detail::is_sound_line(line));
  REQUIRE(md::detail::read_prediction(line, row));
  CHECK(row.id == "\"\\");
  CHECK(row.model == "m");
  CHECK(row.time == 7);
  CHECK(row.propensity == 0.5);
  CHECK(row.unit == 31);
  CHECK(row.step == 4);
  CHECK(row.view().step == 4);
  CHECK(row.view().rollout == 3);
  CHECK(row.arm == md::arm::candidate);
  CHECK(row.outputs == std::vector<double>(numbers, numbers + 2));
  CHECK(row.features == std::vector<float>{feature});
  std::string spelled;
  CHECK(md::detail::spelled_id(line) == md::detail::spell_id("\"\\", spelled));

  std::size_t taken = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string torn = line.substr(0, i);
    taken += md::detail::is_sound_line(torn) ? 1U : 0U;
    CHECK(md::detail::may_be_line(torn));
    for (const int bit : {0, 3, 7}) {
      std::string flipped = line;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      taken += md::detail::is_sound_line(flipped) ? 1U : 0U;
      (void)md::detail::read_prediction(flipped, row);
      (void)md::detail::spelled_id(flipped);
    }
  }
  CHECK(taken == 0);
}

TEST_CASE("prediction_log: features may be left out") {
  support::temp_dir dir;
  auto log = md::prediction_log::open(dir / "log", {.keeps_features = false});
  REQUIRE(log);
  CHECK(log->append({.id = "a", .features = features}));
  CHECK(log->close());
  CHECK_THAT(lines_of(dir / "log/predictions.0.jsonl")[0], !ContainsSubstring("features"));
}

TEST_CASE("prediction_log: files are so long and so many") {
  support::temp_dir dir;
  auto log = md::prediction_log::open(dir / "log", {.segment_bytes = 20'000, .max_bytes = 100'000});
  REQUIRE(log);
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 100; ++i) log->append({.id = std::to_string(round * 100 + i), .outputs = outputs});
    REQUIRE(log->flush());
  }
  CHECK(log->statistics().removed > 5);
  CHECK(log->close());
  CHECK(bytes_in(dir / "log") <= 110'000);
  CHECK(files_in(dir / "log") >= 4);
  CHECK(files_in(dir / "log") <= 8);

  // The next process goes on with the numbers.
  const auto before = files_in(dir / "log");
  auto again = md::prediction_log::open(dir / "log", {.segment_bytes = 20'000, .max_bytes = 100'000});
  REQUIRE(again);
  for (int i = 0; i < 100; ++i) again->append({.id = std::to_string(i), .outputs = outputs});
  CHECK(again->close());
  CHECK(files_in(dir / "log") >= before - 1);
  CHECK(bytes_in(dir / "log") <= 110'000);
}

TEST_CASE("prediction_log: what is old is removed, and a clock that went back removes nothing") {
  support::temp_dir dir;
  now_of_test = mr::unix_nanoseconds();
  const md::prediction_log_options hourly{
      .segment_bytes = 2'000, .max_bytes = 1'000'000, .max_age = mr::seconds(3600), .wall_clock = test_clock};
  const auto fill = [&](int from) {
    auto log = md::prediction_log::open(dir / "log", hourly);
    REQUIRE(log);
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 20; ++i) log->append({.id = std::to_string(from + 20 * round + i), .outputs = outputs});
      REQUIRE(log->flush());
    }
    CHECK(log->close());
  };
  fill(0);
  const auto filled = files_in(dir / "log");
  CHECK(filled >= 2);
  now_of_test -= std::uint64_t{7200} * 1'000'000'000;
  fill(100);
  CHECK(files_in(dir / "log") > filled);
  now_of_test += std::uint64_t{4 * 7200} * 1'000'000'000;
  auto log = md::prediction_log::open(dir / "log", hourly);
  REQUIRE(log);
  CHECK(files_in(dir / "log") == 1);
}

TEST_CASE("prediction_log: an append allocates nothing") {
  if (!support::counts_allocations) return;
  support::temp_dir dir;
  auto log = md::prediction_log::open(dir / "log");
  REQUIRE(log);
  const std::string id = "a rather long name of a request, which is on the heap";
  CHECK(support::allocations_of([&] {
          for (int i = 0; i < 1000; ++i)
            log->append({.id = id, .model = "m", .version = "1", .outputs = outputs, .features = features});
        }) == 0);
}

TEST_CASE("prediction_log: each writer has files of its own, and a name for one process") {
  support::temp_dir dir;
  auto one = md::prediction_log::open(dir / "log", {.writer = "a"});
  auto two = md::prediction_log::open(dir / "log", {.writer = "b"});
  REQUIRE(one);
  REQUIRE(two);
  const auto twice = md::prediction_log::open(dir / "log", {.writer = "a"});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code() == mr::errc::unavailable);
  for (const std::string wrong : {"", "../x", "a.b", "a b"})
    CHECK_FALSE(md::prediction_log::open(dir / "log", {.writer = wrong}));
  CHECK_FALSE(md::prediction_log::open(dir / "log", {.writer = "c", .segment_bytes = 0}));
  CHECK_FALSE(md::prediction_log::open(dir / "no/such", {}));
}

TEST_CASE("prediction_log: a file of somebody else is left alone") {
  support::temp_dir dir;
  std::filesystem::create_directory(dir / "log");
  std::ofstream(dir / "log/predictions.0.jsonl") << "dear diary\nno newline";
  const auto log = md::prediction_log::open(dir / "log");
  REQUIRE_FALSE(log);
  CHECK(log.error().code() == mr::errc::corrupt);
  CHECK(lines_of(dir / "log/predictions.0.jsonl").at(0) == "dear diary");
}

TEST_CASE("prediction_log: a disk that refuses is told, costs predictions, and stops nobody") {
  support::temp_dir dir;
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    auto log = md::prediction_log::open(dir / "log", {.ring_bytes = 4096});
    if (!log) ::_exit(2);
    const rlimit small{10'000, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 20'000 && log->status(); ++i) {
      log->append({.id = std::to_string(i), .outputs = outputs});
      ::usleep(100);
    }
    if (log->status()) ::_exit(3);
    if (log->status().error().code() != mr::errc::no_space) ::_exit(4);
    for (int i = 0; i < 1'000; ++i)
      if (log->append({.id = std::to_string(i), .outputs = outputs})) ::_exit(5);
    if (log->statistics().dropped < 1'000) ::_exit(7);
    ::_exit(log->close() ? 6 : 0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  auto again = md::prediction_log::open(dir / "log");
  REQUIRE(again);
  CHECK(again->append({.id = "after"}));
  CHECK(again->close());
  const auto lines = lines_of(dir / "log/predictions.0.jsonl");
  REQUIRE(lines.size() > 10);
  CHECK_THAT(lines.back(), ContainsSubstring("\"after\""));
  std::size_t sound = 0;
  for (const auto& each : lines) sound += md::detail::is_sound_line(each) ? 1U : 0U;
  CHECK(sound == lines.size());
}

TEST_CASE("prediction_log: many threads lose nothing that was not dropped") {
  support::temp_dir dir;
  auto log = md::prediction_log::open(dir / "log");
  REQUIRE(log);
  std::vector<std::thread> all;
  for (int t = 0; t < 4; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i)
        while (!log->append({.id = std::to_string(t * 500 + i), .outputs = outputs})) std::this_thread::yield();
    });
  for (auto& each : all) each.join();
  CHECK(log->close());
  std::size_t count = 0;
  for (const auto& each : lines_of(dir / "log/predictions.0.jsonl"))
    if (md::detail::is_sound_line(each) && md::detail::read_dropped(each) == 0) ++count;
  CHECK(count == 2000);
}
