// expect: millrace\[FEATURE-15\]: .*names a category twice
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct person {
  std::string country;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::one_hot<"country", "DE", "FR", "DE">(&person::country)); }
#else
auto make() { return mf::features<person>(mf::one_hot<"country", "DE", "FR", "US">(&person::country)); }
#endif

auto names() { return make().names(); }
