// Who runs a run: trackers of several machines on one storage, of which one falls silent. Another machine is one whose
// name stands in the run's document.

#include <millrace/store/document.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track.hpp>
#include <millrace/track/detail/leases.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

using tracker = mt::tracker<ms::memory_storage>;

constexpr std::uint64_t second = 1'000'000'000U;
std::atomic<std::uint64_t> time_now{1'700'000'000 * second};
std::uint64_t test_time() noexcept { return time_now; }
const mt::tracker_options options{.lease_ms = 60'000, .wall_clock = test_time};

std::string key_of(const mt::run_info& run) {
  return "experiment_tracking/runs/" + run.experiment_id + "/" + run.id + ".json";
}
mt::run_info info_of(const tracker& tracks, const std::string& id) {
  const auto found = tracks.get_run(id);
  REQUIRE(found);
  return found->info;
}
/// Lets a run be one of another machine.
void move_elsewhere(ms::memory_storage& storage, const tracker& tracks, const std::string& id) {
  mt::run_info info = info_of(tracks, id);
  info.process.host = "elsewhere";
  REQUIRE(ms::keep_document(storage, key_of(info), info));
}
std::size_t leases(const ms::memory_storage& storage) {
  return storage.list("experiment_tracking/leases/", "", 100)->size();
}

/// A machine that runs a run, and one that looks at it.
struct two_machines {
  ms::memory_storage storage{};
  tracker here = *tracker::open(storage, options);
  tracker there = *tracker::open(storage, options);
  tracker::run_type run = *there.start_run(there.create_experiment("e")->id);

  two_machines() { move_elsewhere(storage, there, run.id()); }
};

}  // namespace

TEST_CASE("lease: a run of another machine is killed once its tracker has been silent for long, and not before") {
  two_machines made;
  CHECK(leases(made.storage) == 1);
  CHECK(*made.here.mark_killed() == 0);
  time_now += 60 * second;
  CHECK(*made.here.mark_killed() == 0);
  time_now += second / 100;
  CHECK(*made.here.mark_killed() == 1);
  const mt::run_info killed = info_of(made.here, made.run.id());
  CHECK(killed.status == mt::run_status::killed);
  CHECK(killed.process.host == "elsewhere");  // who it was
  CHECK(killed.end != 0);
  CHECK(leases(made.storage) == 0);
  CHECK(*made.here.mark_killed() == 0);
  // What it had logged and logs now is not lost.
  made.run.log_metric("m", 1);
  CHECK(made.run.flush());
  CHECK(made.run.set_tag("a", "b"));
  CHECK(made.here.get_run(made.run.id())->metric("m")->count == 1);
}

TEST_CASE("lease: opening a tracker ends what another machine left") {
  two_machines made;
  time_now += 61 * second;
  const tracker next = *tracker::open(made.storage, options);
  CHECK(info_of(next, made.run.id()).status == mt::run_status::killed);
}

TEST_CASE(
    "lease: a process of this machine that is there keeps its runs, however silent; one that is not, loses them") {
  ms::memory_storage storage;
  auto first = *tracker::open(storage, options);
  auto run = *first.start_run(first.create_experiment("e")->id);
  auto second_one = *tracker::open(storage, options);
  time_now += 1000 * second;
  CHECK(*second_one.mark_killed() == 0);
  mt::run_info info = info_of(first, run.id());
  info.process.pid = 1'999'999'999;
  REQUIRE(ms::keep_document(storage, key_of(info), info));
  CHECK(*second_one.mark_killed() == 1);
  // Another machine of the same name, as `localhost` is: its numbers say nothing here, its lease does.
  auto other = *first.start_run(info.experiment_id);
  info = info_of(first, other.id());
  info.process.boot = "of another kernel";
  REQUIRE(ms::keep_document(storage, key_of(info), info));
  CHECK(*second_one.mark_killed() == 0);
  time_now += 61 * second;
  CHECK(*second_one.mark_killed() == 1);
}

TEST_CASE("lease: it is renewed in time, and given up at the end") {
  ms::memory_storage storage;
  {
    auto tracks = *tracker::open(storage, options);
    CHECK(leases(storage) == 0);  // none is needed yet
    const std::string experiment = tracks.create_experiment("e")->id;
    REQUIRE(tracks.create_run(experiment));  // which no process runs
    CHECK(leases(storage) == 0);
    auto run = *tracks.start_run(experiment);
    auto other = *tracks.start_run(experiment);
    CHECK(leases(storage) == 1);
    const std::string key = storage.list("experiment_tracking/leases/", "", 1)->front().key;
    const auto renewed = [&] { return ms::load_document<mt::detail::lease>(storage, key)->renewed; };
    const std::int64_t before = renewed();
    time_now += 14 * second;
    auto young = *tracks.start_run(experiment);
    CHECK(renewed() == before);
    time_now += second;
    auto due = *tracks.start_run(experiment);
    CHECK(renewed() == before + 15'000);
    time_now -= 100 * second;  // a clock that was set back
    auto earlier = *tracks.start_run(experiment);
    CHECK(renewed() == before - 85'000);
    time_now += 100 * second;
  }
  CHECK(leases(storage) == 0);
}

TEST_CASE("lease: the tracker's thread renews it, and takes back what was taken from it meanwhile") {
  ms::memory_storage storage;
  mt::tracker_options quick = options;
  quick.lease_ms = 20;
  quick.gather_ms = 1;
  auto there = *tracker::open(storage, quick);
  const std::string experiment = there.create_experiment("e")->id;
  auto run = *there.start_run(experiment);
  auto deleted = *there.start_run(experiment);
  auto killed = *there.start_run(experiment);
  REQUIRE(there.delete_run(deleted.id()));
  REQUIRE(there.end_run(killed.id(), mt::run_status::killed));  // said by somebody, not found out
  const auto status = [&](const tracker::run_type& of) { return info_of(there, of.id()).status; };
  // Taken for dead.
  mt::run_info info = info_of(there, run.id());
  info.status = mt::run_status::killed;
  info.end = 1;
  REQUIRE(ms::keep_document(storage, key_of(info), info));
  REQUIRE(storage.remove("experiment_tracking/leases/" + info.process.owner + ".json"));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (status(run) != mt::run_status::running && std::chrono::steady_clock::now() < until) {
    run.log_metric("m", 1);  // an idle thread sleeps for a second
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(status(run) == mt::run_status::running);
  CHECK(info_of(there, run.id()).end == 0);
  CHECK(leases(storage) == 1);
  CHECK(status(killed) == mt::run_status::killed);
  REQUIRE(run.end());
  CHECK(status(run) == mt::run_status::finished);
}

TEST_CASE("lease: a run has one owner, and who has lost it is told") {
  two_machines made;
  const auto refused = made.here.resume_run(made.run.id());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::conflict);
  CHECK(refused.error().message().find("\"elsewhere\"") != std::string::npos);
  REQUIRE(made.here.log_batch(made.run.id(), {.metrics = {{"n", {1, 1, 1}}}}));  // which anybody may

  time_now += 61 * second;
  auto taken = *made.here.resume_run(made.run.id());  // the lease has expired
  CHECK(taken.log_metric("m", {1, 1, 1}) != 0);
  REQUIRE(taken.flush());
  // The machine is back: its scope takes nothing from the one that runs it now.
  made.run.log_metric("m", {2, 2, 2});
  const auto lost = made.run.flush();
  REQUIRE_FALSE(lost);
  CHECK(lost.error().code() == mr::errc::conflict);
  CHECK(made.run.refused() == 1);
  CHECK_FALSE(made.run.set_tag("a", "b"));
  CHECK_FALSE(made.run.log_parameter("a", "b"));
  const auto ended = made.run.end(mt::run_status::failed);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code() == mr::errc::conflict);
  CHECK(made.run.end().error().code() == mr::errc::closed);
  CHECK(info_of(made.here, taken.id()).status == mt::run_status::running);
  taken.log_metric("m", {3, 3, 3});
  REQUIRE(taken.end());
  const auto points = made.here.history(taken.id(), "m");
  REQUIRE(points->size() == 2);
  CHECK((*points)[1].step == 3);
}

TEST_CASE("lease: a run that nobody runs, that has ended or is one's own is resumed by anybody") {
  two_machines made;
  REQUIRE(made.run.end());
  CHECK(made.here.resume_run(made.run.id())->end());
  const std::string of_nobody = made.there.create_run("1")->id;
  CHECK(made.here.resume_run(of_nobody)->end());
  auto own = *made.here.start_run("1");
  CHECK(made.here.resume_run(own.id()));
  // As an earlier version wrote it: of another machine, without a lease.
  auto old = *made.there.create_run("1");
  old.process = {"elsewhere", "b", "s", 7, 8, {}};
  REQUIRE(ms::keep_document(made.storage, key_of(old), old));
  CHECK(*made.here.mark_killed() == 0);  // nobody knows
  CHECK(made.here.resume_run(old.id));
}

TEST_CASE("lease: without one, runs are of processes alone") {
  ms::memory_storage storage;
  mt::tracker_options none = options;
  none.lease_ms = 0;
  auto first = *tracker::open(storage, none);
  auto second_one = *tracker::open(storage, none);
  auto run = *first.start_run(first.create_experiment("e")->id);
  CHECK(leases(storage) == 0);
  CHECK(info_of(first, run.id()).process.owner.empty());
  time_now += 1000 * second;
  CHECK(*second_one.mark_killed() == 0);
  CHECK(second_one.resume_run(run.id())->end());
}
