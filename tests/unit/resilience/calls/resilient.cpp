#include <millrace/resilience/calls/resilient.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/middleware/metrics.hpp>
#include <millrace/observe/export.hpp>
#include <millrace/resilience/calls/rate_limiter.hpp>
#include <millrace/store/file.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <chrono>
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
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t ms = 1'000'000;

/// A wrapper of one's own, which notes when it is entered and left.
struct notes {
  std::vector<std::string>* into;
  std::string text;
  template <class Info, class Next>
  auto run(const Info& info, Next&& next) {
    into->push_back("enter " + text);
    auto outcome = next(info);
    into->push_back("leave " + text);
    return outcome;
  }
};

// The rules of the order, both ways; tests/compile_fail has what the compiler says of each.
template <class... Wrappers>
using rules = rs::detail::stack_rules<Wrappers...>;
using again = rs::retry<rs::within<1s>>;
using short_timeout = rs::timeout<rs::limit<200ms>>;
using long_timeout = rs::timeout<rs::limit<1s>>;
using breaker = rs::circuit_breaker<>;
using whole_breaker = rs::circuit_breaker<rs::counts_whole_calls>;
using limiter = rs::rate_limiter<>;
static_assert(rules<long_timeout, again, breaker, short_timeout, limiter, limiter, notes, notes>::is_free_of_twins);
static_assert(!rules<again, breaker, rs::retry<>>::is_free_of_twins);
static_assert(!rules<again, short_timeout, rs::timeout<>>::is_free_of_twins);
static_assert(!rules<short_timeout, rs::timeout<>>::is_free_of_twins);
static_assert(!rules<breaker, whole_breaker>::is_free_of_twins);
static_assert(!rules<rs::bulkhead<>, rs::bulkhead<rs::at_once<1>>>::is_free_of_twins);
static_assert(rules<rs::fallback<int>, again>::has_fallback_outside);
static_assert(!rules<again, rs::fallback<int>>::has_fallback_outside);
static_assert(rules<again, breaker>::has_breaker_in_place && rules<breaker>::has_breaker_in_place);
static_assert(rules<whole_breaker, again>::has_breaker_in_place && rules<whole_breaker>::has_breaker_in_place);
static_assert(!rules<breaker, again>::has_breaker_in_place && !rules<again, whole_breaker>::has_breaker_in_place);
static_assert(rules<again, short_timeout>::has_timeouts_in_bounds);
static_assert(!rules<again, long_timeout>::has_timeouts_in_bounds);
static_assert(rules<long_timeout, again>::has_timeouts_in_bounds);
static_assert(!rules<short_timeout, again>::has_timeouts_in_bounds);
static_assert(rules<rs::timeout<rs::timeout_options>, again>::has_timeouts_in_bounds);  // known only when it runs
static_assert(rules<rs::retry<>, long_timeout>::has_timeouts_in_bounds);
static_assert(rules<notes, again, rs::bulkhead<>, breaker>::has_one_clock);
static_assert(!rules<notes, again, rs::bulkhead<>, rs::circuit_breaker<mr::tsc_clock>>::has_one_clock);

// Options that the compiler knows, and refuses.
static_assert(rs::backoff<0s, 0s>::is_sensible && !rs::backoff<1s, 20ms>::is_sensible);
static_assert(!rs::within<0s>::is_sensible && !rs::attempts<0>::is_sensible && !rs::limit<0s>::is_sensible);
static_assert(!rs::failure_rate<0>::is_sensible && !rs::failure_rate<101>::is_sensible);
static_assert(!rs::last_calls<0>::is_sensible && !rs::last_time<0s>::is_sensible && !rs::min_calls<0>::is_sensible);
static_assert(!rs::slow_calls<0s>::is_sensible && !rs::probes<0>::is_sensible && !rs::open_for<2s, 1s>::is_sensible);
static_assert(!rs::at_once<0>::is_sensible && !rs::waiting<0, 1s>::is_sensible && !rs::rate<0, 1s>::is_sensible);
static_assert(!rs::rate<1, 0s>::is_sensible && !rs::burst<0>::is_sensible && !rs::wait_up_to<0s>::is_sensible);

}  // namespace

TEST_CASE("resilient: the first wrapper is the outermost, also among one's own") {
  std::vector<std::string> seen;
  rs::resilient stack{notes{&seen, "a"}, rs::retry<>(), notes{&seen, "b"}, notes{&seen, "c"}};
  CHECK(stack([&] { seen.push_back("call"); }));
  CHECK(seen == std::vector<std::string>{"enter a", "enter b", "enter c", "call", "leave c", "leave b", "leave a"});
  static_assert(!decltype(stack)::thread_safe);
  static_assert(rs::resilient<rs::retry<>, rs::circuit_breaker<>>::thread_safe);
}

TEST_CASE("resilient: retry, breaker and timeout work together on one clock") {
  std::uint64_t now = 0;
  const mr::manual_clock clock(now);
  rs::resilient guarded{rs::fallback{-1},
                        rs::retry{rs::attempts<5>(), rs::backoff<10ms, 10ms>(), rs::no_jitter(), rs::within<1s>(),
                                  clock, rs::manual_sleeper(now)},
                        rs::circuit_breaker{rs::last_calls<4>(), rs::min_calls<3>(), rs::named<"features">(), clock},
                        rs::timeout{rs::limit<50ms>(), clock}};
  int made = 0;
  std::vector<std::int64_t> left;
  const auto slow_at_first = guarded([&](const auto& call) -> mr::result<int> {
    left.push_back(call.remaining().nanoseconds);
    if (++made == 1) now += 80 * ms;  // late: as good as failed
    return made;
  });
  CHECK(slow_at_first.value() == 2);
  CHECK(left == std::vector<std::int64_t>{50'000'000, 50'000'000});
  CHECK(now == 90 * ms);
  CHECK(guarded.get<"retry">().statistics().recovered == 1);
  CHECK(guarded.get<"timeout">().late() == 1);
  CHECK(guarded.get<"circuit_breaker">().statistics().failures == 1);

  made = 0;
  const auto down = [&]() -> mr::result<int> {
    ++made;
    return mr::error(errc::io, "cut off");
  };
  CHECK(guarded(down).value() == -1);
  CHECK(made == 1);  // 2 of 3 failed: the breaker opens, and the retry does not knock at it
  CHECK(guarded(down).value() == -1);
  CHECK(made == 1);
  CHECK(guarded.get<"fallback">().replaced() == 2);
  CHECK(guarded([]() -> mr::result<int> { return 1; }).value() == -1);

  // The time that all attempts have bounds the time of one.
  guarded.get<"circuit_breaker">().reset();
  left.clear();
  CHECK(guarded(
            [&](const auto& call) -> mr::result<int> {
              left.push_back(call.remaining().nanoseconds);
              return 7;
            },
            {.timeout = 20ms})
            .value() == 7);
  CHECK(left == std::vector<std::int64_t>{20'000'000});
}

TEST_CASE("resilient: what is borrowed is shared, and counts stay right when a call throws") {
  rs::circuit_breaker breaker{rs::last_calls<10>(), rs::min_calls<10>()};
  rs::bulkhead<rs::at_once<1>> places;
  rs::resilient one{rs::retry<>(), mr::borrow(breaker), mr::borrow(places)};
  rs::resilient other{mr::borrow(places), mr::borrow(breaker)};
  CHECK_THROWS_AS(one([]() -> mr::result<int> { throw std::runtime_error("out of order"); }), std::runtime_error);
  CHECK_THROWS_AS(other([]() -> mr::result<int> { throw std::runtime_error("out of order"); }), std::runtime_error);
  CHECK(breaker.statistics().failures == 2);
  CHECK(places.statistics().under_way == 0);
  struct move_only {
    explicit move_only(int v) : value(v) {}
    move_only(move_only&&) = default;
    move_only& operator=(move_only&&) = default;
    ~move_only() = default;
    int value;
  };
  CHECK(one([] { return mr::result<move_only>(move_only(4)); }).value().value == 4);
  static_assert(std::is_same_v<decltype(one([] {})), mr::result<void>>);
  CHECK(one([] {}));
  CHECK(breaker.statistics().calls == 4);
}

TEST_CASE("resilient: a breaker that counts whole calls stands outside of the retry") {
  std::uint64_t now = 0;
  const mr::manual_clock clock(now);
  rs::resilient guarded{rs::circuit_breaker{rs::last_calls<10>(), rs::min_calls<10>(), rs::counts_whole_calls(), clock},
                        rs::timeout{rs::limit<1s>(), clock},
                        rs::retry{rs::attempts<3>(), clock, rs::manual_sleeper(now), rs::within<500ms>()},
                        rs::timeout{rs::limit<100ms>(), clock},
                        rs::rate_limiter{rs::rate<100, 1s>(), clock},
                        rs::rate_limiter{rs::rate<1000, 1min>(), clock}};
  int made = 0;
  CHECK_FALSE(guarded([&]() -> mr::result<void> {
    ++made;
    return mr::error(errc::io, "cut off");
  }));
  CHECK(made == 3);
  CHECK(guarded.get<"circuit_breaker">().statistics().failures == 1);
}

TEST_CASE("resilient: as one middleware of a chain, which threads may share") {
  int made = 0;
  auto score = mr::step<"score", mr::fields<>, mr::fields<>>([&](auto&) -> mr::result<void> {
    if (++made % 2 == 1) return mr::error(errc::io, "cut off");
    return {};
  });
  using stack = rs::resilient<rs::retry<rs::backoff<1us, 1us>>, rs::circuit_breaker<>>;
  auto scoring = mr::chain(score).use(stack());
  auto ctx = scoring.context();
  CHECK(scoring(ctx));
  CHECK(made == 2);
  CHECK(scoring.get<"resilient">().get<"circuit_breaker">().statistics().failures == 1);
  // In a stack of stacks.
  rs::resilient<rs::fallback<int>, stack> outer{rs::fallback{5}, stack()};
  CHECK(outer([]() -> mr::result<int> { return mr::error(errc::corrupt, ""); }).value() == 5);
  // The order of use() is checked in a chain too: here, the right one.
  auto guarded = mr::chain(score).use(rs::circuit_breaker<>()).use(rs::retry<>()).use(rs::fallback{[] {}});
  auto next = guarded.context();
  CHECK(guarded(next));
}

TEST_CASE("resilient: in a chain the audit log and the metrics outside see a call once, those inside each attempt") {
  const support::temp_dir dir;
  int made = 0;
  auto score = mr::step<"score", mr::fields<>, mr::fields<>>([&](auto&) -> mr::result<void> {
    if (++made % 3 != 0) return mr::error(errc::io, "cut off");
    return {};
  });
  mr::observe::metrics_registry inside;
  mr::observe::metrics_registry outside;
  {
    auto scoring = mr::chain(score)
                       .use(mr::metrics{inside})
                       .use(rs::resilient<rs::retry<rs::backoff<1us, 1us>>, breaker>())
                       .use(mr::metrics{outside})
                       .use(mr::audit_log{dir / "audit.jsonl"});
    auto ctx = scoring.context();
    CHECK(scoring(ctx));
    CHECK(scoring(ctx));
  }
  const auto counts = [](mr::observe::metrics_registry& all, const char* line) {
    return mr::observe::to_prometheus(all.snapshot()).find(line) != std::string::npos;
  };
  CHECK(counts(inside, "event_count_total{event=\"score\"} 6\n"));
  CHECK(counts(outside, "event_count_total{event=\"score\"} 2\n"));
  const auto log = mr::store::read_file(dir / "audit.jsonl");
  REQUIRE(log);
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = log->find("\"event_complete\"", at)) != std::string::npos; ++at) ++lines;
  CHECK(lines == 2);
}
