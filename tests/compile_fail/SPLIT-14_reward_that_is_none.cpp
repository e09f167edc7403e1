// expect: millrace\[SPLIT-14\]: the reward of a bandit is binary_reward
#include <millrace/deliver/split/bandit.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using chosen = md::bandit<"banner", 2, md::ucb1, double>;
#else
using chosen = md::bandit<"banner", 2, md::ucb1, md::numeric_reward>;
#endif

auto variant(const chosen& bandit, std::uint64_t user) { return bandit.assign(user).variant; }
