// expect: millrace\[SPLIT-16\]: a bandit of binary_reward is told true or false
#include <millrace/deliver/split/bandit.hpp>

namespace md = millrace::deliver;

void reward(md::bandit<"offers", 3, md::thompson>& shown) {
#ifdef MILLRACE_MISUSE
  shown.update(0, 1);
#else
  shown.update(0, true);
#endif
}
