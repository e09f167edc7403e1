#include <millrace/aggregate/windows/session.hpp>

#include <support/catch.hpp>

#include <laws/aggregator.hpp>
#include <support/ended_windows.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/time_jumps.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

using total = support::exact_total;
using ended = support::ended_windows;
using support::into;
using visits = mr::windowed<mr::session<mr::duration(10)>, total, mr::event_time<mr::duration(40)>>;

ended by_hand(std::vector<std::pair<std::int64_t, double>> items) {
  std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  ended made;
  std::int64_t last = 0;
  for (const auto& [time, x] : items) {
    if (made.empty() || time - last >= 10)
      made.emplace_back(mr::time_range{mr::time_point(time), mr::time_point(time)}, total{});
    last = time;
    made.back().first.end = mr::time_point(time + 10);
    made.back().second.update(x);
  }
  return made;
}

}  // namespace

TEST_CASE("sessions are those of the items in order, however these came") {
  for (const std::int64_t start : {std::int64_t{0}, std::int64_t{-70'000}, std::int64_t{9'000'000'000'000'000'000}}) {
    mr::random_engine random(static_cast<std::uint64_t>(start) + 1);
    visits window;
    ended found;
    const auto expected = support::feed_out_of_order(
        window, found, 50'000, start, 40, random, [&] { return random.below(random.below(10) == 0 ? 30 : 3); },
        [&] { return random.below(random.below(20) == 0 ? 60 : 30); });
    CHECK(window.open_sessions() <= 40 / 10 + 2);
    window.finish(into(found));
    CHECK(window.late() == expected.late);
    CHECK(expected.late > 0);
    CHECK(found == by_hand(expected.items));
  }
}

TEST_CASE("a late item can join two sessions") {
  visits window;
  ended found;
  window.update(1, mr::time_point(0), into(found));
  window.update(2, mr::time_point(18), into(found));
  CHECK(window.open_sessions() == 2);
  window.update(4, mr::time_point(9), into(found));
  CHECK(window.open_sessions() == 1);
  window.advance(mr::time_point(67), into(found));
  CHECK(found.empty());
  window.advance(mr::time_point(68), into(found));
  REQUIRE(found.size() == 1);
  CHECK(found[0].first == mr::time_range{mr::time_point(0), mr::time_point(28)});
  CHECK(found[0].second == total{7, 3});
}

TEST_CASE("without a sink the last session is kept, and arrival can stamp the items") {
  mr::windowed<mr::session<30s>, total> by_event;
  by_event.update(1, mr::time_point(0s));
  by_event.update(1, mr::time_point(29s));
  by_event.update(5, mr::time_point(59s));
  REQUIRE(by_event.last().has_value());
  CHECK(by_event.last()->what == total{2, 2});
  mr::windowed<mr::session<>, total, mr::processing_time<>> live(1h);
  live.update(3);
  live.advance();
  live.finish();
  CHECK(live.last()->what == total{3, 1});
}

TEST_CASE("merged sessions are those of both streams") {
  visits both, one, other;
  ended expected, found;
  mr::random_engine random(6);
  for (int i = 0; i < 30; ++i) {
    const mr::time_point time(static_cast<std::int64_t>(random.below(40)));
    both.update(i, time, into(expected));
    (random.below(2) == 0 ? one : other).update(i, time, into(found));
  }
  REQUIRE(one.merge(other).has_value());
  one.finish(into(found));
  both.finish(into(expected));
  CHECK(found == expected);
  using any_gap = mr::windowed<mr::session<>, total>;
  any_gap five(mr::duration(5));
  CHECK(five.merge(any_gap(mr::duration(6))).error().message() ==
        "windows of different gap: the other's is 6 ns, this one's 5 ns");
}

TEST_CASE("sessions are saved, and hostile bytes do no harm") {
  visits window;
  const auto same = [](visits a, visits b) {
    ended x, y;
    a.finish(into(x));
    b.finish(into(y));
    CHECK(x == y);
    CHECK(a.late() == b.late());
  };
  laws::save_and_load(window, same);
  for (const std::int64_t t : {-50, -12, -45, 3, 60, 4, 30, 80, 45})
    window.update(static_cast<double>(t), mr::time_point(t));
  laws::save_and_load(window, same);
  const auto use = [](visits& w) {
    for (std::int64_t i = 0; i < 100; ++i) w.update(1, mr::time_point(100 + 3 * i + i % 12));
    visits other = w;
    CHECK(other.merge(w).has_value());
    CHECK(visits::load(w.save()).has_value());
    w.advance(mr::time_point(2000));
  };
  laws::hostile_bytes(window, use);
  laws::hostile_payload(window, support::reseal, use, 5, 3000);
  STATIC_REQUIRE(mr::aggregator<visits>);
}

TEST_CASE("sessions keep their saved form: golden bytes give the same answers and the same bytes") {
  using aggregate = mr::aggregate<mr::count, mr::sum, mr::min>;
  mr::windowed<mr::session<mr::duration(10)>, aggregate, mr::event_time<mr::duration(60)>> window;
  const auto stream = support::golden_stream();
  for (std::size_t i = 0; i < 60; ++i) {
    const auto now = static_cast<std::int64_t>(i + i / 7 * 12) - 30;
    window.update(stream[i], mr::time_point(now - (i % 9 == 0 ? 70 : 0)));
  }
  auto back = support::from_golden("aggregate/session.bin", window);
  CHECK(back.late() == window.late());
  CHECK(back.open_sessions() == window.open_sessions());
  CHECK(back.open_sessions() > 2);
  const auto ends_of = [](auto& w) {
    std::vector<std::pair<mr::time_range, double>> ended;
    w.finish([&](mr::time_range when, const aggregate& what) { ended.emplace_back(when, what.get<mr::sum>()); });
    return ended;
  };
  CHECK(ends_of(back) == ends_of(window));
}

TEST_CASE("a wrong time stamp is refused where a jump has a limit, and reset starts anew: session<60s>") {
  support::check_jump_limit<mr::session<60s>>();
}
