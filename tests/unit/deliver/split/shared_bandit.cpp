#include <millrace/deliver/split/shared_bandit.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

/// Shares all among the even arms and then among the odd ones, by turns: whoever mixes two of its answers is found out.
struct by_turns {
  static constexpr std::uint64_t refresh_every = 1;
  mr::result<void> valid() const { return {}; }
  mr::result<void> probabilities(std::span<const md::binary_reward> arms, std::span<double> out) const {
    const std::size_t turn = arms[0].trials % 2;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = i % 2 == turn ? 1 : 0;
    return {};
  }
};

using greedy = md::bandit<"shared", 3, md::epsilon_greedy>;
static_assert(md::split_policy<const md::shared_bandit<greedy>>);

}  // namespace

TEST_CASE("shared_bandit: it does what the bandit would do alone") {
  greedy alone;
  md::shared_bandit<greedy> shared;
  mr::random_engine random(9);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t user = random();
    const md::assignment given = shared.assign(user);
    REQUIRE(given == alone.assign(user));
    const bool reward = random.uniform() < 0.1 * (1 + given.variant);
    alone.update(given.variant, reward);
    shared.update(given.variant, reward);
  }
  CHECK(shared.state().save() == alone.save());
  CHECK(shared.assign("").how == md::placement::no_unit);
  shared.update(7, true);
  CHECK(shared.state().refused() == 1);
  REQUIRE(shared.merge(alone));
  CHECK(shared.state().reward(0).trials == 2 * alone.reward(0).trials);
  REQUIRE(shared.refresh());
  double sum = 0;
  CHECK(support::allocations_of([&] { sum += shared.assign(1).propensity; }) == 0);
  CHECK(sum > 0);
}

TEST_CASE("shared_bandit: threads see whole probabilities while these change") {
  using swinging = md::bandit<"turns", 32, by_turns>;
  md::shared_bandit<swinging> shared(swinging::make({}, {.floor = 0}).value());
  REQUIRE(shared.refresh());
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> torn{0};
  std::vector<std::thread> readers;
  for (std::uint64_t thread = 0; thread < 2; ++thread)
    readers.emplace_back([&, thread] {
      for (std::uint64_t i = 0; !done; ++i)
        if (shared.place(md::unit_hash("reader", 2 * i + thread)).propensity != 1.0 / 16) ++torn;
    });
  for (int i = 0; i < 20'000; ++i) shared.update(0, true);
  done = true;
  for (std::thread& one : readers) one.join();
  CHECK(torn == 0);
  CHECK(shared.state().reward(0).trials == 20'000);
}

TEST_CASE("shared_bandit: every reward of every thread is counted once") {
  md::shared_bandit<greedy> shared;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < 3000; ++i) shared.update(shared.assign(4 * i + thread).variant, i % 4 == 0);
    });
  for (std::thread& one : threads) one.join();
  const greedy end = shared.state();
  std::uint64_t trials = 0;
  std::uint64_t successes = 0;
  for (std::size_t arm = 0; arm < 3; ++arm) {
    trials += end.reward(arm).trials;
    successes += end.reward(arm).successes;
  }
  CHECK(trials == 12'000);
  CHECK(successes == 3'000);
}

namespace {

/// Refreshes the bandit that it is of once more, as another thread may do at that moment.
struct refreshed_twice {
  static inline void (*once)() = nullptr;
  static constexpr std::uint64_t refresh_every = 10;
  mr::result<void> valid() const { return {}; }
  mr::result<void> probabilities(std::span<const md::binary_reward>, std::span<double> out) const {
    if (auto* const now = std::exchange(once, nullptr)) now();
    for (double& each : out) each = 1.0 / static_cast<double>(out.size());
    return {};
  }
};
md::shared_bandit<md::bandit<"twice", 2, refreshed_twice>>* twice = nullptr;

}  // namespace

TEST_CASE("shared_bandit: two refreshes at once leave the number of rewards since as it is") {
  md::shared_bandit<md::bandit<"twice", 2, refreshed_twice>> shared;
  twice = &shared;
  for (int i = 0; i < 9; ++i) shared.update(0, true);
  CHECK(shared.state().pending() == 9);
  refreshed_twice::once = [] {
    CHECK(twice->refresh());
    twice->update(0, true);
  };
  REQUIRE(shared.refresh());
  CHECK(shared.state().pending() == 1);
}
