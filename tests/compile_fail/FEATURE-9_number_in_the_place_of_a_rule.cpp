// expect: millrace\[FEATURE-9\]: .*say what to do about troubles
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::numerical<"age">(&person::age, 40)); }
#else
auto make() { return mf::features<person>(mf::numerical<"age">(&person::age, mf::missing(mf::fill(40)))); }
#endif

auto names() { return make().names(); }
