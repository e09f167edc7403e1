// expect: millrace\[FEATURE-8\]: .*a transform of texts reads something else
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct person {
  int age = 0;
  std::string country;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::word_count<"age">(&person::age)); }
#else
auto make() { return mf::features<person>(mf::word_count<"country">(&person::country)); }
#endif

auto names() { return make().names(); }
