// expect: millrace\[SPLIT-3\]: split_percentage<Salt, Ceilings...> has 1 to 31 ceilings, in percent
#include <millrace/deliver/split/split_percentage.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using split = md::split_percentage<"model-2026", 60, 50>;
#else
using split = md::split_percentage<"model-2026", 50, 50>;
#endif

auto variant(const split& by, std::uint64_t user) { return by.assign(user).variant; }
