#include <millrace/deliver/experiment/design.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <string_view>

namespace md = millrace::deliver;
using namespace millrace::stats;

using two = md::variants<md::variant<"control", 80>, md::variant<"treatment", 20>>;
using three = md::variants<md::variant<"a", 1>, md::variant<"b", 1>, md::variant<"c", 2>>;

TEST_CASE("variants have units by their weights, as weights<...> of the same numbers") {
  STATIC_REQUIRE(two::share(0) == 0.8);
  STATIC_REQUIRE(three::share(2) == 0.5);
  STATIC_REQUIRE(two::find("treatment") == 1);
  STATIC_REQUIRE(two::find("nobody") == two::size);
  STATIC_REQUIRE(md::detail::layer_name<md::layer<"ui", md::slice<"a", 100>>>() == "ui");
  for (std::uint64_t u = 0; u < 500; ++u) {
    const std::uint64_t hash = md::unit_hash("salt", u);
    CHECK(two::variant(hash) == md::weights<80, 20>::variant(hash));
    CHECK(three::variant(hash) == md::weights<25, 25, 50>::variant(hash));
  }
}

TEST_CASE("each kind of metric has its rule for the outcomes of a unit, and may have another one") {
  namespace detail = md::detail;
  STATIC_REQUIRE(detail::unit_rule_of<conversion<"c">>() == md::unit_rule::any);
  STATIC_REQUIRE(detail::unit_rule_of<mean_of<"m">>() == md::unit_rule::sum);
  STATIC_REQUIRE(detail::unit_rule_of<ratio<"a", "b">>() == md::unit_rule::sum);
  STATIC_REQUIRE(detail::unit_rule_of<quantile_of<"q", .5>>() == md::unit_rule::mean);
  using rated = md::per_unit<mean_of<"stars">, md::unit_rule::max>;
  STATIC_REQUIRE(detail::unit_rule_of<rated>() == md::unit_rule::max);
  CHECK(rated::name == "stars");
  CHECK(to_string(md::unit_rule::mean) == "mean");
  CHECK(to_string(md::harm::below) == "below");
}

TEST_CASE("a unit's words: the inputs and the number of outcomes of each metric, then the covariates") {
  using list = md::detail::unit_metrics<conversion<"c">, cuped_mean<"s">, ratio<"a", "b">>;
  STATIC_REQUIRE(list::words == 1 + 1 + 2 + 3 + 1);
  STATIC_REQUIRE(list::first[2] == 4);
  STATIC_REQUIRE(list::covariate[1] == 7);
  STATIC_REQUIRE(list::find("a/b") == 2);
  const double half = 0.5;
  CHECK_FALSE(list::takes(0, &half));  // no conversion
  CHECK(list::takes(1, &half));
}
