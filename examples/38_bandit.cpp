// Three models rank the same offers. A bandit gives the better ones more of the requests, and its log says what any
// other policy would have earned.
#include <millrace/deliver/split.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

int main() {
  constexpr std::array sells{0.10, 0.11, 0.16};  // what nobody knows: how often an offer of each model is taken
  mr::random_engine customers(38);

  // [bandit]
  md::bandit<"offers-2026", 3, md::thompson> bandit;  // by requests: each has an arm of its own, and the same one again
  std::vector<md::logged_choice> log;
  for (std::uint64_t request = 0; request < 5000; ++request) {
    const md::assignment given = bandit.assign(request);
    const bool taken = customers.uniform() < sells[given.variant];  // the model's offer is shown
    bandit.update(given.variant, taken);
    log.push_back({given.variant, given.propensity, taken ? 1.0 : 0.0});
  }
  // [/bandit]
  for (std::size_t arm = 0; arm < 3; ++arm)
    std::printf("model %zu: %4.0f requests, %.3f taken, now has %.3f of the requests\n", arm,
                bandit.reward(arm).count(), bandit.reward(arm).mean(), bandit.probability(arm));

  // [off_policy]
  const auto always_second = [](std::size_t, std::size_t action) { return action == 1 ? 1.0 : 0.0; };
  const auto would_earn = md::off_policy_value(log, 3, always_second);
  // [/off_policy]
  if (!would_earn) {
    std::fprintf(stderr, "%s\n", would_earn.error().describe().c_str());
    return 1;
  }
  std::printf("model 1 alone: %s\n", would_earn->summary().c_str());
  return bandit.probability(2) > 0.5 ? 0 : 1;
}
