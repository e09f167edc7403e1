#include <millrace/chain/outcome.hpp>

#include <support/catch.hpp>

namespace mr = millrace;

TEST_CASE("a lenient result without failures is a success") {
  const mr::lenient_result done;
  CHECK(done);
  CHECK(done.failures().empty());
}

TEST_CASE("a lenient result with failures is never plain success, and lists them") {
  mr::lenient_result done;
  done.add({1, "forward_pass", mr::error(mr::errc::shape_mismatch, "batch has 3 columns, the network 4")});
  done.add({3, "update_weights", mr::error(mr::errc::not_finite, "gradients hold NaN")});
  CHECK_FALSE(done);
  CHECK(done.failures().size() == 2);
  CHECK(done.error().code() == mr::errc::completed_with_failures);
  CHECK(done.error().message() == "completed with 2 failures: batch has 3 columns, the network 4; gradients hold NaN");
}
