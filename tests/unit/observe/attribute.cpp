#include <millrace/observe/attribute.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>

using millrace::v0::observe::attribute;
using millrace::v0::observe::attribute_kind;

TEST_CASE("attribute: a value has the kind of its type") {
  CHECK(attribute("a", "text").kind == attribute_kind::text);
  CHECK(attribute("a", std::string("text")).text == "text");
  CHECK(attribute("a", 3).kind == attribute_kind::whole);
  CHECK(attribute("a", -3).whole == -3);
  CHECK(attribute("a", 3U).whole == 3);
  CHECK(attribute("a", (std::numeric_limits<std::uint64_t>::max)()).whole ==
        (std::numeric_limits<std::int64_t>::max)());
  CHECK(attribute("a", 0.5F).real == 0.5);
  CHECK(attribute("a", 0.5).kind == attribute_kind::real);
  CHECK(attribute("a", true).kind == attribute_kind::truth);
  CHECK(attribute("a", true).truth);
  CHECK(attribute("a", 1) == attribute("a", 1));
  CHECK_FALSE(attribute("a", 1) == attribute("a", 1.0));
}
