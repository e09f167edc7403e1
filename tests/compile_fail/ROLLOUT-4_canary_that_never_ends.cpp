// expect: millrace\[ROLLOUT-4\]: the last step of a canary is 100 percent
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using chosen = md::canary<5, 50>;
#else
using chosen = md::canary<5, 50, 100>;
#endif

auto steps() { return chosen::steps(); }
