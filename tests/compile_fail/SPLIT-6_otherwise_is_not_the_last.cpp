// expect: millrace\[SPLIT-6\]: otherwise{split} takes every request
#include <millrace/deliver/split/routes.hpp>

namespace md = millrace::deliver;

struct half {
  std::size_t variants() const noexcept { return 2; }
  md::assignment assign(int user) const noexcept { return {static_cast<std::uint32_t>(user % 2)}; }
};

#ifdef MILLRACE_MISUSE
using chosen = md::routes<md::otherwise<half>, md::route<bool (*)(int), half>>;
#else
using chosen = md::routes<md::route<bool (*)(int), half>, md::otherwise<half>>;
#endif

auto variants(const chosen& all) { return all.variants(); }
