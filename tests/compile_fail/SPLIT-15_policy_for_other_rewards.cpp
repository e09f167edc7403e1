// expect: millrace\[SPLIT-15\]: the policy of a bandit is thompson, epsilon_greedy, ucb1
#include <millrace/deliver/split/bandit.hpp>

namespace md = millrace::deliver;

struct always_first {
  static constexpr std::uint64_t refresh_every = 0;
  millrace::result<void> valid() const { return {}; }
  millrace::result<void> probabilities(std::span<const md::binary_reward>, std::span<double> out) const {
    out[0] = 1;
    return {};
  }
};

#ifdef MILLRACE_MISUSE
using chosen = md::bandit<"banner", 2, always_first, md::numeric_reward>;
#else
using chosen = md::bandit<"banner", 2, always_first>;
#endif

auto variant(const chosen& bandit, std::uint64_t user) { return bandit.assign(user).variant; }
