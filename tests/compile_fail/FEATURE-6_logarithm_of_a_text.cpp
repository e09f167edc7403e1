// expect: millrace\[FEATURE-6\]: .*a transform of numbers reads something else
#include <millrace/feature.hpp>

#include <string>

namespace mf = millrace::feature;

struct person {
  std::string country;
};

#ifdef MILLRACE_MISUSE
auto make() { return mf::features<person>(mf::log<"country">(&person::country)); }
#else
auto make() { return mf::features<person>(mf::text_length<"country">(&person::country)); }
#endif

auto names() { return make().names(); }
