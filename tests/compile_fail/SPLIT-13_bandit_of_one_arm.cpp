// expect: millrace\[SPLIT-13\]: a bandit has 2 to 32 arms
#include <millrace/deliver/split/bandit.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using chosen = md::bandit<"banner", 1, md::ucb1>;
#else
using chosen = md::bandit<"banner", 2, md::ucb1>;
#endif

auto variant(const chosen& bandit, std::uint64_t user) { return bandit.assign(user).variant; }
