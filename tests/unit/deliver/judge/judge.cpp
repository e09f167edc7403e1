#include <millrace/deliver/judge/judge.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace md = millrace::deliver;

namespace {

using errors = md::judge<md::error_rate<md::max_ratio<2>, md::max_difference<.005>>, md::alpha<.01>>;
static_assert(md::release_judge<errors>);

constexpr md::arm stable = md::arm::stable;
constexpr md::arm candidate = md::arm::candidate;
constexpr md::measurement good{};
constexpr md::measurement bad{.failed = true};

/// `requests` of an arm, of which `wrong` fail.
template <class Judge>
void feed(Judge& judge, md::arm which, std::size_t step, int requests, int wrong) {
  for (int i = 0; i < requests; ++i) judge.update(which, i < wrong ? bad : good, step);
}

}  // namespace

TEST_CASE("a judge holds without data", "[deliver]") {
  errors judge;
  CHECK(judge.report().why == md::reason::no_data);
  REQUIRE(judge.begin_step(0, 0.5));
  CHECK(judge.report().why == md::reason::no_data);
  feed(judge, stable, 0, 5000, 0);
  CHECK(judge.report().why == md::reason::no_data);
}

TEST_CASE("three of six zeros are not a pass, and three thousand of six are", "[deliver]") {
  errors judge;
  REQUIRE(judge.begin_step(0, 0.5));
  feed(judge, stable, 0, 3, 0);
  feed(judge, candidate, 0, 3, 0);
  CHECK(judge.report().why == md::reason::too_few_requests);
  feed(judge, stable, 0, 3000, 0);
  feed(judge, candidate, 0, 3000, 0);
  CHECK(judge.report().verdict == md::verdict::promote);
}

TEST_CASE("three times the errors are taken back, and equal ones promoted", "[deliver]") {
  errors judge;
  REQUIRE(judge.begin_step(0, 0.05));
  feed(judge, stable, 0, 28500, 285);
  errors worse = judge;
  feed(judge, candidate, 0, 1500, 15);
  feed(worse, candidate, 0, 1500, 45);
  CHECK(judge.report().verdict == md::verdict::promote);
  const auto now = worse.report();
  CHECK(now.verdict == md::verdict::rollback);
  CHECK(now.why == md::reason::harm);
  CHECK(now.metric == "error_rate");
  REQUIRE(now.metrics.size() == 1);
  CHECK(now.metrics[0].lower > 1);
  CHECK(now.metrics[0].bad[1] == 45);
}

TEST_CASE("a small difference is no harm, however sure it is", "[deliver]") {
  errors judge;
  REQUIRE(judge.begin_step(0, 0.5));
  feed(judge, stable, 0, 200'000, 20'000);
  feed(judge, candidate, 0, 200'000, 32'000);
  const auto now = judge.report();
  CHECK(now.log_e > std::log(1e6));
  CHECK(now.verdict == md::verdict::promote);  // within twice as many
}

TEST_CASE("arms that are not filled as configured are not compared", "[deliver]") {
  errors judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (int i = 0; i < 4000; ++i) judge.assign(i % 3 == 0 ? candidate : stable, 0);
  feed(judge, stable, 0, 2667, 0);
  feed(judge, candidate, 0, 1333, 1333);
  CHECK(judge.report().why == md::reason::sample_ratio);
}

TEST_CASE("requests that never return keep a candidate from being promoted", "[deliver]") {
  errors judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (int i = 0; i < 8000; ++i) judge.assign(i % 2 == 0 ? candidate : stable, 0);
  feed(judge, stable, 0, 4000, 0);
  feed(judge, candidate, 0, 3000, 0);
  const auto now = judge.report();
  CHECK(now.verdict == md::verdict::hold);
  CHECK(now.why == md::reason::missing_requests);
}

TEST_CASE("judges of threads, hosts and runs add up", "[deliver]") {
  errors whole;
  errors parts[2];
  for (errors* one : {&whole, &parts[0], &parts[1]}) {
    REQUIRE(one->begin_step(0, 0.1));
    REQUIRE(one->begin_step(1, 0.5));
  }
  for (int i = 0; i < 20'000; ++i) {
    const auto step = static_cast<std::size_t>(i / 10'000);
    const md::arm which = i % (step == 0 ? 10 : 2) == 0 ? candidate : stable;
    const md::measurement& one = i % 97 == 0 || (i % 41 == 0 && which == candidate) ? bad : good;
    whole.update(which, one, step);
    parts[i % 3 == 0].update(which, one, step);
  }
  auto first = errors::load(parts[0].save());
  REQUIRE(first);
  REQUIRE(first->merge(parts[1]));
  REQUIRE(parts[1].merge(parts[0]));
  CHECK(to_json(first->report()) == to_json(whole.report()));
  CHECK(to_json(parts[1].report()) == to_json(whole.report()));
  CHECK(first->requests(candidate, 1) == 5000);

  errors other;
  REQUIRE(other.begin_step(0, 0.2));
  const auto refused = whole.merge(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "judge: step 0 has the share 0.1 here and 0.2 there, so they are not the same");
}

TEST_CASE("what looks have found is kept by saving and not by merging", "[deliver]") {
  errors judge;
  REQUIRE(judge.begin_step(0, 0.5));
  feed(judge, candidate, 0, 10, 10);
  const double highest = judge.report().log_e;
  CHECK(highest > 1);
  feed(judge, stable, 0, 30, 30);
  CHECK(judge.report().log_e < highest);
  auto loaded = errors::load(judge.save());
  REQUIRE(loaded);
  CHECK(loaded->report().highest_log_e == highest);
  errors fresh;
  REQUIRE(fresh.merge(judge));
  CHECK(fresh.report().highest_log_e < highest);
}

TEST_CASE("a step keeps its share", "[deliver]") {
  errors judge;
  REQUIRE(judge.begin_step(3, 0.25));
  CHECK(judge.begin_step(3, 0.25));
  CHECK(judge.begin_step(3, 0.5).error().code() == millrace::errc::invalid_argument);
  CHECK(judge.begin_step(errors::max_steps, 0.5).error().code() == millrace::errc::out_of_range);
  for (const double share : {-0.1, 1.1, std::nan("")}) CHECK_FALSE(judge.begin_step(4, share));
  judge.update(candidate, bad, errors::max_steps);
  judge.assign(candidate, errors::max_steps);
  CHECK(judge.requests(candidate, errors::max_steps) == 0);
}
