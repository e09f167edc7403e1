#include <millrace/aggregate/windows/tumbling.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/sketches/kll.hpp>

#include <laws/aggregator.hpp>
#include <support/ended_windows.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/time_jumps.hpp>

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

using total = support::exact_total;
using ended = support::ended_windows;
using support::into;

std::int64_t floor_to(std::int64_t time, std::int64_t step) {
  const std::int64_t over = time % step;
  return time - (over < 0 ? over + step : over);
}

/// The windows that a list of items makes, by hand.
ended by_hand(const std::vector<std::pair<std::int64_t, double>>& items, std::int64_t length, std::int64_t step) {
  std::map<std::int64_t, total> windows;
  for (const auto& [time, x] : items)
    for (std::int64_t begin = floor_to(time, step); begin > time - length; begin -= step) windows[begin].update(x);
  ended made;
  for (const auto& [begin, what] : windows)
    made.emplace_back(mr::time_range{mr::time_point(begin), mr::time_point(begin + length)}, what);
  return made;
}

template <class W>
void ends_what_it_should(std::int64_t length, std::int64_t step, std::int64_t lateness, std::int64_t start,
                         std::uint64_t seed) {
  mr::random_engine random(seed);
  W window;
  ended found;
  const auto expected = support::feed_out_of_order(
      window, found, 40'000, start, lateness, random, [&] { return random.below(random.below(500) == 0 ? 300 : 3); },
      [&] { return random.below(12); });
  window.finish(into(found));
  CHECK(window.late() == expected.late);
  CHECK(expected.late > 0);
  CHECK(found == by_hand(expected.items, length, step));
}

using ten = mr::windowed<mr::tumbling<mr::duration(10)>, total, mr::event_time<mr::duration(8)>>;
using hops = mr::windowed<mr::hopping<mr::duration(30), mr::duration(12)>, total, mr::event_time<mr::duration(5)>>;

}  // namespace

TEST_CASE("tumbling windows end with the items of their stretch of time, each once, in order") {
  ends_what_it_should<ten>(10, 10, 8, 0, 1);
  ends_what_it_should<ten>(10, 10, 8, -50'000, 2);
  ends_what_it_should<ten>(10, 10, 8, 9'000'000'000'000'000'000, 3);
}

TEST_CASE("hopping windows end with the items of each of their stretches") {
  ends_what_it_should<hops>(30, 12, 5, 0, 4);
  ends_what_it_should<hops>(30, 12, 5, -50'000, 5);
  using even = mr::windowed<mr::hopping<mr::duration(50), mr::duration(10)>, total, mr::event_time<mr::duration(8)>>;
  ends_what_it_should<even>(50, 10, 8, -9'000'000'000'000'000'000, 6);
}

TEST_CASE("tumbling windows do not depend on the order of arrival within the lateness") {
  std::vector<std::pair<std::int64_t, double>> items;
  for (std::int64_t t = 0; t < 3000; ++t) items.emplace_back(t, static_cast<double>(t % 17));
  mr::random_engine random(9);
  ended expected;
  for (int round = 0; round < 5; ++round) {
    auto shuffled = items;
    if (round != 0)
      for (std::size_t i = 0; i + 8 <= shuffled.size(); i += 8)
        for (std::size_t j = 7; j != 0; --j) std::swap(shuffled[i + j], shuffled[i + random.below(j + 1)]);
    ten window;
    ended found;
    for (const auto& [time, x] : shuffled) window.update(x, mr::time_point(time), into(found));
    window.finish(into(found));
    CHECK(window.late() == 0);
    if (round == 0) expected = found;
    CHECK(found == expected);
  }
}

TEST_CASE("a window ends when the watermark reaches its end, and not before") {
  ten window;
  ended found;
  window.update(1, mr::time_point(3), into(found));
  window.advance(mr::time_point(17), into(found));
  CHECK(found.empty());
  window.update(2, mr::time_point(9), into(found));  // in time still
  window.advance(mr::time_point(18), into(found));
  REQUIRE(found.size() == 1);
  CHECK(found[0].second == total{3, 2});
  window.update(2, mr::time_point(9), into(found));
  CHECK(window.late() == 1);
}

TEST_CASE("without a sink the last window is kept, and arrival can stamp the items") {
  mr::windowed<mr::tumbling<1min>, mr::kll<200>> minutes;
  minutes.update(1, mr::time_point(10s));
  CHECK_FALSE(minutes.last().has_value());
  minutes.update(2, mr::time_point(70s));
  REQUIRE(minutes.last().has_value());
  CHECK(minutes.last()->when == mr::time_range{mr::time_point(0s), mr::time_point(1min)});
  CHECK(minutes.last()->what.count() == 1);
  minutes.finish();
  CHECK(minutes.last()->what.quantile(0.5) == 2);

  mr::windowed<mr::tumbling<1h>, total, mr::processing_time<>> live;
  live.update(3);
  live.advance();
  live.finish();
  CHECK(live.last()->what == total{3, 1});
}

TEST_CASE("windows by number are full one after the other") {
  mr::windowed<mr::tumbling_count<3>, total> threes;
  std::vector<std::pair<std::uint64_t, total>> full;
  for (int i = 0; i < 8; ++i)
    threes.update(i, [&](std::uint64_t first, const total& what) { full.emplace_back(first, what); });
  REQUIRE(full.size() == 2);
  CHECK(full[0] == std::pair<std::uint64_t, total>{0, {3, 3}});
  CHECK(full[1] == std::pair<std::uint64_t, total>{3, {12, 3}});
  CHECK(threes.open() == total{13, 2});
  threes.update(1);
  CHECK(threes.last() == total{14, 3});
  auto back = decltype(threes)::load(threes.save());
  REQUIRE(back.has_value());
  CHECK(back->save() == threes.save());
  CHECK_FALSE(mr::windowed<mr::tumbling_count<4>, total>::load(threes.save()).has_value());
}

TEST_CASE("merged windows end with the items of both") {
  const auto check = [](auto window) {
    auto one = window;
    auto other = window;
    ended expected, found;
    mr::random_engine random(6);
    std::int64_t now = 0;
    for (int i = 0; i < 500; ++i) {
      now += static_cast<std::int64_t>(random.below(3));
      const mr::time_point time(now - static_cast<std::int64_t>(random.below(4)));
      window.update(i, time, into(expected));
      auto& part = random.below(2) == 0 ? one : other;
      auto& rest = &part == &one ? other : one;
      part.update(i, time, into(found));
      rest.advance(time, into(found));  // both stay at one time
    }
    one.advance(mr::time_point(now), into(found));
    other.advance(mr::time_point(now), into(found));
    window.advance(mr::time_point(now), into(expected));
    REQUIRE(one.merge(other).has_value());
    one.finish(into(found));
    window.finish(into(expected));
    // What ended before they merged ended in two parts.
    std::map<std::int64_t, total> sums;
    for (const auto& [when, what] : found) sums[when.begin.nanoseconds].merge(what);
    REQUIRE(sums.size() == expected.size());
    for (const auto& [when, what] : expected) CHECK(sums[when.begin.nanoseconds] == what);
  };
  check(ten());
  check(hops());

  ten ahead, behind;
  behind.update(1, mr::time_point(5));
  ahead.update(1, mr::time_point(100));
  ahead.advance(mr::time_point(200));
  const auto refused = behind.merge(ahead);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == mr::errc::invalid_argument);
  behind.advance(mr::time_point(200));
  CHECK(behind.merge(ahead).has_value());
}

TEST_CASE("ending windows are saved, and hostile bytes do no harm") {
  const auto check = [](auto window) {
    using type = decltype(window);
    const auto same = [](type a, type b) {
      ended x, y;
      a.finish(into(x));
      b.finish(into(y));
      CHECK(x == y);
      CHECK(a.late() == b.late());
    };
    laws::save_and_load(window, same);
    for (std::int64_t i = -100; i < 100; ++i) window.update(static_cast<double>(i), mr::time_point(i - i % 5));
    laws::save_and_load(window, same);
    const auto use = [](type& w) {
      for (std::int64_t i = 0; i < 100; ++i) w.update(1, mr::time_point(100 + 3 * i));
      type other = w;
      CHECK(other.merge(w).has_value());
      CHECK(type::load(w.save()).has_value());
      w.advance(mr::time_point(2000));
    };
    laws::hostile_bytes(window, use);
    laws::hostile_payload(window, support::reseal, use, 5, 3000);
  };
  check(ten());
  check(hops());
  check(mr::windowed<mr::tumbling<>, total>(mr::duration(7)));
  CHECK(hops::load(ten().save()).error().code() == mr::errc::type_mismatch);
}

TEST_CASE("ending windows keep their saved form: golden bytes give the same answers and the same bytes") {
  using aggregate = mr::aggregate<mr::count, mr::sum, mr::min>;
  using some_late = mr::event_time<mr::duration(20)>;
  const auto stream = support::golden_stream();
  const auto check = [&](const std::string& name, auto window) {
    for (std::size_t i = 0; i < 100; ++i) {
      const auto now = static_cast<std::int64_t>(i) - 30;
      window.update(stream[i], mr::time_point(now - (i % 9 == 0 ? 25 : 0)));
    }
    auto back = support::from_golden("aggregate/" + name + ".bin", window);
    CHECK(back.late() == window.late());
    const auto ends_of = [](auto& w) {
      std::vector<std::pair<mr::time_range, double>> ended;
      w.finish([&](mr::time_range when, const aggregate& what) { ended.emplace_back(when, what.get<mr::sum>()); });
      return ended;
    };
    const auto expected = ends_of(window);
    CHECK(ends_of(back) == expected);
    CHECK(expected.size() > 2);
  };
  check("tumbling", mr::windowed<mr::tumbling<mr::duration(10)>, aggregate, some_late>());
  check("hopping", mr::windowed<mr::hopping<mr::duration(30), mr::duration(10)>, aggregate, some_late>());

  mr::windowed<mr::tumbling_count<30>, aggregate> hundreds;
  for (std::size_t i = 0; i < 100; ++i) hundreds.update(stream[i]);
  auto back = support::from_golden("aggregate/tumbling_count.bin", hundreds);
  CHECK(back.open().get<mr::count>() == 10);
  CHECK(back.open().get<mr::sum>() == hundreds.open().get<mr::sum>());
}

TEST_CASE("windows by number are saved, and hostile bytes do no harm") {
  using type = mr::windowed<mr::tumbling_count<>, mr::aggregate<mr::sum, mr::max>>;
  type window(12);
  const auto same = [](const type& a, const type& b) {
    CHECK(a.open().get<mr::sum>() == b.open().get<mr::sum>());
    CHECK(a.open().items() == b.open().items());
  };
  laws::save_and_load(window, same);
  for (int i = 0; i < 30; ++i) window.update(i);
  const std::vector<double> more(20, 2.5);
  laws::save_and_go_on(window, std::span<const double>(more), same);
  const auto use = [](type& w) {
    for (int i = 0; i < 100; ++i) w.update(i);
    CHECK(type::load(w.save()).has_value());
  };
  laws::hostile_bytes(window, use);
  laws::hostile_payload(window, support::reseal, use, 5, 3000);
}

TEST_CASE("a wrong time stamp is refused where a jump has a limit, and reset starts anew: tumbling<60s>") {
  support::check_jump_limit<mr::tumbling<60s>>();
}

TEST_CASE("a window of a number of items is reset") {
  mr::windowed<mr::tumbling_count<2>, mr::aggregate<mr::count>> pairs;
  for (int i = 0; i < 3; ++i) pairs.update(i);
  CHECK_FALSE(pairs.empty());
  pairs.reset();
  CHECK(pairs.empty());
  CHECK_FALSE(pairs.last().has_value());
}
