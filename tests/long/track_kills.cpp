// Eight processes that track to one SQLite file are killed 1000 times; see tests/support/track_kills.hpp.

#include <support/catch.hpp>
#include <support/temp_dir.hpp>
#include <support/track_kills.hpp>

#include <cstdio>

namespace {

double slowest_open(int rounds, std::int64_t points_before) {
  const support::temp_dir folder;
  const std::uint64_t seed = millrace::entropy_seed();
  millrace::random_engine random(seed);
  const auto report = support::track_kills(folder.path(), random, points_before).run(rounds);
  std::printf(
      "seed %llu: %llu points and parameters acknowledged, %llu points more were kept, %d runs found killed, "
      "opened again in at most %.1f ms\n",
      static_cast<unsigned long long>(seed), static_cast<unsigned long long>(report.acknowledged),
      static_cast<unsigned long long>(report.kept), report.marked, 1e3 * report.slowest_open);
  CHECK(report.problem == "");
  return report.slowest_open;
}

}  // namespace

TEST_CASE("tracker: a thousand rounds of killed writers") { slowest_open(1000, 0); }

TEST_CASE("tracker: a file of ten million points whose writers were killed is open again soon") {
  CHECK(slowest_open(20, 10'000'000) < 5);  // the goal is 0.1 s on a machine that does nothing else
}
