// expect: millrace\[SPLIT-2\]: the numbers of weights<...> must sum to 100
#include <millrace/deliver/split/split_hashed.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using split = md::split_hashed<"model-2026", md::weights<80, 10>>;
#else
using split = md::split_hashed<"model-2026", md::weights<80, 20>>;
#endif

auto variant(std::uint64_t user) { return split().assign(user).variant; }
