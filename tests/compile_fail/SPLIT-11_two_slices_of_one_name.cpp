// expect: millrace\[SPLIT-11\]: two slices have one name
#include <millrace/deliver/split/layers.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using plan = md::layers<md::layer<"ui", md::slice<"button", 100, md::weights<50, 50>>>,
                        md::layer<"ranking", md::slice<"button", 100>>>;
#else
using plan = md::layers<md::layer<"ui", md::slice<"button", 100, md::weights<50, 50>>>,
                        md::layer<"ranking", md::slice<"model", 100>>>;
#endif

auto variant(const plan& all, std::uint64_t user) { return all.assign<"button">(user).variant; }
