// expect: millrace\[FEATURE-1\]: .*features<Event>\(\) has no transforms
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(); }
#else
auto make() { return mf::features<person>(mf::numerical<"age">(&person::age)); }
#endif

auto names() { return make().names(); }
