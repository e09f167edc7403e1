#include <millrace/middleware/audit_log.hpp>

#include <support/catch.hpp>
#include <support/faulty_file_system.hpp>
#include <support/temp_dir.hpp>

#include <millrace/chain.hpp>
#include <millrace/store/atomic_file.hpp>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;
using json = nlohmann::json;

namespace {

using setting = std::variant<std::int64_t, double, std::string>;
inline constexpr mr::field<"epoch", int> epoch;
inline constexpr mr::field<"batch_idx", int> batch_idx;
inline constexpr mr::field<"loss_value", double> loss_value;
inline constexpr mr::field<"note \"quoted\"", std::string> note;
inline constexpr mr::field<"batch", std::vector<float>> batch;
inline constexpr mr::field<"hyperparameters", std::map<std::string, setting>> hyperparameters;

struct load_batch {
  using reads = mr::fields<batch_idx>;
  using writes = mr::fields<batch>;
  void operator()(auto& ctx) { ctx[batch].assign(static_cast<std::size_t>(ctx[batch_idx]) + 2, 1.5f); }
};
struct calculate_loss {
  using reads = mr::fields<batch>;
  using writes = mr::fields<loss_value>;
  mr::result<void> operator()(auto& ctx) {
    ctx[loss_value] = static_cast<double>(ctx[batch].size()) * 0.25;
    if (ctx[batch].size() == 4) return mr::error(mr::errc::invalid_data, "too few", mr::error(mr::errc::io, "disk"));
    if (ctx[batch].size() == 5) throw std::runtime_error("out of \x02 luck");
    return {};
  }
};

struct distrusts {
  using reads = mr::fields<batch>;
  using writes = mr::fields<batch>;
  mr::result<void> operator()(auto&) { return mr::error(mr::errc::invalid_data, "not this one"); }
};

std::vector<std::string> lines_of(const std::string& path) {
  const std::string text = mr::store::read_file(path).value();
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  REQUIRE(begin == text.size());
  return lines;
}
std::vector<json> records_of(const std::string& path) {
  std::vector<json> records;
  for (const std::string& line : lines_of(path)) {
    INFO(line);
    REQUIRE(mr::is_json_object(line));
    records.push_back(json::parse(line));
  }
  return records;
}
std::vector<json> of_type(const std::vector<json>& records, const std::string& type) {
  std::vector<json> some;
  for (const json& record : records)
    if (record.at("type") == type) some.push_back(record);
  return some;
}
std::set<std::string> keys(const json& object) {
  std::set<std::string> names;
  for (const auto& [key, value] : object.items()) names.insert(key);
  return names;
}

std::uint64_t fixed_wall() noexcept { return 1'737'469'822'123'456'789U; }  // 2025-01-21T14:30:22.123456Z

}  // namespace

TEST_CASE("every event has its start and its completion, with exactly the documented members", "[audit_log]") {
  const support::temp_dir dir;
  const std::string path = dir / "audit.jsonl";
  auto training = mr::chain(load_batch{}, calculate_loss{}).use(mr::audit_log{path});
  auto& audit = training.get<"audit_log">();
  for (int i = 0; i < 3; ++i) {
    auto ctx = training.context(
        epoch = 1, batch_idx = i,
        hyperparameters = decltype(hyperparameters)::type{
            {"learning_rate", 0.001}, {"batch_size", std::int64_t{64}}, {"optimizer", std::string("Adam")}});
    CHECK(training(ctx).has_value() == (i != 2));
  }
  REQUIRE(audit.close());
  const auto records = records_of(path);
  REQUIRE(records.size() == 14);
  CHECK(keys(records[1]) ==
        std::set<std::string>{"type", "session_id", "event_id", "event_name", "timestamp", "context"});
  CHECK(keys(records[2]) == std::set<std::string>{"type", "session_id", "event_id", "event_name", "timestamp",
                                                  "duration_ms", "success", "context"});
  for (std::size_t event = 0; event < 6; ++event) {
    const json& start = records[1 + 2 * event];
    const json& complete = records[2 + 2 * event];
    CHECK(start["type"] == "event_start");
    CHECK(complete["type"] == "event_complete");
    for (const json* record : {&start, &complete}) {
      CHECK((*record)["event_id"] == event + 1);
      CHECK((*record)["event_name"] == (event % 2 == 0 ? "load_batch" : "calculate_loss"));
      CHECK((*record)["session_id"] == audit.session_id());
    }
    CHECK(start["timestamp"] <= complete["timestamp"]);
    CHECK(complete["duration_ms"] >= 0);
  }
  CHECK(records[1]["context"] == json::parse(R"({"batch_idx":0,"epoch":1,"hyperparameters":
        {"batch_size":64,"learning_rate":0.001,"optimizer":"Adam"}})"));
  CHECK(records[2]["context"] ==
        json::parse(R"({"batch":{"dtype":"f32","shape":[2],"min":1.5,"max":1.5,"mean":1.5,"non_finite":0}})"));
  CHECK(records[3]["context"]["batch"]["shape"] == json::parse("[2]"));
  CHECK(records[4]["context"] == json::parse(R"({"loss_value":0.5})"));
  CHECK(records[4]["success"] == true);
  CHECK(keys(records[12]) == std::set<std::string>{"type", "session_id", "event_id", "event_name", "timestamp",
                                                   "duration_ms", "success", "error", "context"});
  CHECK(records[12]["success"] == false);
  CHECK(records[12]["error"] == json::parse(R"({"code":"invalid_data","message":"too few: disk"})"));
  CHECK(records[0]["type"] == "session_start");
  CHECK(records[13]["type"] == "session_end");
  CHECK(records[13]["events"] == 6);
  CHECK(records[13]["failures"] == 1);
}

namespace {
// Events that take their time, so that each one's start is stamped at its start and the bytes depend
// on no thread.
struct slow_load : load_batch {
  std::uint64_t* now;
  static constexpr std::string_view name = "load_batch";
  explicit slow_load(std::uint64_t& time) : now(&time) {}
  void operator()(auto& ctx) {
    *now += 50'000;
    load_batch::operator()(ctx);
  }
};
struct slow_loss : calculate_loss {
  std::uint64_t* now;
  static constexpr std::string_view name = "calculate_loss";
  explicit slow_loss(std::uint64_t& time) : now(&time) {}
  mr::result<void> operator()(auto& ctx) {
    *now += 1'234'500;
    if (ctx[batch].size() == 3) ctx[loss_value] = std::nan("");
    if (ctx[batch].size() == 3) return {};
    return calculate_loss::operator()(ctx);
  }
};
struct late_veto {
  mr::result<void> after(const auto& event, auto& ctx, const mr::result<void>&) {
    if (event.index == 1 && std::isnan(ctx[loss_value])) return mr::error(mr::errc::not_finite, "NaN loss");
    return {};
  }
};
}  // namespace

TEST_CASE("the log's bytes, with clocks that stand still, are the golden file's", "[audit_log][golden]") {
  const support::temp_dir dir;
  const std::string path = dir / "audit.jsonl";
  std::uint64_t now = 5'000'000'000;
  {
    auto training = mr::chain<mr::lenient>(slow_load{now}, slow_loss{now})
                        .on(mr::manual_clock(now))
                        .use(mr::audit_log{path,
                                           {.session_id = "20250121_143022_a3f8b2c1",
                                            .metadata = {{"experiment", "mnist \"v1\""}, {"rate", 1e-3}, {"n", 7}},
                                            .wall_clock = fixed_wall}})
                        .use(late_veto{});
    for (int i = 0; i < 4; ++i) {
      auto ctx = training.context(epoch = 0, batch_idx = i, note = "a\x01\xff\n");
      (void)training(ctx);
      now += 10'000'000;
    }
  }
  std::string text = mr::store::read_file(path).value();
  const std::string version = "millrace " MILLRACE_VERSION_STRING;
  text.replace(text.find(version), version.size(), "millrace VERSION");
  if (std::getenv("MILLRACE_WRITE_GOLDEN") != nullptr)
    REQUIRE(mr::store::write_file(std::string(MILLRACE_GOLDEN_DIR) + "/audit.jsonl", text));
  CHECK(text == mr::store::read_file(std::string(MILLRACE_GOLDEN_DIR) + "/audit.jsonl").value());
}

namespace {
struct hostile {
  using reads = mr::fields<note, hyperparameters>;
  using writes = mr::fields<note, loss_value, batch>;
  static constexpr std::string_view name = "hostile \"\n\\ \xff event";
  mr::random_engine* random;
  mr::result<void> operator()(auto& ctx) {
    const auto bytes = [&](std::size_t size) {
      std::string text(size, ' ');
      for (char& c : text) c = static_cast<char>((*random)());
      return text;
    };
    ctx[note] = bytes(random->below(random->below(8) == 0 ? 100'000 : 40));
    const std::uint64_t bits = (*random)();
    std::memcpy(&ctx[loss_value], &bits, 8);
    ctx[batch].assign(random->below(5), std::nanf(""));
    if (random->below(4) == 0) return mr::error(mr::errc::io, bytes(random->below(30'000)));
    if (random->below(4) == 0) throw std::runtime_error(bytes(20));
    return {};
  }
};
}  // namespace

TEST_CASE("tensors are summarized in one run of the chain an interval, and always where it failed", "[audit_log]") {
  const auto summarized = []<class Policy>(Policy, std::uint32_t interval_us, std::uint64_t step) {
    const support::temp_dir dir;
    std::uint64_t now = 1;
    auto chain = mr::chain(load_batch{}, calculate_loss{})
                     .use(mr::audit_log<Policy>{dir / "a.jsonl", {.limits = {.summary_interval_us = interval_us}}})
                     .on(mr::manual_clock(now));
    std::string runs;
    for (const int index : {0, 0, 0, 0, 0, 2}) {
      auto ctx = chain.context(batch_idx = index);
      (void)chain(ctx);
      now += step;
    }
    REQUIRE(chain.template get<"audit_log">().close());
    for (const json& record : records_of(dir / "a.jsonl")) {
      CHECK((!record.contains("context") || !record["context"].contains("batch") ||
             record["context"]["batch"]["shape"].size() == 1));
      if (record["type"] == "event_complete" && record["event_name"] == "load_batch")
        runs += record["context"]["batch"].contains("min") ? 'x' : '.';
      if (record["type"] == "event_start" && record["event_name"] == "calculate_loss")
        runs += record["context"]["batch"].contains("mean") ? 'x' : '.';
    }
    return runs;
  };
  CHECK(summarized(mr::store::exclusive{}, 1'000, 400'000) == "xx....xx....");
  CHECK(summarized(mr::store::shared{}, 1'000, 400'000) == "xx....xx....");
  CHECK(summarized(mr::store::exclusive{}, 1'000, 1'000'000) == "xxxxxxxxxxxx");
  CHECK(summarized(mr::store::exclusive{}, 0, 0) == "xxxxxxxxxxxx");

  const support::temp_dir dir;
  std::uint64_t now = 1;
  auto chain = mr::chain(load_batch{}, distrusts{}).use(mr::audit_log{dir / "a.jsonl"}).on(mr::manual_clock(now));
  for (int i = 0; i < 2; ++i) {
    auto ctx = chain.context(batch_idx = 0);
    CHECK_FALSE(chain(ctx));
  }
  REQUIRE(chain.get<"audit_log">().close());
  const auto failed = of_type(records_of(dir / "a.jsonl"), "event_complete").back();
  CHECK(failed["success"] == false);
  CHECK(failed["context"]["batch"]["max"] == 1.5);
}

TEST_CASE("one strict JSON object a line, whatever the data", "[audit_log][hostile]") {
  const support::temp_dir dir;
  const std::string path = dir / "audit.jsonl";
  mr::random_engine random(11);
  {
    auto chain =
        mr::chain<mr::lenient>(hostile{&random})
            .use(mr::audit_log{
                path, {.session_id = "s\"\x01\xfe", .metadata = {{"k\xff\n", "\x02\xfe"}, {"x", std::nan("")}}}});
    for (int i = 0; i < 2'000; ++i) {
      std::map<std::string, setting> settings;
      for (std::uint64_t k = random.below(80); k > 0; --k) {
        std::string key(random.below(300), '\0');
        for (char& c : key) c = static_cast<char>(random());
        settings[key] = k % 2 == 0 ? setting(-std::numeric_limits<double>::infinity()) : setting(key);
      }
      auto ctx = chain.context(note = std::string(random.below(5), '\xc3'), hyperparameters = std::move(settings));
      (void)chain(ctx);
    }
    REQUIRE(chain.get<"audit_log">().close());
  }
  const auto records = records_of(path);
  CHECK(records.size() == 4'002);
  std::size_t longest = 0;
  for (const std::string& line : lines_of(path)) longest = std::max(longest, line.size());
  CHECK(longest < 6 * 16 * 1024 + 1'000);
  bool too_large = false;
  for (const json& record : of_type(records, "event_start"))
    too_large = too_large || record["context"]["hyperparameters"] == "... (too large for the record)";
  CHECK(too_large);

  // Python's reader agrees, its own NaN extension refused.
  const std::string python =
      "python3 -c \"import json,sys\ndef no(x): raise ValueError(x)\n"
      "for line in open(sys.argv[1],'rb'): json.loads(line.decode('utf-8'),parse_constant=no)\" '" +
      path + "'";
  if (std::system("python3 -c pass 2>/dev/null") == 0) CHECK(std::system(python.c_str()) == 0);
}

namespace {
struct gate {
  int runs = 0;
  mr::result<void> before(const auto& event, auto&) {
    if (event.index == 0 && ++runs == 2) return mr::error(mr::errc::vetoed, "not now");
    return {};
  }
  mr::result<void> after(const auto&, auto&, const mr::result<void>&) {
    if (runs == 3) return mr::error(mr::errc::not_finite, "field \"batch\" holds NaN");
    return {};
  }
};
}  // namespace

TEST_CASE("an event that a middleware outside fails, or never lets in, is on record as rejected", "[audit_log]") {
  const support::temp_dir dir;
  const std::string path = dir / "audit.jsonl";
  auto chain = mr::chain(load_batch{}).use(mr::audit_log{path}).use(gate{});
  for (int i = 0; i < 4; ++i) {
    auto ctx = chain.context(batch_idx = i);
    CHECK(chain(ctx).has_value() == (i == 0 || i == 3));
  }
  REQUIRE(chain.get<"audit_log">().close());
  const auto rejected = of_type(records_of(path), "event_rejected");
  REQUIRE(rejected.size() == 2);
  CHECK(rejected[0]["event_id"] == 2);  // of an event that has no start
  CHECK(rejected[0]["error"]["code"] == "vetoed");
  CHECK(rejected[1]["event_id"] == 3);  // of one that succeeded
  CHECK(rejected[1]["error"]["message"] == "field \"batch\" holds NaN");
  CHECK(rejected[1]["event_name"] == "load_batch");
  CHECK(rejected[1]["context"]["batch"]["shape"] == json::parse("[4]"));
  CHECK(of_type(records_of(path), "event_complete").size() == 3);
  CHECK(rejected[0]["context"] == json::parse(R"({"batch_idx":1})"));  // what it would have read; it wrote nothing
  CHECK(of_type(records_of(path), "session_end").at(0)["rejected"] == 2);
}

namespace {
struct veto {
  mr::result<void> before(const auto&, auto&) { return mr::error(mr::errc::vetoed, "no"); }
};
}  // namespace

TEST_CASE("a middleware inside that vetoes leaves a failed completion of no length", "[audit_log]") {
  const support::temp_dir dir;
  const std::string path = dir / "audit.jsonl";
  auto chain = mr::chain(load_batch{}).use(veto{}).use(mr::audit_log{path});
  auto ctx = chain.context(batch_idx = 0);
  CHECK_FALSE(chain(ctx));
  REQUIRE(chain.get<"audit_log">().close());
  const auto complete = of_type(records_of(path), "event_complete");
  REQUIRE(complete.size() == 1);
  CHECK(complete[0]["duration_ms"] == 0);
  CHECK(complete[0]["error"]["code"] == "vetoed");
}

TEST_CASE("a log that cannot be opened vetoes every event with the reason; lenient goes on and tells", "[audit_log]") {
  const support::temp_dir dir;
  const std::string path = dir / "no/audit.jsonl";
  CHECK(mr::audit_log<>::open(path).error().code() == mr::errc::not_found);
  {
    auto chain = mr::chain(load_batch{}).use(mr::audit_log{path});
    auto ctx = chain.context(batch_idx = 0);
    const auto done = chain(ctx);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == mr::errc::not_found);
    CHECK(done.error().describe().find("no/audit.jsonl") != std::string::npos);
    CHECK(ctx[batch].empty());
    auto& audit = chain.get<"audit_log">();
    CHECK_FALSE(audit.status());
    CHECK_FALSE(audit.close());
    CHECK_FALSE(audit.flush());
    CHECK_FALSE(audit.wait_durable(1, 1s));
    CHECK(audit.durable_seq() == 0);
  }
  auto chain = mr::chain(load_batch{}).use(mr::audit_log<mr::lenient>{path});
  auto ctx = chain.context(batch_idx = 0);
  CHECK(chain(ctx));
  CHECK(chain.get<"audit_log">().status().error().code() == mr::errc::not_found);
  mr::audit_options much{.metadata = {{"k", std::string(std::size_t{1} << 20, 'x')}}};
  CHECK(mr::audit_log<>::open(dir / "a.jsonl", much).error().code() == mr::errc::out_of_range);
}

TEST_CASE("while the disk is full events are vetoed with the reason, and go on once there is room",
          "[audit_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  disk.room = 4'000;
  const support::faulty_file_system files(disk);
  auto chain =
      mr::chain(load_batch{})
          .use(mr::audit_log<support::faulty_file_system>{dir / "a.jsonl", {.log = {.max_delay_ms = 1}}, files});
  auto& audit = chain.get<"audit_log">();
  mr::result<void> done;
  int runs = 0;
  for (; runs < 10'000 && done; ++runs) {
    auto ctx = chain.context(batch_idx = 0);
    done = chain(ctx);
    std::this_thread::sleep_for(100us);
  }
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::no_space);
  CHECK_FALSE(audit.status());
  disk.set_room(~std::uint64_t{0});
  for (int i = 0; i < 5'000 && !done; ++i) {
    std::this_thread::sleep_for(1ms);
    auto ctx = chain.context(batch_idx = 0);
    done = chain(ctx);
  }
  CHECK(done);
  CHECK(audit.close());
  const auto records = records_of(dir / "a.jsonl");
  CHECK(of_type(records, "event_start").size() == of_type(records, "event_complete").size());
}

namespace {
std::string told_loss;
void tell_loss(const mr::error& why) noexcept { told_loss = why.describe(); }
}  // namespace

TEST_CASE("a log that nobody closed tells what the disk refused; one that was closed has told", "[audit_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  disk.room = 4'000;
  const support::faulty_file_system files(disk);
  using lenient_log = mr::audit_log<support::faulty_file_system, mr::lenient>;
  const auto run = [&](auto& chain) {
    for (int i = 0; i < 50; ++i) {
      auto ctx = chain.context(batch_idx = 0);
      REQUIRE(chain(ctx));
    }
  };
  told_loss.clear();
  {
    auto chain = mr::chain(load_batch{}).use(lenient_log{dir / "a.jsonl", {.on_loss = tell_loss}, files});
    run(chain);
  }
  CHECK_THAT(told_loss, ContainsSubstring("a.jsonl") && ContainsSubstring("not durable"));

  told_loss.clear();
  disk.set_room(4'000);
  {
    auto chain = mr::chain(load_batch{}).use(lenient_log{dir / "b.jsonl", {.on_loss = tell_loss}, files});
    run(chain);
    auto& audit = chain.get<"audit_log">();
    CHECK_FALSE(audit.close());
    const std::size_t written = lines_of(dir / "b.jsonl").size();
    CHECK(written > 0);
    CHECK(audit.statistics().dropped >= 102 - written);
    CHECK(audit.statistics().dropped <= 104 - written);  // clock readings are records too
  }
  CHECK(told_loss.empty());

  disk.set_room(0);
  const auto refused = lenient_log::open(dir / "c.jsonl", {.on_loss = tell_loss}, files);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::no_space);
  CHECK(told_loss.empty());
}

TEST_CASE("a forked copy vetoes every event and says why; one that was not used is silent", "[audit_log][faults]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.jsonl";
  const auto in_child = [](auto&& work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(work() ? 0 : 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  };
  told_loss.clear();
  {
    auto chain = mr::chain(load_batch{}).use(mr::audit_log{path, {.on_loss = tell_loss}});
    auto tolerant = mr::chain(load_batch{}).use(mr::audit_log<mr::lenient>{dir / "b.jsonl", {.on_loss = tell_loss}});
    auto first = chain.context(batch_idx = 0);
    REQUIRE(chain(first));
    in_child([&] {
      auto ctx = chain.context(batch_idx = 1);
      const mr::result<void> done = chain(ctx);
      auto& audit = chain.get<"audit_log">();
      bool right = !done && done.error().code() == mr::errc::unavailable &&
                   done.error().describe().find("forked") != std::string::npos && ctx[batch].empty();
      right = right && !audit.status() && !audit.flush() && !audit.close() && told_loss.empty();
      auto second = tolerant.context(batch_idx = 1);
      right = right && tolerant(second) && tolerant.get<"audit_log">().statistics().dropped == 0;
      {
        auto gone = std::move(tolerant);
      }
      return right && told_loss.find("forked") != std::string::npos;
    });
    in_child([&] {
      {
        auto gone = std::move(chain);
      }
      return told_loss.empty();
    });
    auto last = chain.context(batch_idx = 2);
    CHECK(chain(last));
  }
  CHECK(told_loss.empty());
  const auto complete = of_type(records_of(path), "event_complete");
  REQUIRE(complete.size() == 2);
  CHECK(complete[0]["context"]["batch"]["shape"] == json::parse("[2]"));
  CHECK(complete[1]["context"]["batch"]["shape"] == json::parse("[4]"));
  CHECK(records_of(path).back()["events"] == 2);
}

TEST_CASE("an audit log deleted while open goes on in a file of the same name, or vetoes", "[audit_log][faults]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.jsonl";
  const auto policy = GENERATE(mr::store::moved_policy::reopen, mr::store::moved_policy::refuse);
  auto chain = mr::chain(load_batch{}).use(mr::audit_log{path, {.log = {.max_delay_ms = 1, .when_moved = policy}}});
  auto& audit = chain.get<"audit_log">();
  const auto run = [&](int begin, int end) {
    for (int i = begin; i < end; ++i) {
      auto ctx = chain.context(batch_idx = i);
      if (auto done = chain(ctx); !done) return done;
    }
    return audit.flush();
  };
  REQUIRE(run(0, 10));
  REQUIRE(::unlink(path.c_str()) == 0);
  const mr::result<void> told = run(10, 20);
  CHECK(told.has_value() == (policy == mr::store::moved_policy::reopen));
  if (!told) {
    CHECK_FALSE(run(20, 21));
    CHECK(audit.reopen());
  }
  REQUIRE(run(21, 30));
  CHECK(audit.close());
  const auto complete = of_type(records_of(path), "event_complete");
  CHECK(complete.size() >= 9);
  CHECK(records_of(path).back()["type"] == "session_end");
  for (const json& record : complete) CHECK(record["context"]["batch"]["shape"][0] >= 12);
}

TEST_CASE("the session's start is in the file before the first event", "[audit_log]") {
  const support::temp_dir dir;
  const mr::audit_log audit{dir / "a.jsonl",
                            {.log = {.sync = mr::store::sync_policy::on_request, .max_delay_ms = 10'000}}};
  CHECK(of_type(records_of(dir / "a.jsonl"), "session_start").size() == 1);
}

namespace {
/// Looks, while it runs, for what the log has of it.
struct looks_into_the_file {
  using reads = mr::fields<batch_idx>;
  using writes = mr::fields<>;
  std::string path;
  std::vector<std::size_t> starts_seen = {};
  void operator()(auto& ctx) {
    if (ctx[batch_idx] == 7) ::_exit(7);
    starts_seen.push_back(of_type(records_of(path), "event_start").size());
  }
};
}  // namespace

TEST_CASE("durable starts: an event runs when its start is in the file, also the one that ends the process",
          "[audit_log]") {
  const support::temp_dir dir;
  const auto run = [&](int index) {
    auto chain = mr::chain(looks_into_the_file{dir / "a.jsonl"})
                     .use(mr::audit_log{dir / "a.jsonl",
                                        {.durable_start_ms = 60'000,
                                         .log = {.sync = mr::store::sync_policy::on_request, .max_delay_ms = 5'000}}});
    for (int i = 0; i < 3; ++i) {
      auto ctx = chain.context(batch_idx = index);
      REQUIRE(chain(ctx));
    }
    return chain.template get<"looks_into_the_file">().starts_seen;
  };
  CHECK(run(0) == std::vector<std::size_t>{1, 2, 3});
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    run(7);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WEXITSTATUS(status) == 7);
  const auto records = records_of(dir / "a.jsonl");
  CHECK(records.back()["type"] == "event_start");
  CHECK(records.back()["context"]["batch_idx"] == 7);
}

TEST_CASE("an event whose start does not become durable is vetoed and on record as rejected", "[audit_log][faults]") {
  const support::temp_dir dir;
  support::disk_faults disk;
  const support::faulty_file_system files(disk);
  auto chain = mr::chain(load_batch{})
                   .use(mr::audit_log<support::faulty_file_system>{
                       dir / "a.jsonl", {.durable_start_ms = 20, .log = {.max_delay_ms = 1}}, files});
  auto ctx = chain.context(batch_idx = 0);
  REQUIRE(chain(ctx));
  disk.set_room(0);
  auto second = chain.context(batch_idx = 1);
  const mr::result<void> done = chain(second);
  REQUIRE_FALSE(done);
  CHECK(second[batch].empty());
  disk.set_room(~std::uint64_t{0});
  CHECK(chain.get<"audit_log">().close());
  const auto records = records_of(dir / "a.jsonl");
  const auto starts = of_type(records, "event_start");
  const auto rejected = of_type(records, "event_rejected");
  REQUIRE(starts.size() == 2);
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0]["event_id"] == starts[1]["event_id"]);
  CHECK(rejected[0]["context"]["batch_idx"] == 1);
  CHECK(of_type(records, "event_complete").size() == 1);
  CHECK(records.back()["rejected"] == 1);
}

TEST_CASE("closing ends the session once; later events are refused; destruction closes too", "[audit_log]") {
  const support::temp_dir dir;
  const std::string path = dir / "audit.jsonl";
  {
    auto chain = mr::chain(load_batch{}).use(mr::audit_log{path});
    auto& audit = chain.get<"audit_log">();
    auto ctx = chain.context(batch_idx = 0);
    CHECK(chain(ctx));
    CHECK(audit.close());
    CHECK(audit.close());
    const auto late = chain(ctx);
    REQUIRE_FALSE(late);
    CHECK(late.error().code() == mr::errc::closed);
  }
  {
    mr::audit_log first{path};
    mr::audit_log second = std::move(first);
    mr::audit_log third{dir / "b.jsonl"};
    third = std::move(second);
    auto chain = mr::chain(load_batch{}).use(mr::borrow(third));
    auto ctx = chain.context(batch_idx = 1);
    CHECK(chain(ctx));
  }
  const auto records = records_of(path);
  CHECK(of_type(records, "session_start").size() == 2);
  CHECK(of_type(records, "session_end").size() == 2);
  CHECK(of_type(records, "event_complete").size() == 2);
  CHECK(records.front()["session_id"] != records.back()["session_id"]);
  CHECK(records_of(dir / "b.jsonl").size() == 2);
}

TEST_CASE("opening after a crash tells what was cut off", "[audit_log]") {
  const support::temp_dir dir;
  const std::string path = dir / "audit.jsonl";
  CHECK(mr::audit_log{path}.close());
  const std::string whole = mr::store::read_file(path).value();
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    REQUIRE(mr::store::write_file(path, whole.substr(0, length)));
    REQUIRE(mr::audit_log{path}.close());
    const std::size_t torn = length == 0 ? 0 : length - (whole.rfind('\n', length - 1) + 1);
    const auto records = records_of(path);
    const json start = of_type(records, "session_start").back();
    INFO("cut at " << length);
    REQUIRE(start.contains("repaired") == (torn != 0));
    if (torn != 0) {
      REQUIRE(start["repaired"]["removed_bytes"] == torn);
      REQUIRE(start["repaired"]["offset"] == length - torn);
    }
  }
  REQUIRE(mr::store::write_file(path, "{\"weights\":[1,2,3]}"));
  CHECK(mr::audit_log<>::open(path).error().code() == mr::errc::corrupt);
  CHECK(mr::store::read_file(path).value() == "{\"weights\":[1,2,3]}");
}

TEST_CASE("without context records are short", "[audit_log]") {
  const support::temp_dir dir;
  auto chain = mr::chain(load_batch{}).use(mr::audit_log{dir / "a.jsonl", {.context = false}});
  auto ctx = chain.context(batch_idx = 0);
  CHECK(chain(ctx));
  CHECK(chain.get<"audit_log">().close());
  for (const json& record : records_of(dir / "a.jsonl")) CHECK_FALSE(record.contains("context"));
}

TEST_CASE("times are UTC: starts lie between what the wall clock said, on any chain clock", "[audit_log][time]") {
  const support::temp_dir dir;
  const auto run = [&](auto&& chain) {
    const std::string before = mr::to_iso8601(mr::unix_nanoseconds() - 100'000);
    for (int i = 0; i < 50; ++i) {
      auto ctx = chain.context(batch_idx = 0);
      REQUIRE(chain(ctx));
      if (i % 10 == 0) std::this_thread::sleep_for(3ms);
    }
    REQUIRE(chain.template get<"audit_log">().close());
    const std::string after = mr::to_iso8601(mr::unix_nanoseconds() + 100'000);
    std::string last = before;
    for (const json& record : records_of(dir / "a.jsonl")) {
      if (record["type"] != "event_start" && record["type"] != "event_complete") continue;
      const std::string time = record["timestamp"];
      CHECK(time.size() == 27);
      CHECK(time >= last);
      CHECK(time <= after);
      last = record["type"] == "event_complete" ? time : last;
    }
    std::remove((dir / "a.jsonl").c_str());
  };
  run(mr::chain(load_batch{}).use(mr::audit_log{dir / "a.jsonl"}));
  run(mr::chain<mr::tsc_clock>(load_batch{}).use(mr::audit_log{dir / "a.jsonl"}));
}

namespace {
std::atomic<std::uint64_t> wall{0};
std::uint64_t read_wall() noexcept { return wall; }
}  // namespace

TEST_CASE("a wall clock that is set right moves the log's times within a second", "[audit_log][time]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.jsonl";
  std::uint64_t now = 77;
  wall = 1'000'000'000'000'000'000U;
  {
    auto chain = mr::chain(load_batch{}).on(mr::manual_clock(now)).use(mr::audit_log{path, {.wall_clock = read_wall}});
    const auto run = [&] {
      auto ctx = chain.context(batch_idx = 0);
      REQUIRE(chain(ctx));
    };
    run();
    now += 500'000'000;
    wall += 5'500'000'000U;  // half a second went by, and somebody set the clock forward by five
    run();
    now += 600'000'000;
    wall += 600'000'000U;
    run();
  }
  const auto complete = of_type(records_of(path), "event_complete");
  REQUIRE(complete.size() == 3);
  CHECK(complete[0]["timestamp"] == "2001-09-09T01:46:40.000000Z");
  CHECK(complete[1]["timestamp"] == "2001-09-09T01:46:40.500000Z");
  CHECK(complete[2]["timestamp"] == "2001-09-09T01:46:46.100000Z");
}

namespace {
struct goes_back : load_batch {
  std::uint64_t* now = nullptr;
  static constexpr std::string_view name = "goes_back";
  void operator()(auto& ctx) {
    *now -= 1'000'000;
    load_batch::operator()(ctx);
  }
};
}  // namespace

TEST_CASE("a chain's clock that goes back gives an event no length, not one of centuries", "[audit_log][time]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.jsonl";
  std::uint64_t now = 5'000'000'000;
  goes_back event;
  event.now = &now;
  {
    auto chain = mr::chain(event).on(mr::manual_clock(now)).use(mr::audit_log{path});
    auto ctx = chain.context(batch_idx = 0);
    REQUIRE(chain(ctx));
  }
  const auto complete = of_type(records_of(path), "event_complete");
  REQUIRE(complete.size() == 1);
  CHECK(complete[0]["duration_ms"] == 0);
}

namespace {
struct hangs {
  using reads = mr::fields<batch_idx>;
  using writes = mr::fields<>;
  std::string path;
  std::string seen;
  void operator()(auto& ctx) {
    if (ctx[batch_idx] != 3) return;
    for (int i = 0; i < 10'000 && seen.find("\"batch_idx\":3}") == std::string::npos; ++i) {
      std::this_thread::sleep_for(1ms);
      seen = mr::store::read_file(path).value();
    }
  }
};
}  // namespace

TEST_CASE("an event that hangs has its start in the file while it runs, with the time of writing",
          "[audit_log][time]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.jsonl";
  auto chain = mr::chain(hangs{path, {}}).use(mr::audit_log{path, {.log = {.max_delay_ms = 1}}});
  std::string before;
  for (int i = 0; i < 4; ++i) {
    before = mr::to_iso8601(mr::unix_nanoseconds());
    auto ctx = chain.context(batch_idx = i);
    REQUIRE(chain(ctx));
  }
  const std::string& seen = chain.get<hangs>().seen;
  REQUIRE(seen.back() == '\n');
  const json last = json::parse(seen.substr(seen.rfind('\n', seen.size() - 2) + 1));
  CHECK(last["type"] == "event_start");
  CHECK(last["context"]["batch_idx"] == 3);
  CHECK(last["timestamp"] >= before);
  CHECK(last["timestamp"] <= mr::to_iso8601(mr::unix_nanoseconds()));
}

TEST_CASE("dropped records are counted on lines of their own", "[audit_log][threads]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.jsonl";
  auto chain =
      mr::chain(load_batch{}).use(mr::audit_log<mr::store::drop_and_count>{path, {.log = {.ring_bytes = 4096}}});
  constexpr std::uint64_t runs = 30'000;
  for (std::uint64_t i = 0; i < runs; ++i) {
    auto ctx = chain.context(batch_idx = 0);
    REQUIRE(chain(ctx));
  }
  REQUIRE(chain.get<"audit_log">().close());
  const auto records = records_of(path);
  std::uint64_t dropped = 0;
  for (const json& record : of_type(records, "dropped")) dropped += record["count"].get<std::uint64_t>();
  CHECK(dropped > 0);
  CHECK(dropped == chain.get<"audit_log">().statistics().dropped);
  const std::uint64_t there = of_type(records, "event_start").size() + of_type(records, "event_complete").size();
  // The session's end may be among the dropped.
  CHECK(there + dropped >= 2 * runs);
  CHECK(there + dropped <= 2 * runs + 2);
}

namespace {
struct counts {
  using reads = mr::fields<batch_idx>;
  using writes = mr::fields<loss_value>;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const { ctx[loss_value] = ctx[batch_idx]; }
};
}  // namespace

TEST_CASE("a shared log takes events from many threads, each id's start before its completion",
          "[audit_log][threads]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.jsonl";
  auto chain = mr::chain(counts{}).use(mr::audit_log<mr::store::shared>{path, {.log = {.ring_bytes = 1 << 15}}});
  auto sharing = mr::share(chain);
  constexpr int threads = 4;
  constexpr int runs = 3'000;
  std::atomic<bool> failed{false};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < runs; ++i) {
        auto ctx = chain.context(batch_idx = t * runs + i);
        if (!sharing(ctx)) failed = true;
      }
    });
  for (std::thread& thread : all) thread.join();
  REQUIRE(chain.get<"audit_log">().close());
  CHECK_FALSE(failed);
  std::map<std::uint64_t, int> started;
  std::set<int> values;
  bool right = true;
  for (const json& record : records_of(path)) {
    if (record["type"] == "event_start") {
      right = started.emplace(record["event_id"], record["context"]["batch_idx"]).second && right;
    } else if (record["type"] == "event_complete") {
      right = right && started.at(record["event_id"]) == record["context"]["loss_value"];
      values.insert(record["context"]["loss_value"].get<int>());
    }
  }
  CHECK(right);
  CHECK(started.size() == threads * runs);
  CHECK(started.rbegin()->first == threads * runs);
  CHECK(values.size() == threads * runs);
}

TEST_CASE("audit.jsonl and kill -9, 200 times: every acknowledged event is there, every line is JSON",
          "[audit_log][crash]") {
  const support::temp_dir dir;
  const std::string path = dir / "audit.jsonl";
  mr::random_engine random(mr::entropy_seed());
  int next = 0;                   // the first batch_idx whose completion is not in the file
  std::size_t checked_bytes = 0;  // of the file
  int acknowledged_rounds = 0;
  int torn = 0;
  for (int round = 0; round < 200; ++round) {
    if (round % 20 == 0) {
      std::remove(path.c_str());
      next = 0;
      checked_bytes = 0;
    }
    int acks[2];
    REQUIRE(::pipe(acks) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      mr::audit_options options;
      options.log.sync = static_cast<mr::store::sync_policy>(round % 2);
      options.log.sync_interval_ms = options.log.max_delay_ms = 1;
      options.log.ring_bytes = 1 << 16;
      auto audit = mr::audit_log<>::open(path, options);
      if (!audit) ::_exit(9);
      auto chain = mr::chain(load_batch{}, calculate_loss{}).use(mr::borrow(*audit));
      std::vector<std::uint64_t> seqs;
      std::size_t durable = 0;
      int told = -1;
      for (int i = next;; ++i) {
        auto ctx = chain.context(batch_idx = i, note = std::string(static_cast<std::size_t>(i % 90), '\xff'));
        (void)chain(ctx);
        seqs.push_back(audit->appended_seq());
        const std::uint64_t mark = audit->durable_seq();
        while (durable < seqs.size() && seqs[durable] <= mark) ++durable;
        const int known = next + static_cast<int>(durable);  // completions below this are durable
        if (durable != 0 && known != told && ::write(acks[1], &known, sizeof known) == sizeof known) told = known;
        if (i % 32 == 0) ::usleep(200);
      }
    }
    ::close(acks[1]);
    if (round % 4 != 0) {
      pollfd first{acks[0], POLLIN, 0};
      (void)::poll(&first, 1, 2'000);
    }
    ::usleep(static_cast<useconds_t>(random.below(12'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    int acknowledged = 0;
    for (int known = 0; ::read(acks[0], &known, sizeof known) == sizeof known;) acknowledged = known;
    ::close(acks[0]);
    if (acknowledged != 0) ++acknowledged_rounds;

    INFO("round " << round);
    const std::string text = mr::store::read_file(path).value_or(std::string());
    REQUIRE(text.size() >= checked_bytes);
    std::size_t begin = checked_bytes;
    int attempt = -1;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      const json record = json::parse(line, nullptr, false);
      REQUIRE(record.is_object());
      if (record["type"] == "event_start" && record["event_name"] == "load_batch") {
        REQUIRE(record["context"]["batch_idx"] == next);
        attempt = next;
      }
      if (record["type"] == "event_complete" && record["event_name"] == "calculate_loss") {
        REQUIRE(attempt == next);
        ++next;
      }
    }
    REQUIRE(next >= acknowledged);
    if (begin != text.size()) ++torn;
    checked_bytes = begin;
  }
  CHECK(acknowledged_rounds > 80);
  WARN("200 kills: " << acknowledged_rounds << " with acknowledged events, " << torn << " with a torn last line");
}

TEST_CASE("a record that memory has no room for leaves the lines around it whole") {
  using format = mr::detail::audit_format<mr::detail::no_proofs::line_tree>;
  using kind = mr::detail::audit_kind;
  static constexpr mr::detail::audit_schema starved{kind::start, "load",
                                                    [](const std::byte*, std::string&) { throw std::bad_alloc(); }};
  static constexpr mr::detail::audit_schema fed{kind::start, "load", nullptr};
  const auto record = [](const mr::detail::audit_schema* schema, std::uint64_t id) {
    std::vector<std::byte> bytes(24);
    mr::detail::put_all(bytes.data(), schema, id, mr::detail::no_time);
    return bytes;
  };
  format lines("s", 0, []() noexcept { return std::uint64_t{1'000'000'000}; });
  std::string out;
  const auto first = record(&fed, 1);
  lines.line(out, first.data(), first.size());
  const std::size_t whole = out.size();
  const auto second = record(&starved, 2);
  CHECK_THROWS_AS(lines.line(out, second.data(), second.size()), std::bad_alloc);
  out.resize(whole);
  lines.dropped(out, 1);
  lines.end_group(out, true);
  CHECK(
      out ==
      R"({"type":"event_start","session_id":"s","event_id":1,"event_name":"load","timestamp":"1970-01-01T00:00:01.000000Z"}
{"type":"dropped","session_id":"s","timestamp":"1970-01-01T00:00:00.000000Z","count":1}
)");
}

TEST_CASE("an event that starts at the clock's 0 has that time") {
  using kind = mr::detail::audit_kind;
  static constexpr mr::detail::audit_schema load{kind::start, "load", nullptr};
  mr::detail::audit_format<mr::detail::no_proofs::line_tree> lines(
      "s", 0, []() noexcept { return std::uint64_t{9'000'000'000}; });
  std::string out;
  std::vector<std::byte> record(24);
  mr::detail::put_all(record.data(), &mr::detail::anchor_schema, std::uint64_t{0}, std::uint64_t{5'000'000'000});
  lines.line(out, record.data(), record.size());
  for (const std::uint64_t time : {std::uint64_t{0}, std::uint64_t{1'000'000'000}, mr::detail::no_time}) {
    mr::detail::put_all(record.data(), &load, std::uint64_t{1}, time);
    lines.line(out, record.data(), record.size());
  }
  lines.end_group(out, true);
  std::string times;
  for (std::size_t at = 0; (at = out.find("00:00:0", at)) != std::string::npos; at += 8) times += out[at + 7];
  CHECK(times == "569");  // by the clock twice; when the group ended
}
