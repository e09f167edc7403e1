#include <millrace/deliver/rollout/rollout_watch.hpp>

#include <millrace/deliver/rollout/rollout.hpp>

#include <support/catch.hpp>
#include <support/releases.hpp>

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
