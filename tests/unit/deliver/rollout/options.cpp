#include <millrace/deliver/rollout/options.hpp>

#include <support/catch.hpp>

namespace md = millrace::deliver;

TEST_CASE("a rollout is patient with calls for half a minute, and asks for a thousand requests", "[deliver][rollout]") {
  const md::rollout_options options;
  CHECK(options.hang_after == millrace::seconds(30));
  CHECK(options.rules.min_requests == 1000);
  CHECK(options.rules.late == md::when_late::roll_back);
  CHECK(options.wall_clock() > 1'600'000'000'000'000'000U);
  STATIC_REQUIRE(md::detail::seats_of<md::max_in_flight<3>> == 3);
}
