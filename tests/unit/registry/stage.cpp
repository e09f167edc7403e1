#include <millrace/registry/stage.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <string>

namespace mr = millrace;
namespace mg = millrace::registry;
using mg::stage;

TEST_CASE("stages are read by their names, in any letters") {
  for (std::size_t i = 0; i < mg::stages; ++i)
    CHECK(*mg::parse_stage(to_string(static_cast<stage>(i))) == static_cast<stage>(i));
  CHECK(*mg::parse_stage("Production") == stage::production);
  CHECK(*mg::parse_stage("None") == stage::development);
  CHECK(to_string(static_cast<stage>(4)).empty());
  for (const char* text : {"", "prod", "staging ", "productionproductionproductionproduction"}) {
    const auto read = mg::parse_stage(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == mr::errc::invalid_argument);
  }
}

TEST_CASE("the standard edges lead to production by way of staging") {
  using standard = mg::standard_edges;
  STATIC_REQUIRE(standard::allows(stage::development, stage::staging));
  STATIC_REQUIRE(standard::allows(stage::staging, stage::production));
  STATIC_REQUIRE_FALSE(standard::allows(stage::development, stage::production));
  STATIC_REQUIRE_FALSE(standard::allows(stage::archived, stage::production));
  STATIC_REQUIRE_FALSE(standard::allows(stage::production, stage::development));
  int legal = 0;
  for (std::size_t from = 0; from < mg::stages; ++from)
    for (std::size_t to = 0; to < mg::stages; ++to) {
      legal += standard::allows(static_cast<stage>(from), static_cast<stage>(to));
      CHECK(mg::any_edge::allows(static_cast<stage>(from), static_cast<stage>(to)) == (from != to));
    }
  CHECK(legal == 8);
}

TEST_CASE("an illegal edge is refused with those that there are") {
  using narrow = mg::edges<mg::edge<stage::development, stage::staging>, mg::edge<stage::staging, stage::production>>;
  CHECK(mg::check_edge<narrow>(stage::development, stage::staging));
  const auto skipped = mg::check_edge<narrow>(stage::development, stage::production);
  CHECK(skipped.error().code() == mr::errc::invalid_argument);
  CHECK(skipped.error().message() ==
        "no version goes from development to production; there are development to staging, staging to production");
  CHECK(mg::check_edge<narrow>(stage::staging, stage::staging).error().code() == mr::errc::conflict);
  CHECK(mg::check_edge<mg::any_edge>(stage::staging, static_cast<stage>(9)).error().code() ==
        mr::errc::invalid_argument);
}
