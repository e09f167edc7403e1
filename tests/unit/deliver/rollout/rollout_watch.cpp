#include <millrace/deliver/rollout/rollout_watch.hpp>

#include <millrace/deliver/rollout/rollout.hpp>

#include <support/catch.hpp>
#include <support/releases.hpp>

#include <atomic>
#include <thread>

namespace mr = millrace;
namespace md = millrace::deliver;

using support::scale;

TEST_CASE("a release that is watched ends by itself", "[deliver][rollout][threads]") {
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>()};
  REQUIRE(release.start());
  md::rollout_watch watch{release, mr::seconds(0.001)};
  REQUIRE(watch.start());
  CHECK(watch.start().error().code() == mr::errc::already_exists);
  release.stop_candidate();
  while (release.state().phase != md::rollout_phase::rolled_back) std::this_thread::yield();
  watch.stop();
  CHECK(watch.last());
  const auto looks = watch.looks();
  CHECK(looks > 0);
  watch.stop();
  REQUIRE(watch.start());
  while (watch.looks() == looks) std::this_thread::yield();
}

TEST_CASE("a release that is watched goes on while somebody who is notified hangs", "[deliver][rollout][threads]") {
  std::atomic<bool> hangs{true};
  std::atomic<int> rollbacks{0};
  md::rollout release{scale{1}, scale{2}, md::canary<50, 75, 100>(), md::notified{[&](const md::rollout_changed& it) {
                        if (it.state.step == 1 && it.before == md::rollout_phase::running) hangs.wait(true);
                        rollbacks += it.state.phase == md::rollout_phase::rolled_back;
                      }}};
  REQUIRE(release.start());
  md::rollout_watch watch{release, mr::seconds(0.001)};
  REQUIRE(watch.start());
  REQUIRE(release.approve("ada", ""));
  while (release.state().step == 0) std::this_thread::yield();
  release.stop_candidate();
  while (release.state().phase != md::rollout_phase::rolled_back) std::this_thread::yield();
  const auto looks = watch.looks();
  while (watch.looks() < looks + 3) std::this_thread::yield();
  CHECK(rollbacks == 0);
  hangs = false;
  hangs.notify_all();
  while (rollbacks == 0) std::this_thread::yield();
  watch.stop();
  CHECK(rollbacks == 1);
  CHECK(release.state().is_told);
}
