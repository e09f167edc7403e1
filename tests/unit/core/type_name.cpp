#include <millrace/core/type_name.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;

namespace outer {
template <class T>
struct box {
  struct part {};
};
struct plain {};
namespace {
struct hidden {};
}  // namespace
}  // namespace outer

TEST_CASE("a type's own name has neither namespaces nor arguments") {
  STATIC_REQUIRE(mr::type_name<int> == "int");
  STATIC_REQUIRE(mr::type_name<outer::plain> == "plain");
  STATIC_REQUIRE(mr::type_name<outer::hidden> == "hidden");
  STATIC_REQUIRE(mr::type_name<outer::box<std::vector<int>>> == "box");
  STATIC_REQUIRE(mr::type_name<outer::box<outer::box<int>>::part> == "part");
}

TEST_CASE("the full name is qualified") {
  STATIC_REQUIRE(mr::full_type_name<outer::plain> == "outer::plain");
  CHECK(mr::full_type_name<std::vector<int>>.find("std::vector<int") == 0);
}
