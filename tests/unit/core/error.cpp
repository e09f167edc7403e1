#include <millrace/core/error.hpp>

#include <support/catch.hpp>

namespace mr = millrace;

TEST_CASE("an error is one pointer wide and copies deeply") {
  STATIC_REQUIRE(sizeof(mr::error) == sizeof(void*));
  mr::error first(mr::errc::io, "disk is full");
  mr::error second = first;
  first = mr::error(mr::errc::closed, "closed");
  CHECK(second.message() == "disk is full");
  CHECK(second.code() == mr::errc::io);
}

TEST_CASE("an error names its causes, outermost first") {
  mr::error why = mr::error(mr::errc::not_finite, "batch[3,7] is NaN").wrap("validation").wrap("event \"load\"");
  CHECK(why.code() == mr::errc::not_finite);
  CHECK(why.describe() == "event \"load\": validation: batch[3,7] is NaN");
  REQUIRE(why.cause() != nullptr);
  CHECK(why.cause()->cause()->cause() == nullptr);
  const mr::error copy = why;
  CHECK(copy.describe() == why.describe());
}

TEST_CASE("codes have stable names and numbers") {
  CHECK(mr::to_string(mr::errc::not_finite) == "not_finite");
  CHECK(mr::to_string(static_cast<mr::errc>(9)) == "unknown");
  CHECK(static_cast<int>(mr::errc::conflict) == 105);
  CHECK(mr::to_string(mr::errc::conflict) == "conflict");
  CHECK(static_cast<int>(mr::errc::checksum_mismatch) == 206);
  CHECK(static_cast<int>(mr::errc::not_authentic) == 207);
  CHECK(static_cast<int>(mr::errc::vetoed) == 403);
}
