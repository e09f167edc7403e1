#include <millrace/aggregate/sketches/topk_tracker.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/sketches/count_min.hpp>
#include <millrace/aggregate/windows/session.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>
#include <millrace/core/seed.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

TEST_CASE("the most frequent items, the heaviest first") {
  mr::topk_tracker t(3);
  CHECK(t.top().empty());
  for (int i = 0; i < 10; ++i)
    for (int k = 0; k <= i; ++k) t.update("endpoint " + std::to_string(i));
  const auto top = t.top();
  REQUIRE(top.size() == 3);
  CHECK(top[0].item == "endpoint 9");
  CHECK(top[0].lower == 10);
  CHECK(top[0].upper == 10);
  CHECK(top[2].item == "endpoint 7");
  CHECK(t.top(5).size() == 5);
  CHECK(t.total() == 55);
  t.update("rare but heavy", mr::weight(1000));
  CHECK(t.top()[0].item == "rare but heavy");
  t.reset();
  CHECK(t.total() == 0);
  CHECK(t.k() == 3);
}

TEST_CASE("a weight may stand as a number; one with a fraction is rounded at random, in a smaller unit it is exact") {
  mr::topk_tracker euros, cents;
  for (int i = 0; i < 600; ++i) {
    euros.update("x", 10.5);
    cents.update("x", 1050);
  }
  CHECK(cents.total() == 630'000);
  CHECK(cents.top()[0].lower == 630'000);
  // Within five standard deviations, sqrt(600 / 4) each.
  CHECK(std::abs(static_cast<double>(euros.total()) - 6300) <= 5 * 12.25);
  mr::topk_tracker explicitly;
  for (int i = 0; i < 600; ++i) explicitly.update("x", mr::weight(10.5));
  CHECK(explicitly.save() == euros.save());
  mr::frequent_items<> sketch;
  sketch.update("x", 3);
  CHECK(sketch.lower("x") == 3);
  mr::count_min<> table;
  table.update("x", 2.5);
  CHECK(table.estimate("x") == 2.5);
  for (const double none : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    sketch.update("x", none);
    table.update("x", none);
  }
  CHECK(sketch.total() == 3);
  CHECK(table.total() == 2.5);
}

TEST_CASE("of a million different items those that count are found") {
  mr::basic_topk_tracker<std::int64_t> t(5);
  mr::random_engine random(1);
  for (int i = 0; i < 1'000'000; ++i)
    t.update(random.below(4) == 0 ? static_cast<std::int64_t>(random.below(5)) : 100 + static_cast<std::int64_t>(i));
  const auto top = t.top();
  REQUIRE(top.size() == 5);
  for (const auto& row : top) {
    CHECK(row.item < 5);
    CHECK(row.lower <= 52'000);
    CHECK(row.upper >= 48'000);
  }
}

TEST_CASE("top-k trackers merge, save and load") {
  mr::topk_tracker a(2), b(2);
  for (const char* item : {"x", "y", "x"}) a.update(item);
  for (const char* item : {"y", "y", "z"}) b.update(item);
  a.merge(b);
  CHECK(a.top()[0].item == "y");
  CHECK(a.top()[0].lower == 3);
  const auto same = [](const mr::topk_tracker& p, const mr::topk_tracker& q) {
    REQUIRE(p.top().size() == q.top().size());
    for (std::size_t i = 0; i < p.top().size(); ++i) {
      CHECK(p.top()[i].item == q.top()[i].item);
      CHECK(p.top()[i].lower == q.top()[i].lower);
    }
  };
  laws::save_and_load(a, same);
  const auto use = [](mr::topk_tracker& t) {
    t.update("x");
    (void)t.top();
    auto other = t;
    other.merge(t);
    CHECK(mr::topk_tracker::load(other.save()).has_value());
  };
  laws::hostile_bytes(a, use);
  laws::hostile_payload(a, support::reseal, use, 2, 1000);
}

namespace {

using numbers = mr::basic_topk_tracker<std::int64_t, 3>;  // six items are kept, so that bounds matter

/// How many of a tracker's bounds are wrong about the items of [begin, end) in `stream`: (time, item).
std::size_t wrong_bounds(const numbers& found, const std::vector<std::pair<std::int64_t, std::int64_t>>& stream,
                         std::int64_t begin, std::int64_t end) {
  std::map<std::int64_t, std::uint64_t> weights;
  std::uint64_t total = 0;
  for (const auto& [time, item] : stream)
    if (time >= begin && time < end) ++weights[item], ++total;
  std::size_t wrong = found.total() == total ? 0 : 1;
  for (const auto& [item, weight] : weights) {
    if (found.sketch().lower(item) > weight || found.sketch().upper(item) < weight) ++wrong;
    const auto top = found.top(100);
    const bool listed =
        std::any_of(top.begin(), top.end(), [&, key = item](const auto& row) { return row.item == key; });
    if (weight > found.sketch().max_error() && !listed) ++wrong;
  }
  if (found.sketch().max_error() > total) ++wrong;
  return wrong;
}

/// Times that go on, up to 25 late; few items that come often, and many that do not.
std::vector<std::pair<std::int64_t, std::int64_t>> stream_of(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<std::pair<std::int64_t, std::int64_t>> made;
  std::int64_t now = 0;
  for (std::size_t i = 0; i < size; ++i) {
    now += random.below(400) == 0 ? 70 : static_cast<std::int64_t>(random.below(2));
    const std::int64_t time = now - static_cast<std::int64_t>(random.below(25));
    const auto often = now / 100 % 7 + static_cast<std::int64_t>(random.below(2));
    const auto item = random.below(3) == 0 ? static_cast<std::int64_t>(random.below(50)) : often;
    made.emplace_back(time, item);
  }
  return made;
}

using some_late = mr::event_time<mr::duration(25)>;

}  // namespace

TEST_CASE("top-k slides with a window of panes, and its bounds hold for the items in the window") {
  mr::windowed<mr::sliding<mr::duration(60), mr::duration(20)>, numbers, some_late> window;
  const auto stream = stream_of(20'000, 3);
  std::vector<std::pair<std::int64_t, std::int64_t>> seen;
  std::int64_t now = -100;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const auto [time, item] = stream[i];
    window.update(item, mr::time_point(time));
    now = (std::max)(now, time);
    seen.push_back(stream[i]);
    if (seen.size() > 2000) seen.erase(seen.begin(), seen.begin() + 1000);
    const auto pane = now >= 0 ? now / 20 : -1;
    if (i % 7 == 0) wrong += wrong_bounds(window.value(), seen, 20 * (pane - 3), 20 * (pane + 1));
    if (i % 997 == 0) {
      auto back = decltype(window)::load(window.save());
      REQUIRE(back.has_value());
      CHECK(back->save() == window.save());
      window = *std::move(back);
    }
  }
  CHECK(wrong == 0);
  CHECK(window.late() == 0);
}

TEST_CASE("top-k of tumbling, hopping and session windows is that of their items") {
  const auto stream = stream_of(20'000, 4);
  const auto check = [&](auto window) {
    std::size_t wrong = 0;
    std::uint64_t total = 0;
    const auto sink = [&](mr::time_range when, const numbers& found) {
      wrong += wrong_bounds(found, stream, when.begin.nanoseconds, when.end.nanoseconds);
      total += found.total();
    };
    for (const auto& [time, item] : stream) window.update(item, mr::time_point(time), sink);
    window.finish(sink);
    CHECK(wrong == 0);
    CHECK(window.late() == 0);
    return total;
  };
  CHECK(check(mr::windowed<mr::tumbling<mr::duration(50)>, numbers, some_late>()) == stream.size());
  CHECK(check(mr::windowed<mr::hopping<mr::duration(60), mr::duration(20)>, numbers, some_late>()) ==
        3 * stream.size());
  CHECK(check(mr::windowed<mr::session<mr::duration(30)>, numbers, some_late>()) == stream.size());
}

TEST_CASE("top-k of texts by window, alone and among other statistics") {
  mr::windowed<mr::sliding<5min, 10s>, mr::topk_tracker> paths;
  mr::windowed<mr::tumbling_count<100>, mr::topk_tracker> hundreds(mr::topk_tracker(2));
  mr::windowed<mr::sliding<5min, 10s>, mr::aggregate<mr::count, mr::distinct<>, mr::frequent<>>> usual;
  for (int second = 0; second < 1000; ++second)
    for (int i = 0; i < 5; ++i) {
      const std::string path = "/" + std::to_string(i < 3 ? second / 500 : second);  // gone after the call
      paths.update(path, mr::time_point(std::chrono::seconds(second)));
      usual.update(path, mr::time_point(std::chrono::seconds(second)));
      hundreds.update(path);
    }
  const auto top = paths.value().top();
  CHECK(top.size() == 10);
  CHECK(top[0].item == "/1");
  CHECK(top[0].lower == 3 * 310);
  CHECK(paths.value().total() == 5 * 310);
  CHECK(usual.get<mr::count>() == 5 * 310);
  CHECK(usual.get<mr::frequent>().top(1).at(0).item == "/1");
  CHECK(usual.get<mr::frequent>().upper("/1") >= 3 * 310);
  CHECK(usual.get<mr::frequent>().lower("/1") + usual.get<mr::frequent>().max_error() >= 3 * 310);
  REQUIRE(hundreds.last().has_value());
  CHECK(hundreds.last()->top().at(0).item == "/1");
  CHECK(hundreds.last()->top().at(0).lower == 60);
  auto back = decltype(usual)::load(usual.save());
  REQUIRE(back.has_value());
  CHECK(back->save() == usual.save());
}

TEST_CASE("top-k trackers keep their saved form: golden bytes give the same answers and the same bytes") {
  mr::topk_tracker t(3);
  for (int i = 0; i < 30; ++i) t.update("endpoint " + std::to_string(i * i % 11));
  const auto back = support::from_golden("aggregate/topk_tracker.bin", t);
  CHECK(back.k() == 3);
  REQUIRE(back.top().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(back.top()[i].item == t.top()[i].item);
}
