#include <millrace/deliver/split/bandit.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

using banner = md::bandit<"banner-2026", 3, md::thompson>;
using greedy = md::bandit<"banner-2026", 3, md::epsilon_greedy>;
using bounds = md::bandit<"banner-2026", 3, md::ucb1, md::numeric_reward>;
static_assert(md::split_policy<const banner> && md::split_policy<bounds, std::string>);

/// What users of an arm do: they buy with its probability.
constexpr std::array rates{0.05, 0.1, 0.2};

template <class Bandit>
double traded(Bandit& bandit, std::uint64_t seed, std::uint64_t rounds) {
  mr::random_engine random(seed);
  double bought = 0;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const md::assignment given = bandit.place(random());
    const bool buys = random.uniform() < rates[given.variant];
    bought += buys ? 1 : 0;
    bandit.update(given.variant, buys);
  }
  return bought / static_cast<double>(rounds);
}

}  // namespace

TEST_CASE("bandit: a unit keeps its arm while the probabilities stay, and its propensity is their share") {
  banner bandit;
  CHECK(bandit.probability(2) == 1.0 / 3);
  for (int i = 0; i < 99; ++i) bandit.update(static_cast<std::size_t>(i % 3), i % 3 == 2 && i % 2 == 0);
  CHECK(bandit.pending() == 99);
  CHECK(bandit.probability(2) == 1.0 / 3);
  bandit.update(0, false);
  CHECK(bandit.pending() == 0);
  CHECK(bandit.probability(2) > 0.9);
  CHECK(bandit.probability(0) >= 0.01);
  CHECK(bandit.assign("").how == md::placement::no_unit);
  const auto split = bandit.split();
  std::array<double, 3> counts{};
  for (std::uint32_t user = 0; user < 20'000; ++user) {
    const md::assignment given = bandit.assign(user);
    REQUIRE(given == bandit.assign(user));
    REQUIRE(given == split.assign(user));
    REQUIRE(given.propensity == bandit.probability(given.variant));
    ++counts[given.variant];
  }
  for (std::size_t arm = 0; arm < 3; ++arm) {
    const double share = bandit.probability(arm);
    CHECK(std::fabs(counts[arm] - 20'000 * share) < 4 * std::sqrt(20'000 * share * (1 - share)));
  }
  CHECK(support::allocations_of([&] { counts[0] += bandit.assign("user").propensity; }) == 0);
}

TEST_CASE("bandit: each policy finds the best arm, and sells more than equal shares would") {
  auto thompson = banner::make({}, {.refresh_every = 200}).value();
  greedy epsilon;
  md::bandit<"banner-2026", 3, md::ucb1> upper;
  const double equal = (rates[0] + rates[1] + rates[2]) / 3;
  CHECK(traded(thompson, 1, 3000) > equal + 0.04);
  CHECK(traded(epsilon, 2, 3000) > equal + 0.03);
  CHECK(traded(upper, 3, 20'000) > equal + 0.02);  // its bounds are wide: rates of a tenth ask for a range of their own
  CHECK(thompson.probability(2) > 0.9);
  CHECK(epsilon.probability(2) > 0.85);
  CHECK(upper.reward(2).trials > upper.reward(0).trials);
}

TEST_CASE("bandit: no arm falls below the floor") {
  auto bandit = md::bandit<"banner-2026", 3, md::ucb1>::make({}, {.floor = 0.1}).value();
  for (int i = 0; i < 300; ++i) bandit.update(static_cast<std::size_t>(i % 3), i % 3 == 1);
  CHECK(std::fabs(bandit.probability(1) - 0.8) < 1e-15);
  CHECK(std::fabs(bandit.probability(0) - 0.1) < 1e-15);
  auto equal = md::bandit<"banner-2026", 4, md::ucb1>::make({}, {.floor = 0.25}).value();
  for (int i = 0; i < 100; ++i) equal.update(static_cast<std::size_t>(i % 4), i % 4 == 1);
  CHECK(equal.probability(0) == 0.25);
}

TEST_CASE("bandit: states of two processes add up") {
  greedy first;
  greedy second;
  greedy whole;
  for (int i = 0; i < 500; ++i) {
    const auto arm = static_cast<std::size_t>(i % 3);
    const bool reward = i * 7919 % 11 < i % 3 * 3;
    (i % 2 == 0 ? first : second).update(arm, reward);
    whole.update(arm, reward);
  }
  REQUIRE(first.merge(second));
  for (std::size_t arm = 0; arm < 3; ++arm) {
    CHECK(first.reward(arm).trials == whole.reward(arm).trials);
    CHECK(first.reward(arm).successes == whole.reward(arm).successes);
    CHECK(first.probability(arm) == whole.probability(arm));
  }
}

TEST_CASE("bandit: a saved one goes on as if it had not been") {
  auto bandit = banner::make(md::thompson{{2, 5}}, {.floor = 0.05, .refresh_every = 50}).value();
  (void)traded(bandit, 5, 120);
  auto back = banner::load(bandit.save());
  REQUIRE(back);
  CHECK(back->pending() == 20);
  CHECK(traded(bandit, 6, 200) == traded(*back, 6, 200));
  CHECK(back->save() == bandit.save());
  for (std::size_t arm = 0; arm < 3; ++arm) CHECK(back->probability(arm) == bandit.probability(arm));

  bounds numeric;
  for (int i = 0; i < 100; ++i) numeric.update(static_cast<std::size_t>(i % 3), i % 7 / 7.0);
  const auto bytes = numeric.save();
  CHECK(bounds::load(bytes)->save() == bytes);
  CHECK_FALSE(banner::load(bytes));
  CHECK_FALSE(md::bandit<"other-2026", 3, md::ucb1, md::numeric_reward>::load(bytes));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    REQUIRE_FALSE(bounds::load(std::span<const std::byte>(bytes.data(), cut)));
}

TEST_CASE("bandit: bytes of the first release load, and mean what they meant") {
  greedy bandit;
  for (int i = 0; i < 250; ++i) bandit.update(static_cast<std::size_t>(i % 3), i * 7919 % 11 < i % 3 * 2);
  const greedy old = support::from_golden("deliver/bandit_epsilon_greedy.bin", bandit);
  CHECK(old.probability(2) > 0.8);
  bounds numeric;
  for (int i = 0; i < 64; ++i) numeric.update(static_cast<std::size_t>(i % 2), i % 8 / 8.0);
  numeric.update(2, 0.5);
  CHECK(support::from_golden("deliver/bandit_ucb1.bin", numeric).probability(2) > 0.9);
}

namespace {

/// Knows nothing as soon as the first arm has been tried ten times.
struct gives_up {
  static constexpr std::uint64_t refresh_every = 4;
  mr::result<void> valid() const { return {}; }
  mr::result<void> probabilities(std::span<const md::binary_reward> arms, std::span<double> out) const {
    if (arms[0].trials >= 10) return mr::error(mr::errc::unsupported, "it gave up");
    out[0] = arms[0].trials >= 6 ? std::nan("") : 1;
    return {};
  }
};

}  // namespace

TEST_CASE("bandit: where the policy fails or writes nonsense, the probabilities stay, and it is asked again") {
  md::bandit<"fails", 2, gives_up> bandit;
  for (int i = 0; i < 4; ++i) bandit.update(0, true);
  CHECK(bandit.pending() == 0);
  CHECK(bandit.probability(0) == 0.99);
  for (int i = 0; i < 4; ++i) bandit.update(0, true);
  CHECK(bandit.pending() == 4);
  CHECK(bandit.refresh().error().code() == mr::errc::not_finite);
  for (int i = 0; i < 4; ++i) bandit.update(0, true);
  CHECK(bandit.pending() == 8);
  CHECK(bandit.probability(0) == 0.99);
  CHECK(bandit.refresh().error().message() == "it gave up");
}

TEST_CASE("bandit: what makes no sense is refused") {
  bounds bandit;
  bandit.update(3, 1.0);
  bandit.update(0, std::numeric_limits<double>::quiet_NaN());
  bandit.update(0, std::numeric_limits<double>::infinity());
  bandit.update(0, 1);
  CHECK(bandit.refused() == 3);
  CHECK(bandit.reward(0).count() == 1);
  CHECK(banner::make({}, {.floor = 0.34}).error().message() == "a floor of 0.34 for each of 3 arms");
  CHECK(banner::make({}, {.floor = -0.1}).error().code() == mr::errc::invalid_argument);
  CHECK(banner::make({}, {.floor = std::nan("")}).error().code() == mr::errc::invalid_argument);
  CHECK(greedy::make({2}).error().code() == mr::errc::invalid_argument);
}
