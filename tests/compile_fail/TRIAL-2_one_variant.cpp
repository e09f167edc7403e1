// expect: millrace\[TRIAL-2\]: variants<...> needs two at least
#include <millrace/deliver/experiment/design.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using split = md::variants<md::variant<"control", 1>>;
#else
using split = md::variants<md::variant<"control", 1>, md::variant<"treatment", 1>>;
#endif

static_assert(split::size != 0);
