// expect: millrace\[FEATURE-16\]: .*a hash has 1 to 65,536 columns
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct person {
  std::string country;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::hashed<"country", 0>(&person::country)); }
#else
auto make() { return mf::features<person>(mf::hashed<"country", 16>(&person::country)); }
#endif

auto names() { return make().names(); }
