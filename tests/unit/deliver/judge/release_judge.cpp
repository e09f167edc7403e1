#include <millrace/deliver/judge/release_judge.hpp>

#include <support/catch.hpp>

namespace md = millrace::deliver;
static_assert(md::release_judge<md::no_judge>);
static_assert(!md::release_judge<int>);

TEST_CASE("no judge holds whatever comes", "[deliver]") {
  md::no_judge judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (int i = 0; i < 100; ++i) judge.update(md::arm::candidate, {.failed = true}, 0);
  const md::judgement now = judge.report();
  CHECK(now.verdict == md::verdict::hold);
  CHECK(now.why == md::reason::not_judged);
  CHECK(md::no_judge::load(judge.save()));
  CHECK(md::no_judge::load({}).error().code() == millrace::errc::truncated);
  CHECK(judge.merge(md::no_judge()));
}
