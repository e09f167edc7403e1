// expect: millrace\[FEATURE-2\]: .*takes transforms, such as numerical
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(&person::age); }
#else
auto make() { return mf::features<person>(mf::numerical<"age">(&person::age)); }
#endif

auto names() { return make().names(); }
