#include <millrace/core/fixed_string.hpp>

#include <support/catch.hpp>

#include <string_view>
#include <type_traits>

namespace {

template <millrace::fixed_string Name>
struct named {};

}  // namespace

TEST_CASE("a literal stands as a template argument, and equal literals make one type") {
  STATIC_REQUIRE(std::is_same_v<named<"loss">, named<"loss">>);
  STATIC_REQUIRE_FALSE(std::is_same_v<named<"loss">, named<"lost">>);
}

TEST_CASE("its view leaves out the terminating zero") {
  constexpr millrace::fixed_string text("loss");
  STATIC_REQUIRE(text.view() == "loss");
  STATIC_REQUIRE(millrace::fixed_string("").view().empty());
  CHECK(std::string_view(text).size() == 4);
}
