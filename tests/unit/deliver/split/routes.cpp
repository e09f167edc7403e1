#include <millrace/deliver/split/routes.hpp>

#include <millrace/deliver/split/split_by.hpp>
#include <millrace/deliver/split/split_hashed.hpp>
#include <millrace/deliver/split/split_random.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <string_view>

namespace md = millrace::deliver;

namespace {

struct request {
  std::uint64_t user = 0;
  std::string_view region;
  bool paying = false;
};

using eu_models = md::split_hashed<"eu-2026", md::weights<50, 30, 20>>;
using models = md::split_hashed<"all-2026", md::weights<90, 10>>;

constexpr bool is_paying(const request& one) noexcept { return one.paying; }

}  // namespace

TEST_CASE("routes: the first route that takes a request decides") {
  // [routes]
  const md::routes by_segment{
      md::route{[](const request& one) noexcept { return one.region == "eu"; },
                md::split_by(&request::user, eu_models())},
      md::route{is_paying, md::split_by(&request::user, md::split_hashed<"paying", md::weights<100>>())},
      md::otherwise{md::split_by(&request::user, models())}};
  // [/routes]
  static_assert(md::split_policy<decltype(by_segment), request>);
  CHECK(by_segment.variants() == 3);
  for (std::uint64_t user = 0; user < 500; ++user) {
    for (const bool paying : {false, true}) {
      const md::routed eu = by_segment.assign(request{user, "eu", paying});
      REQUIRE(eu.route == 0);
      REQUIRE(static_cast<const md::assignment&>(eu) == eu_models().assign(user));
    }
    const md::routed paying = by_segment.assign(request{user, "us", true});
    REQUIRE(paying.route == 1);
    REQUIRE(paying.variant == 0);
    const md::routed other = by_segment.assign(request{user, "us", false});
    REQUIRE(other.route == 2);
    REQUIRE(static_cast<const md::assignment&>(other) == models().assign(user));
  }
}

TEST_CASE("routes: what no route takes has no variant, and says why") {
  md::routes only_eu{md::route{[](const request& one) noexcept { return one.region == "eu"; },
                               md::split_random<md::weights<50, 50>>(1)}};
  const md::routed none = only_eu.assign(request{1, "us"});
  CHECK_FALSE(none);
  CHECK(none.how == md::placement::no_route);
  CHECK(none.propensity == 0);
  CHECK(none.route == md::assignment::none);
  std::uint32_t second = 0;
  for (int i = 0; i < 100; ++i) second += only_eu.assign(request{1, "eu"}).variant;
  CHECK(second > 20);
  CHECK(second < 80);
}
