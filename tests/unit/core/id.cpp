#include <millrace/core/id.hpp>

#include <support/catch.hpp>

namespace mr = millrace;

TEST_CASE("a session id is the UTC time and 32 random bits") {
  // date -u -d @1737469822 +%Y%m%d_%H%M%S (GNU coreutils 9.1)
  CHECK(mr::make_session_id(1737469822'000000000, 0xa3f8b2c1) == "20250121_143022_a3f8b2c1");
  CHECK(mr::make_session_id(0, 0xffffffff00000001) == "19700101_000000_00000001");
}

TEST_CASE("two sessions that start together have different ids") {
  CHECK(mr::make_session_id() != mr::make_session_id());
}
