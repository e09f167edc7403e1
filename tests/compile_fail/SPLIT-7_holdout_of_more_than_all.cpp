// expect: millrace\[SPLIT-7\]: a holdout has 0 to 100 percent
#include <millrace/deliver/split/layers.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using plan = md::layers<md::holdout<"nobody", 101>, md::layer<"ui", md::slice<"button", 100, md::weights<50, 50>>>>;
#else
using plan = md::layers<md::holdout<"nobody", 10>, md::layer<"ui", md::slice<"button", 100, md::weights<50, 50>>>>;
#endif

auto variant(const plan& all, std::uint64_t user) { return all.assign<"button">(user).variant; }
