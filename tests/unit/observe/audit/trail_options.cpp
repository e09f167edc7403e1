#include <millrace/observe/audit/trail_options.hpp>

#include <support/catch.hpp>

namespace mo = millrace::observe;

TEST_CASE("an audit trail syncs each group unless told otherwise, and says whether it mended something",
          "[trail_options]") {
  const mo::audit_trail_options options;
  CHECK(options.sync == millrace::store::sync_policy::every_group);
  CHECK(options.wall_clock == &millrace::unix_nanoseconds);
  CHECK(options.lock);
  CHECK_FALSE(mo::trail_repair{});
  CHECK(mo::trail_repair{4096, 1, 0});
  CHECK(mo::trail_repair{4096, 0, 1});
}
