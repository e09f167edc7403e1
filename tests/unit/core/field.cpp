#include <millrace/core/field.hpp>

#include <support/catch.hpp>

#include <string>
#include <type_traits>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"a", int> a;
inline constexpr mr::field<"b", std::string> b;
inline constexpr mr::field<"c", double> c;
template <auto... Fields>
using list = mr::detail::to_field_list_t<mr::fields<Fields...>>;

}  // namespace

TEST_CASE("a field is its name and its type, and takes no room") {
  STATIC_REQUIRE(a.name == "a");
  STATIC_REQUIRE(std::is_empty_v<decltype(a)>);
  STATIC_REQUIRE(std::is_same_v<decltype(b)::type, std::string>);
  STATIC_REQUIRE(std::is_same_v<decltype(a), const mr::field<"a", int>>);
}

TEST_CASE("assigning to a field makes a start value and leaves the field alone") {
  const auto start = b = "text";
  CHECK(start.value == "text");
  STATIC_REQUIRE(std::is_same_v<decltype(start), const mr::bound<mr::field<"b", std::string>>>);
}

TEST_CASE("merged lists keep the order of first appearance") {
  using merged = mr::detail::merge_fields_t<list<b, a>, list<a, c>, list<>, list<c, b>>;
  STATIC_REQUIRE(std::is_same_v<merged, list<b, a, c>>);
  STATIC_REQUIRE(mr::detail::contains<merged, std::remove_const_t<decltype(c)>>);
  STATIC_REQUIRE_FALSE(mr::detail::contains<list<a>, std::remove_const_t<decltype(c)>>);
}

TEST_CASE("every field of a list is visited in order") {
  std::string names;
  mr::detail::for_each_field(list<c, a>{}, [&](auto field) { names += field.name; });
  CHECK(names == "ca");
}
