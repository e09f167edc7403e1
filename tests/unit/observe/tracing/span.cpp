#include <millrace/observe/tracing/span.hpp>

#include <millrace/observe/tracing/tracer.hpp>
#include <support/catch.hpp>

#include <type_traits>
#include <utility>

using namespace millrace::observe;

TEST_CASE("span: it is moved and not copied, and the one that it takes the place of ends") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<span>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<span>);
  tracer made;
  span one = made.start("one");
  span moved = std::move(one);
  CHECK_FALSE(one);
  CHECK(moved);
  moved = made.start("two");
  auto spans = made.drain();
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].name == "one");
  moved.end();
  moved.end();
  moved.set("late", 1);
  spans = made.drain();
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].attributes.empty());
}

TEST_CASE("span: a span of nobody ends without a trace") {
  span nothing;
  {
    const span_scope within(nothing);
    tracer made;
    CHECK_FALSE(made.start("root").context() == span_context{});
  }
  nothing.end_at(5);
  CHECK(nothing.tick() == 0);
}
