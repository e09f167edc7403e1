#include <millrace/observe/events/subscription.hpp>

#include <millrace/observe/events/event_emitter.hpp>
#include <support/catch.hpp>

#include <utility>

namespace mo = millrace::observe;

namespace {
struct beat {};
}  // namespace

TEST_CASE("an empty subscription is for nothing, and a moved one is empty") {
  mo::subscription none;
  CHECK(!none);
  CHECK(none.name().empty());
  CHECK(none.failures() == 0);
  none.unsubscribe();
  mo::event_emitter<beat> events;
  int heard = 0;
  auto one = events.subscribe<beat>("one", [&](const beat&) { ++heard; });
  auto two = std::move(one);
  CHECK(!one);
  CHECK(two.name() == "one");
  one = std::move(two);
  auto& same = one;
  one = std::move(same);  // stays
  events.emit(beat{});
  CHECK(heard == 1);
}
