// expect: millrace\[JUDGE-8\]: a threshold_judge takes error_rate_threshold<R>
#include <millrace/deliver/judge/threshold_judge.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using judge = md::threshold_judge<md::alpha<.01>>;
#else
using judge = md::threshold_judge<md::error_rate_threshold<.01>>;
#endif

auto at(const judge& one) { return one.report(); }
