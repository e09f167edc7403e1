// expect: millrace\[JUDGE-2\]: the options of a metric are
#include <millrace/deliver/judge/metrics.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using errors = md::error_rate<md::max_ratio<2>, double>;
#else
using errors = md::error_rate<md::max_ratio<2>>;
#endif

double at() { return errors::tolerated.max_ratio; }
