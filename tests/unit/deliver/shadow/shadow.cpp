#include <millrace/deliver/shadow/shadow.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;
using namespace std::chrono_literals;
using md::shadow_drop;

namespace {

struct request {
  int country = 0;
  double amount = 0;
};

constexpr auto doubled = [](const request& r) { return 2 * r.amount; };
/// Differs in country 1, and throws in country 2.
constexpr auto nearly = [](const request& r) {
  if (r.country == 2) throw std::runtime_error("no such country");
  return 2 * r.amount + (r.country == 1 ? 0.5 : 0);
};
const md::shadow_options by_hand{.name = "scores", .capacity = 64, .threads = 0};

std::uint64_t dropped(const md::shadow_report& of, shadow_drop why) {
  return of.dropped[static_cast<std::size_t>(why)];
}

/// A candidate that returns once it is let go. Whether it still exists is seen from outside.
struct slow {
  std::shared_ptr<std::atomic<bool>> may_go = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<int>> inside = std::make_shared<std::atomic<int>>(0);
  double operator()(const request& r) const {
    ++*inside;
    while (!*may_go) std::this_thread::sleep_for(1ms);
    return 2 * r.amount;
  }
};

template <class Until>
bool comes_true(const Until& until) {
  for (int i = 0; i < 10'000 && !until(); ++i) std::this_thread::sleep_for(1ms);
  return until();
}

}  // namespace

TEST_CASE("shadow: callers get the stable model's predictions, and the candidate's are compared") {
  md::shadow scored{doubled, nearly, by_hand, md::within{.absolute = 0.1},
                    md::segment_by([](const request& r) { return r.country; })};
  for (int i = 0; i < 30; ++i) CHECK(scored({i % 3, 1.0 * i}) == 2.0 * i);
  CHECK(scored.report().waiting == 30);
  CHECK(scored.compare_waiting(10) == 10);
  CHECK(scored.compare_waiting() == 20);
  const auto seen = scored.report();
  CHECK(seen.name == "scores");
  CHECK(seen.all.comparisons == 30);
  CHECK(seen.all.agreements == 10);
  CHECK(seen.all.candidate_failures == 10);
  CHECK(seen.all.max_distance == 0.5);
  CHECK(seen.all.distances == 20);
  CHECK(seen.drops() == 0);
  REQUIRE(seen.segments.size() == 3);
  CHECK(seen.segments[0].name == "0");
  CHECK(seen.segments[0].counts.agreements == 10);
  CHECK(seen.segments[1].counts.agreements == 0);
  CHECK(seen.segments[1].counts.mean_distance() == 0.5);
  CHECK(seen.segments[2].counts.candidate_failures == 10);
}

TEST_CASE("shadow: latencies are the clock's, of the calls alone") {
  std::uint64_t now = 1'000;
  const auto stable = [&](const request& r) { return now += 100, r.amount; };
  const auto candidate = [&](const request& r) { return now += 350, r.amount; };
  md::shadow scored{stable, candidate, by_hand, mr::manual_clock(now)};
  for (int i = 0; i < 10; ++i) {
    scored({0, 1.0});
    now += 7'000;
    scored.compare_waiting();
  }
  const auto seen = scored.report();
  CHECK(seen.stable.calls == 10);
  CHECK(seen.stable.mean == 100);
  CHECK(seen.candidate.mean == 350);
  CHECK(seen.candidate.max == 350);
  CHECK(seen.latency_ratio() == Approx(3.5).epsilon(0.02));
}

TEST_CASE("shadow: a clock that goes back makes no length of time") {
  std::uint64_t now = 1'000'000;
  const auto stable = [&](const request& r) { return now -= 500, r.amount; };
  md::shadow scored{stable, doubled, by_hand, mr::manual_clock(now)};
  scored({0, 1});
  scored.compare_waiting();
  CHECK(scored.report().stable.max == 0);
}

TEST_CASE("shadow: results with errors are failures, and both failing is to agree") {
  using asked = mr::result<double>;
  const auto stable = [](const request& r) -> asked {
    if (r.country > 0) return mr::error(mr::errc::invalid_argument, "no");
    return r.amount;
  };
  const auto candidate = [](const request& r) -> asked {
    if (r.country == 1 || r.country == 3) return mr::error(mr::errc::invalid_argument, "no");
    return r.amount;
  };
  md::shadow scored{stable, candidate, by_hand};
  CHECK(scored({0, 1}));
  CHECK_FALSE(scored({1, 1}));
  CHECK_FALSE(scored({2, 1}));
  scored.compare_waiting();
  const auto seen = scored.report();
  CHECK(seen.all.comparisons == 3);
  CHECK(seen.all.agreements == 2);
  CHECK(seen.all.stable_failures == 2);
  CHECK(seen.all.candidate_failures == 1);
  CHECK(dropped(seen, shadow_drop::stable_failed) == 0);
}

TEST_CASE("shadow: what the stable model throws is the caller's") {
  const auto stable = [](const request& r) {
    if (r.country == 1) throw std::out_of_range("country");
    return r.amount;
  };
  md::shadow scored{stable, doubled, by_hand};
  CHECK_THROWS_AS(scored({1, 1}), std::out_of_range);
  scored({0, 1});
  CHECK(scored.compare_waiting() == 1);
  CHECK(dropped(scored.report(), shadow_drop::stable_failed) == 1);
}

TEST_CASE("shadow: garbage and comparisons that throw do not agree") {
  const auto garbage = [](const request&) { return std::numeric_limits<double>::quiet_NaN(); };
  md::shadow scored{doubled, garbage, by_hand};
  scored({0, 1});
  scored.compare_waiting();
  CHECK(scored.report().all.agreements == 0);
  CHECK(scored.report().all.candidate_failures == 0);
  CHECK(scored.report().all.distances == 0);

  const auto throws = [](double, double) -> bool { throw 1; };
  md::shadow torn{doubled, doubled, by_hand, throws};
  torn({0, 1});
  torn.compare_waiting();
  CHECK(torn.report().all.candidate_failures == 1);
  CHECK(torn.report().all.agreements == 0);
}

TEST_CASE("shadow: differences are told with the request, and nothing else is") {
  std::vector<std::string> told;
  const auto note = [&](const request& r, const double* stable, const double* candidate, const md::difference& apart) {
    told.push_back(std::to_string(r.country) + (candidate != nullptr ? " differs" : " failed"));
    CHECK(stable != nullptr);
    CHECK_FALSE(apart.agrees);
    if (r.country == 2) throw 1;
  };
  md::shadow scored{doubled, nearly, by_hand, md::on_difference(note)};
  for (int i = 0; i < 4; ++i) scored({i, 1});
  scored.compare_waiting();
  CHECK(told == std::vector<std::string>{"1 differs", "2 failed"});
  CHECK(scored.report().all.comparisons == 4);
}

TEST_CASE("shadow: a share copies all requests of a unit or none, and 0 copies none") {
  md::shadow_options half = by_hand;
  half.capacity = 4096;
  half.share = 0.5;
  int wrong = 0;
  std::vector<int> counts(100);
  const auto candidate = [&](const request& r) { return ++counts[static_cast<std::size_t>(r.country)], 2 * r.amount; };
  md::shadow scored{doubled, candidate, half, md::unit_by([](const request& r) { return r.country; })};
  for (int i = 0; i < 1000; ++i) scored({i % 100, 1});
  scored.compare_waiting();
  int in = 0;
  for (const int count : counts) {
    if (count != 0 && count != 10) ++wrong;
    if (count != 0) ++in;
  }
  CHECK(wrong == 0);
  CHECK(in > 30);
  CHECK(in < 70);
  CHECK(scored.report().left_out == 1000 - scored.report().all.comparisons);

  md::shadow each{doubled, doubled, half};
  for (int i = 0; i < 1000; ++i) each({0, 1});
  CHECK(each.report().waiting > 400);
  CHECK(each.report().waiting < 600);
  half.share = 0;
  md::shadow none{doubled, doubled, half};
  none({0, 1});
  CHECK(none.report().left_out == 1);
}

TEST_CASE("shadow: segments are so many and no more") {
  md::shadow_options few = by_hand;
  few.max_segments = 2;
  md::shadow scored{doubled, doubled, few, md::segment_by([](const request& r) { return std::to_string(r.country); })};
  for (int i = 0; i < 10; ++i) scored({i % 5, 1});
  scored.compare_waiting();
  const auto seen = scored.report();
  REQUIRE(seen.segments.size() == 3);
  CHECK(seen.segments[2].name == md::other_segments);
  CHECK(seen.segments[2].counts.comparisons == 6);
}

TEST_CASE("shadow: the outputs of both arms are compared as distributions") {
  const auto shifted = [](const request& r) { return 2 * r.amount + 50; };
  md::shadow_options many = by_hand;
  many.capacity = 1024;
  md::shadow same{doubled, doubled, many};
  md::shadow moved{doubled, shifted, many};
  for (int i = 0; i < 1000; ++i) {
    same({0, i % 100 * 1.0});
    moved({0, i % 100 * 1.0});
  }
  same.compare_waiting();
  moved.compare_waiting();
  CHECK(same.report().drift.outputs == 1000);
  CHECK(same.report().drift.psi < 0.02);
  CHECK(moved.report().drift.psi > 0.2);
  CHECK(moved.report().drift.ks == Approx(0.25).margin(0.05));
  CHECK(moved.report().drift.wasserstein == Approx(50).epsilon(0.05));
}

TEST_CASE("shadow: the caller's side allocates nothing, and what is copied keeps its memory") {
  if (!support::counts_allocations) return;
  md::shadow scored{doubled, doubled, by_hand};
  CHECK(support::allocations_of([&] {
          for (int i = 0; i < 200; ++i) scored({0, 1});
        }) == 0);

  const auto sum = [](const std::vector<float>& row) { return row[0]; };
  md::shadow rows{sum, sum, by_hand};
  const std::vector<float> row(32, 1.0F);
  const auto round = [&] {
    for (int i = 0; i < 64; ++i) rows(row);
    rows.compare_waiting();
  };
  round();
  round();
  CHECK(support::allocations_of([&] {
          for (int i = 0; i < 64; ++i) rows(row);
        }) == 0);
  CHECK(dropped(rows.report(), shadow_drop::full) == 0);
}

TEST_CASE("shadow: a request that cannot be copied is counted, and the caller does not notice") {
  struct brittle {
    int number = 0;
    brittle(int from) : number(from) {}
    brittle(const brittle& from) : number(from.number) {
      if (number == 7) throw std::bad_alloc();
    }
    brittle& operator=(const brittle&) = default;
  };
  const auto of = [](const brittle& r) { return r.number; };
  md::shadow scored{of, of, by_hand};
  for (int i = 0; i < 10; ++i) CHECK(scored(brittle(i)) == i);
  CHECK(scored.compare_waiting() == 9);
  CHECK(dropped(scored.report(), shadow_drop::copy_failed) == 1);
}

TEST_CASE("shadow: a full queue drops copies, and nobody waits") {
  slow candidate;
  md::shadow scored{doubled, candidate, md::shadow_options{.capacity = 8}};
  scored({0, 1});
  REQUIRE(comes_true([&] { return *candidate.inside == 1; }));
  for (int i = 0; i < 100; ++i) CHECK(scored({0, 1.0 * i}) == 2.0 * i);
  const auto seen = scored.report();
  CHECK(seen.waiting == 8);
  CHECK(dropped(seen, shadow_drop::full) == 92);
  CHECK_FALSE(scored.drain(1ms));
  *candidate.may_go = true;
  CHECK(scored.drain(10s));
  CHECK(scored.report().all.comparisons == 9);
}

TEST_CASE("shadow: a candidate that hangs is left alone, with what it needs, and told of by nobody") {
  slow candidate;
  std::atomic<int> told{0};
  {
    md::shadow scored{doubled, candidate, [](double, double) { return false; },
                      md::shadow_options{.capacity = 8, .threads = 2},
                      md::on_difference([&](const auto&...) { ++told; })};
    for (int i = 0; i < 5; ++i) scored({0, 1});
    REQUIRE(comes_true([&] { return *candidate.inside == 2; }));
    const auto why = scored.stop(10ms);
    REQUIRE_FALSE(why);
    CHECK(why.error().code() == mr::errc::timeout);
    CHECK_THAT(why.error().message(), ContainsSubstring("has not returned on 2 threads"));
    CHECK(scored.report().hanging_threads == 2);
    CHECK(dropped(scored.report(), shadow_drop::abandoned) == 5);
    CHECK(scored({0, 3}) == 6);
    CHECK(dropped(scored.report(), shadow_drop::stopped) == 1);
  }
  CHECK(candidate.may_go.use_count() == 2);  // the threads' copy still is
  *candidate.may_go = true;
  CHECK(comes_true([&] { return candidate.may_go.use_count() == 1; }));
  CHECK(told == 0);
}

TEST_CASE("shadow: the destructor compares what waits") {
  std::atomic<int> calls{0};
  {
    const auto counting = [&](const request& r) { return ++calls, 2 * r.amount; };
    md::shadow scored{doubled, counting, md::shadow_options{.capacity = 256, .patience = 30s}};
    for (int i = 0; i < 200; ++i) scored({0, 1});
  }
  CHECK(calls == 200);
}

TEST_CASE("shadow: many callers and many threads lose nothing") {
  constexpr int callers = 4, calls = 5'000;
  md::shadow scored{doubled, nearly, md::shadow_options{.capacity = 128, .threads = 2},
                    md::segment_by([](const request& r) { return r.country; })};
  std::vector<std::thread> all;
  for (int c = 0; c < callers; ++c)
    all.emplace_back([&] {
      for (int i = 0; i < calls; ++i) scored({i % 2, 1.0});
    });
  std::uint64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    const auto now = scored.report();
    CHECK(now.all.comparisons >= last);
    last = now.all.comparisons;
  }
  for (auto& each : all) each.join();
  CHECK(scored.drain(30s));
  const auto seen = scored.report();
  CHECK(seen.all.comparisons + dropped(seen, shadow_drop::full) == callers * calls);
  CHECK(seen.drops() == dropped(seen, shadow_drop::full));
  CHECK(seen.stable.calls == seen.all.comparisons);
  CHECK(scored.stop(10s));
  CHECK(scored.stop(10s));
}

TEST_CASE("shadow: models that are lent are the caller's") {
  struct counted {
    int calls = 0;
    double operator()(const request& r) { return ++calls, r.amount; }
  } stable, candidate;
  md::shadow scored{mr::borrow(stable), mr::borrow(candidate), by_hand};
  for (int i = 0; i < 3; ++i) scored({0, 1});
  scored.compare_waiting();
  CHECK(stable.calls == 3);
  CHECK(candidate.calls == 3);
}

TEST_CASE("shadow: a generic model says what it takes") {
  const auto any = [](const auto& r) { return r.amount; };
  md::shadow scored{any, any, md::takes<request>{}, by_hand};
  CHECK(scored({0, 4}) == 4);
  CHECK(scored.compare_waiting() == 1);
}

TEST_CASE("shadow: in a forked child the stable model serves, and the shadow is the parent's") {
  slow candidate;
  md::shadow scored{doubled, candidate, md::shadow_options{.capacity = 8}};
  scored({0, 1});
  const pid_t child = ::fork();
  if (child == 0) {
    bool fine = scored({0, 2}) == 4;
    const auto seen = scored.report();
    fine = fine && dropped(seen, shadow_drop::forked) == 1 && !scored.drain(1ms) && !scored.stop(1ms);
    fine = fine && scored.compare_waiting() == 0;
    ::_exit(fine ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  *candidate.may_go = true;
  CHECK(scored.drain(10s));
  CHECK(scored.report().all.comparisons == 1);
}

TEST_CASE("shadow: a forked child waits for no lock of the parent's threads") {
  md::shadow scored{doubled, doubled, by_hand};
  std::atomic<bool> ends{false};
  std::thread looks([&] {
    while (!ends) static_cast<void>(scored.state());
  });
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(3);
      const auto state = scored.state();
      scored.merge(state);
      ::_exit(state.report().all.comparisons == 0 ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    REQUIRE(status == 0);
  }
  ends = true;
  looks.join();
}

TEST_CASE("shadow: a capacity beyond all memory is none that wraps around") {
  using queue = md::detail::copy_queue<int>;
  STATIC_REQUIRE(queue::cells_for(0) == 2);
  STATIC_REQUIRE(queue::cells_for(1025) == 2048);
  STATIC_REQUIRE(queue::cells_for(~std::size_t{0}) == std::size_t{1} << 44);
}
