// expect: millrace\[SPLIT-8\]: layers<...> is made of layer<Salt, Slices...> and holdout
#include <millrace/deliver/split/layers.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using plan = md::layers<md::slice<"button", 100, md::weights<50, 50>>>;
#else
using plan = md::layers<md::layer<"ui", md::slice<"button", 100, md::weights<50, 50>>>>;
#endif

auto variant(const plan& all, std::uint64_t user) { return all.assign<"button">(user).variant; }
