// expect: millrace\[ROLLOUT-5\]: a rolling release has two batches or more
#include <millrace/deliver/rollout.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using chosen = md::rolling<5>;
#else
using chosen = md::rolling<1, 4>;
#endif

auto steps() { return chosen::steps(); }
