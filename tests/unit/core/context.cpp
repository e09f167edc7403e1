#include <millrace/core/context.hpp>

#include <support/catch.hpp>

#include <memory>
#include <string>
#include <type_traits>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"epoch", int> epoch;
inline constexpr mr::field<"title", std::string> title;
inline constexpr mr::field<"owner", std::unique_ptr<int>> owner;
inline constexpr mr::field<"epoch", long> epoch_long;

}  // namespace

TEST_CASE("a context keeps each field's value in its own slot") {
  auto ctx = mr::context(epoch = 3, title = "first");
  CHECK(ctx[epoch] == 3);
  CHECK(ctx[title] == "first");
  ctx[epoch] = 4;
  const auto& view = ctx;
  CHECK(view[epoch] == 4);
  STATIC_REQUIRE(std::is_same_v<decltype(view[epoch]), const int&>);
}

TEST_CASE("a context knows which fields it has and which it was given") {
  using given =
      mr::basic_context<mr::field_list<std::remove_const_t<decltype(epoch)>>,
                        mr::field_list<std::remove_const_t<decltype(epoch)>, std::remove_const_t<decltype(title)>>>;
  STATIC_REQUIRE(given::has<std::remove_const_t<decltype(title)>>);
  STATIC_REQUIRE_FALSE(given::has<std::remove_const_t<decltype(owner)>>);
  STATIC_REQUIRE(given::provided::size == 1);
  CHECK(given(epoch = 2)[title].empty());
}

TEST_CASE("a context carries what cannot be copied") {
  auto ctx = mr::context(owner = std::make_unique<int>(5));
  auto moved = std::move(ctx);
  CHECK(*moved[owner] == 5);
}

TEST_CASE("fields of one name and different types are different fields") {
  auto ctx = mr::context(epoch = 1, epoch_long = 2L);
  CHECK(ctx[epoch] == 1);
  CHECK(ctx[epoch_long] == 2);
}
