#include <millrace/deliver/judge/threshold_judge.hpp>

#include <laws/aggregator.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace md = millrace::deliver;

namespace {

using thresholds =
    md::threshold_judge<md::error_rate_threshold<.01>, md::latency_multiplier<1.5>, md::min_requests<1000>>;
static_assert(md::release_judge<thresholds>);

constexpr md::arm stable = md::arm::stable;
constexpr md::arm candidate = md::arm::candidate;

static_assert(thresholds::time_between_looks.nanoseconds == 0);
static_assert(md::threshold_judge<md::check_interval<1.5>, md::min_requests<10>>::time_between_looks.nanoseconds ==
              1'500'000'000);

void feed(thresholds& judge, md::arm which, int requests, int failed, double latency, std::size_t step = 0) {
  for (int i = 0; i < requests; ++i) judge.update(which, {.failed = i < failed, .latency = latency}, step);
}

}  // namespace

TEST_CASE("thresholds hold until there are enough requests", "[deliver]") {
  thresholds judge;
  REQUIRE(judge.begin_step(0, 0.5));
  CHECK(judge.report().why == md::reason::no_data);
  feed(judge, stable, 1000, 0, 1e6);
  feed(judge, candidate, 999, 999, 1e6);
  CHECK(judge.report().why == md::reason::too_few_requests);
  feed(judge, candidate, 1, 0, 1e6);
  CHECK(judge.report().verdict == md::verdict::rollback);
}

TEST_CASE("thresholds are what is more than them", "[deliver]") {
  thresholds judge;
  REQUIRE(judge.begin_step(0, 0.5));
  feed(judge, stable, 1000, 900, 1e6);  // the stable model's errors are not asked
  feed(judge, candidate, 1000, 10, 1e6);
  CHECK(judge.report().verdict == md::verdict::promote);
  feed(judge, candidate, 1, 1, 1e6);
  const auto now = judge.report();
  CHECK(now.verdict == md::verdict::rollback);
  CHECK(now.metric == "error_rate");
  CHECK(now.metrics[0].effect == Approx(11 / 1001.0));
}

TEST_CASE("a latency is compared with the stable model's, in this step", "[deliver]") {
  thresholds judge;
  REQUIRE(judge.begin_step(0, 0.5));
  feed(judge, stable, 1000, 0, 1e6);
  feed(judge, candidate, 1000, 0, 2e6);
  CHECK(judge.report().metric == "latency");
  REQUIRE(judge.begin_step(1, 0.5));
  feed(judge, stable, 1000, 0, 1e7, 1);
  feed(judge, candidate, 1000, 0, 1.2e7, 1);
  CHECK(judge.report().verdict == md::verdict::promote);
}

TEST_CASE("without measurements thresholds hold", "[deliver]") {
  thresholds judge;
  REQUIRE(judge.begin_step(0, 0.5));
  feed(judge, stable, 1000, 0, 1e6);
  feed(judge, candidate, 2000, 0, std::nan(""));
  CHECK(judge.report().why == md::reason::not_measured);
}

TEST_CASE("thresholds are saved, loaded and merged", "[deliver]") {
  thresholds judge;
  REQUIRE(judge.begin_step(2, 0.5));
  feed(judge, stable, 700, 3, 1e6, 2);
  feed(judge, candidate, 700, 4, 1.1e6, 2);
  auto loaded = thresholds::load(judge.save());
  REQUIRE(loaded);
  CHECK(to_json(loaded->report()) == to_json(judge.report()));
  REQUIRE(loaded->merge(judge));
  CHECK(loaded->requests(candidate, 2) == 1400);
  CHECK(loaded->report().verdict == md::verdict::promote);
  CHECK_FALSE(judge.begin_step(16, 0.5));
  CHECK_FALSE(judge.begin_step(3, 2));
  auto bytes = judge.save();
  bytes.pop_back();
  CHECK_FALSE(thresholds::load(bytes));
}

TEST_CASE("merged thresholds compare the latencies of the newest step alone", "[deliver]") {
  thresholds fine;
  thresholds slow_before;
  thresholds behind;
  for (thresholds* one : {&fine, &slow_before, &behind}) {
    REQUIRE(one->begin_step(0, 0.5));
    feed(*one, stable, 1000, 0, 1e6);
    feed(*one, candidate, 1000, 0, one == &fine ? 1e6 : 1e8);
  }
  for (thresholds* one : {&fine, &slow_before}) {
    REQUIRE(one->begin_step(1, 0.6));
    feed(*one, stable, 1000, 0, 1e6, 1);
    feed(*one, candidate, 1000, 0, 1.1e6, 1);
    CHECK(one->report().verdict == md::verdict::promote);
  }
  const auto together = [](thresholds one, const thresholds& other) {
    REQUIRE(one.merge(other));
    return one.report();
  };
  for (const auto& now : {together(fine, slow_before), together(slow_before, fine), together(fine, behind),
                          together(behind, fine), together(thresholds(), fine)}) {
    CHECK(now.verdict == md::verdict::promote);
    CHECK(now.step == 1);
    CHECK(now.share == 0.6);
  }
  // What is slow in this step is slow on whichever host.
  thresholds slow = behind;
  REQUIRE(slow.begin_step(1, 0.6));
  feed(slow, candidate, 4000, 0, 1e8, 1);
  CHECK(together(fine, slow).verdict == md::verdict::rollback);
  CHECK(together(slow, fine).verdict == md::verdict::rollback);
}

TEST_CASE("thresholds may be looked at while a step begins", "[deliver][threads]") {
  thresholds judge;
  REQUIRE(judge.begin_step(0, 0.5));
  std::atomic<bool> ends{false};
  int wrong = 0;
  std::thread looks([&] {
    while (!ends) wrong += judge.report().metrics[1].effect == 0;
  });
  for (std::size_t step = 0; step < thresholds::max_steps; ++step) {
    REQUIRE(judge.begin_step(step, 0.5));
    feed(judge, stable, 500, 0, 1e6, step);
    feed(judge, candidate, 500, 0, 1e6, step);
  }
  ends = true;
  looks.join();
  CHECK(wrong == 0);
}

TEST_CASE("a threshold_judge's bytes are those of the first release", "[deliver]") {
  thresholds judge;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    if (i % 1500 == 0) REQUIRE(judge.begin_step(i / 1500, i == 0 ? 0.125 : 0.5));
    const double latency = i % 31 == 0 ? std::nan("") : 1e6 * static_cast<double>(1 + i % 9);
    judge.update(i % 8 < 3 ? candidate : stable, {.failed = i % 29 == 0, .latency = latency}, i / 1500);
  }
  const thresholds back = support::from_golden("deliver/threshold_judge.bin", judge);
  CHECK(to_json(back.report()) == to_json(judge.report()));
  const auto use = [](thresholds& one) {
    static_cast<void>(one.begin_step(2, 0.5));
    for (std::uint64_t i = 0; i < 4; ++i) one.update(candidate, {.failed = true, .latency = 1e9}, i, i);
    static_cast<void>(one.report().summary());
    static_cast<void>(one.merge(thresholds(one)));
    static_cast<void>(one.save());
  };
  laws::hostile_payload(judge, support::reseal, use, 15, 300);
}
