// expect: millrace\[SPLIT-5\]: routes are made of route
#include <millrace/deliver/split/routes.hpp>

namespace md = millrace::deliver;

struct half {
  std::size_t variants() const noexcept { return 2; }
  md::assignment assign(int user) const noexcept { return {static_cast<std::uint32_t>(user % 2)}; }
};

#ifdef MILLRACE_MISUSE
using chosen = md::routes<half>;
#else
using chosen = md::routes<md::otherwise<half>>;
#endif

auto variants(const chosen& all) { return all.variants(); }
