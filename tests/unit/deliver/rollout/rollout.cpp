#include <millrace/deliver/rollout/rollout.hpp>

#include <millrace/deliver/judge/judge.hpp>
#include <millrace/deliver/judge/threshold_judge.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/releases.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

using phase = md::rollout_phase;

using support::request;
using support::scale;
using support::set_clock;
using support::told_judge;

namespace {

constexpr std::uint64_t second = 1'000'000'000;

}  // namespace

TEST_CASE("a release splits, measures, and goes on as it is told", "[deliver][rollout]") {
  std::uint64_t time = second;
  md::rollout release{scale{1},
                      scale{2},
                      md::canary<5, 25, 100>(),
                      told_judge(),
                      mr::manual_clock(time),
                      md::unit_of{&request::user},
                      md::rollout_options{.name = "prices", .rules = {.min_requests = 10}}};
  // A draft measures nothing, and is stable's.
  for (int i = 0; i < 1000; ++i) CHECK(release(request{std::to_string(i), 1}) == 1);
  CHECK(release.judge().counts[0] == 0);

  REQUIRE(release.start("ada", "looks good"));
  std::vector<int> by_candidate;
  const auto ask_all = [&] {
    std::vector<int> got;
    for (int i = 0; i < 2000; ++i)
      if (release(request{std::to_string(i), 1}) == 2) got.push_back(i);
    return got;
  };
  const auto few = ask_all();
  CHECK(few.size() > 70);
  CHECK(few.size() < 130);
  CHECK(ask_all() == few);  // sticky
  CHECK(release.judge().counts[1] == 2 * few.size());
  CHECK(release.judge().counts[0] == 4000 - 2 * few.size());
  CHECK(release.judge().assigned[0] == release.judge().counts[0]);
  CHECK(release.judge().failures[1] == 0);

  const auto next = release.decide();
  REQUIRE(next);
  CHECK(next->share == 250'000);
  CHECK(release.judge().shares == std::vector<double>{0.05, 0.25});
  const auto more = ask_all();
  CHECK(more.size() > 400);
  for (const int each : few) CHECK(std::count(more.begin(), more.end(), each) == 1);  // nobody who is in leaves

  release.judge().says = md::verdict::promote;
  REQUIRE(release.decide()->phase == phase::promoting);
  CHECK(ask_all().size() == 2000);
  REQUIRE(release.decide()->phase == phase::promoted);
  CHECK(ask_all().size() == 2000);
  const auto counted = release.judge().counts[1];
  CHECK(ask_all().size() == 2000);
  CHECK(release.judge().counts[1] == counted);

  // What was the candidate is stable now.
  REQUIRE(release.begin(scale{3}));
  REQUIRE(release.start());
  CHECK(release.state().number == 2);
  int third = 0;
  for (int i = 0; i < 2000; ++i) {
    const double answer = release(request{std::to_string(i), 1});
    CHECK((answer == 2 || answer == 3));
    third += answer == 3;
  }
  CHECK(third == static_cast<int>(few.size()));
  REQUIRE(release.roll_back("ada", "no reason"));
  CHECK(ask_all().size() == 2000);
}

TEST_CASE("several releases at once split the same users independently, and end each on its own",
          "[deliver][rollout]") {
  std::uint64_t time = second;
  const auto made = [&](const char* name) { return md::rollout_options{.name = name, .rules = {.min_requests = 10}}; };
  md::rollout prices{
      scale{1},      scale{2}, md::canary<50, 100>(), told_judge(), mr::manual_clock(time), md::unit_of{&request::user},
      made("prices")};
  md::rollout fraud{
      scale{1},     scale{2}, md::canary<50, 100>(), told_judge(), mr::manual_clock(time), md::unit_of{&request::user},
      made("fraud")};
  REQUIRE(prices.start());
  REQUIRE(fraud.start());
  constexpr int users = 10'000;
  int of_both[2][2]{};
  for (int i = 0; i < users; ++i) {
    const request asked{std::to_string(i), 1};
    ++of_both[prices(asked) == 2 ? 1 : 0][fraud(asked) == 2 ? 1 : 0];
  }
  // A quarter of the users has each pair, give or take five standard deviations.
  for (const auto& row : of_both)
    for (const int count : row) CHECK(std::abs(count - users / 4) < 217);
  REQUIRE(prices.roll_back("ada", "it is slow"));
  CHECK(prices.state().phase == phase::rolled_back);
  CHECK(fraud.state().phase == phase::running);
  int left = 0;
  for (int i = 0; i < users; ++i) {
    const request asked{std::to_string(i), 1};
    CHECK(prices(asked) == 1);
    left += fraud(asked) == 2;
  }
  CHECK(left == of_both[0][1] + of_both[1][1]);
}

namespace {

struct unwell_scale {
  double operator()(const request&) const { throw std::runtime_error("no such feature"); }
};

/// Fails in a way of its own for some requests.
struct unwell {
  int way = 0;
  mr::result<double> operator()(const request& asked) const {
    if (way == 1) throw std::runtime_error("no such feature");
    if (way == 2) throw 7;
    if (way == 3) return mr::error(mr::errc::timeout, "too slow");
    if (way == 4) return 1e300;
    if (way == 5) return __builtin_nan("");
    return asked.value;
  }
};

}  // namespace

TEST_CASE("a candidate that throws, fails or answers garbage is measured, and stable answers", "[deliver][rollout]") {
  for (int way = 1; way <= 5; ++way) {
    INFO("way " << way);
    md::rollout release{unwell{}, unwell{way}, md::canary<50, 100>(), told_judge(),
                        md::output_check{[](double score) { return score >= 0 && score <= 1; }}};
    REQUIRE(release.start());
    for (int i = 0; i < 400; ++i) {
      const auto answer = release(request{"", 0.5});
      REQUIRE(answer);
      CHECK(*answer == 0.5);
    }
    const auto& judge = release.judge();
    CHECK(judge.counts[1] > 150);
    CHECK(judge.failures[1] == judge.counts[1]);
    CHECK(judge.failures[0] == 0);
    CHECK(judge.counts[0] + judge.counts[1] == 400);
    CHECK(release.replaced() == judge.counts[1]);
  }
}

TEST_CASE("what stable throws and returns is its own, and is measured", "[deliver][rollout]") {
  md::rollout release{unwell{1}, unwell{}, md::canary<50, 100>(), told_judge()};
  CHECK_THROWS_AS(release(request{"", 1}), std::runtime_error);
  REQUIRE(release.start());
  int thrown = 0;
  for (int i = 0; i < 100; ++i) {
    try {
      const auto answer = release(request{"", 1});
      CHECK(*answer == 1);
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  CHECK(thrown > 0);
  CHECK(release.judge().failures[0] == static_cast<std::uint64_t>(thrown));
  // Nobody is left inside, although exceptions went through.
  REQUIRE(release.roll_back("ada", ""));
  CHECK(release.begin(unwell{}).has_value());

  md::rollout returns{unwell{3}, unwell{}, md::canary<50, 100>()};
  CHECK(returns(request{}).error().code() == mr::errc::timeout);
}

TEST_CASE("a clock that goes back by an hour measures nothing and ends nothing", "[deliver][rollout]") {
  std::uint64_t time = 3 * 3600 * second;
  struct jumping {
    std::uint64_t* time;
    double operator()(const request& asked) const {
      *time -= 3600 * second;
      return asked.value;
    }
  };
  md::rollout release{jumping{&time},
                      jumping{&time},
                      md::canary<50, 100>(),
                      told_judge(),
                      mr::manual_clock(time),
                      md::rollout_options{.rules = {.deadline = mr::seconds(60)}, .hang_after = mr::seconds(1)}};
  REQUIRE(release.start());
  CHECK(release(request{"", 4}) == 4);
  CHECK(release.judge().unmeasured == 1);
  CHECK(release.decide()->phase == phase::running);
  time += 59 * second;
  CHECK(release.decide()->phase == phase::running);
}

TEST_CASE("thresholds with a check interval are looked at no more often, and the candidate is stopped at any time",
          "[deliver][rollout]") {
  using judge = md::threshold_judge<md::min_requests<100>, md::check_interval<60>>;
  const auto run = [](bool is_stopped) {
    std::uint64_t time = second;
    bool fails = false;
    struct failing_scale {
      const bool* fails;
      mr::result<double> operator()(const request& asked) const {
        if (*fails) return mr::error(mr::errc::unavailable, "out of order");
        return 2 * asked.value;
      }
    };
    md::rollout release{[](const request& asked) -> mr::result<double> { return asked.value; },
                        failing_scale{&fails},
                        md::canary<50, 75, 100>(),
                        judge(),
                        mr::manual_clock(time),
                        md::rollout_options{.rules = {.min_requests = 100}}};
    REQUIRE(release.start());
    const auto ask = [&](bool is_bad) {
      fails = is_bad;
      for (int i = 0; i < 1000; ++i) {
        time += 1000;
        CHECK(release(request{std::to_string(i), 1}));
      }
    };
    REQUIRE(release.decide()->phase == phase::running);  // too few requests
    ask(false);
    CHECK(release.report().verdict == md::verdict::promote);
    time += 50 * second;
    CHECK(release.decide()->step == 0);  // the look of before stands
    time += 11 * second;
    CHECK(release.decide()->step == 1);
    CHECK(release.decide()->step == 1);  // the first look in a step is at once
    ask(true);
    CHECK(release.report().verdict == md::verdict::rollback);
    time += 59 * second;
    CHECK(release.decide()->phase == phase::running);
    if (is_stopped)
      release.stop_candidate();
    else
      time += 2 * second;
    const auto ended = release.decide();
    CHECK(ended->phase == phase::rolled_back);
    CHECK(ended->cause == (is_stopped ? md::rollout_cause::stopped : md::rollout_cause::evidence));
  };
  run(false);
  run(true);
}

TEST_CASE("a request takes nothing from the heap, whichever model has it", "[deliver][rollout]") {
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(),
                      md::unit_of{[](const request& asked) { return static_cast<int>(asked.value); }}};
  double sum = 0;
  REQUIRE(release.start());
  sum += release(request{"", 1});  // the thread takes its slot
  CHECK(support::allocations_of([&] {
          for (double i = 0; i < 100; ++i) sum += release(request{"", i});
        }) == 0);
  CHECK(sum > 5000);
}

namespace {
struct agreement {};
}  // namespace

TEST_CASE("a score that comes later counts for the arm that had the request", "[deliver][rollout]") {
  md::rollout release{scale{1}, unwell_scale{}, md::canary<50, 100>(), told_judge(), md::unit_of{&request::user}};
  md::rollout_ticket ticket;
  release(request{"ada", 1}, ticket);
  CHECK_FALSE(ticket.is_evidence);
  CHECK_FALSE(release.score<agreement>(ticket, 1));
  REQUIRE(release.start());
  std::vector<md::rollout_ticket> tickets;
  for (int i = 0; i < 100; ++i) {
    CHECK(release(request{std::to_string(i), 1}, ticket) == 1);
    tickets.push_back(ticket);
  }
  REQUIRE(release.roll_back("ada", ""));
  std::uint64_t candidates = 0;
  for (const auto& each : tickets) {
    candidates += each.arm == md::arm::candidate;
    CHECK(release.score<agreement>(each, 1));
  }
  CHECK(candidates > 30);
  CHECK(release.judge().counts[1] == candidates);
  CHECK(release.judge().scores[1] == candidates);
  CHECK(release.judge().scores[0] == 100 - candidates);
}

TEST_CASE("who takes part is asked before the split", "[deliver][rollout]") {
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), told_judge(),
                      md::audience{[](const request& asked) { return asked.value > 10; }}};
  REQUIRE(release.start());
  for (int i = 0; i < 100; ++i) CHECK(release(request{"", 10}) == 10);
  CHECK(release.judge().counts[0] + release.judge().counts[1] == 0);
  for (int i = 0; i < 100; ++i) release(request{"", 11});
  CHECK(release.judge().counts[1] > 20);
}

TEST_CASE("the kill switch takes all requests back before anything is decided", "[deliver][rollout]") {
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), told_judge()};
  REQUIRE(release.start());
  release.stop_candidate();
  for (int i = 0; i < 100; ++i) CHECK(release(request{"", 1}) == 1);
  CHECK(release.state().phase == phase::running);
  const auto said = release.decide();
  REQUIRE(said);
  CHECK(said->phase == phase::rolled_back);
  CHECK(said->cause == md::rollout_cause::stopped);
  CHECK(release.start().error().code() == mr::errc::conflict);
}

TEST_CASE("a health check takes the candidate back, and says why", "[deliver][rollout]") {
  int way = 0;
  int asked = 0;
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), told_judge(),
                      md::health_check{[&]() -> mr::result<void> {
                        ++asked;
                        if (way == 1) return mr::error(mr::errc::unavailable, "this host is short of memory");
                        if (way == 2) throw std::runtime_error("no answer");
                        return {};
                      }}};
  REQUIRE(release.decide());
  CHECK(asked == 0);  // a draft
  for (way = 1; way <= 2; ++way) {
    const int now = std::exchange(way, 0);
    REQUIRE(release.start());
    REQUIRE(release.decide()->phase == phase::running);
    way = now;
    const auto said = release.decide();
    REQUIRE(said);
    CHECK(said->phase == phase::rolled_back);
    CHECK(said->cause == md::rollout_cause::unhealthy);
    CHECK(said->reason == (way == 1 ? "this host is short of memory" : "the health check threw: no answer"));
    for (int i = 0; i < 100; ++i) CHECK(release(request{"", 1}) == 1);
    REQUIRE(release.begin(scale{2}));
  }
}

TEST_CASE("a candidate that hangs keeps its own callers and no others", "[deliver][rollout][threads]") {
  static std::atomic<bool> waits{false};
  struct hanging {
    bool hangs = false;
    double operator()(const request& asked) const {
      if (hangs && asked.value < 0) waits.wait(true);
      return hangs ? 2 : 1;
    }
  };
  waits = true;
  std::atomic<std::uint64_t> time{second};
  md::rollout release{hanging{},
                      hanging{true},
                      md::canary<99, 100>(),
                      told_judge(),
                      set_clock{&time},
                      md::max_in_flight<3>(),
                      md::unit_of{&request::user},
                      md::rollout_options{.hang_after = mr::seconds(5)}};
  REQUIRE(release.start());
  std::vector<std::thread> stuck;
  std::atomic<int> got[3] = {};
  for (int i = 0; i < 3; ++i) stuck.emplace_back([&] { ++got[static_cast<int>(release(request{"ada", -1}))]; });
  while (release.judge().assigned[1] < 3) std::this_thread::yield();
  while (release(request{"ada", 1}) != 1) std::this_thread::yield();  // until all seats are taken
  for (int i = 0; i < 100; ++i) CHECK(release(request{"ada", 1}) == 1);
  CHECK(release.diverted() >= 100);
  time += 4 * second;
  CHECK(release.decide()->phase == phase::running);
  time += second;
  const auto said = release.decide();
  REQUIRE(said);
  CHECK(said->cause == md::rollout_cause::hanging);
  CHECK(said->reason == "a call of the candidate has taken 5000 ms and has not returned");
  // The model stays as long as it is called, and its late answers are not used.
  CHECK(release.begin(hanging{}).error().code() == mr::errc::unavailable);
  waits = false;
  waits.notify_all();
  for (std::thread& each : stuck) each.join();
  CHECK(got[1] == 3);
  CHECK(release.begin(hanging{}).has_value());
}

TEST_CASE("a request that a model has while it is retired is given to the other", "[deliver][rollout][threads]") {
  static std::atomic<int> inside{0};
  static std::atomic<bool> waits{true};
  struct slow {
    int number = 0;
    bool waits_here = false;
    int operator()(const request& asked) const {
      if (waits_here && asked.value < 0) {
        ++inside;
        waits.wait(true);
      }
      return number;
    }
  };
  for (const bool is_promoted : {true, false}) {
    inside = 0;
    waits = true;
    md::rollout release{slow{1, is_promoted}, slow{2, !is_promoted}, md::canary<50, 100>(), md::unit_of{&request::user},
                        md::rollout_options{.rules = {.min_requests = 0}}};
    REQUIRE(release.start());
    const auto ask = [&](int user, double value) { return release(request{std::to_string(user), value}); };
    int user = 0;  // one of the model that is to be retired
    while (ask(user, 1) != (is_promoted ? 1 : 2)) ++user;
    std::atomic<int> got{0};
    std::thread caller([&] { got = ask(user, -1); });
    while (inside == 0) std::this_thread::yield();
    if (is_promoted) {
      REQUIRE(release.approve("ada", ""));
      REQUIRE(release.decide()->phase == phase::promoting);
      REQUIRE(release.decide()->phase == phase::promoted);
    } else {
      REQUIRE(release.roll_back("ada", ""));
    }
    waits = false;
    waits.notify_all();
    caller.join();
    CHECK(got == (is_promoted ? 2 : 1));
  }
}

TEST_CASE("after a switch has returned, no request is answered by a retired model", "[deliver][rollout][threads]") {
  // By hand: MILLRACE_ROLLOUT_THREADS=64 and 1,000 rounds.
  const char* const more = std::getenv("MILLRACE_ROLLOUT_THREADS");
  const int threads = more != nullptr ? std::stoi(more) : 8;
  const std::uint64_t rounds = more != nullptr ? 1000 : 100;
  struct numbered {
    std::uint64_t number = 0;
    std::uint64_t operator()(const request&) const noexcept { return number; }
  };
  md::rollout release{numbered{0}, numbered{1}, md::canary<50, 100>(), md::no_judge(),
                      md::rollout_options{.rules = {.min_requests = 0}}};
  // Models of even numbers are rolled back, those of odd ones promoted.
  std::atomic<std::uint64_t> promoted{0}, rolled_back{0}, asked{0}, wrong{0};
  std::atomic<bool> ends{false};
  std::vector<std::thread> users;
  for (int i = 0; i < threads; ++i)
    users.emplace_back([&] {
      std::uint64_t mine = 0;
      while (!ends) {
        const std::uint64_t least = promoted.load();
        const std::uint64_t back = rolled_back.load();
        const std::uint64_t answer = release(request{});
        if (answer < least || (answer % 2 == 0 && answer != 0 && answer <= back)) ++wrong;
        if (++mine == 1) ++asked;
        if (mine % 64 == 0) std::this_thread::yield();  // on few processors the rounds would wait for all others' turns
      }
      asked += mine;
    });
  while (asked < static_cast<std::uint64_t>(threads)) std::this_thread::yield();
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::uint64_t candidate = round + 1;
    REQUIRE(release.start());
    if (round % 2 == 0) {
      REQUIRE(release.approve("ada", ""));
      REQUIRE(release.decide()->phase == phase::promoting);
      REQUIRE(release.decide()->phase == phase::promoted);
      promoted = candidate;
    } else {
      REQUIRE(release.roll_back("ada", ""));
      rolled_back = candidate;
    }
    while (!release.begin(numbered{candidate + 1})) std::this_thread::yield();
  }
  ends = true;
  for (std::thread& each : users) each.join();
  CHECK(wrong == 0);
  CHECK(asked > rounds);
}

namespace {

struct any_metric {};
struct disagreement {
  static constexpr std::string_view name = "disagreement";
  static double badness(double score) noexcept { return 1 - score; }
};

}  // namespace

TEST_CASE("a score of the rollout before is none of the next, which has not started yet", "[deliver][rollout]") {
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), told_judge()};
  REQUIRE(release.start());
  md::rollout_ticket ticket;
  static_cast<void>(release(request{"", 1}, ticket));
  REQUIRE(ticket.is_evidence);
  CHECK(release.score<any_metric>(ticket, 1));
  REQUIRE(release.roll_back("ada", ""));
  CHECK(release.score<any_metric>(ticket, 1));
  REQUIRE(release.begin(scale{3}));
  CHECK_FALSE(release.score<any_metric>(ticket, 1));
  CHECK(release.judge().scores[0] + release.judge().scores[1] == 0);
}

TEST_CASE("scores and looks at the evidence may come while rollouts follow each other", "[deliver][rollout][threads]") {
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), md::judge<disagreement>()};
  std::atomic<bool> ends{false};
  std::vector<std::thread> users;
  for (int i = 0; i < 3; ++i)
    users.emplace_back([&, i] {
      md::rollout_ticket ticket;
      while (!ends) {
        static_cast<void>(release(request{"", 1}, ticket));
        if (i == 0) static_cast<void>(release.verdict());
        for (int times = 0; times < 10; ++times) static_cast<void>(release.score<disagreement>(ticket, 1));
      }
    });
  for (int round = 0; round < 50; ++round) {
    REQUIRE(release.start());
    REQUIRE(release.roll_back("ada", ""));
    while (!release.begin(scale{2})) std::this_thread::yield();
  }
  ends = true;
  for (std::thread& each : users) each.join();
}

TEST_CASE("a health check may ask the release, and nobody waits for one that hangs", "[deliver][rollout][threads]") {
  std::atomic<bool> is_inside{false};
  std::atomic<bool> goes_on{false};
  mr::result<void> (*asks)(const void*) = nullptr;
  const void* itself = nullptr;
  md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), md::health_check{[&]() -> mr::result<void> {
                        is_inside = true;
                        is_inside.notify_all();
                        goes_on.wait(false);
                        return asks(itself);
                      }}};
  itself = &release;
  asks = [](const void* of) -> mr::result<void> {
    if (static_cast<const decltype(release)*>(of)->state().phase == phase::rolled_back) return {};
    return mr::error(mr::errc::unavailable, "it goes on");
  };
  REQUIRE(release.start());
  bool is_back = false;
  std::thread decides([&] { is_back = release.decide()->phase == phase::rolled_back; });
  is_inside.wait(false);
  REQUIRE(release.roll_back("ada", "slow"));
  for (int i = 0; i < 100; ++i) CHECK(release(request{"", 1}) == 1);
  goes_on = true;
  goes_on.notify_all();
  decides.join();
  CHECK(is_back);
  CHECK(release.state().actor == "ada");
}
