// expect: millrace\[FEATURE-18\]: .*a bucket needs at least one edge
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::bucket<"age">(&person::age, mf::edges<0>())); }
#else
auto make() { return mf::features<person>(mf::bucket<"age">(&person::age, mf::edges{18, 65})); }
#endif

auto names() { return make().names(); }
