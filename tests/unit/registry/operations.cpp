#include <millrace/registry/operations.hpp>

#include <support/catch.hpp>

#include <concepts>

namespace mg = millrace::registry;

TEST_CASE("an operation says what it makes") {
  STATIC_REQUIRE(std::same_as<mg::model_draft::outcome, mg::model>);
  STATIC_REQUIRE(std::same_as<mg::version_draft::outcome, mg::model_version>);
  STATIC_REQUIRE(std::same_as<mg::transition::outcome, mg::stage_change>);
  STATIC_REQUIRE(std::same_as<mg::request_draft::outcome, mg::transition_request>);
  STATIC_REQUIRE(std::same_as<mg::review_draft::outcome, mg::transition_request>);
  const mg::transition asked{.model = "fraud", .version = 1};
  CHECK(asked.to == mg::stage::production);
  CHECK(asked.archives_others);
}
