// expect: millrace\[SPLIT-1\]: weights<...> has 1 to 32 variants
#include <millrace/deliver/split/split_hashed.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using split = md::split_hashed<"model-2026", md::weights<>>;
#else
using split = md::split_hashed<"model-2026", md::weights<100>>;
#endif

auto variant(std::uint64_t user) { return split().assign(user).variant; }
