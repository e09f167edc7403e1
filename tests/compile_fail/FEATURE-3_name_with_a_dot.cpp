// expect: millrace\[FEATURE-3\]: .*holds '\.'
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::numerical<"person.age">(&person::age)); }
#else
auto make() { return mf::features<person>(mf::numerical<"person_age">(&person::age)); }
#endif

auto names() { return make().names(); }
