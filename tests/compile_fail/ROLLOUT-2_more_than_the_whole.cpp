// expect: millrace\[ROLLOUT-2\]: a step is a number of percent above 0 and up to 100
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using chosen = md::canary<5, 100, 150>;
#else
using chosen = md::canary<5, 50, 100>;
#endif

auto steps() { return chosen::steps(); }
