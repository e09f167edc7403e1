#include <millrace/middleware/profiler.hpp>

#include <support/catch.hpp>

#include <millrace/chain/chain.hpp>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"now", std::uint64_t*> now;

/// Takes exactly as long as it is told, on a clock that stands still otherwise.
template <int Index>
struct takes {
  using reads = mr::fields<now>;
  using writes = mr::fields<>;
  static constexpr std::string_view name = Index == 0 ? "short" : "long";
  std::uint64_t nanoseconds;
  bool fail = false;
  void operator()(auto& ctx) const {
    *ctx[now] += nanoseconds;
    if (fail) throw std::runtime_error("no");
  }
};

}  // namespace

TEST_CASE("the profiler counts every run of every event, failed ones too") {
  std::uint64_t time = 0;
  auto chain = mr::chain<mr::lenient>(takes<0>{100}, takes<1>{5000, true}, takes<0>{300})
                   .use(mr::profiler{})
                   .on(mr::manual_clock(time));
  auto ctx = chain.context(now = &time);
  for (int i = 0; i < 10; ++i) (void)chain(ctx);
  const auto events = chain.get<mr::profiler>().events();
  REQUIRE(events.size() == 2);
  CHECK(events[0]->event == "short");
  CHECK(events[0]->durations.count() == 20);
  CHECK(events[0]->durations.sum() == 4000);
  CHECK(events[0]->durations.mean() == 200);
  CHECK(events[0]->durations.min() == 100);
  CHECK(events[0]->durations.max() == 300);
  CHECK(events[0]->failures == 0);
  CHECK(events[1]->event == "long");
  CHECK(events[1]->failures == 10);
}

TEST_CASE("a clock that goes back during an event leaves no duration, and is counted") {
  std::uint64_t time = 1'000;
  auto chain = mr::chain(takes<0>{static_cast<std::uint64_t>(-50)}, takes<1>{100})
                   .use(mr::profiler{})
                   .on(mr::manual_clock(time));
  auto ctx = chain.context(now = &time);
  REQUIRE(chain(ctx));
  const auto events = chain.get<mr::profiler>().events();
  REQUIRE(events.size() == 2);
  CHECK(events[0]->durations.count() == 0);
  CHECK(events[0]->durations.refused() == 1);
  CHECK(events[1]->durations.sum() == 100);
}

TEST_CASE("the report is a table and the JSON has every figure") {
  std::uint64_t time = 0;
  auto chain = mr::chain(takes<0>{100}, takes<1>{2'000'000}).use(mr::profiler{}).on(mr::manual_clock(time));
  auto ctx = chain.context(now = &time);
  for (int i = 0; i < 4; ++i) REQUIRE(chain(ctx));
  const std::string report = chain.get<mr::profiler>().report();
  CHECK(report ==
        "event      count   failed      total     %       mean        min        p50        p95        p99        max\n"
        "short          4        0   400.0 ns   0.0   100.0 ns   100.0 ns   100.0 ns   100.0 ns   100.0 ns   100.0 ns\n"
        "long           4        0     8.0 ms 100.0     2.0 ms     2.0 ms     2.0 ms     2.0 ms     2.0 ms     2.0 ms\n"
        "all                           8.0 ms\n");
  const auto json = nlohmann::json::parse(to_json(chain.get<mr::profiler>()));
  REQUIRE(json["events"].size() == 2);
  CHECK(json["events"][1]["event"] == "long");
  CHECK(json["events"][1]["count"] == 4);
  CHECK(json["events"][1]["total_ns"] == 8'000'000);
  CHECK(json["events"][1]["max_ns"] == 2'000'000);
}

TEST_CASE("one profiler may watch several chains") {
  std::uint64_t time = 0;
  mr::profiler mine;
  auto one = mr::chain(takes<0>{10}).use(mr::borrow(mine)).on(mr::manual_clock(time));
  auto two = mr::chain(takes<1>{20}, takes<0>{30}).use(mr::borrow(mine)).on(mr::manual_clock(time));
  auto a = one.context(now = &time);
  auto b = two.context(now = &time);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(one(a));
    REQUIRE(two(b));
  }
  REQUIRE(mine.events().size() == 2);
  CHECK(mine.events()[0]->durations.sum() == 3 * 10 + 3 * 30);
  CHECK(mine.events()[1]->durations.sum() == 3 * 20);
  mine.reset();
  CHECK(mine.events().empty());
  REQUIRE(one(a));
  CHECK(mine.events().size() == 1);
}
