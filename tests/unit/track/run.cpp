#include <millrace/track/run.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/sqlite.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

using tracker = mt::tracker<ms::memory_storage>;

struct made_tracker {
  ms::memory_storage storage{};
  tracker tracks = *tracker::open(storage);
  std::string experiment = tracks.create_experiment("e")->id;
};

}  // namespace

TEST_CASE("a run ends with its scope, as what became of it") {
  made_tracker made;
  std::string id;
  {
    auto run = made.tracks.start_run(made.experiment, {.name = "first"});
    REQUIRE(run);
    id = run->id();
    CHECK(id.size() == 32);
    CHECK(made.tracks.get_run(id)->info.status == mt::run_status::running);
    CHECK(made.tracks.get_run(id)->info.process.pid != 0);
  }
  CHECK(made.tracks.get_run(id)->info.status == mt::run_status::finished);
  CHECK(made.tracks.get_run(id)->info.end >= made.tracks.get_run(id)->info.start);
  CHECK(made.tracks.get_run(id)->info.process == mt::run_process());

  try {
    auto run = made.tracks.start_run(made.experiment);
    id = run->id();
    throw std::runtime_error("training failed");
  } catch (const std::runtime_error&) {
  }
  CHECK(made.tracks.get_run(id)->info.status == mt::run_status::failed);

  // A run that begins and ends while an exception is on its way was not left by it.
  struct ends_a_run {
    made_tracker& in;
    std::string& id;
    ~ends_a_run() { id = in.tracks.start_run(in.experiment)->id(); }
  };
  try {
    const ends_a_run at_unwinding{made, id};
    throw std::runtime_error("elsewhere");
  } catch (const std::runtime_error&) {
  }
  CHECK(made.tracks.get_run(id)->info.status == mt::run_status::finished);
}

TEST_CASE("a run that was ended takes nothing more, and ends once") {
  made_tracker made;
  auto run = made.tracks.start_run(made.experiment);
  REQUIRE(run->end(mt::run_status::killed));
  const auto again = run->end();
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == mr::errc::closed);
  CHECK(run->log_metric("loss", 1) == 0);
  CHECK_FALSE(run->log_parameter("a", "b"));
  CHECK_FALSE(run->flush());
  CHECK_FALSE(run->status());
  CHECK(made.tracks.get_run(run->id())->info.status == mt::run_status::killed);
}

TEST_CASE("values come back in order, NaN and the infinities among them") {
  made_tracker made;
  auto run = *made.tracks.start_run(made.experiment);
  const std::vector<double> values = {0.5, std::nan(""), HUGE_VAL, -HUGE_VAL, -0.0, 5e-324, 1.7976931348623157e308};
  for (std::size_t i = 0; i < values.size(); ++i)
    CHECK(run.log_metric("train/loss v1.2", {static_cast<std::int64_t>(i), 1000, values[i]}) != 0);
  REQUIRE(run.flush());
  const auto back = made.tracks.history(run.id(), "train/loss v1.2");
  REQUIRE(back);
  REQUIRE(back->size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    CHECK((*back)[i] == mt::metric_point{static_cast<std::int64_t>(i), 1000, values[i]});
  const auto record = made.tracks.get_run(run.id());
  const mt::metric_summary* const loss = record->metric("train/loss v1.2");
  REQUIRE(loss != nullptr);
  CHECK(loss->count == 7);
  CHECK(loss->finite == 4);
  CHECK(loss->last.value == 1.7976931348623157e308);
  CHECK(loss->min == -HUGE_VAL);
  CHECK(loss->max == HUGE_VAL);
}

TEST_CASE("a value under what is no name is refused, and the run says so") {
  made_tracker made;
  auto run = *made.tracks.start_run(made.experiment);
  CHECK(run.log_metric("a#b", 1) == 0);
  CHECK(run.log_metric("../a", 1) == 0);
  CHECK(run.refused() == 2);
  REQUIRE_FALSE(run.status());
  CHECK(run.status().error().message().find("a#b") != std::string::npos);
  CHECK_FALSE(run.flush());
  const auto ended = run.end();
  REQUIRE_FALSE(ended);
  CHECK(made.tracks.get_run(run.id())->info.status == mt::run_status::finished);
}

TEST_CASE("threads that log at once lose nothing, and each value is there once") {
  made_tracker made;
  auto run = *made.tracks.start_run(made.experiment);
  constexpr std::int64_t each = 3000;
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> refused{0};
  for (std::int64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const std::string own = "own/" + std::to_string(t);
      for (std::int64_t i = 0; i < each; ++i) {
        if (run.log_metric("shared", {t * each + i, 5, static_cast<double>(i)}) == 0) ++refused;
        if (run.log_metric(own, {i, i, static_cast<double>(i)}) == 0) ++refused;
      }
    });
  for (std::thread& thread : threads) thread.join();
  REQUIRE(run.flush());
  CHECK(refused == 0);
  const auto shared = made.tracks.history(run.id(), "shared");
  REQUIRE(shared);
  std::vector<int> seen(static_cast<std::size_t>(4 * each));
  for (const mt::metric_point& point : *shared) ++seen[static_cast<std::size_t>(point.step)];
  for (const int times : seen)
    if (times != 1) FAIL("a value is there " << times << " times");
  for (std::int64_t t = 0; t < 4; ++t) {
    const auto own = made.tracks.history(run.id(), "own/" + std::to_string(t));
    REQUIRE(own->size() == static_cast<std::size_t>(each));
    for (std::int64_t i = 0; i < each; ++i)
      if ((*own)[static_cast<std::size_t>(i)].step != i) FAIL("out of order at " << i);
  }
}

TEST_CASE("the same value logged again by a retry is there once, however old") {
  ms::memory_storage storage;
  mt::tracker_options options;
  options.window_of_key = 64;  // so that most of it is looked for in chunks
  auto tracks = *tracker::open(storage, options);
  const std::string experiment = tracks.create_experiment("e")->id;
  auto run = *tracks.start_run(experiment);
  const auto log = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) run.log_metric("m", {i % 1500, i / 3, static_cast<double>(i)});
    REQUIRE(run.flush());
  };
  log(0, 4000);
  log(0, 4000);
  log(1000, 1100);
  CHECK(tracks.history(run.id(), "m")->size() == 4000);
  // A retry within one batch, and one by another call.
  run.log_metric("n", {1, 1, 1});
  run.log_metric("n", {1, 1, 1});
  run.log_metric("n", {1, 1, 2});
  run.log_metric("n", {1, 2, 1});
  run.log_metric("n", {2, 1, 1});
  REQUIRE(run.flush());
  REQUIRE(tracks.log_batch(run.id(), {.metrics = {{"n", {1, 1, 1}}, {"n", {3, 1, 1}}, {"m", {7, 2, 7}}}}));
  CHECK(tracks.history(run.id(), "n")->size() == 5);
  CHECK(tracks.history(run.id(), "m")->size() == 4000);
  log(0, 50);  // what the thread remembers is not what is stored any more
  CHECK(tracks.history(run.id(), "m")->size() == 4000);
  CHECK(tracks.get_run(run.id())->metric("n")->count == 5);
}

TEST_CASE("a run is resumed, also by another tracker, and goes on where it was") {
  ms::memory_storage storage;
  std::string id;
  std::string experiment;
  {
    auto tracks = *tracker::open(storage);
    experiment = tracks.create_experiment("e")->id;
    auto run = *tracks.start_run(experiment);
    id = run.id();
    for (std::int64_t i = 0; i < 1500; ++i) run.log_metric("m", {i, i, static_cast<double>(i)});
  }
  auto tracks = *tracker::open(storage);
  CHECK(tracks.get_run(id)->info.status == mt::run_status::finished);
  auto run = *tracks.resume_run(id);
  CHECK(tracks.get_run(id)->info.status == mt::run_status::running);
  for (std::int64_t i = 1400; i < 2500; ++i) run.log_metric("m", {i, i, static_cast<double>(i)});
  REQUIRE(run.end());
  const auto points = tracks.history(id, "m");
  REQUIRE(points->size() == 2500);
  for (std::int64_t i = 0; i < 2500; ++i) REQUIRE((*points)[static_cast<std::size_t>(i)].step == i);
  CHECK(tracks.history(id, "m", 1020, 10)->front().step == 1020);
  CHECK(tracks.history(id, "m", 1020, 10)->size() == 10);
  CHECK(tracks.history(id, "m", 2499)->size() == 1);
  CHECK(tracks.history(id, "m", 2500)->empty());
  CHECK(tracks.get_run(id)->metric("m")->p50 == Approx(1249.5).epsilon(0.01));
  CHECK(tracks.get_run(id)->metric("m")->mean == Approx(1249.5));
}

TEST_CASE("runs within runs are found") {
  made_tracker made;
  auto outer = *made.tracks.start_run(made.experiment);
  auto inner = *outer.start_child({.name = "fold 1"});
  auto other = *outer.start_child({.name = "fold 2"});
  CHECK(made.tracks.get_run(inner.id())->info.parent == outer.id());
  CHECK(*made.tracks.get_run(inner.id())->tag("mlflow.parentRunId") == outer.id());
  const auto found = made.tracks.children(outer.id());
  REQUIRE(found->size() == 2);
  CHECK(((*found)[0] == inner.id() || (*found)[1] == inner.id()));
  CHECK(made.tracks.children(inner.id())->empty());
}

namespace {

/// A storage whose transactions can be made to fail at their end, when all has been written.
struct flaky_storage : ms::memory_storage {
  std::atomic<bool> fails{false};

  template <class Use>
  auto transact(Use&& use) -> decltype(use(std::declval<transaction&>())) {
    using made = decltype(use(std::declval<transaction&>()));
    return ms::memory_storage::transact([&](transaction& objects) -> made {
      made done = use(objects);
      if (fails) return mr::error(mr::errc::io, "the disk is gone");
      return done;
    });
  }
};

}  // namespace

TEST_CASE("values wait while the storage refuses, and are all there once it takes them again") {
  flaky_storage storage;
  mt::tracker_options options;
  options.queue_bytes = 4096;
  options.gather_ms = 1;
  auto tracks = *mt::tracker<flaky_storage>::open(storage, options);
  auto run = *tracks.start_run(tracks.create_experiment("e")->id);
  CHECK(run.log_metric("m", {0, 0, 0}) != 0);
  REQUIRE(run.flush());
  storage.fails = true;
  std::vector<std::int64_t> taken = {0};
  for (std::int64_t i = 1; i < 500; ++i)
    if (run.log_metric("m", {i, 0, 1}) != 0) taken.push_back(i);
  CHECK(run.refused() + taken.size() == 500);
  CHECK(run.refused() != 0);  // the queue is full, and nobody waits for a storage that refuses
  const auto flushed = run.flush();
  REQUIRE_FALSE(flushed);
  CHECK(flushed.error().describe().find("the disk is gone") != std::string::npos);
  CHECK_FALSE(run.status());
  CHECK_FALSE(run.end());
  storage.fails = false;
  CHECK_FALSE(run.wait_durable(0));
  std::uint64_t at = 0;
  while ((at = run.log_metric("m", {1000, 0, 1})) == 0) std::this_thread::yield();
  REQUIRE(run.wait_durable(at));
  taken.push_back(1000);
  const auto points = tracks.history(run.id(), "m");
  REQUIRE(points->size() == taken.size());
  for (std::size_t i = 0; i < taken.size(); ++i) CHECK((*points)[i].step == taken[i]);
  CHECK(run.status());
  CHECK(run.end());
  CHECK(tracks.get_run(run.id())->info.status == mt::run_status::finished);
}

TEST_CASE("a run whose data is damaged is told so, and does not keep others from their storage") {
  made_tracker made;
  auto good = *made.tracks.start_run(made.experiment);
  auto bad = *made.tracks.start_run(made.experiment);
  const std::string key = "experiment_tracking/metrics/" + bad.id() + "/summary.json";
  REQUIRE(made.storage.write(key, std::as_bytes(std::span("{\"format\":1,", 12))));
  CHECK(bad.log_metric("m", 1) != 0);
  CHECK(good.log_metric("m", 1) != 0);
  CHECK(good.flush());
  CHECK(made.tracks.get_run(good.id())->metric("m")->count == 1);
  const auto told = bad.flush();
  REQUIRE_FALSE(told);
  CHECK(told.error().code() == mr::errc::corrupt);
  CHECK(bad.refused() == 1);
  // A newer version's document is told by its number.
  auto newer = *made.tracks.start_run(made.experiment);
  REQUIRE(made.storage.write("experiment_tracking/metrics/" + newer.id() + "/summary.json",
                             std::as_bytes(std::span("{\"format\":2}", 12))));
  newer.log_metric("m", 1);
  CHECK(newer.flush().error().code() == mr::errc::unsupported);
}

TEST_CASE("the history is what a plain list of the points is, whatever is logged how and when") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    mr::random_engine random(seed);
    ms::memory_storage storage;
    mt::tracker_options options;
    options.window_of_key = 1;  // the least window
    std::vector<mt::metric_point> expected[2];
    const auto add = [&](std::size_t key, const mt::metric_point& point) {
      for (const mt::metric_point& each : expected[key])
        if (each == point) return;
      expected[key].push_back(point);
    };
    std::string id;
    for (int session = 0; session < 4; ++session) {
      auto tracks = *tracker::open(storage, options);
      if (session == 0) id = tracks.create_run(tracks.create_experiment("e")->id)->id;
      auto run = *tracks.resume_run(id);
      for (int i = 0; i < 900; ++i) {
        const std::size_t key = static_cast<std::size_t>(random.below(2));
        const mt::metric_point point{static_cast<std::int64_t>(random.below(60)),
                                     static_cast<std::int64_t>(random.below(8)),
                                     random.below(9) == 0 ? std::nan("") : static_cast<double>(random.below(6))};
        if (random.below(100) == 0) REQUIRE(run.flush());
        if (random.below(100) == 0) {
          REQUIRE(run.flush());
          REQUIRE(tracks.log_batch(id, {.metrics = {{key == 0 ? "a" : "b", point}}}));
        } else {
          run.log_metric(key == 0 ? "a" : "b", point);
        }
        add(key, point);
      }
      REQUIRE(run.end());
      for (std::size_t key = 0; key < 2; ++key) {
        const char* const name = key == 0 ? "a" : "b";
        CHECK((*tracks.history(id, name) == expected[key]));
        const auto record = tracks.get_run(id);
        const mt::metric_summary* const summary = record->metric(name);
        CHECK(summary->count == expected[key].size());
        const mt::metric_point* last = nullptr;
        double low = HUGE_VAL;
        double sum = 0;
        std::uint64_t finite = 0;
        for (const mt::metric_point& each : expected[key]) {
          const auto order = [](const mt::metric_point& of) {
            return std::make_tuple(of.step, of.time, std::isnan(of.value) ? 0.0 : of.value);
          };
          if (last == nullptr || order(*last) < order(each)) last = &each;
          if (std::isnan(each.value)) continue;
          low = std::fmin(low, each.value);
          sum += each.value;
          ++finite;
        }
        CHECK(summary->last == *last);
        CHECK(summary->min == low);
        CHECK(summary->finite == finite);
        CHECK(summary->mean == Approx(sum / static_cast<double>(finite)));
      }
    }
  }
}

TEST_CASE("a process that is killed loses nothing that was acknowledged, and its run is marked as killed") {
  using stored = ms::sqlite_storage<ms::durable::os>;  // no machine crashes here
  const support::temp_dir folder;
  mr::random_engine random(5);
  for (int round = 0; round < 4; ++round) {
    const std::string path = folder / ("runs" + std::to_string(round));
    int told[2];
    REQUIRE(::pipe(told) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(told[0]);
      auto storage = stored::open(path);
      if (!storage) ::_exit(9);
      auto tracks = mt::tracker<stored>::open(*storage, {.gather_ms = 1});
      const auto experiment = tracks->create_experiment("e");
      auto run = tracks->start_run(experiment->id);
      for (std::int64_t i = 0;; ++i) {
        const std::uint64_t at = run->log_metric("m", {i, i, static_cast<double>(i)});
        if (at == 0) ::_exit(8);
        if (i % 50 != 49) continue;
        if (!run->wait_durable(at)) ::_exit(7);
        const std::int64_t acknowledged = i + 1;
        if (::write(told[1], &acknowledged, sizeof acknowledged) != sizeof acknowledged) ::_exit(6);
      }
    }
    ::close(told[1]);
    std::int64_t acknowledged = 0;
    for (std::uint64_t wait = 1 + random.below(60); wait > 0; --wait)
      REQUIRE(::read(told[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged);
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    while (::read(told[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::close(told[0]);

    auto storage = *stored::open(path);
    auto tracks = *mt::tracker<stored>::open(storage);
    const auto found = mt::search_runs(tracks, {tracks.find_experiment("e")->id});
    REQUIRE(found->items.size() == 1);
    CHECK(found->items[0].info.status == mt::run_status::killed);
    const std::string id = found->items[0].info.id;
    const auto points = tracks.history(id, "m");
    REQUIRE(points);
    CHECK(points->size() >= static_cast<std::size_t>(acknowledged));
    CHECK(found->items[0].metric("m")->count == points->size());
    for (std::size_t i = 0; i < points->size(); ++i)
      if ((*points)[i].step != static_cast<std::int64_t>(i)) FAIL("point " << i << " is not there");
    auto run = *tracks.resume_run(id);  // and it goes on
    run.log_metric("m", {static_cast<std::int64_t>(points->size()), 0, 0});
    REQUIRE(run.end());
    CHECK(tracks.get_run(id)->metric("m")->count == points->size() + 1);
  }
}

TEST_CASE("runs of processes that live are left alone") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage);
  auto run = *tracks.start_run(tracks.create_experiment("e")->id);
  CHECK(*tracks.mark_killed() == 0);
  const auto here = mt::detail::this_run_process();
  CHECK_FALSE(mt::detail::is_gone(here, here));
  auto other = here;
  other.started += 1;  // another process has its number by now
  CHECK(mt::detail::is_gone(other, here));
  other = here;
  other.host = "elsewhere";
  other.pid = 1'999'999'999;
  CHECK_FALSE(mt::detail::is_gone(other, here));
  other.host = here.host;
  CHECK(mt::detail::is_gone(other, here));
  other.space = "pid:[1]";  // of a container: its numbers say nothing here
  CHECK_FALSE(mt::detail::is_gone(other, here));
  other.boot = "before";
  CHECK(mt::detail::is_gone(other, here));
  CHECK_FALSE(mt::detail::is_gone(mt::run_process(), here));
}
