#include <millrace/aggregate/windows/window.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/session.hpp>
#include <millrace/aggregate/windows/sliding.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>

#include <laws/aggregator.hpp>

#include <chrono>
#include <cstdint>
#include <type_traits>

namespace mr = millrace;
using namespace std::chrono_literals;

TEST_CASE("a window's kind, length and time stand in its type") {
  STATIC_REQUIRE(std::is_same_v<mr::sliding<60s>, mr::sliding<1min>>);
  STATIC_REQUIRE(mr::event_time<10s>::lateness == 10'000'000'000);
  STATIC_REQUIRE(mr::event_time<>::lateness == 0);
  STATIC_REQUIRE(mr::detail::by_arrival<mr::processing_time<>>);
  STATIC_REQUIRE_FALSE(mr::detail::by_arrival<mr::event_time<>>);
  CHECK(mr::time_range{mr::time_point(1s), mr::time_point(2s)} ==
        mr::time_range{mr::time_point(1000ms), mr::time_point(2000ms)});
}

TEST_CASE("a length that is not above zero is an error of make; a window constructed so takes nothing and says so") {
  using counted = mr::aggregate<mr::count>;
  const auto check = []<class Window>(std::type_identity<Window>, const char* message) {
    for (const mr::duration wrong : {mr::duration(0), mr::duration(-300'000'000'000)}) {
      auto refused = Window::make(wrong);
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().code() == mr::errc::invalid_argument);
      Window taken(wrong);
      for (int i = 0; i < 5; ++i) taken.update(1.0, mr::time_point(i * std::int64_t{10'000'000'000}));
      CHECK(taken.late() == 5);
      if constexpr (requires { taken.template get<mr::count>(); })
        CHECK(taken.template get<mr::count>() == 0);
      else
        CHECK_FALSE(taken.last().has_value());
    }
    CHECK(Window::make(mr::duration(-1'500'000)).error().message() == message);
    CHECK(Window::make(mr::duration(1)).has_value());
  };
  check(std::type_identity<mr::windowed<mr::sliding<>, counted>>(), "sliding: the length, -1500 us, is not above zero");
  check(std::type_identity<mr::windowed<mr::sliding<mr::duration{}, mr::duration(10)>, counted>>(),
        "sliding: the length, -1500 us, is not above zero");
  check(std::type_identity<mr::windowed<mr::tumbling<>, counted>>(),
        "tumbling: the length, -1500 us, is not above zero");
  check(std::type_identity<mr::windowed<mr::session<>, counted>>(), "session: the gap, -1500 us, is not above zero");

  const mr::windowed<mr::sliding<>, counted> a(mr::duration(60'000'000'000));
  mr::windowed<mr::sliding<>, counted> b(mr::duration(1'500'000'000));
  CHECK(b.merge(a).error().message() == "windows of different length: the other's is 60 s, this one's 1500 ms");
}

TEST_CASE("a window that was moved from is as freshly made, and moving one to itself changes nothing") {
  using fused = mr::aggregate<mr::count, mr::mean, mr::max>;
  const auto by_count = [](auto& window, int items) {
    for (int i = 0; i < items; ++i) window.update(1 + 0.5 * (i * 7 % 31));
  };
  const auto by_time = [](auto& window, int items) {
    for (int i = 0; i < items; ++i) window.update(1 + 0.5 * (i * 7 % 31), mr::time_point(1000 * i + 700 * (i % 3)));
  };
  const auto law = [](const auto& made, const auto& feed) { laws::moving([&] { return made; }, feed); };
  law(mr::windowed<mr::sliding_count<300>, fused>(), by_count);
  law(mr::windowed<mr::sliding_count<300, mr::worst_case>, fused>(), by_count);
  law(mr::windowed<mr::sliding_count<>, mr::aggregate<mr::max>>(300), by_count);
  law(mr::windowed<mr::sliding_count<300>, mr::aggregate<mr::count>>(), by_count);
  law(mr::windowed<mr::sliding_count<300, mr::subtracting>, mr::aggregate<mr::mean>>(), by_count);
  law(mr::windowed<mr::sliding<mr::duration(300'000)>, fused, mr::event_time<mr::duration(2000)>>(200), by_time);
  law(mr::windowed<mr::sliding<>, fused>(mr::duration(300'000)), by_time);
  law(mr::windowed<mr::sliding<mr::duration(300'000), mr::duration(10'000)>, fused>(), by_time);
  law(mr::windowed<mr::sliding<mr::duration{}, mr::duration(10'000)>, fused>(mr::duration(300'000)), by_time);
  law(mr::windowed<mr::tumbling<mr::duration(50'000)>, fused>(), by_time);
  law(mr::windowed<mr::hopping<mr::duration(50'000), mr::duration(10'000)>, fused>(), by_time);
  law(mr::windowed<mr::tumbling_count<30>, fused>(), by_count);
  law(mr::windowed<mr::session<mr::duration(1500)>, fused, mr::event_time<mr::duration(2000)>>(), by_time);
}
