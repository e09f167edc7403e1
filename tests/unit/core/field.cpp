#include <millrace/core/field.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

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

TEST_CASE("what may be assigned to a value may be its start, but no fraction for an integer and no number for a bool") {
  using mr::detail::starts_as;
  STATIC_REQUIRE(starts_as<int, std::size_t>);
  STATIC_REQUIRE(starts_as<double, float>);
  STATIC_REQUIRE(starts_as<int, double>);
  STATIC_REQUIRE(starts_as<std::string_view, std::string>);
  STATIC_REQUIRE(starts_as<const char (&)[5], std::string>);
  STATIC_REQUIRE(starts_as<bool&, bool>);
  STATIC_REQUIRE(starts_as<std::true_type, bool>);
  STATIC_REQUIRE_FALSE(starts_as<double, int>);
  STATIC_REQUIRE_FALSE(starts_as<const float&, long>);
  STATIC_REQUIRE_FALSE(starts_as<int, bool>);
  STATIC_REQUIRE_FALSE(starts_as<const char*, bool>);
  STATIC_REQUIRE_FALSE(starts_as<int, std::vector<float>>);
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
