// expect: millrace\[SPLIT-12\]: no slice of these layers has this name
#include <millrace/deliver/split/layers.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using plan = md::layers<md::layer<"ui", md::slice<"banner", 100>>>;
#else
using plan = md::layers<md::layer<"ui", md::slice<"button", 100, md::weights<50, 50>>>>;
#endif

auto variant(const plan& all, std::uint64_t user) { return all.assign<"button">(user).variant; }
