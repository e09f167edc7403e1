#include <millrace/track/spool.hpp>

#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

std::uint64_t time_now = 1'700'000'000'000'000'000U;
std::uint64_t test_time() noexcept { return time_now; }

/// A storage that breaks at the nth transaction from now on, before it or behind it, and stays broken.
struct breaking_storage : ms::memory_storage {
  int left = -1;
  bool broken = false;
  bool behind = false;

  template <class Use>
  auto transact(Use&& use) -> decltype(use(std::declval<transaction&>())) {
    if (broken) return mr::error(mr::errc::io, "the disk is gone");
    const bool breaks = left >= 0 && left-- == 0;
    broken = breaks;
    if (breaks && !behind) return mr::error(mr::errc::io, "the disk is gone");
    auto done = ms::memory_storage::transact(std::forward<Use>(use));
    if (breaks && done) return mr::error(mr::errc::io, "the disk is gone");
    return done;
  }
};
using tracker = mt::tracker<breaking_storage>;

/// A target that keeps whatever it is sent as often as it comes, and whose nth call fails: it is not heard, or its
/// answer is not.
struct plain_target {
  struct kept_run {
    mt::run_info info{};
    std::vector<std::string> log{};  // everything that came
  };
  std::vector<mt::experiment> experiments{};
  std::vector<kept_run> runs{};
  int calls = 0;
  int fails_at = -1;
  bool is_heard = false;
  std::string refuses{};  // runs of this name

  template <class T, class Use>
  mr::result<T> call(Use&& use) {
    const bool fails = calls++ == fails_at;
    if (fails && !is_heard) return mr::error(mr::errc::unavailable, "nobody listens");
    mr::result<T> done = use();
    if (fails) return mr::error(mr::errc::timeout, "no answer");
    return done;
  }
  kept_run* find(std::string_view id) {
    for (kept_run& each : runs)
      if (each.info.id == id) return &each;
    return nullptr;
  }
  static mr::error missing() { return mr::error(mr::errc::not_found, "there is none"); }

  mr::result<mt::experiment> find_experiment(std::string_view name) {
    return call<mt::experiment>([&]() -> mr::result<mt::experiment> {
      for (const mt::experiment& each : experiments)
        if (each.name == name) return each;
      return missing();
    });
  }
  mr::result<mt::experiment> create_experiment(std::string_view name) {
    return call<mt::experiment>([&]() -> mr::result<mt::experiment> {
      for (const mt::experiment& each : experiments)
        if (each.name == name) return mr::error(mr::errc::already_exists, "there is one");
      mt::experiment& made = experiments.emplace_back();
      made.id = "x" + std::to_string(experiments.size());
      made.name = name;
      return made;
    });
  }
  mr::result<mt::run_info> create_run(std::string_view experiment, const mt::run_options& options) {
    return call<mt::run_info>([&]() -> mr::result<mt::run_info> {
      mt::run_info& made = runs.emplace_back().info;
      made.id = "r" + std::to_string(runs.size());
      made.experiment_id = experiment;
      made.name = options.name;
      made.start = options.start;
      made.parent = options.parent;
      made.user = options.user;
      made.tags = options.tags;
      return made;
    });
  }
  mr::result<void> log_batch(std::string_view id, const mt::run_batch& batch) {
    auto done = call<int>([&]() -> mr::result<int> {
      kept_run* const to = find(id);
      if (to == nullptr) return missing();
      if (to->info.name == refuses) return mr::error(mr::errc::invalid_argument, "not this one");
      if (batch.metrics.size() + batch.parameters.size() + batch.tags.size() > 1000)
        return mr::error(mr::errc::invalid_argument, "too many");
      for (const mt::named_point& each : batch.metrics)
        to->log.push_back("m " + each.key + ' ' + std::to_string(each.point.step));
      for (const mt::key_value& each : batch.parameters) to->log.push_back("p " + each.key + ' ' + each.value);
      for (const mt::key_value& each : batch.tags) {
        mt::detail::set_value(to->info.tags, each.key, each.value);
        if (each.key != mt::spool_batch_tag) to->log.push_back("t " + each.key + ' ' + each.value);
      }
      return 0;
    });
    return done ? mr::result<void>() : mr::result<void>(done.error());
  }
  mr::result<mt::run_info> end_run(std::string_view id, mt::run_status status, std::int64_t end) {
    return call<mt::run_info>([&]() -> mr::result<mt::run_info> {
      kept_run* const to = find(id);
      if (to == nullptr) return missing();
      to->info.status = status;
      to->info.end = end;
      return to->info;
    });
  }
  mr::result<mt::artifact> log_artifact(std::string_view id, std::string_view path, std::span<const std::byte> bytes,
                                        std::string_view type) {
    return call<mt::artifact>([&]() -> mr::result<mt::artifact> {
      kept_run* const to = find(id);
      if (to == nullptr) return missing();
      // A file that comes again is replaced.
      const std::string line = "a " + std::string(path) + ' ' + std::to_string(bytes.size()) + std::string(type);
      if (std::find(to->log.begin(), to->log.end(), line) == to->log.end()) to->log.push_back(line);
      return mt::artifact();
    });
  }
  mr::result<mt::search_page<mt::run_record>> search_runs(const std::vector<std::string>& ids,
                                                          const mt::search_options& asked) {
    return call<mt::search_page<mt::run_record>>([&]() -> mr::result<mt::search_page<mt::run_record>> {
      mt::search_page<mt::run_record> page;
      for (const kept_run& each : runs) {
        const std::string* const key = mt::detail::value_of(each.info.tags, mt::spool_run_tag);
        if (each.info.experiment_id == ids.at(0) && key != nullptr &&
            asked.filter == "tags.`millrace.spool.run` = '" + *key + "'")
          page.items.push_back({each.info, {}});
      }
      return page;
    });
  }
};

mt::tracker_options options_of(std::uint64_t seed) {
  mt::tracker_options made;
  made.seed = seed;
  made.wall_clock = test_time;
  return made;
}
const mt::spool_options small_batches{.batch_points = 7};

/// Two runs, one within the other, with something of everything.
void record(tracker& tracks) {
  time_now = 1'700'000'000'000'000'000U;
  const std::string experiment = tracks.create_experiment("tuning \"1\"")->id;
  mt::run_options options{.name = "outer", .user = "ada", .tags = {{"team", "ds"}}};
  for (int i = 0; i < 100; ++i) options.parameters.push_back({"p" + std::to_string(i), std::to_string(i)});
  const std::string outer = tracks.create_run(experiment, options)->id;
  mt::run_batch batch;
  for (int i = 0; i < 12; ++i) batch.metrics.push_back({i % 2 == 0 ? "loss" : "val acc", {i, 5, i / 2.0}});
  REQUIRE(tracks.log_batch(outer, batch));
  const std::string bytes = "weights";
  REQUIRE(tracks.log_artifact(outer, "model/w.bin", std::as_bytes(std::span(bytes)), "onnx"));
  REQUIRE(tracks.log_artifact(outer, "notes", {}));
  const std::string inner = tracks.create_run(experiment, {.name = "inner", .parent = outer})->id;
  REQUIRE(tracks.log_batch(inner, {.metrics = {{"loss", {1, 1, 1}}}}));
  REQUIRE(tracks.end_run(inner, mt::run_status::failed, 1'700'000'000'777));
  REQUIRE(tracks.end_run(outer));
}
/// All that a target has, each run's in an order of its own.
std::vector<std::string> told(const plain_target& of) {
  std::vector<std::string> all;
  for (const auto& each : of.runs) {
    std::string parent;
    for (const auto& other : of.runs)
      if (other.info.id == each.info.parent) parent = other.info.name;
    all.push_back(each.info.name + " in " + parent + ' ' + std::string(to_string(each.info.status)) + ' ' +
                  std::to_string(each.info.end - each.info.start));
    for (const std::string& line : each.log) all.push_back(each.info.name + ' ' + line);
  }
  std::sort(all.begin(), all.end());
  return all;
}
void send_until_done(tracker& tracks, plain_target& to) {
  for (int tries = 0; tries < 5; ++tries) {
    const auto sent = mt::spool(tracks, small_batches).send(to);
    if (!sent) continue;
    CHECK(sent->refused == 0);
    return;
  }
  FAIL("it is never sent");
}

}  // namespace

TEST_CASE("spool: runs arrive whole, and a second time nothing is sent") {
  breaking_storage storage;
  auto tracks = *tracker::open(storage, options_of(3));
  record(tracks);
  plain_target target;
  mt::spool spool(tracks, small_batches);
  const auto sent = spool.send(target);
  REQUIRE(sent);
  CHECK(sent->runs == 2);
  CHECK(sent->points == 13);
  CHECK(sent->artifacts == 2);
  CHECK(sent->refused == 0);
  const auto all = told(target);
  const auto has = [&](const char* line) { return std::count(all.begin(), all.end(), line) == 1; };
  CHECK(has("outer in  FINISHED 0"));
  CHECK(has("inner in outer FAILED 777"));
  CHECK(has("outer m val acc 11"));
  CHECK(has("outer p p99 99"));
  CHECK(has("outer t team ds"));
  CHECK(has("outer a model/w.bin 7onnx"));
  CHECK(has("inner m loss 1"));
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
  CHECK(all.size() == 2 + 13 + 100 + 2 + 4);  // names, source user and team are tags
  // Points of a metric are in their order.
  std::vector<std::string> points;
  for (const std::string& line : target.runs[0].log)
    if (line.starts_with("m loss")) points.push_back(line);
  CHECK(points == std::vector<std::string>{"m loss 0", "m loss 2", "m loss 4", "m loss 6", "m loss 8", "m loss 10"});

  target.calls = 0;
  const auto again = spool.send(target);
  REQUIRE(again);
  CHECK(again->runs + again->points + again->artifacts == 0);
  CHECK(target.calls == 0);
}

TEST_CASE("spool: whichever call fails, heard or not, all is there once in the end") {
  std::vector<std::string> expected;
  int calls = 0;
  for (int fails_at = -1; fails_at < calls || calls == 0; ++fails_at)
    for (const bool is_heard : {false, true}) {
      INFO("call " << fails_at << (is_heard ? ", its answer" : ""));
      breaking_storage storage;
      auto tracks = *tracker::open(storage, options_of(3));
      record(tracks);
      plain_target target;
      target.fails_at = fails_at;
      target.is_heard = is_heard;
      send_until_done(tracks, target);
      if (calls == 0) {
        expected = told(target);
        calls = target.calls;
        CHECK(calls == 13);
      }
      CHECK((told(target) == expected));
      CHECK(target.experiments.size() == 1);
    }
}

TEST_CASE("spool: wherever the sender dies, the next one goes on, and all is there once") {
  std::vector<std::string> expected;
  int transactions = 1;
  for (int breaks_at = -1; breaks_at < transactions; ++breaks_at)
    for (const bool behind : {false, true}) {
      INFO("transaction " << breaks_at << (behind ? ", behind it" : ""));
      breaking_storage storage;
      plain_target target;
      {
        auto tracks = *tracker::open(storage, options_of(3));
        record(tracks);
        storage.left = breaks_at < 0 ? 1000 : breaks_at;
        storage.behind = behind;
        const auto sent = mt::spool(tracks, small_batches).send(target);
        CHECK(bool(sent) == (breaks_at < 0));
        if (breaks_at < 0) {
          transactions = 1000 - storage.left - 1;  // the last one gives the claim back
          expected = told(target);
          CHECK(transactions == 13);
        }
      }
      storage.broken = false;
      storage.left = -1;
      auto tracks = *tracker::open(storage, options_of(4));
      if (breaks_at > 0 || (breaks_at == 0 && behind)) {
        const auto claimed = mt::spool(tracks, small_batches).send(target);
        REQUIRE_FALSE(claimed);  // for all that is known, it is still being sent by this process
        CHECK(claimed.error().code() == mr::errc::unavailable);
        time_now += 61'000'000'000U;
      }
      send_until_done(tracks, target);
      CHECK((told(target) == expected));
    }
}

TEST_CASE("spool: what is new since the last time is sent, also of a run that goes on") {
  breaking_storage storage;
  auto tracks = *tracker::open(storage, options_of(3));
  plain_target target;
  mt::spool spool(tracks);
  auto run = *tracks.start_run(tracks.create_experiment("e")->id, {.name = "r"});
  run.log_metric("m", 0.5, 1);
  REQUIRE(run.flush());
  REQUIRE(run.set_tag("a", "b"));
  CHECK(spool.send(target)->points == 1);
  CHECK(target.runs[0].info.status == mt::run_status::running);
  run.log_metric("m", 0.25, 2);
  REQUIRE(run.set_tag("a", "c"));
  REQUIRE(run.log_parameter("p", "q"));
  const std::string text = "x";
  REQUIRE(run.log_artifact("f", std::as_bytes(std::span(text))));
  REQUIRE(run.end());
  auto sent = spool.send(target);
  CHECK(sent->points == 1);
  CHECK(sent->runs == 0);
  CHECK(target.runs[0].info.status == mt::run_status::finished);
  CHECK(*mt::detail::value_of(target.runs[0].info.tags, "a") == "c");
  auto again = *tracks.resume_run(run.id());
  again.log_metric("m", 0.125, 3);
  REQUIRE(again.log_artifact("f", {}));  // replaced
  REQUIRE(again.end(mt::run_status::failed));
  sent = spool.send(target);
  CHECK(sent->points == 1);
  CHECK(sent->artifacts == 1);
  CHECK(target.runs.size() == 1);
  CHECK(target.runs[0].info.status == mt::run_status::failed);
  // Another target has its own account.
  plain_target other;
  CHECK(mt::spool(tracks, {.target = "other"}).send(other)->points == 3);
}

TEST_CASE("spool: into another tracker, which then has the same runs") {
  ms::memory_storage storage;
  breaking_storage from;
  auto tracks = *tracker::open(from, options_of(3));
  record(tracks);
  auto target = *mt::tracker<ms::memory_storage>::open(storage, options_of(9));
  REQUIRE(target.create_experiment("tuning \"1\""));  // which has the same name, and another id perhaps
  const auto sent = mt::spool(tracks, small_batches).send(target);
  REQUIRE(sent);
  CHECK(sent->status);
  CHECK(sent->runs == 2);
  const auto there = mt::search_runs(target, {"1"}, {.order_by = {"attributes.run_name"}});
  const auto here = mt::search_runs(tracks, {"1"}, {.order_by = {"attributes.run_name"}});
  REQUIRE(there->items.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const mt::run_record& a = here->items[i];
    const mt::run_record& b = there->items[i];
    CHECK(*b.tag("millrace.spool.run") == a.info.id);
    CHECK(a.info.name == b.info.name);
    CHECK(a.info.start == b.info.start);
    CHECK(a.info.end == b.info.end);
    CHECK(a.info.status == b.info.status);
    CHECK(a.info.parameters == b.info.parameters);
    REQUIRE(a.metrics.size() == b.metrics.size());
    for (const mt::metric_summary& metric : a.metrics)
      CHECK((*tracks.history(a.info.id, metric.key) == *target.history(b.info.id, metric.key)));
  }
  CHECK(there->items[0].info.parent == there->items[1].info.id);
  CHECK(target.read_artifact(there->items[1].info.id, "model/w.bin")->size() == 7);
  CHECK(mt::spool(tracks).send(target)->points == 0);
}

TEST_CASE("spool: runs that were sent are removed where that is asked for, the inner ones first") {
  breaking_storage storage;
  auto tracks = *tracker::open(storage, options_of(3));
  record(tracks);
  const auto open = *tracks.create_run("1", {.name = "open"});
  plain_target target;
  mt::spool spool(tracks, {.remove_sent = true});
  CHECK(spool.send(target)->removed == 2);
  CHECK(mt::search_runs(tracks, {"1"})->items.size() == 1);
  CHECK(spool.send(target)->runs == 0);
  REQUIRE(tracks.end_run(open.id));
  CHECK(spool.send(target)->removed == 1);
  CHECK(storage.list("experiment_tracking/spool/", "", 9)->empty());
  CHECK(target.runs.size() == 3);
}

TEST_CASE("spool: what it knows of a run goes with the run") {
  breaking_storage storage;
  auto tracks = *tracker::open(storage, options_of(3));
  record(tracks);
  plain_target target;
  mt::spool spool(tracks, {.batch_points = 0});  // which is 1
  CHECK(spool.send(target)->points == 13);
  const auto known = [&] { return storage.list("experiment_tracking/spool/remote/runs/", "", 9)->size(); };
  CHECK(known() == 2);
  time_now += 2 * 86'400'000'000'000U;
  CHECK(tracks.remove_older({.days = 1})->runs == 2);
  CHECK(known() == 2);
  CHECK(spool.send(target)->runs == 0);
  CHECK(known() == 0);
}

TEST_CASE("spool: a run that is refused does not keep others from being sent, and is told") {
  breaking_storage storage;
  auto tracks = *tracker::open(storage, options_of(3));
  record(tracks);
  plain_target target;
  target.refuses = "outer";
  const auto sent = mt::spool(tracks, small_batches).send(target);
  REQUIRE(sent);
  CHECK(sent->refused == 1);
  CHECK(sent->status.error().describe().find("not this one") != std::string::npos);
  CHECK(sent->points == 1);
  target.refuses = "";
  CHECK(mt::spool(tracks, small_batches).send(target)->points == 12);
}

TEST_CASE("spool: a run that was deleted at one end is not sent again") {
  breaking_storage storage;
  auto tracks = *tracker::open(storage, options_of(3));
  const std::string experiment = tracks.create_experiment("e")->id;
  const std::string deleted_here = tracks.create_run(experiment)->id;
  REQUIRE(tracks.delete_run(deleted_here));
  const std::string id = tracks.create_run(experiment, {.name = "r"})->id;
  plain_target target;
  mt::spool spool(tracks);
  CHECK(spool.send(target)->runs == 1);
  // Deleted there while a batch was on its way.
  REQUIRE(tracks.log_batch(id, {.metrics = {{"m", {1, 1, 1}}}}));
  target.calls = 0;
  target.fails_at = 0;
  REQUIRE_FALSE(spool.send(target));
  target.runs[0].info.stage = mt::lifecycle::deleted;
  CHECK(spool.send(target)->points == 0);
  CHECK(spool.send(target)->points == 0);
  CHECK(target.runs.size() == 1);
  CHECK(target.runs[0].log.size() == 1);  // its name
}

TEST_CASE("spool: runs that say they are within each other are sent all the same") {
  breaking_storage storage;
  auto tracks = *tracker::open(storage, options_of(3));
  const std::string experiment = tracks.create_experiment("e")->id;
  const std::string a = tracks.create_run(experiment)->id;
  const std::string b = tracks.create_run(experiment, {.parent = a})->id;
  REQUIRE(tracks.set_tags(a, {{"mlflow.parentRunId", b}}));
  const std::string self = tracks.create_run(experiment)->id;
  REQUIRE(tracks.set_tags(self, {{"mlflow.parentRunId", self}}));
  REQUIRE(tracks.set_tags(b, {{"millrace.spool.run", "of another spool"}}));
  plain_target target;
  REQUIRE(mt::spool(tracks).send(target));
  CHECK(target.runs.size() >= 3);
  for (const auto& each : target.runs) CHECK(mt::detail::value_of(each.info.tags, mt::spool_run_tag)->size() == 32);
}
