// expect: millrace\[JUDGE-3\]: alpha, beta, min_requests or per_user is given twice
#include <millrace/deliver/judge/judge.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using judge = md::judge<md::error_rate<>, md::alpha<.01>, md::alpha<.05>>;
#else
using judge = md::judge<md::error_rate<>, md::alpha<.01>>;
#endif

auto at(const judge& one) { return one.report(); }
