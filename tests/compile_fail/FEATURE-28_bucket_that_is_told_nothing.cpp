// expect: millrace\[FEATURE-28\]: .*edges\{18, 65\}
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::bucket<"age">(&person::age, mf::missing(mf::flag))); }
#else
auto make() { return mf::features<person>(mf::bucket<"age">(&person::age, mf::edges{18, 65}, mf::missing(mf::flag))); }
#endif

auto names() { return make().names(); }
