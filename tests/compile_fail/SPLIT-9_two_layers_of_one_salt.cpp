// expect: millrace\[SPLIT-9\]: two layers or holdouts have one salt
#include <millrace/deliver/split/layers.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using plan = md::layers<md::layer<"ui-2026", md::slice<"button", 100, md::weights<50, 50>>>,
                        md::layer<"ui-2026", md::slice<"model", 100>>>;
#else
using plan = md::layers<md::layer<"ui-2026", md::slice<"button", 100, md::weights<50, 50>>>,
                        md::layer<"ranking-2026", md::slice<"model", 100>>>;
#endif

auto variant(const plan& all, std::uint64_t user) { return all.assign<"button">(user).variant; }
