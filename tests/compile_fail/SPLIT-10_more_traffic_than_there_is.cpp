// expect: millrace\[SPLIT-10\]: a layer is made of slice<Name, Traffic, Weights>, whose traffic
#include <millrace/deliver/split/layers.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using plan = md::layers<md::layer<"ui", md::slice<"button", 100, md::weights<50, 50>>, md::slice<"banner", 20>>>;
#else
using plan = md::layers<md::layer<"ui", md::slice<"button", 80>, md::slice<"banner", 20>>>;
#endif

auto variant(const plan& all, std::uint64_t user) { return all.assign<"button">(user).variant; }
