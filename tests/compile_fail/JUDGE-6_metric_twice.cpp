// expect: millrace\[JUDGE-6\]: two metrics of a judge have the same name
#include <millrace/deliver/judge/judge.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using judge = md::judge<md::error_rate<>, md::error_rate<md::max_ratio<3>>>;
#else
using judge = md::judge<md::error_rate<>>;
#endif

auto at(const judge& one) { return one.report(); }
