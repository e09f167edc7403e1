#include <millrace/deliver/judge/judge.hpp>

#include <laws/aggregator.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;

namespace {

// [composed]
struct empty_answers {  // a metric of your own: what is bad, of 0 or 1 or between
  static constexpr std::string_view name = "empty_answers";
  static constexpr md::tolerance tolerated{.max_ratio = 1.5, .max_difference = .005};
  static double badness(const md::measurement& taken) noexcept { return taken.latency < 1000 ? 1 : 0; }
};
using agrees = md::bounded_score<"agreement", 0, 1, md::max_difference<.02>>;  // fed by itself
using release = md::judge<md::error_rate<md::max_ratio<2>>, md::latency<.99, md::max_ratio<1.5>>, empty_answers, agrees,
                          md::alpha<.01>, md::beta<.05>, md::min_requests<1000>>;
// [/composed]
static_assert(md::release_judge<release>);

// [rule]
using cheaper_or_better =
    md::judge<md::error_rate<>, md::any_of<md::slower_than<250>, md::bounded_score<"clicks", 0, 1>>>;
// [/rule]

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

TEST_CASE("a judge is fed, looked at, and kept", "[deliver]") {
  // [fed]
  release judge;
  const auto begun = judge.begin_step(0, 0.05);  // the candidate gets 5 % of the requests
  judge.assign(candidate, 0);                    // one is on its way
  judge.update(candidate, {.failed = false, .latency = 1.2e6}, 0);
  judge.update<agrees>(candidate, 1.0, 0);  // its label came
  const md::judgement now = judge.look();   // hold: no_data, too_few_requests, ...
  // [/fed]
  CHECK(begun);
  CHECK(now.why == md::reason::no_data);

  // [kept]
  const std::vector<std::byte> bytes = judge.save();
  auto fleet = release::load(bytes);                            // after a restart, or on the host that decides
  const bool added = fleet && fleet->merge(judge).has_value();  // another host's counts
  // [/kept]
  REQUIRE(added);
  CHECK(fleet->requests(candidate, 0) == 2);
}

TEST_CASE("a rule of parts judges too", "[deliver]") {
  cheaper_or_better judge;
  REQUIRE(judge.begin_step(0, 0.5));
  CHECK(judge.report().metrics.size() == 3);
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

TEST_CASE("twenty threads and those who look do not disturb each other", "[deliver]") {
  using judged = md::judge<md::error_rate<>, md::latency<.99>, md::per_user<1024>>;
  judged judge;
  REQUIRE(judge.begin_step(0, 0.5));
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 20; ++t)
    threads.emplace_back([&judge, t] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        const md::arm which = i % 2 == 0 ? candidate : stable;
        judge.assign(which, 0);
        judge.update(which, {.failed = i % 10 == 0, .latency = 1e6 + static_cast<double>(i)}, 0, i);
        if (t < 2 && i % 100 == 0) static_cast<void>(judge.look());
        if (t == 2 && i % 100 == 0) static_cast<void>(judge.save());
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(judge.requests(candidate, 0) == 5000);
  const auto now = judge.report();
  CHECK(now.metrics[0].measured == std::array<std::uint64_t, 2>{5000, 5000});
  CHECK(now.metrics[0].bad == std::array<double, 2>{0, 50});
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

namespace {

using p99 = md::latency<.99, md::max_ratio<1.5>>;
using fast = md::judge<p99, md::min_requests<500>>;
using agreement = md::bounded_score<"agreement", 0, 1, md::max_difference<.05>>;
using by_user = md::judge<md::error_rate<>, md::per_user<16384>>;

/// Latencies from 1 to 2 ms, of which one in `rare` takes `tail` ms.
double latency(int i, int rare, double tail) { return i % rare == 0 ? 1e6 * tail : 1e6 + 1e6 * (i % 7919) / 7919.0; }

}  // namespace

TEST_CASE("a latency's limit is set by the stable model alone, before it is used", "[deliver]") {
  fast judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (int i = 0; i < 3000; ++i) judge.update(candidate, {.latency = 1e12}, 0);
  CHECK(judge.limits<p99>(0)[0] == 0);
  CHECK(judge.report().metrics[0].measured[1] == 0);
  for (int i = 0; i < 1000; ++i) judge.update(stable, {.latency = latency(i * 31, 1'000'000, 0)}, 0);
  CHECK(judge.limits<p99>(0)[0] == Approx(1.99e6).epsilon(0.05));
  CHECK(judge.limits<p99>(0)[1] == Approx(1.95e6).epsilon(0.05));
  // The next step has the limit of what this one showed.
  for (int i = 0; i < 2000; ++i) judge.update(stable, {.latency = 10 * latency(i * 31, 1'000'000, 0)}, 0);
  REQUIRE(judge.begin_step(1, 0.5));
  CHECK(judge.limits<p99>(1)[0] > 1.9e7);
  CHECK(judge.limits<p99>(0)[0] < 2.1e6);
}

TEST_CASE("slow answers are taken back, equally fast ones promoted", "[deliver]") {
  fast equal;
  REQUIRE(equal.begin_step(0, 0.25));
  for (int i = 0; i < 1600; ++i) equal.update(i % 4 == 0 ? candidate : stable, {.latency = latency(i, 59, 3)}, 0);
  fast slow = equal;
  for (int i = 0; i < 16'000; ++i) {
    const md::arm which = i % 4 == 0 ? candidate : stable;
    equal.update(which, {.latency = latency(i / 4, 60, 3)}, 0);
    slow.update(which, {.latency = latency(i / 4, which == stable ? 60 : 30, which == stable ? 3 : 9)}, 0);
  }
  CHECK(equal.look().verdict == md::verdict::promote);
  CHECK(slow.look().verdict == md::verdict::rollback);
  CHECK(slow.report().metric == "latency_p99");
}

TEST_CASE("latencies that are no numbers are no success", "[deliver]") {
  fast judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (int i = 0; i < 4000; ++i) {
    judge.update(stable, {.latency = latency(i, 60, 3)}, 0);
    judge.update(candidate, {.latency = i % 2 == 0 ? std::nan("") : -1.0}, 0);
  }
  const auto now = judge.report();
  CHECK(now.verdict == md::verdict::hold);
  CHECK(now.why == md::reason::not_measured);
  CHECK(now.metrics[0].unmeasured[1] == 4000);
  for (int i = 0; i < 4000; ++i) judge.update(candidate, {.latency = HUGE_VAL}, 0);
  CHECK(judge.look().verdict == md::verdict::rollback);
}

TEST_CASE("what a candidate does not measure counts as bad where it is promoted", "[deliver]") {
  fast complete;
  REQUIRE(complete.begin_step(0, 0.5));
  fast patchy = complete;
  for (int i = 0; i < 12'000; ++i) {
    const md::arm which = i % 2 == 0 ? candidate : stable;
    const double taken = latency(i / 2, 60, 3);
    complete.update(which, {.latency = taken}, 0);
    patchy.update(which, {.latency = which == candidate && i % 10 == 0 ? std::nan("") : taken}, 0);
  }
  CHECK(complete.look().verdict == md::verdict::promote);
  CHECK(patchy.look().why == md::reason::not_shown);
}

TEST_CASE("a step in which one model has all requests is not judged", "[deliver]") {
  for (const double share : {0.0, 1.0}) {
    errors judge;
    REQUIRE(judge.begin_step(0, share));
    feed(judge, share == 1 ? candidate : stable, 0, 5000, 2500);
    CHECK(judge.report().why == md::reason::no_data);
    CHECK(judge.report().log_e == Approx(0).margin(1e-9));
  }
}

TEST_CASE("a score is fed by itself, and compared by its mean", "[deliver]") {
  md::judge<agreement> judge;
  REQUIRE(judge.begin_step(0, 0.5));
  md::judge<agreement> worse = judge;
  for (int i = 0; i < 4000; ++i) {
    const md::arm which = i % 2 == 0 ? candidate : stable;
    judge.update(which, {}, 0);
    worse.update(which, {}, 0);
    judge.update<agreement>(which, i / 2 % 10 == 0 ? 0.5 : 1.0, 0);
    worse.update<agreement>(which, i / 2 % 10 == 0 ? (which == stable ? 0.5 : -3) : 1.0, 0);
  }
  CHECK(judge.look().verdict == md::verdict::promote);
  CHECK(worse.report().metrics[0].difference == Approx(0.05));
  worse.update<agreement>(candidate, std::nan(""), 0);
  CHECK(worse.report().metrics[0].unmeasured[1] == 1);
}

TEST_CASE("counts of another program are as good as requests", "[deliver]") {
  errors fed;
  errors told;
  for (errors* one : {&fed, &told}) REQUIRE(one->begin_step(0, 0.5));
  feed(fed, stable, 0, 1000, 10);
  feed(fed, candidate, 0, 1000, 20);
  using metric = md::error_rate<md::max_ratio<2>, md::max_difference<.005>>;
  told.update<metric>(stable, {.returned = 1000, .measured = 1000, .bad = 10}, 0);
  told.update<metric>(candidate, {.returned = 1000, .measured = 1000, .bad = 20}, 0);
  CHECK(to_json(fed.report()) == to_json(told.report()));
  CHECK(to_json(fed.look()) != to_json(fed.report()));
  CHECK(fed.look().log_e == fed.report().log_e);
}

TEST_CASE("a user's hundred failures are one", "[deliver]") {
  by_user judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (std::uint64_t i = 0; i < 1000; ++i) judge.update(candidate, bad, 0, 7);
  for (std::uint64_t i = 0; i < 1000; ++i) judge.update(stable, good, 0, 8);
  const auto now = judge.report();
  CHECK(now.metrics[0].bad[1] == 1);
  CHECK(now.log_e < 1);
  CHECK(now.requests[1] == 1000);
}

TEST_CASE("users without failures are promoted by their first requests", "[deliver]") {
  by_user judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (std::uint64_t user = 0; user < 1500; ++user) judge.update(user % 2 == 0 ? candidate : stable, good, 0, user);
  for (std::uint64_t i = 0; i < 1000; ++i) judge.update(candidate, good, 0, 2);
  CHECK(judge.look().verdict == md::verdict::hold);
  for (std::uint64_t user = 1500; user < 9000; ++user) judge.update(user % 2 == 0 ? candidate : stable, good, 0, user);
  CHECK(judge.look().verdict == md::verdict::promote);
}

TEST_CASE("a user who is seen by two hosts counts once, where it was seen first", "[deliver]") {
  by_user whole;
  by_user hosts[2];
  for (by_user* one : {&whole, &hosts[0], &hosts[1]}) {
    REQUIRE(one->begin_step(0, 0.25));
    REQUIRE(one->begin_step(1, 0.5));
  }
  for (std::uint64_t i = 0; i < 12'000; ++i) {
    const std::uint64_t user = i * 7919 % 1000;
    const std::size_t step = i / 6000;
    const md::arm which = user % 4 == 0 || (step == 1 && user % 4 == 1) ? candidate : stable;
    const md::measurement& one = user % 50 == 0 && i % 3 == 0 ? bad : good;
    whole.update(which, one, step, user);
    hosts[i / 7 % 2].update(which, one, step, user);
  }
  auto first = by_user::load(hosts[0].save());
  REQUIRE(first);
  REQUIRE(first->merge(hosts[1]));
  REQUIRE(hosts[1].merge(hosts[0]));
  CHECK(to_json(first->report()) == to_json(hosts[1].report()));
  const auto told = whole.report();
  for (const auto& now : {first->report(), hosts[1].report()}) {
    CHECK(now.metrics[0].bad == told.metrics[0].bad);
    CHECK(now.log_e == told.log_e);
    CHECK(now.metrics[0].effect == told.metrics[0].effect);
  }
}

TEST_CASE("more users with failures than there is room for are not promoted", "[deliver]") {
  md::judge<md::error_rate<>, md::per_user<1024>> judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (std::uint64_t user = 0; user < 40'000; ++user)
    judge.update(user % 2 == 0 ? candidate : stable, user % 8 < 2 ? bad : good, 0, user);
  const auto now = judge.report();
  CHECK(now.metrics[0].bad[0] + now.metrics[0].bad[1] == 960);
  CHECK(now.why == md::reason::units_full);
}

TEST_CASE("what three more metrics cost the evidence of errors is a third of it", "[deliver]") {
  md::judge<md::error_rate<>, md::latency<.99>, md::slower_than<250>, empty_answers> judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (int i = 0; i < 3000; ++i)
    for (const md::arm which : {stable, candidate})
      judge.update(which, {.failed = i % 100 < (which == candidate ? 4 : 1), .latency = 1e6}, 0);
  const auto now = judge.report();
  REQUIRE(now.metrics[0].log_e > 5);
  CHECK(now.log_e == Approx(now.metrics[0].log_e - std::log(1.5)).margin(.05));
}

TEST_CASE("a rule of metrics is broken as a whole", "[deliver]") {
  using either = md::judge<md::any_of<md::error_rate<>, agreement>>;
  either judge;
  REQUIRE(judge.begin_step(0, 0.5));
  for (int i = 0; i < 20'000; ++i) {
    const md::arm which = i % 2 == 0 ? candidate : stable;
    judge.update(which, i / 2 % 100 < (which == candidate ? 9 : 3) ? bad : good, 0);
    judge.update<agreement>(which, i / 2 % 10 == 0 ? 0 : 1, 0);
  }
  CHECK(judge.report().verdict == md::verdict::promote);  // by agreement
  md::judge<md::error_rate<>, agreement> both;
  REQUIRE(both.begin_step(0, 0.5));
  for (int i = 0; i < 20'000; ++i) {
    const md::arm which = i % 2 == 0 ? candidate : stable;
    both.update(which, i / 2 % 100 < (which == candidate ? 9 : 3) ? bad : good, 0);
    both.update<agreement>(which, i / 2 % 10 == 0 ? 0 : 1, 0);
  }
  CHECK(both.report().verdict == md::verdict::rollback);
}

namespace {

// The highest evidence is saved too, and depends on the weights.
using kept = md::judge<md::error_rate<md::weight<4>>, md::latency<.9>, agreement, md::per_user<1024>>;

kept golden_judge() {
  kept judge;
  CHECK(judge.begin_step(0, 0.125));
  for (std::uint64_t i = 0; i < 4000; ++i) {
    if (i == 2000) CHECK(judge.begin_step(1, 0.5));
    const std::uint64_t user = i * 7919 % 500;
    const std::size_t step = i < 2000 ? 0 : 1;
    const md::arm which = user % 8 < (step == 0 ? 1 : 4) ? candidate : stable;
    const double ms = static_cast<double>(1 + user % 9);
    judge.assign(which, step);
    judge.update(which, {.failed = user % 29 == 0, .latency = user % 31 == 0 ? std::nan("") : 1e6 * ms}, step, user);
    judge.update<agreement>(which, static_cast<double>(user % 5) / 4, step, user);
  }
  static_cast<void>(judge.report());
  return judge;
}

}  // namespace

TEST_CASE("a judge's bytes are those of the first release", "[deliver]") {
  const kept judge = golden_judge();
  const kept back = support::from_golden("deliver/judge.bin", judge);
  CHECK(to_json(back.report()) == to_json(judge.report()));
  const auto use = [](kept& one) {
    static_cast<void>(one.begin_step(2, 0.5));
    for (std::uint64_t i = 0; i < 4; ++i) one.update(candidate, {.failed = true, .latency = 1e9}, i, i);
    static_cast<void>(one.report().summary());
    static_cast<void>(one.merge(kept(one)));
    static_cast<void>(one.save());
  };
  laws::hostile_payload(judge, support::reseal, use, 11, 300);
}

TEST_CASE("counts too large for doubles are refused, and none overflows", "[deliver]") {
  errors judge;
  REQUIRE(judge.begin_step(0, 0.5));
  using metric = md::error_rate<md::max_ratio<2>, md::max_difference<.005>>;
  for (int i = 0; i < 3; ++i)
    for (const md::arm which : {stable, candidate})
      judge.update<metric>(which, {.returned = 1ULL << 40, .measured = 1ULL << 40, .bad = 1ULL << 39}, 0);
  const auto now = judge.report();
  CHECK(now.verdict == md::verdict::promote);
  CHECK(now.metrics[0].effect == Approx(1));
  CHECK(now.metrics[0].upper < 1.05);
  CHECK(errors::load(judge.save()));
  const auto before = to_json(now);
  CHECK_FALSE(judge.update<metric>(stable, {.measured = 1ULL << 42}, 0));
  CHECK_FALSE(judge.update<metric>(stable, {.measured = 1ULL << 40}, 0));
  // Of a counter that was set back between two readings.
  CHECK_FALSE(judge.update<metric>(candidate, {.returned = ~5ULL, .measured = ~5ULL, .bad = ~100ULL}, 0));
  CHECK_FALSE(judge.update<metric>(candidate, {.returned = 1, .measured = 1, .bad = 2}, 0));
  CHECK_FALSE(judge.update<metric>(candidate, {.returned = 3, .measured = 3, .bad = 1, .beyond = 2}, 0));
  CHECK_FALSE(judge.update<metric>(candidate, {.returned = 3, .measured = 3, .bad = 1}, errors::max_steps));
  CHECK(judge.merge(judge).error().code() == millrace::errc::invalid_argument);
  CHECK(to_json(judge.report()) == before);
  CHECK(errors::load(judge.save()));
}

namespace {

/// A rollout of three steps, of which a person begins the next after 1,000 requests of the candidate, with looks after
/// every 100. Whether it is taken back; `changed` is by how many times more of the candidate's requests fail.
bool is_taken_back(mr::random_engine& engine, double changed) {
  using judged = md::judge<md::error_rate<>, md::latency<.99>, md::slower_than<3>, md::alpha<.05>>;
  judged judge;
  constexpr std::array shares{0.1, 0.25, 0.5};
  for (std::size_t step = 0; step < shares.size(); ++step) {
    static_cast<void>(judge.begin_step(step, shares[step]));
    for (int i = 0; i < static_cast<int>(1000 / shares[step]); ++i) {
      const bool is_candidate = engine.uniform() < shares[step];
      const bool failed = engine.uniform() < (is_candidate ? .02 * changed : .02);
      judge.update(is_candidate ? candidate : stable, {.failed = failed, .latency = 1e6 / (1 - engine.uniform())},
                   step);
      if (i % 1000 == 0 && judge.look().verdict == md::verdict::rollback) return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("without harm few rollouts are taken back, with harm nearly all", "[deliver]") {
  mr::random_engine engine(15);
  constexpr int rollouts = 300;
  int healthy = 0;
  int faulty = 0;
  for (int i = 0; i < rollouts; ++i) healthy += is_taken_back(engine, 1);
  for (int i = 0; i < 100; ++i) faulty += is_taken_back(engine, 3);
  CHECK(healthy <= 0.05 * rollouts + 3 * std::sqrt(rollouts * 0.05 * 0.95));
  CHECK(faulty >= 95);
}
