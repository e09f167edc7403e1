#include <millrace/resilience/calls/circuit_breaker.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/resilience/calls/retry.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;
using rs::breaker_state;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t ms = 1'000'000;

mr::result<int> good() { return 1; }
mr::result<int> bad() { return mr::error(errc::io, "cut off"); }
mr::result<int> wrong() { return mr::error(errc::invalid_argument, "no such column"); }

struct count_events {
  mutable std::atomic<int> seen[rs::call_events] = {};
  void update(rs::call_event event) const noexcept { ++seen[static_cast<std::size_t>(event)]; }
  int of(rs::call_event event) const { return seen[static_cast<std::size_t>(event)]; }
};

/// The breaker as its documentation has it: it keeps all outcomes, and counts them anew each time.
class plain_breaker {
 public:
  explicit plain_breaker(const rs::breaker_options& options) : with_(options) {}

  breaker_state state = breaker_state::closed;
  int number = 0;
  bool forced = false;

  bool allows(std::uint64_t now) {
    if (state == breaker_state::open && !forced && now >= reopens_) {
      become(breaker_state::half_open);
      since_ = now;
    }
    if (state == breaker_state::closed) return true;
    if (state == breaker_state::half_open) {
      if (permits_ + outcomes_.size() < with_.probes) return ++permits_, true;
      if (now - since_ >= nanoseconds(with_.probe_limit)) opens(now, length_ * 2);
    }
    return false;
  }
  void ended(int under, rs::call_verdict verdict, bool slow, std::uint64_t now) {
    if (under != number || forced) return;
    if (state == breaker_state::half_open) --permits_;
    if (verdict == rs::call_verdict::ignored) return;
    outcomes_.push_back({now, verdict == rs::call_verdict::failure, slow});
    if (state == breaker_state::closed) {
      forget(now);
      if (outcomes_.size() >= with_.min_calls && exceeds(outcomes_.size())) opens(now, nanoseconds(with_.open_for));
    } else if (exceeds(with_.probes)) {
      opens(now, length_ * 2);
    } else if (outcomes_.size() == with_.probes) {
      become(breaker_state::closed);
    }
  }
  void force(breaker_state to) {
    become(to);
    forced = true;
  }
  void reset() { become(breaker_state::closed); }
  std::uint64_t calls(std::uint64_t now) {
    if (state == breaker_state::closed) forget(now);
    return state == breaker_state::open ? 0 : outcomes_.size();
  }

 private:
  struct outcome {
    std::uint64_t at;
    bool failed;
    bool slow;
  };
  static std::uint64_t nanoseconds(mr::duration length) { return static_cast<std::uint64_t>(length.nanoseconds); }
  bool exceeds(std::size_t of) const {
    std::size_t failures = 0;
    std::size_t slow = 0;
    for (const outcome& one : outcomes_) failures += one.failed, slow += one.slow;
    const auto all = static_cast<double>(of);
    return (failures > 0 && static_cast<double>(failures) >= with_.failure_rate * all) ||
           (slow > 0 && static_cast<double>(slow) >= with_.slow_rate * all);
  }
  void forget(std::uint64_t now) {
    if (with_.time == mr::duration(0)) {
      while (outcomes_.size() > with_.calls) outcomes_.erase(outcomes_.begin());
    } else {
      const std::uint64_t part = nanoseconds(with_.time) / with_.buckets;
      while (!outcomes_.empty() && outcomes_.front().at / part + with_.buckets <= now / part)
        outcomes_.erase(outcomes_.begin());
    }
  }
  void become(breaker_state to) {
    state = to;
    forced = false;
    ++number;
    outcomes_.clear();
    permits_ = 0;
  }
  void opens(std::uint64_t now, std::uint64_t length) {
    length_ = length < nanoseconds(with_.max_open) ? length : nanoseconds(with_.max_open);
    reopens_ = now + length_;
    become(breaker_state::open);
  }

  rs::breaker_options with_;
  std::vector<outcome> outcomes_;
  std::size_t permits_ = 0;
  std::uint64_t length_ = 0;
  std::uint64_t reopens_ = 0;
  std::uint64_t since_ = 0;
};

/// Makes random calls of a breaker, some while others are under way, and asks a plain one what should have happened.
class walk {
 public:
  walk(const rs::breaker_options& options, std::uint64_t seed)
      : breaker_(options, mr::manual_clock(now_)), plain_(options), slow_(options.slow), random_(seed) {}

  int changes[3] = {};

  bool steps(int count) {
    for (int i = 0; i < count && agrees_; ++i) step(0);
    return agrees_;
  }

 private:
  void agree(bool holds) { agrees_ = agrees_ && holds; }

  void step(int depth) {
    now_ += random_.below(4) == 0 ? random_.below(30) * ms : random_.below(2) * ms;
    const std::uint64_t kind = random_.below(1'000);
    if (kind == 0) {
      breaker_.force_open();
      plain_.force(breaker_state::open);
    } else if (kind == 1) {
      breaker_.force_closed();
      plain_.force(breaker_state::closed);
    } else if (kind < 5) {
      breaker_.reset();
      plain_.reset();
    } else {
      call(depth);
    }
    agree(breaker_.state() == plain_.state);
    agree(breaker_.statistics().calls == plain_.calls(now_));
    ++changes[static_cast<int>(plain_.state)];
  }
  void call(int depth) {
    // Spells of weather, so that windows fill with successes and with failures.
    if (random_.below(50) == 0) weather_ = random_.below(4);
    const bool allowed = plain_.allows(now_);
    const int under = plain_.number;
    bool made = false;
    bool thrown = false;
    rs::call_verdict verdict = rs::call_verdict::success;
    bool late = false;
    const auto body = [&]() -> mr::result<void> {
      made = true;
      const std::uint64_t start = now_;
      while (depth < 4 && random_.below(6) == 0) step(depth + 1);
      if (random_.below(10) == 0) now_ += 5 * ms;
      late = slow_ > mr::duration(0) && now_ - start >= static_cast<std::uint64_t>(slow_.nanoseconds);
      const std::uint64_t luck = random_.below(100);
      if (luck < 5) {
        verdict = rs::call_verdict::ignored;
        return mr::error(errc::not_found, "");
      }
      const std::uint64_t failing[] = {5, 8, 40, 95};
      if (luck >= failing[weather_]) return {};
      verdict = rs::call_verdict::failure;
      if (luck % 8 == 0) {
        thrown = true;
        throw 7;
      }
      return mr::error(errc::io, "");
    };
    try {
      const auto done = breaker_(body);
      agree(!thrown);
      if (!made) agree(!done && rs::is_open_breaker(done.error()));
    } catch (int) {
      agree(thrown);
    }
    agree(made == allowed);
    if (made) plain_.ended(under, verdict, late, now_);
  }

  std::uint64_t now_ = 17 * ms;
  rs::circuit_breaker<rs::breaker_options, mr::manual_clock> breaker_;
  plain_breaker plain_;
  mr::duration slow_;
  mr::random_engine random_;
  std::uint64_t weather_ = 0;
  bool agrees_ = true;
};

/// Options for walks: no jitter, since a plain breaker has none.
rs::breaker_options small_options() {
  rs::breaker_options with;
  with.calls = 10;
  with.min_calls = 5;
  with.open_for = 20ms;
  with.max_open = 100ms;
  with.jitter = 0;
  with.probe_limit = 200ms;
  return with;
}

}  // namespace

TEST_CASE("circuit_breaker: in a million random steps it does what a plain one does") {
  rs::breaker_options with = small_options();
  walk calls(with, 1);
  CHECK(calls.steps(400'000));
  for (const int seen : calls.changes) CHECK(seen > 10'000);
  with.slow = 5ms;
  with.slow_rate = 0.4;
  with.failure_rate = 0.7;
  with.probes = 1;
  CHECK(walk(with, 2).steps(200'000));
  with.time = 60ms;
  with.buckets = 6;
  with.min_calls = 7;
  with.probes = 5;
  walk timed(with, 3);
  CHECK(timed.steps(300'000));
  for (const int seen : timed.changes) CHECK(seen > 5'000);
  with.probe_limit = 1ms;
  with.calls = 3;
  CHECK(walk(with, 4).steps(100'000));
}

TEST_CASE("circuit_breaker: opens at the failure rate, waits, probes, and closes or opens for longer") {
  std::uint64_t now = 0;
  std::vector<rs::breaker_change> changes;
  count_events seen;
  rs::circuit_breaker breaker{
      rs::last_calls<10>(),
      rs::min_calls<4>(),
      rs::failure_rate<50>(),
      rs::probes<2>(),
      rs::open_for<1s, 3s>(),
      rs::named<"features">(),
      mr::manual_clock(now),
      mr::borrow(seen),
      rs::on_change{[&](const rs::breaker_change& change) noexcept { changes.push_back(change); }}};
  CHECK(breaker(bad).error().message() == "cut off");
  CHECK(breaker(bad).error().message() == "cut off");
  CHECK(breaker(good));
  CHECK(breaker.state() == breaker_state::closed);
  CHECK(breaker(good));  // 2 of 4: also a success can make the rate one of enough calls
  CHECK(breaker.state() == breaker_state::open);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].to == breaker_state::open);
  CHECK(changes[0].calls == 4);
  CHECK(changes[0].failures == 2);
  CHECK(changes[0].open_for >= mr::duration(1s));
  CHECK(changes[0].open_for <= mr::duration(1100ms));

  int made = 0;
  const auto refused = breaker([&]() -> mr::result<int> { return ++made; });
  CHECK(made == 0);
  CHECK(refused.error().code() == errc::unavailable);
  const auto left = std::to_string((changes[0].open_for.nanoseconds + 999'999) / 1'000'000);
  CHECK(refused.error().describe() ==
        "circuit breaker \"features\" is open, and tries again in " + left + " ms: 2 of 4 calls failed, 0 were slow");
  CHECK(rs::is_open_breaker(refused.error()));
  CHECK(breaker.statistics().not_allowed == 1);

  now += 1'100 * ms;
  CHECK(breaker(good));
  CHECK(breaker.state() == breaker_state::half_open);
  CHECK_FALSE(breaker(bad));  // 1 of 2 probes is enough
  CHECK(breaker.state() == breaker_state::open);
  CHECK(changes.back().open_for >= mr::duration(2s));
  now += 2'200 * ms;
  CHECK_FALSE(breaker(bad));
  CHECK(changes.back().open_for == mr::duration(3s));  // at most, with the jitter too
  now += 3'000 * ms;
  CHECK(breaker(good));
  CHECK(breaker(good));
  CHECK(breaker.state() == breaker_state::closed);
  CHECK(breaker.statistics().calls == 0);
  for (int i = 0; i < 4; ++i) CHECK_FALSE(breaker(bad));
  CHECK(changes.back().open_for <= mr::duration(1100ms));  // growth begins anew
  CHECK(breaker.statistics().opened == 4);
  for (std::size_t i = 1; i < changes.size(); ++i) CHECK(changes[i].number == changes[i - 1].number + 1);
  CHECK(seen.of(rs::call_event::opened) == 4);
  CHECK(seen.of(rs::call_event::half_opened) == 3);
  CHECK(seen.of(rs::call_event::closed) == 1);
  CHECK(seen.of(rs::call_event::not_allowed) == 1);
  CHECK(seen.of(rs::call_event::failed) == 2 + 2 + 4);
  CHECK(seen.of(rs::call_event::succeeded) == 2 + 1 + 2);
}

TEST_CASE("circuit_breaker: a probe that is ignored gives its permit back, and one that never returns opens again") {
  std::uint64_t now = 0;
  rs::breaker_options with;
  with.min_calls = 1;
  with.calls = 1;
  with.probes = 2;
  with.open_for = 1s;
  with.probe_limit = 5s;
  rs::circuit_breaker breaker{with, mr::manual_clock(now)};
  CHECK_FALSE(breaker(bad));
  now += 2'000 * ms;
  CHECK(breaker(good));
  for (int i = 0; i < 10; ++i) CHECK(breaker(wrong).error().code() == errc::invalid_argument);
  CHECK(breaker.state() == breaker_state::half_open);
  CHECK(breaker(good));
  CHECK(breaker.state() == breaker_state::closed);

  CHECK_FALSE(breaker(bad));
  now += 2'000 * ms;
  CHECK(breaker.allows());
  CHECK(breaker.allows());
  CHECK_FALSE(breaker.allows());
  now += 4'999 * ms;
  const auto busy = breaker(good);
  CHECK(busy.error().message() == "circuit breaker is half open, and its probes are under way");
  CHECK(breaker.state() == breaker_state::half_open);
  now += 1 * ms;
  CHECK_FALSE(breaker.allows());
  CHECK(breaker.state() == breaker_state::open);
  breaker.succeeded();  // too late
  CHECK(breaker.state() == breaker_state::open);
}

TEST_CASE("circuit_breaker: a call of a state that is over does not count") {
  std::uint64_t now = 0;
  rs::circuit_breaker breaker{rs::last_calls<2>(), rs::min_calls<2>(), rs::probes<1>(), rs::open_for<1s>(),
                              mr::manual_clock(now)};
  const auto outer = breaker([&]() -> mr::result<int> {
    CHECK_FALSE(breaker(bad));
    CHECK_FALSE(breaker(bad));  // opens
    now += 2'000 * ms;
    const auto probe = breaker([&]() -> mr::result<int> {
      CHECK(breaker.state() == breaker_state::half_open);
      return 1;
    });
    CHECK(probe);
    CHECK(breaker.state() == breaker_state::closed);
    return mr::error(errc::io, "begun before all of this");
  });
  CHECK_FALSE(outer);
  CHECK(breaker.statistics().calls == 0);
}

TEST_CASE("circuit_breaker: slow calls open it, and time lets old calls go") {
  std::uint64_t now = 0;
  rs::circuit_breaker breaker{rs::last_time<1s, 4>(), rs::min_calls<3>(), rs::slow_calls<100ms, 60>(),
                              mr::manual_clock(now)};
  const auto lasts = [&](std::uint64_t length) {
    return breaker([&]() -> mr::result<void> {
      now += length * ms;
      return {};
    });
  };
  CHECK(lasts(100));
  CHECK(lasts(100));
  CHECK(breaker.statistics().slow == 2);
  now += 1'000 * ms;
  CHECK(lasts(100));
  CHECK(breaker.statistics().calls == 1);
  CHECK(lasts(99));
  CHECK(lasts(150));  // 2 of 3
  CHECK(breaker.state() == breaker_state::open);
}

TEST_CASE("circuit_breaker: what counts is the caller's to say") {
  rs::circuit_breaker these{rs::last_calls<1>(), rs::min_calls<1>(), rs::fails_on<errc::invalid_argument>()};
  CHECK_FALSE(these(bad));
  CHECK(these.state() == breaker_state::closed);
  CHECK(these.statistics().calls == 0);
  CHECK_FALSE(these(wrong));
  CHECK(these.state() == breaker_state::open);

  rs::circuit_breaker judged{rs::last_calls<2>(), rs::min_calls<2>(), rs::judged_by{[](const mr::error& why) {
                               if (why.code() == errc::cancelled) throw std::runtime_error("judge");
                               return why.code() == errc::io ? rs::call_verdict::success : rs::call_verdict::failure;
                             }}};
  CHECK_FALSE(judged(bad));
  CHECK_FALSE(judged(bad));
  CHECK(judged.state() == breaker_state::closed);
  CHECK(judged.statistics().failures == 0);
  CHECK(judged.statistics().calls == 2);
  // A judge that throws leaves a failure behind, not a call that never ended.
  CHECK_THROWS_AS(judged([]() -> mr::result<int> { return mr::error(errc::cancelled, ""); }), std::runtime_error);
  CHECK(judged.state() == breaker_state::open);  // 1 of 2
}

TEST_CASE("circuit_breaker: exceptions count as failures, and values of every kind come out") {
  rs::circuit_breaker breaker{rs::last_calls<4>(), rs::min_calls<4>()};
  CHECK_THROWS_AS(breaker([]() -> mr::result<int> { throw std::runtime_error("out of order"); }), std::runtime_error);
  CHECK(breaker.statistics().failures == 1);
  int made = 0;
  const auto nothing = breaker([&] { ++made; });
  static_assert(std::is_same_v<decltype(nothing), const mr::result<void>>);
  CHECK(nothing);
  struct move_only {
    int value;
    move_only(int v) : value(v) {}
    move_only(move_only&&) = default;
    move_only& operator=(move_only&&) = default;
    ~move_only() = default;
  };
  auto moved = breaker([]() -> mr::result<move_only> { return move_only(5); });
  REQUIRE(moved);
  CHECK(moved->value == 5);
  CHECK(breaker([]() -> mr::result<std::string> { return std::string("text"); }).value() == "text");
  CHECK(breaker.statistics().calls == 4);
  auto elsewhere = std::move(breaker);
  CHECK(elsewhere.statistics().calls == 4);
}

TEST_CASE("circuit_breaker: by hand it stays open or closed, and counts nothing, until it is reset") {
  std::uint64_t now = 0;
  std::vector<breaker_state> states;
  rs::circuit_breaker breaker{
      rs::last_calls<2>(), rs::min_calls<1>(), mr::manual_clock(now),
      rs::on_change{[&](const rs::breaker_change& change) noexcept { states.push_back(change.to); }}};
  breaker.force_open();
  now += 1'000'000 * ms;
  CHECK(breaker(good).error().describe() == "circuit breaker is open until somebody closes it: it was opened by hand");
  breaker.force_closed();
  for (int i = 0; i < 5; ++i) CHECK_FALSE(breaker(bad));
  CHECK(breaker.state() == breaker_state::closed);
  CHECK(breaker.statistics().is_forced);
  CHECK(breaker.statistics().calls == 0);
  breaker.reset();
  CHECK_FALSE(breaker(bad));
  CHECK(breaker.state() == breaker_state::open);
  CHECK(states == std::vector<breaker_state>{breaker_state::open, breaker_state::closed, breaker_state::open});
}

TEST_CASE("circuit_breaker: a listener may use the breaker, since it is told under no lock") {
  std::uint64_t now = 0;
  using breaker_type = rs::circuit_breaker<rs::breaker_options, mr::manual_clock,
                                           rs::on_change<void (*)(const rs::breaker_change&) noexcept>>;
  static breaker_type* told_of = nullptr;
  static std::uint64_t opened = 0;
  rs::breaker_options with;
  with.min_calls = 1;
  breaker_type breaker(with, mr::manual_clock(now), {[](const rs::breaker_change&) noexcept {
                         opened = told_of->statistics().opened;
                         told_of->force_closed();
                       }});
  told_of = &breaker;
  CHECK_FALSE(breaker(bad));
  CHECK(opened == 1);
  CHECK(breaker.state() == breaker_state::closed);
}

TEST_CASE("circuit_breaker: a retry outside does not come back to one that is open") {
  std::uint64_t now = 0;
  rs::circuit_breaker breaker{rs::last_calls<2>(), rs::min_calls<2>(), rs::open_for<1h>(), mr::manual_clock(now)};
  rs::retry again{rs::attempts<10>(), mr::manual_clock(now), rs::manual_sleeper(now)};
  int made = 0;
  const auto failed = again([&] {
    return breaker([&]() -> mr::result<int> {
      ++made;
      return mr::error(errc::io, "cut off");
    });
  });
  CHECK(made == 2);
  CHECK(again.statistics().retries == 2);
  CHECK(rs::is_open_breaker(failed.error()));
  CHECK(failed.error().code() == errc::unavailable);
}

TEST_CASE("circuit_breaker: threads see one breaker, and its counts are of all their calls") {
  rs::breaker_options with;
  with.calls = 65'536;
  with.min_calls = 65'536;
  with.failure_rate = 0.6;
  count_events seen;
  rs::circuit_breaker breaker{with, mr::borrow(seen)};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) (void)breaker(i % 2 == 0 ? good : bad);
    });
  for (std::thread& one : callers) one.join();
  CHECK(breaker.statistics().calls == 40'000);
  CHECK(breaker.statistics().failures == 20'000);
  CHECK(seen.of(rs::call_event::succeeded) == 20'000);

  // While it opens and closes: of half-open breakers never more probes at once than there may be.
  with = {};
  with.calls = with.min_calls = 4;
  with.open_for = 1us;
  with.growth = 1;
  with.probes = 2;
  rs::circuit_breaker moving{with};
  std::atomic<int> outcomes[2] = {};
  callers.clear();
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) {
        const auto done = moving(i / 500 % 2 == 0 ? bad : good);
        ++outcomes[done ? 1 : 0];
      }
    });
  for (std::thread& one : callers) one.join();
  CHECK(outcomes[0] + outcomes[1] == 20'000);
  CHECK(moving.statistics().opened > 0);
}

TEST_CASE("circuit_breaker: in a chain around an event, which is then not run while it is open") {
  int made = 0;
  auto score = mr::step<"score", mr::fields<>, mr::fields<>>([&](auto&) {
    ++made;
    throw std::runtime_error("reset");
  });
  rs::circuit_breaker breaker{rs::last_calls<2>(), rs::min_calls<2>(), rs::named<"scores">()};
  auto scoring = mr::chain(score).use(mr::borrow(breaker));
  auto ctx = scoring.context();
  CHECK(scoring(ctx).error().cause()->code() == errc::event_threw);
  CHECK_FALSE(scoring(ctx));
  const auto refused = scoring(ctx);
  CHECK(made == 2);
  CHECK(refused.error().code() == errc::unavailable);
  CHECK(refused.error().describe().find("event \"score\" (1 of 1) failed: circuit breaker \"scores\" is open") == 0);
  CHECK(rs::is_open_breaker(refused.error()));
}

TEST_CASE("circuit_breaker: calls that succeed or fail take no memory of the breaker's") {
  rs::circuit_breaker breaker{rs::last_calls<100>(), rs::min_calls<100>(), rs::last_time<1s>()};
  CHECK(support::allocations_of([&] {
          for (int i = 0; i < 1'000; ++i) (void)breaker(good);
        }) == 0);
}

TEST_CASE("circuit_breaker: a window of time counts beyond 32 bits") {
  rs::detail::outcome_tally sum{0xffff'ffffU, 0xffff'fffeU, 7};
  const rs::detail::outcome_tally part = sum;
  sum.update(true, true);
  sum.update(true, false);
  CHECK(sum.calls == 0x1'0000'0001U);
  CHECK(sum.failures == 0x1'0000'0000U);
  sum.subtract(part);
  CHECK(sum.calls == 2);
  CHECK(sum.failures == 2);
  CHECK(sum.slow == 1);
  static_assert(sizeof(rs::breaker_statistics::calls) == sizeof sum.calls);
  static_assert(sizeof(rs::breaker_change::calls) == sizeof sum.calls);
}
