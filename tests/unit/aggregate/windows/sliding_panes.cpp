#include <millrace/aggregate/windows/sliding_panes.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/sketches/kll.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/time_jumps.hpp>
#include <support/windows.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

using totals = mr::windowed<mr::sliding<mr::duration(50), mr::duration(10)>, support::exact_total,
                            mr::event_time<mr::duration(25)>>;

std::int64_t pane_of(std::int64_t time) { return (time >= 0 ? time : time - 9) / 10; }

struct reference_panes {
  std::int64_t now = mr::detail::beginning_of_time;
  std::uint64_t late = 0;
  std::vector<std::pair<std::int64_t, double>> items;

  void update(double x, std::int64_t time) {
    now = (std::max)(now, time);
    if (time < now - 25)
      ++late;
    else
      items.emplace_back(time, x);
  }
  support::exact_total value() const {
    support::exact_total made;
    for (const auto& [time, x] : items)
      if (pane_of(time) >= pane_of(now) - 5) made.update(x);
    return made;
  }
};

}  // namespace

TEST_CASE("panes answer what a recomputation from their items does, in any order and across pauses") {
  for (const std::int64_t start : {std::int64_t{0}, std::int64_t{-100}, std::int64_t{-9'000'000'000'000'000'000}}) {
    mr::random_engine random(static_cast<std::uint64_t>(start));
    totals window;
    reference_panes reference;
    std::int64_t now = start;
    std::size_t wrong = 0;
    for (int i = 0; i < 60'000; ++i) {
      now += static_cast<std::int64_t>(random.below(random.below(300) == 0 ? 120 : 3));
      const std::int64_t time = now - static_cast<std::int64_t>(random.below(random.below(4) == 0 ? 40 : 2));
      const double x = static_cast<double>(random.below(1000)) - 500;
      window.update(x, mr::time_point(time));
      reference.update(x, time);
      if (random.below(3) == 0) wrong += window.value() == reference.value() ? 0U : 1U;
      if (reference.items.size() > 2000) reference.items.erase(reference.items.begin(), reference.items.begin() + 1500);
    }
    CHECK(wrong == 0);
    CHECK(window.late() == reference.late);
  }
}

TEST_CASE("sketches slide pane by pane") {
  mr::windowed<mr::sliding<5min, 10s>, mr::kll<200>> latencies;
  for (int second = 0; second < 1000; ++second)
    for (int i = 0; i < 20; ++i)
      latencies.update(second < 600 ? 1.0 : 2.0, mr::time_point(std::chrono::seconds(second)));
  const auto last = latencies.value();
  CHECK(last.count() == 20 * 300 + 20 * 10);
  CHECK(last.quantile(0.5) == 2.0);
  CHECK(last.quantile(0.0) == 2.0);
  latencies.advance(mr::time_point(3h));
  CHECK(latencies.value().count() == 0);
}

TEST_CASE("merged panes answer what one window over both streams would") {
  totals both, one, other;
  mr::random_engine random(4);
  std::int64_t now = 1000;
  for (int i = 0; i < 3000; ++i) {
    now += static_cast<std::int64_t>(random.below(2));
    const mr::time_point time(now - static_cast<std::int64_t>(random.below(20)));
    both.update(i, time);
    (random.below(2) == 0 ? one : other).update(i, time);
  }
  REQUIRE(one.merge(other).has_value());
  CHECK(one.value() == both.value());
  totals empty;
  REQUIRE(one.merge(empty).has_value());
  REQUIRE(empty.merge(one).has_value());
  CHECK(one.value() == both.value());
  CHECK(empty.value() == both.value());
  one.update(5, mr::time_point(now + 3));
  both.update(5, mr::time_point(now + 3));
  CHECK(one.value() == both.value());

  using any_length = mr::windowed<mr::sliding<mr::duration{}, mr::duration(10)>, support::exact_total>;
  any_length five(mr::duration(50));
  CHECK(five.length() == mr::duration(50));
  CHECK(any_length(mr::duration(51)).length() == mr::duration(60));
  CHECK(five.merge(any_length(mr::duration(70))).error().code() == mr::errc::type_mismatch);
}

TEST_CASE("panes are saved, and hostile bytes do no harm") {
  totals window;
  const auto same = [](totals a, totals b) {
    CHECK(a.value() == b.value());
    CHECK(a.late() == b.late());
  };
  laws::save_and_load(window, same);
  for (std::int64_t i = -200; i < 100; ++i) window.update(static_cast<double>(i), mr::time_point(i - i % 7));
  laws::save_and_load(window, same);
  auto back = totals::load(window.save());
  REQUIRE(back.has_value());
  for (std::int64_t i = 100; i < 300; ++i) {
    window.update(1, mr::time_point(i));
    back->update(1, mr::time_point(i));
    same(window, *back);
  }
  const auto use = [](totals& w) {
    for (std::int64_t i = 0; i < 200; ++i) w.update(1, mr::time_point(3 * i));
    (void)w.value();
    totals other = w;
    CHECK(other.merge(w).has_value());
    CHECK(totals::load(w.save()).has_value());
  };
  laws::hostile_bytes(window, use);
  laws::hostile_payload(window, support::reseal, use, 5, 3000);

  using sketches = mr::windowed<mr::sliding<mr::duration(50), mr::duration(10)>, mr::kll<16>>;
  sketches latencies;
  for (std::int64_t i = 0; i < 60; ++i) latencies.update(static_cast<double>(i), mr::time_point(i));
  auto again = sketches::load(latencies.save());
  REQUIRE(again.has_value());
  CHECK(again->save() == latencies.save());
  CHECK(again->value().count() == latencies.value().count());
  using other_panes = mr::windowed<mr::sliding<mr::duration(50), mr::duration(25)>, mr::kll<16>>;
  CHECK(other_panes::load(latencies.save()).error().code() == mr::errc::type_mismatch);
}

TEST_CASE("panes of a nanosecond pass from one end of time to the other") {
  using shortest = mr::windowed<mr::sliding<mr::duration(4), mr::duration(1)>, support::exact_total, mr::event_time<>>;
  shortest window;
  constexpr std::int64_t end = mr::detail::end_of_time;
  for (const std::int64_t time : {-end - 1, -end, end - 20}) {
    window.update(1, mr::time_point(time));
    CHECK(window.value() == std::as_const(window).value());
    CHECK(shortest::load(window.save())->value() == window.value());
  }
  window.update(1, mr::time_point(-end));
  CHECK(window.late() == 1);
  auto back = shortest::load(shortest().save());
  REQUIRE(back);
  back->update(1, mr::time_point(-end - 1));
  REQUIRE(back->merge(window));
  CHECK(back->value() == window.value());
}

TEST_CASE("panes keep their saved form: golden bytes give the same answers and the same bytes") {
  using aggregate = mr::aggregate<mr::count, mr::sum, mr::min, mr::kll<16>>;
  mr::windowed<mr::sliding<mr::duration(50), mr::duration(10)>, aggregate, mr::event_time<mr::duration(25)>> window;
  const auto stream = support::golden_stream();
  for (std::size_t i = 0; i < 120; ++i) {
    const auto now = static_cast<std::int64_t>(i) - 30;
    window.update(stream[i], mr::time_point(now - (i % 9 == 0 ? 30 : 0)));
  }
  auto back = support::from_golden("aggregate/sliding_panes.bin", window);
  CHECK(back.late() == window.late());
  CHECK(back.get<mr::count>() == window.get<mr::count>());
  CHECK(back.get<mr::sum>() == window.get<mr::sum>());
  CHECK(back.get<mr::min>() == window.get<mr::min>());
  CHECK(back.value().get<mr::kll<16>>().save() == window.value().get<mr::kll<16>>().save());
}

TEST_CASE("a member's answer outlives the window it was asked of") {
  using aggregate = mr::aggregate<mr::count, mr::quantiles<mr::kll<16>>>;
  using panes = mr::windowed<mr::sliding<mr::duration(50), mr::duration(10)>, aggregate>;
  std::optional<panes> window(std::in_place);
  for (std::int64_t i = 0; i < 50; ++i) window->update(static_cast<double>(i % 8), mr::time_point(i));
  const auto quantile = window->get<mr::quantiles>();
  const auto sketch = window->get<mr::kll<16>>();
  const auto of_const = std::as_const(*window).get<mr::quantiles>();
  CHECK(window->get<mr::count>() == 50);
  CHECK(window->get<mr::quantiles<mr::kll<16>>>()(1) == 7);  // in one expression
  window.reset();
  CHECK(quantile(0) == 0);
  CHECK(quantile(1) == 7);
  CHECK(quantile.rank(7) == 1);
  CHECK(of_const.rank(7) == 1);
  CHECK(sketch.count() == 50);
}

TEST_CASE("a const window in panes answers what one that may keep its sums does") {
  mr::random_engine random(11);
  totals window;
  for (std::int64_t i = 0, now = 0; i < 3000; ++i) {
    now += static_cast<std::int64_t>(random.below(i % 100 == 0 ? 120 : 9));
    window.update(1, mr::time_point(now - static_cast<std::int64_t>(random.below(12))));
    const totals& seen = window;
    const auto without = seen.value();
    if (random.below(3) == 0) {
      const auto with = window.value();
      REQUIRE(without.total == with.total);
      REQUIRE(seen.value().total == with.total);
    }
    if (random.below(50) == 0) window.advance(mr::time_point(now += 30));
  }
}

TEST_CASE("a wrong time stamp is refused where a jump has a limit, and reset starts anew: sliding<60s, 10s>") {
  support::check_jump_limit<mr::sliding<60s, 10s>>();
}

TEST_CASE("more than a million panes are an error") {
  using recent = mr::windowed<mr::sliding<mr::duration{}, mr::duration(1)>, mr::aggregate<mr::count>>;
  const auto made = recent::make(mr::duration(1'000'001));
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == mr::errc::invalid_argument);
  recent nothing(mr::duration(1'000'001));
  nothing.update(1, mr::time_point(5));
  CHECK(nothing.late() == 1);
  CHECK(recent::make(mr::duration(1000)).has_value());
}
