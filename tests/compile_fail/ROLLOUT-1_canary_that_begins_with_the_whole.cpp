// expect: millrace\[ROLLOUT-1\]: a canary has a step or more before the whole
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using chosen = md::canary<100>;
#else
using chosen = md::canary<5, 100>;
#endif

auto steps() { return chosen::steps(); }
