#include <millrace/aggregate/topk_tracker.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;

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
