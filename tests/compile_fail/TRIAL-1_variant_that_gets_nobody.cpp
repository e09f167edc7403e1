// expect: millrace\[TRIAL-1\]: variant<Name, Weight> needs a weight above 0
#include <millrace/deliver/experiment/design.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using split = md::variants<md::variant<"control", 100>, md::variant<"treatment", 0>>;
#else
using split = md::variants<md::variant<"control", 99>, md::variant<"treatment", 1>>;
#endif

static_assert(split::size == 2);
