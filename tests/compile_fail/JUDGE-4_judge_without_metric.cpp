// expect: millrace\[JUDGE-4\]: a judge and a rule have parts
#include <millrace/deliver/judge/judge.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using judge = md::judge<md::alpha<.01>>;
#else
using judge = md::judge<md::alpha<.01>, md::error_rate<>>;
#endif

auto at(const judge& one) { return one.report(); }
