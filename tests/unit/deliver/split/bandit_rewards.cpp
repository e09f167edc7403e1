#include <millrace/deliver/split/bandit_rewards.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>

namespace md = millrace::deliver;

static_assert(md::bandit_reward<md::binary_reward> && md::bandit_reward<md::numeric_reward>);

TEST_CASE("bandit_rewards: counts and means, and two states that add up") {
  md::binary_reward first;
  CHECK(first.mean() == 0);
  first.update(true);
  first.update(false);
  md::binary_reward second;
  second.update(true);
  first.merge(second);
  CHECK(first.trials == 3);
  CHECK(first.successes == 2);
  CHECK(first.mean() == 2.0 / 3);
  CHECK_FALSE(md::binary_reward{2, 3}.restore());
}

TEST_CASE("bandit_rewards: a numeric reward has the moments of all rewards, in whatever parts they come") {
  md::numeric_reward whole;
  md::numeric_reward parts[2];
  for (int i = 0; i < 100; ++i) {
    const double reward = 1e6 + (i * 7919 % 101) / 8.0;
    whole.update(reward);
    parts[i % 2].update(reward);
  }
  parts[0].merge(parts[1]);
  CHECK(whole.count() == 100);
  CHECK(std::fabs(whole.mean() - parts[0].mean()) < 1e-9);
  CHECK(std::fabs(whole.moments.variance - parts[0].moments.variance) < 1e-6);
  double mean = 0;
  for (int i = 0; i < 100; ++i) mean += (i * 7919 % 101) / 8.0 / 100;
  double variance = 0;
  for (int i = 0; i < 100; ++i) variance += std::pow((i * 7919 % 101) / 8.0 - mean, 2) / 99;
  CHECK(std::fabs(whole.mean() - 1e6 - mean) < 1e-8);
  CHECK(std::fabs(whole.moments.variance - variance) < 1e-6);
  CHECK_FALSE(md::numeric_reward::valid(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(md::numeric_reward::valid(-2e150));
  CHECK(md::numeric_reward::valid(-1e150));
  CHECK_FALSE(md::numeric_reward{{1.5, 0, 0}}.restore());
  CHECK_FALSE(md::numeric_reward{{2, 0, -1}}.restore());
}
