// expect: millrace\[FEATURE-7\]: .*a transform of categories reads no text
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct person {
  double height = 0;
  std::string country;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::hashed<"height", 8>(&person::height)); }
#else
auto make() { return mf::features<person>(mf::hashed<"country", 8>(&person::country)); }
#endif

auto names() { return make().names(); }
