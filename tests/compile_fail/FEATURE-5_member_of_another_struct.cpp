// expect: millrace\[FEATURE-5\]: .*an accessor cannot be called with the event
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct shop {
  int size = 0;
};
struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::numerical<"size">(&shop::size)); }
#else
auto make() { return mf::features<shop>(mf::numerical<"size">(&shop::size)); }
#endif

auto names() { return make().names(); }
