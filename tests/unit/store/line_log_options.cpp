#include <millrace/store/line_log_options.hpp>

#include <support/catch.hpp>

namespace mr = millrace;

TEST_CASE("the policies for a full ring are told apart by type", "[line_log_options]") {
  STATIC_REQUIRE(mr::store::full_policy<mr::store::block>);
  STATIC_REQUIRE(mr::store::full_policy<mr::store::drop_and_count>);
  STATIC_REQUIRE_FALSE(mr::store::full_policy<int>);
  STATIC_REQUIRE(mr::store::block::waits);
  STATIC_REQUIRE_FALSE(mr::store::drop_and_count::waits);
}

TEST_CASE("a repair that removed nothing is no repair", "[line_log_options]") {
  CHECK_FALSE(mr::store::tail_repair{});
  CHECK(mr::store::tail_repair{10, 3});
}
