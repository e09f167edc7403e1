// expect: millrace\[FEATURE-10\]: .*never meets the trouble
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::numerical<"age">(&person::age, mf::unknown(mf::flag))); }
#else
auto make() { return mf::features<person>(mf::numerical<"age">(&person::age, mf::missing(mf::flag))); }
#endif

auto names() { return make().names(); }
