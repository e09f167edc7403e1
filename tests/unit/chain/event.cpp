#include <millrace/chain/event.hpp>

#include <millrace/core/clock.hpp>

#include <support/catch.hpp>

#include <type_traits>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"x", int> x;
inline constexpr mr::field<"y", double> y;

struct half {
  using reads = mr::fields<x>;
  using writes = mr::fields<y>;
  void operator()(auto& ctx) const { ctx[y] = ctx[x] / 2.0; }
};
struct no_fields {
  void operator()(auto&) const {}
};

struct use_y {
  using reads = mr::fields<y>;
  using writes = mr::fields<>;
  void operator()(auto&) const {}
};

}  // namespace

TEST_CASE("an event is what declares its fields") {
  STATIC_REQUIRE(mr::event<half>);
  STATIC_REQUIRE_FALSE(mr::event<no_fields>);
}

TEST_CASE("an event runs on a plain context too") {
  auto ctx = mr::context(x = 3, y = 0.0);
  half{}(ctx);
  CHECK(ctx[y] == 1.5);
}

TEST_CASE("an event's view is const where it only reads") {
  auto ctx = mr::context(x = 3, y = 0.0);
  mr::event_context<decltype(ctx), half> view(ctx);
  STATIC_REQUIRE(std::is_same_v<decltype(view[x]), const int&>);
  STATIC_REQUIRE(std::is_same_v<decltype(view[y]), double&>);
  STATIC_REQUIRE(sizeof view == sizeof(void*));
}

TEST_CASE("a stage knows what has been written by now") {
  using first = mr::stage<use_y, 0, mr::steady_clock, use_y, half>;
  using second = mr::stage<half, 1, mr::steady_clock, use_y, half>;
  using y_field = std::remove_const_t<decltype(y)>;
  STATIC_REQUIRE_FALSE(first::is_written<y_field>);
  STATIC_REQUIRE(second::is_written<y_field>);
}

TEST_CASE("a stage knows its place and which fields nobody uses after it") {
  using first = mr::stage<half, 0, mr::steady_clock, half, use_y>;
  using second = mr::stage<use_y, 1, mr::steady_clock, half, use_y>;
  using x_field = std::remove_const_t<decltype(x)>;
  using y_field = std::remove_const_t<decltype(y)>;
  STATIC_REQUIRE(first::name == "half");
  STATIC_REQUIRE(first::count == 2);
  STATIC_REQUIRE(first::is_last_use<x_field>);
  STATIC_REQUIRE_FALSE(first::is_last_use<y_field>);
  STATIC_REQUIRE(second::is_last_use<y_field>);
}
