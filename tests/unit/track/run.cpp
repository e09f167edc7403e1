#include <millrace/track/run.hpp>

#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
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
