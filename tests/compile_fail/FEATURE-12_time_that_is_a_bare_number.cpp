// expect: millrace\[FEATURE-12\]: .*does not say its unit
#include <millrace/feature.hpp>

#include <chrono>

namespace mf = millrace::feature;

struct person {
  long long born_ms = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::temporal<"born", mf::month>(&person::born_ms)); }
#else
auto born(const person& p) {
  return std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(p.born_ms));
}
auto make() { return mf::features<person>(mf::temporal<"born", mf::month>(&born)); }
#endif

auto names() { return make().names(); }
