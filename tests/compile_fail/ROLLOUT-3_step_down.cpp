// expect: millrace\[ROLLOUT-3\]: each step of a canary is greater
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using chosen = md::canary<10, 5, 100>;
#else
using chosen = md::canary<5, 10, 100>;
#endif

auto steps() { return chosen::steps(); }
