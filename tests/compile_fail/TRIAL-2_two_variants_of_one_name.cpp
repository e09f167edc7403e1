// expect: millrace\[TRIAL-2\]: two variants have one name
#include <millrace/deliver/experiment/design.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using split = md::variants<md::variant<"model", 1>, md::variant<"model", 1>>;
#else
using split = md::variants<md::variant<"model 1", 1>, md::variant<"model 2", 1>>;
#endif

static_assert(split::size == 2);
