#include <millrace/feature/specification/specification.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mf = millrace::feature;

TEST_CASE("a parameter is a number, a text, or a list of either") {
  CHECK(mf::parameter{"low", 0}.numbers == std::vector<double>{0});
  CHECK(mf::parameter{"with", "median"}.texts == std::vector<std::string>{"median"});
  CHECK(mf::parameter{"edges", {10, 50}}.numbers == std::vector<double>{10, 50});
  CHECK(mf::parameter{"categories", {"DE", "FR"}}.texts == std::vector<std::string>{"DE", "FR"});
  CHECK(mf::parameter{"categories", {"DE"}}.texts == std::vector<std::string>{"DE"});
  CHECK(mf::parameter("a", std::vector<double>{1}) == mf::parameter{"a", 1});
  CHECK_FALSE(mf::parameter{"a", 1} == mf::parameter{"a", "1"});
}

TEST_CASE("rules of types become rules in words") {
  const mf::specified_rule one = mf::missing(mf::flag(2));
  CHECK(one.about == mf::trouble::missing);
  CHECK(one.then == mf::reaction::fill_and_flag);
  CHECK(one.value == 2);
  CHECK(mf::specified_rule(mf::mistyped(mf::keep)).about == mf::trouble::mistyped);
  CHECK(mf::to_string(mf::trouble::mistyped) == "mistyped");
}
