#include <millrace/aggregate/windows/sliding.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/windows/sliding_window.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/time_jumps.hpp>
#include <support/windows.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

/// A clock that the test moves.
struct set_clock {
  static inline std::uint64_t now = 0;
  std::uint64_t ticks() const noexcept { return now; }
  std::uint64_t nanoseconds(std::uint64_t t) const noexcept { return t; }
};

/// What should be in the window, by time and then as it came.
struct reference_window {
  std::int64_t length;
  std::int64_t lateness;
  std::int64_t now = mr::detail::beginning_of_time;
  std::uint64_t late = 0;
  std::vector<std::pair<std::int64_t, double>> items;

  void update(double x, std::int64_t time) {
    now = (std::max)(now, time);
    std::erase_if(items, [&](const auto& i) { return i.first <= mr::detail::earlier_by(now, length); });
    if (time < mr::detail::earlier_by(now, lateness) || time <= mr::detail::earlier_by(now, length)) {
      ++late;
      return;
    }
    const auto where =
        std::upper_bound(items.begin(), items.end(), time, [](std::int64_t t, const auto& i) { return t < i.first; });
    items.insert(where, {time, x});
  }
  template <class A>
  A anew() const {
    A made;
    for (const auto& [time, x] : items) (void)made.update(x);
    return made;
  }
};

/// Random updates whose times go on by 0 to 2, some of them up to `disorder` back, from `start`; answers how many
/// questions were wrong, and counts if items were late that should not have been.
template <class W, class A>
std::size_t wrong_answers(W window, std::size_t operations, std::int64_t lateness, std::uint64_t disorder,
                          std::int64_t start, std::uint64_t seed) {
  mr::random_engine random(seed);
  reference_window reference{window.length().nanoseconds, lateness, mr::detail::beginning_of_time, 0, {}};
  const unsigned kind = static_cast<unsigned>(random.below(4));
  const auto length = static_cast<std::uint64_t>(reference.length);
  std::size_t wrong = 0;
  std::int64_t now = start;
  for (std::size_t i = 0; i < operations; ++i) {
    now += static_cast<std::int64_t>(random.below(3));
    if (random.below(5000) == 0) now += static_cast<std::int64_t>(random.below(2 * length));  // a pause
    const std::int64_t time = disorder == 0 ? now : now - static_cast<std::int64_t>(random.below(disorder + 1));
    const double x = support::awkward(random, kind);
    window.update(x, mr::time_point(time));
    reference.update(x, time);
    if (random.below(length / 8 + 1) != 0) continue;
    if (!support::agree<A>(window.value(), reference.anew<A>(), support::magnitude_of(kind)) ||
        window.size() != reference.items.size() || window.late() != reference.late)
      ++wrong;
  }
  return wrong;
}

using usual = mr::aggregate<mr::count, mr::sum, mr::mean, mr::variance, mr::min, mr::max>;
using ends = mr::aggregate<mr::first, mr::last, mr::sum>;
template <class A, class Time = mr::event_time<>, class Forgetting = mr::automatic>
using window_of = mr::windowed<mr::sliding<mr::duration{}, mr::duration{}, Forgetting>, A, Time>;

constexpr std::int64_t far_back = -9'223'372'036'854'000'000;

}  // namespace

TEST_CASE("windows by time answer what a recomputation does, in order, with equal times and huge offsets") {
  for (const std::int64_t length : {1, 2, 20, 100, 700}) {
    const mr::duration width(length);
    CHECK(wrong_answers<window_of<usual>, usual>(window_of<usual>(width), 30'000, 0, 0, 0, 1) == 0);
    CHECK(wrong_answers<window_of<ends>, ends>(window_of<ends>(width), 20'000, 0, 0, -50, 2) == 0);
    using greatest = mr::aggregate<mr::max>;
    CHECK(wrong_answers<window_of<greatest>, greatest>(window_of<greatest>(width), 20'000, 0, 0, far_back, 3) == 0);
    using constant = window_of<usual, mr::event_time<>, mr::worst_case>;
    CHECK(wrong_answers<constant, usual>(constant(width), 30'000, 0, 0, 9'000'000'000'000'000'000, 4) == 0);
    // Without lateness what comes back in time is late.
    CHECK(wrong_answers<window_of<usual>, usual>(window_of<usual>(width), 20'000, 0, 3, 0, 5) == 0);
  }
}

TEST_CASE("windows by time answer what a recomputation does, out of order") {
  using within_64 = mr::event_time<mr::duration(64)>;
  using within_5000 = mr::event_time<mr::duration(5000)>;
  for (const std::int64_t length : {1, 2, 20, 100, 700, 3000}) {
    const mr::duration width(length);
    for (const std::uint64_t disorder : {1U, 10U, 70U, 1000U}) {
      CAPTURE(length, disorder);
      using little = window_of<usual, within_64>;
      CHECK(wrong_answers<little, usual>(little(width), 10'000, 64, disorder, 0, disorder) == 0);
      using much = window_of<usual, within_5000>;
      CHECK(wrong_answers<much, usual>(much(width), 10'000, 5000, disorder, far_back, disorder + 1) == 0);
      using sums = mr::aggregate<mr::sum>;
      using only_sums = window_of<sums, within_5000>;
      CHECK(wrong_answers<only_sums, sums>(only_sums(width), 10'000, 5000, disorder, 7, disorder + 2) == 0);
      // first and last do not commute: items of one time count as they came.
      using in_turn = window_of<ends, within_64>;
      CHECK(wrong_answers<in_turn, ends>(in_turn(width), 5'000, 64, disorder, 0, disorder + 3) == 0);
      using in_turn_much = window_of<ends, within_5000>;
      CHECK(wrong_answers<in_turn_much, ends>(in_turn_much(width), 5'000, 5000, disorder, 0, disorder + 4) == 0);
    }
  }
}

TEST_CASE("within the lateness the order of arrival makes no difference") {
  using window_type = window_of<mr::aggregate<mr::sum, mr::min, mr::max>, mr::event_time<mr::duration(200)>>;
  mr::random_engine random(3);
  std::vector<std::pair<std::int64_t, double>> items;
  for (std::int64_t t = 0; t < 20'000; ++t)
    items.emplace_back(t / 3, static_cast<double>(random.below(1000)) - 500);  // whole numbers: sums are exact
  auto shuffled = items;
  // Each item moves by less than 200 in time.
  for (std::size_t i = 0; i + 300 < shuffled.size(); i += 300)
    for (std::size_t j = 299; j != 0; --j) std::swap(shuffled[i + j], shuffled[i + random.below(j + 1)]);
  window_type in_order(mr::duration(1000));
  window_type out_of_order(mr::duration(1000));
  for (std::size_t i = 0; i < items.size(); ++i) {
    in_order.update(items[i].second, mr::time_point(items[i].first));
    out_of_order.update(shuffled[i].second, mr::time_point(shuffled[i].first));
    if (i % 300 != 299) continue;
    REQUIRE(in_order.size() == out_of_order.size());
    REQUIRE(in_order.get<mr::sum>() == out_of_order.get<mr::sum>());
    REQUIRE(in_order.get<mr::min>() == out_of_order.get<mr::min>());
    REQUIRE(in_order.get<mr::max>() == out_of_order.get<mr::max>());
  }
  CHECK(out_of_order.late() == 0);
  CHECK(in_order.save() == in_order.save());
}

TEST_CASE(
    "an item from before the watermark is late, one at it is not; and what is older than the window is late too") {
  mr::windowed<mr::sliding<10s>, mr::aggregate<mr::sum>, mr::event_time<3s>> window;
  window.update(1, mr::time_point(100s));
  window.update(2, mr::time_point(97s));
  window.update(4, mr::time_point(97s - 1ns));
  CHECK(window.late() == 1);
  CHECK(window.get<mr::sum>() == 3);
  mr::windowed<mr::sliding<2s>, mr::aggregate<mr::sum>, mr::event_time<3s>> narrow;
  narrow.update(1, mr::time_point(100s));
  narrow.update(2, mr::time_point(98s));
  narrow.update(4, mr::time_point(98s + 1ns));
  CHECK(narrow.late() == 1);
  CHECK(narrow.get<mr::sum>() == 5);
}

TEST_CASE("time that passes without items empties a window, and does not go back") {
  mr::windowed<mr::sliding<5min>, mr::aggregate<mr::count, mr::max>> window;
  window.update(-4, mr::time_point(0s));
  window.advance(mr::time_point(299s));
  CHECK(window.get<mr::max>() == -4);
  window.advance(mr::time_point(300s));
  CHECK(window.size() == 0);
  CHECK(std::isnan(window.get<mr::max>()));
  window.advance(mr::time_point(0s));
  window.update(1, mr::time_point(1s));
  CHECK(window.late() == 1);
  CHECK(window.size() == 0);
}

TEST_CASE("items without a time are stamped by the clock") {
  mr::windowed<mr::sliding<10s>, mr::aggregate<mr::sum>, mr::processing_time<set_clock>> window;
  set_clock::now = 1'000'000'000;
  window.update(1);
  set_clock::now = 6'000'000'000;
  window.update(2);
  CHECK(window.get<mr::sum>() == 3);
  set_clock::now = 11'000'000'000;
  CHECK(window.size() == 2);  // nothing has been asked or told since
  window.advance();
  CHECK(window.size() == 1);
  CHECK(window.get<mr::sum>() == 2);
}

TEST_CASE("a window by arrival answers as of now: when traffic stops, its count falls to nothing") {
  mr::windowed<mr::sliding<10s>, mr::aggregate<mr::count, mr::max>, mr::processing_time<set_clock>> window;
  mr::windowed<mr::sliding<10s, 1s>, mr::aggregate<mr::count>, mr::processing_time<set_clock>> panes;
  mr::basic_sliding_window<mr::processing_time<set_clock>> ready_made(10s);
  for (const unsigned second : {1U, 5U, 9U}) {
    set_clock::now = second * std::uint64_t{1'000'000'000};
    window.update(10.0 - second);
    panes.update(1);
    ready_made.update(1);
  }
  for (const auto& [second, left] : {std::pair{9U, 3U}, {12U, 2U}, {17U, 1U}, {100U, 0U}}) {
    set_clock::now = second * std::uint64_t{1'000'000'000};
    const auto& seen = window;
    const auto& in_panes = panes;
    const auto& stats = ready_made;
    const std::uint64_t expected = left;
    CHECK(seen.get<mr::count>() == expected);  // const: forgets nothing
    CHECK(in_panes.get<mr::count>() == expected);
    CHECK(stats.stats().count == expected);
    if (left != 0) CHECK(seen.get<mr::max>() == (left == 3 ? 9 : left == 2 ? 5 : 1));
  }
  CHECK(window.size() == 3);
  CHECK(window.get<mr::count>() == 0);
  CHECK(window.size() == 0);
  CHECK(panes.get<mr::count>() == 0);
  CHECK(ready_made.stats().count == 0);
}

TEST_CASE("a bound on the number of items holds, and what it costs is counted") {
  mr::windowed<mr::sliding<>, mr::aggregate<mr::sum>> in_order(1h, 3);
  mr::windowed<mr::sliding<>, mr::aggregate<mr::sum>, mr::event_time<1h>> any_order(1h, 3);
  for (int i = 1; i <= 5; ++i) {
    in_order.update(i, mr::time_point(i));
    any_order.update(i, mr::time_point(6 - i));
  }
  CHECK(in_order.size() == 3);
  CHECK(in_order.dropped() == 2);
  CHECK(in_order.get<mr::sum>() == 12);
  CHECK(any_order.size() == 3);
  CHECK(any_order.dropped() == 2);
}

TEST_CASE("a warm window by time does not allocate, in order and out of order") {
  if (!support::counts_allocations) return;
  const auto allocated = [](auto window, std::uint64_t disorder) {
    mr::random_engine random(5);
    std::int64_t now = 0;
    const auto some = [&](int count) {
      for (int i = 0; i < count; ++i) {
        ++now;
        window.update(static_cast<double>(i),
                      mr::time_point(now - static_cast<std::int64_t>(random.below(disorder + 1))));
        (void)window.value();
      }
    };
    some(30'000);
    return support::allocations_of([&] { some(30'000); });
  };
  const mr::duration width(2000);
  CHECK(allocated(window_of<usual>(width), 0) == 0);
  CHECK(allocated(window_of<mr::aggregate<mr::max>>(width), 0) == 0);
  CHECK(allocated(window_of<usual, mr::event_time<>, mr::worst_case>(width), 0) == 0);
  CHECK(allocated(window_of<usual, mr::event_time<mr::duration(100)>>(width), 64) == 0);
  CHECK(allocated(window_of<ends, mr::event_time<mr::duration(100)>>(width), 64) == 0);
}

TEST_CASE("merged windows answer what one over both streams would") {
  const auto check = [](auto empty, std::uint64_t disorder, auto questions) {
    mr::random_engine random(8);
    auto both = empty;
    auto one = empty;
    auto other = empty;
    std::int64_t now = 0;
    for (int i = 0; i < 4000; ++i) {
      now += static_cast<std::int64_t>(random.below(3));
      const mr::time_point time(now - static_cast<std::int64_t>(random.below(disorder + 1)));
      const auto x = static_cast<double>(random.below(100)) - 50;
      both.update(x, time);
      (random.below(3) == 0 ? one : other).update(x, time);
    }
    one.update(7, mr::time_point(now));
    both.update(7, mr::time_point(now));
    const auto before = one.save();
    REQUIRE(one.merge(other).has_value());
    CHECK(one.size() == both.size());
    questions(one, both);
    REQUIRE(one.merge(empty).has_value());
    questions(one, both);
    CHECK(before != one.save());
    // ... and go on the same.
    for (int i = 0; i < 600; ++i) {
      now += static_cast<std::int64_t>(random.below(3));
      one.update(i, mr::time_point(now));
      both.update(i, mr::time_point(now));
      questions(one, both);
    }
  };
  const mr::duration width(500);
  const auto sums = [](const auto& a, const auto& b) {
    CHECK(a.template get<mr::sum>() == b.template get<mr::sum>());
    CHECK(a.template get<mr::max>() == b.template get<mr::max>());
  };
  check(window_of<mr::aggregate<mr::sum, mr::max>>(width), 0, sums);
  check(window_of<mr::aggregate<mr::sum, mr::max>, mr::event_time<mr::duration(50)>>(width), 40, sums);
  check(window_of<mr::aggregate<mr::sum, mr::max>, mr::event_time<>, mr::worst_case>(width), 0, sums);
  check(window_of<mr::aggregate<mr::max>>(width), 0,
        [](const auto& a, const auto& b) { CHECK(a.template get<mr::max>() == b.template get<mr::max>()); });

  window_of<usual> a(mr::duration(5));
  CHECK(a.merge(window_of<usual>(mr::duration(6))).error().message() ==
        "windows of different length: the other's is 6 ns, this one's 5 ns");
}

TEST_CASE("windows by time are saved with what is in them, and hostile bytes do no harm") {
  const auto check = [](auto window) {
    using type = decltype(window);
    const auto same = [](const type& a, const type& b) {
      CHECK(a.size() == b.size());
      CHECK(a.late() == b.late());
      CHECK(a.length() == b.length());
      CHECK(a.value().items() == b.value().items());
    };
    laws::save_and_load(window, same);
    mr::random_engine random(12);
    std::int64_t now = -30;
    for (int i = 0; i < 150; ++i)
      window.update(support::awkward(random, 2), mr::time_point((now += static_cast<std::int64_t>(random.below(3))) -
                                                                static_cast<std::int64_t>(random.below(8))));
    window.update(std::numeric_limits<double>::quiet_NaN(), mr::time_point(now));
    laws::save_and_load(window, same);
    auto back = type::load(window.save());
    REQUIRE(back.has_value());
    for (int i = 0; i < 200; ++i) {
      const double x = support::awkward(random, 2);
      window.update(x, mr::time_point(++now));
      back->update(x, mr::time_point(now));
      CHECK(back->save() == window.save());
    }
    const auto use = [](type& w) {
      w.update(1, mr::time_point(5));
      for (std::int64_t i = 0; i < 100; ++i) w.update(1, mr::time_point(200 + 3 * i - i % 7));
      (void)w.value();
      type other = w;
      CHECK(other.merge(w).has_value());
      CHECK(type::load(w.save()).has_value());
    };
    laws::hostile_bytes(window, use);
    laws::hostile_payload(window, support::reseal, use, 5, 1500);
  };
  const mr::duration width(40);
  check(window_of<usual>(width));
  check(window_of<mr::aggregate<mr::min, mr::max>>(width));
  check(window_of<usual, mr::event_time<>, mr::worst_case>(width));
  check(window_of<usual, mr::event_time<mr::duration(10)>>(width));
  check(window_of<ends, mr::event_time<mr::duration(10)>>(width));
}

TEST_CASE("windows by event time are aggregators, also of pairs") {
  using by_event = mr::windowed<mr::sliding<5min>, mr::aggregate<mr::count>>;
  STATIC_REQUIRE(mr::aggregator<by_event>);
  // An arrival's time means nothing in another process.
  using by_arrival = mr::windowed<mr::sliding<5min>, mr::aggregate<mr::count>, mr::processing_time<>>;
  STATIC_REQUIRE_FALSE(mr::mergeable<by_arrival>);
  STATIC_REQUIRE_FALSE(mr::saveable<by_arrival>);
}

namespace {

/// `A`: what the window keeps.
template <class A, class W>
void check_golden(const std::string& name, W window) {
  const auto stream = support::golden_stream();
  for (std::size_t i = 0; i < 100; ++i) {
    const auto now = static_cast<std::int64_t>(3 * i) - 50;
    window.update(stream[i], mr::time_point(now - (i % 4 == 0 ? 5 : 0)));
  }
  window.update(std::numeric_limits<double>::quiet_NaN(), mr::time_point(250));
  auto back = support::from_golden("aggregate/" + name + ".bin", window);
  CHECK(back.size() == window.size());
  CHECK(back.late() == window.late());
  CHECK(back.value().skipped() == 1);
  CHECK(support::agree<A>(back.value(), window.value(), 100));
  window.update(7, mr::time_point(251));
  back.update(7, mr::time_point(251));
  CHECK(back.save() == window.save());
}

}  // namespace

TEST_CASE("windows by time keep their saved form: golden bytes give the same answers and the same bytes") {
  const mr::duration width(40);
  using both = mr::aggregate<mr::min, mr::max>;
  check_golden<usual>("sliding_items", window_of<usual>(width));
  check_golden<both>("sliding_extremes", window_of<both>(width));
  check_golden<usual>("sliding_timed_items", window_of<usual, mr::event_time<mr::duration(10)>>(width));
}

TEST_CASE("a wrong time stamp is refused where a jump has a limit, and reset starts anew: sliding<60s>") {
  support::check_jump_limit<mr::sliding<60s>>();
}
