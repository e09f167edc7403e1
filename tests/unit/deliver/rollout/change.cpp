#include <millrace/deliver/rollout/change.hpp>

#include <millrace/deliver/rollout/rollout.hpp>

#include <support/catch.hpp>
#include <support/releases.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

using phase = md::rollout_phase;
using support::scale;
using support::told_judge;

namespace {

/// Notes what a release tells, and refuses what it is told to.
struct witness {
  std::vector<std::string>* seen;
  const bool* refuses;

  template <class Work>
  mr::result<void> around(md::rollout_advance& asked, const Work& work) const {
    seen->push_back("asked " + std::string(to_string(asked.to.phase)) + ' ' + std::to_string(asked.to.share));
    if (*refuses) return mr::error(mr::errc::vetoed, "not today");
    return work(std::as_const(asked));
  }
  void emit(const md::rollout_changed& it) const {
    seen->push_back(std::string(to_string(it.before)) + " to " + std::string(to_string(it.state.phase)));
  }
  void emit(const md::rollout_looked&) const { seen->push_back("looked"); }
  void emit(const md::candidate_promoted&) const { seen->push_back("promoted"); }
  void emit(const md::candidate_rolled_back&) const { seen->push_back("rolled back"); }
};
static_assert(md::rollout_watcher<witness>);
static_assert(md::rollout_watcher<md::unwatched_rollout>);

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("a watcher is asked before the candidate gets more, and told of all that happened", "[deliver][rollout]") {
  list seen;
  bool refuses = false;
  md::rollout release{scale{1},
                      scale{2},
                      md::canary<50, 100>(),
                      told_judge(),
                      witness{&seen, &refuses},
                      md::rollout_options{.rules = {.min_requests = 0}}};
  REQUIRE(release.start());
  CHECK(std::exchange(seen, {}) == list{"asked running 500000", "draft to running"});
  REQUIRE(release.decide());
  CHECK(std::exchange(seen, {}) == list{"looked"});
  REQUIRE(release.pause("ada", "lunch"));
  REQUIRE(release.resume("ada", "back"));
  CHECK(std::exchange(seen, {}) == list{"running to paused", "paused to running"});

  release.judge().says = md::verdict::promote;
  refuses = true;
  CHECK(release.decide().error().code() == mr::errc::vetoed);
  CHECK(release.state().phase == phase::running);
  CHECK(std::exchange(seen, {}) == list{"asked promoting 1000000"});
  refuses = false;
  REQUIRE(release.decide());
  REQUIRE(release.decide());
  CHECK(std::exchange(seen, {}) == list{"asked promoting 1000000", "running to promoting", "looked",
                                        "asked promoted 1000000", "promoting to promoted", "promoted", "looked"});

  // A way back is refused by nobody.
  REQUIRE(release.begin(scale{3}));
  REQUIRE(release.start());
  seen = {};
  refuses = true;
  REQUIRE(release.roll_back("ada", "slow"));
  CHECK(std::exchange(seen, {}) == list{"running to rolled_back", "rolled back"});
  REQUIRE(release.roll_back("eve", "slow"));
  CHECK(seen.empty());
}

TEST_CASE("a rollback is told once, by however many threads it is asked for", "[deliver][rollout][threads]") {
  for (int round = 0; round < 5; ++round) {
    std::vector<std::string> told;
    md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), told_judge(),
                        md::notified{[&](const md::rollout_changed& it) { told.push_back(it.summary()); }}};
    REQUIRE(release.start());
    std::vector<std::thread> askers;
    for (int i = 0; i < 64; ++i) askers.emplace_back([&] { static_cast<void>(release.roll_back("ada", "slow")); });
    for (std::thread& each : askers) each.join();
    REQUIRE(release.decide());
    CHECK(told == list{"release: rollout 1 is running at step 1 of canary<50, 100>, the candidate at 50 %, by started",
                       "release: rollout 1 is rolled_back at step 1 of canary<50, 100>, the candidate at 0 %, by asked "
                       "of ada: slow"});
  }
}

TEST_CASE("who could not be notified is notified again", "[deliver][rollout]") {
  int calls = 0;
  int second = 0;
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), told_judge(),
                      md::notified{[&](const md::rollout_changed& it) -> mr::result<void> {
                                     if (it.state.phase != phase::rolled_back) return {};
                                     if (++calls == 1) return mr::error(mr::errc::unavailable, "no network");
                                     if (calls == 2) throw std::runtime_error("still none");
                                     return {};
                                   },
                                   [&](const md::rollout_changed&) { ++second; }}};
  REQUIRE(release.start());
  REQUIRE(release.roll_back("ada", "slow"));
  CHECK(calls == 1);
  CHECK_FALSE(release.state().is_told);
  REQUIRE(release.decide());
  CHECK(calls == 2);
  REQUIRE(release.decide());
  CHECK(calls == 3);
  CHECK(release.state().is_told);
  REQUIRE(release.decide());
  CHECK(calls == 3);
  CHECK(second == 2);  // the start, and the rollback once: it was not his error
}

TEST_CASE("whoever is told may ask the release, and change it", "[deliver][rollout]") {
  list seen;
  std::vector<phase> phases;
  struct holder {
    mr::result<void> (*undo)(void*) = nullptr;
    void* of = nullptr;
  } holds;
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), told_judge(),
                      md::notified{[&](const md::rollout_changed& it) {
                        phases.push_back(it.state.phase);
                        if (it.state.phase == phase::running) static_cast<void>(holds.undo(holds.of));
                      }}};
  using release_type = decltype(release);
  holds.of = &release;
  holds.undo = [](void* it) -> mr::result<void> {
    auto done = static_cast<release_type*>(it)->roll_back("ada", "by who was told");
    if (!done) return std::move(done).error();
    return {};
  };
  REQUIRE(release.start());
  CHECK(phases == std::vector<phase>{phase::running, phase::rolled_back});
}

namespace {

struct throwing_watcher {
  const bool* throws_around;

  template <class Work>
  mr::result<void> around(md::rollout_advance& asked, const Work& work) const {
    if (*throws_around) throw 7;
    return work(std::as_const(asked));
  }
  template <class Event>
  void emit(const Event&) const {
    throw std::runtime_error("no event");
  }
};
struct throwing_gate {
  mr::result<bool> allows(std::string_view, const md::rollout_state&) const { throw std::runtime_error("shut"); }
};

}  // namespace

TEST_CASE("what watchers and gates throw is an error or nothing, and who is notified is told all the same",
          "[deliver][rollout]") {
  bool throws = true;
  list told;
  md::rollout release{
      scale{1},
      scale{2},
      md::canary<50, 100>(),
      throwing_watcher{&throws},
      throwing_gate(),
      md::notified{[&](const md::rollout_changed& it) { told.emplace_back(to_string(it.state.phase)); }}};
  CHECK(release.start().error().code() == mr::errc::event_threw);
  CHECK(release.state().phase == phase::draft);
  throws = false;
  REQUIRE(release.start());
  const auto looked = release.decide();
  REQUIRE_FALSE(looked);
  CHECK(looked.error().describe().find("the gate threw: shut") != std::string::npos);
  CHECK(release.state().phase == phase::running);
  REQUIRE(release.roll_back("ada", ""));
  CHECK(told == list{"running", "rolled_back"});
  CHECK(release.decide());
}
