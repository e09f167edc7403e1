#include <millrace/deliver/rollout/strategy.hpp>

#include <support/catch.hpp>

namespace md = millrace::deliver;

namespace {

struct two_halves {
  static md::strategy_steps steps() {
    static constexpr std::uint32_t shares[] = {500'000, md::whole_share};
    return {"two_halves", shares, 2};
  }
};

}  // namespace

TEST_CASE("a strategy is a list of shares, which ends with the whole", "[deliver][rollout]") {
  const auto careful = md::canary<0.5, 5, 12.25, 100>::steps();
  CHECK(careful.name == "canary<0.5, 5, 12.25, 100>");
  REQUIRE(careful.count == 4);
  CHECK(careful[0] == 5'000);
  CHECK(careful[1] == 50'000);
  CHECK(careful[2] == 122'500);
  CHECK(careful[careful.last()] == md::whole_share);

  const auto batches = md::rolling<1, 2, 4>::steps();
  CHECK(batches.name == "rolling<1, 2, 4>");
  REQUIRE(batches.count == 3);
  CHECK(batches[0] == 142'857);
  CHECK(batches[1] == 428'571);
  CHECK(batches[2] == md::whole_share);
  STATIC_REQUIRE(md::rolling<1, 2, 4>::instances == 7);

  const auto swap = md::blue_green::steps();
  CHECK(swap.name == "blue_green");
  REQUIRE(swap.count == 2);
  CHECK(swap[0] == 0);
  CHECK(swap[1] == md::whole_share);
}

TEST_CASE("percent are counted in millionths, to the nearest", "[deliver][rollout]") {
  STATIC_REQUIRE(md::percent(100).millionths == md::whole_share);
  STATIC_REQUIRE(md::percent(0.0001).millionths == 1);
  STATIC_REQUIRE(md::percent(33.3333).millionths == 333'333);
  STATIC_REQUIRE(md::percent(-5).millionths == -50'000);
  STATIC_REQUIRE(md::rollout_strategy<md::canary<5, 100>>);
  STATIC_REQUIRE(md::rollout_strategy<md::rolling<1, 1>>);
  STATIC_REQUIRE(md::rollout_strategy<md::blue_green>);
  STATIC_REQUIRE(md::rollout_strategy<two_halves>);
  STATIC_REQUIRE_FALSE(md::rollout_strategy<int>);
}
