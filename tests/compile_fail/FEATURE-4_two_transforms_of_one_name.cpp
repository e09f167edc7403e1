// expect: millrace\[FEATURE-4\]: .*two transforms have one name
#include <millrace/feature.hpp>

namespace mf = millrace::feature;

struct person {
  int age = 0;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::numerical<"age">(&person::age), mf::log<"age">(&person::age)); }
#else
auto make() { return mf::features<person>(mf::numerical<"age">(&person::age), mf::log<"age_log">(&person::age)); }
#endif

auto names() { return make().names(); }
