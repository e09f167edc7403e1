#include <millrace/deliver/verdict.hpp>

#include <support/catch.hpp>

namespace md = millrace::deliver;

TEST_CASE("a verdict without data is to hold", "[deliver]") {
  CHECK(md::name(md::verdict{}) == "hold");
  CHECK(md::name(md::verdict::promote) == "promote");
  CHECK(md::name(md::verdict::rollback) == "rollback");
}
