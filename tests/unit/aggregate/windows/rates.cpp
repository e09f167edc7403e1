#include <millrace/aggregate/windows/rates.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/sketch_members.hpp>

#include <laws/aggregator.hpp>
#include <laws/moving.hpp>
#include <support/clocks.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <chrono>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

using support::hand_clock;
using support::second;
using support::seconds;

std::vector<mr::counter_reading> readings(std::size_t count, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<mr::counter_reading> made;
  double value = 100;
  std::int64_t time = -50;
  for (std::size_t i = 0; i < count; ++i) {
    const bool reset = random.below(10) == 0;
    value = (reset ? 0 : value) + static_cast<double>(random.below(50));
    time += 1 + static_cast<std::int64_t>(random.below(second));
    made.push_back({value, mr::time_point(time)});
  }
  return made;
}

void same(const mr::counter_rate& a, const mr::counter_rate& b) {
  CHECK(a.increase() == b.increase());
  CHECK(a.resets() == b.resets());
  CHECK(a.readings() == b.readings());
  CHECK(laws::close(a.rate(), b.rate(), 0));
}

}  // namespace

TEST_CASE("a rate is events over the window's time, from the first event on") {
  mr::rate_calculator r;
  CHECK(r.rate(seconds(1)) == 0);
  for (int i = 0; i < 1000; ++i) r.update(1, seconds(i * 0.1));  // ten a second, for 100 s
  CHECK(r.rate(seconds(99.9)) == Approx(10).epsilon(0.02));
  CHECK(r.total() == 1000);
  CHECK(r.rate(seconds(130)) == Approx(10 * 30 / 60.0).epsilon(0.05));
  CHECK(r.rate(seconds(500)) == 0);
  mr::rate_calculator young;
  for (int i = 0; i <= 50; ++i) young.update(2, seconds(1000 + i * 0.1));
  CHECK(young.rate(seconds(1005)) == Approx(20).epsilon(0.03));
  CHECK(young.in_window() == 102);
  young.reset();
  CHECK(young.total() == 0);
  CHECK(young.rate(seconds(2000)) == 0);
}

TEST_CASE("windows and panes of one's own, late events, and the clock") {
  mr::rate_calculator r(10s, 100);
  for (int i = 0; i < 2000; ++i) r.update(3, seconds(i % 3 == 0 ? i * 0.01 - 0.1 : i * 0.01));
  CHECK(r.rate(seconds(20)) == Approx(300).epsilon(0.03));
  r.update(1000, seconds(-100));
  CHECK(r.total() == 7000);
  CHECK(r.rate(seconds(20)) == Approx(300).epsilon(0.03));
  std::uint64_t time = 7 * second;
  mr::basic_rate_calculator<hand_clock> now(60s, 60, hand_clock{&time});
  for (int i = 0; i < 30; ++i) {
    now.update();
    time += second;
  }
  CHECK(now.rate() == Approx(1).epsilon(0.05));
}

TEST_CASE("a counter's increase goes over its resets") {
  mr::counter_rate r;
  CHECK(std::isnan(r.rate()));
  r.update(100, seconds(0));
  CHECK(std::isnan(r.rate()));
  r.update(150, seconds(10));
  r.update(30, seconds(20));  // started again
  r.update(std::nan(""), seconds(21));
  r.update(-1, seconds(22));
  r.update(HUGE_VAL, seconds(23));
  r.update(90, seconds(15));  // not after the last
  r.update(70, seconds(40));
  CHECK(r.increase() == 50 + 30 + 40);
  CHECK(r.resets() == 1);
  CHECK(r.rate() == 3);
  CHECK(r.readings() == 4);
}

TEST_CASE("counter_rate and inter_arrival keep the laws of an aggregator") {
  for (const std::size_t size : {0U, 1U, 2U, 500U}) {
    laws::all([] { return mr::counter_rate(); }, readings(size, 1 + size), same, 2);
    std::vector<mr::time_point> times;
    for (const auto& one : readings(size, 3)) times.push_back(one.time);
    laws::all([] { return mr::inter_arrival<>(); }, times,
              [](const mr::inter_arrival<>& a, const mr::inter_arrival<>& b) {
                CHECK(a.events() == b.events());
                CHECK(a.gaps().items() == b.gaps().items());
                CHECK(laws::close(a.gaps().get<mr::mean>(), b.gaps().get<mr::mean>(), 1e-13));
                CHECK(laws::close(a.gaps().get<mr::max>(), b.gaps().get<mr::max>(), 0));
              },
              4);
  }
}

TEST_CASE("gaps are in seconds, and none runs backwards") {
  mr::inter_arrival<> gaps;
  for (const double t : {1.0, 1.5, 1.2, 3.5}) gaps.update(seconds(t));
  CHECK(gaps.events() == 3);
  CHECK(gaps.gaps().get<mr::min>() == Approx(0.5));
  CHECK(gaps.gaps().get<mr::max>() == Approx(2));
  CHECK(gaps.gaps().get<mr::mean>() == Approx(1.25));
}

TEST_CASE("hostile saved rates answer an error or one that works") {
  mr::counter_rate r;
  for (const auto& one : readings(20, 5)) r.update(one);
  const auto use_rate = [](mr::counter_rate& a) {
    a.update(5, seconds(1e9));
    mr::counter_rate other = a;
    other.merge(a);
    CHECK(mr::counter_rate::load(other.save()).has_value());
  };
  laws::hostile_bytes(r, use_rate);
  laws::hostile_payload(r, support::reseal, [](mr::counter_rate& a) { (void)a.rate(); }, 6, 1000);
  mr::inter_arrival<> gaps;
  gaps.update(seconds(1));
  gaps.update(seconds(2));
  const auto use_gaps = [](mr::inter_arrival<>& a) {
    a.update(seconds(5));
    mr::inter_arrival<> other = a;
    other.merge(a);
    (void)other.save();
  };
  laws::hostile_bytes(gaps, use_gaps);
  laws::hostile_payload(gaps, support::reseal, use_gaps, 7, 1000);
}

TEST_CASE("counter rates and gaps keep their saved form: golden bytes give the same answers and the same bytes") {
  mr::counter_rate r;
  mr::inter_arrival<> gaps;
  for (int i = 0; i < 50; ++i) {
    r.update(i % 20 * 3, seconds(i));
    gaps.update(seconds(i * i / 4));
  }
  const auto rate = support::from_golden("aggregate/counter_rate.bin", r);
  CHECK(rate.rate() == r.rate());
  CHECK(rate.resets() == r.resets());
  const auto back = support::from_golden("aggregate/inter_arrival.bin", gaps);
  CHECK(back.events() == gaps.events());
  CHECK(back.gaps().get<mr::stddev>() == gaps.gaps().get<mr::stddev>());
}

TEST_CASE("events a second apart are one a second, from the second event on") {
  mr::rate_calculator r;
  r.update(1, seconds(0));
  CHECK(r.rate(seconds(0)) == 0);  // none came after the first
  r.update(1, seconds(1));
  CHECK(r.rate(seconds(1)) == 1);
  r.update(1, seconds(2));
  CHECK(r.rate(seconds(2)) == 1);
  CHECK(r.rate(seconds(4)) == 0.5);
  mr::rate_calculator three_at_once;
  for (const double t : {0.0, 0.0, 0.0, 0.5, 1.0, 1.5, 2.0}) three_at_once.update(2, seconds(t));
  CHECK(three_at_once.rate(seconds(2)) == 4);
  three_at_once.update(2, seconds(-1));  // an earlier first one
  CHECK(three_at_once.rate(seconds(2)) == 14.0 / 3);
  mr::rate_calculator fast;  // within a pane, that pane's length counts
  for (int i = 0; i <= 10; ++i) fast.update(1, seconds(i * 0.01));
  CHECK(fast.rate(seconds(0.1)) == 10);
}

TEST_CASE("asking for a rate does not move the clock") {
  mr::rate_calculator r(10s, 10);
  for (int i = 0; i <= 5; ++i) r.update(1, seconds(i));
  const mr::rate_calculator& asked = r;
  CHECK(asked.rate(seconds(1000)) == 0);
  CHECK(asked.in_window(seconds(1000)) == 0);
  CHECK(asked.rate(seconds(5)) == 1);
  CHECK(asked.in_window() == 6);
  r.update(1, seconds(6));
  CHECK(asked.rate(seconds(6)) == 1);
  CHECK(r.late() == 0);
  r.advance(seconds(1000));
  CHECK(asked.rate(seconds(6)) == 0);
  CHECK(asked.in_window() == 0);
  r.update(1, seconds(6));
  CHECK(r.late() == 1);
  CHECK(r.total() == 8);
  r.reset();
  CHECK(r.late() == 0);
  r.update(3, seconds(6));
  CHECK(r.in_window() == 3);
}

TEST_CASE("a rate over a long stream is that of the panes, however it is asked") {
  mr::random_engine random(9);
  mr::rate_calculator often(20s, 40);
  mr::rate_calculator seldom(20s, 40);
  std::vector<double> times;
  double now = 0;
  for (int i = 0; i < 5000; ++i) {
    now += random.below(300) == 0 ? 15.0 : 0.05;
    const double t = now - static_cast<double>(random.below(6));
    times.push_back(t);
    often.update(1, seconds(t));
    seldom.update(1, seconds(t));
    const double rate = often.rate(seconds(now));
    if (i % 500 != 499) continue;
    CHECK(rate == seldom.rate(seconds(now)));
    const double begin = std::floor((now - 20) * 2) / 2;
    double count = 0;
    for (const double each : times) count += each >= begin ? 1 : 0;
    if (i > 1000) CHECK(rate == Approx(count / (now - begin)).epsilon(1e-6));
  }
}

TEST_CASE("a wrong time stamp is refused where a jump has a limit") {
  mr::rate_calculator r(60s, 60, {}, 1h);
  for (int i = 0; i <= 10; ++i) r.update(1, seconds(i));
  r.update(5, seconds(10 * 365 * 86400.0));
  CHECK(r.refused() == 5);
  CHECK(r.total() == 11);
  r.update(1, seconds(11));
  CHECK(r.rate(seconds(11)) == 1);
  CHECK(r.late() == 0);
  r.advance(seconds(7200));  // a silence of two hours
  r.update(1, seconds(7201));
  CHECK(r.refused() == 5);
}

TEST_CASE("rates over windows and panes that there cannot be are errors, and count nothing") {
  for (const auto& [window, panes] : std::vector<std::pair<mr::duration, std::size_t>>{
           {mr::seconds(0), 60}, {mr::seconds(-5), 60}, {60s, 0}, {60s, 1'000'001}, {mr::duration(59), 60}}) {
    auto made = mr::rate_calculator::make(window, panes);
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == mr::errc::invalid_argument);
    mr::rate_calculator r(window, panes);
    r.update(7, seconds(1));
    r.advance(seconds(5));
    CHECK(r.refused() == 7);
    CHECK(r.total() == 0);
    CHECK(r.rate(seconds(2)) == 0);
  }
  CHECK(mr::rate_calculator::make(60s, 1'000'000).has_value());
  const auto none = mr::rate_calculator::make(60s, 0);
  CHECK(none.error().message() == "rate_calculator: a window has one pane at the least, not none");
  const auto many = mr::rate_calculator::make(60s, 1'000'001);
  CHECK(many.error().message() == "rate_calculator: 1000001 panes are more than the 1000000 that it may have");
}

TEST_CASE("a rate calculator that was moved from is as freshly made") {
  mr::rate_calculator r(10s, 10);
  for (int i = 0; i <= 5; ++i) r.update(1, seconds(i));
  mr::rate_calculator taken = std::move(r);
  CHECK(taken.rate(seconds(5)) == 1);
  CHECK(r.total() == 0);
  CHECK(r.rate(seconds(5)) == 0);
  for (int i = 0; i <= 4; ++i) r.update(2, seconds(i));
  CHECK(r.rate(seconds(4)) == 2);
  auto& self = taken;
  taken = std::move(self);
  CHECK(taken.total() == 6);
  taken = std::move(r);
  CHECK(taken.total() == 10);
  CHECK(r.in_window() == 0);
}

TEST_CASE("a counter's rate and the gaps of a stream are unchanged when they were moved from") {
  STATIC_REQUIRE(laws::moves_by_copying<mr::counter_reading, mr::counter_rate, mr::inter_arrival<>>);
  mr::inter_arrival<> gaps;
  for (int i = 0; i < 10; ++i) gaps.update(seconds(i * i));
  const auto bytes = gaps.save();
  mr::inter_arrival<> fewer;
  fewer.update(seconds(1));
  const mr::inter_arrival<> taken = std::move(gaps);
  CHECK(taken.save() == bytes);
  CHECK(gaps.save() == bytes);
}

TEST_CASE("gaps in an aggregate with memory of its own are assigned to after a move") {
  using gaps = mr::inter_arrival<mr::aggregate<mr::count, mr::quantiles<>>>;
  const auto of = [](int events) {
    gaps made;
    for (int i = 0; i < events; ++i) made.update(seconds(i * i));
    return made;
  };
  laws::moving_from(of(10), of(20), [](const gaps& g) { return g.save(); }, [](const gaps&) {});
}
