// expect: millrace\[JUDGE-1\]: alpha<A> is a chance, 0 < A < 1
#include <millrace/deliver/judge/policies.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using level = md::alpha<5>;
#else
using level = md::alpha<.05>;
#endif

double at() { return level::value; }
